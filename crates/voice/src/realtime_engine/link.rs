//! The socket to the speech model: opening it with everything that the model must know, and using it.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use patchcord_llm::talk::{Entry, Talk};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::MaybeTlsStream;

use super::RealtimeOptions;
use crate::frames::{self, ConnectError, FrameSocket, Socket, SocketError};
use crate::realtime::{ClientEvent, Item, Opening, ServerEvent, SessionOptions};

/// How many entries of the conversation a new session is told.
const REPLAY_MAX: usize = 60;
/// How much text they may have together, in bytes.
const REPLAY_BYTES_MAX: usize = 48 * 1024;

pub(super) type Model = Socket<MaybeTlsStream<TcpStream>>;
type Opens = Pin<Box<dyn Future<Output = Result<Ready, Lost>> + Send>>;

/// The model, as far as it is there.
pub(super) enum Link {
    /// It is being opened.
    Opening(Opens),
    /// It is there.
    Up(Box<Model>),
    /// It is not.
    Down,
}

/// A session that is ready for the first words.
pub(super) struct Ready {
    pub(super) socket: Box<Model>,
    /// When it ends, in unix seconds.
    pub(super) expires_at: Option<i64>,
}

/// Why there is no model any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lost {
    /// Another try may help.
    Broken(&'static str),
    /// None will.
    ForGood(String),
}

/// What the link has to tell.
pub(super) enum Told<T> {
    /// The session is ready.
    Ready(Box<Ready>),
    /// A frame came.
    Frame(T),
    /// A frame that is not text.
    NotText,
    /// There is no session any more.
    Lost(Lost),
}

impl Link {
    /// What comes next; never while there is no model and none is being opened. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Told<<Model as FrameSocket>::Text> {
        match self {
            Link::Down => pending().await,
            Link::Opening(opening) => match opening.await {
                Ok(ready) => Told::Ready(Box::new(ready)),
                Err(lost) => Told::Lost(lost),
            },
            Link::Up(socket) => match socket.receive().await {
                Some(Ok(text)) => Told::Frame(text),
                Some(Err(SocketError::NotText)) => Told::NotText,
                Some(Err(SocketError::Closed(code))) if !crate::realtime::is_recoverable_close(code) => {
                    Told::Lost(Lost::ForGood(format!("the speech model closed with {}", code.unwrap_or(0))))
                }
                Some(Err(_)) | None => Told::Lost(Lost::Broken("the socket to the speech model broke")),
            },
        }
    }

    /// The socket, when it is there.
    pub(super) fn socket(&mut self) -> Option<&mut Model> {
        match self {
            Link::Up(socket) => Some(socket),
            _ => None,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self, Link::Up(_))
    }
}

/// Opens a session within `limit`, after a pause.
pub(super) fn open(
    options: RealtimeOptions,
    talk: Talk,
    history: Vec<Entry>,
    pause: Duration,
    limit: Duration,
) -> Link {
    Link::Opening(Box::pin(async move {
        tokio::time::sleep(pause).await;
        let until = Instant::now() + limit;
        timeout_at(until, ready(&options, &talk, &history, limit))
            .await
            .unwrap_or(Err(Lost::Broken("the speech model did not open a session in time")))
    }))
}

async fn ready(options: &RealtimeOptions, talk: &Talk, history: &[Entry], limit: Duration) -> Result<Ready, Lost> {
    let connected = frames::connect(&options.address(), &options.headers(), limit).await;
    let mut socket = connected.map_err(|error| match error {
        ConnectError::Unreachable | ConnectError::TooSlow => Lost::Broken("the speech model cannot be reached"),
        ConnectError::Refused(429 | 500..) => Lost::Broken("the speech model's server is overloaded"),
        refused => Lost::ForGood(refused.to_string()),
    })?;
    let expires_at = loop {
        match ServerEvent::read(&receive(&mut socket).await?) {
            Ok(ServerEvent::SessionCreated { expires_at, .. }) => break expires_at,
            Ok(ServerEvent::Error(fault)) => return Err(refused(&fault)),
            _ => {}
        }
    };
    let opening = Opening {
        voice: &options.voice,
        turns: options.turns,
        transcription_model: &options.transcription_model,
        language: options.language.as_deref(),
        transcription_hint: options.transcription_hint.as_deref(),
        max_output_tokens: options.max_output_tokens,
        reasoning_effort: options.reasoning_effort(),
        keep_tokens: options.keep_tokens,
    };
    let session =
        SessionOptions { instructions: Some(&talk.instructions), tools: Some(&talk.tools), opening: Some(opening) };
    send(&mut socket, ClientEvent::SessionUpdate { event_id: "su_0", session }).await?;
    for item in replay(history) {
        let create = ClientEvent::ItemCreate { event_id: "re_0", previous_item_id: None, item };
        socket.feed(create.to_json()).await.map_err(broken)?;
    }
    socket.flush().await.map_err(broken)?;
    loop {
        match ServerEvent::read(&receive(&mut socket).await?) {
            Ok(ServerEvent::SessionUpdated) => break,
            // One entry that is refused does not cost the call.
            Ok(ServerEvent::Error(fault)) if fault.event_id.as_deref() == Some("re_0") => {}
            Ok(ServerEvent::Error(fault)) => return Err(refused(&fault)),
            _ => {}
        }
    }
    Ok(Ready { socket: Box::new(socket), expires_at })
}

fn refused(fault: &crate::realtime::Fault) -> Lost {
    if fault.is_expiry() || fault.kind == "server_error" {
        return Lost::Broken("the speech model ended the session at once");
    }
    // The code is one of the vendor's own words; the message may quote instructions.
    Lost::ForGood(format!("the speech model refuses the session ({})", word(&fault.code)))
}

/// A code as it may stand in a log: letters, digits and underscores.
pub(super) fn word(code: &str) -> String {
    let word: String =
        code.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(60).collect();
    if word.is_empty() { "no code".to_owned() } else { word }
}

fn broken(_: SocketError) -> Lost {
    Lost::Broken("the socket to the speech model broke")
}

async fn receive(socket: &mut Model) -> Result<<Model as FrameSocket>::Text, Lost> {
    loop {
        match socket.receive().await {
            Some(Ok(text)) => return Ok(text),
            Some(Err(SocketError::NotText)) => {}
            Some(Err(SocketError::Closed(code))) if !crate::realtime::is_recoverable_close(code) => {
                return Err(Lost::ForGood(format!("the speech model closed with {}", code.unwrap_or(0))));
            }
            _ => return Err(Lost::Broken("the socket to the speech model broke")),
        }
    }
}

async fn send(socket: &mut Model, event: ClientEvent<'_>) -> Result<(), Lost> {
    socket.send(event.to_json()).await.map_err(broken)
}

/// The conversation so far as items, the newest of it when there is much.
fn replay(history: &[Entry]) -> Vec<Item<'_>> {
    let mut bytes = 0;
    let from = history
        .iter()
        .rev()
        .take(REPLAY_MAX)
        .take_while(|entry| {
            bytes += size(entry);
            bytes <= REPLAY_BYTES_MAX
        })
        .count();
    let mut items = Vec::with_capacity(from);
    let mut calls = Vec::new();
    for entry in &history[history.len() - from..] {
        match entry {
            Entry::Caller(text) => items.push(Item::user(text)),
            Entry::Agent(text) => items.push(Item::assistant(text)),
            Entry::Desk(text) => items.push(Item::system(text)),
            Entry::Called(called) => {
                calls.extend(called.iter().map(|call| call.id.as_str()));
                items.extend(called.iter().map(|call| Item::call(&call.id, &call.name, &call.arguments)));
            }
            // A result whose call is not told would be refused.
            Entry::Result { id, content } if calls.contains(&id.as_str()) => items.push(Item::output(id, content)),
            Entry::Result { .. } => {}
        }
    }
    items
}

fn size(entry: &Entry) -> usize {
    match entry {
        Entry::Caller(text) | Entry::Agent(text) | Entry::Desk(text) => text.len(),
        Entry::Called(calls) => calls.iter().map(|call| call.name.len() + call.arguments.len()).sum(),
        Entry::Result { content, .. } => content.len(),
    }
}

#[cfg(test)]
mod tests {
    use patchcord_llm::talk::ToolCall;

    use super::*;

    #[test]
    fn the_newest_of_a_long_conversation_is_told() {
        let call = ToolCall { id: "c1".into(), name: "get_ticket".into(), arguments: "{}".into() };
        let mut history = vec![Entry::Called(vec![call.clone()])];
        history.push(Entry::Result { id: "c1".into(), content: "{}".into() });
        history.extend((0..58).map(|number| Entry::Caller(number.to_string())));
        assert_eq!(replay(&history).len(), 60);
        history.push(Entry::Agent("one more".into()));
        // The call has fallen out, so its result must too.
        let items = replay(&history);
        assert_eq!(items.len(), 59);
        assert_eq!(items[58], Item::assistant("one more"));
        let long = vec![Entry::Caller("x".repeat(REPLAY_BYTES_MAX)), Entry::Desk("short".into())];
        assert_eq!(replay(&long), [Item::system("short")]);
        let pair = vec![Entry::Called(vec![call]), Entry::Result { id: "c1".into(), content: "{}".into() }];
        assert_eq!(replay(&pair), [Item::call("c1", "get_ticket", "{}"), Item::output("c1", "{}")]);
    }

    #[test]
    fn codes_are_words() {
        assert_eq!(word("invalid_value"), "invalid_value");
        assert_eq!(word("a b\n\"c\""), "abc");
        assert_eq!(word(""), "no code");
    }
}
