//! Whether a backup is whole: checksums, the database's own checks, every audit trail, every attachment.

use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use patchcord_app::keys::Keys;
use patchcord_app::trail_check::verify_trails;
use patchcord_store::{Options, Reader, Store, known_migrations, unscoped};
use tempfile::TempDir;

use super::archive::{self, Manifest, sha256};
use crate::settings::Settings;

/// Rows read at once.
const BITE: u32 = 1_000;
/// Most faults that are told.
const FAULTS_MAX: usize = 100;

/// A backup that was read from front to back, and its database beside.
pub(super) struct Checked {
    pub(super) manifest: Manifest,
    pub(super) secret: Option<Vec<u8>>,
    pub(super) audit_lines: u64,
    /// What is wrong inside; the checksums were in order.
    pub(super) faults: Vec<String>,
    folder: TempDir,
}

impl Checked {
    /// The database, which a restore moves to its place.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.path().join("patchcord.db")
    }
}

/// Reads a backup; its database is put into a folder of its own below `beside`, which goes away with the result.
pub(super) async fn check(settings: &Settings, file: &Path, beside: &Path) -> Result<Checked> {
    let folder = tempfile::Builder::new().prefix(".patchcord-restore-").tempdir_in(beside);
    let folder = folder.with_context(|| format!("writing into {}", beside.display()))?;
    let database = folder.path().join("patchcord.db");
    let mut secret = None;
    // One line an attachment, in a file: there may be many.
    let mut files = BufWriter::new(tempfile::tempfile_in(folder.path()).context("making a temporary file")?);
    let manifest = archive::read(file, |entry| match entry.name.strip_prefix("attachments/").map(str::to_owned) {
        Some(key) => writeln!(files, "{key} {}", sha256(&entry.bytes()?)).context("writing a temporary file"),
        None if entry.name == "secret" => {
            secret = Some(entry.bytes()?);
            Ok(())
        }
        None => entry.copy_to(&database),
    })?;
    if !database.exists() {
        bail!("{} has no database inside", file.display());
    }
    let keys = match (&secret, &settings.jwt_secret) {
        (Some(secret), _) => Keys::derive(secret),
        (None, Some(secret)) => Keys::derive(secret.as_bytes()),
        (None, None) => bail!("the backup has no secret inside: set JWT_SECRET to the one of that time"),
    };
    let mut files = files.into_inner().context("writing a temporary file")?;
    files.rewind()?;
    let store = Store::connect(Options::new(format!("sqlite://{}", database.display()))).await?;
    let looked = look(store.reader(), &keys, BufReader::new(files)).await;
    store.close().await;
    let (audit_lines, faults) = looked?;
    Ok(Checked { manifest, secret, audit_lines, faults, folder })
}

async fn look(reader: &Reader, keys: &Keys, mut files: impl BufRead) -> Result<(u64, Vec<String>)> {
    let mut faults = Vec::new();
    let damage = unscoped::copies::damage(reader).await.unwrap_or_else(|error| vec![error.to_string()]);
    if !damage.is_empty() {
        return Ok((0, damage.into_iter().map(|fault| format!("database: {fault}")).collect()));
    }
    for name in unscoped::copies::schema(reader).await? {
        if known_migrations().all(|known| known != name) {
            bail!("the backup is of a newer version of Patchcord (schema {name}): restore it with that one");
        }
    }
    let verified = verify_trails(reader, &keys.audit).await?;
    faults.extend(verified.faults.into_iter().map(|fault| format!("audit trail: {fault}")));
    let mut after = String::new();
    let mut there = next(&mut files)?;
    loop {
        let rows = unscoped::copies::files_after(reader, &after, BITE).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.storage_key);
        for row in rows {
            // Both are in the order of their names.
            while there.as_ref().is_some_and(|(key, _)| *key < row.storage_key) {
                there = next(&mut files)?;
            }
            match &there {
                Some((key, sum)) if *key == row.storage_key => {
                    if *sum != row.sha256 {
                        faults.push(format!("attachment {key} is not as it was stored"));
                    }
                }
                _ => faults.push(format!("attachment {} is missing", row.storage_key)),
            }
        }
    }
    faults.truncate(FAULTS_MAX);
    Ok((verified.lines, faults))
}

fn next(files: &mut impl BufRead) -> Result<Option<(String, String)>> {
    let mut line = String::new();
    files.read_line(&mut line).context("reading a temporary file")?;
    Ok(line.trim_end().split_once(' ').map(|(key, sum)| (key.to_owned(), sum.to_owned())))
}
