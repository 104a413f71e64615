//! Answers to an engineer's question: facts of the ticket, or the passage that fits best, with its citation.

use std::collections::HashSet;

use patchcord_domain::copilot::Task;
use patchcord_domain::snapshot::SourceKind;
use patchcord_domain::text::{fold, head};

use super::playbooks::Playbooks;
use super::reading::{Reading, says};
use super::sentences::words;
use super::{draft, fit, triage};

/// The answer and what it comes from.
pub(super) fn answer(playbooks: &Playbooks, task: &Task) -> (String, Vec<String>) {
    let snapshot = &task.snapshot;
    let question = task.question.as_deref().unwrap_or_default();
    let reading = Reading::new(snapshot);
    let folded = fold(question);
    let asks = |texts: &[&str]| says(&folded, texts);
    if asks(&["summary", "summarize", "summarise", "what is this about", "what s this about", "what happened"]) {
        return (super::sentences::summary(&reading), Vec::new());
    }
    if asks(&[
        "what should i do",
        "next step",
        "next steps",
        "what next",
        "how do i fix",
        "how can i fix",
        "what now",
        "how to fix",
    ]) {
        let (steps, citations) = draft::next_steps(playbooks, &reading);
        let steps: Vec<String> = steps.iter().enumerate().map(|(n, step)| format!("{}. {step}", n + 1)).collect();
        return (steps.join("\n"), citations);
    }
    if let Some(fact) = fact(playbooks, &reading, &asks) {
        return fact;
    }
    passage(&reading, &folded).unwrap_or_else(|| {
        let text = "I do not know: neither this ticket nor the knowledge base says anything about that.";
        (text.to_owned(), Vec::new())
    })
}

/// Questions whose answer is a field of the ticket.
fn fact(
    playbooks: &Playbooks,
    reading: &Reading<'_>,
    asks: &impl Fn(&[&str]) -> bool,
) -> Option<(String, Vec<String>)> {
    let snapshot = reading.snapshot;
    let known = |text: Option<String>, what: &str| {
        (text.unwrap_or_else(|| format!("The ticket does not name {what}.")), Vec::new())
    };
    if asks(&[
        "who reported",
        "who is the customer",
        "who is the contact",
        "which customer",
        "which company",
        "who asked",
        "who opened",
        "who is affected",
    ]) {
        let text = match (&snapshot.contact, &snapshot.organization) {
            (Some(contact), Some(organization)) => Some(format!("{contact} of {organization}.")),
            (Some(name), None) | (None, Some(name)) => Some(format!("{name}.")),
            (None, None) => None,
        };
        return Some(known(text, "a customer"));
    }
    if asks(&[
        "device",
        "which computer",
        "which laptop",
        "which printer",
        "hardware",
        "operating system",
        "which model",
        "what os",
    ]) {
        let text = snapshot.device.as_ref().map(|device| {
            let mut text = format!("{} ({}", device.name, device.kind.to_lowercase());
            for part in [&device.model, &device.operating_system].into_iter().flatten() {
                text.push_str(", ");
                text.push_str(part);
            }
            format!("{text}); it is {}.", device.status.to_lowercase())
        });
        return Some(known(text, "a device"));
    }
    if asks(&["status", "priority", "how urgent", "urgency"]) {
        let urgency = triage::triage(playbooks, reading).urgency.as_str();
        let text = format!(
            "The ticket is {} with priority {}; by its text I would call the urgency {urgency}.",
            snapshot.status, snapshot.priority
        );
        return Some((text, Vec::new()));
    }
    if asks(&["when was", "since when", "how old", "when did", "opened on"]) {
        return Some((format!("The ticket was opened at {}.", snapshot.created_at), Vec::new()));
    }
    if asks(&["sla", "due", "deadline", "overdue"]) {
        return Some(known(snapshot.sla.clone(), "a service level"));
    }
    if asks(&["last message", "latest message", "customer say", "customer said", "last reply"]) {
        let last = snapshot.messages.iter().rfind(|message| message.author == "CUSTOMER")?;
        return Some((format!("The customer's latest message: {}", fit(&last.body, 800, "")), vec![last.id.clone()]));
    }
    if asks(&["tried", "try", "done already", "been done", "done so far", "already done"]) {
        return Some(tried(reading));
    }
    None
}

fn tried(reading: &Reading<'_>) -> (String, Vec<String>) {
    let mut told = Vec::new();
    let mut citations = Vec::new();
    for (message, text) in reading.messages() {
        for sentence in text.sentences() {
            let done = [
                "rebooted",
                "turned off and on",
                "switched it off",
                "power cycled",
                "unplugged",
                "unplugging",
                "repaired",
                "rolled",
                "i did a restart",
                "i have changed",
                "swapping",
                "rebooting",
                "tried",
                "restarted",
                "reinstalled",
                "replaced",
                "checked",
                "cleared",
                "updated",
                "reset",
                "swapped",
            ];
            if told.len() < 5 && sentence.says(&done) {
                told.push(format!("- {}", fit(&sentence.text, 180, "")));
                if !citations.contains(&message.id) {
                    citations.push(message.id.clone());
                }
            }
        }
    }
    if told.is_empty() {
        return ("The conversation does not say that anything was tried yet.".to_owned(), Vec::new());
    }
    (told.join("\n"), citations)
}

/// The sentence of the conversation, or the passage of a source, that shares the most words with the folded question.
fn passage(reading: &Reading<'_>, question: &str) -> Option<(String, Vec<String>)> {
    let wanted = words(question);
    if wanted.is_empty() {
        return None;
    }
    let share = |text: &HashSet<String>| wanted.intersection(text).count() as f32 / wanted.len() as f32;
    let mut best: Option<(f32, String, String)> = None;
    let mut offer = |score: f32, text: String, id: &str| {
        if score >= 0.34 && best.as_ref().is_none_or(|(known, ..)| score > *known) {
            best = Some((score, text, id.to_owned()));
        }
    };
    for source in &reading.snapshot.sources {
        let what = if source.kind == SourceKind::Article { "The article" } else { "The resolved ticket" };
        let all = words(&fold(&format!("{} {}", source.title, source.passage)));
        let text = format!("{what} “{}” says: {}", source.title, head(&source.passage, 700));
        offer(share(&all) + 0.05, text, &source.id);
    }
    for (message, text) in reading.messages() {
        for sentence in text.sentences() {
            let who = match message.author.as_str() {
                _ if message.is_internal => "An internal note says",
                "CUSTOMER" => "The customer wrote",
                _ => "The desk wrote",
            };
            offer(share(&sentence.words()), format!("{who}: {}", sentence.text), &message.id);
        }
    }
    best.map(|(_, text, id)| (text, vec![id]))
}
