//! `patchcord doctor --model`: the contract tests of models, from the command line.

use std::process::{Command, Output};

use patchcord_simulator::openai::{KEY, ScriptedModel, Step};
use serde_json::Value;

async fn doctor(environment: &[(&str, &str)], json: bool) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchcord"));
    command.env_clear().env("DATA_DIR", folder.path()).envs(environment.iter().copied()).args(["doctor", "--model"]);
    if json {
        command.arg("--json");
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// The lines of the checks; those of the settings come before them.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().filter(|line| !line.starts_with("set ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_built_in_model_keeps_the_contract() {
    let output = doctor(&[], false).await;
    let told = lines(&output);
    assert!(output.status.success(), "{told:?} {}", String::from_utf8_lossy(&output.stderr));
    let kinds = ["analysis", "next_steps", "draft_reply", "chat", "summarize", "classify"];
    assert_eq!(told.len(), 1 + kinds.len(), "{told:?}");
    for (line, kind) in told[1..].iter().zip(kinds) {
        assert!(line.starts_with(&format!("ok    model {kind}")) && line.contains(" ms, 0 + 0 tokens"), "{line}");
    }
}

#[tokio::test]
async fn a_model_that_fails_is_told_with_its_remedy() {
    let server = ScriptedModel::start(vec![
        Step::Plainest,
        Step::Plainest,
        Step::text("no"),
        Step::Plainest,
        Step::text("no"),
        Step::text("no"),
        Step::NoSuchModel,
        Step::Plainest,
    ])
    .await;
    let url = server.base_url();
    let environment = [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_API_KEY", KEY)];
    let output = doctor(&environment, true).await;
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = told["checks"].as_array().unwrap();
    let states: Vec<(&str, bool)> =
        checks.iter().map(|check| (check["name"].as_str().unwrap(), check["ok"].as_bool().unwrap())).collect();
    assert_eq!(
        states,
        [
            ("model", true),
            ("model analysis", true),
            ("model next_steps", true),
            ("model draft_reply", true),
            ("model chat", false),
            ("model summarize", false),
            ("model classify", true),
        ]
    );
    assert!(checks[3]["detail"].as_str().unwrap().contains("only after a repair"), "{told}");
    assert!(checks[4]["detail"].as_str().unwrap().starts_with("invalid_answer: "), "{told}");
    assert!(checks[5]["remedy"].as_str().unwrap().contains("OPENAI_MODEL"), "{told}");
    for request in server.requests() {
        let raw = String::from_utf8_lossy(request.raw()).into_owned();
        assert!(!raw.contains("hunter2") && !raw.contains("vera@example.com"));
    }
    server.assert_done();
}

#[tokio::test]
async fn a_model_that_is_away_or_off_is_told_once() {
    let output = doctor(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")], false).await;
    assert_eq!(output.status.code(), Some(1));
    let told = lines(&output);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("FAIL  model") && told[0].contains("Check OPENAI_BASE_URL"), "{told:?}");
    let output = doctor(&[("COPILOT_PROVIDER", "off")], false).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(lines(&output)[0].contains("COPILOT_PROVIDER"));
}
