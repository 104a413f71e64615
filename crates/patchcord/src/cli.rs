//! The commands and flags of the program.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::settings;

/// The support desk that answers the phone.
#[derive(Parser)]
#[command(name = "patchcord", version, about, after_help = settings::help(), arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Flags of every command.
#[derive(Args)]
pub(crate) struct Common {
    /// A TOML file with settings
    #[arg(long, global = true, value_name = "FILE", env = "PATCHCORD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Overrides DATA_DIR
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    /// Overrides DATABASE_URL
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Prints results as JSON for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Starts the server
    #[command(after_help = settings::help())]
    Serve(Serve),
    /// Brings the database's schema up to date; `serve` does so by itself
    Migrate,
    /// Writes sample data
    Seed(Seed),
    /// Workspaces: the tenants of this installation
    #[command(subcommand)]
    Workspace(Workspace),
    /// Users who sign in
    #[command(subcommand)]
    User(User),
    /// Looks at settings, database, storage, model and addresses: one line each, with what to do
    Doctor(Doctor),
    /// Writes database, attachments and secret to one file, while the server runs; on PostgreSQL it prints what to do
    Backup {
        /// The file; it must not be there yet
        file: PathBuf,
    },
    /// Puts a backup where there is no database yet
    Restore {
        /// The file that `backup` wrote
        file: PathBuf,
        /// Checks the backup and writes nothing
        #[arg(long)]
        verify: bool,
    },
    /// Prints the OpenAPI document of the HTTP interface
    Openapi,
}

/// What a process does.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Everything; the only role on SQLite
    All,
    /// Answers requests
    Api,
    /// Works on jobs; answers only requests for its health in practice
    Worker,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// What this process does; several roles need PostgreSQL
    #[arg(long, value_enum, default_value = "all")]
    pub(crate) role: Role,
    /// Makes the demonstration's workspaces, with well-known passwords; listens on this machine only
    #[arg(long)]
    pub(crate) demo: bool,
    /// Overrides PORT
    #[arg(long)]
    pub(crate) port: Option<String>,
    /// Overrides BIND
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<String>,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Also verifies the audit trail of every ticket, and names what was altered
    #[arg(long)]
    pub(crate) audit: bool,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(false))]
pub(crate) struct Seed {
    /// The demonstration: two workspaces with users, customers, devices, tickets and articles; what is there is left alone
    #[arg(long, group = "what")]
    pub(crate) demo: bool,
    /// That many made-up tickets in a workspace of their own, for measurements
    #[arg(long, value_name = "N", group = "what", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) load: Option<u64>,
    /// Messages of each made-up ticket
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) messages: u64,
    /// Short name of the workspace of the made-up tickets; one called load when absent
    #[arg(long)]
    pub(crate) workspace: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Workspace {
    /// Makes a workspace and its first administrator; prints the link with which they choose a password
    Add {
        /// Name that people see
        name: String,
        /// Address of the administrator
        #[arg(long, value_name = "EMAIL")]
        admin: String,
        /// Name of the administrator; the part of the address before the @ when absent
        #[arg(long, value_name = "NAME")]
        admin_name: Option<String>,
    },
    /// Lists the workspaces with the short names that other commands take
    List,
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// Adds a user; prints the link with which they choose a password
    Add {
        /// Address to sign in with
        email: String,
        /// Short name of the workspace; may be left out where there is only one
        #[arg(long)]
        workspace: Option<String>,
        /// Name that others see; the part of the address before the @ when absent
        #[arg(long)]
        name: Option<String>,
        /// ADMIN, AGENT or VIEWER
        #[arg(long, default_value = "AGENT")]
        role: String,
    },
    /// Sets a user's password, read from the first line of the standard input; ends their sessions
    Passwd {
        /// Address of the user
        email: String,
    },
    /// Disables a user; ends their sessions at once
    Disable {
        /// Address of the user
        email: String,
    },
}
