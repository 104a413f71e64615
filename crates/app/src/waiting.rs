//! Waiting for a suggestion's result: woken by its event, never longer than a caller can be kept waiting.

use std::time::Duration;

use patchcord_domain::copilot::State;
use patchcord_domain::user::Actor;
use patchcord_store::rows::{Event, Suggestion};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::ai::over_budget;
use crate::copilot::is_final;
use crate::{App, AppError};

/// A look at the row without an event, in case that events come late.
const LOOK: Duration = Duration::from_secs(5);

/// Somebody who listens since before the suggestion was made, so that its end cannot be missed.
pub struct Waiting {
    events: Receiver<std::sync::Arc<Event>>,
}

impl App {
    /// Begins to listen.
    pub fn wait(&self) -> Waiting {
        Waiting { events: self.live.subscribe() }
    }

    /// The result of a suggestion, as soon as it is there.
    ///
    /// # Errors
    /// [`AppError::TimedOut`] when it takes too long (it goes on, and its status can be asked for); otherwise what the
    /// suggestion ended in.
    pub async fn result_of(&self, actor: &Actor, id: &str, mut waiting: Waiting) -> Result<Value, AppError> {
        let end = async {
            loop {
                let suggestion = self.suggestion(actor, id).await?;
                if is_final(&suggestion) {
                    return result(self, suggestion);
                }
                // A look now and then costs little and does not depend on anybody.
                let _ = tokio::time::timeout(LOOK, waiting.changed(id)).await;
            }
        };
        match tokio::time::timeout(Duration::from_millis(self.options.wait_ms), end).await {
            Ok(result) => result,
            Err(_) => {
                let detail = format!("it is not done yet; GET /api/copilot/v1/status/{id} tells when it is");
                Err(AppError::TimedOut(detail))
            }
        }
    }
}

impl Waiting {
    /// Ends when something was said about the suggestion, or when that may have been missed.
    async fn changed(&mut self, id: &str) {
        loop {
            match self.events.recv().await {
                Ok(event) if event.data["suggestionId"].as_str() == Some(id) => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                // The program is stopping; the limit of time ends the wait.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

fn result(app: &App, suggestion: Suggestion) -> Result<Value, AppError> {
    if suggestion.state == State::Success.as_str() {
        return suggestion.content.ok_or_else(|| AppError::Internal("a result has no content".into()));
    }
    let detail = suggestion.error.unwrap_or_default();
    Err(match suggestion.error_code.unwrap_or_default().as_str() {
        "budget_exceeded" => over_budget(app, detail),
        "cancelled" => AppError::Conflict("cancelled", detail),
        "copilot_off" => AppError::Unavailable(detail),
        "not_found" => AppError::NotFound("ticket"),
        "out_of_attempts" => AppError::Upstream { code: "out_of_attempts".into(), detail, retry_after: Some(30) },
        code => AppError::Upstream { code: code.to_owned().into(), detail, retry_after: None },
    })
}
