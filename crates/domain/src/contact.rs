//! Contacts: people at organizations.

use crate::ticket_input::Faults;
use crate::user::{is_email, normalize_email};

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest name of a language, in characters (RFC 5646, 4.4.1).
const LANGUAGE_MAX: usize = 35;

/// An e-mail address, in lower case.
pub fn email(faults: &mut Faults, field: &str, text: &str) -> String {
    let email = normalize_email(text);
    if !is_email(&email) {
        faults.add(field, "must be an e-mail address, such as name@example.com");
    }
    email
}

/// A language by its tag (BCP 47), such as `en` or `pt-BR`: the language in lower case, a country in upper case.
pub fn language(faults: &mut Faults, field: &str, text: &str) -> String {
    let text = text.trim().replace('_', "-");
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = text.len() <= LANGUAGE_MAX
        && (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.clone().all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !fits {
        faults.add(field, "must be the tag of a language, such as en or pt-BR");
        return text;
    }
    let rest = parts.map(|part| match part.len() {
        2 => part.to_ascii_uppercase(),
        _ => part.to_ascii_lowercase(),
    });
    std::iter::once(first.to_ascii_lowercase()).chain(rest).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_and_languages() {
        let mut faults = Faults::default();
        assert_eq!(email(&mut faults, "email", " Ada@Example.TEST "), "ada@example.test");
        for (text, tag) in [("EN", "en"), ("pt_br", "pt-BR"), ("zh-Hant-TW", "zh-hant-TW"), ("es-419", "es-419")] {
            assert_eq!(language(&mut faults, "preferredLanguage", text), tag);
        }
        assert!(faults.into_result(()).is_ok());
        for text in ["", "e", "english", "de-", "d3", "de--AT", "de-AT-123456789"] {
            let mut faults = Faults::default();
            language(&mut faults, "preferredLanguage", text);
            assert!(faults.into_result(()).is_err(), "{text}");
        }
    }
}
