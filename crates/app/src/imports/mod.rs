//! Lists of organizations, contacts and devices from a file: tried out first, then written as a whole or not at all.
//!
//! The file is read twice, a piece at a time, so that memory does not grow with it. The first reading looks at every line without
//! a transaction, and finds what is wrong. The second one decides anew, in one transaction, by what is there at that moment: a
//! row that was changed or added in between is seen as it is, and a line that does not fit any more takes everything back.

mod contacts;
mod devices;
mod file;
mod organizations;
mod pass;
mod places;

use aws_lc_rs::digest;
use patchcord_domain::FieldError;
use patchcord_domain::audit::hex;
use patchcord_domain::import::{FILE_MAX, Kind, Mapping};
use patchcord_domain::user::{Actor, Role};
use patchcord_store::imports::{self, Reading};
use patchcord_store::{Tenant, Tx, events};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::error::require;
use crate::{Answered, App, AppError, Once, Shape};
use file::Table;
use pass::Pass;
pub use pass::{Besides, LineFault, Report};

/// Imports of this process that are read or written at the same time: each has a file on the disk and some memory.
static PLACES: Semaphore = Semaphore::const_new(2);
/// How long an import waits for a place.
const WAIT: std::time::Duration = std::time::Duration::from_secs(20);
/// Lines of one piece.
const PIECE: usize = 500;

/// Where a file is kept while it arrives: on the disk, without a name, so that nothing is left of it whatever happens.
pub struct Spool {
    file: tokio::fs::File,
    size: u64,
    digest: digest::Context,
}

/// A file that has arrived.
pub struct Spooled {
    file: std::fs::File,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Spool {
    /// An empty file.
    ///
    /// # Errors
    /// When the machine has no place for it.
    pub fn new() -> Result<Self, AppError> {
        let file = tempfile::tempfile().map_err(|error| no_place(&error))?;
        let digest = digest::Context::new(&digest::SHA256);
        Ok(Self { file: tokio::fs::File::from_std(file), size: 0, digest })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`AppError::TooLarge`] beyond 32 MiB; when the disk fails.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        self.size += bytes.len() as u64;
        if self.size > FILE_MAX {
            return Err(AppError::TooLarge("files have at most 32 MiB; cut it into several".into()));
        }
        self.digest.update(bytes);
        self.file.write_all(bytes).await.map_err(|error| no_place(&error))
    }

    /// Says that there is no more.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn finish(mut self) -> Result<Spooled, AppError> {
        self.file.flush().await.map_err(|error| no_place(&error))?;
        let sha256 = hex(self.digest.finish().as_ref());
        Ok(Spooled { file: self.file.into_std().await, sha256 })
    }
}

fn no_place(error: &std::io::Error) -> AppError {
    tracing::error!(%error, "an uploaded file cannot be kept for a while");
    AppError::Unavailable("the file cannot be kept for as long as it takes to read it; nothing was saved".into())
}

/// A file and what shall become of it.
pub struct NewImport {
    /// As the sender calls it.
    pub file_name: String,
    /// Its bytes.
    pub file: Spooled,
    /// What it is a list of.
    pub kind: Kind,
    /// Whether it is only tried out.
    pub dry_run: bool,
    /// Whether locations and entries of catalogues that are missing are added.
    pub create_missing: bool,
    /// What its columns mean.
    pub mapping: Mapping,
}

impl App {
    /// Reads a file and says what would become of it, or writes it as a whole.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the lines that are wrong, when it was to be written: then nothing of it is.
    pub async fn import(
        &self,
        actor: &Actor,
        input: NewImport,
        once: Option<Once>,
        shape: Shape<Report>,
    ) -> Result<Answered<Report>, AppError> {
        require(actor, Role::Admin)?;
        if let Some(again) = self.answered_before(actor, once.as_ref()).await? {
            return Ok(again);
        }
        let busy = || AppError::Unavailable("other files are being imported; try again in a moment".into());
        let place = tokio::time::timeout(WAIT, PLACES.acquire()).await.map_err(|_| busy())?;
        let _place = place.map_err(|_| busy())?;
        let mut pass = Pass::new(self, actor, &input).await?;
        self.try_out(actor, &mut pass, &input).await?;
        if input.dry_run {
            return Ok(Answered::New(pass.report));
        }
        expect_clean(&pass.report)?;
        let second = Pass::new(self, actor, &input).await?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move { app.write_import(tx.tenant(&acting.workspace_id), &acting, second, &input).await })
        })
        .await
    }

    /// The first reading.
    async fn try_out(&self, actor: &Actor, pass: &mut Pass, input: &NewImport) -> Result<(), AppError> {
        let (file, kind, mapping) = (again(&input.file)?, input.kind, input.mapping.clone());
        let opened = tokio::task::spawn_blocking(move || Table::open_checked(file, kind, &mapping)).await;
        let opened = opened.map_err(|error| AppError::Internal(format!("reading an import: {error}")))??;
        let mut table = match opened {
            Ok(table) => table,
            Err(faults) => {
                faults.into_iter().for_each(|fault| pass.fault(fault));
                return Ok(());
            }
        };
        pass.report.separator = table.separator();
        let tenant = self.store.tenant(&actor.workspace_id);
        loop {
            let piece = table.read(PIECE)?;
            if piece.is_empty() {
                break;
            }
            let lines = pass.taken(piece);
            match input.kind {
                Kind::Organizations => _ = organizations::plan(pass, tenant, Reading::Looked, lines).await?,
                Kind::Contacts => _ = contacts::plan(pass, tenant, Reading::Looked, lines).await?,
                Kind::Devices => _ = devices::plan(pass, tenant, Reading::Looked, lines).await?,
            }
        }
        if pass.report.lines == 0 && pass.report.error_count == 0 {
            pass.fault(LineFault::of_file(1, "the file has no lines besides that of the names"));
        }
        Ok(())
    }

    /// The second reading, in the one transaction. What is read of the file meanwhile comes from this machine's own disk, a piece
    /// at a time.
    async fn write_import(
        &self,
        tenant: Tenant<'_, Tx>,
        actor: &Actor,
        mut pass: Pass,
        input: &NewImport,
    ) -> Result<Report, AppError> {
        imports::wait_for_turn(tenant).await?;
        let opened = Table::open(again(&input.file)?, input.kind, &input.mapping)?;
        let mut table = opened.map_err(|_| AppError::Internal("a file changed while it was read".into()))?;
        pass.report.separator = table.separator();
        loop {
            let piece = table.read(PIECE)?;
            if piece.is_empty() {
                break;
            }
            let lines = pass.taken(piece);
            match input.kind {
                Kind::Organizations => {
                    let planned = organizations::plan(&mut pass, tenant, Reading::Locked, lines).await?;
                    expect_clean(&pass.report)?;
                    organizations::write(tenant, planned).await?;
                }
                Kind::Contacts => {
                    let planned = contacts::plan(&mut pass, tenant, Reading::Locked, lines).await?;
                    expect_clean(&pass.report)?;
                    contacts::write(tenant, planned).await?;
                }
                Kind::Devices => {
                    let planned = devices::plan(&mut pass, tenant, Reading::Locked, lines).await?;
                    expect_clean(&pass.report)?;
                    devices::write(tenant, planned).await?;
                }
            }
        }
        let Pass { mut report, .. } = pass;
        let id = self.id();
        report.id = Some(id.clone());
        let facts = json!({
            "kind": input.kind.as_str(), "fileName": input.file_name, "sha256": input.file.sha256,
            "lines": report.lines, "created": report.created, "updated": report.updated,
            "unchanged": report.unchanged, "locations": report.besides.locations,
            "manufacturers": report.besides.manufacturers, "models": report.besides.models,
            "operatingSystems": report.besides.operating_systems, "domains": report.besides.domains,
        });
        self.log_change(tenant, &actor.user_id, "import.applied", &id, None, Some(facts)).await?;
        let event = events::NewEvent {
            id: self.id(),
            kind: "import.applied",
            topic: "imports",
            subject_id: &id,
            data: json!({"importId": id, "kind": input.kind.as_str(), "created": report.created, "updated": report.updated}),
            at: self.clock.now(),
        };
        events::record(tenant, event).await?;
        Ok(report)
    }
}

/// The same file from its beginning.
fn again(file: &Spooled) -> Result<std::fs::File, AppError> {
    use std::io::Seek;
    let failed = |error: std::io::Error| AppError::Internal(format!("reading an import: {error}"));
    let mut file = file.file.try_clone().map_err(failed)?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// A file with a line that is wrong is not written.
fn expect_clean(report: &Report) -> Result<(), AppError> {
    if report.error_count == 0 {
        return Ok(());
    }
    let field = |fault: &LineFault| match &fault.column {
        Some(column) => format!("lines[{}].{column}", fault.line),
        None => format!("lines[{}]", fault.line),
    };
    let told = report.errors.iter().map(|fault| FieldError::new(field(fault), fault.message.clone()));
    let rest = report.error_count - report.errors.len() as u64;
    let more = (rest > 0).then(|| FieldError::new("file", format!("{rest} more faults are not named here")));
    Err(AppError::Invalid(told.chain(more).collect()))
}
