//! Calls: who is let in, who holds a call, what is written of it, and what people do with it while it lasts.

mod admission;
mod browser;
mod detail;
mod facts;
mod holding;
mod menu;
mod operating;
mod price;
mod progress;
mod rates;
mod reading;
mod recorder;
mod recording;
mod sessions;
mod taking_over;
mod transferring;
mod wrapping_up;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use patchcord_agents::{Agents, Carrier};
use patchcord_domain::call::Engine;
use patchcord_domain::id::{Entropy, new_id};
use patchcord_domain::time::{MINUTE, Millis, SECOND};
use patchcord_llm::builtin::Builtin;

pub use admission::{Admission, Arrival, Stream};
pub use browser::BrowserCall;
pub use detail::{CallDetail, CallPage, CallPatch, LiveCall, TranscriptFormat};
pub use holding::{Opened, Taken};
pub use menu::{Menu, MenuKeys, MenuThen};
pub use operating::{Operation, TransferMode};
pub use progress::{Callback, DialResult, Next, Transfer};
pub use rates::Rates;
pub use sessions::Sessions;
pub use transferring::{Answered as TransferAnswered, Whisper};

pub(crate) use admission::blank as blank_call;
pub(crate) use facts::{Caller, business_hours_now, kind_in_words};
pub(crate) use price::{PRICE, fetch_price};
pub(crate) use recorder::replay;
pub(crate) use recording::{RECORDING, fetch_recording};
pub(crate) use sessions::COMMANDS;
pub(crate) use wrapping_up::{ANALYSIS, SUMMARY, WRAP_UP, conclude, wrap_up};

pub use patchcord_store::calls::{Line, Query};

/// How long a one-time token opens a stream.
pub const TOKEN_LIFE: Millis = MINUTE;
/// How long a node holds a call without saying so again.
pub(crate) const LEASE: Millis = 3 * SECOND;

/// What an operator may set about calls.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engine of numbers that name none.
    pub engine: Engine,
    /// Whether a model for the realtime engine is there; without one every call is a relay.
    pub has_realtime: bool,
    /// Whether anything thinks at all; without it callers have a menu of keys.
    pub has_model: bool,
    /// Where callers go who ask for a person, when their number and workspace say nothing else.
    pub human_number: Option<String>,
    /// Numbers may be dialled that begin with one of these; none means those of the workspace's own country.
    pub transfer_prefixes: Vec<String>,
    /// Calls that this node takes at the same time.
    pub max_concurrent: usize,
    /// Longest call.
    pub max_call_ms: Millis,
    /// How long a caller may say nothing before being asked.
    pub idle_ms: Millis,
    /// The account whose calls are those of `patchcord call`.
    pub simulator_account: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            engine: Engine::Relay,
            has_realtime: false,
            has_model: true,
            human_number: None,
            transfer_prefixes: Vec::new(),
            max_concurrent: 100,
            max_call_ms: 30 * MINUTE,
            idle_ms: 30 * SECOND,
            simulator_account: None,
        }
    }
}

/// The calls of this process, and what it needs for them.
#[derive(Clone)]
pub struct Calls {
    /// What an operator set.
    pub options: Arc<Options>,
    /// What telephony costs.
    pub rates: Rates,
    /// The carrier, for what is not said over a stream; none when no account is set up.
    pub carrier: Option<Arc<dyn Carrier>>,
    /// The conversations that this process holds.
    pub sessions: Sessions,
    /// The voice agents, and what each may do.
    pub agents: Arc<Agents>,
    /// The built-in rules: how content words are, and what no model answers.
    pub(crate) rules: Arc<Builtin>,
    /// Names this process, also among those that ran before it on the same machine.
    pub(crate) instance: String,
    draining: Arc<AtomicBool>,
}

impl Calls {
    /// No call yet.
    pub fn new(
        options: Options,
        (rates, agents, rules): (Rates, Arc<Agents>, Arc<Builtin>),
        carrier: Option<Arc<dyn Carrier>>,
        entropy: &dyn Entropy,
    ) -> Self {
        Self {
            options: Arc::new(options),
            rates,
            carrier,
            sessions: Sessions::default(),
            agents,
            rules,
            instance: new_id(entropy),
            draining: Arc::default(),
        }
    }

    /// From now on no new call is taken; those in progress go on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether new calls are refused because the process is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether another call fits.
    pub(crate) fn has_room(&self) -> bool {
        !self.is_draining() && self.sessions.count() < self.options.max_concurrent
    }

    /// The engine of a call, by what its number says.
    pub(crate) fn engine(&self, of_number: Option<&str>) -> Engine {
        let wanted = of_number.and_then(Engine::parse).unwrap_or(self.options.engine);
        if self.options.has_realtime { wanted } else { Engine::Relay }
    }
}
