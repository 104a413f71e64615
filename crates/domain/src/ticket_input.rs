//! What people and programs write into tickets: cleaned, checked, and every fault told at once by field.

use crate::FieldError;
use crate::text::{clean, length};
use crate::ticket::{BODY_MAX, CATEGORIES, REASON_MAX, SUBJECT_MAX, SUBJECT_MIN, TAG_MAX, TAGS_MAX};

/// Collects what is wrong with an input while it is read.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Notes one fault.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    /// Whether something is wrong with this field already.
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|fault| fault.field == field)
    }

    /// The value when nothing was wrong.
    ///
    /// # Errors
    /// Every fault that was noted.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }

    /// A text of `min` to `max` characters after cleaning.
    pub fn text(&mut self, field: &str, text: &str, min: usize, max: usize) -> String {
        let text = clean(text);
        let count = length(&text);
        if count < min || count > max {
            self.add(field, format!("must have {min} to {max} characters; it has {count}"));
        }
        text
    }

    /// A subject, on one line.
    pub fn subject(&mut self, field: &str, text: &str) -> String {
        let one_line = text.replace(['\n', '\r', '\t'], " ");
        self.text(field, &one_line, SUBJECT_MIN, SUBJECT_MAX)
    }

    /// The body of a message.
    pub fn body(&mut self, field: &str, text: &str) -> String {
        self.text(field, text, 1, BODY_MAX)
    }

    /// The reason of an escalation.
    pub fn reason(&mut self, field: &str, text: &str) -> String {
        self.text(field, text, 1, REASON_MAX)
    }

    /// Tags: cleaned, in lower case, without repetition.
    pub fn tags(&mut self, field: &str, tags: &[String]) -> Vec<String> {
        if tags.len() > TAGS_MAX {
            self.add(field, format!("at most {TAGS_MAX} tags are allowed; there are {}", tags.len()));
            return Vec::new();
        }
        let mut kept: Vec<String> = Vec::new();
        for (index, tag) in tags.iter().enumerate() {
            let tag = self.text(&format!("{field}[{index}]"), &tag.replace('\n', " "), 1, TAG_MAX).to_lowercase();
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        kept
    }

    /// One of an enumeration's values, in any case.
    pub fn one_of<T>(&mut self, field: &str, text: &str, parse: fn(&str) -> Option<T>, allowed: &str) -> Option<T> {
        let value = parse(text.trim());
        if value.is_none() {
            self.add(field, format!("must be one of {allowed}"));
        }
        value
    }

    /// One of the categories.
    pub fn category(&mut self, field: &str, text: &str) -> String {
        let text = clean(text).to_lowercase();
        if !CATEGORIES.contains(&text.as_str()) {
            self.add(field, format!("must be one of {}", CATEGORIES.join(", ")));
        }
        text
    }

    /// An identifier that has the right form.
    pub fn id(&mut self, field: &str, text: &str) {
        if !crate::id::is_id(text) {
            self.add(field, "must be an id: 24 lower-case letters and digits");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Priority;

    fn faults(check: impl FnOnce(&mut Faults)) -> Vec<String> {
        let mut faults = Faults::default();
        check(&mut faults);
        faults.into_result(()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lengths_of_subjects_and_bodies() {
        for (characters, fits) in [(0, false), (2, false), (3, true), (200, true), (201, false)] {
            let text = "ä".repeat(characters);
            assert_eq!(faults(|f| drop(f.subject("subject", &text))).is_empty(), fits, "{characters}");
        }
        for (characters, fits) in [(0, false), (1, true), (10_000, true), (10_001, false)] {
            let text = "日".repeat(characters);
            assert_eq!(faults(|f| drop(f.body("message", &text))).is_empty(), fits, "{characters}");
        }
        assert_eq!(
            faults(|f| drop(f.subject("subject", "   \n  "))),
            ["subject: must have 3 to 200 characters; it has 0"]
        );
    }

    #[test]
    fn every_fault_is_told() {
        let told = faults(|f| {
            f.subject("subject", "x");
            f.one_of("priority", "soon", Priority::parse, &Priority::allowed());
            f.tags("tags", &["ok".into(), String::new()]);
            f.id("contactId", "42");
            f.category("category", "Printers");
        });
        assert_eq!(told.len(), 5, "{told:?}");
        assert_eq!(told[1], "priority: must be one of LOW, MEDIUM, HIGH, URGENT");
        assert_eq!(told[2], "tags[1]: must have 1 to 40 characters; it has 0");
    }

    #[test]
    fn tags_are_kept_once_and_bounded() {
        let mut faults = Faults::default();
        assert_eq!(faults.tags("tags", &[" VPN ".into(), "vpn".into(), "Net Work".into()]), ["vpn", "net work"]);
        assert!(faults.into_result(()).is_ok());
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(super::tests::faults(|f| drop(f.tags("tags", &many))).len(), 1);
    }
}
