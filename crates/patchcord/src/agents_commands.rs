//! `patchcord agents …`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use patchcord_agents::Agents;
use serde_json::json;

use crate::cli::AgentFiles;
use crate::commands::print;

/// Reads no settings and touches no database.
pub(crate) fn run(command: &AgentFiles, as_json: bool) -> Result<ExitCode> {
    let AgentFiles::Check { folder } = command;
    check(folder, as_json)
}

/// Every fault on a line of its own, as compilers tell them; exits with 1 when there is one.
fn check(folder: &Path, as_json: bool) -> Result<ExitCode> {
    let faults = match Agents::from_dir(folder) {
        Ok(agents) => {
            let names: Vec<&str> = agents.all().map(|agent| agent.name.as_str()).collect();
            let text = format!("{} agents, nothing wrong: {}", names.len(), names.join(", "));
            print(as_json, &json!({"agents": names, "faults": []}), &text)?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => error.0,
    };
    let told = faults.iter().map(|fault| json!({"file": fault.file, "line": fault.line, "message": fault.message}));
    let text = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    print(as_json, &json!({"agents": [], "faults": told.collect::<Vec<_>>()}), &text)?;
    Ok(ExitCode::FAILURE)
}
