//! Tickets: their enumerations, numbers, limits and life cycle.

use serde::{Deserialize, Serialize};

use crate::time::{MINUTE, Millis};

/// Declares an enumeration that is stored and shown in upper case with underscores.
macro_rules! upper_case_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The value as it is stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// Reads a value in any case.
            pub fn parse(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text))
            }

            /// All values separated by commas, for messages that tell what is allowed.
            pub fn allowed() -> String {
                $name::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    };
}

pub(crate) use upper_case_enum;

upper_case_enum! {
    /// Where a ticket is in its life.
    Status {
        /// Nobody works on it yet.
        Open = "OPEN",
        /// Somebody works on it.
        InProgress = "IN_PROGRESS",
        /// The customer must answer first; clocks stand still.
        WaitingOnCustomer = "WAITING_ON_CUSTOMER",
        /// Handed to a person with more knowledge or authority.
        Escalated = "ESCALATED",
        /// Done as far as the desk knows.
        Resolved = "RESOLVED",
        /// Done for good.
        Closed = "CLOSED",
    }
}

upper_case_enum! {
    /// How soon a ticket must be worked on, lowest first.
    Priority {
        /// Can wait.
        Low = "LOW",
        /// Normal.
        Medium = "MEDIUM",
        /// Work is hindered.
        High = "HIGH",
        /// Work stands still.
        Urgent = "URGENT",
    }
}

upper_case_enum! {
    /// How a ticket came in.
    Channel {
        /// From a web form.
        Web = "WEB",
        /// By e-mail.
        Email = "EMAIL",
        /// From a chat.
        Chat = "CHAT",
        /// From a phone call.
        Phone = "PHONE",
        /// From another program.
        Api = "API",
    }
}

upper_case_enum! {
    /// Who wrote a message.
    AuthorType {
        /// The contact at the customer.
        Customer = "CUSTOMER",
        /// Someone of the desk, person or voice agent.
        Agent = "AGENT",
        /// The program itself.
        System = "SYSTEM",
    }
}

upper_case_enum! {
    /// One kind of line of the audit trail.
    EventKind {
        /// The ticket was opened.
        TicketCreated = "TICKET_CREATED",
        /// The status changed.
        StatusChanged = "STATUS_CHANGED",
        /// The priority changed.
        PriorityChanged = "PRIORITY_CHANGED",
        /// A message or note was added.
        MessageAdded = "MESSAGE_ADDED",
        /// A file was added.
        AttachmentAdded = "ATTACHMENT_ADDED",
        /// The assignee changed.
        Assigned = "ASSIGNED",
        /// The ticket was handed up.
        Escalated = "ESCALATED",
        /// Another field changed.
        FieldChanged = "FIELD_CHANGED",
        /// Two tickets became one.
        TicketMerged = "TICKET_MERGED",
        /// A service-level clock is about to run out.
        SlaDueSoon = "SLA_DUE_SOON",
        /// A service-level clock ran out.
        SlaBreached = "SLA_BREACHED",
        /// The copilot was asked.
        SuggestionCreated = "SUGGESTION_CREATED",
        /// Somebody said what became of a suggestion.
        SuggestionFeedback = "SUGGESTION_FEEDBACK",
        /// A phone call was linked.
        CallLinked = "CALL_LINKED",
    }
}

upper_case_enum! {
    /// What became of a hand-over to a person.
    EscalationStatus {
        /// Nobody has answered yet.
        Pending = "PENDING",
        /// Somebody took it.
        Accepted = "ACCEPTED",
        /// Somebody said no.
        Declined = "DECLINED",
        /// It is done with.
        Resolved = "RESOLVED",
    }
}

/// Shortest subject, in characters.
pub const SUBJECT_MIN: usize = 3;
/// Longest subject, in characters.
pub const SUBJECT_MAX: usize = 200;
/// Longest message, in characters.
pub const BODY_MAX: usize = 10_000;
/// Most tags of a ticket.
pub const TAGS_MAX: usize = 20;
/// Longest tag, in characters.
pub const TAG_MAX: usize = 40;
/// Longest reason of an escalation, in characters.
pub const REASON_MAX: usize = 1_000;
/// Largest attachment, in bytes (5 MiB).
pub const ATTACHMENT_MAX: usize = 5 * 1024 * 1024;
/// How long a resolved or closed ticket may go back to the status before.
pub const UNDO_WINDOW: Millis = 10 * MINUTE;

impl Status {
    /// Whether work is still to be done.
    pub const fn is_open(self) -> bool {
        !matches!(self, Status::Resolved | Status::Closed)
    }

    /// Words for people.
    pub const fn label(self) -> &'static str {
        match self {
            Status::Open => "Open",
            Status::InProgress => "In progress",
            Status::WaitingOnCustomer => "Waiting on customer",
            Status::Escalated => "Escalated",
            Status::Resolved => "Resolved",
            Status::Closed => "Closed",
        }
    }

    /// Colour of the dot beside the label.
    pub const fn color(self) -> &'static str {
        match self {
            Status::Open => "#2f6fde",
            Status::InProgress => "#7a4fd0",
            Status::WaitingOnCustomer => "#a06a00",
            Status::Escalated => "#c92a2a",
            Status::Resolved => "#1f8a4c",
            Status::Closed => "#6b7280",
        }
    }

    /// Whether a ticket may go from this status to another.
    ///
    /// `previous` is the status before this one and how long ago it was left; it opens the way back within
    /// [`UNDO_WINDOW`]. The same status again is always allowed and changes nothing.
    pub fn may_become(self, next: Status, previous: Option<(Status, Millis)>) -> bool {
        if self == next || self.is_open() {
            return true;
        }
        let undo = matches!(previous, Some((status, ago)) if status == next && ago <= UNDO_WINDOW);
        undo || match self {
            Status::Resolved => matches!(next, Status::Closed | Status::Open),
            _ => next == Status::Open,
        }
    }

    /// The status after a message of the customer: it reopens what waited for it or was resolved.
    pub fn after_customer_message(self) -> Status {
        match self {
            Status::WaitingOnCustomer | Status::Resolved => Status::Open,
            other => other,
        }
    }
}

impl Priority {
    /// Words for people.
    pub const fn label(self) -> &'static str {
        match self {
            Priority::Low => "Low",
            Priority::Medium => "Medium",
            Priority::High => "High",
            Priority::Urgent => "Urgent",
        }
    }

    /// Colour of the dot beside the label.
    pub const fn color(self) -> &'static str {
        match self {
            Priority::Low => "#6b7280",
            Priority::Medium => "#2f6fde",
            Priority::High => "#a06a00",
            Priority::Urgent => "#c92a2a",
        }
    }

    /// Place in the order, 0 for the lowest.
    pub const fn rank(self) -> i32 {
        match self {
            Priority::Low => 0,
            Priority::Medium => 1,
            Priority::High => 2,
            Priority::Urgent => 3,
        }
    }
}

impl Channel {
    /// Words for people.
    pub const fn label(self) -> &'static str {
        match self {
            Channel::Web => "Web",
            Channel::Email => "E-mail",
            Channel::Chat => "Chat",
            Channel::Phone => "Phone",
            Channel::Api => "API",
        }
    }
}

/// The kinds of problem that analyses and rules use.
pub const CATEGORIES: [&str; 11] = [
    "email", "computer", "network", "printer", "phone", "security", "device", "account", "software", "billing",
    "general",
];

/// The number as people say it: `TKT-0042`, at least four digits.
pub fn label(number: i64) -> String {
    format!("TKT-{number:04}")
}

/// Reads a number as people write it: `42`, `TKT-42`, `tkt-0042`.
pub fn parse_label(text: &str) -> Option<i64> {
    let digits = match text.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("TKT-") => &text[4..],
        _ => text,
    };
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| *number > 0)
}

/// A file that may be attached, after its name and content were checked against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKind {
    /// The name without folders, control or invisible characters, at most 120 characters.
    pub name: String,
    /// The content type that it will be served with.
    pub content_type: &'static str,
}

/// Why a file may not be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRefusal {
    /// No name, or nothing is left of it.
    NoName,
    /// The extension is not in the list.
    Extension,
    /// Nothing in it.
    Empty,
    /// More than [`ATTACHMENT_MAX`].
    TooLarge,
    /// The content is not what the extension says.
    Content,
}

/// Extensions that may be attached.
pub const FILE_EXTENSIONS: [&str; 6] = ["txt", "log", "png", "jpg", "jpeg", "json"];

/// Checks a file by allow-list: the name is normalised first, then the extension must be listed and the content must match it.
///
/// # Errors
/// The first reason for which the file may not be attached.
pub fn check_file(name: &str, content: &[u8]) -> Result<FileKind, FileRefusal> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = base.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let name = name.trim().trim_start_matches('.').trim_end_matches(['.', ' ']).to_owned();
    let (stem, extension) =
        name.rsplit_once('.').ok_or(if name.is_empty() { FileRefusal::NoName } else { FileRefusal::Extension })?;
    let extension = extension.to_ascii_lowercase();
    if stem.is_empty() {
        return Err(FileRefusal::NoName);
    }
    if !FILE_EXTENSIONS.contains(&extension.as_str()) {
        return Err(FileRefusal::Extension);
    }
    if content.is_empty() {
        return Err(FileRefusal::Empty);
    }
    if content.len() > ATTACHMENT_MAX {
        return Err(FileRefusal::TooLarge);
    }
    let (content_type, matches) = match extension.as_str() {
        "png" => ("image/png", content.starts_with(b"\x89PNG\r\n\x1a\n")),
        "jpg" | "jpeg" => ("image/jpeg", content.starts_with(b"\xff\xd8\xff")),
        "json" => ("application/json", is_json(content)),
        _ => ("text/plain; charset=utf-8", is_plain_text(content)),
    };
    if !matches {
        return Err(FileRefusal::Content);
    }
    let stem: String = stem.chars().take(110).collect();
    Ok(FileKind { name: format!("{stem}.{extension}"), content_type })
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_plain_text(content: &[u8]) -> bool {
    std::str::from_utf8(content).is_ok_and(|text| {
        !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}' | '\u{c}'))
    })
}

fn is_json(content: &[u8]) -> bool {
    is_plain_text(content) && serde_json::from_slice::<serde::de::IgnoredAny>(content).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_labels() {
        for (number, text) in [(1, "TKT-0001"), (42, "TKT-0042"), (123_456, "TKT-123456")] {
            assert_eq!(label(number), text);
            assert_eq!(parse_label(text), Some(number));
            assert_eq!(parse_label(&text.to_lowercase()), Some(number));
            assert_eq!(parse_label(&number.to_string()), Some(number));
        }
        for bad in ["", "TKT-", "TKT-0", "0", "-1", "TKT-4x", "4 2", "1234567890123", "ä42"] {
            assert_eq!(parse_label(bad), None, "{bad}");
        }
    }

    #[test]
    fn labels_and_colours() {
        let table: Vec<String> =
            Status::ALL.iter().map(|s| format!("{} {} {}", s.as_str(), s.label(), s.color())).collect();
        assert_eq!(
            table,
            [
                "OPEN Open #2f6fde",
                "IN_PROGRESS In progress #7a4fd0",
                "WAITING_ON_CUSTOMER Waiting on customer #a06a00",
                "ESCALATED Escalated #c92a2a",
                "RESOLVED Resolved #1f8a4c",
                "CLOSED Closed #6b7280",
            ]
        );
        assert_eq!(Priority::ALL.iter().map(|p| p.label()).collect::<Vec<_>>(), ["Low", "Medium", "High", "Urgent"]);
        assert!(Priority::ALL.windows(2).all(|pair| pair[0].rank() < pair[1].rank() && pair[0] < pair[1]));
        assert!(Priority::ALL.iter().all(|p| p.color().len() == 7 && p.color().starts_with('#')));
    }

    #[test]
    fn life_cycle() {
        use Status::{Closed, Escalated, InProgress, Open, Resolved, WaitingOnCustomer};
        let open = [Open, InProgress, WaitingOnCustomer, Escalated];
        for from in open {
            for to in Status::ALL {
                assert!(from.may_become(*to, None), "{from:?} -> {to:?}");
            }
        }
        let allowed =
            |from: Status| Status::ALL.iter().copied().filter(|to| from.may_become(*to, None)).collect::<Vec<_>>();
        assert_eq!(allowed(Resolved), [Open, Resolved, Closed]);
        assert_eq!(allowed(Closed), [Open, Closed]);
        assert!(Closed.may_become(Resolved, Some((Resolved, UNDO_WINDOW))));
        assert!(Closed.may_become(WaitingOnCustomer, Some((WaitingOnCustomer, 0))));
        assert!(!Closed.may_become(Resolved, Some((Resolved, UNDO_WINDOW + 1))));
        assert!(!Resolved.may_become(Escalated, Some((InProgress, 0))));
        assert_eq!(Resolved.after_customer_message(), Open);
        assert_eq!(WaitingOnCustomer.after_customer_message(), Open);
        assert_eq!(Closed.after_customer_message(), Closed);
        assert_eq!(InProgress.after_customer_message(), InProgress);
    }

    #[test]
    fn files() {
        let png = b"\x89PNG\r\n\x1a\n....".as_slice();
        let accepted: [(&str, &[u8], &str, &str); 7] = [
            ("shot.png", png, "shot.png", "image/png"),
            ("C:\\Users\\x\\Log.TXT", b"hello", "Log.txt", "text/plain; charset=utf-8"),
            ("../../etc/trace.log", b"a\nb", "trace.log", "text/plain; charset=utf-8"),
            ("a.jpeg", b"\xff\xd8\xff\xe0", "a.jpeg", "image/jpeg"),
            ("d.json", b"{\"a\":[1]}", "d.json", "application/json"),
            ("evil\u{202e}gnp.txt", b"x", "evilgnp.txt", "text/plain; charset=utf-8"),
            ("..hidden.log", b"x", "hidden.log", "text/plain; charset=utf-8"),
        ];
        for (name, content, kept, content_type) in accepted {
            assert_eq!(check_file(name, content), Ok(FileKind { name: kept.into(), content_type }), "{name}");
        }
        let refused: [(&str, &[u8], FileRefusal); 13] = [
            ("", b"x", FileRefusal::NoName),
            ("...", b"x", FileRefusal::NoName),
            ("noextension", b"x", FileRefusal::Extension),
            ("a.exe", b"MZ", FileRefusal::Extension),
            ("a.svg", b"<svg/>", FileRefusal::Extension),
            ("a.png.html", png, FileRefusal::Extension),
            ("a.txt\u{200b}.js", b"x", FileRefusal::Extension),
            ("a.png", b"<html>", FileRefusal::Content),
            ("a.jpg", png, FileRefusal::Content),
            ("a.txt", b"a\0b", FileRefusal::Content),
            ("a.txt", b"\xff\xfe\x00", FileRefusal::Content),
            ("a.json", b"{\"a\":", FileRefusal::Content),
            ("a.txt", b"", FileRefusal::Empty),
        ];
        for (name, content, refusal) in refused {
            assert_eq!(check_file(name, content), Err(refusal), "{name:?}");
        }
        assert!(check_file("a.txt", &vec![b'a'; ATTACHMENT_MAX]).is_ok());
        assert_eq!(check_file("a.txt", &vec![b'a'; ATTACHMENT_MAX + 1]), Err(FileRefusal::TooLarge));
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(check_file("deep.json", deep.as_bytes()).is_ok(), "checking does not recurse");
    }
}
