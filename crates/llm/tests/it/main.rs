//! Integration tests of the models: the client against the scripted server, the built-in rules against made-up tickets.

#![allow(clippy::unwrap_used)]

mod answer;
mod builtin;
mod builtin_quality;
mod eval;
mod openai;
mod prompts;
mod streaming;
mod talking;

use std::sync::atomic::{AtomicI64, Ordering};

use patchcord_domain::copilot::{Kind, Task};
use patchcord_domain::redaction::{self, Redacted, Redactor};
use patchcord_domain::snapshot::{Snapshot, SnapshotMessage, Source};
use patchcord_domain::time::{Clock, Millis};

/// A clock that stands still until it is moved.
#[derive(Default)]
struct ManualClock(AtomicI64);

impl ManualClock {
    fn advance(&self, by: Millis) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}

fn redactor() -> Redactor {
    Redactor::new(redaction::Options::default())
}

fn message(id: &str, author: &str, body: &str) -> SnapshotMessage {
    SnapshotMessage {
        id: id.to_owned(),
        author: author.to_owned(),
        at: "2026-11-24T09:30:00.000Z".to_owned(),
        body: body.to_owned(),
        ..SnapshotMessage::default()
    }
}

fn ticket(subject: &str, body: &str) -> Snapshot {
    Snapshot {
        ticket_id: "tz4a98xxat96iws9zmbrgj3a".to_owned(),
        number: "TKT-0042".to_owned(),
        subject: subject.to_owned(),
        status: "OPEN".to_owned(),
        priority: "MEDIUM".to_owned(),
        created_at: "2026-11-24T09:30:00.000Z".to_owned(),
        messages: vec![message("msg-1", "CUSTOMER", body)],
        ..Snapshot::default()
    }
}

fn source(id: &str, title: &str, passage: &str, score: f32) -> Source {
    Source { id: id.to_owned(), title: title.to_owned(), passage: passage.to_owned(), score, ..Source::default() }
}

fn task(kind: Kind, snapshot: Snapshot) -> Task {
    let question = (kind == Kind::Chat).then(|| "What did the customer try?".to_owned());
    Task { kind, tone: None, question, history: Vec::new(), snapshot }
}

/// A task as models take it.
fn redacted(kind: Kind) -> Redacted<Task> {
    redactor().task(task(kind, ticket("VPN drops every hour", "The VPN drops. Write to ana@example.com about it.")))
}
