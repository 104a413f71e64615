//! What every agent does alike: refusing, asking again, the way to a person, filing tickets, and goodbyes.

use patchcord_domain::copilot::Sentiment;
use patchcord_domain::text::{fold, head, length};
use serde_json::{Value, json};

use super::Move;
use super::scene::Scene;
use crate::wishes;

/// Characters of a subject.
const SUBJECT_MAX: usize = 90;

/// What goes before the agent's own affairs, when something does.
pub(super) fn first(scene: &Scene<'_>) -> Option<Move> {
    let words = scene.words;
    if let Some(said) = scene.fresh() {
        // Who speaks over the last words, or over what was filed, need not hear it again.
        let left = scene.done.iter().any(|done| done.name == "end_call" && done.at >= scene.since);
        let is_short = said.split_whitespace().count() <= 8;
        let is_over = left && is_short && scene.route_of(&said).is_none();
        let files = ["create_ticket", "escalate_to_human", "schedule_callback", "add_ticket_note"];
        let is_told_enough = files.iter().any(|tool| scene.result(tool).is_some_and(super::scene::Done::is_ok));
        if is_over || (is_told_enough && is_done(scene, &said)) {
            return Some(goodbye(scene));
        }
    }
    if let Some(done) = scene.result("escalate_to_human") {
        // Who is connected hears it from the desk; only the other case comes here.
        return Some(no_person(scene, done.result["ticket"]["number"].as_str()));
    }
    if let Some(note) = scene.note("no_person") {
        let number = number_in(note);
        return Some(no_person(scene, number.as_deref()));
    }
    if let Some(done) = scene.result("schedule_callback") {
        let when = done.result["callback"]["when"].as_str().unwrap_or_default();
        return Some(if done.is_ok() {
            Move::say(words.say("callback_done", &[("when", when)])).and_say(words.say("anything_else", &[]))
        } else {
            Move::say(words.say("slow", &[])).and_say(words.say("anything_else", &[]))
        });
    }
    if scene.note("minute_left").is_some() && scene.can("create_ticket") && scene.ticket().is_none() && scene.is_known()
    {
        return Some(file(scene, None).first(words.say("minute_left", &[])));
    }
    if let Some(whisper) = scene.note("whisper").filter(|_| scene.fresh().is_none()) {
        // The desk's own sentence stands before what the colleague wrote.
        let told = whisper.rsplit_once(": ").map_or(whisper, |(_, told)| told);
        return Some(Move::say(words.say("whispered", &[])).and_say(sentence(told)));
    }
    if scene.note("keys").is_some() && scene.fresh().is_none() {
        return Some(Move::say(words.say("keys_unknown", &[])).and_say(scene.question().to_owned()));
    }
    let said = scene.fresh()?;
    if wishes::wants_person(&said, &scene.languages) && scene.can("escalate_to_human") {
        // Who asks for a person at once has told of nothing else.
        let told = scene.problem().join(". ");
        let reason = head(if told.is_empty() { &said } else { &told }, 300).to_owned();
        let asked = Move::say(words.say("person_asked", &[]));
        return Some(asked.and_call("escalate_to_human", json!({"reason": reason, "urgency": "normal"})));
    }
    if scene.hears("danger", &said)
        && scene.can("escalate_to_human")
        && scene.calls_here("escalate_to_human").count() == 0
    {
        let reason = head(&said, 300).to_owned();
        let asked = Move::say(words.say("sorry", &[]));
        return Some(asked.and_call("escalate_to_human", json!({"reason": reason, "urgency": "high"})));
    }
    if scene.hears("command", &said) {
        return Some(Move::say(words.say("refuse_command", &[])).and_say(back_to(scene)));
    }
    if scene.names_other_company(&said) {
        return Some(Move::say(words.say("refuse_other", &[])).and_say(back_to(scene)));
    }
    if scene.hears("secret", &said) || said.contains("_REDACTED]") {
        return Some(Move::say(words.say("refuse_secret", &[])).and_say(back_to(scene)));
    }
    if scene.hears("pardon", &said) && said.split_whitespace().count() <= 8 && !scene.is_silent() {
        return Some(Move::say(words.say("repeat", &[])).and_say(scene.last_agent_words().to_owned()));
    }
    if scene.hears("number", &said)
        && let Some(number) = scene.ticket()
    {
        let again = words.say("number_again", &[("number", &spelled(&number))]);
        return Some(Move::say(again).and_say(words.say("anything_else", &[])));
    }
    if scene.hears("callback", &said) && scene.can("schedule_callback") && scene.is_known() {
        return Some(Move::call("schedule_callback", json!({"when": head(&said, 200)})));
    }
    if is_patience(scene, &said) {
        return Some(Move::say(words.say("take_time", &[])));
    }
    None
}

/// The question that was open, or how to go on without one.
fn back_to(scene: &Scene<'_>) -> String {
    match scene.question() {
        "" => scene.words.say("anything_else", &[]),
        question => question.to_owned(),
    }
}

/// Nothing but a wish for time.
fn is_patience(scene: &Scene<'_>, said: &str) -> bool {
    let short = said.split_whitespace().count() <= 9;
    short && scene.hears("patience", said) && !scene.hears("solved", said) && !scene.hears("unsolved", said)
}

fn no_person(scene: &Scene<'_>, number: Option<&str>) -> Move {
    let words = scene.words;
    let told = match number {
        Some(number) => words.say("no_person_ticket", &[("number", &spelled(number))]),
        None => words.say("no_person", &[]),
    };
    Move::say(told).and_say(words.say("anything_else", &[]))
}

/// Whether the caller has nothing more, in answer to the question whether there is.
pub(super) fn is_done(scene: &Scene<'_>, said: &str) -> bool {
    let asked = scene.said_last("anything_else") || scene.ticket_here().is_some();
    let short = said.split_whitespace().count() <= 8;
    let thanks = fold(said);
    let thanked = ["thank", "thanks", "danke", "vielen dank"].iter().any(|word| thanks.contains(word));
    let new = scene.route_of(said).is_some() && !scene.hears("bye", said);
    scene.hears("bye", said) || (asked && !new && (scene.hears("no", said) || (short && thanked)))
}

/// Goodbye, with the outcome.
pub(super) fn goodbye(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    let workspace = scene.facts.workspace.as_str();
    let ticket = scene.ticket();
    let outcome = if scene.known("escalate_to_human").is_some() {
        "ESCALATED"
    } else if ticket.is_some() {
        "TICKETED"
    } else if scene.said("glad") > 0 || scene.said("closed") > 0 || scene.done.iter().any(answered) {
        "RESOLVED"
    } else {
        "UNKNOWN"
    };
    let told = match &ticket {
        Some(number) => words.say("goodbye_ticket", &[("number", &spelled(number)), ("workspace", workspace)]),
        None => words.say("goodbye", &[("workspace", workspace)]),
    };
    Move::say(told).and_call("end_call", json!({"outcome": outcome}))
}

/// A question about the records that was answered.
fn answered(done: &super::scene::Done) -> bool {
    let tools = ["get_ticket", "find_tickets", "get_device", "add_ticket_note", "schedule_callback"];
    done.is_ok() && tools.contains(&done.name.as_str())
}

/// Files what was told as a ticket.
pub(super) fn file(scene: &Scene<'_>, device: Option<String>) -> Move {
    let told = scene.problem();
    let all: Vec<String> =
        told.iter().cloned().chain(scene.told_here().iter().map(|text| (*text).to_owned())).collect();
    let judged = scene.judged(&all);
    let field = category_of(&scene.talk.agent);
    let category = field.map_or(judged.category, str::to_owned);
    let crowd = scene.hears("crowd", &all.join(". "));
    let priority = match judged.priority.as_str() {
        "LOW" | "MEDIUM" if crowd && field != Some("general") => "HIGH",
        priority => priority,
    };
    let mut arguments = json!({
        "subject": subject(scene),
        "description": scene.description(),
        "priority": priority,
        "category": category,
    });
    if let Some(device) = device {
        arguments["device"] = Value::String(device);
    }
    Move::call("create_ticket", arguments)
}

/// The category of what an agent files.
fn category_of(agent: &str) -> Option<&'static str> {
    Some(match agent {
        "email_agent" => "email",
        "computer_agent" => "computer",
        "network_agent" => "network",
        "printer_agent" => "printer",
        "phone_agent" => "phone",
        "security_agent" => "security",
        "device_agent" => "device",
        _ => return None,
    })
}

/// The sentence of the caller that says most about the problem, shortened.
pub(super) fn subject(scene: &Scene<'_>) -> String {
    let told = scene.problem();
    let sentences: Vec<&str> = told
        .iter()
        .flat_map(|text| text.split(['.', '!', '?', ';', '\n']))
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .collect();
    let points = |sentence: &str| {
        let words = sentence.split_whitespace().count();
        scene.route_of(sentence).map_or(0, |(_, points)| points * 3) + words.min(8)
    };
    let best = (0..sentences.len()).max_by_key(|at| (points(sentences[*at]), std::cmp::Reverse(*at)));
    let text = best.map_or_else(|| scene.last_words().trim(), |at| sentences[at]);
    let text = if text.is_empty() { "Call" } else { text };
    sentence_head(text)
}

/// At most so long, cut at a word, with a capital letter.
fn sentence_head(text: &str) -> String {
    let mut short = head(text, SUBJECT_MAX).to_owned();
    if length(text) > SUBJECT_MAX
        && let Some((before, _)) = short.rsplit_once(' ')
    {
        short = before.to_owned();
    }
    let short = short.trim_end_matches([',', ' ', '-', ':']);
    let mut letters = short.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is said when a ticket was filed, or could not be.
pub(super) fn filed(scene: &Scene<'_>, result: &Value) -> Move {
    let words = scene.words;
    let number = result["ticket"]["number"].as_str().unwrap_or_default();
    let subject = result["ticket"]["subject"].as_str().unwrap_or_default();
    let told = words.say("filed", &[("number", &spelled(number)), ("subject", subject)]);
    Move::say(told).and_say(words.say("anything_else", &[]))
}

/// What is said after the tool refused or failed: once more, then a person.
pub(super) fn not_filed(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    let tries = scene.calls_here("create_ticket").count();
    if !scene.is_known() {
        return Move::say(words.say("need_code", &[]));
    }
    if tries < 2 {
        return file(scene, None);
    }
    let reason = head(&scene.problem().join(". "), 300).to_owned();
    Move::say(words.say("not_filed", &[])).and_call("escalate_to_human", json!({"reason": reason, "urgency": "normal"}))
}

/// A few words for somebody who is upset, once in a call.
pub(super) fn soothing(scene: &Scene<'_>, said: &str) -> Option<String> {
    (is_upset(scene, said) && scene.said("sorry") == 0).then(|| scene.words.say("sorry", &[]))
}

pub(super) fn is_upset(scene: &Scene<'_>, said: &str) -> bool {
    scene.judged(&[said.to_owned()]).sentiment == Sentiment::Negative
}

/// A hand-over, by the tool that the agent has, or by way of triage.
pub(super) fn hand_over(scene: &Scene<'_>, to: &str, reason: &str) -> Option<Move> {
    let told = scene.problem();
    let context = head(&told.join(". "), 600).to_owned();
    let direct = format!("transfer_to_{to}");
    let by_triage = "transfer_to_triage_agent";
    let tool = if scene.can(&direct) { direct } else { by_triage.to_owned() };
    scene.can(&tool).then(|| Move::call(&tool, json!({"reason": head(reason, 200), "context": context})))
}

/// `TKT-0042` as it is read out: digits one by one, behind the letters that are on every mail about it.
pub(super) fn spelled(number: &str) -> String {
    let digits: Vec<String> = number.chars().filter(char::is_ascii_digit).map(String::from).collect();
    let significant = digits.iter().position(|digit| digit != "0").unwrap_or(0);
    if digits.is_empty() { number.to_owned() } else { format!("TKT {}", digits[significant..].join(" ")) }
}

/// The number of a ticket in a text, as it is written.
pub(super) fn number_in(text: &str) -> Option<String> {
    let at = text.find("TKT-")?;
    let digits: String = text[at + 4..].chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("TKT-{digits}"))
}

/// A text that ends like a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
