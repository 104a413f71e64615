//! Errors on the wire: RFC 9457 problem details, and the copilot's envelope of the same. The only file with status codes.

use std::any::Any;
use std::future::Future;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchcord_app::{AppError, Current};
use patchcord_domain::FieldError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::shape;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// Runs a request under its id, so that errors can name it.
pub(crate) async fn with_request_id<T>(id: String, work: impl Future<Output = T>) -> T {
    REQUEST_ID.scope(id, work).await
}

/// A problem as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// A name for this kind of problem.
    #[schema(example = "urn:patchcord:problem:validation_failed")]
    r#type: String,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong here and what to do about it.
    detail: String,
    /// A stable code.
    #[schema(example = "validation_failed")]
    code: String,
    /// Names this request in the server's log.
    request_id: String,
    /// Every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// The present state of what was changed in the meantime, with code `stale_version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<Value>,
}

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Path of the field.
    field: String,
    /// What is wrong and what is allowed.
    message: String,
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self { field: error.field, message: error.message }
    }
}

/// Anything that keeps a request from being answered as asked.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// From a use case.
    App(AppError),
    /// The body is not JSON.
    Malformed(String),
    /// The body nests too deep.
    TooDeep,
    /// The body has too many bytes.
    BodyTooLarge,
    /// The body is of another content type.
    WrongContentType,
    /// The offset is too deep.
    UseCursor,
    /// No token.
    NoToken,
    /// The carrier's signature does not fit, or there is none.
    BadSignature,
    /// There is no such route.
    NoRoute,
    /// The route exists, but not with this method.
    WrongMethod,
    /// A handler panicked.
    Panicked,
    /// It took too long.
    TimedOut,
    /// Too many requests; the number is after how many seconds the next one is heard.
    RateLimited(u64),
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        ApiError::App(error)
    }
}

impl ApiError {
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        ApiError::App(AppError::invalid(field, message))
    }

    /// The stable code and the words for people, for answers that carry several outcomes.
    pub(crate) fn code_and_detail(self) -> (String, String) {
        let (problem, _) = self.problem();
        (problem.code, problem.detail)
    }

    /// Whether there is nothing at the address.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, ApiError::App(AppError::NotFound(_)))
    }

    /// The stable code.
    pub(crate) fn code(self) -> String {
        self.problem().0.code
    }

    fn problem(self) -> (Problem, Option<u64>) {
        let mut retry_after = None;
        let mut errors = Vec::new();
        let mut current = None;
        let upstream_code;
        let (status, code, detail): (StatusCode, &str, String) = match self {
            ApiError::Malformed(detail) => (StatusCode::BAD_REQUEST, "malformed_json", detail),
            ApiError::TooDeep => {
                (StatusCode::BAD_REQUEST, "too_deep", "the body nests more than 32 levels deep".to_owned())
            }
            ApiError::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body has more than 1 MiB".to_owned())
            }
            ApiError::WrongContentType => {
                let detail = "send the body as application/json; files as multipart/form-data".to_owned();
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
            }
            ApiError::UseCursor => {
                let detail = "offsets beyond 10,000 are not served; follow nextCursor instead".to_owned();
                (StatusCode::UNPROCESSABLE_ENTITY, "use_cursor", detail)
            }
            ApiError::NoToken => {
                let detail = "sign in and send the access token as Authorization: Bearer <token>".to_owned();
                (StatusCode::UNAUTHORIZED, "token_missing", detail)
            }
            ApiError::BadSignature => {
                let detail = "this address takes requests that the carrier has signed".to_owned();
                (StatusCode::FORBIDDEN, "bad_signature", detail)
            }
            ApiError::NoRoute => {
                (StatusCode::NOT_FOUND, "no_such_route", "there is nothing at this address".to_owned())
            }
            ApiError::WrongMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this address does not take this method".to_owned())
            }
            ApiError::Panicked => internal(),
            ApiError::TimedOut => {
                retry_after = Some(5);
                (StatusCode::SERVICE_UNAVAILABLE, "timed_out", "the request took too long; try again".to_owned())
            }
            ApiError::RateLimited(seconds) => {
                retry_after = Some(seconds);
                let detail = format!("too many requests; try again in {seconds} seconds");
                (StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
            }
            ApiError::App(error) => match error {
                AppError::NotProvisioned => (StatusCode::FORBIDDEN, "user_not_provisioned", error.to_string()),
                AppError::NotFound(_) => (StatusCode::NOT_FOUND, "not_found", error.to_string()),
                AppError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", error.to_string()),
                AppError::Unauthenticated(code, detail) => (StatusCode::UNAUTHORIZED, code, detail.to_owned()),
                AppError::Invalid(faults) => {
                    let detail = match faults.as_slice() {
                        [one] => one.to_string(),
                        all => format!("{} fields are wrong", all.len()),
                    };
                    errors = faults.into_iter().map(Fault::from).collect();
                    (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", detail)
                }
                AppError::Conflict(code, detail) => (StatusCode::CONFLICT, code, detail),
                AppError::Taken(fault) => {
                    let detail = fault.to_string();
                    errors = vec![Fault::from(fault)];
                    (StatusCode::CONFLICT, "taken", detail)
                }
                AppError::Stale(state) => {
                    current = Some(match state {
                        Current::Ticket(detail) => shape::value(&shape::TicketDetail::from(&*detail)),
                        Current::User(user) => shape::value(&shape::UserRow::from(&*user)),
                        Current::SavedView(view) => shape::value(&shape::SavedViewRow::from(&*view)),
                        Current::Macro(row) => shape::value(&shape::MacroRow::from(&*row)),
                        Current::Workspace(settings) => shape::value(&shape::WorkspaceRow::from(&*settings)),
                        Current::Webhook(row) => shape::value(&shape::WebhookRow::from(&*row)),
                        Current::SlaPolicy(line) => shape::value(&shape::SlaPolicyRow::from(&*line)),
                        Current::Article(article) => shape::value(&shape::ArticleRow::from(&*article)),
                        Current::SupportAgent(agent) => shape::value(&shape::SupportAgentRow::from(&*agent)),
                        Current::Team(team) => shape::value(&shape::TeamRow::from(&*team)),
                        Current::PhoneNumber(number) => shape::value(&shape::PhoneNumberRow::from(&*number)),
                        Current::Organization(row) => shape::value(&shape::OrganizationRow::from(&*row)),
                        Current::Contact(row) => shape::value(&shape::ContactRow::from(&*row)),
                        Current::Location(row) => shape::value(&shape::LocationRow::from(&*row)),
                        Current::AccountManager(row) => shape::value(&shape::AccountManagerRow::from(&*row)),
                        Current::Call(detail) => shape::value(&shape::CallDetailRow::from(&*detail)),
                        Current::Device(detail) => shape::value(&shape::DeviceDetail::from(&*detail)),
                        Current::Entry(catalogue, entry) => shape::entry(catalogue, &entry),
                    });
                    let detail = "it was changed in the meantime; `current` is how it looks now".to_owned();
                    (StatusCode::CONFLICT, "stale_version", detail)
                }
                AppError::TooLarge(detail) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail),
                AppError::UnsupportedFile(detail) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_file", detail),
                AppError::TooManyAttempts(seconds) => {
                    retry_after = Some(seconds);
                    (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", AppError::TooManyAttempts(seconds).to_string())
                }
                AppError::Unavailable(detail) => {
                    retry_after = Some(2);
                    (StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
                }
                AppError::Upstream { code, detail, retry_after: wait } => {
                    retry_after = wait;
                    upstream_code = code;
                    let status = if wait.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_GATEWAY };
                    (status, upstream_code.as_ref(), detail)
                }
                AppError::TimedOut(detail) => (StatusCode::GATEWAY_TIMEOUT, "timed_out", detail),
                AppError::OverBudget(detail, seconds) => {
                    retry_after = Some(seconds);
                    (StatusCode::TOO_MANY_REQUESTS, "budget_exceeded", detail)
                }
                AppError::LeaseLost => internal(),
                AppError::Internal(detail) => {
                    tracing::error!(detail, "a request failed");
                    internal()
                }
            },
        };
        let problem = Problem {
            r#type: format!("urn:patchcord:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            code: code.to_owned(),
            request_id: REQUEST_ID.try_with(Clone::clone).unwrap_or_default(),
            errors,
            current,
        };
        (problem, retry_after)
    }
}

fn internal() -> (StatusCode, &'static str, String) {
    let detail = "something went wrong inside the desk; the request id names it in the log".to_owned();
    (StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (problem, retry_after) = self.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The same error in the copilot's envelope.
#[derive(Debug)]
pub(crate) struct CopilotError(pub(crate) ApiError);

/// A refused request to the copilot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refusal {
    /// Always false.
    ok: bool,
    /// What is wrong and what to do about it.
    error: String,
    /// A stable code.
    code: String,
    /// Names this request in the server's log.
    request_id: String,
    /// Every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

impl<E: Into<ApiError>> From<E> for CopilotError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for CopilotError {
    fn into_response(self) -> Response {
        let (problem, retry_after) = self.0.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let Problem { detail, code, request_id, errors, .. } = problem;
        let mut response =
            (status, Json(Refusal { ok: false, error: detail, code, request_id, errors })).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// For the layer that catches panics.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::Panicked.into_response()
}

pub(crate) fn timed_out() -> Response {
    ApiError::TimedOut.into_response()
}

pub(crate) fn rate_limited(seconds: u64, in_envelope: bool) -> Response {
    let error = ApiError::RateLimited(seconds);
    if in_envelope { CopilotError(error).into_response() } else { error.into_response() }
}

pub(crate) async fn method_not_allowed() -> Response {
    ApiError::WrongMethod.into_response()
}
