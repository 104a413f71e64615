//! Files of tickets: in a folder of this machine or in a bucket, named by us, never by whoever sent them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use patchcord_domain::id::Entropy;

use crate::AppError;

/// Where files lie. Clones share it.
#[derive(Clone)]
pub struct Storage {
    files: Arc<dyn ObjectStore>,
}

/// A bucket of Amazon S3 or of a server that speaks the same, and how to get in.
#[derive(Clone)]
pub struct Bucket {
    /// Name of the bucket.
    pub name: String,
    /// What the names of files begin with; empty for none.
    pub prefix: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Address of the server; Amazon's own for the region when absent. Then the bucket's name is the first part of the path.
    pub endpoint: Option<String>,
    /// Name of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// Of temporary keys.
    pub session_token: Option<String>,
    /// How long one request may take, in milliseconds.
    pub timeout_ms: u64,
    /// How often a request that failed in passing is tried again.
    pub retries: usize,
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

    /// A bucket. Nothing is taken from the environment: everything is in the argument. The bucket is reached at first use.
    ///
    /// # Errors
    /// When the endpoint is malformed.
    pub fn bucket(bucket: Bucket) -> Result<Self, AppError> {
        let timeout = Duration::from_millis(bucket.timeout_ms);
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(50),
                max_backoff: Duration::from_secs(2),
                ..BackoffConfig::default()
            },
            max_retries: bucket.retries,
            retry_timeout: timeout * 3,
        };
        let options = ClientOptions::new()
            .with_timeout(timeout)
            .with_connect_timeout(timeout.min(Duration::from_secs(5)))
            .with_allow_http(bucket.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://")));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.access_key_id)
            .with_secret_access_key(&bucket.secret_access_key)
            // Servers other than Amazon's often cannot delete several files at once.
            .with_disable_bulk_delete(true)
            .with_client_options(options)
            .with_retry(retry);
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(token) = &bucket.session_token {
            builder = builder.with_token(token);
        }
        let files = builder.build().map_err(|error| AppError::Internal(format!("bucket {}: {error}", bucket.name)))?;
        if bucket.prefix.is_empty() {
            return Ok(Self { files: Arc::new(files) });
        }
        Ok(Self { files: Arc::new(PrefixStore::new(files, bucket.prefix)) })
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

    /// How many bytes a file has; none when it is not there.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the storage fails.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, AppError> {
        match self.files.head(&key.into()).await {
            Ok(file) => Ok(Some(file.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unavailable("looking at", &error)),
        }
    }

    /// Writes, reads and deletes a file of its own: whether the storage can be used.
    ///
    /// # Errors
    /// What failed, in words for an operator.
    pub async fn try_out(&self, entropy: &dyn Entropy) -> Result<(), String> {
        let (key, content) = (Self::new_key(entropy), Bytes::from_static(b"patchcord was here"));
        let path = key.as_str().into();
        let put = self.files.put(&path, content.clone().into()).await;
        put.map_err(|error| format!("a file cannot be written: {error}"))?;
        let read = async { self.files.get(&path).await?.bytes().await };
        let read = read.await.map_err(|error| format!("a file that was written cannot be read: {error}"))?;
        let same = read == content;
        self.files.delete(&path).await.map_err(|error| format!("a file cannot be deleted: {error}"))?;
        if same { Ok(()) } else { Err("a file was not read as it was written".to_owned()) }
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
