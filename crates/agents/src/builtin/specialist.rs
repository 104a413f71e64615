//! Specialists: first question, one or two safe steps, and a ticket when they do not help.

use patchcord_domain::text::{fold, length};
use serde_json::{Value, json};

use super::Move;
use super::scene::Scene;
use super::shared::{file, filed, goodbye, hand_over, is_done, is_upset, not_filed, sentence, soothing, spelled};
use super::words::{Field, has};

/// Steps that are tried before a ticket is filed.
const STEPS_MAX: usize = 2;
/// Characters of a step that is read out.
const STEP_MAX: usize = 220;

pub(super) fn next(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    let Some(field) = words.fields.get(&scene.talk.agent).or_else(|| words.fields.get("servicedesk_agent")) else {
        return Move::say(words.say("pardon", &[]));
    };
    let is_security = scene.talk.agent == "security_agent";
    if let Some(done) = scene.result("create_ticket") {
        if !done.is_ok() {
            return not_filed(scene);
        }
        let result = done.result.clone();
        if is_security && needs_person(scene, field) && scene.calls_here("escalate_to_human").count() == 0 {
            let reason = scene.problem().join(". ");
            let escalate = json!({"reason": patchcord_domain::text::head(&reason, 300), "urgency": "high"});
            return Move::call("escalate_to_human", escalate);
        }
        return filed(scene, &result);
    }
    if let Some(done) = scene.result("add_ticket_note") {
        let number = done.result["ticket"]["number"].as_str().map(spelled).unwrap_or_default();
        let key = if done.is_ok() { "note_added" } else { "slow" };
        return Move::say(words.say(key, &[("number", &number)])).and_say(words.say("anything_else", &[]));
    }
    if is_just_known(scene) {
        return after_code(scene, field);
    }
    let looked =
        scene.results().any(|done| ["list_devices", "search_knowledge", "get_device"].contains(&done.name.as_str()));
    let Some(said) = scene.fresh() else {
        return if looked { ask(scene, field) } else { begin(scene, field) };
    };
    // Words that came before the hand-over, or with it, were the problem.
    if !scene.has_said_text(&field.question) && !has_spoken(scene) {
        // Who spoke over the question twice, or wants something else by now, is not asked for ever.
        let looked = scene.calls_here("search_knowledge").last().map(|done| done.at);
        let spoke_over = looked.map_or(0, |at| scene.said_since(at));
        if spoke_over < 2 && !scene.hears("ticket_now", &said) && !scene.hears("bye", &said) {
            return begin(scene, field);
        }
    }
    if is_done(scene, &said) {
        return goodbye(scene);
    }
    let upset = soothing(scene, &said);
    let answer = answer(scene, field, &said);
    match upset {
        Some(sorry) => answer.first(sorry),
        None => answer,
    }
}

/// Whether this agent has said anything yet.
fn has_spoken(scene: &Scene<'_>) -> bool {
    scene.talk.history.iter().skip(scene.since).any(|entry| matches!(entry, patchcord_llm::talk::Entry::Agent(_)))
}

/// A code or a name was just taken while this agent had the call.
fn is_just_known(scene: &Scene<'_>) -> bool {
    scene.note("code_is_right").is_some()
        || scene.note("code_is_wrong").is_some()
        || scene.result("find_organization").is_some()
        || scene.result("identify_organization").is_some()
}

fn after_code(scene: &Scene<'_>, field: &Field) -> Move {
    let words = scene.words;
    let is_wrong = scene.note("code_is_wrong").is_some()
        || scene.result("identify_organization").is_some_and(|done| !done.is_ok());
    if is_wrong {
        return Move::say(words.say("wrong_code", &[]));
    }
    if scene.result("find_organization").is_some_and(|done| !done.is_ok()) {
        let key = if scene.said_here("company_again") == 0 { "company_again" } else { "unknown_caller" };
        return Move::say(words.say(key, &[]));
    }
    let name = scene.facts.organization.clone().unwrap_or_default();
    let thanks = words.say("found", &[("organization", &name)]);
    if scene.calls_here("create_ticket").count() > 0 {
        return file(scene, device(scene)).first(thanks);
    }
    begin(scene, field).first(thanks)
}

/// Looks up what helps, without a word; then asks.
fn begin(scene: &Scene<'_>, field: &Field) -> Move {
    if scene.talk.agent == "security_agent" {
        return first_aid(scene, field);
    }
    let mut looks = Move::default();
    if scene.is_verified() && scene.known("list_devices").is_none() && scene.can("list_devices") {
        looks = looks.and_call("list_devices", json!({}));
    }
    let problem = scene.problem().join(". ");
    if !problem.is_empty() && scene.calls_here("search_knowledge").count() == 0 && scene.can("search_knowledge") {
        let query = patchcord_domain::text::head(&problem, 200);
        looks = looks.and_call("search_knowledge", json!({"query": query}));
    }
    if looks.calls.is_empty() { ask(scene, field) } else { looks }
}

fn ask(scene: &Scene<'_>, field: &Field) -> Move {
    if scene.talk.agent == "security_agent" {
        return first_aid(scene, field);
    }
    if scene.has_said_text(&field.question) {
        return step(scene, field);
    }
    let question = Move::say(field.question.clone());
    let upset = soothing(scene, scene.last_words());
    let question = match device(scene) {
        Some(name) => question.first(scene.words.say("device_seen", &[("device", &name)])),
        None => question,
    };
    match upset {
        Some(sorry) => question.first(sorry),
        None => question,
    }
}

/// The device that it is about: the one that was named, or the only one of its kind.
fn device(scene: &Scene<'_>) -> Option<String> {
    let said = scene.told_here().join(" ");
    let all = format!("{} {said}", scene.problem().join(" "));
    let kinds: &[&str] = match scene.talk.agent.as_str() {
        "printer_agent" => &["PRINTER", "SCANNER", "MULTIFUNCTION"],
        "computer_agent" => &["WORKSTATION", "LAPTOP", "DESKTOP"],
        "phone_agent" => &["PHONE", "MOBILE", "VOIP_PHONE"],
        "network_agent" => &["ROUTER"],
        _ => &[],
    };
    scene.device_in(&all).or_else(|| scene.device_of_kind(kinds))
}

/// What the caller's words call for.
fn answer(scene: &Scene<'_>, field: &Field, said: &str) -> Move {
    let words = scene.words;
    let is_filed = scene.ticket_here().is_some();
    let anything_else = scene.said_last("anything_else") || is_filed;
    if scene.said_last("need_code") || scene.said_last("company") || scene.said_last("company_again") {
        return name_after_code(scene, said);
    }
    if anything_else {
        // Something new: to whom it belongs, or here again.
        return match scene.route_of(said) {
            Some((to, _)) if to != scene.talk.agent => hand_over(scene, to, said).unwrap_or_else(|| file(scene, None)),
            Some(_) if scene.ticket_here().is_some() => add_note(scene, said),
            _ if scene.hears("yes", said) && said.split_whitespace().count() <= 4 => {
                Move::say(words.say("problem", &[]))
            }
            _ if is_filed && said.split_whitespace().count() <= 3 => {
                let number = scene.ticket_here().map(|number| spelled(&number)).unwrap_or_default();
                let again = words.say("number_again", &[("number", &number)]);
                Move::say(again).and_say(words.say("anything_else", &[]))
            }
            _ if is_filed => add_note(scene, said),
            _ => file(scene, device(scene)),
        };
    }
    if scene.said_last("problem")
        && let Some((to, _)) = scene.route_of(said)
        && to != scene.talk.agent
        && let Some(over) = hand_over(scene, to, said)
    {
        return over;
    }
    if scene.talk.agent == "security_agent" {
        return file_security(scene);
    }
    let is_solved = scene.hears("solved", said) && !denied(scene, said);
    if is_solved && tried(scene, field) > 0 {
        return Move::say(words.say("glad", &[])).and_say(words.say("anything_else", &[]));
    }
    let wants_ticket = scene.hears("ticket_now", said) || scene.hears("cannot", said) || is_upset(scene, said);
    let is_wide = scene.hears("crowd", &scene.problem().join(". ")) && scene.talk.agent != "printer_agent";
    if wants_ticket || is_wide || scene.talk.agent == "servicedesk_agent" {
        return file(scene, device(scene));
    }
    step(scene, field)
}

/// `it still does not work again`: a word that something works, turned round.
fn denied(scene: &Scene<'_>, said: &str) -> bool {
    let folded = format!(" {} ", fold(said));
    let not = [
        " not ",
        " doesn t ",
        " didn t ",
        " isn t ",
        " still ",
        " nicht ",
        " kein ",
        " leider ",
        " immer noch ",
        " no it ",
    ];
    let _ = scene;
    not.iter().any(|word| folded.contains(word))
}

fn add_note(scene: &Scene<'_>, said: &str) -> Move {
    match scene.ticket_here() {
        Some(number) if scene.can("add_ticket_note") && scene.is_verified() => {
            Move::call("add_ticket_note", json!({"number": number, "text": patchcord_domain::text::head(said, 900)}))
        }
        _ => Move::say(scene.words.say("no_step", &[])).and_say(scene.words.say("anything_else", &[])),
    }
}

/// Answers to `what is your code`, while a specialist has the call.
fn name_after_code(scene: &Scene<'_>, said: &str) -> Move {
    let words = scene.words;
    if let Some((code, _)) = crate::spoken::code(said, true, &scene.languages) {
        return Move::call("identify_organization", json!({"ue_code": code}));
    }
    if scene.said_last("need_code") {
        return Move::say(words.say("company", &[]));
    }
    if scene.can("find_organization") {
        let name = scene.without_greetings(said);
        let name = if name.is_empty() { said.to_owned() } else { name };
        return Move::call("find_organization", json!({"name": patchcord_domain::text::head(&name, 120)}));
    }
    Move::say(words.say("unknown_caller", &[]))
}

/// Steps that were offered.
fn tried(scene: &Scene<'_>, field: &Field) -> usize {
    steps(scene, field).iter().filter(|step| scene.has_said_text(step)).count()
}

/// The next safe step, or the ticket.
fn step(scene: &Scene<'_>, field: &Field) -> Move {
    let words = scene.words;
    let steps = steps(scene, field);
    let tried = steps.iter().filter(|step| scene.has_said_text(step)).count();
    let next = steps.iter().find(|step| !scene.has_said_text(step));
    match next {
        Some(step) if tried < STEPS_MAX => {
            let key = if tried == 0 { "step" } else { "next_step" };
            Move::say(words.say(key, &[("step", step)]))
        }
        _ => file(scene, device(scene)),
    }
}

/// Safe steps: those of the best article, then those that always are.
fn steps(scene: &Scene<'_>, field: &Field) -> Vec<String> {
    let found = scene.calls_here("search_knowledge").rev().find(|done| done.is_ok());
    let mut steps: Vec<String> = found.map(|done| from_article(scene, &done.result)).unwrap_or_default();
    steps.truncate(1);
    for step in &field.steps {
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    steps
}

/// Sentences of the first article that tell the caller to do something, and that are safe on the phone.
fn from_article(scene: &Scene<'_>, result: &Value) -> Vec<String> {
    let Some(article) = result["articles"].as_array().and_then(|articles| articles.first()) else { return Vec::new() };
    let told = match article["steps"].as_array() {
        Some(steps) => steps.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>(),
        None => {
            let passage = article["passage"].as_str().unwrap_or_default();
            passage.split_inclusive(['.', '!', '\n']).map(str::to_owned).collect()
        }
    };
    let plain = |text: &String| {
        let text = text.trim().trim_start_matches(|c: char| !c.is_alphabetic()).trim_end_matches('…').trim();
        sentence(&text.replace(['*', '`', '#', '_'], ""))
    };
    let is_step = |text: &String| {
        let folded = fold(text);
        let first: Vec<&str> = folded.split(' ').take(2).collect();
        let verbs = scene.words.list("imperatives");
        let tells = first.iter().any(|word| verbs.iter().any(|verb| verb == word));
        let is_whole = text.chars().next().is_some_and(char::is_uppercase);
        tells
            && is_whole
            && length(text) <= STEP_MAX
            && length(text) >= 12
            && !has(text, scene.words.list("unsafe_steps"))
    };
    told.iter().map(plain).filter(is_step).collect()
}

// --- security ---

/// Harm is stopped before anything is asked.
fn first_aid(scene: &Scene<'_>, field: &Field) -> Move {
    if scene.has_said_text(&field.question) {
        return file_security(scene);
    }
    let problem = scene.problem().join(". ");
    let kind = if has(&problem, &field.lost) && !has(&problem, &field.account) {
        &field.first_lost
    } else if is_harm(field, &problem) {
        &field.first
    } else if has(&problem, &field.account) {
        &field.first_account
    } else {
        &field.first_message
    };
    let first = kind.clone().unwrap_or_default();
    // What is plain need not be asked first: it is filed, and a person is brought in.
    if (has(&problem, &field.lost) || is_harm(field, &problem)) && scene.is_known() {
        return file_security(scene).first(first);
    }
    Move::say(first).and_say(field.question.clone())
}

fn is_harm(field: &Field, said: &str) -> bool {
    has(said, &field.harm) && !has(said, &field.no_harm)
}

fn needs_person(scene: &Scene<'_>, field: &Field) -> bool {
    let told = scene.told_here();
    let answer = told.last().copied().unwrap_or_default();
    let problem = scene.problem().join(". ");
    is_harm(field, &problem)
        || has(&problem, &field.lost)
        || (is_harm(field, answer) && scene.has_said_text(&field.question))
}

fn file_security(scene: &Scene<'_>) -> Move {
    let mut filing = file(scene, device(scene));
    let urgent = scene.words.fields.get("security_agent").is_some_and(|field| needs_person(scene, field));
    if urgent && let Some((_, arguments)) = filing.calls.first_mut() {
        arguments["priority"] = json!("URGENT");
    }
    filing
}
