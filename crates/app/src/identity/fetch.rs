//! Asking an identity provider: bounded in time, size and number, and never led elsewhere.

use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;
use tokio::sync::Semaphore;

/// Requests that may be under way at once.
const PLACES: usize = 8;

/// Why there is no answer. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("it cannot be reached")]
    Unreachable,
    #[error("it took too long")]
    Timeout,
    #[error("its answer is longer than is read")]
    TooLarge,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer is not what was asked for")]
    NotJson,
}

/// A client that goes to the given address and nowhere else.
pub(super) struct Fetch {
    client: Client,
    limit: Duration,
    max_bytes: usize,
    places: Semaphore,
}

impl Fetch {
    pub(super) fn new(timeout_ms: u64, max_bytes: usize) -> Result<Self, reqwest::Error> {
        let limit = Duration::from_millis(timeout_ms);
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(limit)
            .timeout(limit)
            .build()?;
        Ok(Self { client, limit, max_bytes, places: Semaphore::new(PLACES) })
    }

    /// The JSON at an address.
    pub(super) async fn get(&self, url: &str) -> Result<Value, FetchError> {
        self.send(self.client.get(url)).await
    }

    /// The JSON that answers a form.
    pub(super) async fn post(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Value, FetchError> {
        let mut request =
            self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form(fields));
        if let Some((name, secret)) = basic {
            // RFC 6749, 2.3.1: both are encoded as in a form first.
            request = request.basic_auth(encoded(name), Some(encoded(secret)));
        }
        self.send(request).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, FetchError> {
        let place = tokio::time::timeout(self.limit, self.places.acquire()).await;
        let _place = place.map_err(|_| FetchError::Timeout)?.expect("it is never closed");
        let response = request.header(ACCEPT, "application/json").send().await.map_err(|error| broken(&error))?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        if response.content_length().is_some_and(|length| length > self.max_bytes as u64) {
            return Err(FetchError::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| broken(&error))?;
            if bytes.len() + chunk.len() > self.max_bytes {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|_| FetchError::NotJson)
    }
}

fn broken(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::Timeout } else { FetchError::Unreachable }
}

/// Fields as `application/x-www-form-urlencoded`.
fn form(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("https://form.invalid/").expect("it is an address");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

fn encoded(text: &str) -> String {
    form(&[("", text)]).trim_start_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert_eq!(form(&[("a", "1 &=2"), ("b", "ü")]), "a=1+%26%3D2&b=%C3%BC");
        assert_eq!(encoded("=a:b c"), "%3Da%3Ab+c");
    }
}
