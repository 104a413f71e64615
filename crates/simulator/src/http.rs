//! Just enough HTTP/1.1 on a socket of our own: the raw bytes are kept, and a connection can be broken at any point, which
//! no web framework allows.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEAD_MAX: usize = 64 * 1024;
const BODY_MAX: usize = 8 * 1024 * 1024;

/// A connection of a client.
pub(crate) struct Connection {
    socket: TcpStream,
    /// Bytes that came after the last request.
    rest: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self { socket, rest: Vec::new() }
    }

    /// The next request: all of its bytes, and where its body begins. `None` when the client has gone.
    pub(crate) async fn next(&mut self) -> io::Result<Option<(Vec<u8>, usize)>> {
        loop {
            if let Some(head) = self.rest.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4) {
                let length = header(&self.rest[..head], "content-length").map_or(Ok(0), |text| text.parse::<usize>());
                let length = length.map_err(io::Error::other)?;
                if length > BODY_MAX || header(&self.rest[..head], "transfer-encoding").is_some() {
                    return Err(io::Error::other("the body is too large or has no length"));
                }
                while self.rest.len() < head + length {
                    self.read_more().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
                }
                let rest = self.rest.split_off(head + length);
                return Ok(Some((std::mem::replace(&mut self.rest, rest), head)));
            }
            if self.rest.len() > HEAD_MAX {
                return Err(io::Error::other("the head is too large"));
            }
            if self.read_more().await?.is_none() {
                return Ok(None);
            }
        }
    }

    async fn read_more(&mut self) -> io::Result<Option<()>> {
        Ok((self.socket.read_buf(&mut self.rest).await? > 0).then_some(()))
    }

    /// Sends a whole answer.
    pub(crate) async fn send(&mut self, status: u16, headers: &[(&str, String)], body: &[u8]) -> io::Result<()> {
        let mut bytes = head(status, headers, &format!("content-length: {}", body.len()));
        bytes.extend_from_slice(body);
        self.socket.write_all(&bytes).await
    }

    /// Sends the head of an answer alone, as to a HEAD request.
    pub(crate) async fn send_head(&mut self, status: u16, headers: &[(&str, String)], length: usize) -> io::Result<()> {
        self.socket.write_all(&head(status, headers, &format!("content-length: {length}"))).await
    }

    /// Sends an answer of that many bytes, without saying so first. It ends early when the client has heard enough.
    pub(crate) async fn send_long(&mut self, status: u16, headers: &[(&str, String)], bytes: u64) -> io::Result<()> {
        const CHUNK: u64 = 16 * 1024;
        self.socket.write_all(&head(status, headers, "transfer-encoding: chunked")).await?;
        let chunk = [format!("{CHUNK:x}\r\n").as_bytes(), &vec![b' '; CHUNK as usize], b"\r\n"].concat();
        for _ in 0..bytes / CHUNK {
            self.socket.write_all(&chunk).await?;
        }
        self.socket.write_all(b"0\r\n\r\n").await
    }

    /// Begins an answer of unknown length.
    pub(crate) async fn begin(&mut self, status: u16, headers: &[(&str, String)]) -> io::Result<()> {
        self.socket.write_all(&head(status, headers, "transfer-encoding: chunked")).await
    }

    /// Sends a piece of it.
    pub(crate) async fn piece(&mut self, bytes: &[u8]) -> io::Result<()> {
        let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        self.socket.write_all(&chunk).await
    }

    /// Ends it.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        self.socket.write_all(b"0\r\n\r\n").await
    }

    /// Breaks it off.
    pub(crate) async fn cut(mut self) -> io::Result<()> {
        self.socket.shutdown().await
    }

    /// Begins an answer and breaks off in the middle of its body.
    pub(crate) async fn send_half(mut self, body: &[u8]) -> io::Result<()> {
        let mut bytes = head(200, &[], &format!("content-length: {}", body.len()));
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.socket.write_all(&bytes).await?;
        self.socket.shutdown().await
    }

    /// Closes the connection the hard way: the client gets a reset instead of an end.
    pub(crate) fn reset(self) {
        // A socket that is closed without lingering sends RST. Where that cannot be set, an end without an answer is as bad.
        let _ = self.socket.set_zero_linger();
    }

    /// Says nothing until the client goes away.
    pub(crate) async fn hang(&mut self) -> io::Result<()> {
        while self.read_more().await?.is_some() {
            self.rest.clear();
        }
        Ok(())
    }
}

/// Value of a header in the bytes of a request.
pub(crate) fn header<'r>(head: &'r [u8], name: &str) -> Option<&'r str> {
    let lines = std::str::from_utf8(head).ok()?.split("\r\n").skip(1);
    lines.filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
}

fn head(status: u16, headers: &[(&str, String)], framing: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} \r\n{framing}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}
