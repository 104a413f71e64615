//! What follows when a call is over: its last state, and the job that makes summary, sentiment, intent, topics and ticket.

use patchcord_domain::call::{AiResolution, CallStatus, Ending, Engine, Speaker};
use patchcord_domain::calling::{SpokenLine, resolution, transcript};
use patchcord_domain::copilot::{Kind, Outcome, Resolution, Sentiment, Task};
use patchcord_domain::snapshot::{Snapshot, SnapshotMessage};
use patchcord_domain::text::head;
use patchcord_domain::ticket::{EventKind, SUBJECT_MAX};
use patchcord_domain::time::{Millis, SECOND};
use patchcord_store::jobs::{NewJob, enqueue_again};
use patchcord_store::rows::{Analysis, Call, CallTurn, CarrierUsage, Job, Ticket};
use patchcord_store::{call_records, search, tickets, unscoped};
use serde_json::json;

use super::price;
use super::rates::billed_minutes;
use crate::asking::{Asked, Unanswered};
use crate::call_tools::{NewCallTicket, file_ticket};
use crate::jobs::Failure;
use crate::trail::{Change, Who};
use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// The kind of the jobs that finish the record of a call.
pub(crate) const WRAP_UP: &str = "call_wrap_up";
/// What models are asked for when a call is over, as it stands in the ledger: apart from what is asked for tickets.
pub(crate) const SUMMARY: &str = "call_summary";
pub(crate) const ANALYSIS: &str = "call_analysis";
/// Somebody may be waiting for the page of the call, but not as for the copilot.
const PRIORITY: i64 = 80;
const ATTEMPTS: i64 = 8;
/// After so many tries the built-in model does what the other one does not.
const TRIES_OF_THE_MODEL: i64 = 3;
/// Most turns that a transcript is made of.
pub(crate) const TURNS_MAX: u64 = 5_000;
/// Fewer utterances of the caller say nothing that a ticket could be made of.
const WORTH_A_TICKET: usize = 2;

/// Ends a locked call in memory, with its cost as far as it is known and the job that finishes its record; the caller saves it.
pub(crate) async fn over(change: &Change<'_>, call: &mut Call, status: CallStatus, at: Millis) -> Result<(), AppError> {
    if call.ended_at.is_some() {
        return Ok(());
    }
    close(change, call, status, at).await?;
    if call.answered_at.is_some() && call.provider != "BROWSER" {
        price::enqueue_price(change, call).await?;
    }
    enqueue(change, call).await?;
    change.publish_call(call, "call.ended").await
}

/// The last state of a call, and what it is expected to cost.
async fn close(change: &Change<'_>, call: &mut Call, status: CallStatus, at: Millis) -> Result<(), AppError> {
    status.as_str().clone_into(&mut call.status);
    call.owner_node = None;
    call.lease_until = None;
    call.ended_at = Some(at.max(call.started_at));
    let from = call.answered_at.unwrap_or(at);
    call.duration_seconds = Some(call.duration_seconds.unwrap_or(((at - from).max(0) + SECOND / 2) / SECOND));
    let ending: Option<Ending> = call.ending.clone().and_then(|ending| serde_json::from_value(ending).ok());
    let said = AiResolution::parse(&call.ai_resolution).unwrap_or(AiResolution::Unknown);
    let resolved = resolution(said, call.was_escalated, call.ticket_id.is_some(), ending.as_ref(), call.turn_count);
    resolved.as_str().clone_into(&mut call.ai_resolution);
    if call.answered_at.is_some() && call.provider != "BROWSER" {
        charge(change, call).await?;
    }
    Ok(())
}

/// Ends a call of the past and finishes its record at once, by the built-in rules; for the demonstration.
pub(crate) async fn conclude(
    ended: &Change<'_>,
    concluded: &Change<'_>,
    mut call: Call,
    status: CallStatus,
) -> Result<(), AppError> {
    if let Some(mut stay) = call_records::last_interaction(ended.tenant, &call.id).await? {
        stay.left_at = stay.left_at.or(Some(ended.at));
        stay.outcome = stay.outcome.or_else(|| Some("COMPLETED".to_owned()));
        ended.tenant.save(stay).await?;
    }
    close(ended, &mut call, status, ended.at).await?;
    let turns = call_records::turns(ended.tenant, &call.id, 0, TURNS_MAX).await?;
    let text = transcript(&spoken(&turns));
    search::replace(ended.tenant, search::CALL, &call.id, &text).await?;
    call.transcript = Some(text);
    let rules = |kind| concluded.app.calls.rules.work(&task(kind, said(&turns)));
    let findings = Findings::of(rules(Kind::Summarize), rules(Kind::Analysis), patchcord_llm::builtin::NAME.to_owned())
        .with_mood_of(&turns);
    keep(concluded, &mut call, findings, &turns).await?;
    concluded.save_call(call, "call.ended").await?;
    Ok(())
}

/// What the carrier is expected to charge.
async fn charge(change: &Change<'_>, call: &Call) -> Result<(), AppError> {
    let minutes = billed_minutes(call.duration_seconds.unwrap_or(0).max(1));
    let on_top = if call.engine == Engine::Realtime.as_str() { "media_stream" } else { "conversation_relay" };
    let known = call_records::carrier_usage(change.tenant, &call.id).await?;
    for kind in ["inbound", on_top] {
        let Some(price_usd) = change.app.calls.rates.cost_microusd(kind, minutes, call.started_at) else { continue };
        if let Some(mut row) = known.iter().find(|row| row.kind == kind).cloned() {
            if row.fetched_at.is_none() {
                (row.quantity, row.price_usd) = (minutes, price_usd);
                change.tenant.save(row).await?;
            }
            continue;
        }
        let row = CarrierUsage {
            workspace_id: call.workspace_id.clone(),
            id: change.app.id(),
            call_id: call.id.clone(),
            provider_call_sid: call.provider_call_sid.clone(),
            kind: kind.to_owned(),
            quantity: minutes,
            unit: "minutes".to_owned(),
            price_usd,
            fetched_at: None,
            created_at: call.started_at,
        };
        change.tenant.add(row).await?;
    }
    Ok(())
}

/// Enqueues the job that finishes the record of a call.
pub(crate) async fn enqueue(change: &Change<'_>, call: &Call) -> Result<(), AppError> {
    let job = NewJob {
        id: change.app.id(),
        kind: WRAP_UP,
        payload: json!({"callId": call.id}),
        priority: PRIORITY,
        run_at: change.at,
        max_attempts: ATTEMPTS,
        dedup_key: Some(format!("{WRAP_UP}:{}", call.id)),
        at: change.at,
    };
    enqueue_again(change.tenant, job).await?;
    Ok(())
}

/// How content words are, -1000 to 1000, by the built-in rules.
pub(crate) fn score(app: &App, text: &str) -> i64 {
    let snapshot = snapshot_of(vec![message(1, "CUSTOMER", text)]);
    match app.calls.rules.work(&task(Kind::Analysis, snapshot)) {
        Outcome::Analysis(analysis) => match analysis.sentiment {
            Sentiment::Positive => 600,
            Sentiment::Neutral => 0,
            Sentiment::Negative => -600,
        },
        _ => 0,
    }
}

/// The turns as the transcript's lines.
pub(crate) fn spoken(turns: &[CallTurn]) -> Vec<SpokenLine<'_>> {
    let line = |turn: &'_ CallTurn| SpokenLine {
        speaker: Speaker::parse(&turn.speaker).unwrap_or(Speaker::System),
        agent: None,
        text: "",
        from_ms: turn.started_ms,
        to_ms: turn.ended_ms,
        interrupted: turn.interrupted,
    };
    turns.iter().map(|turn| SpokenLine { agent: turn.agent.as_deref(), text: &turn.text, ..line(turn) }).collect()
}

/// What was found out about a call.
struct Findings {
    summary: String,
    resolution: Resolution,
    sentiment: Sentiment,
    intent: String,
    topics: Vec<String>,
    follow_ups: Vec<String>,
    model: String,
}

/// Finishes the record of a call. A second run finds everything done and changes nothing.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub(crate) async fn wrap_up(app: &App, job: &Job) -> Result<(), Failure> {
    let workspace = job.workspace();
    let tenant = app.store.tenant(&workspace);
    let id = job.payload["callId"].as_str().unwrap_or_default().to_owned();
    let Some(call): Option<Call> = tenant.get(&id).await? else { return finish(app, job).await };
    // It goes on after all, or was erased meanwhile.
    if call.ended_at.is_none() || call.erased_at.is_some() {
        return finish(app, job).await;
    }
    let turns = call_records::turns(tenant, &id, 0, TURNS_MAX).await?;
    let settings = app.settings_of(&workspace).await?;
    let findings = match turns.iter().any(|turn| turn.speaker == "CALLER") {
        true => Some(find_out(app, job, &settings, &call, &turns).await?),
        false => None,
    };
    let worth = turns.iter().filter(|turn| turn.speaker == "CALLER").count() >= WORTH_A_TICKET;
    let reserved = tickets::reserve_number(&app.store, &workspace).await?;
    let (again, job) = (app.clone(), job.clone());
    let done: Result<(), AppError> = app
        .store
        .write(move |tx| {
            Box::pin(async move {
                let of = job.workspace();
                let change = Change { app: &again, tenant: tx.tenant(&of), who: Who::System, at: again.clock.now() };
                let Some(mut call) = change.tenant.lock::<Call>(&id).await? else {
                    return Ok(unscoped::jobs::finish(tx, &job, change.at).await?);
                };
                if call.erased_at.is_none() && call.ended_at.is_some() {
                    let text = transcript(&spoken(&turns));
                    search::replace(change.tenant, search::CALL, &call.id, &text).await?;
                    call.transcript = Some(text);
                    if let Some(findings) = findings {
                        settle(&mut call, findings.resolution);
                        ticket(&change, &mut call, &findings, &turns, worth, reserved).await?;
                        keep(&change, &mut call, findings, &turns).await?;
                    }
                    call.checkpoint = None;
                    change.save_call(call, "call.updated").await?;
                }
                Ok(unscoped::jobs::finish(tx, &job, change.at).await?)
            })
        })
        .await;
    Ok(done?)
}

async fn finish(app: &App, job: &Job) -> Result<(), Failure> {
    let (job, now) = (job.clone(), app.clock.now());
    let done: Result<(), AppError> =
        app.store.write(move |tx| Box::pin(async move { Ok(unscoped::jobs::finish(tx, &job, now).await?) })).await;
    Ok(done?)
}

async fn find_out(
    app: &App,
    job: &Job,
    settings: &WorkspaceSettings,
    call: &Call,
    turns: &[CallTurn],
) -> Result<Findings, Failure> {
    let snapshot = said(turns);
    let mut model = String::new();
    let mut ask = async |kind: Kind| -> Result<Outcome, Failure> {
        let asked = ask(app, job, settings, kind, &snapshot, call).await?;
        model.clone_from(&asked.1);
        Ok(asked.0)
    };
    let (summary, analysis) = (ask(Kind::Summarize).await?, ask(Kind::Analysis).await?);
    Ok(Findings::of(summary, analysis, model).with_mood_of(turns))
}

/// How the caller felt on the whole, by what each of their sentences tells. The newest counts most; short answers that tell
/// nothing of it change nothing.
fn mood(turns: &[CallTurn]) -> Option<Sentiment> {
    let felt = turns.iter().rev().filter_map(|turn| turn.sentiment_score).filter(|score| *score != 0);
    let sum: f64 = felt.zip(0..30).map(|(score, older)| score as f64 / f64::from(1_u32 << older)).sum();
    match sum {
        0.0 => None,
        sum if sum > 0.0 => Some(Sentiment::Positive),
        _ => Some(Sentiment::Negative),
    }
}

/// What caller and agents said.
fn said(turns: &[CallTurn]) -> Snapshot {
    let spoken = turns.iter().filter(|turn| turn.speaker == "CALLER" || turn.speaker == "AGENT");
    let author = |turn: &CallTurn| if turn.speaker == "CALLER" { "CUSTOMER" } else { "AGENT" };
    snapshot_of(spoken.map(|turn| message(turn.seq, author(turn), &turn.text)).collect())
}

impl Findings {
    fn of(summary: Outcome, analysis: Outcome, model: String) -> Self {
        let (summary, resolution, follow_ups) = match summary {
            Outcome::Summary(summary) => (summary.summary, summary.resolution, summary.follow_ups.unwrap_or_default()),
            _ => (String::new(), Resolution::Unknown, Vec::new()),
        };
        let (sentiment, intent) = match analysis {
            Outcome::Analysis(analysis) => (analysis.sentiment, analysis.category),
            _ => (Sentiment::Neutral, "other".to_owned()),
        };
        let topics = vec![intent.clone()];
        Self { summary, resolution, sentiment, intent, topics, follow_ups, model }
    }

    /// The rules weigh a conversation as letters, each as much as the next; of a call every sentence was weighed by itself.
    fn with_mood_of(mut self, turns: &[CallTurn]) -> Self {
        if self.model == patchcord_llm::builtin::NAME {
            self.sentiment = mood(turns).unwrap_or(self.sentiment);
        }
        self
    }
}

/// Asks the model behind redaction; after several failures, or without a budget, the built-in rules answer.
async fn ask(
    app: &App,
    job: &Job,
    settings: &WorkspaceSettings,
    kind: Kind,
    snapshot: &Snapshot,
    call: &Call,
) -> Result<(Outcome, String), Failure> {
    let task = task(kind, snapshot.clone());
    let model = app.model_for(settings).filter(|_| job.attempts <= TRIES_OF_THE_MODEL);
    if let Some(model) = model {
        let redacted = app.redactor.task(task.clone());
        match app.ask_model(&job.workspace(), settings, &*model, &redacted, None).await {
            Ok(Asked { outcome, model: name, fresh }) => {
                if let Some((used, _)) = fresh {
                    note(app, call, kind, (model.provider(), &name), &used).await?;
                }
                return Ok((outcome, name));
            }
            Err(Unanswered::Desk(error)) => return Err(error.into()),
            Err(Unanswered::OverBudget(_)) => {}
            Err(Unanswered::Model(error, used)) => {
                if let Some(used) = used {
                    note(app, call, kind, (model.provider(), model.name()), &used).await?;
                }
                if error.is_transient() {
                    return Err(Failure::Retry { error: error.to_string(), after_ms: None });
                }
            }
        }
    }
    Ok((app.calls.rules.work(&task), patchcord_llm::builtin::NAME.to_owned()))
}

/// What was spent belongs to the call's cost at once, also when nothing comes of it: the next question may fail.
async fn note(
    app: &App,
    call: &Call,
    kind: Kind,
    names: (&str, &str),
    used: &crate::asking::Used,
) -> Result<(), AppError> {
    let of = call.workspace();
    let purpose = if kind == Kind::Summarize { SUMMARY } else { ANALYSIS };
    let mut log = app.usage_log(&of, None, purpose, names, used);
    log.call_id = Some(call.id.clone());
    app.store.write(move |tx| Box::pin(async move { Ok(tx.tenant(&of).add(log).await?) })).await
}

/// What became of it, when nobody said so during the call.
fn settle(call: &mut Call, found: Resolution) {
    let found = match found {
        Resolution::Resolved => AiResolution::Resolved,
        Resolution::Abandoned => AiResolution::Abandoned,
        _ => return,
    };
    if is_open(call) {
        found.as_str().clone_into(&mut call.ai_resolution);
    }
}

/// Whether nothing came of a call as far as is known: a caller who hangs up may have been helped all the same.
fn is_open(call: &Call) -> bool {
    [AiResolution::Unknown, AiResolution::Abandoned].iter().any(|of| of.as_str() == call.ai_resolution)
}

/// What callers say of their matter: sentences of some words, without the codes and the short answers.
fn matters(turns: &[CallTurn]) -> Vec<&str> {
    let said = turns.iter().filter(|turn| turn.speaker == "CALLER").map(|turn| turn.text.trim());
    said.filter(|text| text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count() >= 4)
        .collect()
}

/// A ticket about a call that solved nothing and has none; or the call noted on the one that it has.
async fn ticket(
    change: &Change<'_>,
    call: &mut Call,
    findings: &Findings,
    turns: &[CallTurn],
    worth: bool,
    reserved: tickets::Number,
) -> Result<(), AppError> {
    if call.ticket_id.is_none() && worth && call.ai_resolution != AiResolution::Resolved.as_str() {
        // The first message is the caller's: their own words, as far as there are any.
        let theirs = matters(turns);
        let first = theirs.first().copied().or_else(|| findings.summary.split(['.', '\n']).next()).unwrap_or_default();
        let words = if theirs.is_empty() { findings.summary.clone() } else { theirs.join("\n") };
        let input = NewCallTicket {
            subject: head(first.trim_end_matches('.'), SUBJECT_MAX).to_owned(),
            description: words,
            category: Some(findings.intent.clone()),
            ..NewCallTicket::default()
        };
        let ticket = file_ticket(change, call, input, reserved).await?;
        call.ticket_id = Some(ticket.id);
        if is_open(call) {
            AiResolution::Ticketed.as_str().clone_into(&mut call.ai_resolution);
        }
    }
    Ok(())
}

/// Writes what was found out.
async fn keep(change: &Change<'_>, call: &mut Call, findings: Findings, turns: &[CallTurn]) -> Result<(), AppError> {
    call.call_summary = Some(findings.summary);
    call.sentiment = Some(findings.sentiment.as_str().to_owned());
    if let Some(id) = call.ticket_id.clone() {
        link(change, &id, call).await?;
    }
    if call_records::analysis(change.tenant, &call.id).await?.is_some() {
        return Ok(());
    }
    let scores: Vec<i64> = turns.iter().filter_map(|turn| turn.sentiment_score).collect();
    let mean = scores.iter().sum::<i64>() / i64::try_from(scores.len().max(1)).unwrap_or(1);
    let mut flags = Vec::new();
    if turns.iter().any(|turn| turn.response_ms.is_some_and(|ms| ms > 4_000)) {
        flags.push("slow_answers");
    }
    if call.interruptions > 5 {
        flags.push("many_interruptions");
    }
    if call.frames_lost > 50 {
        flags.push("poor_line");
    }
    if call.resume_count > 0 {
        flags.push("resumed");
    }
    if !findings.follow_ups.is_empty() {
        flags.push("follow_up_needed");
    }
    let callers = turns.iter().filter(|turn| turn.speaker == "CALLER").map(|turn| turn.text.as_str());
    let spoken = change.app.calls.agents.language_of(callers).map(str::to_owned);
    let contact: Option<patchcord_store::rows::Contact> = match &call.contact_id {
        Some(id) => change.tenant.get(id).await?,
        None => None,
    };
    let row = Analysis {
        workspace_id: call.workspace_id.clone(),
        id: change.app.id(),
        call_id: Some(call.id.clone()),
        ticket_id: None,
        sentiment: findings.sentiment.as_str().to_owned(),
        sentiment_score: mean,
        intent: findings.intent,
        topics: json!(findings.topics),
        language: spoken.or_else(|| contact.and_then(|contact| contact.preferred_language)),
        resolution: call.ai_resolution.clone(),
        quality_flags: json!(flags),
        model: findings.model,
        created_at: change.at,
    };
    Ok(change.tenant.add(row).await?)
}

/// Notes on a ticket that it was spoken about in this call, once.
pub(crate) async fn link(change: &Change<'_>, ticket_id: &str, call: &Call) -> Result<(), AppError> {
    let Some(mut ticket) = change.tenant.lock::<Ticket>(ticket_id).await? else { return Ok(()) };
    let key = format!("linked {ticket_id}");
    if call_records::effect(change.tenant, &call.id, &key).await?.is_some() {
        return Ok(());
    }
    call_records::add_effect(change.tenant, &call.id, &key, json!(true), change.at).await?;
    ticket.call_id = ticket.call_id.or_else(|| Some(call.id.clone()));
    change.line(&mut ticket, EventKind::CallLinked, json!({"callId": call.id})).await?;
    change.save(ticket, "ticket.updated").await?;
    Ok(())
}

fn task(kind: Kind, snapshot: Snapshot) -> Task {
    Task { kind, tone: None, question: None, history: Vec::new(), snapshot }
}

fn snapshot_of(messages: Vec<SnapshotMessage>) -> Snapshot {
    Snapshot { subject: String::new(), messages, ..Snapshot::default() }
}

fn message(seq: i64, author: &str, body: &str) -> SnapshotMessage {
    SnapshotMessage {
        id: format!("turn-{seq}"),
        author: author.to_owned(),
        body: body.to_owned(),
        ..SnapshotMessage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_matter_is_what_they_say_in_sentences() {
        let turn = |speaker: &str, text: &str| CallTurn {
            workspace_id: String::new(),
            id: String::new(),
            call_id: String::new(),
            seq: 1,
            speaker: speaker.into(),
            agent: None,
            text: text.into(),
            started_ms: 0,
            ended_ms: 0,
            response_ms: None,
            sentiment_score: None,
            interrupted: false,
            item_id: None,
            created_at: 0,
        };
        let turns = [
            turn("AGENT", "You can say it, or key it in and finish with the hash key."),
            turn("CALLER", "It is 7 3 0 5 5."),
            turn("CALLER", " The mouse of my computer has no battery. "),
            turn("CALLER", "That is all."),
        ];
        assert_eq!(matters(&turns), ["The mouse of my computer has no battery."]);
        assert!(matters(&turns[..2]).is_empty());
    }
}
