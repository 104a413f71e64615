//! HTTP: routes, extractors, errors, sockets, the OpenAPI document and the embedded page. The only crate with status codes.

mod address;
mod csv;
mod elsewhere;
mod error;
mod extract;
mod limits;
mod lists;
mod metrics_text;
mod name_paging;
mod openapi;
mod page;
mod paging;
mod routes;
mod shape;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::serve::ListenerExt;
use patchcord_app::App;
use patchcord_app::elsewhere::Elsewhere;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use limits::Limits;

pub use address::Network;
pub use openapi::document;
pub use routes::{Phone, TwilioAccount};

/// Largest body of a JSON request, in bytes (1 MiB).
pub const BODY_MAX: usize = 1024 * 1024;
/// How long a request may take before it is answered with 503.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
/// The same for a large file that comes over a slow line, and is then read line by line.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(600);

/// What an operator may set about the server.
#[derive(Clone, Default)]
pub struct Options {
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether browsers reach the server over https: the refresh cookie is then sent over https only.
    pub secure_cookies: bool,
    /// The server that answers the copilot's routes, when it is not this one.
    pub copilot_elsewhere: Option<Elsewhere>,
    /// Whether the sign-in page shows the demo users.
    pub demo: bool,
    /// What a program must send to read `/metrics`; without one only this machine may read it.
    pub metrics_token: Option<String>,
    /// The account whose webhooks are taken; without one every request of Twilio is refused.
    pub twilio: Option<TwilioAccount>,
    /// What holds conversations; without it streams are closed again.
    pub phone: Option<Phone>,
    /// Requests a minute that one token, or one address without a token, may send; 0 for any number.
    pub rate_limit_per_minute: u32,
}

/// What every handler may need.
#[derive(Clone)]
pub struct Desk {
    pub(crate) app: App,
    pub(crate) options: Arc<Options>,
    pub(crate) draining: Arc<AtomicBool>,
    /// Ends sockets when the server stops.
    pub(crate) stop: CancellationToken,
    pub(crate) limits: Arc<Limits>,
    requests: Arc<AtomicU64>,
}

impl Desk {
    /// Puts the parts together. The token ends sockets and the listener.
    pub fn new(app: App, options: Options, stop: CancellationToken) -> Self {
        Self {
            app,
            limits: Arc::new(Limits::new(options.rate_limit_per_minute)),
            options: Arc::new(options),
            draining: Arc::new(AtomicBool::new(false)),
            stop,
            requests: Arc::new(AtomicU64::new(0)),
        }
    }

    /// From now on `/readyz` answers 503, so that balancers send requests elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// A short name for a request: the second since the start of counting, and a counter.
    fn request_id(&self) -> String {
        let count = self.requests.fetch_add(1, Ordering::Relaxed);
        let second = self.app.clock.now() / 1_000;
        format!("{second:x}-{count:06x}")
    }
}

/// Every route, with what surrounds them.
pub fn router(desk: Desk) -> Router {
    let (api, _) = routes::api().split_for_parts();
    api.merge(openapi::docs())
        .fallback(page::fallback)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(desk.clone(), elsewhere::pass_on))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn_with_state(desk.clone(), metrics_text::measure))
        .layer(middleware::from_fn_with_state(desk.clone(), limits::limit))
        .layer(middleware::from_fn_with_state(desk.clone(), surround))
        .with_state(desk)
}

/// Whether an address is the copilot's: its own routes and the older forms that wait.
pub(crate) fn is_copilots(path: &str) -> bool {
    path.starts_with("/api/copilot/v1/")
        || matches!(path, "/api/analyze" | "/api/suggest" | "/api/draft-reply" | "/api/chat")
}

/// Serves until the token is cancelled, then lets requests under way finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, desk: Desk) -> std::io::Result<()> {
    let stop = desk.stop.clone();
    let service = router(desk).into_make_service_with_connect_info::<SocketAddr>();
    // Frames of calls are small and due at once.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps small frames back");
        }
    });
    axum::serve(listener, service).with_graceful_shutdown(async move { stop.cancelled().await }).await
}

/// Gives each request an id and a limit of time, and each answer its headers.
async fn surround(State(desk): State<Desk>, request: Request<Body>, next: Next) -> Response {
    let id = desk.request_id();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let is_socket = request.headers().contains_key(header::UPGRADE);
    let answer = error::with_request_id(id.clone(), async move {
        if is_socket {
            return next.run(request).await;
        }
        let patience = if request.uri().path() == "/api/import" { IMPORT_TIMEOUT } else { REQUEST_TIMEOUT };
        match tokio::time::timeout(patience, next.run(request)).await {
            Ok(response) => response,
            Err(_) => error::timed_out(),
        }
    });
    let mut response = answer.instrument(span).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
