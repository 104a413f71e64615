//! A program that talks to the desk over HTTP.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::document;

/// Somebody at the other end of a socket, signed in or not. Clones share cookies.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// The access token.
    pub(crate) token: Option<String>,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), base: base.to_owned(), token: None }
    }

    /// Signs in; the session stays with this client.
    pub(crate) async fn signed_in(mut self, email: &str, password: &str) -> Self {
        let session = self.post("/api/auth/login", json!({"email": email, "password": password})).await.expect(200);
        self.token = Some(session["accessToken"].as_str().unwrap().to_owned());
        self
    }

    /// The same client with another token, or none.
    pub(crate) fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// A request that the test completes itself; [`Answer::of`] sends it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base)).timeout(Duration::from_secs(30));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// A POST under an idempotency key.
    pub(crate) async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).header("idempotency-key", key).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Sends a file to a ticket.
    pub(crate) async fn attach(&self, ticket: &str, name: &str, content: impl Into<Vec<u8>>) -> Answer {
        let form = Form::new().part("file", Part::bytes(content.into()).file_name(name.to_owned()));
        self.attach_form(ticket, form).await
    }

    /// Sends a form to a ticket.
    pub(crate) async fn attach_form(&self, ticket: &str, form: Form) -> Answer {
        Answer::of(self.request(Method::POST, &format!("/api/tickets/{ticket}/attachments")).multipart(form)).await
    }

    /// Opens a ticket and gives its answer.
    pub(crate) async fn ticket(&self, subject: &str, message: &str) -> Value {
        self.post("/api/tickets", json!({"subject": subject, "message": message})).await.expect(201)
    }

    /// Asks the copilot and waits for the end of it: the status's data, whether it succeeded or not.
    pub(crate) async fn copilot(&self, action: &str, body: Value) -> Value {
        let asked = self.post(&format!("/api/copilot/v1/{action}"), body).await.expect(202);
        self.finished(asked["data"]["suggestionId"].as_str().unwrap()).await
    }

    /// Waits until a suggestion has ended.
    pub(crate) async fn finished(&self, suggestion_id: &str) -> Value {
        let began = Instant::now();
        loop {
            let status = self.get(&format!("/api/copilot/v1/status/{suggestion_id}")).await.expect(200);
            let data = status["data"].clone();
            if matches!(data["state"].as_str(), Some("success" | "error")) {
                return data;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "it does not end: {data}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// Sends the request. An answer that the OpenAPI document does not describe fails the test.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        let body = serde_json::from_str(&text).unwrap_or_default();
        let answer = Self { status, headers, body, text };
        document::expect_described(&method, &path, &answer);
        answer
    }

    /// The fields that were wrong, when the answer is a 422.
    #[track_caller]
    pub(crate) fn wrong_fields(self) -> Vec<String> {
        let body = self.refused(422, "validation_failed");
        let errors = body["errors"].as_array().unwrap();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// The body, when the status is the expected one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// The body of a refusal, when status and code are the expected ones.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.text);
        self.body
    }

    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}
