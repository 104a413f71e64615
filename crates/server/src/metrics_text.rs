//! `/metrics`: what this process counts about itself, for Prometheus; and counting requests.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchcord_app::meters::is_token;

use crate::error::ApiError;
use crate::{Desk, address, extract};

/// Counts of this process in the text form of Prometheus. With `METRICS_TOKEN` set it is for whoever sends that token as
/// `Authorization: Bearer <token>`; without one, for this machine alone, and not through a proxy.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()), responses(
    (status = 200, description = "The counts", body = String, content_type = "text/plain"),
    (status = 401, description = "No token, a wrong one, or not from this machine", body = crate::error::Problem,
        content_type = "application/problem+json")))]
pub(crate) async fn metrics_text(State(desk): State<Desk>, request: Request<Body>) -> Result<Response, ApiError> {
    if !may_read(&desk, &request) {
        return Err(ApiError::NoToken);
    }
    let text = desk.app.metrics_text().await?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

fn may_read(desk: &Desk, request: &Request<Body>) -> bool {
    let headers = request.headers();
    match &desk.options.metrics_token {
        Some(token) => extract::bearer(headers).is_some_and(|sent| is_token(sent, token)),
        None => !is_forwarded(headers) && address::of(headers, request.extensions(), &[]).is_loopback(),
    }
}

/// Whether a proxy passed it on. One on this machine makes everybody look like this machine.
fn is_forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name))
}

/// Counts a request and how long it took, by the pattern of its route. Sockets are counted when they are opened.
pub(crate) async fn measure(
    State(desk): State<Desk>,
    route: Option<MatchedPath>,
    method: Method,
    request: Request<Body>,
    next: Next,
) -> Response {
    let began = desk.app.clock.now();
    let response = next.run(request).await;
    let took = desk.app.clock.now() - began;
    let route = route.as_ref().map(MatchedPath::as_str);
    desk.app.meters.request(method.as_str(), route, response.status().as_u16(), took);
    response
}
