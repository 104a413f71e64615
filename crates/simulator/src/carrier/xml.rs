//! Just enough XML to read TwiML, and to refuse what is none.

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its name.
    pub(crate) name: String,
    /// Its attributes.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its elements.
    pub(crate) children: Vec<Element>,
    /// Its own text, trimmed.
    pub(crate) text: String,
}

impl Element {
    /// Value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Value of an attribute that counts something.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

/// Reads a document.
///
/// # Errors
/// In words, when it is not well-formed.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}') };
    reader.between()?;
    let root = reader.element(0)?;
    reader.between()?;
    if reader.rest.is_empty() { Ok(root) } else { Err("there is something after the document's end".to_owned()) }
}

const DEPTH_MAX: usize = 20;

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// Passes over space, comments, the declaration.
    fn between(&mut self) -> Result<(), String> {
        loop {
            self.rest = self.rest.trim_start();
            if self.skip("<!--") {
                self.until("-->")?;
            } else if self.skip("<?") {
                self.until("?>")?;
            } else {
                return Ok(());
            }
        }
    }

    fn element(&mut self, depth: usize) -> Result<Element, String> {
        if depth > DEPTH_MAX {
            return Err("too many elements inside each other".to_owned());
        }
        if !self.skip("<") {
            return Err(format!("an element is expected at {:?}", head(self.rest)));
        }
        let mut element = Element { name: self.name()?.to_owned(), ..Element::default() };
        loop {
            let before = self.rest;
            self.rest = self.rest.trim_start();
            if self.skip("/>") {
                return Ok(element);
            }
            if self.skip(">") {
                break;
            }
            if before.len() == self.rest.len() {
                return Err(format!("a space is expected at {:?}", head(before)));
            }
            let name = self.name()?;
            if !self.skip("=") {
                return Err(format!("attribute {name} has no value"));
            }
            let quote = if self.skip("\"") { "\"" } else { "'" };
            if quote == "'" && !self.skip("'") {
                return Err(format!("the value of {name} is not quoted"));
            }
            let value = self.until(quote)?;
            if value.contains('<') {
                return Err(format!("the value of {name} holds a <"));
            }
            if element.get(name).is_some() {
                return Err(format!("attribute {name} is there twice"));
            }
            element.attributes.push((name.to_owned(), unescape(value)?));
        }
        loop {
            let end = self.rest.find('<').ok_or_else(|| format!("{} does not end", element.name))?;
            let (text, rest) = self.rest.split_at(end);
            element.text.push_str(&unescape(text)?);
            self.rest = rest;
            if self.skip("<!--") {
                self.until("-->")?;
            } else if self.skip("<![CDATA[") {
                element.text.push_str(self.until("]]>")?);
            } else if self.skip("</") {
                let name = self.name()?;
                self.rest = self.rest.trim_start();
                if name != element.name || !self.skip(">") {
                    return Err(format!("{} is ended as {name}", element.name));
                }
                element.text = element.text.trim().to_owned();
                return Ok(element);
            } else {
                element.children.push(self.element(depth + 1)?);
            }
        }
    }

    fn name(&mut self) -> Result<&'t str, String> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "-_:.".contains(c))).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(format!("a name is expected at {:?}", head(self.rest)));
        }
        self.rest = rest;
        Ok(name)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, end: &str) -> Result<&'t str, String> {
        let (text, rest) = self.rest.split_once(end).ok_or_else(|| format!("{end} is missing"))?;
        self.rest = rest;
        Ok(text)
    }
}

fn head(text: &str) -> String {
    text.chars().take(20).collect()
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let (name, after) = rest[at + 1..].split_once(';').ok_or("a bare &: it must be &amp;")?;
        let code = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = match name.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => name.strip_prefix('#').and_then(|number| number.parse().ok()),
                };
                number.and_then(char::from_u32).ok_or_else(|| format!("&{name}; is unknown"))?
            }
        };
        plain.push(code);
        rest = after;
    }
    plain.push_str(rest);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <!-- a call --><Response><Say voice='Polly.Joanna'>Tom &amp; "J&#233;r&#xf4;me" <![CDATA[<3]]></Say><Hangup/></Response>"#;
        let root = parse(text).unwrap();
        assert_eq!(root.name, "Response");
        assert_eq!(root.children[0].text, "Tom & \"Jérôme\" <3");
        assert_eq!(root.children[0].get("voice"), Some("Polly.Joanna"));
        assert_eq!(root.children[1].name, "Hangup");
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "hello",
            "<a>",
            "<a></b>",
            "<a x=1/>",
            "<a x='1' x='2'/>",
            "<a x='<'/>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a/><b/>",
            "<a x='1'y='2'/>",
            "{\"a\":1}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"<a>".repeat(1_000)).is_err());
    }
}
