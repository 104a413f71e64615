//! The first voice: who is calling, and what it is about.

use serde_json::json;

use super::Move;
use super::scene::Scene;
use super::shared::{goodbye, hand_over, is_done, soothing};
use super::words::{find, padded};
use crate::spoken;

/// How often the code is asked for before something else is tried.
const CODE_TRIES: usize = 2;

pub(super) fn next(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    if scene.is_silent() && scene.fresh().is_none() {
        return Move::say(words.say("greet", &[("workspace", &scene.facts.workspace)]));
    }
    if scene.fresh().is_some_and(|said| scene.hears("bye", &said)) && scene.problem().is_empty() {
        return goodbye(scene);
    }
    if scene.note("code_is_wrong").is_some() || scene.result("identify_organization").is_some_and(|done| !done.is_ok())
    {
        return Move::say(words.say("wrong_code", &[]));
    }
    let found = scene.note("code_is_right").is_some()
        || scene.result("identify_organization").or(scene.result("find_organization")).is_some_and(|done| done.is_ok());
    if found {
        return found_company(scene);
    }
    if scene.note("code_not_checked").is_some() {
        return Move::say(words.say("slow", &[])).and_say(words.say("company", &[]));
    }
    if scene.result("find_organization").is_some() {
        return if scene.said("company_again") == 0 {
            Move::say(words.say("company_again", &[]))
        } else {
            route(scene).first(words.say("unknown_caller", &[]))
        };
    }
    let Some(said) = scene.fresh() else { return route(scene) };
    if is_done(scene, &said) && (scene.said_last("anything_else") || scene.problem().is_empty()) {
        return goodbye(scene);
    }
    let answer = match identify(scene, &said) {
        Some(identify) => identify,
        None => route(scene),
    };
    match soothing(scene, &said) {
        Some(sorry) if !answer.sentences.is_empty() => answer.first(sorry),
        _ => answer,
    }
}

/// What is asked so that we know who calls; none when we know enough.
fn identify(scene: &Scene<'_>, said: &str) -> Option<Move> {
    let words = scene.words;
    if scene.facts.is_identified_by_code() || scene.known("find_organization").is_some() {
        return None;
    }
    let told = !scene.problem().is_empty();
    // An attack does not wait for a code.
    if scene.route(&scene.problem()) == Some("security_agent")
        && scene.said("code_after_problem") + scene.said("code_again") > 0
    {
        return None;
    }
    let asked_code = ["greet", "code_after_problem", "code_again", "wrong_code", "need_code"];
    let asks = |keys: &[&str]| keys.iter().any(|key| scene.said_last(key));
    if let Some((code, _)) = spoken::code(said, asks(&asked_code), &scene.languages) {
        return Some(Move::call("identify_organization", json!({"ue_code": code})));
    }
    if asks(&["company", "company_again"]) {
        if scene.hears("no_code", said) && company_in(scene, said, true).is_none() {
            return None;
        }
        let name = company_in(scene, said, false).unwrap_or_else(|| said.trim().to_owned());
        return Some(Move::call("find_organization", json!({"name": name})));
    }
    let without = scene.hears("no_code", said) || (asks(&asked_code) && is_plain_no(scene, said));
    if without {
        // A name that was told already need not be asked for.
        let told = scene.caller_texts().find_map(|text| company_in(scene, text, true));
        return Some(match told {
            Some(name) => Move::call("find_organization", json!({"name": name})),
            None if scene.is_known() => return None,
            None => Move::say(words.say("company", &[])),
        });
    }
    let times = scene.said("code_after_problem") + scene.said("code_again");
    if times >= CODE_TRIES {
        let told = scene.caller_texts().find_map(|text| company_in(scene, text, true));
        return match told {
            Some(name) => Some(Move::call("find_organization", json!({"name": name}))),
            None if scene.is_known() => None,
            None => Some(Move::say(words.say("company", &[]))),
        };
    }
    let key = if told && scene.said("code_after_problem") == 0 { "code_after_problem" } else { "code_again" };
    Some(Move::say(words.say(key, &[])))
}

fn is_plain_no(scene: &Scene<'_>, said: &str) -> bool {
    said.split_whitespace().count() <= 4 && scene.hears("no", said) && scene.route_of(said).is_none()
}

/// The name of a company in what was said: behind `from` and its like; `sure` wants it written large.
fn company_in(scene: &Scene<'_>, said: &str, sure: bool) -> Option<String> {
    let folded = padded(said);
    let originals: Vec<&str> = said.split_whitespace().collect();
    let mut best: Option<String> = None;
    for phrase in scene.words.list("company_before") {
        let Some(at) = find(&folded, phrase) else { continue };
        let behind = folded[..at].split_whitespace().count() + phrase.split(' ').count();
        if originals.len() != folded.split_whitespace().count() {
            continue;
        }
        let mut name = Vec::new();
        for word in originals.iter().skip(behind).take(5) {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '&');
            let is_large = bare.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
            if bare.is_empty() || (!is_large && (sure || name.len() >= 3)) {
                break;
            }
            name.push(bare);
            if word.ends_with([',', '.', ';', '!', '?']) {
                break;
            }
        }
        let name = name.join(" ");
        if name.len() > 2 && best.as_ref().is_none_or(|best| name.len() > best.len()) {
            best = Some(name);
        }
    }
    if best.is_none() && !sure {
        let rest = scene.without_greetings(said);
        let bare = rest.trim_matches(|c: char| !c.is_alphanumeric());
        return (bare.len() > 2 && bare.split_whitespace().count() <= 6).then(|| bare.to_owned());
    }
    best
}

/// The company is known: thank, and go on with the problem.
fn found_company(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    let by_result = scene
        .result("identify_organization")
        .or(scene.result("find_organization"))
        .and_then(|done| done.result["organization"].as_str());
    let name = scene.facts.organization.as_deref().or(by_result).unwrap_or_default();
    let thanks = words.say("found", &[("organization", name)]);
    if scene.problem().is_empty() {
        return Move::say(thanks).and_say(words.say("problem", &[]));
    }
    let next = route(scene);
    // A silent hand-over needs no thanks of its own: the next agent goes on at once.
    next.first(thanks)
}

/// Passes on to the agent of the field, or asks what it is about.
fn route(scene: &Scene<'_>) -> Move {
    let words = scene.words;
    let told = scene.problem();
    if let Some(to) = scene.route(&told) {
        let reason = told.last().cloned().unwrap_or_default();
        if let Some(over) = hand_over(scene, to, &reason) {
            return over;
        }
    }
    if told.is_empty() && scene.said("problem") == 0 {
        return Move::say(words.say("problem", &[]));
    }
    if scene.said("clarify") == 0 {
        return Move::say(words.say("clarify", &[]));
    }
    hand_over(scene, "servicedesk_agent", "").unwrap_or_else(|| Move::say(words.say("pardon", &[])))
}
