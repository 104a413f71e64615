//! Sockets that carry text frames: the carrier's, which the server opens, and the speech model's, which we open.

use std::future::Future;
use std::ops::Deref;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Buffers of a socket. The library's own are sixteen times as large and would be most of what a call takes.
pub const BUFFER: usize = 8 * 1024;
/// Largest message of a model: sound comes in pieces, and what it has confirmed holds all instructions and tools.
const MODEL_MESSAGE_MAX: usize = 4 * 1024 * 1024;
/// Largest message of a carrier. Its frames have some hundred bytes.
pub const CARRIER_MESSAGE_MAX: usize = 64 * 1024;
/// How much may wait to be written before a socket counts as broken.
const UNWRITTEN_MAX: usize = 1024 * 1024;
/// How long a peer may not take what is written.
pub const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// A socket with text frames.
pub trait FrameSocket: Send {
    /// The text of a frame.
    type Text: Deref<Target = str> + Send;

    /// The next frame; `None` when the other side has closed or the connection is gone. Nothing is lost when the future is
    /// dropped before it is ready.
    fn receive(&mut self) -> impl Future<Output = Option<Result<Self::Text, SocketError>>> + Send;

    /// Puts a frame after those that wait to be written.
    fn feed(&mut self, text: String) -> impl Future<Output = Result<(), SocketError>> + Send;

    /// Writes everything that waits.
    fn flush(&mut self) -> impl Future<Output = Result<(), SocketError>> + Send;

    /// Says goodbye. Nothing can be sent afterwards.
    fn close(&mut self) -> impl Future<Output = ()> + Send;

    /// Puts a frame and writes.
    fn send(&mut self, text: String) -> impl Future<Output = Result<(), SocketError>> + Send {
        async {
            self.feed(text).await?;
            self.flush().await
        }
    }
}

/// What can be wrong with a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// A frame that is not text. The socket goes on.
    #[error("the frame is not text")]
    NotText,
    /// The other side closed, with this code when it gave one.
    #[error("the socket was closed ({0:?})")]
    Closed(Option<u16>),
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// The other side does not take what is written.
    #[error("the other side takes nothing any more")]
    Stuck,
}

/// A WebSocket of tungstenite.
pub struct Socket<S>(WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket<S> {
    /// A socket whose handshake is over.
    pub fn new(socket: WebSocketStream<S>) -> Self {
        Self(socket)
    }
}

/// Buffers and limits of a socket to a model.
fn model_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(UNWRITTEN_MAX)
        .max_message_size(Some(MODEL_MESSAGE_MAX))
        .max_frame_size(Some(MODEL_MESSAGE_MAX))
}

/// Why there is no socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The address is none, or a header cannot be one.
    #[error("the address of the speech model or a header for it is not valid")]
    Invalid,
    /// The server refused the handshake with this status of HTTP.
    #[error("the speech model's server answered the handshake with {0}")]
    Refused(u16),
    /// The server cannot be reached.
    #[error("the speech model's server cannot be reached")]
    Unreachable,
    /// It took too long.
    #[error("the speech model's server did not answer in time")]
    TooSlow,
}

/// Opens a socket to a model's server.
///
/// # Errors
/// When the address is no address, or the server cannot be reached, refuses, or takes longer than `limit`.
pub async fn connect(
    url: &str,
    headers: &[(&'static str, String)],
    limit: Duration,
) -> Result<Socket<MaybeTlsStream<TcpStream>>, ConnectError> {
    let mut request = url.into_client_request().map_err(|_| ConnectError::Invalid)?;
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value).map_err(|_| ConnectError::Invalid)?;
        value.set_sensitive(true);
        request.headers_mut().insert(HeaderName::from_static(name), value);
    }
    let host = request.uri().host().ok_or(ConnectError::Invalid)?.trim_matches(['[', ']']).to_owned();
    let is_secure = matches!(request.uri().scheme_str(), Some("wss" | "https"));
    let port = request.uri().port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let open = async {
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|_| ConnectError::Unreachable)?;
        // Every frame is due at once.
        stream.set_nodelay(true).map_err(|_| ConnectError::Unreachable)?;
        let opened = tokio_tungstenite::client_async_tls_with_config(request, stream, Some(model_config()), None).await;
        match opened {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::Error::Http(response)) => Err(ConnectError::Refused(response.status().as_u16())),
            Err(_) => Err(ConnectError::Unreachable),
        }
    };
    tokio::time::timeout(limit, open).await.unwrap_or(Err(ConnectError::TooSlow))
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> FrameSocket for Socket<S> {
    type Text = Utf8Bytes;

    async fn receive(&mut self) -> Option<Result<Utf8Bytes, SocketError>> {
        loop {
            return match self.0.next().await? {
                Ok(Message::Text(text)) => Some(Ok(text)),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
                Ok(Message::Binary(_)) => Some(Err(SocketError::NotText)),
                Ok(Message::Close(frame)) => Some(Err(SocketError::Closed(frame.map(|frame| u16::from(frame.code))))),
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => None,
                Err(_) => Some(Err(SocketError::Broken)),
            };
        }
    }

    async fn feed(&mut self, text: String) -> Result<(), SocketError> {
        within_limit(self.0.feed(Message::Text(text.into()))).await
    }

    async fn flush(&mut self) -> Result<(), SocketError> {
        within_limit(self.0.flush()).await
    }

    async fn close(&mut self) {
        let _ = tokio::time::timeout(WRITE_LIMIT, self.0.close(None)).await;
    }
}

async fn within_limit(write: impl Future<Output = Result<(), tungstenite::Error>>) -> Result<(), SocketError> {
    match tokio::time::timeout(WRITE_LIMIT, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(SocketError::Broken),
        Err(_) => Err(SocketError::Stuck),
    }
}
