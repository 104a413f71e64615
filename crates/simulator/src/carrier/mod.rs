//! A carrier that speaks Twilio's protocols: it rings a server with signed webhooks, follows the TwiML that comes back,
//! carries audio (Media Streams) or text (ConversationRelay) to it, and answers its REST requests. It knows nothing of the
//! server but those protocols.

mod bridge;
mod leg;
mod line;
mod media;
mod people;
mod post;
mod relay;
mod rest;
mod signature;
mod speech;
mod stream;
mod twiml;
mod verbs;
mod webhooks;
mod xml;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::pace::Pace;
pub use line::{Act, Heard, Phone};
pub use people::{Answers, Person};
pub use post::{Request, Response, form, send};
pub use signature::sign;

/// The account of the simulator, unless a test has another.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// What a carrier does when a socket breaks without having been closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Broken {
    /// It asks the address that `<Connect action>` names.
    #[default]
    AsksAction,
    /// It asks nobody: the caller hears nothing until somebody redirects the call or hangs up.
    AsksNobody,
}

/// How the carrier is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The account.
    pub account: String,
    /// Its token, with which requests are signed.
    pub token: String,
    /// The address that the server calls its own: signatures are over it.
    pub public_url: String,
    /// Where the server is really reached; `http://…`.
    pub connect_url: String,
    /// Other nodes of the same server; when one cannot be reached, the next is asked, as a load balancer does.
    pub other_nodes: Vec<String>,
    /// How fast time passes.
    pub pace: Pace,
    /// What happens when a socket breaks.
    pub broken: Broken,
    /// Every webhook comes twice.
    pub twice: bool,
    /// The status callbacks come in the wrong order, the oldest last.
    pub out_of_order: bool,
    /// The keys of frames come as strings or as numbers; numbers when set.
    pub numbers: bool,
    /// Where the REST interface listens; nowhere when absent.
    pub rest: Option<SocketAddr>,
    /// People with telephones, whom the server may dial.
    pub people: Vec<Person>,
    /// How often a price is asked for before there is one.
    pub price_after: u32,
    /// What calls are rated at.
    pub price: String,
    /// The account's numbers, and the address that each asks when it rings.
    pub numbers_of_account: Vec<(String, String)>,
    /// A call that nothing ends is ended after so many milliseconds.
    pub call_max_ms: u64,
}

impl Options {
    /// A carrier for a server at this address.
    pub fn new(url: &str, token: &str) -> Self {
        Self {
            account: ACCOUNT.to_owned(),
            token: token.to_owned(),
            public_url: url.trim_end_matches('/').to_owned(),
            connect_url: url.trim_end_matches('/').to_owned(),
            other_nodes: Vec::new(),
            pace: Pace::REAL,
            broken: Broken::default(),
            twice: false,
            out_of_order: false,
            numbers: false,
            rest: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            people: Vec::new(),
            price_after: 1,
            price: "-0.0085".to_owned(),
            numbers_of_account: Vec::new(),
            call_max_ms: 30 * 60 * 1_000,
        }
    }
}

/// A call that comes in.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    /// Who calls: E.164, or `anonymous`.
    pub from: String,
    /// The number that is called.
    pub to: String,
    /// The SHAKEN/STIR verdict.
    pub stir: Option<String>,
}

/// Something that the carrier noted of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Milliseconds since the call began to ring.
    pub at_ms: u64,
    /// What: `webhook`, `twiml`, `stream`, `relay`, `dial`, `status`, `rest`, `warning`, `fault`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

/// A call as the carrier keeps it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) direction: &'static str,
    pub(crate) status: &'static str,
    pub(crate) parent: Option<String>,
    pub(crate) began: Instant,
    pub(crate) answered: Option<Instant>,
    pub(crate) seconds: Option<u64>,
    pub(crate) asked_price: u32,
    pub(crate) updates: mpsc::Sender<Update>,
    /// Its recording, and where the carrier tells that it is complete.
    pub(crate) recording: Option<(String, String)>,
    pub(crate) notes: Vec<Note>,
    /// How long the server took to answer the ringing with a document.
    pub(crate) first_document: Option<Duration>,
}

/// What the REST interface does to a call in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Update {
    /// It follows this document from now on.
    Document(String),
    /// It follows what is at this address.
    Address(String),
    /// It ends.
    End,
}

/// What the parts of the carrier share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) calls: Mutex<HashMap<String, Record>>,
    pub(crate) rooms: Mutex<HashMap<String, bridge::Room>>,
    pub(crate) recordings: Mutex<HashMap<String, Vec<u8>>>,
    /// What the people whom the server dialled have heard.
    pub(crate) overheard: Mutex<HashMap<String, Vec<String>>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// A carrier. It ends when it is dropped.
#[derive(Debug)]
pub struct Carrier {
    shared: Arc<Shared>,
    rest: Option<SocketAddr>,
}

/// A call that was placed.
#[derive(Debug)]
pub struct Call {
    /// Its SID.
    pub sid: String,
    /// The end of whoever holds the telephone.
    pub phone: Phone,
}

impl Carrier {
    /// Starts a carrier.
    ///
    /// # Errors
    /// When its REST interface cannot listen.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let listener = match options.rest {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let rest = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let shared = Arc::new(Shared {
            options,
            calls: Mutex::default(),
            rooms: Mutex::default(),
            recordings: Mutex::default(),
            overheard: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        if let Some(listener) = listener {
            let task = rest::serve(Arc::clone(&shared), listener);
            shared.tasks.spawn(task);
        }
        Ok(Self { shared, rest })
    }

    /// The base of the REST interface, `/2010-04-01` included.
    pub fn rest_url(&self) -> String {
        self.rest.map_or_else(String::new, |address| format!("http://{address}/2010-04-01"))
    }

    /// Rings the server.
    pub fn call(&self, incoming: Incoming) -> Call {
        let (line, phone) = line::line();
        let sid = sid("CA");
        let updates = self.shared.add(&sid, &incoming.from, &incoming.to, "inbound", None);
        let leg = leg::Leg::new(Arc::clone(&self.shared), sid.clone(), line, updates, incoming.stir);
        let (url, stop) = (format!("{}/twilio/voice", self.shared.options.public_url), self.shared.stop.clone());
        self.shared.tasks.spawn(async move {
            let _ = Box::pin(stop.run_until_cancelled(leg.run(leg::Next::address(url)))).await;
        });
        Call { sid, phone }
    }

    /// What was noted of a call.
    pub fn notes(&self, sid: &str) -> Vec<Note> {
        lock(&self.shared.calls).get(sid).map(|record| record.notes.clone()).unwrap_or_default()
    }

    /// How long the server took to answer the ringing with a document, by the clock on the wall.
    pub fn first_document(&self, sid: &str) -> Option<Duration> {
        lock(&self.shared.calls).get(sid).and_then(|record| record.first_document)
    }

    /// The status of a call as the carrier has it.
    pub fn status(&self, sid: &str) -> Option<&'static str> {
        lock(&self.shared.calls).get(sid).map(|record| record.status)
    }

    /// Calls that the carrier made or that were dialled, by their numbers.
    pub fn dialled(&self, sid: &str) -> Vec<String> {
        let calls = lock(&self.shared.calls);
        calls.values().filter(|call| call.parent.as_deref() == Some(sid)).map(|call| call.to.clone()).collect()
    }

    /// What somebody with a telephone has heard.
    pub fn overheard(&self, number: &str) -> Vec<String> {
        lock(&self.shared.overheard).get(number).cloned().unwrap_or_default()
    }

    /// How many recordings the carrier keeps.
    pub fn recordings(&self) -> usize {
        lock(&self.shared.recordings).len()
    }

    /// Calls in progress.
    pub fn in_progress(&self) -> usize {
        lock(&self.shared.calls).values().filter(|call| call.seconds.is_none()).count()
    }

    /// Forgets a call that is over, so that a load of many thousand calls needs no more memory than a few.
    pub fn forget(&self, sid: &str) {
        lock(&self.shared.calls)
            .retain(|key, call| !(call.seconds.is_some() && (key == sid || call.parent.as_deref() == Some(sid))));
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    pub(crate) fn add(
        &self,
        sid: &str,
        from: &str,
        to: &str,
        direction: &'static str,
        parent: Option<String>,
    ) -> mpsc::Receiver<Update> {
        let (updates, updated) = mpsc::channel(16);
        let record = Record {
            from: from.to_owned(),
            to: to.to_owned(),
            direction,
            status: "ringing",
            parent,
            began: Instant::now(),
            answered: None,
            seconds: None,
            asked_price: 0,
            updates,
            recording: None,
            notes: Vec::new(),
            first_document: None,
        };
        lock(&self.calls).insert(sid.to_owned(), record);
        updated
    }

    pub(crate) fn change(&self, sid: &str, change: impl FnOnce(&mut Record)) {
        if let Some(record) = lock(&self.calls).get_mut(sid) {
            change(record);
        }
    }

    pub(crate) fn note(&self, sid: &str, kind: &'static str, text: impl Into<String>) {
        let pace = self.options.pace;
        self.change(sid, |record| {
            record.notes.push(Note { at_ms: pace.since(record.began), kind, text: text.into() });
        });
    }

    /// Where an address that the server named is really reached, with each node that may take it.
    pub(crate) fn reached(&self, url: &str) -> Vec<String> {
        let public = &self.options.public_url;
        let socket = |base: &str| base.replacen("http", "ws", 1);
        let nodes = std::iter::once(&self.options.connect_url).chain(&self.options.other_nodes);
        if let Some(rest) = url.strip_prefix(public.as_str()) {
            nodes.map(|node| format!("{node}{rest}")).collect()
        } else if let Some(rest) = url.strip_prefix(&socket(public)) {
            nodes.map(|node| format!("{}{rest}", socket(node))).collect()
        } else {
            vec![url.to_owned()]
        }
    }

    /// A call as the REST interface tells it.
    pub(crate) fn told(&self, sid: &str) -> Option<Value> {
        let mut calls = lock(&self.calls);
        let record = calls.get_mut(sid)?;
        let rated = record.seconds.is_some() && record.asked_price >= self.options.price_after;
        record.asked_price += u32::from(record.seconds.is_some());
        Some(json!({
            "sid": sid,
            "account_sid": self.options.account,
            "parent_call_sid": record.parent,
            "from": record.from,
            "to": record.to,
            "direction": record.direction,
            "status": record.status,
            "duration": record.seconds.map(|seconds| seconds.to_string()),
            "price": rated.then_some(&self.options.price),
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": format!("/2010-04-01/Accounts/{}/Calls/{sid}.json", self.options.account),
        }))
    }
}

/// An identifier as Twilio makes them: two letters and 32 hexadecimal digits.
pub(crate) fn sid(kind: &str) -> String {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system has random bytes");
    bytes.iter().fold(kind.to_owned(), |sid, byte| format!("{sid}{byte:02x}"))
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("nothing panics while it is held")
}
