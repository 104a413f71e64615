//! A receiver of webhooks: records every request that reached it, and answers as it is told to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::{Connection, header};

/// What the receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Answers with this status and no body.
    Status(u16),
    /// Answers with a status, headers and a body.
    With(u16, Vec<(&'static str, String)>, String),
    /// Answers 200, but so many milliseconds later.
    Late(u64),
    /// The connection is reset before an answer.
    Reset,
    /// It breaks off in the middle of an answer that begins with 200.
    Half,
    /// Answers 200 with so many bytes.
    Long(u64),
    /// Nothing is ever answered.
    Hang,
}

/// A request that reached the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Path with the query.
    pub path: String,
    /// The head, as it came.
    pub head: String,
    /// The body, as it came.
    pub body: String,
    /// How many requests with the same `webhook-id` and path came before.
    pub before: usize,
    /// Whether the answer was a success.
    pub accepted: bool,
}

impl Received {
    /// Value of a header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        header(self.head.as_bytes(), name).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

type Behaviour = dyn Fn(&Received) -> Reply + Send + Sync;

/// The running receiver. It stops when this is dropped.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

struct Shared {
    received: Mutex<Vec<Received>>,
    times: Mutex<HashMap<(String, String), usize>>,
    behaviour: Mutex<Arc<Behaviour>>,
}

impl Receiver {
    /// Starts a receiver on a free port of this machine that takes everything. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        Self::answering(|_| Reply::Status(204)).await
    }

    /// Starts a receiver that answers as it is told to.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn answering(behaviour: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        let shared =
            Arc::new(Shared { received: Mutex::default(), times: Mutex::default(), behaviour: Mutex::new(behaviour) });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let receiver = Self { address, shared: Arc::clone(&shared), stop: stop.clone() };
        let connections = tasks.clone();
        tasks.spawn(async move {
            while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                connections.spawn(async move {
                    // How a connection ends is the client's affair.
                    let _ = stop.run_until_cancelled(serve(Connection::new(socket), &shared)).await;
                });
            }
        });
        receiver
    }

    /// From now on it answers like this.
    pub fn answer(&self, behaviour: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        *lock(&self.shared.behaviour) = Arc::new(behaviour);
    }

    /// Its address with a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What has reached it so far, in order.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How many requests have reached it so far whose path begins like this.
    pub fn count_under(&self, path: &str) -> usize {
        lock(&self.shared.received).iter().filter(|one| one.path.starts_with(path)).count()
    }

    /// How many requests have reached it so far.
    pub fn count(&self) -> usize {
        lock(&self.shared.received).len()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it is held")
}

async fn serve(mut connection: Connection, shared: &Shared) -> std::io::Result<()> {
    while let Some((bytes, body)) = connection.next().await? {
        let head = String::from_utf8_lossy(&bytes[..body]).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let id = header(head.as_bytes(), "webhook-id").unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(&bytes[body..]).into_owned();
        let before = {
            let mut times = lock(&shared.times);
            let times = times.entry((path.clone(), id)).or_default();
            *times += 1;
            *times - 1
        };
        let mut received = Received { path, head, body, before, accepted: false };
        let behaviour = Arc::clone(&*lock(&shared.behaviour));
        let reply = behaviour(&received);
        received.accepted = match &reply {
            Reply::Status(status) | Reply::With(status, ..) => (200..300).contains(status),
            Reply::Late(_) | Reply::Long(_) => true,
            Reply::Reset | Reply::Half | Reply::Hang => false,
        };
        lock(&shared.received).push(received);
        match reply {
            Reply::Status(status) => connection.send(status, &[], b"").await?,
            Reply::With(status, headers, body) => connection.send(status, &headers, body.as_bytes()).await?,
            Reply::Late(ms) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                connection.send(200, &[], b"").await?;
            }
            Reply::Long(bytes) => connection.send_long(200, &[], bytes).await?,
            Reply::Reset => {
                connection.reset();
                return Ok(());
            }
            Reply::Half => return connection.send_half(b"half of an answer").await,
            Reply::Hang => return connection.hang().await,
        }
    }
    Ok(())
}
