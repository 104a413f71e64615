//! The commands that do one thing and end.

use std::io::{BufRead, ErrorKind, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use patchcord_app::users::{Invited, NewUser};
use patchcord_app::{App, AppError};
use serde_json::{Value, json};

use crate::cli::{Seed, User, Workspace};
use crate::settings::Settings;
use crate::wiring;

/// Prints a result: as JSON for programs, or as text for people. A reader that has seen enough, as in `| head`, is no failure.
pub(crate) fn print(as_json: bool, value: &Value, text: &str) -> Result<()> {
    let text = if as_json { value.to_string() } else { text.to_owned() };
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to the terminal"),
    }
}

/// The program on a database whose schema is up to date.
pub(crate) async fn open(settings: &Settings) -> Result<App> {
    let store = wiring::store(settings).await?;
    wiring::migrate(settings, &store).await?;
    wiring::app(settings, store, false)
}

/// `patchcord migrate`.
pub(crate) async fn migrate(settings: &Settings, as_json: bool) -> Result<()> {
    let store = wiring::store(settings).await?;
    let applied = wiring::migrate(settings, &store).await?;
    store.close().await;
    let text = match applied.len() {
        0 => "the database is up to date".to_owned(),
        _ => format!("applied {}", applied.join(", ")),
    };
    print(as_json, &json!({"applied": applied}), &text)
}

/// `patchcord seed --demo`.
pub(crate) async fn seed(settings: &Settings, as_json: bool) -> Result<()> {
    let app = open(settings).await?;
    let seeded = app.seed_demo().await?;
    app.store.close().await;
    let text = match seeded.workspaces {
        0 => "the demonstration is there already".to_owned(),
        count => format!(
            "wrote {count} workspaces with {} users, {} organizations, {} contacts, {} devices, {} tickets, {} articles",
            seeded.users, seeded.organizations, seeded.contacts, seeded.devices, seeded.tickets, seeded.articles
        ),
    };
    print(as_json, &serde_json::to_value(&seeded)?, &text)
}

/// `patchcord seed --load N`.
pub(crate) async fn seed_load(settings: &Settings, options: &Seed, tickets: u64, as_json: bool) -> Result<()> {
    let app = open(settings).await?;
    let mut shown = 0;
    let progress = |done: u64| {
        let tenth = done * 10 / tickets.max(1);
        if tenth > shown && !as_json {
            shown = tenth;
            let _ = writeln!(std::io::stderr().lock(), "{done} of {tickets} tickets");
        }
    };
    let loaded = app.seed_load(options.workspace.as_deref(), tickets, options.messages, progress).await;
    app.store.close().await;
    let loaded = loaded?;
    let text = format!(
        "wrote {} tickets with {} messages into the workspace {} in {:.1} s: {:.0} tickets a second",
        loaded.tickets,
        loaded.messages,
        loaded.workspace,
        loaded.seconds,
        loaded.tickets as f64 / loaded.seconds
    );
    print(as_json, &serde_json::to_value(&loaded)?, &text)
}

/// `patchcord workspace …`.
pub(crate) async fn workspace(settings: &Settings, command: Workspace, as_json: bool) -> Result<()> {
    let app = open(settings).await?;
    match command {
        Workspace::Add { name, admin, admin_name } => {
            let user = NewUser { name: name_or(admin_name, &admin), email: admin, ..NewUser::default() };
            let (workspace, invited) = app.add_workspace(&name, user).await.map_err(explain)?;
            let value = json!({
                "workspace": {"id": workspace.id, "name": workspace.name, "slug": workspace.slug},
                "user": shown(&invited),
            });
            let text = format!("made the workspace {} ({})\n{}", workspace.name, workspace.slug, invitation(&invited));
            print(as_json, &value, &text)?;
        }
        Workspace::List => {
            let workspaces = app.operator_workspaces().await?;
            let items: Vec<Value> = workspaces
                .iter()
                .map(|workspace| json!({"id": workspace.id, "name": workspace.name, "slug": workspace.slug}))
                .collect();
            let lines: Vec<String> =
                workspaces.iter().map(|workspace| format!("{:<24} {}", workspace.slug, workspace.name)).collect();
            let text = if lines.is_empty() {
                "there is no workspace yet; `patchcord workspace add NAME --admin EMAIL` makes one".to_owned()
            } else {
                lines.join("\n")
            };
            print(as_json, &json!({"items": items}), &text)?;
        }
    }
    app.store.close().await;
    Ok(())
}

/// `patchcord user …`.
pub(crate) async fn user(settings: &Settings, command: User, as_json: bool) -> Result<()> {
    let app = open(settings).await?;
    match command {
        User::Add { email, workspace, name, role } => {
            let slug = chosen(&app, workspace).await?;
            let input = NewUser { name: name_or(name, &email), email, role, ..NewUser::default() };
            let invited = app.operator_add_user(&slug, input).await.map_err(explain)?;
            print(as_json, &json!({"user": shown(&invited)}), &invitation(&invited))?;
        }
        User::Passwd { email } => {
            let password = read_password()?;
            let user = app.operator_set_password(&email, &password).await.map_err(explain)?;
            print(as_json, &json!({"user": {"id": user.id, "email": user.email}}), "the password is set")?;
        }
        User::Disable { email } => {
            let user = app.operator_disable_user(&email).await.map_err(explain)?;
            let text = format!("{} cannot sign in any more", user.email);
            print(as_json, &json!({"user": {"id": user.id, "email": user.email}}), &text)?;
        }
    }
    app.store.close().await;
    Ok(())
}

/// The workspace that was named, or the only one.
pub(crate) async fn chosen(app: &App, named: Option<String>) -> Result<String> {
    if let Some(slug) = named {
        return Ok(slug);
    }
    let mut workspaces = app.operator_workspaces().await?;
    match (workspaces.pop(), workspaces.is_empty()) {
        (Some(only), true) => Ok(only.slug),
        (None, _) => bail!("there is no workspace yet; `patchcord workspace add NAME --admin EMAIL` makes one"),
        _ => bail!("there are several workspaces; choose one with --workspace (`patchcord workspace list` shows them)"),
    }
}

fn name_or(name: Option<String>, email: &str) -> String {
    name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned())
}

fn shown(invited: &Invited) -> Value {
    let user = &invited.user;
    json!({
        "id": user.id, "email": user.email, "name": user.name, "role": user.role,
        "invitationUrl": invited.invitation_url,
    })
}

fn invitation(invited: &Invited) -> String {
    let user = &invited.user;
    let link = invited.invitation_url.as_deref().unwrap_or_default();
    format!("added {} as {}; within 72 hours they choose a password at\n{link}", user.email, user.role)
}

/// One line of the standard input, so that the password is in no list of processes and in no shell history.
fn read_password() -> Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let mut out = std::io::stderr().lock();
        write!(out, "New password (it is shown while you type): ").context("writing to the terminal")?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("reading the password from the standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password came from the standard input");
    }
    Ok(password.to_owned())
}

/// Every wrong field on a line of its own.
pub(crate) fn explain(error: AppError) -> anyhow::Error {
    match error {
        AppError::Invalid(errors) => {
            let lines: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
            anyhow::anyhow!("{}", lines.join("\n"))
        }
        other => other.into(),
    }
}
