//! The same request twice is one effect: the answer is kept in the transaction of the effect and given again. It is kept
//! sealed, for some answers carry a secret, and erased when its day is over.

use aws_lc_rs::digest;
use futures::future::BoxFuture;
use patchcord_domain::audit::hex;
use patchcord_domain::time::{DAY, Millis};
use patchcord_domain::user::Actor;
use patchcord_store::Tx;
use patchcord_store::idempotency::{self, Slot};
use patchcord_store::rows::IdempotencyKey;
use serde_json::Value;

use crate::{App, AppError};

/// How long an answer is given again.
const KEPT: Millis = DAY;
/// Longest key, in characters.
pub const KEY_MAX: usize = 200;

/// What makes two requests the same one: taken from the `Idempotency-Key` header, the route and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    key: String,
    method: String,
    path: String,
    request_hash: String,
}

impl Once {
    /// Takes the client's key, the method, the path with its ids, and the bytes of the body.
    ///
    /// # Errors
    /// When the key is empty, too long or has characters outside printable ASCII.
    pub fn new(key: &str, method: &str, path: &str, body: &[u8]) -> Result<Self, AppError> {
        if key.is_empty() || key.len() > KEY_MAX || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            let message = format!("must have 1 to {KEY_MAX} printable ASCII characters");
            return Err(AppError::invalid("Idempotency-Key", message));
        }
        let request_hash = hex(digest::digest(&digest::SHA256, body).as_ref());
        Ok(Self { key: key.to_owned(), method: method.to_owned(), path: path.to_owned(), request_hash })
    }
}

/// A fresh result, or the answer that was given to the same request before.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered<T> {
    /// Done now.
    New(T),
    /// Done before: the status and the body of then.
    Again(u16, Value),
}

/// How an answer looks on the wire; the server passes it in so that it can be kept with the effect.
pub type Shape<T> = fn(&T) -> (u16, Value);

impl App {
    /// Runs `work` in a transaction, once per key.
    pub(crate) async fn write_once<T, F>(
        &self,
        actor: &Actor,
        once: Option<Once>,
        shape: Shape<T>,
        work: F,
    ) -> Result<Answered<T>, AppError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T, AppError>> + Send + 'static,
    {
        let (app, actor) = (self.clone(), actor.clone());
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let Some(once) = once else { return work(tx).await.map(Answered::New) };
                    let tenant = tx.tenant(&actor.workspace_id);
                    let slot =
                        Slot { user_id: actor.user_id.clone(), method: once.method, path: once.path, key: once.key };
                    if let Some(before) = idempotency::claim(tenant, &slot, &once.request_hash, now, now + KEPT).await?
                    {
                        return app.again(&once.request_hash, before);
                    }
                    let value = work(tx).await?;
                    let (status, body) = shape(&value);
                    let place = place(tenant.workspace_id().as_str(), &slot, &once.request_hash);
                    let sealed = app.keys.answers.close(&*app.entropy, &place, &body.to_string());
                    idempotency::complete(tenant, &slot, status, &sealed).await?;
                    Ok(Answered::New(value))
                })
            })
            .await
    }

    /// The answer that the same request had before, for those that do much before they write.
    pub(crate) async fn answered_before<T>(
        &self,
        actor: &Actor,
        once: Option<&Once>,
    ) -> Result<Option<Answered<T>>, AppError> {
        let Some(once) = once else { return Ok(None) };
        let Once { key, method, path, .. } = once.clone();
        let slot = Slot { user_id: actor.user_id.clone(), method, path, key };
        let before = idempotency::find(self.store.tenant(&actor.workspace_id), &slot).await?;
        let before = before.filter(|before| before.expires_at > self.clock.now());
        before.map(|before| self.again(&once.request_hash, before)).transpose()
    }

    fn again<T>(&self, request_hash: &str, before: IdempotencyKey) -> Result<Answered<T>, AppError> {
        let conflict = |code, detail: &str| Err(AppError::Conflict(code, detail.to_owned()));
        if before.request_hash != request_hash {
            let detail = "this Idempotency-Key was used for another request; use a new key for a new request";
            return conflict("idempotency_key_reused", detail);
        }
        let IdempotencyKey { workspace_id, user_id, method, path, key, response_status, response_body, .. } = before;
        let place = place(&workspace_id, &Slot { user_id, method, path, key }, request_hash);
        let status = response_status.and_then(|status| u16::try_from(status).ok());
        let (Some(status), Some(sealed)) = (status, response_body) else {
            return conflict("idempotency_key_in_use", "the first request with this key is not done");
        };
        let body = self.keys.answers.open(&place, &sealed).and_then(|body| serde_json::from_str(&body).ok());
        let Some(body) = body else {
            tracing::warn!("a kept answer was sealed with another key");
            return conflict(
                "idempotency_answer_lost",
                "this request was done before, but its answer cannot be read any more",
            );
        };
        Ok(Answered::Again(status, body))
    }
}

/// Where an answer lies: it cannot be opened for another workspace, user, route, key or request.
fn place(workspace_id: &str, slot: &Slot, request_hash: &str) -> String {
    let Slot { user_id, method, path, key } = slot;
    [workspace_id, user_id, method, path, key, request_hash].join("\n")
}
