//! One leg of a call: it asks for a document, follows it, and is told what the person at its end does meanwhile.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::line::{Act, Heard, Line};
use super::twiml::Document;
use super::webhooks::{Params, param};
use super::{Shared, Update, lock};

/// Where a leg goes on.
#[derive(Debug)]
pub(crate) enum Next {
    /// With the next verb of the document.
    Fall,
    /// With what is at an address.
    Address { method: String, url: String, params: Params },
    /// With this document.
    Document(String),
    /// Nowhere: the call is over.
    End,
}

impl Next {
    /// What is at an address, asked for as most are.
    pub(crate) fn address(url: String) -> Self {
        Self::Address { method: "POST".to_owned(), url, params: Vec::new() }
    }
}

/// Why a verb was broken off.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Somebody hung up.
    HungUp,
    /// The REST interface has the call do something else.
    Update(Update),
}

/// A leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sid: String,
    pub(crate) line: Line,
    pub(crate) updates: mpsc::Receiver<Update>,
    pub(crate) stir: Option<String>,
    /// Where the document came from: what verbs without an action ask again.
    pub(crate) current: String,
    /// When the carrier ends the call, whatever happens.
    ends: Instant,
    /// The status that it ends with.
    pub(crate) status: &'static str,
}

impl Leg {
    pub(crate) fn new(
        shared: Arc<Shared>,
        sid: String,
        line: Line,
        updates: mpsc::Receiver<Update>,
        stir: Option<String>,
    ) -> Self {
        let ends = Instant::now() + shared.options.pace.real(shared.options.call_max_ms);
        Self { shared, sid, line, updates, stir, current: String::new(), ends, status: "completed" }
    }

    /// Follows documents until the call is over.
    pub(crate) async fn run(mut self, first: Next) {
        self.follow(first).await;
        self.finish().await;
    }

    /// Follows documents until there is nothing more to follow.
    pub(crate) async fn follow(&mut self, first: Next) {
        let mut next = first;
        loop {
            let document = match next {
                Next::Fall | Next::End => return,
                Next::Document(text) => self.shared.read(&self.sid, &text),
                Next::Address { method, url, params } => self.fetch(&method, url, params).await,
            };
            let document = match document {
                Ok(document) => document,
                Err(error) => match self.failed(error).await {
                    Some(document) => document,
                    None => return,
                },
            };
            next = match self.perform(document).await {
                Ok(Next::Fall) => Next::End,
                Ok(next) => next,
                Err(Stop::HungUp) => return,
                Err(Stop::Update(update)) => self.updated(update),
            };
        }
    }

    fn updated(&self, update: Update) -> Next {
        match update {
            Update::Document(text) => Next::Document(text),
            Update::Address(url) => Next::address(url),
            Update::End => Next::End,
        }
    }

    async fn fetch(&mut self, method: &str, url: String, more: Params) -> Result<Document, &'static str> {
        let mut params = self.shared.base(&self.sid, self.stir.as_deref());
        params.extend(more);
        self.current.clone_from(&url);
        let asked = Instant::now();
        let document = self.shared.document(&self.sid, method, &url, &params).await;
        let took = asked.elapsed();
        self.shared.change(&self.sid, |record| _ = record.first_document.get_or_insert(took));
        document
    }

    /// The document of the fallback address; none when that fails too, and the caller is told.
    async fn failed(&mut self, error: &'static str) -> Option<Document> {
        let failed = std::mem::take(&mut self.current);
        let url = format!("{}/twilio/fallback", self.shared.options.public_url);
        let params = vec![param("ErrorCode", error), param("ErrorUrl", &failed)];
        if !failed.ends_with("/twilio/fallback")
            && let Ok(document) = self.fetch("POST", url, params).await
        {
            return Some(document);
        }
        self.shared.note(&self.sid, "fault", format!("{error}: neither {failed} nor the fallback gives a document"));
        self.answer();
        let _ = self.say("We are sorry, an application error has occurred. Goodbye.").await;
        self.status = "failed";
        None
    }

    /// Follows one document.
    pub(crate) async fn perform(&mut self, document: Document) -> Result<Next, Stop> {
        for verb in &document.verbs {
            if !matches!(verb.name.as_str(), "Reject" | "Redirect") {
                self.answer();
            }
            let next = match verb.name.as_str() {
                "Say" => self.say_verb(verb).await?,
                "Play" => self.play(verb).await?,
                "Pause" => {
                    self.pass(1_000 * verb.number("length").unwrap_or(1)).await?;
                    Next::Fall
                }
                "Gather" => self.gather(verb).await?,
                "Record" => self.record(verb).await?,
                "Dial" => Box::pin(self.dial(verb)).await?,
                "Connect" => self.connect(verb).await?,
                "Redirect" => self.go(verb.get("method"), &verb.text, Vec::new()),
                "Reject" => {
                    self.status = if verb.get("reason") == Some("busy") { "busy" } else { "no-answer" };
                    Next::End
                }
                "Hangup" => Next::End,
                _ => Next::Fall,
            };
            match next {
                Next::Fall => {}
                next => return Ok(next),
            }
        }
        Ok(Next::Fall)
    }

    /// Goes on at an address, which may be relative to where the document came from.
    pub(crate) fn go(&self, method: Option<&str>, url: &str, params: Params) -> Next {
        let url = if url.is_empty() {
            self.current.clone()
        } else if url.starts_with('/') {
            format!("{}{url}", self.shared.options.public_url)
        } else {
            url.to_owned()
        };
        Next::Address { method: method.unwrap_or("POST").to_owned(), url, params }
    }

    /// The call is answered from now on.
    pub(crate) fn answer(&mut self) {
        let mut answered = false;
        self.shared.change(&self.sid, |record| {
            if record.answered.is_none() {
                record.answered = Some(Instant::now());
                record.status = "in-progress";
                answered = true;
            }
        });
        if answered {
            self.line.hear(Heard::Answered);
        }
    }

    /// What the person does next. Hanging up, and what the REST interface wants, end what is going on.
    pub(crate) async fn act(&mut self) -> Result<Act, Stop> {
        tokio::select! {
            act = self.line.act() => match act {
                Act::HangUp => Err(Stop::HungUp),
                act => Ok(act),
            },
            Some(update) = self.updates.recv() => Err(Stop::Update(update)),
            () = tokio::time::sleep_until(self.ends) => {
                self.shared.note(&self.sid, "fault", "the call lasted too long; the carrier ended it");
                Err(Stop::HungUp)
            }
        }
    }

    /// Lets time pass in which nobody listens to the person.
    pub(crate) async fn pass(&mut self, ms: u64) -> Result<(), Stop> {
        let end = Instant::now() + self.shared.options.pace.real(ms);
        loop {
            tokio::select! {
                act = self.act() => { act?; }
                () = tokio::time::sleep_until(end) => return Ok(()),
            }
        }
    }

    /// The call is over: the line is dead, the record complete, the server told.
    pub(crate) async fn finish(mut self) {
        let pace = self.shared.options.pace;
        let (status, mut seconds) = (self.status, 0);
        self.shared.change(&self.sid, |record| {
            record.status = match (status, record.answered) {
                ("completed", None) => "canceled",
                (status, _) => status,
            };
            seconds = record.answered.map_or(0, |answered| pace.since(answered).div_ceil(1_000));
            record.seconds = Some(seconds);
        });
        self.line.hear(Heard::Ended);
        self.line.acts.close();
        let direction = lock(&self.shared.calls).get(&self.sid).map_or("", |record| record.direction);
        if direction != "outbound-dial" {
            self.tell_status(seconds).await;
        }
        let recording = lock(&self.shared.calls).get(&self.sid).and_then(|record| record.recording.clone());
        if let Some((recording, address)) = recording.filter(|(_, address)| !address.is_empty()) {
            let mut params = self.shared.base(&self.sid, None);
            params.extend([
                param("RecordingSid", recording),
                param("RecordingStatus", "completed"),
                param("RecordingDuration", seconds.to_string()),
                param("RecordingChannels", "2"),
            ]);
            let _ = self.shared.post(&self.sid, "POST", &address, &params).await;
        }
    }

    async fn tell_status(&self, seconds: u64) {
        let url = format!("{}/twilio/status", self.shared.options.public_url);
        let status = lock(&self.shared.calls).get(&self.sid).map_or("completed", |record| record.status);
        let mut events = vec![(3, status)];
        if self.shared.options.out_of_order {
            events.extend([(2, "in-progress"), (1, "ringing"), (0, "initiated")]);
        }
        for (sequence, status) in events {
            let mut params = self.shared.base(&self.sid, None);
            params.retain(|(name, _)| name != "CallStatus");
            params.extend([
                param("CallStatus", status),
                param("CallbackSource", "call-progress-events"),
                param("SequenceNumber", sequence.to_string()),
                param("Timestamp", "Thu, 26 Nov 2026 12:00:00 +0000"),
            ]);
            if sequence == 3 {
                params.extend([
                    param("CallDuration", seconds.to_string()),
                    param("Duration", seconds.div_ceil(60).to_string()),
                    param("SipResponseCode", "200"),
                ]);
            }
            // Whatever the server answers: the call is over.
            let _ = self.shared.post(&self.sid, "POST", &url, &params).await;
        }
    }
}
