//! A provider of OpenID Connect (Core and Discovery 1.0, PKCE by RFC 7636): it refuses what a real one refuses, changes its
//! keys, and makes tokens that are wrong in every way.

mod forge;
mod keys;
mod pages;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use forge::Twist;
pub use keys::{Key, Kind};

use crate::http::Connection;

/// The client that the provider knows.
pub const CLIENT_ID: &str = "desk";
/// Its secret, with characters that must be encoded.
pub const CLIENT_SECRET: &str = "s3cret: of+the desk&";
/// The audience of its tokens for the API.
pub const AUDIENCE: &str = "https://api.desk.test";

/// Somebody who has an account at the provider.
#[derive(Debug, Clone)]
pub struct Person {
    /// `sub`.
    pub subject: String,
    /// `email`, if the provider tells it.
    pub email: Option<String>,
    /// `email_verified`, which should be a boolean.
    pub email_verified: Value,
}

impl Person {
    /// Somebody with a verified address.
    pub fn new(subject: &str, email: &str) -> Self {
        Self { subject: subject.to_owned(), email: Some(email.to_owned()), email_verified: json!(true) }
    }
}

/// What the provider does with one request instead of answering it.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// It answers with this status.
    Status(u16),
    /// It sends the client elsewhere.
    Redirect(String),
    /// It sends that many bytes.
    Long(u64),
    /// It never answers.
    Hang,
    /// It answers with something that is not JSON.
    Garbage,
}

/// A running provider. It stops when it is dropped.
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Tells the seconds since 1970.
type Now = Box<dyn Fn() -> i64 + Send + Sync>;

pub(crate) struct Shared {
    issuer: String,
    now: Now,
    state: Mutex<State>,
}

pub(crate) struct State {
    /// One of each kind signs: the last one.
    keys: Vec<Arc<Key>>,
    made: usize,
    person: Option<Person>,
    codes: HashMap<String, pages::Grant>,
    twist: Option<Twist>,
    kind: Kind,
    troubles: HashMap<String, VecDeque<Trouble>>,
    counts: HashMap<String, usize>,
    refusals: Vec<String>,
}

impl Provider {
    /// Starts a provider on a free port of this machine, with one key of each kind. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let keys = Kind::ALL.iter().enumerate().map(|(n, kind)| Arc::new(Key::generate(*kind, &format!("key-{n}"))));
        let state = State {
            keys: keys.collect(),
            made: Kind::ALL.len(),
            person: None,
            codes: HashMap::new(),
            twist: None,
            kind: Kind::Rs256,
            troubles: HashMap::new(),
            counts: HashMap::new(),
            refusals: Vec::new(),
        };
        let shared =
            Arc::new(Shared { issuer: format!("http://{address}"), now: Box::new(now), state: Mutex::new(state) });
        let provider = Self { address, shared, stop: CancellationToken::new(), tasks: TaskTracker::new() };
        let (shared, stop, tasks) = (Arc::clone(&provider.shared), provider.stop.clone(), provider.tasks.clone());
        provider.tasks.spawn(async move {
            while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                tasks.spawn(async move {
                    // How a connection ends is the client's affair, and often the point of a test.
                    let _ = stop.run_until_cancelled(pages::serve(Connection::new(socket), &shared)).await;
                });
            }
        });
        provider
    }

    /// `iss` of its tokens.
    pub fn issuer(&self) -> String {
        self.shared.issuer.clone()
    }

    /// An address of the provider.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The claims of a token for the API that is good for five minutes.
    pub fn claims(&self, person: &Person) -> Value {
        let mut claims = self.shared.claims(person, AUDIENCE);
        claims["azp"] = json!(CLIENT_ID);
        claims
    }

    /// A good token for the API.
    pub fn token(&self, person: &Person, kind: Kind) -> String {
        self.sign(&self.claims(person), kind)
    }

    /// Any claims, signed well.
    pub fn sign(&self, claims: &Value, kind: Kind) -> String {
        let key = self.shared.lock().key(kind);
        forge::signed(&key, &forge::header(&key), claims)
    }

    /// Any claims under any header, signed with the key of that kind.
    pub fn sign_under(&self, header: &Value, claims: &Value, kind: Kind) -> String {
        forge::signed(&self.shared.lock().key(kind), header, claims)
    }

    /// A token for the API that is wrong in that way.
    pub fn twisted(&self, person: &Person, kind: Kind, twist: Twist) -> String {
        let key = self.shared.lock().key(kind);
        let (claims, now) = (self.claims(person), (self.shared.now)());
        forge::twisted(&key, keys::strangers(kind), &claims, twist, now, &self.url("/elsewhere"))
    }

    /// Takes the key of a kind away and signs with a new one from now on.
    pub fn rotate(&self, kind: Kind) {
        let mut state = self.shared.lock();
        state.keys.retain(|key| key.kind() != kind);
        state.made += 1;
        let kid = format!("key-{}", state.made);
        state.keys.push(Arc::new(Key::generate(kind, &kid)));
    }

    /// Who sits at the browser when it comes to sign in; nobody refuses.
    pub fn at_the_browser(&self, person: Option<Person>) {
        self.shared.lock().person = person;
    }

    /// How the id tokens of sign-ins are wrong from now on.
    pub fn twist(&self, twist: Option<Twist>) {
        self.shared.lock().twist = twist;
    }

    /// With which kind of key the id tokens are signed from now on.
    pub fn sign_in_with(&self, kind: Kind) {
        self.shared.lock().kind = kind;
    }

    /// What happens to the next request for a path.
    pub fn trouble(&self, path: &str, trouble: Trouble) {
        self.shared.lock().troubles.entry(path.to_owned()).or_default().push_back(trouble);
    }

    /// How many requests came for a path.
    pub fn count(&self, path: &str) -> usize {
        self.shared.lock().counts.get(path).copied().unwrap_or(0)
    }

    /// Why requests to sign in or to trade a code were refused, in order.
    pub fn refusals(&self) -> Vec<String> {
        self.shared.lock().refusals.clone()
    }

    /// Stops and waits until every connection is closed.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it is held")
    }

    fn claims(&self, person: &Person, audience: &str) -> Value {
        let now = (self.now)();
        let mut claims = json!({
            "iss": self.issuer, "sub": person.subject, "aud": audience, "iat": now, "exp": now + 300,
            "email_verified": person.email_verified,
            // What a desk must not believe.
            "role": "ADMIN", "workspaceId": "another-workspace",
        });
        if let Some(email) = &person.email {
            claims["email"] = json!(email);
        }
        claims
    }
}

impl State {
    fn key(&self, kind: Kind) -> Arc<Key> {
        let key = self.keys.iter().rev().find(|key| key.kind() == kind);
        Arc::clone(key.expect("there is a key of each kind"))
    }
}
