//! A request to a server, as the carrier makes it: HTTP/1.1 on a connection of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// As long as Twilio waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
const ANSWER_MAX: u64 = 1024 * 1024;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// What it says that it is.
    pub content_type: String,
    /// Its body.
    pub body: String,
}

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// `http://…`.
    pub url: String,
    /// Header lines besides the usual ones.
    pub headers: Vec<(String, String)>,
    /// The body; none in a GET.
    pub body: String,
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// In words, when there is no answer within fifteen seconds, or one that cannot be read.
pub async fn send(request: &Request) -> Result<Response, String> {
    match tokio::time::timeout(PATIENCE, exchange(request)).await {
        Ok(answer) => answer,
        Err(_) => Err("no answer within 15 s".to_owned()),
    }
}

/// Pairs as a form.
pub fn form(params: &[(String, String)]) -> String {
    let pairs = params.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The pairs of a form.
pub(crate) fn read_form(body: &str) -> Vec<(String, String)> {
    let pairs = body.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(n, v)| (decode(n), decode(v))).collect()
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

async fn exchange(request: &Request) -> Result<Response, String> {
    let Request { method, url, headers, body } = request;
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url} does not begin with http://"))?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let mut socket = TcpStream::connect(&address).await.map_err(|error| format!("connecting to {address}: {error}"))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\naccept: */*\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if method != "GET" {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    let bytes = format!("{head}\r\n{body}");
    socket.write_all(bytes.as_bytes()).await.map_err(|error| format!("writing to {address}: {error}"))?;
    let mut answer = Vec::new();
    let mut socket = socket.take(ANSWER_MAX);
    while socket.read_buf(&mut answer).await.map_err(|error| format!("reading from {address}: {error}"))? > 0 {
        // A server that says how long its answer is may keep the connection open.
        if has_length(&answer)
            && let Some(answer) = parse(&answer)
        {
            return Ok(answer);
        }
    }
    parse(&answer).ok_or_else(|| format!("{address} does not answer as HTTP does"))
}

fn has_length(answer: &[u8]) -> bool {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0);
    let has = |name: &str| crate::http::header(&answer[..end], name).is_some();
    has("content-length") || has("transfer-encoding")
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let header = |name: &str| crate::http::header(&answer[..end], name).unwrap_or_default().to_owned();
    let body = &answer[end + 4..];
    let body = if header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        unchunk(body)?
    } else {
        match header("content-length").parse::<usize>() {
            Ok(length) => body.get(..length)?.to_vec(),
            Err(_) => body.to_vec(),
        }
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Response { status, content_type: header("content-type"), body })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let pairs = vec![("From".to_owned(), "+1410 555&=%ü".to_owned()), ("Empty".to_owned(), String::new())];
        let body = form(&pairs);
        assert_eq!(body, "From=%2B1410%20555%26%3D%25%C3%BC&Empty=");
        assert_eq!(read_form(&body), pairs);
        assert_eq!(read_form("a=b+c&d"), [("a".into(), "b c".into()), ("d".into(), String::new())]);
    }

    #[test]
    fn answers() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/xml\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let answer = parse(chunked).unwrap();
        assert_eq!((answer.status, answer.content_type.as_str(), answer.body.as_str()), (200, "text/xml", "abcde"));
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().status, 204);
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").is_none());
        assert!(parse(b"nonsense").is_none());
    }
}
