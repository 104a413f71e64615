//! `patchcord backup` and `patchcord restore`: database, attachments and secret in one file.

mod archive;
mod check;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use patchcord_app::App;
use patchcord_domain::time::{Clock, to_rfc3339};
use patchcord_store::{Options, Store, unscoped};
use serde_json::json;

use crate::commands::print;
use crate::machine::{self, SystemClock};
use crate::settings::Settings;
use crate::{pg_dump, wiring};
use archive::{Manifest, Writer, sha256};
use check::{Checked, check};

/// Rows read at once.
const BITE: u32 = 1_000;

/// `patchcord backup FILE`.
pub(crate) async fn write(settings: &Settings, file: &Path, as_json: bool) -> Result<()> {
    let Some(database) = wiring::store_options(settings).sqlite_file() else {
        let line = pg_dump::line(&settings.database_url, file);
        let text = format!(
            "PostgreSQL makes its own backups; the password comes from ~/.pgpass or PGPASSWORD:\n\n  {line}\n\n\
             Copy the attachments in {} and keep the secret (JWT_SECRET, or {}) with it.",
            settings.storage.shown(),
            settings.data_dir.join("secret").display()
        );
        return print(as_json, &json!({"command": line, "attachments": settings.storage.shown()}), &text);
    };
    if !database.exists() {
        bail!("there is no database at {}", database.display());
    }
    if file.exists() {
        bail!("{} is there already; choose another name", file.display());
    }
    let folder = parent(file);
    let beside = tempfile::Builder::new().prefix(".patchcord-backup-").tempdir_in(&folder);
    let beside = beside.with_context(|| format!("writing into {}", folder.display()))?;
    let copy = beside.path().join("patchcord.db");
    let app = wiring::app(settings, wiring::store(settings).await?, false)?;
    // Files are stored before their rows and stay: whatever the copy points to can be read afterwards.
    let copied = unscoped::copies::copy_to(&app.store, &copy.to_string_lossy()).await;
    let manifest = match copied {
        Ok(()) => fill(settings, &app, &copy, &beside.path().join("backup.tar")).await,
        Err(error) => Err(error).context("copying the database"),
    };
    app.store.close().await;
    let manifest = manifest?;
    // A link does not replace a file that somebody else has made meanwhile.
    let done = beside.path().join("backup.tar");
    std::fs::hard_link(&done, file).with_context(|| format!("writing {}", file.display()))?;
    std::fs::File::open(&folder).and_then(|folder| folder.sync_all()).context("writing the folder")?;
    let bytes = file.metadata().map(|facts| facts.len()).unwrap_or_default();
    let secret = if settings.jwt_secret.is_some() { "; JWT_SECRET is a setting and is not inside" } else { "" };
    let text = format!(
        "{}: {} tickets and {} attachments, {bytes} bytes{secret}\nIt holds customers' data and the secret: keep it safe.",
        file.display(),
        manifest.tickets,
        manifest.attachments
    );
    print(as_json, &json!({"file": file, "bytes": bytes, "manifest": manifest}), &text)
}

/// Puts everything into the archive.
async fn fill(settings: &Settings, app: &App, copy: &Path, target: &Path) -> Result<Manifest> {
    let rows = Store::connect(Options::new(format!("sqlite://{}", copy.display()))).await?;
    let gathered = gather(app, &rows, target).await;
    rows.close().await;
    let (mut writer, tickets, attachments) = gathered?;
    if settings.jwt_secret.is_none() {
        writer.add("secret", &machine::secret(&settings.data_dir)?)?;
    }
    writer.add_file("patchcord.db", copy)?;
    let manifest = Manifest {
        format: archive::FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: to_rfc3339(SystemClock.now()),
        tickets,
        attachments,
        sums: String::new(),
    };
    writer.finish(manifest)
}

async fn gather(app: &App, rows: &Store, target: &Path) -> Result<(Writer, i64, u64)> {
    let reader = rows.reader();
    if unscoped::copies::schema(reader).await?.is_empty() {
        bail!("the database is empty: start the server once, or run `patchcord migrate`");
    }
    let tickets = unscoped::copies::tickets(reader).await?;
    let mut writer = Writer::create(target)?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let files = unscoped::copies::files_after(reader, &after, BITE).await?;
        let Some(last) = files.last() else { break };
        after.clone_from(&last.storage_key);
        for file in files {
            let content = app.storage.get(&file.storage_key).await;
            let content = content.with_context(|| format!("reading the attachment {}", file.storage_key))?;
            if sha256(&content) != file.sha256 {
                bail!("the attachment {} is not as it was stored", file.storage_key);
            }
            writer.add(&format!("attachments/{}", file.storage_key), &content)?;
            count += 1;
        }
    }
    Ok((writer, tickets, count))
}

/// `patchcord restore FILE [--verify]`.
pub(crate) async fn restore(settings: &Settings, file: &Path, verify: bool, as_json: bool) -> Result<ExitCode> {
    if verify {
        let checked = check(settings, file, &std::env::temp_dir()).await?;
        return report(file, &checked, as_json);
    }
    let Some(database) = wiring::store_options(settings).sqlite_file() else {
        bail!("DATABASE_URL names PostgreSQL: restore there with pg_restore, or unset it to restore into a folder");
    };
    let folder = parent(&database);
    machine::make_folder(&settings.data_dir)?;
    machine::make_folder(&folder)?;
    let _lock = machine::lock(&database)?;
    for ending in ["", "-wal", "-shm", "-journal"] {
        let path = PathBuf::from(format!("{}{ending}", database.display()));
        if path.exists() {
            bail!("{} is there; a restore overwrites nothing: move it away first", path.display());
        }
    }
    let checked = check(settings, file, &folder).await?;
    if !checked.faults.is_empty() {
        return report(file, &checked, as_json);
    }
    put_secret(settings, &checked)?;
    let storage = settings.storage.open()?;
    archive::read(file, |entry| {
        let Some(key) = entry.name.strip_prefix("attachments/").map(str::to_owned) else { return Ok(()) };
        let content = entry.bytes()?;
        let put = storage.put(&key, content.into());
        Ok(tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(put))?)
    })?;
    let staged = checked.database();
    std::fs::set_permissions(&staged, std::fs::Permissions::from_mode(0o600)).context("protecting the database")?;
    std::fs::File::open(&staged).and_then(|file| file.sync_all()).context("writing the database")?;
    std::fs::rename(&staged, &database).with_context(|| format!("writing {}", database.display()))?;
    std::fs::File::open(&folder).and_then(|folder| folder.sync_all()).context("writing the folder")?;
    report(file, &checked, as_json)
}

fn put_secret(settings: &Settings, checked: &Checked) -> Result<()> {
    let Some(secret) = &checked.secret else {
        if settings.jwt_secret.is_none() {
            bail!("the backup has no secret inside: set JWT_SECRET to the one of that time");
        }
        return Ok(());
    };
    if settings.jwt_secret.as_ref().is_some_and(|own| own.as_bytes() != secret.as_slice()) {
        bail!("JWT_SECRET is not the secret of the backup; unset it, so that the backup's is used");
    }
    let path = settings.data_dir.join("secret");
    if path.exists() && std::fs::read(&path)? != *secret {
        bail!("{} is another secret than the backup's; move it away first", path.display());
    }
    machine::keep_secret(&settings.data_dir, secret)
}

fn report(file: &Path, checked: &Checked, as_json: bool) -> Result<ExitCode> {
    let Manifest { tickets, attachments, created_at, version, .. } = &checked.manifest;
    let sound = checked.faults.is_empty();
    let mut lines = vec![format!(
        "{}: {tickets} tickets and {attachments} attachments, written {created_at} by version {version}",
        file.display()
    )];
    if sound {
        lines.push(format!(
            "checksums, database, {} audit lines and every attachment are in order",
            checked.audit_lines
        ));
    }
    lines.extend(checked.faults.iter().map(|fault| format!("FAIL  {fault}")));
    let value = json!({
        "ok": sound, "manifest": checked.manifest, "auditLines": checked.audit_lines, "faults": checked.faults,
    });
    print(as_json, &value, &lines.join("\n"))?;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder of a file.
fn parent(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
