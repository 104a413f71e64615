//! Tools: what the model may call, what the desk calls by itself, hand-overs, and what follows from a reply.

use std::sync::Arc;

use patchcord_domain::call::{AiResolution, CallEvent, Ending, Speaker, ToolRun};
use patchcord_domain::text::head;
use patchcord_llm::talk::{Entry, ToolCall};
use serde_json::{Value, json};

use super::held::Held;
use super::{Conversation, Moment, Output, Phase, WRONG_CODES_MAX};
use crate::DESK;
use crate::agents::{END_CALL, TO_PERSON, TRANSFER};
use crate::tools::ToolReply;

/// Characters of the arguments of one call.
const ARGUMENTS_MAX: usize = 4_000;
/// Characters of a result that the model is told.
const CONTENT_MAX: usize = 6_000;
/// Characters of a result in the transcript.
const SHOWN_MAX: usize = 300;
/// Calls of one answer.
const CALLS_MAX: usize = 8;
/// Answers with calls in a row, without a word of the caller.
const ROUNDS_MAX: u32 = 8;
/// Hand-overs in a row, without a word of the caller.
const HOPS_MAX: u32 = 4;
/// Ids that are remembered; more calls are refused.
const SEEN_MAX: usize = 1_000;
/// The tool that takes a code.
pub(super) const IDENTIFY: &str = "identify_organization";

/// A tool that runs.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: String,
    pub(super) name: String,
    agent: String,
    pub(super) since_ms: i64,
    pub(super) is_filled: bool,
    /// The code that it tries.
    code: Option<String>,
    /// It is not run: the reply of this other call counts for it as well.
    same_as: Option<String>,
}

impl Conversation {
    /// The model wants tools.
    pub(super) fn calls(&mut self, moment: Moment, calls: Vec<ToolCall>, out: &mut Vec<Output>) {
        self.ear.is_thinking = false;
        let mut fresh = Vec::new();
        for call in calls.into_iter().take(CALLS_MAX) {
            if !call.id.is_empty() && self.seen.len() < SEEN_MAX && self.seen.insert(call.id.clone()) {
                fresh.push(call);
            }
        }
        if fresh.is_empty() {
            return;
        }
        self.rounds += 1;
        self.is_dirty = true;
        let kept = fresh
            .iter()
            .map(|call| ToolCall { arguments: head(&call.arguments, ARGUMENTS_MAX).to_owned(), ..call.clone() });
        self.history.push(Entry::Called(kept.collect()));
        let mut hand_over = None;
        let mut ends = None;
        for call in fresh {
            self.call(moment, call, &mut hand_over, &mut ends, out);
        }
        if let Some((to, reason, context)) = hand_over {
            self.hand_over(moment, &to, &reason, &context, out);
        }
        match ends {
            Some(outcome) if matches!(self.phase, Phase::Talking) => {
                self.resolution = Some(outcome);
                let words = (!self.ear.has_answered).then(|| self.language().say.goodbye.clone());
                self.leave(moment, Ending::Goodbye, words, out);
            }
            _ => self.respond(out),
        }
    }

    fn call(
        &mut self,
        moment: Moment,
        call: ToolCall,
        hand_over: &mut Option<(String, String, String)>,
        ends: &mut Option<AiResolution>,
        out: &mut Vec<Output>,
    ) {
        let agents = Arc::clone(&self.agents);
        let notes = &agents.notes;
        if self.rounds > ROUNDS_MAX {
            self.refuse(&call, json!({}), &notes.too_many, out);
            return;
        }
        if call.arguments.len() > ARGUMENTS_MAX {
            self.refuse(&call, json!({}), &notes.too_long, out);
            return;
        }
        // Some models send nothing where there is nothing to say.
        let written = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
        let Some(arguments) = serde_json::from_str::<Value>(written).ok().filter(Value::is_object) else {
            self.refuse(&call, json!({}), &notes.not_json, out);
            return;
        };
        if !agents.may_call(&self.agent, &call.name) || !self.exists(&call.name) {
            let allowed: Vec<String> =
                agents.specs(&self.agent, &self.specs).into_iter().map(|spec| spec.name).collect();
            let note = match call.name.strip_prefix(TRANSFER) {
                Some(agent) => notes.nobody(head(agent, 60), &allowed.join(", ")),
                None => notes.not_allowed(head(&call.name, 60), &allowed.join(", ")),
            };
            self.refuse(&call, json!({}), &note, out);
            return;
        }
        if let Some(to) = call.name.strip_prefix(TRANSFER) {
            if hand_over.is_some() {
                self.refuse(&call, json!({}), &notes.too_many, out);
                return;
            }
            let text = |key: &str| head(arguments[key].as_str().unwrap_or_default(), 1_000).to_owned();
            *hand_over = Some((to.to_owned(), text("reason"), text("context")));
            self.answer(&call.id, &json!({"ok": true}), out);
            return;
        }
        let revealed = self.held.reveal(written);
        if Held::has_unknown(&revealed) {
            self.refuse(&call, json!({}), &notes.unknown_name, out);
            return;
        }
        if call.name == END_CALL {
            match outcome(&arguments) {
                Some(outcome) => {
                    *ends = Some(outcome);
                    self.answer(&call.id, &json!({"ok": true}), out);
                }
                None => self.refuse(&call, json!({}), &notes.bad_outcome, out),
            }
            return;
        }
        let code = (call.name == IDENTIFY).then(|| digits(&arguments));
        if let Some(code) = &code {
            // What the desk has tried, or is trying, is not tried again: each wrong code counts.
            if let Some((_, content)) = self.tried.clone().filter(|(tried, _)| tried == code) {
                self.answer(&call.id, &content, out);
                return;
            }
        }
        let same =
            self.pending.iter().find(|other| other.code.is_some() && other.code == code && other.same_as.is_none());
        let same_as = same.map(|other| other.id.clone());
        let is_run = same_as.is_none();
        self.pending.push(Pending {
            id: call.id.clone(),
            name: call.name.clone(),
            agent: self.agent.clone(),
            since_ms: moment.ms,
            is_filled: false,
            code,
            same_as,
        });
        if is_run {
            if call.name == TO_PERSON {
                self.person_called_ms = Some(moment.ms);
            } else if call.name == IDENTIFY {
                self.code_called_ms = Some(moment.ms);
            }
            let call = ToolCall { arguments: revealed, ..call };
            out.push(Output::Run { agent: self.agent.clone(), call });
        }
    }

    /// Whether there is such a tool; hand-overs and the end of the call are the core's own.
    fn exists(&self, tool: &str) -> bool {
        tool == END_CALL || tool.starts_with(TRANSFER) || self.specs.iter().any(|spec| spec.name == tool)
    }

    fn refuse(&mut self, call: &ToolCall, arguments: Value, note: &str, out: &mut Vec<Output>) {
        let run = ToolRun {
            agent: self.agent.clone(),
            name: head(&call.name, 60).to_owned(),
            arguments,
            outcome: "refused".to_owned(),
            ms: 0,
        };
        out.push(Output::Record(CallEvent::ToolRan(run)));
        self.answer(&call.id, &json!({"error": note}), out);
    }

    fn answer(&mut self, id: &str, content: &Value, out: &mut Vec<Output>) {
        let mut text = content.to_string();
        if text.len() > CONTENT_MAX {
            text = json!({"shortened": head(&text, CONTENT_MAX)}).to_string();
        }
        self.history.result(id, text.clone());
        out.push(Output::Result { id: id.to_owned(), content: text });
    }

    fn hand_over(&mut self, moment: Moment, to: &str, reason: &str, context: &str, out: &mut Vec<Output>) {
        self.hops += 1;
        let from = std::mem::replace(&mut self.agent, to.to_owned());
        let note = self.agents.notes.handed_over(&from, to, reason, context);
        let changed =
            CallEvent::AgentChanged { at: moment.at, from: Some(from), to: to.to_owned(), reason: reason.to_owned() };
        out.push(Output::Record(changed));
        self.tell("handed_over", &note, out);
        if self.hops > HOPS_MAX {
            self.escalate(moment, self.agents.notes.goes_in_circles.clone(), out);
        }
    }

    /// Whether a code is being tried already.
    pub(super) fn tries(&self, code: &str) -> bool {
        self.pending.iter().any(|pending| pending.code.as_deref() == Some(code))
    }

    /// Whether this code was the last that was tried, with a verdict.
    pub(super) fn has_tried(&self, code: &str) -> bool {
        self.tried.as_ref().is_some_and(|(tried, _)| tried == code)
    }

    /// Tries a code by rule: the model never sees the digits.
    pub(super) fn identify(&mut self, moment: Moment, code: String, out: &mut Vec<Output>) {
        let arguments = json!({"ue_code": code});
        self.run_by_desk(moment, IDENTIFY, arguments, Some(code), out);
    }

    /// Asks for a person by rule.
    pub(super) fn escalate(&mut self, moment: Moment, reason: String, out: &mut Vec<Output>) {
        let is_running = self.pending.iter().any(|pending| pending.name == TO_PERSON && pending.agent == DESK);
        if !is_running && matches!(self.phase, Phase::Talking) {
            let arguments = json!({"reason": reason, "urgency": "normal"});
            self.run_by_desk(moment, TO_PERSON, arguments, None, out);
        }
    }

    fn run_by_desk(
        &mut self,
        moment: Moment,
        name: &str,
        arguments: Value,
        code: Option<String>,
        out: &mut Vec<Output>,
    ) {
        self.by_desk += 1;
        let id = format!("{DESK}-{}", self.by_desk);
        self.seen.insert(id.clone());
        self.pending.push(Pending {
            id: id.clone(),
            name: name.to_owned(),
            agent: DESK.to_owned(),
            since_ms: moment.ms,
            is_filled: false,
            code,
            same_as: None,
        });
        self.is_dirty = true;
        let call = ToolCall { id, name: name.to_owned(), arguments: arguments.to_string() };
        out.push(Output::Run { agent: DESK.to_owned(), call });
    }

    /// A tool has answered.
    pub(super) fn replied(&mut self, moment: Moment, id: &str, reply: ToolReply, ms: i64, out: &mut Vec<Output>) {
        let Some(at) = self.pending.iter().position(|pending| pending.id == id && pending.same_as.is_none()) else {
            return;
        };
        let done = self.pending.remove(at);
        self.is_dirty = true;
        let ToolReply { outcome, content, arguments, facts, to_person, transfer } = reply;
        let content = self.held.conceal_value(&self.agents.redactor, content);
        let run =
            ToolRun { agent: done.agent.clone(), name: done.name.clone(), arguments, outcome: outcome.to_owned(), ms };
        out.push(Output::Record(CallEvent::ToolRan(run)));
        let shown = format!("{}: {}", done.name, head(&content.to_string(), SHOWN_MAX));
        self.turn(out, Speaker::Tool, &shown, ((moment.ms - ms).max(0), moment.ms), false, None);
        if let Some(facts) = facts {
            self.facts = facts;
        }
        if done.name == "create_ticket" && outcome == "ok" {
            self.ticketed = true;
        }
        if let Some(code) = &done.code {
            if outcome == "refused" {
                self.wrong_codes += 1;
            }
            // Only a verdict is kept: what failed may be tried again.
            self.tried = matches!(outcome, "ok" | "refused").then(|| (code.clone(), content.clone()));
        }
        let twins: Vec<String> =
            self.pending.extract_if(.., |other| other.same_as.as_deref() == Some(id)).map(|twin| twin.id).collect();
        let by_desk = done.agent == DESK;
        if !by_desk {
            self.answer(id, &content, out);
        }
        for twin in &twins {
            self.answer(twin, &content, out);
        }
        if let Some(transfer) = transfer {
            self.connect(moment, by_desk, transfer, out);
            return;
        }
        let is_third = done.code.is_some() && outcome == "refused" && self.wrong_codes == WRONG_CODES_MAX;
        let to_person = to_person.or_else(|| is_third.then(|| self.agents.notes.wrong_codes.clone()));
        if by_desk && twins.is_empty() && to_person.is_none() {
            self.tell_of(&done.name, outcome, &content, out);
        }
        if done.name == TO_PERSON {
            self.refused_escalations += 1;
            if outcome != "ok" {
                self.person_called_ms = None;
            }
        }
        if let Some(reason) = to_person {
            self.escalate(moment, reason, out);
        }
        self.respond(out);
        self.leave_when_heard(moment, out);
    }

    /// Tells the model what came of a call that the desk has made.
    fn tell_of(&mut self, name: &str, outcome: &str, content: &Value, out: &mut Vec<Output>) {
        let agents = Arc::clone(&self.agents);
        let notes = &agents.notes;
        let error = content["error"].as_str().unwrap_or_default();
        let (kind, note) = match (name, outcome) {
            (IDENTIFY, "ok") => ("code_is_right", notes.code_is_right.clone()),
            (IDENTIFY, "refused") => ("code_is_wrong", notes.code_is_wrong(head(error, 300))),
            (IDENTIFY, _) => ("code_not_checked", notes.code_not_checked.clone()),
            (_, "ok") => ("no_person", format!("{} {}", notes.no_person, head(&content.to_string(), SHOWN_MAX))),
            _ => ("no_person", notes.no_person.clone()),
        };
        self.tell(kind, &note, out);
    }

    fn connect(&mut self, moment: Moment, by_desk: bool, transfer: crate::tools::Transfer, out: &mut Vec<Output>) {
        if matches!(self.phase, Phase::Leaving { ending: Ending::Goodbye | Ending::Silence, .. }) {
            // The caller wanted a person more than a goodbye.
            self.phase = Phase::Talking;
        }
        let ending = Ending::Transferred { to: transfer.to, summary: transfer.summary };
        // An agent that has said it need not be repeated.
        let is_said = !by_desk && self.ear.has_answered;
        let words = (!is_said).then(|| self.language().say.connecting.clone());
        self.leave(moment, ending, words, out);
    }
}

fn outcome(arguments: &Value) -> Option<AiResolution> {
    match &arguments["outcome"] {
        Value::Null => Some(AiResolution::Unknown),
        Value::String(text) => AiResolution::parse(text),
        _ => None,
    }
}

/// The digits of a code as a model wrote it.
fn digits(arguments: &Value) -> String {
    let text = match &arguments["ue_code"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().filter(char::is_ascii_digit).take(20).collect()
}
