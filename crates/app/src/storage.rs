//! Files of tickets: on the disk of this machine, named by us, never by whoever sent them.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt};
use patchcord_domain::id::Entropy;

use crate::AppError;

/// Where files lie. Clones share it.
#[derive(Clone)]
pub struct Storage {
    files: Arc<dyn ObjectStore>,
}

impl Storage {
    /// A folder on this machine, made when it is missing. A file is on the disk before a write to it is acknowledged.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn folder(folder: &Path) -> Result<Self, AppError> {
        let opened = std::fs::create_dir_all(folder)
            .map_err(|error| error.to_string())
            .and_then(|()| LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string()));
        let files = opened.map_err(|error| AppError::Internal(format!("opening {}: {error}", folder.display())))?;
        Ok(Self { files: Arc::new(files.with_fsync(true)) })
    }

    /// Stores a file under a key of [`Storage::new_key`].
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the storage fails; nothing is kept.
    pub async fn put(&self, key: &str, content: Bytes) -> Result<(), AppError> {
        self.files.put(&key.into(), content.into()).await.map(drop).map_err(|error| unavailable("writing", &error))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is gone, [`AppError::Unavailable`] when the storage fails.
    pub async fn get(&self, key: &str) -> Result<Bytes, AppError> {
        let read = async { self.files.get(&key.into()).await?.bytes().await };
        read.await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => AppError::NotFound("file"),
            other => unavailable("reading", &other),
        })
    }

    /// Deletes a file that nothing points to. A file that stays behind does no harm, so failing is only logged.
    pub async fn forget(&self, key: &str) {
        if let Err(error) = self.files.delete(&key.into()).await {
            tracing::warn!(%error, "a file without a row stays behind");
        }
    }

    /// A new name: a random UUID (RFC 9562, version 4).
    pub fn new_key(entropy: &dyn Entropy) -> String {
        let mut bytes = [0_u8; 16];
        entropy.fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = patchcord_domain::audit::hex(&bytes);
        format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
    }
}

fn unavailable(doing: &str, error: &object_store::Error) -> AppError {
    tracing::error!(%error, doing, "the file storage failed");
    AppError::Unavailable("the file storage cannot be used right now; nothing was saved".into())
}
