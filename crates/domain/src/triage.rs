//! What triage may set by itself: never against a person.

use serde::{Deserialize, Serialize};

use crate::copilot::Urgency;
use crate::ticket::Priority;

/// A field of a ticket that triage sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// What kind of problem it is.
    Category,
    /// How soon it must be worked on.
    Priority,
    /// Who works on it.
    AssigneeId,
}

impl Field {
    /// As audit lines and answers name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Category => "category",
            Field::Priority => "priority",
            Field::AssigneeId => "assigneeId",
        }
    }

    /// Reads a name, as audit lines have it.
    pub fn parse(text: &str) -> Option<Self> {
        [Field::Category, Field::Priority, Field::AssigneeId].into_iter().find(|field| field.as_str() == text)
    }
}

/// Why a field is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// A person has set it.
    SetByPerson,
    /// It would be lower than what a person chose when the ticket was opened.
    WouldLower,
    /// Nobody of the team is free.
    NobodyAvailable,
    /// It was changed after it was applied.
    ChangedSince,
}

/// The priority that an urgency corresponds to.
pub const fn priority(urgency: Urgency) -> Priority {
    match urgency {
        Urgency::Low => Priority::Low,
        Urgency::Medium => Priority::Medium,
        Urgency::High => Priority::High,
        Urgency::Critical => Priority::Urgent,
    }
}

/// Whether a category is to be set. `by_person`: a person has changed it since the ticket was opened.
///
/// # Errors
/// Why it stays, when it would change and must not.
pub fn category(present: Option<&str>, proposed: &str, by_person: bool) -> Result<bool, Kept> {
    match present {
        Some(present) if present == proposed => Ok(false),
        _ if by_person => Err(Kept::SetByPerson),
        _ => Ok(true),
    }
}

/// Whether a priority is to be set. `given`: whoever opened the ticket chose it, so that it may be raised but not lowered.
/// `by_person`: a person has changed it since.
///
/// # Errors
/// Why it stays, when it would change and must not.
pub fn set_priority(present: Priority, proposed: Priority, given: bool, by_person: bool) -> Result<bool, Kept> {
    if present == proposed {
        return Ok(false);
    }
    if by_person {
        return Err(Kept::SetByPerson);
    }
    if given && proposed < present { Err(Kept::WouldLower) } else { Ok(true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_never_overruled() {
        for present in Priority::ALL {
            for proposed in Priority::ALL {
                let (present, proposed) = (*present, *proposed);
                // Nobody chose it: it goes both ways.
                assert_eq!(set_priority(present, proposed, false, false), Ok(present != proposed));
                // Chosen at the beginning: only up.
                let expected = if proposed < present { Err(Kept::WouldLower) } else { Ok(present != proposed) };
                assert_eq!(set_priority(present, proposed, true, false), expected);
                // Changed since: not at all.
                for given in [false, true] {
                    let expected = if present == proposed { Ok(false) } else { Err(Kept::SetByPerson) };
                    assert_eq!(set_priority(present, proposed, given, true), expected);
                }
            }
        }
    }

    #[test]
    fn categories() {
        assert_eq!(category(None, "network", false), Ok(true));
        assert_eq!(category(Some("network"), "network", true), Ok(false));
        assert_eq!(category(Some("email"), "network", true), Err(Kept::SetByPerson));
        // A person has emptied it.
        assert_eq!(category(None, "network", true), Err(Kept::SetByPerson));
    }

    #[test]
    fn names() {
        for field in [Field::Category, Field::Priority, Field::AssigneeId] {
            assert_eq!(Field::parse(field.as_str()), Some(field));
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
        assert_eq!(Field::parse("subject"), None);
        assert_eq!(serde_json::to_value(Kept::NobodyAvailable).unwrap(), "nobody_available");
    }
}
