//! One thing that is wrong with an input, told in the caller's own field names.

use serde::{Deserialize, Serialize};

/// What is wrong with one field of a request or of a model's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Path of the field in camelCase, such as `subject` or `steps[2]`.
    pub field: String,
    /// What is wrong and what is allowed, one sentence in lower case without a full stop.
    pub message: String,
}

impl FieldError {
    /// Names a field and says what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
