//! The sockets of calls: the carrier's two, and the one of a call from the page. A call begins when its token was good.

use std::sync::Arc;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures::{SinkExt, StreamExt};
use patchcord_agents::{Agents, Limits};
use patchcord_app::App;
use patchcord_domain::call::{CallEvent, Ending, Engine};
use patchcord_voice::frames::{self, FrameSocket, SocketError};
use patchcord_voice::realtime_engine::{self, RealtimeOptions};
use patchcord_voice::relay_engine::{self, RelayOptions};
use patchcord_voice::session::{Opened, Session, open_media, open_relay};

use super::twilio::is_signed_socket;
use crate::Desk;
use crate::error::ApiError;

/// The protocol that a page speaks.
const PROTOCOL: &str = "patchcord.call.v1";
/// Before the token, in the list of subprotocols.
const TOKEN_PREFIX: &str = "token.";

/// What holds conversations.
#[derive(Clone)]
pub struct Phone {
    /// The voice agents.
    pub agents: Arc<Agents>,
    /// The model that thinks in relays, and who answers when it fails.
    pub relay: RelayOptions,
    /// The model that speaks; none when it is not set up.
    pub realtime: Option<RealtimeOptions>,
}

/// A socket of axum as the engines know one.
struct Frames(WebSocket);

impl FrameSocket for Frames {
    type Text = Utf8Bytes;

    async fn receive(&mut self) -> Option<Result<Self::Text, SocketError>> {
        loop {
            return match self.0.next().await? {
                Ok(Message::Text(text)) => Some(Ok(text)),
                Ok(Message::Binary(_)) => Some(Err(SocketError::NotText)),
                Ok(Message::Close(frame)) => Some(Err(SocketError::Closed(frame.map(|frame| frame.code)))),
                Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                Err(_) => Some(Err(SocketError::Broken)),
            };
        }
    }

    async fn feed(&mut self, text: String) -> Result<(), SocketError> {
        let fed = tokio::time::timeout(frames::WRITE_LIMIT, self.0.feed(Message::Text(text.into()))).await;
        fed.map_err(|_| SocketError::Stuck)?.map_err(|_| SocketError::Broken)
    }

    async fn flush(&mut self) -> Result<(), SocketError> {
        let flushed = tokio::time::timeout(frames::WRITE_LIMIT, self.0.flush()).await;
        flushed.map_err(|_| SocketError::Stuck)?.map_err(|_| SocketError::Broken)
    }

    async fn close(&mut self) {
        let _ = tokio::time::timeout(frames::WRITE_LIMIT, self.0.send(Message::Close(None))).await;
    }
}

type Upgrade = Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>;

fn upgraded(upgrade: Upgrade) -> Result<WebSocketUpgrade, ApiError> {
    let upgrade = upgrade.map_err(|_| ApiError::invalid("Upgrade", "this address takes WebSockets only"))?;
    Ok(upgrade
        .read_buffer_size(frames::BUFFER)
        .write_buffer_size(frames::BUFFER)
        .max_message_size(frames::CARRIER_MESSAGE_MAX)
        .max_frame_size(frames::CARRIER_MESSAGE_MAX))
}

/// Audio both ways, by the carrier's Media Streams.
#[utoipa::path(get, path = "/twilio/media", tag = "twilio", security(()),
    responses((status = 101, description = "A WebSocket of the carrier's frames"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 422, description = "This address takes WebSockets only", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_media(
    State(desk): State<Desk>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    if !is_signed_socket(&desk, &headers, "/twilio/media") {
        return Err(ApiError::BadSignature);
    }
    Ok(upgraded(upgrade)?.on_upgrade(move |socket| by_carrier(desk, Frames(socket), Engine::Realtime)))
}

/// Text both ways, by the carrier's ConversationRelay.
#[utoipa::path(get, path = "/twilio/relay", tag = "twilio", security(()),
    responses((status = 101, description = "A WebSocket of the carrier's frames"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 422, description = "This address takes WebSockets only", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_relay(
    State(desk): State<Desk>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    if !is_signed_socket(&desk, &headers, "/twilio/relay") {
        return Err(ApiError::BadSignature);
    }
    Ok(upgraded(upgrade)?.on_upgrade(move |socket| by_carrier(desk, Frames(socket), Engine::Relay)))
}

/// A call from the page: the token of `POST /api/calls` comes as the subprotocol `token.<token>` beside `patchcord.call.v1`, and
/// is good once, within a minute. The frames are those of the carrier's relay (`mode: text`) or media stream (`mode: audio`),
/// beginning with `setup` or `start`; `callSid` is the call's id.
#[utoipa::path(get, path = "/api/calls/{id}/stream", tag = "calls", security(()),
    params(("id" = String, Path, description = "Id of the call"),
        ("Sec-WebSocket-Protocol" = String, Header, description = "patchcord.call.v1, token.<token>")),
    responses((status = 101, description = "A WebSocket of the call"),
        (status = 401, description = "The token is missing, was used or is too old", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such call", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 422, description = "This address takes WebSockets only", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn call_stream(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    let token = token(&headers).ok_or(ApiError::NoToken)?.to_owned();
    let opened = desk.app.open_stream(&token, None).await?;
    if opened.call_id() != id {
        return Err(ApiError::App(patchcord_app::AppError::NotFound("call")));
    }
    let upgrade = upgraded(upgrade)?.protocols([PROTOCOL]);
    Ok(upgrade.on_upgrade(async move |socket| {
        let mut socket = Frames(socket);
        let engine = opened.engine();
        let first = match engine {
            Engine::Realtime => open_media(&mut socket).await,
            Engine::Relay => open_relay(&mut socket).await,
        };
        match first {
            Some(first) => hold(desk, socket, first, opened, engine).await,
            None => socket.close().await,
        }
    }))
}

/// The token among the subprotocols.
fn token(headers: &HeaderMap) -> Option<&str> {
    let listed = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).find_map(|name| name.trim().strip_prefix(TOKEN_PREFIX))
}

/// A socket of the carrier: its first frame has the token.
async fn by_carrier(desk: Desk, mut socket: Frames, engine: Engine) {
    let first = match engine {
        Engine::Realtime => open_media(&mut socket).await,
        Engine::Relay => open_relay(&mut socket).await,
    };
    let Some(first) = first else { return socket.close().await };
    let token = first.token().unwrap_or_default();
    match desk.app.open_stream(token, Some(&first.call_sid)).await {
        Ok(opened) => hold(desk, socket, first, opened, engine).await,
        Err(error) => {
            tracing::warn!(%error, "a stream was refused");
            socket.close().await;
        }
    }
}

/// Holds a call until its conversation ends.
async fn hold(desk: Desk, mut socket: Frames, first: Opened, opened: patchcord_app::calls::Opened, engine: Engine) {
    let Some(phone) = desk.options.phone.clone() else { return socket.close().await };
    let app = &desk.app;
    let taken = match app.take_call(opened, engine).await {
        Ok(taken) => taken,
        Err(error) => {
            tracing::warn!(%error, "a call could not be taken");
            return socket.close().await;
        }
    };
    let recorder = taken.recorder.clone();
    let caller = taken.caller.clone();
    let facts = taken.tools.facts();
    if taken.resume.is_none() && super::twilio::is_recorded(&first) {
        app.record_call(&first.call_sid);
    }
    let session = Session {
        call_id: taken.call_id,
        agents: phone.agents.clone(),
        tools: taken.tools,
        recorder: taken.recorder,
        operator: taken.operator,
        resume: taken.resume,
        limits: Limits { max_call_ms: app.calls.options.max_call_ms, idle_ms: app.calls.options.idle_ms },
        clock: app.clock.clone(),
        answered_at: taken.answered_at,
        speed: if taken.is_simulated { super::twilio::speed_of(&first) } else { 1 },
        redactor: app.redactor.clone(),
        tasks: app.background.clone(),
    };
    match engine {
        Engine::Relay => {
            relay_engine::run(session, socket, first, phone.relay).await;
        }
        Engine::Realtime => match phone.realtime {
            Some(options) => {
                let options = RealtimeOptions {
                    safety_identifier: caller.map(|caller| digest(app, &caller)),
                    language: facts.language.as_deref().and_then(two_letters),
                    transcription_hint: Some(phone.agents.transcription_hint(&facts)),
                    ..options
                };
                realtime_engine::run(session, socket, first, options).await;
            }
            None => {
                let ending = Ending::Failed { reason: "no model that speaks is set up".to_owned() };
                let ended = CallEvent::Ended { at: app.clock.now(), ending, resolution: None };
                let _ = recorder.send(ended).await;
                socket.close().await;
            }
        },
    }
}

/// The first part of a tag such as `de-AT`, when it is one of two letters.
fn two_letters(tag: &str) -> Option<String> {
    let short = tag.split(['-', '_']).next().unwrap_or_default();
    (short.len() == 2 && short.bytes().all(|b| b.is_ascii_alphabetic())).then(|| short.to_ascii_lowercase())
}

/// Stands for a caller with the vendor of a model, who learns nothing else by it.
fn digest(app: &App, caller: &str) -> String {
    app.caller_digest(caller)
}
