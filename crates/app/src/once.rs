//! The same request twice is one effect: the answer is kept in the transaction of the effect and given again.

use aws_lc_rs::digest;
use futures::future::BoxFuture;
use patchcord_domain::audit::hex;
use patchcord_domain::time::{DAY, Millis};
use patchcord_domain::user::Actor;
use patchcord_store::idempotency::{self, Slot};
use patchcord_store::{StoreError, Tx};
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
        let actor = actor.clone();
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
                        return again(
                            before.request_hash == once.request_hash,
                            before.response_status,
                            before.response_body,
                        );
                    }
                    let value = work(tx).await?;
                    let (status, body) = shape(&value);
                    idempotency::complete(tenant, &slot, status, &body.to_string()).await?;
                    Ok(Answered::New(value))
                })
            })
            .await
    }
}

/// A result, and the answer to it as it is kept.
struct Sealed<T> {
    value: T,
    kept: (u16, Value),
}

impl App {
    /// Like [`App::write_once`], for answers that carry a secret: they are kept sealed, and go when the key expires.
    pub(crate) async fn write_once_sealed<T, F>(
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
        let app = self.clone();
        let kept: Shape<Sealed<T>> = |sealed| sealed.kept.clone();
        let answered = self
            .write_once(actor, once, kept, move |tx| {
                Box::pin(async move {
                    let value = work(tx).await?;
                    let (status, body) = shape(&value);
                    let kept = app.keys.answers.seal(&*app.entropy, body.to_string().as_bytes());
                    Ok(Sealed { value, kept: (status, Value::String(kept)) })
                })
            })
            .await?;
        Ok(match answered {
            Answered::New(sealed) => Answered::New(sealed.value),
            Answered::Again(status, kept) => {
                let body = kept.as_str().and_then(|text| self.keys.answers.open(text));
                let body = body.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                let lost = || AppError::Internal("a kept answer was sealed with another secret".into());
                Answered::Again(status, body.ok_or_else(lost)?)
            }
        })
    }
}

fn again<T>(same: bool, status: Option<i64>, body: Option<String>) -> Result<Answered<T>, AppError> {
    if !same {
        let detail = "this Idempotency-Key was used for another request; use a new key for a new request";
        return Err(AppError::Conflict("idempotency_key_reused", detail.into()));
    }
    let (Some(status), Some(body)) = (status.and_then(|status| u16::try_from(status).ok()), body) else {
        return Err(AppError::Conflict("idempotency_key_in_use", "the first request with this key is not done".into()));
    };
    let body = serde_json::from_str(&body)
        .map_err(|error| AppError::from(StoreError::Internal(format!("a kept answer is not JSON: {error}"))))?;
    Ok(Answered::Again(status, body))
}
