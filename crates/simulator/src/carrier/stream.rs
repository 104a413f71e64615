//! `<Connect><Stream>`: the socket of a media stream, and the callbacks about it.

use futures::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::leg::{Leg, Stop};
use super::line::{Act, Heard};
use super::media::{FRAME_MS, Media};
use super::sid;
use super::signature::sign;
use super::webhooks::{Params, param};
use super::xml::Element;
use crate::modem::{noise, speak};

/// A socket to the server.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How a connection to the server ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// It broke, without having been closed.
    pub(crate) broken: bool,
    /// What the action is told besides the usual.
    pub(crate) params: Params,
}

/// What a socket gives.
pub(crate) enum Got {
    Text(String),
    Other,
    Closed,
    Broken(String),
}

pub(crate) async fn got(socket: &mut Socket) -> Got {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => Got::Text(text.to_string()),
        Some(Ok(Message::Binary(_))) => Got::Text("\u{0}a binary frame".to_owned()),
        Some(Ok(Message::Close(_))) => Got::Closed,
        Some(Ok(_)) => Got::Other,
        Some(Err(Error::ConnectionClosed)) | None => Got::Closed,
        Some(Err(error)) => Got::Broken(error.to_string()),
    }
}

/// The parameters that a document gives a stream or relay.
pub(crate) fn custom(noun: &Element) -> Map<String, Value> {
    let parameters = noun.children.iter().filter(|child| child.name == "Parameter");
    parameters
        .filter_map(|child| Some((child.get("name")?.to_owned(), Value::from(child.get("value").unwrap_or_default()))))
        .collect()
}

impl Leg {
    /// Opens a signed socket.
    pub(crate) async fn open(&mut self, url: &str) -> Result<Socket, String> {
        let signature = sign(&self.shared.options.token, url, &[]);
        let mut last = Err("nobody was asked".to_owned());
        for url in self.shared.reached(url) {
            let mut request = url.as_str().into_client_request().map_err(|error| format!("{url}: {error}"))?;
            let value = signature.parse().map_err(|_| "the signature is no header".to_owned())?;
            request.headers_mut().insert("x-twilio-signature", value);
            last = match tokio::time::timeout(std::time::Duration::from_secs(10), connect_async(request)).await {
                Ok(Ok((socket, _))) => Ok(socket),
                Ok(Err(error)) => Err(format!("31920: {error}")),
                Err(_) => Err("31901: no answer".to_owned()),
            };
            if last.is_ok() {
                break;
            }
        }
        last
    }

    pub(crate) async fn stream(&mut self, noun: &Element) -> Result<Ended, Stop> {
        let stream = sid("MZ");
        let url = noun.get("url").unwrap_or_default();
        let mut socket = match self.open(url).await {
            Ok(socket) => socket,
            Err(error) => {
                self.shared.note(&self.sid, "fault", format!("{url}: {error}"));
                self.stream_event(noun, &stream, "stream-error", Some(&error));
                return Ok(Ended { broken: false, params: Vec::new() });
            }
        };
        self.shared.note(&self.sid, "stream", format!("{url} is open"));
        self.stream_event(noun, &stream, "stream-started", None);
        let options = &self.shared.options;
        let mut media = Media::new(stream.clone(), self.sid.clone(), options.account.clone(), options.numbers);
        let run = self.carry(&mut socket, &mut media, custom(noun)).await;
        match &run {
            // The call goes on elsewhere, or it is over: the stream is stopped.
            Err(_) => {
                let _ = socket.send(Message::text(media.stop().to_string())).await;
                let _ = socket.close(None).await;
                self.stream_event(noun, &stream, "stream-stopped", None);
            }
            Ok(Some(error)) => {
                self.shared.note(&self.sid, "stream", format!("broke: {error}"));
                self.stream_event(noun, &stream, "stream-error", Some(&format!("31903: {error}")));
            }
            Ok(None) => {
                self.shared.note(&self.sid, "stream", "the server closed it");
                let _ = socket.close(None).await;
                self.stream_event(noun, &stream, "stream-stopped", None);
            }
        }
        self.line.hear(Heard::Pause);
        run.map(|error| Ended { broken: error.is_some(), params: Vec::new() })
    }

    /// Carries sound both ways until the socket ends; what broke it, if anything did.
    async fn carry(
        &mut self,
        socket: &mut Socket,
        media: &mut Media,
        params: Map<String, Value>,
    ) -> Result<Option<String>, Stop> {
        for frame in media.begin(&params) {
            if let Err(error) = socket.send(Message::text(frame.to_string())).await {
                return Ok(Some(error.to_string()));
            }
        }
        let mut ticks = interval(self.shared.options.pace.real(FRAME_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let began = Instant::now();
        let mut sounded = false;
        loop {
            let frames = tokio::select! {
                _ = ticks.tick() => {
                    let tick = media.tick();
                    for word in tick.words {
                        self.line.hear(Heard::Words(word));
                    }
                    if tick.pause {
                        self.line.hear(Heard::Pause);
                    }
                    if media.sounded && !sounded {
                        sounded = true;
                        let ms = self.shared.options.pace.since(began);
                        self.shared.note(&self.sid, "stream", format!("first sound after {ms} ms"));
                    }
                    tick.frames
                }
                got = got(socket) => match got {
                    Got::Text(text) => match media.take(&text) {
                        Ok(frames) => frames,
                        Err(error) => {
                            self.shared.note(&self.sid, "warning", error);
                            Vec::new()
                        }
                    },
                    Got::Other => Vec::new(),
                    Got::Closed => return Ok(None),
                    Got::Broken(error) => return Ok(Some(error)),
                },
                act = self.act() => match act? {
                    Act::Say(text) => {
                        media.send(&speak(&text));
                        Vec::new()
                    }
                    Act::Noise(ms) => {
                        media.send(&noise(ms));
                        Vec::new()
                    }
                    Act::Echo(ms) => {
                        media.echo(ms);
                        Vec::new()
                    }
                    Act::Key(key) => vec![media.key(key)],
                    Act::HangUp => Vec::new(),
                },
            };
            for frame in frames {
                if let Err(error) = socket.feed(Message::text(frame.to_string())).await {
                    return Ok(Some(error.to_string()));
                }
            }
            if let Err(error) = socket.flush().await {
                return Ok(Some(error.to_string()));
            }
        }
    }

    fn stream_event(&self, noun: &Element, stream: &str, event: &str, error: Option<&str>) {
        let Some(url) = noun.get("statusCallback") else { return };
        let mut params = vec![
            param("AccountSid", &self.shared.options.account),
            param("CallSid", &self.sid),
            param("StreamSid", stream),
            param("StreamName", noun.get("name").unwrap_or(stream)),
            param("StreamEvent", event),
            param("Timestamp", "2026-11-26T12:00:00.000Z"),
        ];
        params.extend(error.map(|error| param("StreamError", error)));
        // Nobody waits for the answer.
        let (shared, call, url) = (std::sync::Arc::clone(&self.shared), self.sid.clone(), url.to_owned());
        let method = noun.get("statusCallbackMethod").unwrap_or("POST").to_owned();
        self.shared.tasks.spawn(async move {
            let _ = shared.post(&call, &method, &url, &params).await;
        });
    }
}
