//! How callers and expectations compare what was said with what they wait for.

/// A text in small letters, without marks, one space between words, and one around it.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if c == '\'' || c == '’' {
            // "I'm" and "Im" are the same to the ear.
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

/// Whether one of the alternatives, parted by `|`, is in a text. Each begins where a word begins; a word may go on after it.
/// The parts of an alternative that are joined by `&` must all be there.
pub fn matches(pattern: &str, text: &str) -> bool {
    let text = folded(text);
    pattern.split('|').any(|alternative| {
        alternative.split('&').all(|part| {
            let part = folded(part);
            !part.trim().is_empty() && text.contains(part.trim_end())
        })
    })
}

/// The last sentence of a text that asks for something, else the whole text.
pub(crate) fn question(text: &str) -> &str {
    let ends: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| {
            "?.!".contains(*c) && text[at + c.len_utf8()..].chars().next().is_none_or(char::is_whitespace)
        })
        .map(|(at, c)| at + c.len_utf8())
        .collect();
    for (nth, end) in ends.iter().enumerate().rev() {
        let begin = if nth == 0 { 0 } else { ends[nth - 1] };
        let sentence = text[begin..*end].trim();
        if sentence.ends_with('?') {
            return sentence;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches("customer code | number", "What is your customer-code?"));
        assert!(matches("code", "Codes, please"));
        assert!(!matches("ode", "Codes, please"));
        assert!(matches("open & ticket", "A ticket was opened"));
        assert!(!matches("open & ticket", "It was opened"));
        assert!(!matches("", "anything"));
        assert!(matches("für", "Gern, FÜR Sie"));
        assert!(matches("dont", "I don’t know"));
    }

    #[test]
    fn questions() {
        assert_eq!(question("Hello. How can I help? I listen."), "How can I help?");
        assert_eq!(question("One. Two? Three?"), "Three?");
        assert_eq!(question("Version 2.4 is fine."), "Version 2.4 is fine.");
    }
}
