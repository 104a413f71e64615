//! `patchcord serve`: from the settings to a server that answers, and to its end.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use patchcord_app::App;
use patchcord_app::seed::DEMO_PASSWORD;
use patchcord_server::Desk;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cli::{Role, Serve};
use crate::settings::{Provider, Settings};
use crate::{machine, wiring};

/// When the start is over, the first look of each task in the background included.
const SETTLED: Duration = Duration::from_secs(3);
/// How long calls that are moved to another node may take to say so.
const MOVING: Duration = Duration::from_secs(5);

/// Runs the server until it is told to stop. A second signal ends it at once.
pub(crate) async fn run(settings: &Settings, options: &Serve) -> Result<ExitCode> {
    let sqlite = wiring::store_options(settings).sqlite_file();
    if options.demo && !settings.is_loopback() {
        bail!("--demo has well-known passwords, so it listens on this machine only: leave BIND at 127.0.0.1");
    }
    if sqlite.is_some() && options.role != Role::All {
        bail!("SQLite has one process: use --role all, or PostgreSQL for several");
    }
    let store = wiring::store(settings).await?;
    let _lock = sqlite.as_deref().map(machine::lock).transpose()?;
    let applied = wiring::migrate(settings, &store).await?;
    tracing::info!(applied = applied.len(), "the database is up to date");
    let app = wiring::app(settings, store.clone(), options.demo)?;
    if options.demo {
        let seeded = app.seed_demo().await.context("writing the demonstration")?;
        tracing::info!(tickets = seeded.tickets, "the demonstration is there");
    }

    if app.crm.is_some() {
        app.only_workspace().await?;
    }

    let mut stop_signals = StopSignals::new()?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let desk = Desk::new(
        app.clone(),
        patchcord_server::Options {
            trusted_proxies: settings.trusted_proxies.clone(),
            secure_cookies: settings.public_url.starts_with("https://"),
            copilot_elsewhere: wiring::copilot_elsewhere(settings)?,
            demo: options.demo,
            rate_limit_per_minute: settings.rate_limit_per_minute,
            metrics_token: settings.metrics_token.clone(),
            twilio: wiring::twilio(settings, options.demo)?,
            phone: Some(wiring::phone(settings, &app)?),
        },
        stop.clone(),
    );
    let listener = listen(SocketAddr::new(settings.bind, settings.port)).await?;
    let background = CancellationToken::new();
    app.start_live(&tasks, background.clone());
    app.start_token_use(&tasks, background.clone());
    app.start_health_log(&tasks, background.clone());
    app.meters.start_upkeep(&tasks, background.clone());
    if options.role != Role::Worker {
        app.start_calls(&tasks, &background);
    }
    if matches!(options.role, Role::All | Role::Worker) {
        app.start_worker(&tasks, background.clone());
    }
    let mut server = tokio::task::JoinSet::new();
    server.spawn(patchcord_server::serve(listener, desk.clone()));
    welcome(settings, options, &app)?;
    tasks.spawn(settle(background.clone()));

    let ended = tokio::select! {
        () = stop_signals.next() => None,
        ended = server.join_next() => ended,
    };
    if let Some(ended) = ended {
        ended.context("the server ended")?.context("the server failed")?;
    }
    tracing::info!("stopping: no new requests; those under way are finished");
    desk.drain();
    app.calls.drain();
    let finish = async {
        // The carrier still asks this node about its calls, so it listens until they are over or moved.
        let most = Duration::from_secs(settings.drain_seconds);
        if tokio::time::timeout(most, app.calls.sessions.none_left()).await.is_err() {
            tracing::warn!("calls took longer than DRAIN_SECONDS and are moved to another node");
            app.calls.sessions.move_all();
            let _ = tokio::time::timeout(MOVING, app.calls.sessions.none_left()).await;
        }
        stop.cancel();
        let drained = tokio::time::timeout(Duration::from_secs(settings.drain_seconds), server.join_next()).await;
        if drained.is_err() {
            tracing::warn!("requests took longer than DRAIN_SECONDS and were cut off");
            server.abort_all();
        }
        background.cancel();
        tasks.close();
        tasks.wait().await;
        app.background.close();
        app.background.wait().await;
        store.close().await;
    };
    tokio::select! {
        () = finish => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        () = stop_signals.next() => {
            tracing::warn!("ended at once by a second signal");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Gives back what the start needed, once it is over.
async fn settle(background: CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(SETTLED) => {}
        () = background.cancelled() => return,
    }
    match tokio::task::spawn_blocking(patchcord_memory::give_back).await {
        Ok(Ok(given)) => tracing::debug!(bytes = given.program, "gave back pages that the start needed"),
        Ok(Err(error)) => tracing::debug!(%error, "memory of the start is kept"),
        Err(error) => tracing::debug!(%error, "memory of the start is kept"),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {} is in use; choose another with PORT or --port", address.port())
        }
        Err(error) => Err(error).with_context(|| format!("listening on {address}")),
    }
}

/// Ctrl-C and what service managers send.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn new() -> Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Tells a person where to go, how to sign in and which model answers.
fn welcome(settings: &Settings, options: &Serve, app: &App) -> Result<()> {
    let model = match (&app.model, settings.provider) {
        _ if settings.copilot_api_base_url.is_some() => {
            "another server (COPILOT_API_BASE_URL); suggestions are made there".to_owned()
        }
        (None, _) => "off (COPILOT_PROVIDER=off)".to_owned(),
        (Some(_), Provider::Builtin) => {
            "builtin: local rules, no account needed; OPENAI_API_KEY or OPENAI_BASE_URL choose another".to_owned()
        }
        (Some(model), _) => {
            let at = settings.openai_base_url.as_deref().unwrap_or("OpenAI");
            format!("{} at {at}", model.name())
        }
    };
    let mut text = format!("\nPatchcord {} is ready\n", env!("CARGO_PKG_VERSION"));
    let mut line = |name: &str, value: &str| text += &format!("  {name:<9} {value}\n");
    line("open", &settings.public_url);
    if options.demo {
        line("sign in", &format!("agent@demo.test with the password {DEMO_PASSWORD}"));
        line("", "also admin@demo.test, viewer@demo.test and, in another workspace, admin@other.test");
    } else {
        line("sign in", "as a user of yours; `patchcord workspace add NAME --admin EMAIL` makes the first");
    }
    line("model", &model);
    line("database", &wiring::shown(&settings.database_url));
    line("API", &format!("{}/api/docs", settings.public_url));
    text += "Ctrl-C stops it.\n\n";
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("writing to the terminal")
}
