//! The copilot on another server: requests are passed on and answers come back as they are, both bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use reqwest::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName};
use reqwest::{Body, Client, Method, Url};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::AppError;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the whole exchange may take; the synchronous forms wait for a minute themselves.
const TIMEOUT: Duration = Duration::from_secs(75);
/// Largest body of a request, in bytes.
const REQUEST_MAX: usize = 1024 * 1024;
const TOO_LARGE: &str = "the body has more than 1 MiB";
/// Largest answer, in bytes.
const ANSWER_MAX: usize = 8 * 1024 * 1024;
/// Requests under way at once.
const PLACES: usize = 64;

/// Headers that belong to one connection (RFC 9110, 7.6.1), or to the browser and this server alone.
const KEPT_HERE: [&str; 15] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "cookie",
    "set-cookie",
    "expect",
    "forwarded",
];

/// The server behind COPILOT_API_BASE_URL. Clones share the connections.
#[derive(Clone)]
pub struct Elsewhere {
    base_url: String,
    client: Client,
    places: Arc<Semaphore>,
}

/// A request as it came, without what names this server.
pub struct Passing<S> {
    /// The method.
    pub method: Method,
    /// Path and query, such as `/api/copilot/v1/status/ID?x=1`.
    pub path_and_query: String,
    /// Every header.
    pub headers: HeaderMap,
    /// The body, piece by piece.
    pub body: S,
}

/// What came back.
pub struct Passed {
    /// The status.
    pub status: u16,
    /// Its headers without those that belong to the connection.
    pub headers: HeaderMap,
    /// The body, piece by piece; it breaks off when it is too long.
    pub body: BoxStream<'static, Result<Bytes, std::io::Error>>,
}

impl Elsewhere {
    /// Takes the address of the server, without `/api`. Redirects are not followed and proxies of the environment are not
    /// used: the caller's token goes to that server and nowhere else.
    ///
    /// # Errors
    /// What is wrong with the setting, for the operator.
    pub fn new(base_url: &str) -> Result<Self, String> {
        let url = Url::parse(base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.ok_or("COPILOT_API_BASE_URL is not an address that begins with http:// or https://")?;
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| format!("the client of COPILOT_API_BASE_URL cannot be set up: {error}"))?;
        let places = Arc::new(Semaphore::new(PLACES));
        Ok(Self { base_url: base_url.trim_end_matches('/').to_owned(), client, places })
    }

    /// Passes a request on.
    ///
    /// # Errors
    /// [`AppError::TooLarge`] when the body is, [`AppError::TimedOut`] and [`AppError::Upstream`] when the server does not
    /// answer.
    pub async fn pass_on<S>(&self, request: Passing<S>) -> Result<Passed, AppError>
    where
        S: Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    {
        let announced =
            request.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > REQUEST_MAX) {
            return Err(AppError::TooLarge(TOO_LARGE.into()));
        }
        let place = self.places.clone().try_acquire_owned().map_err(|_| away("too many requests are under way"))?;
        let too_large = Arc::new(AtomicBool::new(false));
        let body = bounded(request.body, REQUEST_MAX, too_large.clone());
        let mut call =
            self.client.request(request.method.clone(), format!("{}{}", self.base_url, request.path_and_query));
        call = call.headers(passing(request.headers));
        if request.method != Method::GET && request.method != Method::HEAD {
            call = call.body(Body::wrap_stream(body));
        }
        let response = call.send().await.map_err(|error| {
            if too_large.load(Ordering::Relaxed) {
                AppError::TooLarge(TOO_LARGE.into())
            } else if error.is_timeout() {
                AppError::TimedOut("the server behind COPILOT_API_BASE_URL did not answer in time".into())
            } else if error.is_connect() {
                away("there is no connection")
            } else {
                away("the connection broke")
            }
        })?;
        let status = response.status();
        if status.is_redirection() {
            let detail = "The server behind COPILOT_API_BASE_URL answers with a redirect, which is not followed.";
            return Err(AppError::Upstream {
                code: "copilot_refused".into(),
                detail: detail.into(),
                retry_after: None,
            });
        }
        let headers = passing(response.headers().clone());
        let stream = response.bytes_stream().map(|piece| piece.map_err(std::io::Error::other));
        let body = bounded(stream, ANSWER_MAX, Arc::new(AtomicBool::new(false)));
        Ok(Passed { status: status.as_u16(), headers, body: held(body, place).boxed() })
    }
}

fn away(reason: &str) -> AppError {
    let detail = format!("The server behind COPILOT_API_BASE_URL cannot be reached: {reason}.");
    AppError::Upstream { code: "copilot_unavailable".into(), detail, retry_after: Some(5) }
}

/// Headers that may go on; those that `Connection` names are of the connection too.
fn passing(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in KEPT_HERE {
        headers.remove(name);
    }
    headers
}

/// The stream, broken off with an error when it is longer than `max`.
fn bounded<S, E>(
    stream: S,
    max: usize,
    exceeded: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static
where
    S: Stream<Item = Result<Bytes, E>> + Send + 'static,
    E: Into<std::io::Error>,
{
    let mut taken = 0;
    stream.map(move |piece| {
        let piece = piece.map_err(Into::into)?;
        taken += piece.len();
        if taken > max {
            exceeded.store(true, Ordering::Relaxed);
            return Err(std::io::Error::other("the body is too long"));
        }
        Ok(piece)
    })
}

/// The stream, which keeps its place until it is read or dropped.
fn held<S: Stream>(stream: S, place: OwnedSemaphorePermit) -> impl Stream<Item = S::Item> {
    stream.inspect(move |_| {
        let _ = &place;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_stay_here() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer x"),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("connection", "keep-alive, X-Own"),
            ("x-own", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("cookie", "refresh=secret"),
            ("host", "desk"),
            ("upgrade", "websocket"),
        ] {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let mut kept: Vec<String> = passing(headers).keys().map(ToString::to_string).collect();
        kept.sort();
        assert_eq!(kept, ["authorization", "content-type", "idempotency-key"]);
    }
}
