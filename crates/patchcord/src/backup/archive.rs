//! The file of a backup: a tar with the attachments, the secret, the database, a checksum of each, and a manifest at the end.
//!
//! It is written and read from front to back; memory holds one attachment at most. What is cut off has no manifest.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use aws_lc_rs::digest::{Context as Digest, SHA256, digest};
use patchcord_domain::audit::hex;
use patchcord_domain::ticket::ATTACHMENT_MAX;
use serde::{Deserialize, Serialize};

/// Changes when older programs could not read it any more.
pub(super) const FORMAT: u32 = 1;
const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "manifest.json";
/// Longest entry that is read into memory; the database is never.
const SMALL_MAX: u64 = ATTACHMENT_MAX as u64 + 1_024;

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(super) format: u32,
    /// The program that wrote it.
    pub(super) version: String,
    pub(super) created_at: String,
    pub(super) tickets: i64,
    pub(super) attachments: u64,
    /// SHA-256 of the list of checksums.
    pub(super) sums: String,
}

/// SHA-256 as hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// An archive that is being written, for this user only.
pub(super) struct Writer {
    tar: tar::Builder<BufWriter<File>>,
    /// The checksums so far, in a file beside: there may be as many as attachments.
    sums: BufWriter<File>,
    sums_path: PathBuf,
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let open = |path: &Path| {
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
            file.map(BufWriter::new).with_context(|| format!("writing {}", path.display()))
        };
        let sums_path = path.with_extension("sums");
        Ok(Self { tar: tar::Builder::new(open(path)?), sums: open(&sums_path)?, sums_path })
    }

    /// Adds something that fits into memory.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let mut header = header(content.len() as u64);
        self.tar.append_data(&mut header, name, content).with_context(|| format!("writing {name}"))?;
        writeln!(self.sums, "{}  {name}", sha256(content)).context("writing the checksums")
    }

    /// Adds a file, a piece at a time.
    pub(super) fn add_file(&mut self, name: &str, path: &Path) -> Result<()> {
        let mut file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
        let mut header = header(file.metadata()?.len());
        let mut content = Hashing { inner: &mut file, digest: Digest::new(&SHA256) };
        self.tar.append_data(&mut header, name, &mut content).with_context(|| format!("writing {name}"))?;
        let sum = hex(content.digest.finish().as_ref());
        writeln!(self.sums, "{sum}  {name}").context("writing the checksums")
    }

    /// Writes checksums and manifest, and waits for the disk.
    pub(super) fn finish(self, mut manifest: Manifest) -> Result<Manifest> {
        let mut sums = self.sums.into_inner().context("writing the checksums")?;
        sums.rewind()?;
        let mut tar = self.tar;
        let mut entry = header(sums.metadata()?.len());
        let mut content = Hashing { inner: &mut sums, digest: Digest::new(&SHA256) };
        tar.append_data(&mut entry, SUMS, &mut content).context("writing the checksums")?;
        manifest.sums = hex(content.digest.finish().as_ref());
        let text = serde_json::to_string(&manifest)?;
        let text = format!("{text}\n{}\n", sha256(text.as_bytes()));
        tar.append_data(&mut header(text.len() as u64), MANIFEST, text.as_bytes()).context("writing the manifest")?;
        let file = tar.into_inner()?.into_inner().context("writing the backup")?;
        file.sync_all().context("writing the backup")?;
        let _ = std::fs::remove_file(&self.sums_path);
        Ok(manifest)
    }
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(0);
    header
}

struct Hashing<R> {
    inner: R,
    digest: Digest,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}

/// One thing of an archive that is being read.
pub(super) struct Entry<'e> {
    pub(super) name: String,
    size: u64,
    content: &'e mut dyn Read,
}

impl Entry<'_> {
    /// Its bytes, when they fit into memory.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>> {
        if self.size > SMALL_MAX {
            bail!("{} is too large", self.name);
        }
        let mut bytes = Vec::new();
        self.content.take(SMALL_MAX).read_to_end(&mut bytes).with_context(|| format!("reading {}", self.name))?;
        Ok(bytes)
    }

    /// Copies it to a new file for this user only.
    pub(super) fn copy_to(&mut self, path: &Path) -> Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        std::io::copy(self.content, &mut file).with_context(|| format!("writing {}", path.display()))?;
        file.sync_all().with_context(|| format!("writing {}", path.display()))
    }
}

/// Passes every attachment, the secret and the database to `take`, in order, and compares each with its checksum.
///
/// # Errors
/// A text for an operator: what is damaged, cut off or not a backup at all.
pub(super) fn read(path: &Path, mut take: impl FnMut(&mut Entry<'_>) -> Result<()>) -> Result<Manifest> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut seen = BufWriter::new(tempfile::tempfile().context("making a temporary file")?);
    let damaged = || format!("{} is damaged, cut off, or not a backup of Patchcord", path.display());
    let mut archive = tar::Archive::new(BufReader::with_capacity(1 << 20, file));
    let mut manifest = None;
    let mut sums = None;
    for entry in archive.entries().with_context(damaged)? {
        let mut entry = entry.with_context(damaged)?;
        let name = entry.path().with_context(damaged)?.to_string_lossy().into_owned();
        let size = entry.size();
        if manifest.is_some() || (sums.is_some() && name != MANIFEST) || !is_known(&name) {
            bail!("{}: unexpected {name:?} inside", damaged());
        }
        let mut content = Hashing { inner: &mut entry, digest: Digest::new(&SHA256) };
        if name == MANIFEST {
            manifest = Some(parse(&Entry { name, size, content: &mut content }.bytes()?).with_context(damaged)?);
            continue;
        }
        if name == SUMS {
            compare(&mut content, &mut seen).with_context(damaged)?;
        } else {
            let mut part = Entry { name: name.clone(), size, content: &mut content };
            take(&mut part)?;
        }
        let rest = std::io::copy(&mut content, &mut std::io::sink()).with_context(damaged)?;
        let sum = hex(content.digest.finish().as_ref());
        if rest > 0 && name == SUMS {
            bail!("{}: the checksums do not end", damaged());
        }
        if name == SUMS {
            sums = Some(sum);
        } else {
            writeln!(seen, "{sum}  {name}").context("writing a temporary file")?;
        }
    }
    let manifest: Manifest = manifest.with_context(|| format!("{}: the manifest at its end is missing", damaged()))?;
    if sums.as_deref() != Some(manifest.sums.as_str()) {
        bail!("{}: the checksums are not those of the manifest", damaged());
    }
    Ok(manifest)
}

fn is_known(name: &str) -> bool {
    let key = name.strip_prefix("attachments/");
    let plain = |key: &str| key.len() == 36 && key.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    matches!(name, "patchcord.db" | "secret" | SUMS | MANIFEST) || key.is_some_and(plain)
}

/// Compares the list of checksums with what was seen, line by line.
fn compare(list: &mut dyn Read, seen: &mut BufWriter<File>) -> Result<()> {
    seen.flush()?;
    let own = seen.get_mut();
    own.rewind()?;
    let (mut own, mut list) = (BufReader::new(own).take(u64::MAX), BufReader::new(list));
    let (mut there, mut expected) = (String::new(), String::new());
    loop {
        there.clear();
        expected.clear();
        let ends = own.read_line(&mut there)? == 0;
        let list_ends = list.by_ref().take(1_024).read_line(&mut expected)? == 0;
        if ends && list_ends {
            return Ok(());
        }
        if there != expected {
            let line = if ends { &expected } else { &there };
            let name = line.trim_end().rsplit("  ").next().unwrap_or_default();
            bail!("{name} is not as it was written");
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Manifest> {
    let text = std::str::from_utf8(bytes).context("the manifest is not text")?;
    let mut lines = text.lines();
    let (json, sum) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if sha256(json.as_bytes()) != sum {
        bail!("the manifest is not as it was written");
    }
    let format = serde_json::from_str::<serde_json::Value>(json)?["format"].as_u64();
    if format != Some(u64::from(FORMAT)) {
        bail!("it was written by a newer version of Patchcord");
    }
    Ok(serde_json::from_str(json)?)
}
