//! Recordings: made by the carrier after the caller was told, brought into our own storage and deleted at the carrier, and given
//! to whoever may see the call.

use bytes::Bytes;
use patchcord_agents::CarrierError;
use patchcord_domain::user::Actor;
use patchcord_store::jobs::{NewJob, enqueue};
use patchcord_store::rows::{Call, Job};
use patchcord_store::unscoped::{self, calls as any_call};
use serde_json::json;

use crate::jobs::Failure;
use crate::storage::Storage;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// The kind of the jobs that fetch a recording.
pub(crate) const RECORDING: &str = "call_recording";
const PRIORITY: i64 = 4;
const ATTEMPTS: i64 = 10;

impl App {
    /// The recording of a call.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none, or no such call that the actor may see.
    pub async fn call_recording(&self, actor: &Actor, id: &str) -> Result<Bytes, AppError> {
        let call: Call = self.store.tenant(&actor.workspace_id).get(id).await?.ok_or(AppError::NotFound("call"))?;
        let key = call.recording_key.ok_or(AppError::NotFound("recording"))?;
        self.storage.get(&key).await
    }

    /// Has the carrier record a call whose caller was told so. The conversation goes on, whatever becomes of it.
    pub fn record_call(&self, sid: &str) {
        let Some(carrier) = self.calls.carrier.clone() else {
            tracing::warn!(call_sid = sid, "a call is not recorded: the carrier's account is not set up");
            return;
        };
        let (sid, address) = (sid.to_owned(), format!("{}/twilio/recording", self.options.public_url));
        self.background.spawn(async move {
            if let Err(error) = carrier.record(&sid, &address).await {
                tracing::warn!(%error, call_sid = sid, "a call is not recorded");
            }
        });
    }

    /// The carrier says that the recording of a call is complete. Told twice, it is fetched once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recording_is_there(&self, sid: &str, recording: &str) -> Result<(), AppError> {
        let Some(known) = any_call::by_sid(self.store.reader(), sid).await? else { return Ok(()) };
        let (app, of, recording) = (self.clone(), known.workspace(), recording.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let job = NewJob {
                        id: app.id(),
                        kind: RECORDING,
                        payload: json!({"callId": known.id, "recording": recording}),
                        priority: PRIORITY,
                        run_at: change.at,
                        max_attempts: ATTEMPTS,
                        dedup_key: Some(format!("{RECORDING}:{recording}")),
                        at: change.at,
                    };
                    enqueue(change.tenant, job).await?;
                    Ok::<_, AppError>(())
                })
            })
            .await
    }
}

/// Brings a recording into our storage, then deletes it at the carrier.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub(crate) async fn fetch_recording(app: &App, job: &Job) -> Result<(), Failure> {
    let workspace = job.workspace();
    let text = |name: &str| job.payload[name].as_str().unwrap_or_default().to_owned();
    let (id, recording) = (text("callId"), text("recording"));
    let call: Option<Call> = app.store.tenant(&workspace).get(&id).await?;
    let is_wanted = |call: &Call| call.erased_at.is_none() && call.recording_key.is_none();
    let Some(carrier) = app.calls.carrier.clone() else {
        return Err(Failure::Permanent { code: "no_carrier", message: "The carrier's account is not set up.".into() });
    };
    let key = match call.filter(is_wanted) {
        None => None,
        Some(_) => match carrier.recording(&recording).await {
            Ok(sound) => {
                let key = Storage::new_key(&*app.entropy);
                app.storage.put(&key, Bytes::from(sound)).await?;
                Some(key)
            }
            Err(CarrierError::Gone) => None,
            Err(error) if error.is_transient() => {
                return Err(Failure::Retry { error: error.to_string(), after_ms: None });
            }
            Err(error) => return Err(Failure::Permanent { code: "carrier_refused", message: error.to_string() }),
        },
    };
    let (again, done, kept) = (app.clone(), job.clone(), key.clone());
    let kept: Result<bool, AppError> = app
        .store
        .write(move |tx| {
            Box::pin(async move {
                let (of, now) = (done.workspace(), again.clock.now());
                let change = Change { app: &again, tenant: tx.tenant(&of), who: Who::System, at: now };
                let mut is_kept = false;
                if let Some(key) = kept
                    && let Some(mut call) = change.tenant.lock::<Call>(&id).await?
                    && is_wanted(&call)
                {
                    call.recording_key = Some(key);
                    change.save_call(call, "call.updated").await?;
                    is_kept = true;
                }
                unscoped::jobs::finish(tx, &done, now).await?;
                Ok(is_kept)
            })
        })
        .await;
    if !kept? && let Some(key) = key {
        // It was erased meanwhile.
        app.storage.forget(&key).await;
    }
    if let Err(error) = carrier.forget_recording(&recording).await {
        tracing::warn!(%error, "a recording stays at the carrier");
    }
    Ok(())
}
