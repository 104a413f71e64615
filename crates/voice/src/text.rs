//! Text as it stands in a frame, and numbers where the sender may write either.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, Visitor};

/// Text that is borrowed from the frame whenever it stands there as it is. Numbers and truth values are read as their text,
/// anything else as nothing: a field of an unexpected shape must not cost the frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a whole number; fractions are cut off.
    pub fn number(&self) -> Option<i64> {
        let text = self.0.trim();
        text.parse().ok().or_else(|| {
            let number: f64 = text.parse().ok()?;
            // Far from the ends of the range, so the conversion is exact enough.
            number.is_finite().then_some(number.clamp(-9e15, 9e15) as i64)
        })
    }

    /// The text, when there is some.
    pub fn some(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&self.0)
    }

    /// A copy of the text, when there is some.
    pub fn owned(&self) -> Option<String> {
        self.some().map(str::to_owned)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("text or a number")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(if truth { "true" } else { "false" })))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}

/// Writes text as a JSON string, quotes included.
pub(crate) fn push_json(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A string always has a form in JSON.
        out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_borrowed_and_everything_else_is_tolerated() {
        let read = |json: &'static str| serde_json::from_str::<Text<'_>>(json).unwrap();
        assert!(matches!(read("\"abc\"").0, Cow::Borrowed("abc")));
        assert!(matches!(read("\"a\\/c\"").0, Cow::Owned(text) if text == "a/c"));
        for (json, text, number) in [
            ("460", "460", Some(460)),
            ("\"460\"", "460", Some(460)),
            ("460.7", "460.7", Some(460)),
            ("-3", "-3", Some(-3)),
            (
                "1e300",
                "1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
                Some(9_000_000_000_000_000),
            ),
            ("null", "", None),
            ("true", "true", None),
            ("[1,[2]]", "", None),
            ("{\"a\":{\"b\":1}}", "", None),
            ("\"x\"", "x", None),
        ] {
            assert_eq!((read(json).as_str(), read(json).number()), (text, number), "{json}");
        }
    }

    #[test]
    fn strings_are_written_exactly() {
        for text in ["", "abc", "ü\"\\\n\u{1}", "</script>"] {
            let mut out = String::new();
            push_json(&mut out, text);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
