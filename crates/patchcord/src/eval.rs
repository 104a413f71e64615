//! `patchcord eval …`: scores the configured model.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use patchcord_domain::redaction::{self, Redactor};
use patchcord_llm::Model;
use patchcord_llm::eval::{self, Answers, Case, Goals, Half, KINDS};
use serde_json::{Value, json};

use crate::cli::{Baseline, Eval, EvalCopilot, EvalReplay, Part};
use crate::commands::{chosen, explain, open, print};
use crate::machine::SystemClock;
use crate::settings::Settings;
use crate::wiring;

/// Runs a command; the exit code says whether every goal was reached.
pub(crate) async fn run(settings: &Settings, command: Eval, as_json: bool) -> Result<ExitCode> {
    match command {
        Eval::Copilot(options) => copilot(settings, &options, as_json).await,
        Eval::Replay(options) => replay(settings, options, as_json).await,
    }
}

async fn replay(settings: &Settings, options: EvalReplay, as_json: bool) -> Result<ExitCode> {
    let app = open(settings).await?;
    let slug = chosen(&app, options.workspace).await?;
    let told = app.operator_replay(&slug, options.limit).await.map_err(explain)?;
    app.store.close().await;
    let complete = told.replay.is_complete();
    let text = if told.found == 0 {
        "nobody has judged a suggestion yet: there is nothing to compare with".to_owned()
    } else {
        format!(
            "{} {} about {} judged suggestions of {slug}\n\n{}\n\n\
             old and new: mean distance to what was sent or accepted, 0 is the same text. What was accepted as it was has 0.\n\
             Tickets are as they are now, without later messages; see docs/evaluation.md.",
            told.provider,
            told.model,
            told.found,
            told.replay.table()
        )
    };
    let value = json!({
        "workspace": slug, "provider": told.provider, "model": told.model, "promptVersion": told.prompt_version,
        "found": told.found, "complete": complete, "replay": told.replay,
    });
    print(as_json, &value, &text)?;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn copilot(settings: &Settings, options: &EvalCopilot, as_json: bool) -> Result<ExitCode> {
    let model = model(settings)?;
    let playbooks = wiring::playbooks(settings)?;
    let redactor = Redactor::new(redaction::Options { ip_addresses: settings.redact_ip_addresses });
    let mut cases = match &options.cases {
        Some(folder) => eval::load(folder, &redactor).context("reading the cases")?,
        None => eval::embedded(&redactor),
    };
    cases.retain(|case| match options.part {
        Part::All => true,
        Part::Development => case.half() == Half::Development,
        Part::HeldOut => case.half() == Half::HeldOut,
    });
    if cases.is_empty() {
        bail!("there is no case in this part");
    }
    let answers = match options.baseline {
        None => eval::ask(&*model, &redactor, &cases).await,
        Some(Baseline::Constant) => eval::constant(&cases),
        Some(Baseline::Shuffled) => eval::shuffled(eval::ask(&*model, &redactor, &cases).await),
    };
    let mut report = eval::score(&cases, &answers, &playbooks.texts());
    if options.part == Part::HeldOut {
        // Who reads these can no longer say that they were held out.
        report.wrong.clear();
    }
    let goals = goals(options);
    let passes = report.passes(&goals);
    let title = match options.baseline {
        None => format!("{} {}", model.provider(), model.name()),
        Some(Baseline::Constant) => "constant answers".to_owned(),
        Some(Baseline::Shuffled) => format!("shuffled answers of {}", model.name()),
    };
    let shown = options.show.as_deref().and_then(|key| show(key, &cases, &answers));
    let mut text = eval::table(&title, &report, &goals, options.worst);
    if let Some(shown) = &shown {
        text.push_str(&format!("\n\n{}", serde_json::to_string_pretty(shown)?));
    }
    text.push_str(if passes { "\n\nEvery goal is reached." } else { "\n\nA goal is missed." });
    let value = json!({
        "provider": model.provider(), "model": model.name(), "promptVersion": model.prompt_version(),
        "baseline": options.baseline.map(|_| title), "passes": passes, "verdicts": report.verdicts(&goals),
        "report": report, "shown": shown,
    });
    print(as_json, &value, &text)?;
    Ok(if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn model(settings: &Settings) -> Result<Arc<dyn Model>> {
    let model = wiring::model(settings, Arc::new(SystemClock))?;
    model.context("no model is configured: COPILOT_PROVIDER is off")
}

fn goals(options: &EvalCopilot) -> Goals {
    Goals {
        category: options.min_category,
        priority: options.min_priority,
        within_one: options.min_within_one,
        urgent_recall: options.min_urgent,
        sentiment: options.min_sentiment,
        valid: options.min_valid,
        must_say: options.min_must_say,
        faults: options.max_faults,
    }
}

/// The answers to one case.
fn show(key: &str, cases: &[Case], answers: &[Answers]) -> Option<Value> {
    let (case, answers) = cases.iter().zip(answers).find(|(case, _)| case.key == key)?;
    let told = KINDS.iter().zip(&answers.outcomes).map(|(kind, outcome)| {
        let outcome = match outcome {
            Ok(outcome) => serde_json::to_value(outcome).unwrap_or_default(),
            Err(error) => json!({"error": error}),
        };
        (kind.as_str().to_owned(), outcome)
    });
    Some(
        json!({"case": case.key, "subject": case.snapshot.subject, "question": case.question, "answers": told.collect::<serde_json::Map<_, _>>()}),
    )
}
