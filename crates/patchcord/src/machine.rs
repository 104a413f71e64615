//! What the program takes from the machine: its clock, its randomness, its secret and its lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use aws_lc_rs::rand;
use patchcord_domain::id::Entropy;
use patchcord_domain::machine::{Gauges, Use};
use patchcord_domain::time::{Clock, Millis};

/// The clock of the machine.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    }
}

/// The random numbers of the operating system.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        rand::fill(buffer).expect("the operating system has random numbers");
    }
}

/// What this process uses, as the kernel tells it; nothing where there is no `/proc`.
pub(crate) struct ProcessGauges;

impl Gauges for ProcessGauges {
    fn read(&self) -> Use {
        let cpu_ms = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| cpu_ms(&text)).unwrap_or(0);
        let memory = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| memory_bytes(&text));
        Use { cpu_ms, memory_bytes: memory.unwrap_or(0) }
    }
}

/// Time of processors from `/proc/self/stat`: the 14th and 15th fields, in hundredths of a second on every Linux. The second
/// field is the name in brackets, which may have spaces.
fn cpu_ms(stat: &str) -> Option<i64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (i64, i64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) * 10)
}

/// Memory that is held, from `/proc/self/status`.
fn memory_bytes(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

/// Name of this process among the nodes: the machine's and its number there.
pub(crate) fn node() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().take(60).collect();
    format!("{}-{}", if name.is_empty() { "node" } else { &name }, std::process::id())
}

/// Makes the data folder, for this user only, when it is missing.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("making the data folder {}", folder.display()))
}

/// The secret of this installation: read from `secret` in the data folder, or made there now, for this user only.
pub(crate) fn secret(folder: &Path) -> Result<Vec<u8>> {
    let path = folder.join("secret");
    let read = || std::fs::read(&path).with_context(|| format!("reading {}", path.display()));
    if path.exists() {
        return read();
    }
    let mut bytes = [0_u8; 32];
    SystemEntropy.fill(&mut bytes);
    keep_secret(folder, patchcord_domain::audit::hex(&bytes).as_bytes())?;
    read()
}

/// The file of the demonstration's token.
const DEMO_TOKEN: &str = "twilio_token";

/// Writes the secret of this installation where none is yet.
pub(crate) fn keep_secret(folder: &Path, secret: &[u8]) -> Result<()> {
    keep(folder, "secret", secret)
}

fn keep(folder: &Path, name: &str, secret: &[u8]) -> Result<()> {
    let path = folder.join(name);
    // Written beside and moved: a crash in the middle must not leave half a secret.
    let beside = folder.join(format!("{name}.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .with_context(|| format!("writing {}", beside.display()))?;
    file.write_all(secret).and_then(|()| file.sync_all()).context("writing the secret")?;
    // A link fails when another process was faster, and then its secret counts.
    match std::fs::hard_link(&beside, &path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(|| format!("writing {}", path.display())),
    }
    let _ = std::fs::remove_file(&beside);
    Ok(())
}

/// The token with which `patchcord call` signs in the demonstration: read from `twilio_token` in the data folder, or made there
/// now, for this user only.
pub(crate) fn demo_token(folder: &Path) -> Result<String> {
    let path = folder.join(DEMO_TOKEN);
    let read = || std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()));
    if !path.exists() {
        let mut bytes = [0_u8; 16];
        SystemEntropy.fill(&mut bytes);
        keep(folder, DEMO_TOKEN, patchcord_domain::audit::hex(&bytes).as_bytes())?;
    }
    Ok(read()?.trim().to_owned())
}

/// Whether a demonstration has made its token here.
pub(crate) fn has_demo_token(folder: &Path) -> bool {
    folder.join(DEMO_TOKEN).exists()
}

/// Keeps a second server off a SQLite file for as long as the value lives.
pub(crate) fn lock(database: &Path) -> Result<File> {
    let path = database.with_extension("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another server is running on {}; stop it first, or use PostgreSQL for several", database.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_secret_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = secret(folder.path()).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(secret(folder.path()).unwrap(), first);
        let mode = std::fs::metadata(folder.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_process_uses_is_read() {
        let stat = "42 (a name) with) S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 1 1 1";
        assert_eq!((cpu_ms(stat), cpu_ms("nonsense")), (Some(2_000), None));
        let status = "Name:\tx\nVmPeak:\t 9 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!((memory_bytes(status), memory_bytes("")), (Some(1_048_576), None));
        assert!(ProcessGauges.read().memory_bytes > 1_000_000);
        assert!(node().ends_with(&std::process::id().to_string()));
    }

    #[test]
    fn a_database_has_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("patchcord.db");
        let held = lock(&database).unwrap();
        assert!(lock(&database).unwrap_err().to_string().contains("another server is running"));
        drop(held);
        lock(&database).unwrap();
    }
}
