//! Takes secrets and personal data out of text before any model, log or trace sees it.
//!
//! One pass of an automaton (no back-tracking) finds candidates; plain functions then decide about each. What was found is
//! counted by kind and never kept. [`Redacted`] can be made here only, and models take nothing else.

mod numbers;
mod patterns;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::copilot::{Exchange, Task};
use crate::snapshot::{DeviceFacts, Snapshot, SnapshotMessage, Source};
use patterns::{Finder, Verdict};
use view::View;

/// A value that went through the [`Redactor`]. There is no other way to make one.
#[derive(Debug, Clone, PartialEq)]
pub struct Redacted<T> {
    value: T,
    counts: Counts,
}

impl<T> Redacted<T> {
    /// The value without secrets.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value without secrets, taken out; what was counted is forgotten.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// How much of each kind was taken out.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// How often each kind was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts(BTreeMap<&'static str, u32>);

impl Counts {
    /// How often a kind was found: `email`, `token`, `card`, `iban`, `ssn`, `phone` or `ip`.
    pub fn of(&self, kind: &str) -> u32 {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, kind: Kind) {
        *self.0.entry(kind.name()).or_default() += 1;
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Email,
    Token,
    Card,
    Iban,
    Ssn,
    Phone,
    Ip,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Token => "token",
            Kind::Card => "card",
            Kind::Iban => "iban",
            Kind::Ssn => "ssn",
            Kind::Phone => "phone",
            Kind::Ip => "ip",
        }
    }

    fn replacement(self) -> &'static str {
        match self {
            Kind::Email => "[EMAIL_REDACTED]",
            Kind::Token => "[TOKEN_REDACTED]",
            Kind::Card => "[CARD_REDACTED]",
            Kind::Iban => "[IBAN_REDACTED]",
            Kind::Ssn => "[SSN_REDACTED]",
            Kind::Phone => "[PHONE_REDACTED]",
            Kind::Ip => "[IP_REDACTED]",
        }
    }
}

/// What an operator may set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Also take out public IP addresses; support mostly needs them.
    pub ip_addresses: bool,
}

/// Something with text that is said in a call. Name every field when you implement it, so that a new one cannot be forgotten.
pub trait Spoken {
    /// Passes every text that people or tools wrote through `clean`.
    #[must_use]
    fn cleaned(self, clean: &mut dyn FnMut(String) -> String) -> Self;
}

impl Spoken for String {
    fn cleaned(self, clean: &mut dyn FnMut(String) -> String) -> Self {
        clean(self)
    }
}

/// Finds and replaces. Building one compiles the automaton; clones share it.
#[derive(Clone)]
pub struct Redactor {
    finder: Arc<Finder>,
}

impl Redactor {
    /// Compiles the automaton.
    pub fn new(options: Options) -> Self {
        Self { finder: Arc::new(Finder::new(options.ip_addresses)) }
    }

    /// A text without secrets.
    pub fn text(&self, text: &str) -> Redacted<String> {
        let mut counts = Counts::default();
        let value = self.clean(text, &mut counts);
        Redacted { value, counts }
    }

    /// A snapshot without secrets: every text that people wrote, names of files and devices too. Ids stay, since citations
    /// name them.
    pub fn snapshot(&self, snapshot: Snapshot) -> Redacted<Snapshot> {
        let mut counts = Counts::default();
        let value = self.clean_snapshot(snapshot, &mut counts);
        Redacted { value, counts }
    }

    /// What a model is told of a phone call, without secrets. Numbers and addresses that tools need were
    /// [held back](Redactor::held_back) under names before.
    pub fn spoken<T: Spoken>(&self, value: T) -> Redacted<T> {
        let mut counts = Counts::default();
        let value = value.cleaned(&mut |text: String| self.clean(&text, &mut counts));
        Redacted { value, counts }
    }

    /// A text in which phone numbers and e-mail addresses have names: `name` is told the kind (`phone` or `email`) and the
    /// value, keeps the value and gives its name. Everything else is taken out as always.
    pub fn held_back(&self, text: &str, name: &mut dyn FnMut(&'static str, &str) -> String) -> Redacted<String> {
        let mut counts = Counts::default();
        let value = self.clean_named(text, &mut counts, &mut |kind, value| {
            matches!(kind, Kind::Phone | Kind::Email).then(|| name(kind.name(), value))
        });
        Redacted { value, counts }
    }

    /// Everything that one model call is given, without secrets.
    pub fn task(&self, task: Task) -> Redacted<Task> {
        let mut counts = Counts::default();
        let snapshot = self.clean_snapshot(task.snapshot, &mut counts);
        let mut clean = |text: String| self.clean(&text, &mut counts);
        let question = task.question.map(&mut clean);
        let history = task.history.into_iter();
        let history =
            history.map(|Exchange { question, answer }| Exchange { question: clean(question), answer: clean(answer) });
        let history = history.collect();
        let value = Task { kind: task.kind, tone: task.tone, question, history, snapshot };
        Redacted { value, counts }
    }

    fn clean_snapshot(&self, snapshot: Snapshot, counts: &mut Counts) -> Snapshot {
        let mut clean = |text: String| self.clean(&text, counts);
        // Every field is named, so that a new one cannot be forgotten.
        let Snapshot {
            ticket_id,
            number,
            subject,
            status,
            priority,
            product_area,
            created_at,
            organization,
            contact,
            device,
            sla,
            messages,
            messages_omitted,
            events,
            attachments,
            sources,
        } = snapshot;
        Snapshot {
            ticket_id,
            number,
            subject: clean(subject),
            status,
            priority,
            product_area: product_area.map(&mut clean),
            created_at,
            organization: organization.map(&mut clean),
            contact: contact.map(&mut clean),
            device: device.map(|DeviceFacts { name, kind, model, operating_system, status }| DeviceFacts {
                name: clean(name),
                kind,
                model: model.map(&mut clean),
                operating_system: operating_system.map(&mut clean),
                status,
            }),
            sla,
            messages: messages
                .into_iter()
                .map(|SnapshotMessage { id, author, author_name, at, is_internal, body }| SnapshotMessage {
                    id,
                    author,
                    author_name: author_name.map(&mut clean),
                    at,
                    is_internal,
                    body: clean(body),
                })
                .collect(),
            messages_omitted,
            events: events.into_iter().map(&mut clean).collect(),
            attachments: attachments.into_iter().map(&mut clean).collect(),
            sources: sources
                .into_iter()
                .map(|Source { id, kind, title, passage, score }| Source {
                    id,
                    kind,
                    title: clean(title),
                    passage: clean(passage),
                    score,
                })
                .collect(),
        }
    }

    /// Copies the text and puts a placeholder wherever something was found.
    fn clean(&self, text: &str, counts: &mut Counts) -> String {
        self.clean_named(text, counts, &mut |_, _| None)
    }

    /// The same, with a name of the caller's choice for what it wants to name.
    fn clean_named(
        &self,
        text: &str,
        counts: &mut Counts,
        name: &mut dyn FnMut(Kind, &str) -> Option<String>,
    ) -> String {
        let view = View::of(text);
        let bytes = view.bytes();
        let mut clean = String::new();
        let mut copied = 0;
        let mut from = 0;
        while let Some((pattern, found)) = self.finder.next(bytes, from) {
            match patterns::decide(pattern, bytes, found.clone()) {
                Verdict::Secret(kind, secret) => {
                    let (start, end) = view.original(&secret);
                    clean.push_str(&text[copied..start]);
                    match name(kind, &text[start..end]) {
                        Some(name) => clean.push_str(&name),
                        None => clean.push_str(kind.replacement()),
                    }
                    counts.add(kind);
                    copied = end;
                    from = secret.end.max(from + 1);
                }
                Verdict::Harmless { go_on_at } => from = go_on_at.max(from + 1),
            }
        }
        clean.push_str(&text[copied..]);
        clean
    }
}
