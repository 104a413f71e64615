//! Whether a text says only what the ticket, its sources or the playbooks say. A pure function over texts.
//!
//! It finds numbers, addresses, dates, names and promises that come from nowhere, sentences of a summary that the ticket
//! does not bear out, and internal notes in what a customer will read. It cannot tell whether a sentence is true.

use std::collections::HashSet;

use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::text::fold;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it is: `number`, `address`, `date`, `name`, `promise`, `support`, `note`.
    pub what: &'static str,
    /// The words in question.
    pub text: String,
}

/// Texts that may be drawn on whatever the ticket: the playbooks, prepared once for all tickets.
#[derive(Debug, Default)]
pub struct Knowledge {
    words: HashSet<String>,
    /// Folded, with a space at both ends.
    folded: String,
    /// As it is written, in lower case.
    verbatim: String,
}

impl Knowledge {
    /// Prepares the texts.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let text = texts.into_iter().collect::<Vec<_>>().join("\n");
        let folded = padded(&text);
        Self { words: folded.split_whitespace().map(str::to_owned).collect(), folded, verbatim: text.to_lowercase() }
    }
}

/// What a text may draw on.
pub struct Evidence<'k> {
    knowledge: &'k Knowledge,
    /// Words of the ticket and its sources.
    words: HashSet<String>,
    /// The ticket and its sources, folded, with a space at both ends.
    told: String,
    /// What the desk said in public and what articles say, folded.
    said_by_desk: String,
    /// Notes that customers never see, word by word.
    notes: Vec<Vec<String>>,
    /// The ticket and its sources as they are written, in lower case, for addresses.
    verbatim: String,
}

/// Who will read a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The desk: internal notes may be told.
    Desk,
    /// The customer.
    Customer,
}

/// Words of commitment and of deeds: what only somebody of the desk can say.
const PROMISES: &[&str] = &[
    "guarantee",
    "guaranteed",
    "we promise",
    "i promise",
    "refund you",
    "a refund",
    "free of charge",
    "on the way",
    "on its way",
    "will be fixed",
    "will be resolved",
    "will be solved",
    "will be restored",
    "will be back",
    "will be delivered",
    "will be replaced",
    "will be there",
    "will call you",
    "will ring you",
    "will visit",
    "will send",
    "will fix",
    "will resolve",
    "will replace",
    "will refund",
    "will credit",
    "will pay",
    "will recover",
    "will restore",
    "will get back to you",
    "we have fixed",
    "i have fixed",
    "we have reset",
    "i have reset",
    "we have resolved",
    "i have resolved",
    "we have replaced",
    "i have checked",
    "we have checked",
    "i have escalated",
    "we have escalated",
    "i have ordered",
    "we have ordered",
    "has been fixed",
    "has been resolved",
    "has been escalated",
    "has been ordered",
    "has been reset",
    "has been unlocked",
    "has been restored",
    "within the hour",
    "within an hour",
    "within the next",
    "in the next hour",
    "by end of day",
    "by the end of the day",
    "by tomorrow",
    "as compensation",
    "a technician will",
    "an engineer will",
    "a colleague will",
];

/// Words that tell a time.
const DATES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "tomorrow",
    "yesterday",
    "tonight",
    "overnight",
    "weekend",
    "noon",
    "midnight",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "gestern",
    "demain",
    "hier",
    "manana",
    "ayer",
];

/// Numbers as words; below three they are articles and pronouns.
const NUMBERS: [(&str, &str); 13] = [
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("twenty", "20"),
    ("fifty", "50"),
    ("hundred", "100"),
];

/// Capitalised words that name nobody: forms of address and farewells.
const FORMS: &[&str] = &[
    "dear",
    "sir",
    "madam",
    "hello",
    "hi",
    "hey",
    "regards",
    "kind",
    "best",
    "warm",
    "wishes",
    "yours",
    "sincerely",
    "thanks",
    "thank",
    "please",
    "good",
    "morning",
    "i",
    "i m",
    "i ll",
    "i ve",
    "monsieur",
    "madame",
    "bonjour",
    "cordialement",
    "hallo",
    "guten",
    "tag",
    "freundlichen",
    "gru",
    "gruen",
    "mit",
    "hola",
    "saludos",
    "buenos",
];

impl<'k> Evidence<'k> {
    /// What a text about this ticket may draw on.
    pub fn new(snapshot: &Snapshot, knowledge: &'k Knowledge, reader: Reader) -> Self {
        let (mut told, mut said_by_desk, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        told.extend([
            snapshot.number.as_str(),
            &snapshot.subject,
            &snapshot.status,
            &snapshot.priority,
            &snapshot.created_at,
        ]);
        let options = [&snapshot.product_area, &snapshot.organization, &snapshot.contact, &snapshot.sla];
        told.extend(options.into_iter().flatten().map(String::as_str));
        if let Some(device) = &snapshot.device {
            told.extend([device.name.as_str(), &device.kind, &device.status]);
            told.extend([&device.model, &device.operating_system].into_iter().flatten().map(String::as_str));
        }
        for message in &snapshot.messages {
            if message.is_internal && reader == Reader::Customer {
                notes.push(message.body.as_str());
                continue;
            }
            told.push(&message.body);
            told.push(&message.at);
            told.extend(message.author_name.as_deref());
            if message.author == "AGENT" {
                said_by_desk.push(message.body.as_str());
            }
        }
        if reader == Reader::Desk {
            told.extend(snapshot.events.iter().map(String::as_str));
        }
        told.extend(snapshot.attachments.iter().map(String::as_str));
        for source in &snapshot.sources {
            told.extend([source.title.as_str(), &source.passage]);
            said_by_desk.extend([source.title.as_str(), &source.passage]);
        }
        let all = told.join("\n");
        let told = padded(&all);
        let mut words: HashSet<String> = told.split_whitespace().map(str::to_owned).collect();
        for (word, digits) in NUMBERS {
            let known = |word: &str| words.contains(word) || knowledge.words.contains(word);
            if known(word) || known(digits) {
                words.extend([word.to_owned(), digits.to_owned()]);
            }
        }
        let notes = notes.into_iter().map(|note| fold(note).split_whitespace().map(str::to_owned).collect()).collect();
        Self {
            knowledge,
            words,
            told,
            said_by_desk: padded(&said_by_desk.join("\n")),
            notes,
            verbatim: all.to_lowercase(),
        }
    }

    fn has_word(&self, word: &str) -> bool {
        self.words.contains(word) || self.knowledge.words.contains(word)
    }

    /// Whether the folded evidence has this piece of a text.
    fn has(&self, phrase: &str) -> bool {
        self.told.contains(phrase) || self.knowledge.folded.contains(phrase)
    }

    /// Whether the evidence has this, as it is written but in lower case.
    fn has_verbatim(&self, text: &str) -> bool {
        self.verbatim.contains(text) || self.knowledge.verbatim.contains(text)
    }

    /// Everything in a text that comes from nowhere.
    pub fn faults(&self, text: &str, reader: Reader) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.tokens(text, &mut faults);
        self.names(text, &mut faults);
        self.promises(text, reader, &mut faults);
        self.told_notes(text, &mut faults);
        faults
    }

    /// Sentences of a summary of whose longer words less than half are in the evidence.
    pub fn unsupported(&self, summary: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for sentence in summary.split_inclusive(['.', '!', '?', '\n']) {
            let folded = fold(sentence);
            let words: Vec<&str> = folded.split(' ').filter(|word| word.chars().count() >= 4).collect();
            let known =
                words.iter().filter(|word| self.has_word(word) || self.has(&format!(" {}", stem(word)))).count();
            if words.len() >= 2 && known * 2 < words.len() {
                faults.push(Fault { what: "support", text: sentence.trim().to_owned() });
            }
        }
        faults
    }

    fn tokens(&self, text: &str, faults: &mut Vec<Fault>) {
        for line in text.lines() {
            // The number of an entry of a list is no statement.
            let line = line.trim();
            let digits = line.chars().take_while(char::is_ascii_digit).count();
            let line = if digits > 0 && digits < 3 && line[digits..].starts_with(['.', ')']) {
                &line[digits + 1..]
            } else {
                line
            };
            for token in line.split_whitespace() {
                let bare = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
                let address = bare.contains('@') || bare.contains("://") || bare.starts_with("www.");
                if address {
                    if !self.has_verbatim(&bare) {
                        faults.push(Fault { what: "address", text: token.to_owned() });
                    }
                    continue;
                }
                let folded = fold(token);
                for word in folded.split(' ') {
                    let number = word.chars().any(char::is_numeric) || NUMBERS.iter().any(|(name, _)| name == &word);
                    // `450ms` where the ticket says `450 ms` is the same number.
                    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
                    if number
                        && !self.has_word(word)
                        && (digits.is_empty() || digits == word || !self.has_word(&digits))
                    {
                        faults.push(Fault { what: "number", text: word.to_owned() });
                    } else if DATES.contains(&word) && !self.has_word(word) {
                        faults.push(Fault { what: "date", text: word.to_owned() });
                    }
                }
            }
        }
    }

    /// Capitalised words inside a sentence, and lines that are nothing else, such as a signature.
    fn names(&self, text: &str, faults: &mut Vec<Fault>) {
        for line in text.lines() {
            let tokens: Vec<&str> = line.split_whitespace().collect();
            let is_signature = tokens.len() <= 3 && tokens.iter().all(|token| is_capitalised(token));
            let mut begins = true;
            for (index, token) in tokens.iter().enumerate() {
                let pair =
                    begins && tokens.get(index + 1).is_some_and(|next| is_capitalised(next) && !self.knows(next));
                if is_capitalised(token) && (!begins || is_signature || pair) && !self.knows(token) {
                    faults.push(Fault { what: "name", text: trimmed(token).to_owned() });
                }
                begins =
                    token.ends_with(['.', '!', '?', ':', '…']) || matches!(*token, "-" | "*" | "•") || is_bullet(token);
            }
        }
    }

    fn knows(&self, token: &str) -> bool {
        let folded = fold(trimmed(token));
        FORMS.contains(&folded.as_str())
            || DATES.contains(&folded.as_str())
            || folded.split(' ').all(|word| {
                self.has_word(word)
                    || FORMS.contains(&word)
                    || word.strip_suffix('s').is_some_and(|word| self.has_word(word))
            })
    }

    fn promises(&self, text: &str, reader: Reader, faults: &mut Vec<Fault>) {
        let may_say = match reader {
            Reader::Customer => &self.said_by_desk,
            // A summary tells what anybody said.
            Reader::Desk => &self.told,
        };
        let folded = padded(&self.without_quoted(text));
        for promise in PROMISES {
            let phrase = format!(" {promise} ");
            if folded.contains(&phrase) && !may_say.contains(&phrase) && !self.knowledge.folded.contains(&phrase) {
                faults.push(Fault { what: "promise", text: (*promise).to_owned() });
            }
        }
    }

    /// Five words in a row of an internal note that nothing else has.
    fn told_notes(&self, text: &str, faults: &mut Vec<Fault>) {
        let folded = padded(text);
        for note in &self.notes {
            let told = note.windows(5).map(|words| words.join(" ")).find(|words| {
                let phrase = format!(" {words} ");
                folded.contains(&phrase) && !self.has(&phrase)
            });
            faults.extend(told.map(|text| Fault { what: "note", text }));
        }
    }

    /// A text without passages in “…” that the evidence has word by word: to quote is not to promise.
    fn without_quoted(&self, text: &str) -> String {
        let mut kept = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('“') {
            kept.push_str(before);
            let Some((quoted, next)) = after.split_once('”') else {
                rest = after;
                break;
            };
            if !self.has_verbatim(&quoted.trim_end_matches('…').to_lowercase()) {
                kept.push_str(quoted);
            }
            kept.push(' ');
            rest = next;
        }
        kept.push_str(rest);
        kept
    }
}

fn is_capitalised(token: &str) -> bool {
    let mut chars = trimmed(token).chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase)
}

fn is_bullet(token: &str) -> bool {
    token.len() <= 3 && token.ends_with(['.', ')']) && token.starts_with(|c: char| c.is_ascii_digit())
}

fn trimmed(token: &str) -> &str {
    let token = token.trim_matches(|c: char| !c.is_alphanumeric());
    token.strip_suffix("'s").or(token.strip_suffix("’s")).unwrap_or(token)
}

fn stem(word: &str) -> &str {
    let end = word.char_indices().nth(5).map_or(word.len(), |(end, _)| end);
    &word[..end]
}

fn padded(text: &str) -> String {
    format!(" {} ", fold(text))
}

#[cfg(test)]
mod tests {
    use patchcord_domain::snapshot::SnapshotMessage;

    use super::*;

    fn snapshot() -> Snapshot {
        let message = |author: &str, is_internal, body: &str| SnapshotMessage {
            author: author.to_owned(),
            is_internal,
            body: body.to_owned(),
            ..SnapshotMessage::default()
        };
        Snapshot {
            number: "TKT-0042".to_owned(),
            subject: "VPN drops every 20 minutes".to_owned(),
            contact: Some("Ana Horvat".to_owned()),
            messages: vec![
                message(
                    "CUSTOMER",
                    false,
                    "My VPN drops every 20 minutes since Monday, five colleagues too. Will be fixed today?",
                ),
                message("AGENT", false, "I have reset your session. See https://kb.example.test/vpn for more."),
                message("AGENT", true, "Greg broke the gateway on 7 May, never tell the customer about that."),
            ],
            ..Snapshot::default()
        }
    }

    /// Faults as `what text`, joined.
    fn told(text: &str, reader: Reader) -> String {
        let knowledge = Knowledge::new(["Update the client of AnyConnect."]);
        let evidence = Evidence::new(&snapshot(), &knowledge, reader);
        let faults = evidence.faults(text, reader);
        faults.iter().map(|fault| format!("{} {}", fault.what, fault.text)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_the_ticket_says_may_be_said() {
        for text in [
            "Hello Ana,\n\nThank you. We have your message about “VPN drops every 20 minutes” as ticket TKT-0042.\n\nKind regards",
            "1. Update the client.\n2. Ask since when; 5 colleagues have it since Monday.",
            "The address is https://kb.example.test/vpn, and AnyConnect’s client is old.",
            "I have reset your session.",
            "Dear Sir or Madam,\nYours sincerely",
        ] {
            assert_eq!(told(text, Reader::Customer), "", "{text}");
        }
    }

    #[test]
    fn what_comes_from_nowhere_is_found() {
        for (text, expect) in [
            ("It drops every 30 minutes.", "number 30"),
            ("It drops for twelve people.", "number twelve"),
            ("See ticket TKT-0043.", "number 0043"),
            ("Write to help@desk.example please.", "address help@desk.example"),
            ("It began on Friday.", "date friday"),
            ("We look at it tomorrow.", "date tomorrow"),
            ("Hello Peter,", "name Peter"),
            ("Please ask Mr Novak about it.", "name Mr, name Novak"),
            ("Kind regards\nRuben", "name Ruben"),
            ("A refund of the fee is free of charge.", "promise a refund, promise free of charge"),
            ("It will be fixed.", "promise will be fixed"),
            ("I have escalated it.", "promise i have escalated"),
            ("We have your message “the gateway will be fixed”.", "promise will be fixed"),
        ] {
            assert_eq!(told(text, Reader::Customer), expect, "{text}");
        }
    }

    #[test]
    fn notes_are_for_the_desk_only() {
        let text = "We hear that Greg broke the gateway on 7 May.";
        assert_eq!(told(text, Reader::Desk), "");
        assert_eq!(told(text, Reader::Customer), "number 7, name Greg, name May, note greg broke the gateway on");
        assert_eq!(
            told("The customer asks: will be fixed today?", Reader::Desk),
            "",
            "a summary may tell what was asked"
        );
    }

    #[test]
    fn a_summary_is_borne_out_by_the_ticket() {
        let knowledge = Knowledge::default();
        let evidence = Evidence::new(&snapshot(), &knowledge, Reader::Desk);
        assert_eq!(evidence.unsupported("VPN drops every 20 minutes. Colleagues are affected, too."), []);
        let faults = evidence.unsupported("VPN drops. The printer in the basement caught fire again.");
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].text, "The printer in the basement caught fire again.");
    }
}
