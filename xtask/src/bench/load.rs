//! A small load generator: connections that send one request after the other, or at a steady pace; bounded in count and time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Most requests of one measurement.
const REQUESTS_MAX: usize = 200_000;

/// One request, made anew each time from a counter.
pub(super) type Request<'r> = &'r (dyn Fn(usize) -> (&'static str, String, String) + Sync);

/// Where requests go.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) port: u16,
    pub(super) token: String,
}

/// What was measured.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) count: usize,
}

/// A connection that stays open.
pub(super) struct Connection {
    socket: BufReader<TcpStream>,
    target: Target,
}

impl Connection {
    pub(super) fn open(target: &Target) -> Result<Self> {
        Self::patient(target, Duration::from_secs(20))
    }

    /// One that waits so long for an answer.
    pub(super) fn patient(target: &Target, wait: Duration) -> Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", target.port)).context("connecting")?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(wait))?;
        Ok(Self { socket: BufReader::with_capacity(64 * 1024, socket), target: target.clone() })
    }

    /// Sends a request; gives the status and the body.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Vec<u8>)> {
        self.send(method, path, "application/json", body.as_bytes())
    }

    /// The same with a body of another kind.
    pub(super) fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        if !self.target.token.is_empty() {
            request += &format!("authorization: Bearer {}\r\n", self.target.token);
        }
        if !body.is_empty() {
            request += &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        }
        request += "\r\n";
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.socket.get_mut().write_all(&bytes).context("sending")?;
        let mut line = String::new();
        self.socket.read_line(&mut line).context("waiting for an answer")?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status in the answer")?;
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            self.socket.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
            chunked |= name.eq_ignore_ascii_case("transfer-encoding");
        }
        if chunked {
            bail!("an answer in chunks is not read");
        }
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body)?;
        Ok((status, body))
    }

    /// Sends a request that must succeed; gives the body as JSON.
    pub(super) fn json(&mut self, method: &str, path: &str, body: &str) -> Result<serde_json::Value> {
        let (status, bytes) = self.ask(method, path, body)?;
        if status >= 300 {
            bail!("{method} {path} answered {status}: {}", String::from_utf8_lossy(&bytes));
        }
        serde_json::from_slice(&bytes).context("reading an answer")
    }
}

/// As fast as `connections` can, one request after the other on each, for as long as `limit`.
pub(super) fn flat_out(target: &Target, connections: usize, limit: Duration, request: Request<'_>) -> Result<Measured> {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let waits = std::thread::scope(|scope| {
        let run = || -> Result<Vec<Duration>> {
            let mut connection = Connection::open(target)?;
            let mut waits = Vec::new();
            while began.elapsed() < limit {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= REQUESTS_MAX {
                    break;
                }
                waits.push(timed(&mut connection, number, request)?);
            }
            Ok(waits)
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(run)).collect();
        gather(threads)
    })?;
    Ok(measured(waits, began.elapsed()))
}

/// So many requests a second, each at its time whether or not the one before is answered; waits count from that time.
pub(super) fn paced(target: &Target, per_second: u32, limit: Duration, request: Request<'_>) -> Result<Measured> {
    let next = AtomicUsize::new(0);
    let count = usize::try_from(u64::from(per_second) * limit.as_secs())?.min(REQUESTS_MAX);
    let began = Instant::now();
    let waits = std::thread::scope(|scope| {
        let run = || -> Result<Vec<Duration>> {
            let mut connection = Connection::open(target)?;
            let mut waits = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(waits);
                }
                let due = began + Duration::from_secs(1) / per_second * u32::try_from(number)?;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                timed(&mut connection, number, request)?;
                waits.push(due.elapsed());
            }
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        gather(threads)
    })?;
    Ok(measured(waits, began.elapsed()))
}

fn timed(connection: &mut Connection, number: usize, request: Request<'_>) -> Result<Duration> {
    let (method, path, body) = request(number);
    let began = Instant::now();
    let (status, answer) = connection.ask(method, &path, &body)?;
    if status >= 300 {
        bail!("{method} {path} answered {status}: {}", String::from_utf8_lossy(&answer));
    }
    Ok(began.elapsed())
}

fn gather(threads: Vec<std::thread::ScopedJoinHandle<'_, Result<Vec<Duration>>>>) -> Result<Vec<Duration>> {
    let mut all = Vec::new();
    for thread in threads {
        all.extend(thread.join().map_err(|_| anyhow::anyhow!("a thread of the load panicked"))??);
    }
    Ok(all)
}

/// The middle and the slow end of some waits.
pub(super) fn measured(mut waits: Vec<Duration>, took: Duration) -> Measured {
    waits.sort();
    let at = |share: f64| {
        let place = ((waits.len().max(1) - 1) as f64 * share) as usize;
        waits.get(place).map(|wait| wait.as_secs_f64() * 1_000.0).unwrap_or_default()
    };
    let (p50_ms, p99_ms) = (at(0.5), at(0.99));
    Measured { per_second: waits.len() as f64 / took.as_secs_f64(), p50_ms, p99_ms, count: waits.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_waits() {
        let waits = (1..=100).rev().map(Duration::from_millis).collect();
        let measured = measured(waits, Duration::from_secs(2));
        assert_eq!((measured.per_second, measured.count), (50.0, 100));
        assert_eq!((measured.p50_ms, measured.p99_ms), (50.0, 99.0));
        assert_eq!(super::measured(Vec::new(), Duration::from_secs(1)).count, 0);
    }
}
