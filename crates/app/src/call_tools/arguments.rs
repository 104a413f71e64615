//! The arguments of tools: types that say themselves how a model is told of them, and that tell every fault at once.

use patchcord_domain::ticket_input::Faults;
use serde_json::{Map, Value, json};

/// Longest arguments that are read, in bytes.
const LENGTH_MAX: usize = 16 * 1024;

/// A value of one field.
pub(super) trait Argument: Sized {
    /// Whether it must be given.
    const REQUIRED: bool = true;

    /// Its JSON schema.
    fn schema() -> Value;

    /// Reads it; what is wrong is noted under the field's name.
    fn read(value: Option<&Value>, field: &str, faults: &mut Faults) -> Self;
}

/// A text of at most so many characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text<const MAX: usize>(pub(super) String);

impl<const MAX: usize> Argument for Text<MAX> {
    fn schema() -> Value {
        json!({"type": "string", "maxLength": MAX})
    }

    fn read(value: Option<&Value>, field: &str, faults: &mut Faults) -> Self {
        // Models write numbers where digits are meant.
        let text = match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            None | Some(Value::Null) => String::new(),
            Some(_) => {
                faults.add(field, "must be a text");
                return Self(String::new());
            }
        };
        Self(faults.text(field, &text, 1, MAX))
    }
}

impl<T: Argument> Argument for Option<T> {
    const REQUIRED: bool = false;

    fn schema() -> Value {
        T::schema()
    }

    fn read(value: Option<&Value>, field: &str, faults: &mut Faults) -> Self {
        match value {
            None | Some(Value::Null) => None,
            // Some models fill in what they do not know with nothing.
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(value) => Some(T::read(Some(value), field, faults)),
        }
    }
}

/// One of several words.
pub(super) trait Choice: Sized + Copy {
    /// Every word.
    fn words() -> Vec<&'static str>;

    /// Reads one in any case.
    fn parse(text: &str) -> Option<Self>;

    /// Stands for one that was wrong, so that reading can go on.
    fn any() -> Self;
}

/// A choice among words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct One<C>(pub(super) C);

impl<C: Choice> Argument for One<C> {
    fn schema() -> Value {
        json!({"type": "string", "enum": C::words()})
    }

    fn read(value: Option<&Value>, field: &str, faults: &mut Faults) -> Self {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        Self(faults.one_of(field, text.trim(), C::parse, &C::words().join(", ")).unwrap_or_else(C::any))
    }
}

/// All arguments of a tool.
pub(super) trait Arguments: Sized {
    /// The JSON schema of all of them.
    fn schema() -> Value;

    /// Reads them.
    fn read(fields: &Map<String, Value>, faults: &mut Faults) -> Self;
}

/// The fields of what a model wrote. A fault is told in words that it can mend it by.
pub(super) fn fields(text: &str) -> Result<Map<String, Value>, String> {
    if text.len() > LENGTH_MAX {
        return Err("the arguments are too long".to_owned());
    }
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("the arguments must be one JSON object".to_owned()),
        Err(error) => Err(format!("the arguments are not JSON: column {}", error.column())),
    }
}

/// Defines the arguments of a tool with what models are told of each.
macro_rules! arguments {
    ($(#[$of:meta])* $name:ident { $($field:ident: $type:ty = $about:literal),* $(,)? }) => {
        $(#[$of])*
        #[derive(Debug, Clone)]
        pub(super) struct $name {
            $(pub(super) $field: $type),*
        }

        impl $crate::call_tools::arguments::Arguments for $name {
            fn schema() -> serde_json::Value {
                use $crate::call_tools::arguments::Argument;
                #[allow(unused_mut, reason = "a tool may have no arguments")]
                let mut properties = serde_json::Map::new();
                #[allow(unused_mut, reason = "as above")]
                let mut required: Vec<&str> = Vec::new();
                $(
                    let mut schema = <$type as Argument>::schema();
                    schema["description"] = serde_json::json!($about);
                    properties.insert(stringify!($field).to_owned(), schema);
                    if <$type as Argument>::REQUIRED {
                        required.push(stringify!($field));
                    }
                )*
                serde_json::json!({
                    "type": "object", "properties": properties, "required": required, "additionalProperties": false,
                })
            }

            fn read(
                fields: &serde_json::Map<String, serde_json::Value>,
                faults: &mut patchcord_domain::ticket_input::Faults,
            ) -> Self {
                const KNOWN: &[&str] = &[$(stringify!($field)),*];
                for name in fields.keys().filter(|name| !KNOWN.contains(&name.as_str())).take(5) {
                    let known = if KNOWN.is_empty() { "none".to_owned() } else { KNOWN.join(", ") };
                    faults.add(name, format!("is no argument of this tool; it takes {known}"));
                }
                Self {
                    $($field: $crate::call_tools::arguments::Argument::read(
                        fields.get(stringify!($field)), stringify!($field), faults,
                    )),*
                }
            }
        }
    };
}

pub(super) use arguments;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Size {
        Small,
        Large,
    }

    impl Choice for Size {
        fn words() -> Vec<&'static str> {
            vec!["small", "large"]
        }

        fn parse(text: &str) -> Option<Self> {
            match text {
                "small" => Some(Size::Small),
                "large" => Some(Size::Large),
                _ => None,
            }
        }

        fn any() -> Self {
            Size::Small
        }
    }

    arguments! {
        /// For the test.
        Order {
            what: Text<5> = "What to order.",
            size: One<Size> = "How large.",
            note: Option<Text<10>> = "Anything else.",
        }
    }

    fn read(text: &str) -> (Order, Vec<String>) {
        let mut faults = Faults::default();
        let order = Order::read(&fields(text).unwrap(), &mut faults);
        let wrong = faults.into_result(()).err().unwrap_or_default();
        (order, wrong.into_iter().map(|fault| fault.to_string()).collect())
    }

    #[test]
    fn the_schema_comes_from_the_type() {
        assert_eq!(
            Order::schema(),
            json!({
                "type": "object", "additionalProperties": false, "required": ["what", "size"],
                "properties": {
                    "what": {"type": "string", "maxLength": 5, "description": "What to order."},
                    "size": {"type": "string", "enum": ["small", "large"], "description": "How large."},
                    "note": {"type": "string", "maxLength": 10, "description": "Anything else."},
                },
            })
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let (order, faults) = read(r#"{"what": 42, "size": "large", "note": " "}"#);
        assert_eq!((order.what.0.as_str(), order.size.0, order.note, faults), ("42", Size::Large, None, vec![]));
        let (_, faults) = read(r#"{"what": "too long", "size": "huge", "color": "red"}"#);
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("small, large")), "{faults:?}");
        for (text, part) in [("[]", "object"), ("{", "JSON"), (&"x".repeat(LENGTH_MAX + 1), "long")] {
            assert!(fields(text).unwrap_err().contains(part));
        }
        assert!(fields(" ").unwrap().is_empty());
    }
}
