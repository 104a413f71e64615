//! A server that speaks enough of S3 for one bucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/>): PUT, GET, HEAD and
//! DELETE of objects, addressed by path. It refuses requests that are not signed with its key, and fails when it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::{Connection, header};

/// Name of the key that the server accepts.
pub const KEY_ID: &str = "AKIASCRIPTED";
/// The key. Only its name in the signature is looked at.
pub const SECRET: &str = "the-secret-of-the-scripted-bucket";
/// The bucket that is there.
pub const BUCKET: &str = "desk-files";

/// What the server does with one request instead of what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 500 with S3's `InternalError`.
    Internal,
    /// 503 with S3's `SlowDown`.
    SlowDown,
    /// 403 with S3's `AccessDenied`.
    Denied,
    /// The connection is reset before an answer.
    Reset,
    /// Nothing is ever answered.
    Hang,
    /// It does what it was asked for, but so many milliseconds later.
    Late(u64),
}

/// The running server. It stops when this is dropped.
pub struct ScriptedBucket {
    address: SocketAddr,
    shared: Arc<Mutex<State>>,
    stop: CancellationToken,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    faults: VecDeque<Fault>,
    requests: Vec<String>,
}

impl ScriptedBucket {
    /// Starts an empty bucket on a free port of this machine. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (shared, stop, tasks) = (Arc::<Mutex<State>>::default(), CancellationToken::new(), TaskTracker::new());
        let server = Self { address, shared: Arc::clone(&shared), stop: stop.clone() };
        let connections = tasks.clone();
        tasks.spawn(async move {
            while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                connections.spawn(async move {
                    // How a connection ends is the client's affair, and often the point of a test.
                    let _ = stop.run_until_cancelled(serve(Connection::new(socket), &shared)).await;
                });
            }
        });
        server
    }

    /// What clients take as the endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds what happens to the next request that nothing was said of yet.
    pub fn fail(&self, fault: Fault) {
        lock(&self.shared).faults.push_back(fault);
    }

    /// Takes back every fault that has not happened yet.
    pub fn forgive(&self) {
        lock(&self.shared).faults.clear();
    }

    /// Names of the objects, in order.
    pub fn names(&self) -> Vec<String> {
        lock(&self.shared).objects.keys().cloned().collect()
    }

    /// The bytes of an object.
    pub fn object(&self, name: &str) -> Option<Vec<u8>> {
        lock(&self.shared).objects.get(name).cloned()
    }

    /// Takes an object away behind the client's back.
    pub fn remove(&self, name: &str) {
        lock(&self.shared).objects.remove(name);
    }

    /// Methods and names of the requests so far, such as `PUT a/b`.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared).requests.clone()
    }
}

impl Drop for ScriptedBucket {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().expect("nothing panics while it is held")
}

async fn serve(mut connection: Connection, shared: &Mutex<State>) -> std::io::Result<()> {
    while let Some((raw, body_at)) = connection.next().await? {
        let line = String::from_utf8_lossy(raw.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
        let (method, target) = line.split_once(' ').unwrap_or_default();
        let path = target.split([' ', '?']).next().unwrap_or_default();
        let (bucket, name) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let fault = {
            let mut state = lock(shared);
            state.requests.push(format!("{method} {name}"));
            state.faults.pop_front()
        };
        match fault {
            Some(Fault::Internal) => refuse(&mut connection, method, 500, "InternalError").await?,
            Some(Fault::SlowDown) => refuse(&mut connection, method, 503, "SlowDown").await?,
            Some(Fault::Denied) => refuse(&mut connection, method, 403, "AccessDenied").await?,
            Some(Fault::Reset) => {
                connection.reset();
                return Ok(());
            }
            Some(Fault::Hang) => return connection.hang().await,
            late => {
                if let Some(Fault::Late(ms)) = late {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                }
                if !is_signed(&raw[..body_at]) {
                    refuse(&mut connection, method, 403, "SignatureDoesNotMatch").await?;
                } else if bucket != BUCKET {
                    refuse(&mut connection, method, 404, "NoSuchBucket").await?;
                } else {
                    answer(&mut connection, shared, method, name, &raw[body_at..]).await?;
                }
            }
        }
    }
    Ok(())
}

/// Whether the request carries a signature of version 4 by the key of this server over its date and its content.
fn is_signed(head: &[u8]) -> bool {
    let authorization = header(head, "authorization").unwrap_or_default();
    let signature = authorization.rsplit_once("Signature=").map(|(_, signature)| signature).unwrap_or_default();
    authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/"))
        && authorization.contains("/s3/aws4_request")
        && ["host", "x-amz-date", "x-amz-content-sha256"].iter().all(|name| authorization.contains(name))
        && header(head, "x-amz-date").is_some()
        && header(head, "x-amz-content-sha256").is_some()
        && signature.len() == 64
        && signature.bytes().all(|b| b.is_ascii_hexdigit())
}

async fn answer(
    connection: &mut Connection,
    shared: &Mutex<State>,
    method: &str,
    name: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let facts = |bytes: &[u8]| {
        [
            ("etag", format!("\"{:x}\"", bytes.len())),
            ("last-modified", "Tue, 24 Nov 2026 09:00:00 GMT".to_owned()),
            ("content-type", "application/octet-stream".to_owned()),
        ]
    };
    match method {
        "PUT" => {
            lock(shared).objects.insert(name.to_owned(), body.to_vec());
            connection.send(200, &facts(body), b"").await
        }
        "DELETE" => {
            lock(shared).objects.remove(name);
            connection.send(204, &[], b"").await
        }
        "GET" | "HEAD" => {
            let found = lock(shared).objects.get(name).cloned();
            match found {
                None => refuse(connection, method, 404, "NoSuchKey").await,
                Some(bytes) if method == "HEAD" => connection.send_head(200, &facts(&bytes), bytes.len()).await,
                Some(bytes) => connection.send(200, &facts(&bytes), &bytes).await,
            }
        }
        _ => refuse(connection, method, 405, "MethodNotAllowed").await,
    }
}

async fn refuse(connection: &mut Connection, method: &str, status: u16, code: &str) -> std::io::Result<()> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>scripted</Message>\
         <RequestId>1</RequestId></Error>"
    );
    let headers = [("content-type", "application/xml".to_owned())];
    if method == "HEAD" {
        return connection.send_head(status, &headers, body.len()).await;
    }
    connection.send(status, &headers, body.as_bytes()).await
}
