//! Whether the process lives, and whether it should be sent requests.

use std::sync::atomic::Ordering;

use axum::extract::State;
use patchcord_app::AppError;

use crate::Desk;
use crate::error::ApiError;

/// Says that the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()), responses((status = 200, description = "The process lives", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Says whether requests should be sent here: the database answers and the server does not drain.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()), responses((status = 200, description = "Ready for requests", body = String)))]
pub(crate) async fn readyz(State(desk): State<Desk>) -> Result<&'static str, ApiError> {
    if desk.draining.load(Ordering::Relaxed) {
        return Err(ApiError::App(AppError::Unavailable("this server is shutting down".into())));
    }
    desk.app.store.ping().await.map_err(AppError::from)?;
    Ok("ready")
}
