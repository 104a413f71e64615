//! The contract tests of models, against the configured one: it is asked once for each kind of result, and the answer is
//! checked (and repaired once) as in a job.

use std::sync::Arc;

use anyhow::Result;
use patchcord_domain::copilot::{Kind, Task};
use patchcord_domain::redaction::{self, Redactor};
use patchcord_domain::snapshot::{Snapshot, SnapshotMessage, Source};
use patchcord_domain::time::to_rfc3339;
use patchcord_llm::{Model, ModelError, Prices, answer};
use tokio::time::Instant;

use super::Check;
use crate::machine::SystemClock;
use crate::settings::Settings;
use crate::wiring;

/// Asks the configured model once for each kind.
///
/// # Errors
/// When prompts, playbooks or prices cannot be loaded.
pub(crate) async fn check_model(settings: &Settings) -> Result<Vec<Check>> {
    let Some(model) = wiring::model(settings, Arc::new(SystemClock))? else {
        return Ok(vec![Check {
            name: "model".into(),
            ok: false,
            detail: "off".into(),
            remedy: Some("COPILOT_PROVIDER is off: set it to auto, openai or builtin to have answers.".into()),
        }]);
    };
    let prices = wiring::prices(settings)?;
    let redactor = Redactor::new(redaction::Options { ip_addresses: settings.redact_ip_addresses });
    let mut checks = vec![reachable(&*model).await];
    // A server that cannot be reached fails each kind for the same reason: once is enough.
    if checks[0].ok {
        for kind in Kind::ALL {
            checks.push(contract(&*model, &prices, &redactor, *kind).await);
        }
    }
    Ok(checks)
}

async fn reachable(model: &dyn Model) -> Check {
    let name = "model".to_owned();
    let who = format!("{} of {}", model.name(), model.provider());
    match model.check().await {
        Ok(()) => Check { name, ok: true, detail: format!("{who} answers"), remedy: None },
        Err(error) => {
            Check { name, ok: false, detail: format!("{who}: {}", error.code()), remedy: Some(error.to_string()) }
        }
    }
}

/// Typed structs to a schema, to a checked answer, to one repair at most, to a typed error.
async fn contract(model: &dyn Model, prices: &Prices, redactor: &Redactor, kind: Kind) -> Check {
    let task = redactor.task(sample(kind));
    let began = Instant::now();
    let told = answer(model, redactor, &task).await;
    let ms = began.elapsed().as_millis();
    let name = format!("model {}", kind.as_str());
    let usage = match &told {
        Ok(answer) => answer.usage,
        Err(failure) => failure.usage,
    };
    let tokens = format!("{ms} ms, {} + {} tokens", usage.input_tokens, usage.output_tokens);
    match told {
        Ok(answer) => {
            let cost = prices.cost_microusd(&answer.model, &usage).map(|cost| format!(", {cost} µ$"));
            let repaired = if answer.repaired { ", only after a repair" } else { "" };
            let detail = format!("{tokens}{}{repaired}", cost.unwrap_or_default());
            Check { name, ok: true, detail, remedy: None }
        }
        Err(failure) => {
            let detail = format!("{}: {tokens}", failure.error.code());
            Check { name, ok: false, detail, remedy: Some(remedy(&failure.error)) }
        }
    }
}

/// The error says what to do; an answer that does not fit says by which field it did not.
fn remedy(error: &ModelError) -> String {
    error.to_string()
}

/// A made-up ticket with a secret in it, which the model must not see.
fn sample(kind: Kind) -> Task {
    let said = |id: &str, author: &str, body: &str| SnapshotMessage {
        id: id.to_owned(),
        author: author.to_owned(),
        at: to_rfc3339(1_795_510_800_000),
        body: body.to_owned(),
        ..SnapshotMessage::default()
    };
    let messages = vec![
        said("msg-1", "CUSTOMER", "The VPN drops every 20 minutes since Monday. Password: hunter2-and-more"),
        said("msg-2", "AGENT", "Did you renew the certificate in the VPN client?"),
        said("msg-3", "CUSTOMER", "Not yet. I will be in a meeting until noon, please write to vera@example.com."),
    ];
    let article = Source {
        id: "article-1".to_owned(),
        title: "The VPN drops after a while".to_owned(),
        passage: "Renew the VPN certificate in the client's settings, then connect again.".to_owned(),
        score: 0.8,
        ..Source::default()
    };
    let is_about_a_ticket = !matches!(kind, Kind::Summarize | Kind::Classify);
    let snapshot = Snapshot {
        ticket_id: "doctorticket000000000000".to_owned(),
        number: "TKT-0001".to_owned(),
        subject: "VPN drops every 20 minutes".to_owned(),
        status: "OPEN".to_owned(),
        priority: "MEDIUM".to_owned(),
        created_at: to_rfc3339(1_795_510_800_000),
        messages,
        sources: if is_about_a_ticket && kind != Kind::Analysis { vec![article] } else { Vec::new() },
        ..Snapshot::default()
    };
    let question = (kind == Kind::Chat).then(|| "What has the customer not tried yet?".to_owned());
    Task { kind, tone: None, question, history: Vec::new(), snapshot }
}
