//! What `doctor` looks at. Nothing is changed: the schema is not brought up to date, and a database is not made.

use std::time::Duration;

use patchcord_app::App;
use patchcord_app::storage::Storage;
use patchcord_store::{Store, known_migrations, unscoped};

use super::Check;
use crate::machine::SystemEntropy;
use crate::settings::{Provider, Settings};
use crate::wiring;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Everything but the audit trail.
pub(super) async fn all(settings: &Settings) -> Vec<Check> {
    let storage = async {
        let tried = match settings.storage.open() {
            Ok(storage) => try_out(&storage).await,
            Err(error) => Err(format!("{error:#}")),
        };
        match tried {
            Ok(()) => Check::good("storage", format!("{}: written, read and deleted", settings.storage.shown())),
            Err(error) => Check::bad(
                "storage",
                format!("{}: {error}", settings.storage.shown()),
                "check STORAGE_URL, its keys, and that this user may write there",
            ),
        }
    };
    vec![secret(settings), database(settings).await, storage.await, model(settings).await, public_url(settings)]
}

async fn try_out(storage: &Storage) -> Result<(), String> {
    let tried = tokio::time::timeout(PATIENCE, storage.try_out(&SystemEntropy)).await;
    tried.unwrap_or_else(|_| Err("it does not answer".to_owned()))
}

fn secret(settings: &Settings) -> Check {
    let file = settings.data_dir.join("secret");
    match (&settings.jwt_secret, file.metadata()) {
        (Some(_), _) => Check::good("secret", "JWT_SECRET is set"),
        (None, Ok(_)) if settings.database_url.starts_with("postgres") => {
            Check::good("secret", format!("{}; several nodes need the same one in JWT_SECRET", file.display()))
        }
        (None, Ok(_)) => Check::good("secret", file.display().to_string()),
        (None, Err(_)) => Check::good("secret", format!("{} will be made at the first start", file.display())),
    }
}

/// The database as it is; none when a SQLite file is not there yet.
async fn open(settings: &Settings) -> anyhow::Result<Option<Store>> {
    let missing = wiring::store_options(settings).sqlite_file().is_some_and(|file| !file.exists());
    if missing { Ok(None) } else { wiring::store(settings).await.map(Some) }
}

async fn database(settings: &Settings) -> Check {
    let shown = wiring::shown(&settings.database_url);
    let found = tokio::time::timeout(PATIENCE, async {
        let Some(store) = open(settings).await? else { return Ok(None) };
        let schema = unscoped::copies::schema(store.reader()).await;
        store.close().await;
        anyhow::Ok(Some(schema?))
    });
    let applied = match found.await {
        Ok(Ok(None)) => return Check::good("database", format!("{shown} will be made at the first start")),
        Ok(Ok(Some(applied))) => applied,
        Ok(Err(error)) => {
            let remedy = "check DATABASE_URL, and that the database runs and lets this machine in";
            return Check::bad("database", format!("{shown}: {error:#}"), remedy);
        }
        Err(_) => return Check::bad("database", format!("{shown} does not answer"), "check the network in between"),
    };
    let newer: Vec<&String> = applied.iter().filter(|name| known_migrations().all(|known| known != *name)).collect();
    if !newer.is_empty() {
        let detail = format!("{shown} was used by a newer version (schema {})", applied.join(", "));
        return Check::bad("database", detail, "install that version, or restore a backup of this one");
    }
    let missing: Vec<&str> = known_migrations().filter(|known| !applied.iter().any(|name| name == known)).collect();
    match (applied.last(), missing.is_empty()) {
        (Some(last), true) => Check::good("database", format!("{shown}, schema {last}")),
        _ => Check::good("database", format!("{shown}; `serve` or `migrate` will apply {}", missing.join(", "))),
    }
}

async fn model(settings: &Settings) -> Check {
    let model = match wiring::model(settings, std::sync::Arc::new(crate::machine::SystemClock)) {
        Ok(None) => return Check::good("model", "off (COPILOT_PROVIDER=off)"),
        Ok(Some(model)) => model,
        Err(error) => return Check::bad("model", format!("{error:#}"), "correct the file that is named"),
    };
    if settings.provider == Provider::Builtin {
        return Check::good("model", "builtin: local rules, nothing to reach");
    }
    let at = settings.openai_base_url.as_deref().unwrap_or("OpenAI");
    let detail = format!("{} at {at}", model.name());
    match tokio::time::timeout(PATIENCE, model.check()).await {
        Ok(Ok(())) => Check::good("model", detail),
        Ok(Err(error)) => {
            let remedy = "check OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL; COPILOT_PROVIDER=builtin needs none";
            Check::bad("model", format!("{detail}: {error}"), remedy)
        }
        Err(_) => Check::bad("model", format!("{detail} does not answer"), "check the network in between"),
    }
}

fn public_url(settings: &Settings) -> Check {
    let url = &settings.public_url;
    let local = ["://localhost", "://127.", "://[::1]"].iter().any(|host| url.contains(host));
    let host = url.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() || url.contains(char::is_whitespace) || url.contains(['?', '#', '@']) {
        return Check::bad("public URL", url.clone(), "set PUBLIC_URL to https://HOST as browsers reach this server");
    }
    if !local && url.starts_with("http://") {
        let remedy = "put a proxy with TLS in front and set PUBLIC_URL to https://HOST";
        return Check::bad("public URL", format!("{url} is not encrypted"), remedy);
    }
    if local && !settings.is_loopback() {
        let remedy = "set PUBLIC_URL to the address that they use";
        return Check::bad("public URL", format!("{url} leads nowhere for browsers on other machines"), remedy);
    }
    Check::good("public URL", url.clone())
}

/// The audit trail of every ticket; each fault is a line of its own.
pub(super) async fn audit(settings: &Settings) -> Vec<Check> {
    let verified = async {
        let Some(store) = open(settings).await? else { return anyhow::Ok(None) };
        let app: App = wiring::app(settings, store, false)?;
        let verified = app.verify_trails().await;
        app.store.close().await;
        Ok(Some(verified?))
    };
    match verified.await {
        Ok(None) => vec![Check::good("audit", "there is no database yet")],
        Err(error) => {
            vec![Check::bad("audit", format!("{error:#}"), "bring the database up to date with `patchcord migrate`")]
        }
        Ok(Some(verified)) if verified.faults.is_empty() => {
            let detail = format!("{} lines of {} tickets are as they were written", verified.lines, verified.tickets);
            vec![Check::good("audit", detail)]
        }
        Ok(Some(verified)) => {
            let detail = format!("{} of {} tickets have a faulty trail", verified.faulty_tickets, verified.tickets);
            let remedy = "compare with a backup; with another secret than at the time of writing every line is faulty";
            let mut checks = vec![Check::bad("audit", detail, remedy)];
            checks.extend(verified.faults.into_iter().map(|fault| Check::bad("audit line", fault, "see above")));
            checks
        }
    }
}
