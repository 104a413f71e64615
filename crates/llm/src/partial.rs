//! The text of one key in a JSON object that is still being written.

/// What is there so far of the text of a key at the top of an object; `None` when the key has not begun.
///
/// The rest of the object may be missing anywhere, in the middle of an escape too. What is not JSON gives `None` or what
/// was read before it stopped being JSON. Nothing is kept between calls and nothing recurses.
pub fn partial_text(key: &str, json: &str) -> Option<String> {
    let mut rest = Scanner { text: json, at: 0 };
    rest.skip_space();
    rest.take('{')?;
    loop {
        rest.skip_space();
        rest.take(',');
        rest.skip_space();
        let (name, closed) = rest.string()?;
        if !closed {
            return None;
        }
        rest.skip_space();
        rest.take(':')?;
        rest.skip_space();
        if name == key {
            return rest.string().map(|(text, _)| text);
        }
        rest.skip_value()?;
    }
}

struct Scanner<'j> {
    text: &'j str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += wanted.len_utf8())
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    /// A string and whether it is closed; `None` when no string begins here.
    fn string(&mut self) -> Option<(String, bool)> {
        self.take('"')?;
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => return Some((text, true)),
                '\\' => match self.escape() {
                    Some(c) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Some((text, false))
    }

    /// The character of an escape; `None` when it is not complete, or none that JSON has.
    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                // The first half of a pair: the other half must follow, and may not have been written yet.
                self.take('\\')?;
                self.take('u')?;
                let second = self.unit()?;
                let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400);
                low.and_then(|low| char::from_u32(0x10000 + ((first - 0xd800) << 10) + low))
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            c @ ('"' | '\\' | '/') => c,
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let unit = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        self.at += 4;
        Some(unit)
    }

    /// Passes over a value of any kind; `None` when it is not complete.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                '"' => {
                    let (_, closed) = self.string()?;
                    closed.then_some(())?;
                }
                '[' | '{' => {
                    depth += 1;
                    self.next();
                }
                ']' | '}' => {
                    depth = depth.checked_sub(1)?;
                    self.next();
                }
                ',' if depth == 0 => return Some(()),
                _ => _ = self.next(),
            }
            if depth == 0 && matches!(self.peek()?, ',' | '}') {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_so_far() {
        for (json, expected) in [
            ("", None),
            ("{", None),
            ("{\"re", None),
            ("{\"reply\"", None),
            ("{\"reply\":", None),
            ("{\"reply\": \"", Some("")),
            ("{\"reply\": \"Hel", Some("Hel")),
            (" { \"reply\" : \"Hello\\n", Some("Hello\n")),
            ("{\"reply\": \"a\\", Some("a")),
            ("{\"reply\": \"a\\u00", Some("a")),
            ("{\"reply\": \"a\\u00e4", Some("aä")),
            ("{\"reply\": \"a\\ud83d", Some("a")),
            ("{\"reply\": \"a\\ud83d\\ude0", Some("a")),
            ("{\"reply\": \"a\\ud83d\\ude00b", Some("a😀b")),
            ("{\"reply\": \"a\\ud83d\\u0041b", Some("a\u{fffd}b")),
            ("{\"reply\": \"a\\x41", Some("a")),
            ("{\"reply\": \"Hi\", \"citations\": [", Some("Hi")),
            ("{\"citations\": [\"}\", {\"reply\": \"no\"}], \"reply\": \"yes", Some("yes")),
            ("{\"tone\": null, \"n\": 1.5, \"reply\": \"yes\"}", Some("yes")),
            ("{\"citations\": [\"a", None),
            ("{\"other\": \"reply\"}", None),
            ("{\"reply\": null}", None),
            ("[\"reply\"]", None),
            ("Sure! {\"reply\": \"x\"}", None),
            ("}}}}", None),
            ("{\"a\": ]]]", None),
        ] {
            assert_eq!(partial_text("reply", json).as_deref(), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_beginning_of_an_answer_gives_a_beginning_of_its_text(
            text in "\\PC{0,30}", before in "\\PC{0,10}", cut in 0_usize..400,
        ) {
            let json = json!({"aside": [before, {"answer": 1}], "answer": text}).to_string();
            let cut = json.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(json.len());
            if let Some(so_far) = partial_text("answer", &json[..cut]) {
                prop_assert!(text.starts_with(&so_far));
            }
            prop_assert_eq!(partial_text("answer", &json), Some(text));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[\\PC{}\\[\\]\",:\\\\u]{0,60}") {
            let _ = partial_text("answer", &text);
            let _ = partial_text("answer", &format!("{{\"answer\": \"{text}"));
        }
    }
}
