//! The commands and flags of the program.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use patchcord_app::replay::LIMIT_MAX;

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
    /// API tokens: programs act with them for a user
    #[command(subcommand)]
    Token(Token),
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
    /// The figures of the dashboard
    #[command(subcommand)]
    Metrics(Metrics),
    /// The files of the voice agents
    #[command(subcommand)]
    Agents(AgentFiles),
    /// Prints the OpenAPI document of the HTTP interface
    Openapi,
    /// Scores the configured model
    #[command(subcommand)]
    Eval(Eval),
    /// Plays a caller against a running server, without any account; exits with 1 when it went otherwise than expected
    Call(Call),
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
    /// Holds calls; the carrier's requests are led to it
    Voice,
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
    /// Asks the configured model once for each kind of result; costs a few thousand tokens
    #[arg(long)]
    pub(crate) model: bool,
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
pub(crate) enum AgentFiles {
    /// Checks a folder as the server does at its start: tells every fault with file and line, exits with 1 when there is one
    Check {
        /// The folder, as AGENTS_DIR names it
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Metrics {
    /// Counts figures again from tickets, suggestions and the ledger; they come out the same unless something was wrong
    Rebuild {
        /// Short name of the workspace; may be left out where there is only one
        #[arg(long)]
        workspace: Option<String>,
        /// Begins at this time, such as 2026-11-24T09:30:00Z, or at the start of this date (UTC); at the very first when absent
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Ends before this time; after the very last when absent
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
    },
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

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Makes a token; it is printed this once
    Create {
        /// What the token is for
        name: String,
        /// Address of the user for whom it acts
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// ADMIN, AGENT or VIEWER, at most the role of the user, which it is when absent
        #[arg(long)]
        role: Option<String>,
        /// When it ends: a time such as 2027-01-31T00:00:00Z, or a date; never when absent
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Lists the newest 100 tokens, without their secrets
    List {
        /// Short name of the workspace; may be left out where there is only one
        #[arg(long)]
        workspace: Option<String>,
    },
    /// Revokes a token; the next request with it is refused
    Revoke {
        /// Id of the token, as `list` shows it
        id: String,
    },
}

/// How a simulated call is carried.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CallEngine {
    /// Sound, to a model that speaks
    Realtime,
    /// Text, to any model
    Relay,
}

#[derive(Args)]
pub(crate) struct Call {
    /// What is played, such as printer-jam
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    /// Lets a model play the caller, who is told in these words who they are; name, number and code are the scenario's. Needs
    /// OPENAI_API_KEY or OPENAI_BASE_URL
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["count", "seed"])]
    pub(crate) persona: Option<String>,
    /// Lists the scenarios
    #[arg(long)]
    pub(crate) list: bool,
    /// Takes the scenarios of this folder instead of those that are compiled in
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    /// Where the server is reached; this machine and PORT when absent
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The number that is called; one of the demonstration's when absent
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: Option<String>,
    /// Which of the demonstration's numbers is called
    #[arg(long, value_enum)]
    pub(crate) engine: Option<CallEngine>,
    /// How many calls
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) count: u64,
    /// How many at once
    #[arg(long, default_value_t = 1, value_name = "C")]
    pub(crate) concurrency: usize,
    /// Plays in other words and in another order; each number in its own way
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub(crate) seed: u64,
    /// How many times faster than real time the carrier and the caller are
    #[arg(long, default_value_t = 1, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) speed: u32,
    /// Where the simulated carrier takes REST requests; the demonstration's server asks 3999
    #[arg(long, default_value_t = 3999, value_name = "PORT")]
    pub(crate) rest_port: u16,
    /// An API token with which the call's rows are looked at; the demonstration needs none
    #[arg(long)]
    pub(crate) token: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Eval {
    /// Scores the copilot on labelled tickets; exits with 1 when a goal is missed. Needs no database
    Copilot(EvalCopilot),
    /// Asks the model again about what people have judged, and compares; exits with 1 when an answer is missing
    Replay(EvalReplay),
}

#[derive(Args)]
pub(crate) struct EvalReplay {
    /// Short name of the workspace; may be left out where there is only one
    #[arg(long)]
    pub(crate) workspace: Option<String>,
    /// How many of the newest judged suggestions are asked again
    #[arg(long, default_value_t = 100, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=LIMIT_MAX))]
    pub(crate) limit: u64,
}

/// Answers that look at no ticket; a scorer that they pass measures nothing.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Baseline {
    /// The same answers to every ticket
    Constant,
    /// The model's answers, each given to another ticket
    Shuffled,
}

/// Which of the cases are scored.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// All of them
    All,
    /// Odd numbers, with which rules may be improved
    Development,
    /// Even numbers, which nobody reads while improving rules: shows figures only
    HeldOut,
}

#[derive(Args)]
pub(crate) struct EvalCopilot {
    /// A folder of *.toml files with cases, instead of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(crate) cases: Option<PathBuf>,
    /// Which cases
    #[arg(long, value_enum, default_value = "all")]
    pub(crate) part: Part,
    /// Scores answers that look at no ticket
    #[arg(long, value_enum)]
    pub(crate) baseline: Option<Baseline>,
    /// How many of the worst cases are shown
    #[arg(long, default_value_t = 10)]
    pub(crate) worst: usize,
    /// Prints the answers to the case with this key as well
    #[arg(long, value_name = "KEY")]
    pub(crate) show: Option<String>,
    /// Goal: right categories, in percent
    #[arg(long, default_value_t = 85.0, value_name = "PERCENT")]
    pub(crate) min_category: f64,
    /// Goal: exactly right priorities, in percent
    #[arg(long, default_value_t = 65.0, value_name = "PERCENT")]
    pub(crate) min_priority: f64,
    /// Goal: priorities at most one level off, in percent
    #[arg(long, default_value_t = 90.0, value_name = "PERCENT")]
    pub(crate) min_within_one: f64,
    /// Goal: urgent tickets that are called urgent, in percent
    #[arg(long, default_value_t = 80.0, value_name = "PERCENT")]
    pub(crate) min_urgent: f64,
    /// Goal: right moods, in percent
    #[arg(long, default_value_t = 80.0, value_name = "PERCENT")]
    pub(crate) min_sentiment: f64,
    /// Goal: answers that fit their schema, in percent
    #[arg(long, default_value_t = 100.0, value_name = "PERCENT")]
    pub(crate) min_valid: f64,
    /// Goal: facts said that had to be said, in percent
    #[arg(long, default_value_t = 85.0, value_name = "PERCENT")]
    pub(crate) min_must_say: f64,
    /// Goal: most texts with something from nowhere or with something that must not be said
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pub(crate) max_faults: usize,
}
