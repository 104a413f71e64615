//! The head of an agent's file: `key: value` and lists between two lines of `---`, with the line of each key.

/// A head and the text behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File<'t> {
    pub(super) fields: Vec<Field>,
    /// The instructions.
    pub(super) body: &'t str,
    /// The line on which they begin.
    pub(super) body_line: usize,
}

/// One key of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) values: Vec<(String, usize)>,
    /// Whether it was written as a list.
    pub(super) is_list: bool,
    pub(super) line: usize,
}

/// Reads a file.
///
/// # Errors
/// The line and what is wrong there.
pub(super) fn read(text: &str) -> Result<File<'_>, (usize, String)> {
    let mut lines = Lines { text, at: 0, line: 0 };
    if lines.next().map(str::trim_end) != Some("---") {
        return Err((1, "the file must begin with a line of --- and its head".to_owned()));
    }
    let mut fields: Vec<Field> = Vec::new();
    loop {
        let Some(raw) = lines.next() else {
            return Err((lines.line, "the head has no end: a line of --- is missing".to_owned()));
        };
        let line = lines.line;
        let written = raw.trim();
        if raw.trim_end() == "---" {
            break;
        }
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        if let Some(item) = written.strip_prefix("- ") {
            match fields.last_mut().filter(|field| field.is_list || field.values.is_empty()) {
                Some(field) => {
                    field.is_list = true;
                    field.values.push((unquoted(item), line));
                }
                None => return Err((line, "an entry of a list must follow its key".to_owned())),
            }
            continue;
        }
        let Some((key, value)) = written.split_once(':') else {
            return Err((line, format!("not `key: value`: {written}")));
        };
        let key = key.trim().to_owned();
        if fields.iter().any(|field| field.key == key) {
            return Err((line, format!("`{key}` is there twice")));
        }
        let value = value.trim();
        let (is_list, values) = match value.strip_prefix('[') {
            Some(list) => {
                let Some(list) = list.strip_suffix(']') else {
                    return Err((line, format!("the list of `{key}` has no end: a ] is missing on its line")));
                };
                let entries = list.split(',').map(unquoted).filter(|entry| !entry.is_empty());
                (true, entries.map(|entry| (entry, line)).collect())
            }
            None if value.is_empty() => (false, Vec::new()),
            None => (false, vec![(unquoted(value), line)]),
        };
        fields.push(Field { key, values, is_list, line });
    }
    Ok(File { fields, body: &text[lines.at..], body_line: lines.line + 1 })
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.or_else(|| text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''))).unwrap_or(text).to_owned()
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += end;
        self.line += 1;
        Some(rest[..end].trim_end_matches(['\n', '\r']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let text = "---\nname: a_agent\ntools: [one, \"two\"]\nhandoffs:\n  - b\n  - c # no\n\n# note\nempty: []\n---\nHello\n";
        let file = read(text).unwrap();
        let shown: Vec<String> = file
            .fields
            .iter()
            .map(|field| {
                let values: Vec<&str> = field.values.iter().map(|(value, _)| value.as_str()).collect();
                format!("{}:{}={}", field.line, field.key, values.join("|"))
            })
            .collect();
        assert_eq!(shown, ["2:name=a_agent", "3:tools=one|two", "4:handoffs=b|c # no", "9:empty="]);
        assert_eq!((file.body, file.body_line), ("Hello\n", 11));
        assert_eq!(read("---\r\nname: x\r\n---\r\nHi").unwrap().body, "Hi");
    }

    #[test]
    fn faults_name_their_line() {
        for (text, line, part) in [
            ("", 1, "begin with"),
            ("name: a\n", 1, "begin with"),
            ("---\nname: a\n", 2, "has no end"),
            ("---\nname\n---\n", 2, "not `key: value`"),
            ("---\n- a\n---\n", 2, "follow its key"),
            ("---\nname: a\n- b\n---\n", 3, "follow its key"),
            ("---\nname: a\nname: b\n---\n", 3, "twice"),
            ("---\ntools: [a, b\n---\n", 2, "] is missing"),
        ] {
            let (at, message) = read(text).unwrap_err();
            assert!(at == line && message.contains(part), "{text:?}: {at} {message}");
        }
    }
}
