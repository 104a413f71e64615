//! Texts with placeholders, such as `Hello {{contact.name}}`: checked when they are written, filled when they are used.

use crate::text::head;

/// Declares the placeholders with their names.
macro_rules! placeholders {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Something of a ticket that a text may name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Placeholder { $($(#[$doc])* $variant),+ }

        impl Placeholder {
            /// Every placeholder, in the order in which they are offered.
            pub const ALL: &'static [Placeholder] = &[$(Placeholder::$variant),+];

            /// The name between the braces.
            pub const fn as_str(self) -> &'static str {
                match self { $(Placeholder::$variant => $name),+ }
            }
        }
    };
}

placeholders! {
    /// Name of the person who asked.
    ContactName = "contact.name",
    /// The first word of it.
    ContactFirstName = "contact.firstName",
    /// The contact's e-mail address.
    ContactEmail = "contact.email",
    /// Name of the customer company.
    OrganizationName = "organization.name",
    /// Name of the device.
    DeviceName = "device.name",
    /// The number, such as `TKT-0042`.
    TicketNumber = "ticket.number",
    /// The subject.
    TicketSubject = "ticket.subject",
    /// Name of whoever uses the text.
    AgentName = "agent.name",
    /// Name of the workspace.
    WorkspaceName = "workspace.name",
}

impl Placeholder {
    /// Reads the name between the braces; case counts.
    pub fn parse(name: &str) -> Option<Placeholder> {
        Placeholder::ALL.iter().copied().find(|placeholder| placeholder.as_str() == name)
    }

    /// All of them, for messages that tell what is allowed.
    pub fn allowed() -> String {
        Placeholder::ALL.iter().map(|one| format!("{{{{{}}}}}", one.as_str())).collect::<Vec<_>>().join(", ")
    }
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Words(&'t str),
    Name(&'t str),
    /// Braces that never close.
    Open,
}

/// Cuts a text at its placeholders, once from left to right.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        pieces.push(Piece::Words(before));
        let Some((name, behind)) = after.split_once("}}") else {
            pieces.push(Piece::Open);
            return pieces;
        };
        pieces.push(Piece::Name(name.trim()));
        rest = behind;
    }
    pieces.push(Piece::Words(rest));
    pieces
}

/// What is wrong with the placeholders of a text, in words for its author; nothing when every one is known.
pub fn faults(text: &str) -> Option<String> {
    for piece in pieces(text) {
        match piece {
            Piece::Open => return Some("has {{ without }}".to_owned()),
            Piece::Name(name) if Placeholder::parse(name).is_none() => {
                let name = head(name, 40);
                return Some(format!(
                    "has the unknown placeholder {{{{{name}}}}}; known are {}",
                    Placeholder::allowed()
                ));
            }
            _ => {}
        }
    }
    None
}

/// The known placeholders of a text, each once.
pub fn named(text: &str) -> Vec<Placeholder> {
    let mut named = Vec::new();
    for piece in pieces(text) {
        if let Piece::Name(name) = piece
            && let Some(known) = Placeholder::parse(name)
            && !named.contains(&known)
        {
            named.push(known);
        }
    }
    named
}

/// Fills the placeholders. What is put in is never read for placeholders again.
///
/// # Errors
/// The first placeholder for which there is no value. Unknown ones and open braces stay as they are.
pub fn fill(text: &str, value: impl Fn(Placeholder) -> Option<String>) -> Result<String, Placeholder> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Words(words) => filled.push_str(words),
            Piece::Name(name) => match Placeholder::parse(name) {
                Some(known) => filled.push_str(&value(known).filter(|value| !value.is_empty()).ok_or(known)?),
                None => filled.push_str(&format!("{{{{{name}}}}}")),
            },
            Piece::Open => filled.push_str("{{"),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_placeholders_and_open_braces_are_told() {
        for (text, expect) in [
            ("Hello {{contact.name}}, {{ ticket.number }} {single} }}", None),
            ("", None),
            ("Hello {{contact.nmae}}", Some("unknown placeholder {{contact.nmae}}")),
            ("Hello {{Contact.Name}}", Some("unknown placeholder {{Contact.Name}}")),
            ("Hello {{}}", Some("unknown placeholder {{}}")),
            ("Hello {{contact.name", Some("has {{ without }}")),
            ("{{{{contact.name}}}}", Some("unknown placeholder {{{{contact.name}}")),
        ] {
            let found = faults(text);
            match expect {
                None => assert_eq!(found, None, "{text}"),
                Some(expect) => {
                    assert!(found.as_ref().is_some_and(|found| found.contains(expect)), "{text}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_put_in_is_not_read_again() {
        let value = |placeholder| match placeholder {
            Placeholder::ContactName => Some("{{agent.name}}".to_owned()),
            Placeholder::TicketNumber => Some("TKT-0042".to_owned()),
            Placeholder::DeviceName => Some(String::new()),
            _ => None,
        };
        let filled = fill("Hi {{contact.name}}, {{ticket.number}}: {a} 100 %", value);
        assert_eq!(filled.unwrap(), "Hi {{agent.name}}, TKT-0042: {a} 100 %");
        let twice = "{{agent.name}} {{x}} {{ticket.number}} {{agent.name}}";
        assert_eq!(named(twice), [Placeholder::AgentName, Placeholder::TicketNumber]);
        assert_eq!(fill("{{agent.name}}", value), Err(Placeholder::AgentName));
        assert_eq!(fill("{{device.name}}", value), Err(Placeholder::DeviceName));
    }
}
