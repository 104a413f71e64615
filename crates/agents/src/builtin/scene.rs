//! What a talk tells: who speaks, what must be answered now, what was asked, tried and filed before.

use std::collections::HashSet;

use patchcord_domain::call::Verification;
use patchcord_domain::snapshot::{Snapshot, SnapshotMessage};
use patchcord_domain::text::{fold, head};
use patchcord_llm::builtin::{Builtin, Judgement};
use patchcord_llm::talk::{Entry, Talk};
use serde_json::Value;

use super::words::{Words, count, has, padded};
use crate::language::{Language, stem};
use crate::tools::Facts;

/// Confidence from which the judgement of a text says where it belongs.
const SURE: f64 = 0.3;
/// What the judgement of a text adds to the agent of its category.
const JUDGED: usize = 2;

/// A tool that was called, and what it said.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) name: String,
    pub(super) arguments: Value,
    /// Null while there is none.
    pub(super) result: Value,
    /// Its place in the history.
    pub(super) at: usize,
}

impl Done {
    pub(super) fn is_ok(&self) -> bool {
        self.result.is_object() && self.result.get("error").is_none()
    }
}

/// One talk, read.
pub(super) struct Scene<'t> {
    pub(super) talk: &'t Talk,
    pub(super) facts: Facts,
    pub(super) words: &'t Words,
    pub(super) languages: Vec<&'t Language>,
    pub(super) judge: &'t Builtin,
    pub(super) done: Vec<Done>,
    /// What agents said, folded, with the place in the history.
    agent: Vec<(usize, String)>,
    /// What the caller said, with the place in the history.
    caller: Vec<(usize, &'t str)>,
    /// Behind the last words of an agent that were an answer.
    tail: usize,
    /// Where this agent took over.
    pub(super) since: usize,
}

impl<'t> Scene<'t> {
    pub(super) fn read(talk: &'t Talk, words: &'t Words, languages: Vec<&'t Language>, judge: &'t Builtin) -> Self {
        let mut done: Vec<Done> = Vec::new();
        let mut agent = Vec::new();
        let mut caller = Vec::new();
        let (mut tail, mut since) = (0, 0);
        let asides: HashSet<String> = languages.iter().flat_map(|language| language.asides()).collect();
        for (at, entry) in talk.history.iter().enumerate() {
            match entry {
                Entry::Caller(text) => caller.push((at, text.as_str())),
                Entry::Agent(text) => {
                    let folded = fold(text);
                    // Words that only bridge a silence answer nothing.
                    if !asides.iter().any(|aside| folded.starts_with(aside.as_str())) {
                        tail = at + 1;
                        agent.push((at, folded));
                    }
                }
                Entry::Desk(text) => {
                    if text.starts_with("[handed_over]") {
                        since = at;
                    }
                }
                Entry::Called(calls) => {
                    done.extend(calls.iter().map(|call| Done {
                        name: call.name.clone(),
                        arguments: serde_json::from_str(&call.arguments).unwrap_or_default(),
                        result: Value::String(call.id.clone()),
                        at,
                    }));
                }
                Entry::Result { id, content } => {
                    let waiting = done.iter_mut().rev().find(|done| done.result.as_str() == Some(id));
                    if let Some(waiting) = waiting {
                        waiting.result = serde_json::from_str(content).unwrap_or_default();
                    }
                }
            }
        }
        let facts = facts(&talk.instructions);
        Self { talk, facts, words, languages, judge, done, agent, caller, tail, since }
    }

    // --- what must be answered now ---

    /// What the caller said since the agent last spoke, when no tool was called about it yet.
    pub(super) fn fresh(&self) -> Option<String> {
        let said: Vec<&str> = self.caller.iter().filter(|(at, _)| *at >= self.tail).map(|(_, text)| *text).collect();
        let last = self.caller.last().map_or(0, |(at, _)| *at);
        let is_handled = self.done.iter().any(|done| done.at > last);
        (!said.is_empty() && !is_handled).then(|| said.join(". "))
    }

    /// The caller's last words, whether they were worked on or not.
    pub(super) fn last_words(&self) -> &str {
        self.caller.last().map_or("", |(_, text)| *text)
    }

    /// A note of the desk of that kind since the agent last spoke.
    pub(super) fn note(&self, kind: &str) -> Option<&'t str> {
        let mark = format!("[{kind}]");
        let last_call = self.done.last().map_or(0, |done| done.at);
        self.talk.history.iter().enumerate().skip(self.tail).rev().find_map(|(at, entry)| match entry {
            Entry::Desk(text) if text.starts_with(&mark) && at >= last_call => Some(text[mark.len()..].trim()),
            _ => None,
        })
    }

    /// Results that the agent has not spoken about yet. A caller who has said two things since has heard enough of it: their
    /// words may have cut what was said about it.
    pub(super) fn results(&self) -> impl DoubleEndedIterator<Item = &Done> {
        self.done
            .iter()
            .filter(move |done| done.at >= self.tail && !done.result.is_string() && self.said_since(done.at) < 2)
    }

    /// How often the caller has spoken since then.
    pub(super) fn said_since(&self, at: usize) -> usize {
        self.caller.iter().filter(|(place, _)| *place > at).count()
    }

    /// The newest such result of a tool.
    pub(super) fn result(&self, tool: &str) -> Option<&Done> {
        self.results().rev().find(|done| done.name == tool)
    }

    // --- what was before ---

    /// How often a sentence was said since this agent took over.
    pub(super) fn said_here(&self, key: &str) -> usize {
        let stem = self.words.stem(key);
        self.agent.iter().filter(|(at, text)| *at >= self.since && text.contains(&stem)).count()
    }

    /// How often a sentence was said in this call.
    pub(super) fn said(&self, key: &str) -> usize {
        let stem = self.words.stem(key);
        self.agent.iter().filter(|(_, text)| text.contains(&stem)).count()
    }

    /// Whether the agent's last words had this sentence.
    pub(super) fn said_last(&self, key: &str) -> bool {
        let stem = self.words.stem(key);
        self.agent.last().is_some_and(|(_, text)| text.contains(&stem))
    }

    /// Whether the agent has said this very sentence since it took over.
    pub(super) fn has_said_text(&self, sentence: &str) -> bool {
        let stem = stem(sentence);
        !stem.is_empty() && self.agent.iter().any(|(at, text)| *at >= self.since && text.contains(&stem))
    }

    /// Whether no agent has spoken.
    pub(super) fn is_silent(&self) -> bool {
        self.agent.is_empty()
    }

    /// What the agent said last, as it was said.
    pub(super) fn last_agent_words(&self) -> &str {
        let last = self.agent.last().map_or(0, |(at, _)| *at);
        match self.talk.history.get(last) {
            Some(Entry::Agent(text)) => text,
            _ => "",
        }
    }

    /// The question that waits for an answer.
    pub(super) fn question(&self) -> &str {
        let words = self.last_agent_words();
        let Some(end) = words.rfind('?') else { return "" };
        let start = words[..end].rfind(['.', '!', '?', ':']).map_or(0, |at| at + 1);
        words[start..=end].trim()
    }

    /// Finished calls of a tool since this agent took over, newest last.
    pub(super) fn calls_here(&self, tool: &str) -> impl DoubleEndedIterator<Item = &Done> {
        let (tool, since) = (tool.to_owned(), self.since);
        self.done.iter().filter(move |done| done.name == tool && done.at >= since && !done.result.is_string())
    }

    /// The last good result of a tool in the whole call.
    pub(super) fn known(&self, tool: &str) -> Option<&Value> {
        self.done.iter().rev().find(|done| done.name == tool && done.is_ok()).map(|done| &done.result)
    }

    /// The number of the ticket that was filed, when one was, since this agent took over or before.
    pub(super) fn ticket(&self) -> Option<String> {
        let number = |value: &Value| value["ticket"]["number"].as_str().map(str::to_owned);
        self.known("create_ticket").and_then(number).or_else(|| self.known("escalate_to_human").and_then(number))
    }

    /// The number of the ticket that this agent filed.
    pub(super) fn ticket_here(&self) -> Option<String> {
        let filed = self.calls_here("create_ticket").rev().find(|done| done.is_ok())?;
        filed.result["ticket"]["number"].as_str().map(str::to_owned)
    }

    /// Whether the agent may call a tool.
    pub(super) fn can(&self, tool: &str) -> bool {
        self.talk.tools.iter().any(|spec| spec.name == tool)
    }

    pub(super) fn is_verified(&self) -> bool {
        self.facts.verification == Verification::Verified
    }

    /// Whether enough is known of the caller to file something.
    pub(super) fn is_known(&self) -> bool {
        self.facts.verification >= Verification::Claimed
    }

    // --- what the caller means ---

    pub(super) fn hears(&self, list: &str, text: &str) -> bool {
        self.words.hears(list, text)
    }

    /// What the caller told of the problem: their sentences without greetings, codes, and yes and no.
    pub(super) fn problem(&self) -> Vec<String> {
        let telling = |(at, text): &(usize, &str)| {
            let left = self.without_greetings(text);
            let words = fold(&left).split(' ').filter(|word| word.len() > 1).count();
            let is_aside = self.is_no_problem(text) || (self.answers_who(*at) && self.route_of(text).is_none());
            (words >= 2 && !is_aside).then_some(left)
        };
        let told: Vec<String> = self.caller.iter().filter_map(telling).collect();
        if told.is_empty() {
            let field = |text: &&str| self.route_of(text).is_some();
            return self.caller.iter().map(|(_, text)| *text).filter(field).map(str::to_owned).collect();
        }
        told
    }

    /// Commands, questions about others, and wishes for a person are not what a call is about.
    fn is_no_problem(&self, text: &str) -> bool {
        has(text, self.words.list("command"))
            || self.names_other_company(text)
            || (crate::wishes::wants_person(text, &self.languages) && self.route_of(text).is_none())
    }

    /// Whether these words answered the question for the company.
    fn answers_who(&self, at: usize) -> bool {
        let asked = self.agent.iter().rev().find(|(place, _)| *place < at);
        asked.is_some_and(|(_, text)| {
            ["company", "company_again"].iter().any(|key| text.contains(&self.words.stem(key)))
        })
    }

    /// Everything that the caller said, oldest first.
    pub(super) fn caller_texts(&self) -> impl Iterator<Item = &'t str> {
        self.caller.iter().map(|(_, text)| *text)
    }

    /// What the caller told since this agent took over.
    pub(super) fn told_here(&self) -> Vec<&str> {
        self.caller.iter().filter(|(at, _)| *at >= self.since).map(|(_, text)| *text).collect()
    }

    /// A text without the words with which people begin: greetings, `I have a problem with`, who they are.
    pub(super) fn without_greetings(&self, text: &str) -> String {
        let text = text.replace("[code]", " ");
        let mut sentences: Vec<String> = Vec::new();
        for sentence in text.split_inclusive(['.', '!', '?', ';']) {
            let mut rest = sentence.trim().trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
            // Each round takes one phrase from the beginning.
            for _ in 0..8 {
                let folded = format!("{} ", fold(&rest));
                let longest = self
                    .words
                    .list("greetings")
                    .iter()
                    .filter(|phrase| folded.starts_with(&format!("{phrase} ")))
                    .max_by_key(|phrase| phrase.len());
                let Some(phrase) = longest else { break };
                let words = phrase.split(' ').count();
                rest = skip_words(&rest, words).to_owned();
            }
            let is_code = has(sentence, self.words.list("no_code")) && self.route_of(&rest).is_none();
            if !rest.is_empty() && !is_code && !self.is_introduction(&rest) {
                sentences.push(rest);
            }
        }
        sentences.join(". ")
    }

    /// `this is Mara Lind from Bluebird`, `our code is`: who, not what.
    fn is_introduction(&self, sentence: &str) -> bool {
        let short = sentence.split_whitespace().count() <= 9;
        let names = self.languages.iter().any(|language| crate::language::says(sentence, &language.code.names));
        let begins = [
            "this is ",
            "my name is ",
            "i am ",
            "i m ",
            "it is ",
            "here is ",
            "hier ist ",
            "mein name ist ",
            "ich bin ",
            "ich heisse ",
            "ich heiße ",
        ];
        let folded = fold(sentence);
        short && self.route_of(sentence).is_none() && (names || begins.iter().any(|begin| folded.starts_with(begin)))
    }

    /// A text as words of a field are looked for, without what only sounds like one.
    fn without_idioms(&self, text: &str) -> String {
        let mut padded = padded(text);
        for idiom in self.words.list("idioms") {
            padded = padded.replace(&format!(" {idiom} "), " ");
        }
        padded
    }

    /// The agent to which a text belongs, by its words, with how strongly they say so.
    pub(super) fn route_of(&self, text: &str) -> Option<(&'t str, usize)> {
        let padded = self.without_idioms(text);
        let mut best: Option<(&'t str, usize)> = None;
        for (agent, phrases) in &self.words.routes {
            let points = count(&padded, phrases);
            // Danger goes before everything else.
            let points = if agent == "security_agent" && points > 0 { points + 3 } else { points };
            if points > 0 && best.is_none_or(|(_, most)| points > most) {
                best = Some((agent, points));
            }
        }
        best
    }

    /// The agent to which what was told belongs.
    pub(super) fn route(&self, told: &[String]) -> Option<&'t str> {
        let text = told.join(". ");
        let padded = self.without_idioms(&text);
        let judged = self.judged(told);
        let field = if judged.confidence >= SURE { agent_of(&judged.category) } else { None };
        // Any thing may be a device: that says something only where nothing else does.
        let is_any =
            judged.category == "device" && self.words.routes.values().any(|phrases| count(&padded, phrases) > 0);
        let field = field.filter(|_| !is_any);
        let is_other = |agent: &str| matches!(agent, "email_agent" | "network_agent" | "printer_agent" | "phone_agent");
        let names_other =
            self.words.routes.iter().any(|(agent, phrases)| is_other(agent) && count(&padded, phrases) > 0);
        let mut best: Option<(&'t str, usize)> = None;
        for (agent, phrases) in &self.words.routes {
            let mut points = count(&padded, phrases);
            if agent == "security_agent" && points > 0 {
                points += 3;
            }
            // That a laptop has no Wi-Fi is judged to be about the laptop by its name alone.
            if Some(agent.as_str()) == field && (agent != "computer_agent" || !names_other) {
                points += JUDGED;
            }
            // Their words are questions about what is on record, not troubles with it.
            if matches!(agent.as_str(), "device_agent" | "lookup_agent") && points > 0 {
                points += JUDGED + 1;
            }
            // What is ordered or billed may be a thing of any field.
            if agent == "servicedesk_agent" && points > 0 {
                points += JUDGED + 1;
            }
            // `a ticket for my printer`: what is broken says more than that it shall be filed.
            if agent == "ticket_agent" && has(&text, self.words.list("ticket_now")) {
                points = 0;
            }
            // A computer is named with most troubles, so that another field that is named as often is what is meant.
            let is_more = |(other, most): (&str, usize)| points > most || (points == most && other == "computer_agent");
            if points > 0 && best.is_none_or(is_more) {
                best = Some((agent, points));
            }
        }
        best.map(|(agent, _)| agent)
    }

    /// Kind, urgency and mood of texts, by the same rules as for tickets.
    pub(super) fn judged(&self, told: &[String]) -> Judgement {
        let message = |text: &String| SnapshotMessage {
            author: "CUSTOMER".to_owned(),
            body: text.clone(),
            ..SnapshotMessage::default()
        };
        let snapshot = Snapshot { messages: told.iter().map(message).collect(), ..Snapshot::default() };
        self.judge.judge(&snapshot)
    }

    /// Whether a text asks for what belongs to another company.
    pub(super) fn names_other_company(&self, text: &str) -> bool {
        if self.hears("other_company", text) {
            return true;
        }
        let folded = fold(text);
        let said: Vec<&str> = folded.split(' ').collect();
        let original: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let (private, whose, own) = (self.words.list("private"), self.words.list("whose"), self.words.list("own"));
        let mine = fold(self.facts.organization.as_deref().unwrap_or_default());
        for at in 0..said.len() {
            if !private.iter().any(|word| word == said[at]) {
                continue;
            }
            for joint in whose {
                let parts: Vec<&str> = joint.split(' ').collect();
                let from = at + 1 + parts.len();
                if said.get(at + 1..from) != Some(parts.as_slice()) {
                    continue;
                }
                let Some(name) = said.get(from).filter(|_| original.len() == said.len()) else { continue };
                // Names are written large, in dictated text as well; German writes every noun so.
                let is_name = original[from].chars().next().is_some_and(char::is_uppercase);
                let is_own = own.iter().any(|word| word == name) || mine.split(' ').any(|word| word == *name);
                let is_person = fold(self.facts.contact.as_deref().unwrap_or_default()).split(' ').any(|w| w == *name);
                if is_name && !is_own && !is_person && self.route_of(name).is_none() {
                    return true;
                }
            }
        }
        false
    }

    /// The device that a text names, from those that were looked up.
    pub(super) fn device_in(&self, text: &str) -> Option<String> {
        let folded = padded(text).replace(' ', "");
        let names = |value: &Value| -> Vec<String> {
            let devices = value["devices"].as_array().into_iter().flatten();
            devices.filter_map(|device| device["name"].as_str()).map(str::to_owned).collect()
        };
        let known = self.known("list_devices").map(names).unwrap_or_default();
        known.into_iter().find(|name| {
            let name = fold(name).replace(' ', "");
            name.len() >= 3 && folded.contains(&name)
        })
    }

    /// The only device of a kind among those that were looked up.
    pub(super) fn device_of_kind(&self, kinds: &[&str]) -> Option<String> {
        let devices = self.known("list_devices")?["devices"].as_array()?;
        let is_kind = |device: &&Value| {
            let kind = device["type"].as_str().unwrap_or_default().to_ascii_uppercase();
            kinds.contains(&kind.as_str())
        };
        let mut found = devices.iter().filter(is_kind);
        let (first, second) = (found.next()?, found.next());
        if second.is_some() { None } else { first["name"].as_str().map(str::to_owned) }
    }

    /// What the caller told, for people who read the ticket.
    pub(super) fn description(&self) -> String {
        let mut lines = vec![head(&self.problem().join(". "), 900).to_owned()];
        for (place, (at, text)) in self.caller.iter().enumerate() {
            let is_here = *at >= self.since && place > 0;
            let says_more = text.split_whitespace().count() > 1 && !lines[0].contains(text);
            if is_here && says_more && !self.is_no_problem(text) {
                lines.push(head(text, 300).to_owned());
            }
        }
        lines.retain(|line| !line.trim().is_empty());
        lines.truncate(12);
        head(&lines.join("\n"), 1_900).to_owned()
    }
}

/// The agent of a category of tickets.
pub(super) fn agent_of(category: &str) -> Option<&'static str> {
    Some(match category {
        "email" => "email_agent",
        "computer" | "software" => "computer_agent",
        "network" => "network_agent",
        "printer" => "printer_agent",
        "phone" => "phone_agent",
        "security" | "account" => "security_agent",
        // A part that fails is repaired where computers are; questions about devices name them as such.
        "device" => "computer_agent",
        "billing" => "servicedesk_agent",
        _ => return None,
    })
}

/// The text behind so many words.
fn skip_words(text: &str, words: usize) -> &str {
    let mut left = words;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        let is_letter = c.is_alphanumeric();
        if in_word && !is_letter {
            left -= 1;
            if left == 0 {
                return text[at..].trim_start_matches(|c: char| !c.is_alphanumeric());
            }
        }
        in_word = is_letter;
    }
    ""
}

/// The facts that every agent's instructions end with.
fn facts(instructions: &str) -> Facts {
    let known = instructions.rsplit_once("<known>").and_then(|(_, rest)| rest.split_once("</known>"));
    known.and_then(|(json, _)| serde_json::from_str(json).ok()).unwrap_or_else(Facts::unknown)
}
