//! Organizations: customer companies, known to callers by their U-E codes.

use serde::{Deserialize, Serialize};

use crate::ticket_input::Faults;

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest note, in characters.
pub const NOTES_MAX: usize = 10_000;
/// Longest domain, in characters (RFC 1035, 2.3.4).
pub const DOMAIN_MAX: usize = 253;
/// Fewest digits of a U-E code.
pub const UE_CODE_MIN: usize = 4;
/// Most digits of a U-E code.
pub const UE_CODE_MAX: usize = 8;

/// Whether an organization is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OrganizationStatus {
    /// It is.
    Active,
    /// Not at present.
    Suspended,
}

impl OrganizationStatus {
    /// Every value with its name, for messages.
    pub const ALLOWED: &'static str = "ACTIVE, SUSPENDED";

    /// The value as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            OrganizationStatus::Active => "ACTIVE",
            OrganizationStatus::Suspended => "SUSPENDED",
        }
    }

    /// Reads a value in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}

/// A U-E code: four to eight digits. Spaces and hyphens, with which people write codes down, do not count.
pub fn ue_code(faults: &mut Faults, field: &str, text: &str) -> String {
    let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if !is_ue_code(&code) {
        faults.add(field, format!("must have {UE_CODE_MIN} to {UE_CODE_MAX} digits and nothing else"));
    }
    code
}

/// Whether a text has the form of a U-E code.
pub fn is_ue_code(text: &str) -> bool {
    (UE_CODE_MIN..=UE_CODE_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A domain such as `example.com`, in lower case; an address that people have copied from their browser is told apart.
pub fn domain(faults: &mut Faults, field: &str, text: &str) -> String {
    let domain = text.trim().trim_end_matches('.').to_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let fits = domain.len() <= DOMAIN_MAX && domain.contains('.') && domain.split('.').all(is_label);
    if !fits {
        faults.add(field, "must be a domain such as example.com, without https:// and without a path");
    }
    domain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: impl FnOnce(&mut Faults)) -> usize {
        let mut faults = Faults::default();
        check(&mut faults);
        faults.into_result(()).err().map_or(0, |all| all.len())
    }

    #[test]
    fn states_are_read_in_any_case() {
        assert_eq!(OrganizationStatus::parse("suspended"), Some(OrganizationStatus::Suspended));
        assert_eq!(OrganizationStatus::parse("GONE"), None);
    }

    #[test]
    fn codes() {
        for (text, code) in [("4821", "4821"), ("12345678", "12345678"), (" 48-21 ", "4821"), ("48 21 00", "482100")] {
            let mut faults = Faults::default();
            assert_eq!(ue_code(&mut faults, "ueCode", text), code);
            assert!(faults.into_result(()).is_ok(), "{text}");
        }
        for text in ["", "482", "123456789", "48a1", "４８２１", "48.21", "-"] {
            assert_eq!(faults(|f| drop(ue_code(f, "ueCode", text))), 1, "{text}");
        }
    }

    #[test]
    fn domains() {
        let mut none = Faults::default();
        assert_eq!(domain(&mut none, "domain", " Example.COM. "), "example.com");
        assert_eq!(domain(&mut none, "domain", "bücher.example"), "bücher.example");
        assert!(none.into_result(()).is_ok());
        for text in ["", "example", "https://example.com", "example.com/x", "a..b", "-a.de", "a b.de", "x@a.de"] {
            assert_eq!(faults(|f| drop(domain(f, "domain", text))), 1, "{text}");
        }
    }
}
