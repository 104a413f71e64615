//! What this process counts about itself, for Prometheus. Every label takes one of a few values, so that memory is bounded
//! whatever people send.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use metrics::{Key, Label, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use patchcord_domain::time::Millis;
use patchcord_store::unscoped;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::jobs::{assignment, copilot, roll_up, sla};
use crate::{App, AppError};

/// How often measurements are summed up.
const UPKEEP: Duration = Duration::from_secs(5);
/// Upper ends of the buckets of latencies, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

const REQUESTS: &str = "patchcord_http_requests_total";
const REQUEST_SECONDS: &str = "patchcord_http_request_duration_seconds";
const JOBS: &str = "patchcord_jobs_total";
const JOB_SECONDS: &str = "patchcord_job_duration_seconds";
const QUEUE: &str = "patchcord_queue_jobs";
const MODEL_CALLS: &str = "patchcord_model_calls_total";
const MODEL_SECONDS: &str = "patchcord_model_call_duration_seconds";
const SOCKETS: &str = "patchcord_event_sockets";

/// Kinds of jobs by name; others count as `other`.
const KINDS: [&str; 6] = [copilot::JOB, assignment::JOB, sla::SCAN, sla::REFRESH, roll_up::HOURS, roll_up::CUSTOMERS];
/// Methods by name; others count as `OTHER`.
const METHODS: [&str; 7] = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];

/// Where a measurement comes from, for the recorder.
static HERE: Metadata<'static> = Metadata::new("patchcord", Level::INFO, Some(module_path!()));

/// Counts. Clones share it.
#[derive(Clone)]
pub struct Meters(Arc<Inner>);

struct Inner {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    sockets: AtomicI64,
    /// Calls of models since the last look, and how long they took together, in milliseconds.
    model_calls: AtomicI64,
    model_ms: AtomicI64,
}

impl Default for Meters {
    fn default() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect("there are buckets");
        let recorder = builder.build_recorder();
        let describe = |name: &'static str, text: &'static str| {
            let (name, text) = (name.into(), SharedString::const_str(text));
            (name, text)
        };
        for (name, text) in [
            (REQUESTS, "Requests that were answered"),
            (JOBS, "Jobs that were worked on, by how that ended"),
            (MODEL_CALLS, "Calls of models"),
        ] {
            let (name, text) = describe(name, text);
            recorder.describe_counter(name, None, text);
        }
        for (name, text) in [
            (REQUEST_SECONDS, "How long requests took"),
            (JOB_SECONDS, "How long jobs took"),
            (MODEL_SECONDS, "How long models took"),
        ] {
            let (name, text) = describe(name, text);
            recorder.describe_histogram(name, None, text);
        }
        for (name, text) in
            [(QUEUE, "Jobs of all nodes by state"), (SOCKETS, "Event sockets that are open on this node")]
        {
            let (name, text) = describe(name, text);
            recorder.describe_gauge(name, None, text);
        }
        let handle = recorder.handle();
        let zero = || AtomicI64::new(0);
        Self(Arc::new(Inner { recorder, handle, sockets: zero(), model_calls: zero(), model_ms: zero() }))
    }
}

/// An event socket that is open, as long as the value lives.
pub struct OpenSocket(Meters);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Meters {
    /// A request was answered. The route is the pattern, such as `/api/tickets/{id}`, never the address.
    pub fn request(&self, method: &str, route: Option<&str>, status: u16, took_ms: Millis) {
        let method = known(&METHODS, method, "OTHER");
        let route = match route {
            Some(route) => Label::new("route", route.to_owned()),
            None => Label::from_static_parts("route", "other"),
        };
        let labels = vec![Label::from_static_parts("method", method), route];
        self.seconds(REQUEST_SECONDS, labels.clone(), took_ms);
        let status = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.count(REQUESTS, [labels, vec![Label::from_static_parts("status", status)]].concat());
    }

    /// A job was worked on; `outcome` is one of a few words.
    pub(crate) fn job(&self, kind: &str, outcome: &'static str, took_ms: Millis) {
        let kind = Label::from_static_parts("kind", known(&KINDS, kind, "other"));
        self.seconds(JOB_SECONDS, vec![kind.clone()], took_ms);
        self.count(JOBS, vec![kind, Label::from_static_parts("outcome", outcome)]);
    }

    /// A model was asked; `error` is a stable code.
    pub(crate) fn model_call(&self, provider: &'static str, error: Option<&'static str>, took_ms: Millis) {
        let provider = Label::from_static_parts("provider", provider);
        self.seconds(MODEL_SECONDS, vec![provider.clone()], took_ms);
        self.count(MODEL_CALLS, vec![provider, Label::from_static_parts("outcome", error.unwrap_or("success"))]);
        self.0.model_calls.fetch_add(1, Ordering::Relaxed);
        self.0.model_ms.fetch_add(took_ms.max(0), Ordering::Relaxed);
    }

    /// An event socket was opened.
    pub fn socket(&self) -> OpenSocket {
        self.0.sockets.fetch_add(1, Ordering::Relaxed);
        OpenSocket(self.clone())
    }

    /// Mean time that models took since the last look, in milliseconds.
    pub(crate) fn take_model_latency(&self) -> Option<Millis> {
        let (calls, ms) = (self.0.model_calls.swap(0, Ordering::Relaxed), self.0.model_ms.swap(0, Ordering::Relaxed));
        (calls > 0).then(|| ms / calls)
    }

    /// Sums up measurements every few seconds until the token is cancelled, also when nobody fetches them: each is kept by itself
    /// until then, and a busy minute has a hundred thousand.
    pub fn start_upkeep(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let meters = self.clone();
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(UPKEEP) => meters.0.handle.run_upkeep(),
                }
            }
        });
    }

    fn count(&self, name: &'static str, labels: Vec<Label>) {
        self.0.recorder.register_counter(&Key::from_parts(name, labels), &HERE).increment(1);
    }

    fn seconds(&self, name: &'static str, labels: Vec<Label>, took_ms: Millis) {
        let seconds = took_ms.max(0) as f64 / 1_000.0;
        self.0.recorder.register_histogram(&Key::from_parts(name, labels), &HERE).record(seconds);
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>, value: i64) {
        self.0.recorder.register_gauge(&Key::from_parts(name, labels), &HERE).set(value as f64);
    }
}

impl App {
    /// Everything that is counted, in the text form of Prometheus.
    ///
    /// # Errors
    /// When the database fails, which knows how many jobs wait.
    pub async fn metrics_text(&self) -> Result<String, AppError> {
        let (ready, running) = unscoped::jobs::depth(self.store.reader()).await?;
        let state = |state: &'static str| vec![Label::from_static_parts("state", state)];
        self.meters.gauge(QUEUE, state("ready"), ready);
        self.meters.gauge(QUEUE, state("running"), running);
        self.meters.gauge(SOCKETS, Vec::new(), self.meters.0.sockets.load(Ordering::Relaxed));
        Ok(self.meters.0.handle.render())
    }
}

/// Whether a token is the one that was set; how long the answer takes tells nothing of it.
pub fn is_token(sent: &str, set: &str) -> bool {
    verify_slices_are_equal(sent.as_bytes(), set.as_bytes()).is_ok()
}

fn known(all: &[&'static str], text: &str, other: &'static str) -> &'static str {
    all.iter().find(|name| **name == text).copied().unwrap_or(other)
}
