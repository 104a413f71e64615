//! An import of as many lines as a file may have: how long it takes and how much memory it needs.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::super::load::{Connection, Target};
use super::super::server::Server;
use super::samples::Samples;

/// Lines of the file.
pub(super) const LINES: usize = 100_000;
const BOUNDARY: &str = "patchcord-bench-boundary";

/// What an import took.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Imported {
    pub(super) seconds: f64,
    /// The most memory of the server while it ran.
    pub(super) peak_mib: f64,
    /// How much more that is than before.
    pub(super) more_mib: f64,
}

/// A file of contacts of organizations that are there.
pub(super) fn contacts(samples: &Samples) -> String {
    let mut file = String::with_capacity(LINES * 90);
    file.push_str("ueCode,name,email,phone,title\n");
    for line in 0..LINES {
        let code = &samples.codes[line % samples.codes.len()];
        file += &format!("{code},Imported Person {line},person.{line}@import.example,+4989{line:08},Clerk\n");
    }
    file
}

pub(super) fn run(server: &Server, target: &Target, file: &str, dry_run: bool) -> Result<Imported> {
    let mut body = String::with_capacity(file.len() + 1_024);
    for (name, value) in [("kind", "contacts"), ("dryRun", if dry_run { "true" } else { "false" })] {
        body += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"contacts.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    );
    body += file;
    body += &format!("\r\n--{BOUNDARY}--\r\n");
    let before_mib = server.resident_mib();
    server.forget_peak()?;
    let mut connection = Connection::patient(target, Duration::from_secs(600))?;
    let began = Instant::now();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let (status, answer) = connection.send("POST", "/api/import", &kind, body.as_bytes())?;
    let seconds = began.elapsed().as_secs_f64();
    if status != 200 {
        let text = String::from_utf8_lossy(&answer);
        bail!("the import answered {status}: {}", text.chars().take(2_000).collect::<String>());
    }
    let peak_mib = server.peak_mib();
    Ok(Imported { seconds, peak_mib, more_mib: (peak_mib - before_mib).max(0.0) })
}
