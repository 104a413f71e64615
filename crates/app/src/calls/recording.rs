//! Recordings: kept in our own storage, given to whoever may see the call.

use bytes::Bytes;
use patchcord_domain::user::Actor;
use patchcord_store::rows::Call;

use crate::{App, AppError};

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
}
