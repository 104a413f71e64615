//! Where attachments lie: `STORAGE_URL` and the usual variables of Amazon's tools, read from the settings.

use std::path::{Path, PathBuf};

use anyhow::Result;
use patchcord_app::storage::{Bucket, Storage};

/// How long one request to a bucket may take.
const TIMEOUT_MS: u64 = 10_000;
/// How often a request that failed in passing is tried again.
const RETRIES: usize = 3;

/// A folder or a bucket.
#[derive(Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
}

impl Place {
    /// Reads the settings; `get` gives the value of one, empty when it is not set.
    ///
    /// # Errors
    /// A line for each fault.
    pub(crate) fn read(get: impl Fn(&'static str) -> String, data_dir: &Path) -> Result<Self, Vec<String>> {
        let url = get("STORAGE_URL");
        if url.is_empty() {
            return Ok(Self::Folder(data_dir.join("attachments")));
        }
        if let Some(path) = url.strip_prefix("file://") {
            if path.starts_with('/') && path.len() > 1 {
                return Ok(Self::Folder(path.into()));
            }
            return Err(vec![format!("STORAGE_URL is {url:?}, but a folder needs its whole path: file:///srv/files")]);
        }
        let Some(rest) = url.strip_prefix("s3://") else {
            return Err(vec![format!("STORAGE_URL is {url:?}, but must begin with file:// or s3://")]);
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let mut faults = Vec::new();
        if name.is_empty() || name.contains(['@', '?', '#']) {
            faults.push(format!("STORAGE_URL is {url:?}, but must be s3://BUCKET or s3://BUCKET/PREFIX"));
        }
        for needed in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            if get(needed).is_empty() {
                faults.push(format!("{needed} is not set, which s3:// in STORAGE_URL needs"));
            }
        }
        let optional = |name| Some(get(name)).filter(|text| !text.is_empty());
        let endpoint = optional("AWS_ENDPOINT_URL").map(|url| url.trim_end_matches('/').to_owned());
        if endpoint.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            faults.push("AWS_ENDPOINT_URL must begin with http:// or https://".to_owned());
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self::Bucket(Box::new(Bucket {
            name: name.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            region: optional("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            endpoint,
            access_key_id: get("AWS_ACCESS_KEY_ID"),
            secret_access_key: get("AWS_SECRET_ACCESS_KEY"),
            session_token: optional("AWS_SESSION_TOKEN"),
            timeout_ms: TIMEOUT_MS,
            retries: RETRIES,
        })))
    }

    /// Opens it. A bucket is reached at first use.
    pub(crate) fn open(&self) -> Result<Storage> {
        Ok(match self {
            Place::Folder(folder) => Storage::folder(folder)?,
            Place::Bucket(bucket) => Storage::bucket(Bucket::clone(bucket))?,
        })
    }

    /// As an operator may see it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Place::Folder(folder) => folder.display().to_string(),
            Place::Bucket(bucket) => {
                let at = bucket.endpoint.as_deref().unwrap_or("Amazon");
                format!("s3://{}/{} at {at}", bucket.name, bucket.prefix)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Place, Vec<String>> {
        let get = |name: &'static str| {
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()).unwrap_or_default()
        };
        Place::read(get, Path::new("data"))
    }

    #[test]
    fn places() {
        let key = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let with = |more: &[(&'static str, &'static str)]| read(&[&key, more].concat()).map(|place| place.shown());
        assert_eq!(read(&[]).map(|place| place.shown()).unwrap(), "data/attachments");
        assert_eq!(with(&[("STORAGE_URL", "file:///srv/files")]).unwrap(), "/srv/files");
        assert_eq!(with(&[("STORAGE_URL", "s3://desk/a/b/")]).unwrap(), "s3://desk/a/b at Amazon");
        let own = [("STORAGE_URL", "s3://desk"), ("AWS_ENDPOINT_URL", "http://minio:9000/")];
        assert_eq!(with(&own).unwrap(), "s3://desk/ at http://minio:9000");
    }

    #[test]
    fn every_fault_is_told() {
        let faults = |values: &[(&str, &str)]| read(values).err().unwrap().join("\n");
        assert!(faults(&[("STORAGE_URL", "file://files")]).contains("whole path"));
        assert!(faults(&[("STORAGE_URL", "ftp://x")]).contains("file:// or s3://"));
        let text = faults(&[("STORAGE_URL", "s3:///a"), ("AWS_ENDPOINT_URL", "minio:9000")]);
        for part in ["s3://BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
