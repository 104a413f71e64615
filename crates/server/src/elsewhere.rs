//! With COPILOT_API_BASE_URL set, requests to the copilot are passed on to that server instead of being answered here.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;
use patchcord_app::AppError;
use patchcord_app::copilot::Health;
use patchcord_app::elsewhere::{Elsewhere, Passing};

use crate::error::CopilotError;
use crate::extract::Signed;
use crate::shape::{CopilotHealth, Envelope};
use crate::{Desk, is_copilots};

/// Passes on what is the copilot's, and lets everything else through.
pub(crate) async fn pass_on(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    match &desk.options.copilot_elsewhere {
        Some(elsewhere) if is_copilots(request.uri().path()) => {
            passed(&desk, elsewhere, request).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => next.run(request).await,
    }
}

/// Nobody without a valid token of this desk can use it to reach the other server; what they may do there, it decides.
async fn passed(desk: &Desk, elsewhere: &Elsewhere, request: Request) -> Result<Response, CopilotError> {
    let (mut parts, body) = request.into_parts();
    <Signed as axum::extract::FromRequestParts<Desk>>::from_request_parts(&mut parts, desk).await?;
    let path_and_query = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let passing = Passing {
        method: parts.method,
        path_and_query,
        headers: parts.headers,
        body: body.into_data_stream().map_err(std::io::Error::other),
    };
    match elsewhere.pass_on(passing).await {
        Ok(passed) => {
            let mut response = Response::new(Body::from_stream(passed.body));
            *response.status_mut() = StatusCode::from_u16(passed.status).unwrap_or(StatusCode::BAD_GATEWAY);
            *response.headers_mut() = passed.headers;
            Ok(response)
        }
        // A health page that cannot be reached is an answer about health.
        Err(AppError::Upstream { detail, .. } | AppError::TimedOut(detail))
            if parts.uri.path().ends_with("/health") =>
        {
            let health = Health { provider: "remote".into(), model: None, reachable: false, reason: Some(detail) };
            Ok(Json(Envelope::of(CopilotHealth::from(health))).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
