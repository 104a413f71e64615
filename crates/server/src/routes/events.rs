//! The event socket: what happens in the desk, as it happens, to whoever may see it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use patchcord_app::live::{Missed, Position, SESSIONS, may_see};
use patchcord_app::presence::Looking;
use patchcord_app::rows::Event;
use patchcord_app::sessions::Caller;
use patchcord_app::{App, AppError};
use patchcord_domain::id::is_id;
use patchcord_domain::time::to_rfc3339;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::presence::{self, Look, Place};
use crate::Desk;
use crate::error::ApiError;

/// The protocol that both sides speak.
const PROTOCOL: &str = "patchcord.v1";
/// Before the token, in the list of subprotocols: a token in the address would end up in logs.
const TOKEN_PREFIX: &str = "bearer.";
/// Most topics of one socket.
const TOPICS_MAX: usize = 200;
/// Largest frame from a client, in bytes.
const FRAME_MAX: usize = 16 * 1024;
/// How often the session is looked at again, and a sign of life is sent.
const CHECK: Duration = Duration::from_secs(20);
/// A client that was not heard for so long, although it was asked, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(50);
/// How long a client may take to read a frame before it is given up.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the event socket. The access token comes as the subprotocol `bearer.<token>` beside `patchcord.v1`; the first frame is
/// `{"subscribe": ["tickets", "tickets:ID"], "lastEventId": "…"}`. A client that shows a ticket says so with
/// `{"presence": {"ticketId": "ID", "isTyping": false}}`, and with `{"presence": {}}` that it shows none any more; all that
/// listen to the ticket get `ticket.presence` with everybody who looks at it. It ends with the socket.
/// Frames are `{id, type, at, data}`. Text that a model is still writing comes as `suggestion.partial` without an id: it is not
/// stored, may be lost, and is replaced by the result.
#[utoipa::path(get, path = "/api/events", tag = "events",
    params(("Sec-WebSocket-Protocol" = String, Header, description = "patchcord.v1, bearer.<access token>")),
    responses((status = 101, description = "A WebSocket of events")))]
pub(crate) async fn events(
    State(desk): State<Desk>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let token = token(&headers).ok_or(ApiError::NoToken)?;
    let caller = desk.app.authenticate(token).await?;
    let upgrade = upgrade.map_err(|_| ApiError::invalid("Upgrade", "this address takes WebSockets only"))?;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(FRAME_MAX).max_frame_size(FRAME_MAX);
    let token = token.to_owned();
    Ok(upgrade.on_upgrade(move |socket| {
        Listener { desk, caller, token, topics: BTreeSet::new(), caught_up: None }.run(socket)
    }))
}

/// The token among the subprotocols.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let listed = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).find_map(|name| name.trim().strip_prefix(TOKEN_PREFIX))
}

/// What a client may say.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wish {
    subscribe: Option<Vec<String>>,
    last_event_id: Option<String>,
    presence: Option<Look>,
}

struct Listener {
    desk: Desk,
    caller: Caller,
    token: String,
    topics: BTreeSet<String>,
    /// Up to here everything was sent already, to make up for what was missed.
    caught_up: Option<Position>,
}

/// Why a socket is closed: code and reason, from a fixed list that never repeats what a client said.
type Ending = (u16, &'static str);

const GONE: Ending = (1000, "bye");
const STOPPING: Ending = (1001, "the server is stopping");
const UNREADABLE: Ending = (1008, "frames are JSON: {\"subscribe\": [...]} or {\"presence\": {...}}");
const SILENT: Ending = (1008, "the client gives no sign of life");
const TOO_SLOW: Ending = (1008, "the client reads too slowly");
const ENDED: Ending = (4401, "the session has ended");
const BROKEN: Ending = (1011, "something went wrong inside the desk");

impl Listener {
    async fn run(mut self, mut socket: WebSocket) {
        let _open = self.desk.app.meters.socket();
        let ending = match self.listen(&mut socket).await {
            Ok(()) => GONE,
            Err(ending) => ending,
        };
        let frame = CloseFrame { code: ending.0, reason: ending.1.into() };
        let _ = tokio::time::timeout(SEND_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
    }

    async fn listen(&mut self, socket: &mut WebSocket) -> Result<(), Ending> {
        // Listening begins before anything is read, so that nothing falls between what was missed and what comes.
        let mut events = self.desk.app.live.subscribe();
        let mut people = self.desk.app.live.presence().subscribe();
        let mut place = Place::new(&self.desk.app, &self.caller.actor);
        let mut provisional = self.desk.app.live.subscribe_provisional();
        let mut check = tokio::time::interval(CHECK);
        let mut heard = Instant::now();
        let stop = self.desk.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Err(STOPPING),
                _ = check.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        return Err(SILENT);
                    }
                    self.check_session().await?;
                    send(socket, Message::Ping(Vec::new().into())).await?;
                }
                frame = socket.recv() => {
                    heard = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => self.hear(socket, &mut place, text.as_str()).await?,
                        // An error here is a frame that is too large or none at all, or the network; then nobody hears the ending.
                        Some(Ok(Message::Binary(_)) | Err(_)) => return Err(UNREADABLE),
                        Some(Ok(Message::Close(_))) | None => return Ok(()),
                        Some(Ok(_)) => {}
                    }
                }
                looking = people.recv() => match looking {
                    Ok(looking) => self.show(socket, &looking).await?,
                    Err(RecvError::Lagged(_)) => self.show_present(socket, &self.topics, true).await?,
                    Err(RecvError::Closed) => return Err(STOPPING),
                },
                event = events.recv() => match event {
                    Ok(event) => self.happened(socket, &event).await?,
                    Err(RecvError::Lagged(_)) => send_json(socket, &json!({"type": "resync"})).await?,
                    Err(RecvError::Closed) => return Err(STOPPING),
                },
                // What is not stored may be lost: a slow client misses it, and nobody is told.
                event = provisional.recv() => if let Ok(event) = event {
                    self.pass_on(socket, &event).await?;
                },
            }
        }
    }

    /// A token that expired, or a session that was ended, closes the socket.
    async fn check_session(&mut self) -> Result<(), Ending> {
        match self.desk.app.authenticate(&self.token).await {
            Ok(caller) => {
                self.caller = caller;
                Ok(())
            }
            Err(AppError::Unauthenticated(..)) => Err(ENDED),
            // The database is away: the socket waits with everybody else.
            Err(AppError::Unavailable(_)) => Ok(()),
            Err(_) => Err(BROKEN),
        }
    }

    async fn hear(&mut self, socket: &mut WebSocket, place: &mut Place, text: &str) -> Result<(), Ending> {
        let wish: Wish = serde_json::from_str(text).map_err(|_| UNREADABLE)?;
        // A frame asks for something, and the last event stands beside the topics that it was one of.
        if wish.subscribe.is_none() && (wish.presence.is_none() || wish.last_event_id.is_some()) {
            return Err(UNREADABLE);
        }
        if let Some(look) = wish.presence {
            match place.note(&self.desk.app, &self.caller.actor, look).await {
                Ok(None) => {}
                Ok(Some(refusal)) => send_json(socket, &refusal).await?,
                // The database is away: the socket waits with everybody else.
                Err(AppError::Unavailable(_)) => {}
                Err(_) => return Err(BROKEN),
            }
        }
        match wish.subscribe {
            Some(topics) => self.subscribe(socket, topics, wish.last_event_id).await,
            None => Ok(()),
        }
    }

    async fn subscribe(
        &mut self,
        socket: &mut WebSocket,
        topics: Vec<String>,
        last_event_id: Option<String>,
    ) -> Result<(), Ending> {
        let before = self.topics.clone();
        for topic in topics {
            if self.topics.len() >= TOPICS_MAX {
                send_json(socket, &json!({"type": "error", "code": "too_many_topics"})).await?;
                break;
            }
            if may_subscribe(&self.desk.app, &self.caller, &topic).await {
                self.topics.insert(topic);
            } else {
                send_json(socket, &json!({"type": "error", "code": "unknown_topic"})).await?;
            }
        }
        send_json(socket, &json!({"type": "subscribed", "topics": self.topics})).await?;
        self.show_present(socket, self.topics.difference(&before), false).await?;
        if let Some(last) = last_event_id {
            match self.desk.app.missed_since(&self.caller.actor, &last).await.map_err(|_| BROKEN)? {
                Missed::Events(events, position) => {
                    for event in events {
                        self.pass_on(socket, &event).await?;
                    }
                    self.caught_up = Some(position);
                }
                Missed::Unknown => send_json(socket, &json!({"type": "resync"})).await?,
            }
        }
        Ok(())
    }

    /// An event as it happens: one that was sent as missed is not sent again, none is sent to a session that is over, and
    /// the end of a session is looked into at once.
    async fn happened(&mut self, socket: &mut WebSocket, event: &Arc<Event>) -> Result<(), Ending> {
        if event.topic == SESSIONS && event.subject_id == self.caller.actor.user_id {
            return self.check_session().await;
        }
        if self.caught_up.is_some_and(|position| Position::of(event) <= position) {
            return Ok(());
        }
        if self.caller.expires_at <= self.desk.app.clock.now() {
            return Err(ENDED);
        }
        self.pass_on(socket, event).await
    }

    /// Who looks at the single tickets among the topics; those that nobody looks at only when `all` are wanted.
    async fn show_present<'t>(
        &self,
        socket: &mut WebSocket,
        topics: impl IntoIterator<Item = &'t String>,
        all: bool,
    ) -> Result<(), Ending> {
        for looking in presence::present(&self.desk.app, &self.caller.actor, topics) {
            if all || !looking.viewers.is_empty() {
                self.show(socket, &looking).await?;
            }
        }
        Ok(())
    }

    async fn show(&self, socket: &mut WebSocket, looking: &Looking) -> Result<(), Ending> {
        match presence::frame(&self.desk.app, &self.caller.actor, &self.topics, looking) {
            Some(frame) => send_json(socket, &frame).await,
            None => Ok(()),
        }
    }

    async fn pass_on(&self, socket: &mut WebSocket, event: &Arc<Event>) -> Result<(), Ending> {
        let one = format!("{}:{}", event.topic, event.subject_id);
        let wanted = self.topics.contains(&event.topic) || self.topics.contains(&one);
        if wanted && may_see(&self.caller.actor, event) {
            let mut data = event.data.clone();
            if let Some(fields) = data.as_object_mut() {
                fields.remove("onlyUserId");
            }
            let mut frame = json!({"type": event.r#type, "at": to_rfc3339(event.at), "data": data});
            // What is in no outbox has no id: a client cannot ask for what came after it.
            if !event.id.is_empty() {
                frame["id"] = json!(event.id);
            }
            send_json(socket, &frame).await?;
        }
        Ok(())
    }
}

/// Whole topics are open to everybody, since each event is looked at again; an id must be the caller's to see.
async fn may_subscribe(app: &App, caller: &Caller, topic: &str) -> bool {
    match topic.split_once(':') {
        None => matches!(topic, "tickets" | "calls" | "metrics"),
        Some(("calls", id)) => is_id(id) && app.call_exists(&caller.actor, id).await.unwrap_or(false),
        Some(("tickets", id)) => is_id(id) && app.ticket_exists(&caller.actor, id).await.unwrap_or(false),
        Some(_) => false,
    }
}

async fn send_json(socket: &mut WebSocket, frame: &Value) -> Result<(), Ending> {
    send(socket, Message::Text(frame.to_string().into())).await
}

/// A client that does not read is given up before memory grows.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Ending> {
    match tokio::time::timeout(SEND_TIMEOUT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(GONE),
        Err(_) => Err(TOO_SLOW),
    }
}
