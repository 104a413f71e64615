//! `<Dial>`: other legs, and the bridge between two people or among those of a conference.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::leg::{Leg, Next, Stop};
use super::line::{Act, Heard, line};
use super::people::{Answers, Person, hold};
use super::webhooks::param;
use super::xml::Element;
use super::{Shared, lock, sid};
use crate::modem::speech_ms;

/// A conference.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    sounds: broadcast::Sender<(String, Heard)>,
    members: usize,
    over: CancellationToken,
}

/// Somebody by their number; whoever is not listed is kind.
pub(crate) fn person(shared: &Shared, number: &str) -> Person {
    let known = shared.options.people.iter().find(|person| person.number == number);
    known.cloned().unwrap_or_else(|| Person::kind(number))
}

/// Rings somebody; their leg once they answer, or how it failed.
pub(crate) async fn ring(
    shared: &Arc<Shared>,
    (from, to): (&str, &str),
    parent: Option<String>,
    timeout_ms: u64,
) -> Result<Leg, (String, &'static str)> {
    let direction = if parent.is_some() { "outbound-dial" } else { "outbound-api" };
    let child = sid("CA");
    let updates = shared.add(&child, from, to, direction, parent);
    let person = person(shared, to);
    let failure = match person.answers {
        Answers::After(ms) if ms <= timeout_ms => {
            shared.options.pace.sleep(ms).await;
            let (line, phone) = line();
            shared.tasks.spawn(hold(Arc::clone(shared), person, phone));
            let mut leg = Leg::new(Arc::clone(shared), child, line, updates, None);
            leg.answer();
            return Ok(leg);
        }
        Answers::Busy => "busy",
        Answers::NoSuchNumber => "failed",
        Answers::After(_) | Answers::Never => {
            shared.options.pace.sleep(timeout_ms).await;
            "no-answer"
        }
    };
    shared.change(&child, |record| {
        record.status = failure;
        record.seconds = Some(0);
    });
    Err((child, failure))
}

impl Leg {
    /// `<Dial>`: another leg, or a conference.
    pub(crate) async fn dial(&mut self, verb: &Element) -> Result<Next, Stop> {
        let nouns = &verb.children;
        if let Some(room) = nouns.iter().find(|noun| noun.name == "Conference") {
            self.conference(room).await?;
            return Ok(self.after_dial(verb, "completed", None, 0));
        }
        let text = Element { name: "Number".to_owned(), text: verb.text.clone(), ..Element::default() };
        let noun = nouns.iter().find(|noun| noun.name == "Number").cloned().unwrap_or(text);
        let from = match verb.get("callerId") {
            Some(number) => number.to_owned(),
            None => lock(&self.shared.calls).get(&self.sid).map(|record| record.from.clone()).unwrap_or_default(),
        };
        let timeout = 1_000 * verb.number("timeout").unwrap_or(30);
        self.shared.note(&self.sid, "dial", noun.text.clone());
        self.line.hear(Heard::Ringing);
        let (shared, parent) = (Arc::clone(&self.shared), self.sid.clone());
        let ringing = ring(&shared, (&from, &noun.text), Some(parent), timeout);
        tokio::pin!(ringing);
        let rung = loop {
            tokio::select! {
                rung = &mut ringing => break rung,
                act = self.act() => { act?; }
            }
        };
        let mut child = match rung {
            Ok(child) => child,
            Err((child, failure)) => return Ok(self.after_dial(verb, failure, Some(child), 0)),
        };
        if let Some(url) = noun.get("url") {
            let accepted = self.whisper(&mut child, noun.get("method"), url).await;
            match accepted {
                Ok(true) => {}
                Ok(false) => {
                    let name = child.sid.clone();
                    child.finish().await;
                    return Ok(self.after_dial(verb, "no-answer", Some(name), 0));
                }
                Err(stop) => {
                    child.finish().await;
                    return Err(stop);
                }
            }
        }
        let began = Instant::now();
        let bridged = self.bridge(&mut child, verb.number("timeLimit")).await;
        let (name, seconds) = (child.sid.clone(), self.shared.options.pace.since(began).div_ceil(1_000));
        child.finish().await;
        bridged?;
        Ok(self.after_dial(verb, "completed", Some(name), seconds))
    }

    fn after_dial(&self, verb: &Element, status: &str, child: Option<String>, seconds: u64) -> Next {
        let Some(action) = verb.get("action") else { return Next::Fall };
        let mut params = vec![param("DialCallStatus", status)];
        params.extend(child.map(|child| param("DialCallSid", child)));
        if status == "completed" {
            params.push(param("DialCallDuration", seconds.to_string()));
            params.push(param("DialBridged", "true"));
        }
        self.line.hear(Heard::Desk);
        self.go(verb.get("method"), action, params)
    }

    /// What the person hears before the caller does; whether they are still there after it.
    async fn whisper(&mut self, child: &mut Leg, method: Option<&str>, url: &str) -> Result<bool, Stop> {
        let mut params = child.shared.base(&child.sid, None);
        params.push(param("ParentCallSid", &self.sid));
        params.dedup();
        let url =
            if url.starts_with('/') { format!("{}{url}", self.shared.options.public_url) } else { url.to_owned() };
        let method = method.unwrap_or("POST").to_owned();
        let mut next = Next::Address { method, url, params: Vec::new() };
        loop {
            let document = match next {
                Next::Address { method, url, params: more } => {
                    let mut all = params.clone();
                    all.extend(more);
                    child.current.clone_from(&url);
                    self.shared.document(&child.sid, &method, &url, &all).await
                }
                // A document that ends without hanging up connects the two.
                _ => return Ok(true),
            };
            // Without words to whisper the two are connected at once.
            let Ok(document) = document else { return Ok(true) };
            let performed = child.perform(document);
            tokio::pin!(performed);
            let done = loop {
                tokio::select! {
                    done = &mut performed => break done,
                    act = self.act() => { act?; }
                }
            };
            next = match done {
                Ok(Next::End) | Err(_) => return Ok(false),
                Ok(next) => next,
            };
        }
    }

    async fn bridge(&mut self, child: &mut Leg, limit: Option<u64>) -> Result<(), Stop> {
        let pace = self.shared.options.pace;
        let end = Instant::now() + pace.real(limit.map_or(4 * 3_600_000, |seconds| seconds * 1_000));
        self.line.hear(Heard::Person);
        child.line.hear(Heard::Person);
        loop {
            tokio::select! {
                act = self.act() => match act? {
                    Act::Say(text) => {
                        child.line.hear(Heard::Words(text));
                        child.line.hear(Heard::Pause);
                    }
                    Act::Key(_) | Act::Noise(_) | Act::Echo(_) | Act::HangUp => {}
                },
                act = child.act() => match act {
                    Ok(Act::Say(text)) => {
                        self.line.hear(Heard::Words(text.clone()));
                        self.pass(speech_ms(&text)).await?;
                        self.line.hear(Heard::Pause);
                        child.line.hear(Heard::Pause);
                    }
                    Ok(_) => {}
                    Err(_) => return Ok(()),
                },
                () = tokio::time::sleep_until(end) => return Ok(()),
            }
        }
    }

    async fn conference(&mut self, noun: &Element) -> Result<(), Stop> {
        let name = noun.text.clone();
        let (room, mut sounds, others) = {
            let mut rooms = lock(&self.shared.rooms);
            let room = rooms.entry(name.clone()).or_insert_with(|| Room {
                sounds: broadcast::channel(256).0,
                members: 0,
                over: CancellationToken::new(),
            });
            room.members += 1;
            (room.clone(), room.sounds.subscribe(), room.members > 1)
        };
        self.shared.note(&self.sid, "dial", format!("conference {name}"));
        if others {
            self.line.hear(Heard::Person);
            let _ = room.sounds.send((self.sid.clone(), Heard::Person));
        }
        let stop = loop {
            tokio::select! {
                act = self.act() => match act {
                    Ok(Act::Say(text)) => {
                        let spoken = speech_ms(&text);
                        let _ = room.sounds.send((self.sid.clone(), Heard::Words(text)));
                        if let Err(stop) = self.pass(spoken).await {
                            break Err(stop);
                        }
                        let _ = room.sounds.send((self.sid.clone(), Heard::Pause));
                        self.line.hear(Heard::Pause);
                    }
                    Ok(_) => {}
                    Err(stop) => break Err(stop),
                },
                sound = sounds.recv() => match sound {
                    Ok((from, heard)) if from != self.sid => self.line.hear(heard),
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break Ok(()),
                },
                () = room.over.cancelled() => break Ok(()),
            }
        };
        let mut rooms = lock(&self.shared.rooms);
        if let Some(kept) = rooms.get_mut(&name) {
            kept.members -= 1;
            if noun.get("endConferenceOnExit") == Some("true") || kept.members == 0 {
                kept.over.cancel();
                rooms.remove(&name);
            }
        }
        stop
    }
}
