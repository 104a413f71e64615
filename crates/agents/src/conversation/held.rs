//! Telephone numbers and e-mail addresses of a call. Models know them by names such as `[PHONE_1]`; the values stay here and
//! are put into the arguments of tools, and into what is spoken.

use patchcord_domain::redaction::Redactor;
use serde_json::Value;

use crate::language::Language;
use crate::spoken::{runs, words};

/// Values that are held; further ones are taken out as always.
const HELD_MAX: usize = 50;
/// Fewest digits of a telephone number that was spoken digit by digit, behind a plus and without one, and most.
const SPOKEN_DIGITS: (usize, usize, usize) = (7, 9, 15);

/// The values of one call, each with its name.
#[derive(Debug, Clone, Default)]
pub(super) struct Held(Vec<(String, String)>);

impl Held {
    /// The text with names in place of values.
    pub(super) fn conceal(&mut self, redactor: &Redactor, text: &str) -> String {
        redactor.held_back(text, &mut |kind, value| self.name(kind, value)).into_inner()
    }

    /// The same for what a caller said, who may say a number digit by digit.
    pub(super) fn conceal_spoken(&mut self, redactor: &Redactor, text: &str, languages: &[&Language]) -> String {
        let text = self.conceal(redactor, text);
        let said = words(&text);
        let mut shown = String::with_capacity(text.len());
        let mut copied = 0;
        for run in runs(&said, languages) {
            let (start, end) = (said[run.from].start, said[run.to - 1].end);
            let is_international = text[..start].trim_end().to_lowercase().ends_with("plus");
            let (least_behind_plus, least, most) = SPOKEN_DIGITS;
            let least = if is_international { least_behind_plus } else { least };
            if !(least..=most).contains(&run.digits.len()) {
                continue;
            }
            let value = if is_international { format!("+{}", run.digits) } else { run.digits };
            shown.push_str(&text[copied..start]);
            shown.push_str(&self.name("phone", &value));
            copied = end;
        }
        shown.push_str(&text[copied..]);
        shown
    }

    /// A result of a tool, with names in place of values.
    pub(super) fn conceal_value(&mut self, redactor: &Redactor, value: Value) -> Value {
        patchcord_llm::talk::clean_value(value, &mut |text| self.conceal(redactor, &text))
    }

    /// The text with values in place of names.
    pub(super) fn reveal(&self, text: &str) -> String {
        let mut revealed = text.to_owned();
        // The longest names first: the tenth begins like the first.
        for (name, value) in self.0.iter().rev() {
            for written in [name.as_str(), name.trim_matches(['[', ']'])] {
                if revealed.contains(written) {
                    revealed = revealed.replace(written, value);
                }
            }
        }
        revealed
    }

    /// Whether a text still has a name that stands for nothing here.
    pub(super) fn has_unknown(text: &str) -> bool {
        ["[PHONE_", "[EMAIL_"].iter().any(|name| text.contains(name))
    }

    fn name(&mut self, kind: &str, value: &str) -> String {
        if let Some((name, _)) = self.0.iter().find(|(_, held)| held == value) {
            return name.clone();
        }
        let kind = kind.to_uppercase();
        if self.0.len() >= HELD_MAX {
            return format!("[{kind}_REDACTED]");
        }
        let place = self.0.iter().filter(|(name, _)| name[1..].starts_with(&kind)).count() + 1;
        let name = format!("[{kind}_{place}]");
        self.0.push((name.clone(), value.to_owned()));
        name
    }
}

#[cfg(test)]
mod tests {
    use patchcord_domain::redaction::Options;
    use serde_json::json;

    use super::*;
    use crate::language::Languages;

    #[test]
    fn values_have_names() {
        let redactor = Redactor::new(Options::default());
        let languages = Languages::embedded();
        let all: Vec<&Language> = languages.all().collect();
        let mut held = Held::default();
        let text = "Call +49 30 901820 or +49 30 901820, or write to jo@example.com";
        assert_eq!(held.conceal(&redactor, text), "Call [PHONE_1] or [PHONE_1], or write to [EMAIL_1]");
        let spoken = "it is zero one seven one, two three four five six seven eight, thanks";
        assert_eq!(held.conceal_spoken(&redactor, spoken, &all), "it is [PHONE_2], thanks");
        assert_eq!(
            held.conceal_spoken(&redactor, "plus four nine three zero nine zero one eight", &all),
            "plus [PHONE_3]"
        );
        let value = held.conceal_value(&redactor, json!({"phone": "+49 30 901820", "n": 5, "list": ["a@b.example"]}));
        assert_eq!(value, json!({"phone": "[PHONE_1]", "n": 5, "list": ["[EMAIL_2]"]}));
        assert_eq!(
            held.reveal(r#"{"number": "[PHONE_2]", "email": "EMAIL_1"}"#),
            r#"{"number": "01712345678", "email": "jo@example.com"}"#
        );
        assert!(Held::has_unknown(&held.reveal("[PHONE_9]")) && !Held::has_unknown("[code]"));
        for at in 0..100 {
            held.conceal(&redactor, &format!("p{at}@example.com"));
        }
        assert!(held.0.len() <= HELD_MAX);
    }
}
