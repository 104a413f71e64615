//! A listener at the event socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Client, World};

/// An open event socket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens it with a client's token.
    pub(crate) async fn open(world: &World, client: &Client) -> Self {
        let protocols = format!("patchcord.v1, bearer.{}", client.token.as_deref().unwrap());
        Self::try_open(world, Some(&protocols), "").await.unwrap()
    }

    /// Opens it and subscribes.
    pub(crate) async fn listening(world: &World, client: &Client, topics: &[&str]) -> Self {
        let mut socket = Self::open(world, client).await;
        let answer = socket.subscribe(json!({"subscribe": topics})).await;
        assert_eq!(answer["topics"].as_array().unwrap().len(), topics.len(), "{answer}");
        socket
    }

    /// Tries to open it; the status of the refusal otherwise.
    pub(crate) async fn try_open(world: &World, protocols: Option<&str>, query: &str) -> Result<Self, u16> {
        let url = format!("{}/api/events{query}", world.base.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        if let Some(protocols) = protocols {
            request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], "patchcord.v1");
                Ok(Self(socket))
            }
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a subscription and waits for its answer.
    pub(crate) async fn subscribe(&mut self, wish: Value) -> Value {
        self.send(Message::text(wish.to_string())).await;
        let answer = self.next().await;
        assert_eq!(answer["type"], "subscribed", "{answer}");
        answer
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// The next frame that is not a ping.
    pub(crate) async fn next(&mut self) -> Value {
        match self.frame(Duration::from_secs(10)).await {
            Some(Message::Text(text)) => serde_json::from_str(text.as_str()).unwrap(),
            other => panic!("no event but {other:?}"),
        }
    }

    /// The events up to and with the first of a kind.
    pub(crate) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.next().await);
            if seen.last().unwrap()["type"] == kind {
                return seen;
            }
        }
    }

    /// Nothing comes for a moment.
    pub(crate) async fn expect_silence(&mut self) {
        let frame = tokio::time::timeout(Duration::from_millis(400), self.frame(Duration::from_secs(10))).await;
        assert!(frame.is_err(), "{frame:?}");
    }

    /// Code and reason of the end, which must come within a time; frames before it are passed over.
    pub(crate) async fn ending(&mut self, within: Duration) -> (u16, String) {
        loop {
            match self.frame(within).await {
                Some(Message::Close(Some(close))) => return (close.code.into(), close.reason.to_string()),
                Some(Message::Text(_)) => {}
                other => panic!("no ending but {other:?}"),
            }
        }
    }

    async fn frame(&mut self, within: Duration) -> Option<Message> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(message)) => return Some(message),
                    Some(Err(_)) | None => return None,
                }
            }
        };
        tokio::time::timeout(within, next).await.expect("nothing comes")
    }
}
