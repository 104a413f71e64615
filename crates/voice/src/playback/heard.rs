//! Which words belong to the part of the sound that was heard. Nobody says which word is where, so it is worked out.

/// Milliseconds that a letter takes at the fastest that agents speak; used while more sound is still to come.
const LETTER_MS: i64 = 50;

/// The beginning of `text` that takes `heard_ms` of the sound, of which `sent_ms` are known and all when `is_all`.
///
/// Words are cut in proportion, and never in the middle: a word that was heard in part was not understood.
pub(super) fn heard_part(text: &str, heard_ms: i64, sent_ms: i64, is_all: bool) -> &str {
    let letters = text.chars().count() as i64;
    if letters == 0 || heard_ms <= 0 {
        return "";
    }
    // The words come ahead of the sound: those of all of it may be there when half of it is.
    let whole_ms = if is_all { sent_ms } else { sent_ms.max(letters * LETTER_MS) };
    if whole_ms <= heard_ms {
        return text;
    }
    let heard_letters = usize::try_from(letters * heard_ms / whole_ms).unwrap_or(0);
    let end = text.char_indices().nth(heard_letters).map_or(text.len(), |(at, _)| at);
    let next_is_space = text[end..].starts_with(char::is_whitespace);
    let part = if next_is_space || end == text.len() {
        &text[..end]
    } else {
        text[..end].rfind(char::is_whitespace).map_or("", |space| &text[..space])
    };
    part.trim_end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_cut_in_proportion_and_in_whole() {
        let text = "Please restart the printer";
        for (heard_ms, sent_ms, is_all, expect) in [
            (0, 2600, true, ""),
            (100, 2600, true, ""),
            (600, 2600, true, "Please"),
            (650, 2600, true, "Please"),
            (1500, 2600, true, "Please restart"),
            (1399, 2600, true, "Please"),
            (2600, 2600, true, text),
            (9999, 2600, true, text),
            // Half of the sound is there: 26 letters take at least 1300 ms.
            (650, 650, false, "Please"),
            (1300, 1300, false, text),
        ] {
            assert_eq!(heard_part(text, heard_ms, sent_ms, is_all), expect, "{heard_ms} of {sent_ms}");
        }
        assert_eq!(heard_part("", 10, 10, true), "");
        assert_eq!(heard_part("Grüße aus München", 1000, 1000, true), "Grüße aus München");
    }

    proptest! {
        #[test]
        fn it_is_always_the_beginning(text in any::<String>(), heard in -10..5000_i64, sent in 0..5000_i64, all in any::<bool>()) {
            prop_assert!(text.starts_with(heard_part(&text, heard, sent, all)));
        }
    }
}
