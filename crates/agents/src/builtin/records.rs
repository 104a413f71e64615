//! What is on record: devices, tickets, and the company itself.

use patchcord_domain::text::{fold, head};
use serde_json::{Value, json};

use super::Move;
use super::scene::Scene;
use super::shared::{file, filed, goodbye, hand_over, is_done, not_filed, number_in, spelled};
use crate::spoken::{runs, words as split};

/// Entries that are read out.
const READ_OUT: usize = 3;

pub(super) fn next(scene: &Scene<'_>) -> Move {
    if let Some(told) = told(scene) {
        return told;
    }
    let words = scene.words;
    if scene.note("code_is_wrong").is_some() {
        return Move::say(words.say("wrong_code", &[]));
    }
    if scene.note("code_is_right").is_some() {
        let name = scene.facts.organization.clone().unwrap_or_default();
        return look(scene).first(words.say("found", &[("organization", &name)]));
    }
    let Some(said) = scene.fresh() else { return look(scene) };
    let is_first = scene.told_here().len() <= 1 && !has_spoken(scene);
    if is_first {
        return look(scene);
    }
    if is_done(scene, &said) {
        return goodbye(scene);
    }
    if scene.talk.agent == "ticket_agent"
        && let Some(change) = change(scene, &said)
    {
        return change;
    }
    if scene.said_last("what_new") {
        return file(scene, None);
    }
    if scene.said_last("need_code") {
        return without_code(scene, &said);
    }
    if scene.said_last("anything_else") {
        return match scene.route_of(&said) {
            Some((to, _)) if to != scene.talk.agent => hand_over(scene, to, &said).unwrap_or_else(|| look(scene)),
            Some(_) => look(scene),
            None if scene.hears("yes", &said) => Move::say(words.say("problem", &[])),
            None => hand_over(scene, "servicedesk_agent", &said).unwrap_or_else(|| look(scene)),
        };
    }
    look(scene)
}

fn has_spoken(scene: &Scene<'_>) -> bool {
    scene.talk.history.iter().skip(scene.since).any(|entry| matches!(entry, patchcord_llm::talk::Entry::Agent(_)))
}

/// Who is not verified hears nothing, but may file something.
fn without_code(scene: &Scene<'_>, said: &str) -> Move {
    if let Some((code, _)) = crate::spoken::code(said, true, &scene.languages) {
        return Move::call("identify_organization", json!({"ue_code": code}));
    }
    if scene.is_known() && scene.can("create_ticket") {
        return file(scene, None).first(scene.words.say("claimed", &[]));
    }
    Move::call("find_organization", json!({"name": head(&scene.without_greetings(said), 120)}))
}

/// Looks up what was asked for.
fn look(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    let asked = format!("{}. {}", scene.problem().join(". "), scene.told_here().join(". "));
    if scene.talk.agent == "ticket_agent" && scene.hears("ticket_now", &asked) {
        return if scene.problem().join(" ").split_whitespace().count() > 8 {
            file(scene, None)
        } else {
            Move::say(words.say("what_new", &[]))
        };
    }
    if !scene.is_verified() {
        return Move::say(words.say("need_code", &[]));
    }
    match scene.talk.agent.as_str() {
        "device_agent" => device(scene, &asked),
        "ticket_agent" => ticket(scene, &asked),
        _ => record(scene, &asked),
    }
}

fn device(scene: &Scene<'_>, asked: &str) -> Move {
    let named = scene.device_in(asked).or_else(|| label_in(scene.last_words())).or_else(|| label_in(asked));
    match named {
        Some(name) => Move::call("get_device", json!({"device": name})),
        None if scene.calls_here("list_devices").count() == 0 => Move::call("list_devices", json!({})),
        None => Move::say(scene.words.say("which_device", &[])),
    }
}

/// A name as stickers have it: letters, digits and a hyphen, such as `PRN-07`.
fn label_in(text: &str) -> Option<String> {
    let is_label = |word: &&str| {
        let letters = word.chars().any(|c| c.is_alphabetic());
        let digits = word.chars().any(|c| c.is_ascii_digit());
        letters && digits && word.len() >= 4 && word.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.filter(|word| !word.to_uppercase().starts_with("TKT")).find(is_label).map(str::to_owned)
}

fn ticket(scene: &Scene<'_>, asked: &str) -> Move {
    let latest = ticket_number(scene, scene.last_words(), scene.said_last("which_ticket"));
    let number = latest.or_else(|| ticket_number(scene, asked, false));
    let seen =
        |number: &str| scene.calls_here("get_ticket").any(|done| done.arguments["number"].as_str() == Some(number));
    match number.filter(|number| !seen(number)) {
        Some(number) => Move::call("get_ticket", json!({"number": number})),
        None if scene.calls_here("find_tickets").count() == 0 => Move::call("find_tickets", json!({"status": "OPEN"})),
        None => Move::say(scene.words.say("which_ticket", &[])),
    }
}

/// The number of a ticket in a text: `TKT-0042`, `ticket forty two`; any number when it was asked for.
fn ticket_number(scene: &Scene<'_>, text: &str, was_asked: bool) -> Option<String> {
    if let Some(number) = number_in(&text.to_uppercase()) {
        return Some(number);
    }
    let said = split(text);
    let runs = runs(&said, &scene.languages);
    let names = ["ticket", "tickets", "number", "nummer", "ticketnummer", "vorgang", "case", "tkt", "request"];
    let is_number = |run: &&crate::spoken::Run| {
        let before = run.from.saturating_sub(3);
        was_asked || said[before..run.from].iter().any(|word| names.contains(&word.text.as_str()))
    };
    runs.iter().find(is_number).filter(|run| run.digits.len() <= 9).map(|run| {
        let number: i64 = run.digits.parse().unwrap_or(0);
        patchcord_domain::ticket::label(number)
    })
}

fn record(scene: &Scene<'_>, asked: &str) -> Move {
    let words = scene.words;
    let folded = fold(asked);
    let about_people = ["contact", "colleague", "who is", "phone number", "kontakt", "ansprechpartner", "kollege"];
    if about_people.iter().any(|word| folded.contains(word)) {
        return Move::say(words.say("contacts_private", &[])).and_say(words.say("anything_else", &[]));
    }
    if scene.calls_here("find_tickets").count() == 0 && scene.can("find_tickets") {
        return Move::call("find_tickets", json!({}));
    }
    let name = scene.facts.organization.clone().unwrap_or_default();
    Move::say(words.say("organization_fact", &[("organization", &name)])).and_say(words.say("anything_else", &[]))
}

/// Notes and closing, on the ticket that was last spoken of.
fn change(scene: &Scene<'_>, said: &str) -> Option<Move> {
    let words = scene.words;
    let of_result = |value: &Value| {
        let listed = value["tickets"][0]["number"].as_str();
        value["ticket"]["number"].as_str().or(listed).map(str::to_owned)
    };
    let last = scene.done.iter().rev().filter(|done| done.is_ok()).find_map(|done| of_result(&done.result));
    let number = ticket_number(scene, said, false).or(last)?;
    if !scene.is_verified() {
        return None;
    }
    if scene.said_last("note_what") {
        return Some(Move::call("add_ticket_note", json!({"number": number, "text": head(said, 900)})));
    }
    if scene.hears("close", said) {
        return Some(Move::call("update_ticket_status", json!({"number": number, "status": "RESOLVED"})));
    }
    if scene.hears("note", said) {
        let enough = said.split_whitespace().count() > 7;
        return Some(if enough {
            Move::call("add_ticket_note", json!({"number": number, "text": head(said, 900)}))
        } else {
            Move::say(words.say("note_what", &[]))
        });
    }
    None
}

/// Says what a lookup has brought.
fn told(scene: &Scene<'_>) -> Option<Move> {
    let words = scene.words;
    let done = scene.results().last()?;
    let result = &done.result;
    let else_ = words.say("anything_else", &[]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(match done.name.as_str() {
        "create_ticket" if done.is_ok() => filed(scene, result),
        "create_ticket" => not_filed(scene),
        "find_organization" if !done.is_ok() => Move::say(words.say("unknown_caller", &[])),
        "find_organization" => file(scene, None).first(words.say("claimed", &[])),
        "identify_organization" if !done.is_ok() => Move::say(words.say("wrong_code", &[])),
        "identify_organization" => look(scene),
        "list_devices" | "find_tickets" | "get_device" | "get_ticket" | "add_ticket_note" | "update_ticket_status"
            if !done.is_ok() =>
        {
            let key = match done.name.as_str() {
                "get_device" => "which_device",
                "get_ticket" => "which_ticket",
                _ => "slow",
            };
            if key == "slow" || scene.said_here(key) > 0 {
                Move::say(words.say("slow", &[])).and_say(else_)
            } else {
                Move::say(words.say(key, &[]))
            }
        }
        "list_devices" => {
            let devices = result["devices"].as_array().map(Vec::as_slice).unwrap_or_default();
            let asked = format!("{}. {}", scene.problem().join(". "), scene.told_here().join(". "));
            match devices {
                [] => Move::say(words.say("devices_none", &[])).and_say(else_),
                // The one that was meant is looked at more closely.
                _ if scene.device_in(&asked).is_some() => device(scene, &asked),
                [one] if scene.hears("warranty", &asked) => {
                    Move::call("get_device", json!({"device": text(&one["name"])}))
                }
                many => {
                    let names: Vec<String> = many.iter().take(READ_OUT).map(|device| text(&device["name"])).collect();
                    let list = words.say("devices_found", &[("list", &names.join(", "))]);
                    if scene.hears("warranty", &asked) {
                        Move::say(list).and_say(words.say("which_device", &[]))
                    } else {
                        Move::say(list).and_say(else_)
                    }
                }
            }
        }
        "get_device" => facts_of(scene, &result["device"]).and_say(else_),
        "find_tickets" => {
            let tickets = result["tickets"].as_array().map(Vec::as_slice).unwrap_or_default();
            match tickets {
                [] => Move::say(words.say("tickets_none", &[])).and_say(else_),
                [one] => ticket_facts(scene, one).and_say(else_),
                many => {
                    let first = &many[0];
                    let state = words.state(first["status"].as_str().unwrap_or_default());
                    let values = [
                        ("count", many.len().to_string()),
                        ("number", spelled(&text(&first["number"]))),
                        ("subject", text(&first["subject"])),
                        ("state", state.to_owned()),
                    ];
                    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
                    Move::say(words.say("tickets_found", &values)).and_say(else_)
                }
            }
        }
        "get_ticket" => {
            let said = scene.last_words();
            match change(scene, said) {
                Some(change) if !change.calls.is_empty() => change,
                _ => ticket_facts(scene, &result["ticket"]).and_say(else_),
            }
        }
        "add_ticket_note" => {
            let number = spelled(&text(&result["ticket"]["number"]));
            Move::say(words.say("note_added", &[("number", &number)])).and_say(else_)
        }
        "update_ticket_status" => {
            let number = spelled(&text(&result["ticket"]["number"]));
            Move::say(words.say("closed", &[("number", &number)])).and_say(else_)
        }
        _ => return None,
    })
}

fn ticket_facts(scene: &Scene<'_>, ticket: &Value) -> Move {
    let words = scene.words;
    let number = spelled(ticket["number"].as_str().unwrap_or_default());
    let state = words.state(ticket["status"].as_str().unwrap_or_default());
    let subject = ticket["subject"].as_str().unwrap_or_default();
    Move::say(words.say("ticket_state", &[("number", &number), ("subject", subject), ("state", state)]))
}

fn facts_of(scene: &Scene<'_>, device: &Value) -> Move {
    let words = scene.words;
    let text = |key: &str| device[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let name = text("name").unwrap_or_default();
    let kind = text("type").unwrap_or_default().to_lowercase().replace('_', " ");
    let mut told = Move::say(words.say("device_facts", &[("device", &name), ("kind", &kind)]));
    if let Some(model) = text("model") {
        told = told.and_say(words.say("device_model", &[("model", &model)]));
    }
    if let Some(status) = text("status") {
        told = told.and_say(words.say("device_state", &[("state", words.state(&status))]));
    }
    if let Some(date) = text("warrantyUntil").or_else(|| text("warranty")) {
        told = told.and_say(words.say("device_warranty", &[("date", &date)]));
    }
    told
}
