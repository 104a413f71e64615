//! The repository's own tasks: `cargo xtask --help` lists them. Nothing here is part of the product.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for people at a terminal, not the product"
)]

mod bench;
mod codegen;
mod e2e;
mod keeper;
mod lint;
mod postgres;
mod report;
mod run;
mod shell;
mod test;
mod tidy;
mod vendors;
mod web;

use std::process::ExitCode;

use anyhow::Result;

/// One task, as `--help` shows it.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    details: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const COMMANDS: [Command; 10] = [
    Command {
        name: "run",
        arguments: "",
        about: "builds everything for release and starts the demo on http://localhost:3000",
        details: "Installs what the build needs, builds the page and the server, then becomes `patchcord serve --demo`.\n\
                  Data is kept in data/ (or DATA_DIR). Every setting of the program works here as well.",
        run: run::release,
    },
    Command {
        name: "test",
        arguments: "[--only rust|vendors|web|e2e]",
        about: "runs every test there is: Rust on SQLite and PostgreSQL, vendors' packages, web, end to end in Chromium",
        details: "PostgreSQL, Chromium and Python are installed from the distribution's packages when they are missing and this runs\n\
                  as root on Debian or Ubuntu. PostgreSQL runs as a cluster of its own, removed at the end. With\n\
                  PATCHCORD_TEST_POSTGRES set, that server is used instead. CHROMIUM names another browser. What is sent to\n\
                  OpenAI and Twilio is held against their Python packages, which come from PyPI once, into target/vendors.\n\
                  --only PART   run one part",
        run: test::run,
    },
    Command {
        name: "screenshots",
        arguments: "",
        about: "pictures of every page, light and dark, into web/screenshots/",
        details: "Builds the page and a debug server, starts the demo on a free port and drives Chromium through every page, on a\n\
                  desktop, and the main ones on a phone. Two of the pictures are in the README and in git.",
        run: e2e::screenshots,
    },
    Command {
        name: "lint",
        arguments: "",
        about: "formatting, clippy, tidy, the page's lint and types, generated files, licences and advisories",
        details: "Warnings are errors. Every check runs, also after one has failed; the list at the end shows them all.",
        run: lint::run,
    },
    Command {
        name: "build",
        arguments: "",
        about: "builds the page and the release binary",
        details: "The result is target/release/patchcord, one file with the page inside.",
        run: run::build,
    },
    Command {
        name: "dev",
        arguments: "",
        about: "server and page with hot reload",
        details: "Starts a debug server with the demo data and Vite beside it; open the address that Vite prints.\n\
                  The page reloads by itself; stop and start again for a change in Rust.",
        run: run::dev,
    },
    Command {
        name: "bench",
        arguments: "[--large [--tickets N] | --calls [N]] [--binary FILE]",
        about: "measures Patchcord beside a Node.js server, and with a million tickets; writes docs/performance.md",
        details: "List, get and create on SQLite and PostgreSQL, memory, start, analyses, redaction, wake-ups across nodes; then\n\
                  lists, look-ups, dashboard, counting and imports with very many tickets. Server and PostgreSQL run on one core,\n\
                  the load on another. Takes three minutes after the builds, and then about twenty for the million.\n\
                  --large         the second part alone\n\
                  --tickets N     with so many tickets instead of 1,000,000\n\
                  --calls N       instead: so many short simulated calls, 10,000 when no number is given, and what they leave behind\n\
                  --binary FILE   measure this program instead of building one; parts that are built for themselves are left out",
        run: bench::run,
    },
    Command {
        name: "codegen",
        arguments: "[--check]",
        about: "writes docs/openapi.json and the page's types from the code",
        details: "--check   change nothing, fail when a generated file is out of date",
        run: codegen::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "tests the rules of this repository that no compiler tests",
        details: "Who may use whom among the crates, equal migration lists, files under 600 lines, a //! line per file,\n\
                  no ignored test, no feature of the page that imports another, no path out of the repository.",
        run: tidy::run,
    },
    Command {
        name: "postgres",
        arguments: "[COMMAND ...]",
        about: "a throw-away PostgreSQL cluster, for as long as COMMAND runs or until Ctrl-C",
        details: "COMMAND finds its address in PATCHCORD_TEST_POSTGRES. For example:\n\
                  cargo xtask postgres cargo test -p patchcord-store",
        run: postgres::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", overview());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        print!("{}", overview());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("there is no task {name:?}\n\n{}", overview());
        return ExitCode::from(2);
    };
    if matches!(rest.first().map(String::as_str), Some("--help" | "-h")) {
        println!("{}\n\n{}", usage(command), command.details);
        return ExitCode::SUCCESS;
    }
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Usage>() => {
            eprintln!("{error}\n\n{}", usage(command));
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("\nfailed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments do not fit the task.
#[derive(Debug)]
struct Usage(String);

impl std::fmt::Display for Usage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// For tasks that take no arguments.
fn no_arguments(arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(Usage(format!("unexpected argument {first:?}")).into()),
    }
}

fn usage(command: &Command) -> String {
    let line = format!("cargo xtask {} {}", command.name, command.arguments);
    format!("{}: {}", line.trim_end(), command.about)
}

fn overview() -> String {
    let mut text = String::from("cargo xtask TASK\n\n");
    for command in &COMMANDS {
        let head = format!("{} {}", command.name, command.arguments);
        text += &format!("  {:<30} {}\n", head.trim_end(), command.about);
    }
    text + "\ncargo xtask TASK --help says more.\n"
}
