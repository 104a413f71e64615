//! The patchcord program: reads its settings, puts the parts together and runs a command.

mod agents_commands;
mod backup;
mod call_command;
mod cli;
mod commands;
mod doctor;
mod eval;
mod machine;
mod metrics_commands;
mod persona;
mod pg_dump;
mod place;
mod serve;
mod settings;
mod token_commands;
mod wiring;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, Common};
use crate::settings::{Settings, Sources};

/// The exit code of wrong usage, which clap uses as well.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    patchcord_memory::keep_few_heaps();
    let cli = Cli::parse();
    let settings = match sources(&cli).map_err(|error| vec![format!("{error:#}")]).and_then(|all| Settings::read(&all))
    {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults.join("\n"));
            return ExitCode::from(USAGE);
        }
    };
    if let Err(error) = log(&settings) {
        complain(&format!("RUST_LOG is {:?}, which cannot be read: {error:#}", settings.log_filter));
        return ExitCode::from(USAGE);
    }
    // Two providers are in the tree of dependencies' features; without a choice the first connection would panic.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("starting threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(&settings, cli)) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: &Settings, cli: Cli) -> Result<ExitCode> {
    let json = cli.common.json;
    let shown = settings::shown(&sources(&cli)?);
    match cli.command {
        Command::Serve(options) => return serve::run(settings, &options).await,
        Command::Migrate => commands::migrate(settings, json).await?,
        Command::Seed(options) => match options.load {
            Some(count) => commands::seed_load(settings, &options, count, json).await?,
            None => commands::seed(settings, json).await?,
        },
        Command::Doctor(options) => return doctor::run(settings, &shown, &options, json).await,
        Command::Backup { file } => backup::write(settings, &file, json).await?,
        Command::Restore { file, verify } => return backup::restore(settings, &file, verify, json).await,
        Command::Workspace(command) => commands::workspace(settings, command, json).await?,
        Command::User(command) => commands::user(settings, command, json).await?,
        Command::Token(command) => token_commands::token(settings, command, json).await?,
        Command::Metrics(command) => metrics_commands::metrics(settings, command, json).await?,
        Command::Eval(command) => return eval::run(settings, command, json).await,
        Command::Agents(command) => return agents_commands::run(&command, json),
        Command::Call(options) => {
            // What could not be tried at all is not the same as a call that went wrong.
            return Ok(call_command::run(settings, &options, json).await.unwrap_or_else(|error| {
                complain(&format!("{error:#}"));
                ExitCode::from(USAGE)
            }));
        }
        Command::Openapi => {
            let document = serde_json::to_string_pretty(&patchcord_server::document())?;
            commands::print(false, &serde_json::Value::Null, &document)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sources(cli: &Cli) -> Result<Sources> {
    let Common { config, data_dir, database_url, .. } = &cli.common;
    let file = match config {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Some((text, path.display().to_string()))
        }
        None => None,
    };
    let mut flags = Vec::new();
    let mut flag = |name, value: &Option<String>| flags.extend(value.clone().map(|value| (name, value)));
    flag("DATA_DIR", data_dir);
    flag("DATABASE_URL", database_url);
    if let Command::Serve(serve) = &cli.command {
        flag("PORT", &serve.port);
        flag("BIND", &serve.bind);
    }
    Ok(Sources { file, environment: std::env::vars().collect(), flags })
}

/// Logs go to the standard error; results of commands to the standard output.
fn log(settings: &Settings) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.log_filter)?;
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    if settings.log_json {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
    Ok(())
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "patchcord: {text}");
}
