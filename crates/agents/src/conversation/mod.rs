//! The turns of a call.
//!
//! The state and its rules are here and beside: `calls` runs tools and hands over, `keys` collects what is keyed, `clock`
//! looks at the time, `history` keeps what was said, `checkpoint` puts it all away and takes it up again.

mod calls;
mod checkpoint;
mod clock;
mod exchange;
mod held;
mod history;
mod keys;
mod phrases;

use std::collections::BTreeSet;
use std::sync::Arc;

use patchcord_domain::call::{AiResolution, CallEvent, Ending, Speaker, Turn};
use patchcord_domain::text::{clean, head};
use patchcord_llm::talk::{Entry, Talk, ToolSpec};

use crate::agents::{Agents, ENTRY};
use crate::language::{Language, says};
use crate::tools::Facts;
use crate::{spoken, wishes};
use calls::Pending;
pub use exchange::{Input, Moment, Output};
use held::Held;
use history::History;

/// How long a call and its silences may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest call, in milliseconds; the caller is warned a minute before.
    pub max_call_ms: i64,
    /// After so long a silence the caller is asked whether they are there; after as long again the call ends.
    pub idle_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_call_ms: 1_800_000, idle_ms: 30_000 }
    }
}

/// Characters of one utterance that are kept.
const UTTERANCE_MAX: usize = 2_000;
/// Wrong codes after which the call goes to a person.
const WRONG_CODES_MAX: u32 = 3;

/// One conversation, from the greeting to the end. See [`Input`] and [`Output`].
pub struct Conversation {
    agents: Arc<Agents>,
    specs: Vec<ToolSpec>,
    limits: Limits,
    facts: Facts,
    agent: String,
    /// For whom and on what facts the last instructions were.
    instructed: Option<(String, Facts)>,
    history: History,
    held: Held,
    phase: Phase,
    /// Tools that run.
    pending: Vec<Pending>,
    /// The model's answer is due when they are done.
    answer_owed: bool,
    /// Every id under which a tool was asked for.
    seen: BTreeSet<String>,
    /// Answers with tools since the caller's last word, and hand-overs among them.
    rounds: u32,
    hops: u32,
    /// Calls that the desk made by itself.
    by_desk: u32,
    /// The code that was tried last, and what came of it.
    tried: Option<(String, serde_json::Value)>,
    wrong_codes: u32,
    /// When the model last called for a person by itself.
    person_called_ms: Option<i64>,
    /// When the model last took a code by itself.
    code_called_ms: Option<i64>,
    /// How often a person was asked for; nobody could be reached.
    refused_escalations: u32,
    keys: String,
    key_ms: i64,
    ear: Ear,
    asked_still_there: bool,
    warned: bool,
    fillers: usize,
    ticketed: bool,
    resolution: Option<AiResolution>,
    /// Something that the caller said was lost, and they have not said it again yet.
    unheard: bool,
    /// Something happened that another node must know to go on.
    is_dirty: bool,
}

/// Where a conversation is.
#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// Nothing was said yet.
    Fresh,
    Talking,
    /// The last words are being spoken.
    Leaving {
        ending: Ending,
        since_ms: i64,
        is_heard: bool,
    },
    Over,
}

/// What is audible.
#[derive(Debug, Clone, Default)]
struct Ear {
    /// The caller speaks, since then.
    speech_ms: Option<i64>,
    /// When the caller's last utterance began and ended.
    utterance: Option<(i64, i64)>,
    /// The end of the caller's words that the agent has not answered yet.
    unanswered_ms: Option<i64>,
    /// Something is being played, or about to be.
    is_playing: bool,
    /// The model was asked and has said nothing yet.
    is_thinking: bool,
    /// The last sign of life of either side.
    sign_ms: i64,
    /// Agents have spoken since the caller's last word.
    has_answered: bool,
    /// The caller asked for a while.
    is_patient: bool,
}

impl Conversation {
    /// A conversation that begins.
    pub fn new(agents: Arc<Agents>, facts: Facts, specs: &[ToolSpec], limits: Limits) -> Self {
        let history = History::default();
        Self {
            agents,
            specs: specs.to_vec(),
            limits,
            facts,
            agent: ENTRY.to_owned(),
            instructed: None,
            history,
            held: Held::default(),
            phase: Phase::Fresh,
            pending: Vec::new(),
            answer_owed: false,
            seen: BTreeSet::new(),
            rounds: 0,
            hops: 0,
            by_desk: 0,
            tried: None,
            wrong_codes: 0,
            person_called_ms: None,
            code_called_ms: None,
            refused_escalations: 0,
            keys: String::new(),
            key_ms: 0,
            ear: Ear::default(),
            asked_still_there: false,
            warned: false,
            fillers: 0,
            ticketed: false,
            resolution: None,
            unheard: false,
            is_dirty: false,
        }
    }

    /// The agent that speaks.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// What is known of the caller.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether the conversation is over.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Everything that a model needs to say what comes next.
    pub fn talk(&self) -> Talk {
        Talk {
            agent: self.agent.clone(),
            instructions: self.agents.instructions(&self.agent, &self.facts),
            tools: self.agents.specs(&self.agent, &self.specs),
            history: self.history.entries(),
        }
    }

    /// What was said so far, oldest first: for a model that begins anew.
    pub fn history(&self) -> Vec<Entry> {
        self.history.entries()
    }

    /// Words of a model as they are to be spoken: with telephone numbers and addresses in place of the names that the model
    /// has for them.
    pub fn revealed(&self, words: &str) -> String {
        self.held.reveal(words)
    }

    /// Takes what happened; gives what is to be done, in this order. After the conversation is over it gives nothing.
    pub fn take(&mut self, moment: Moment, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        if self.phase == Phase::Over {
            return out;
        }
        if !matches!(input, Input::Tick) {
            self.ear.sign_ms = moment.ms;
        }
        match input {
            Input::Started { resumed } => self.started(moment, resumed, &mut out),
            Input::SpeechStarted => {
                self.ear.speech_ms = Some(moment.ms);
                self.asked_still_there = false;
            }
            Input::SpeechStopped => {
                let started_ms = self.ear.speech_ms.take().unwrap_or(moment.ms);
                // Kept for the words, which follow; noise has none.
                self.ear.utterance = Some((started_ms, moment.ms));
                self.ear.unanswered_ms = Some(moment.ms);
            }
            Input::Heard { text, item_id } => self.heard(moment, &text, item_id, &mut out),
            Input::Unheard => self.lost_words(),
            Input::Key(key) => self.key(moment, key, &mut out),
            Input::Said { text, item_id } => self.said(&text, item_id),
            Input::Spoke { text, interrupted, item_id, started_ms } => {
                self.spoke(moment, &text, interrupted, item_id, started_ms, &mut out);
            }
            Input::Quiet => self.quiet(moment, &mut out),
            Input::Calls(calls) => self.calls(moment, calls, &mut out),
            Input::Replied { id, reply, ms } => self.replied(moment, &id, reply, ms, &mut out),
            Input::Whisper(text) => self.whisper(moment, &text, &mut out),
            Input::End(ending) => self.finish(moment, ending, &mut out),
            Input::Tick => self.tick(moment, &mut out),
        }
        if std::mem::take(&mut self.is_dirty) && self.phase != Phase::Over {
            out.push(Output::Record(CallEvent::Checkpoint(self.checkpoint())));
        }
        out
    }

    fn started(&mut self, moment: Moment, resumed: bool, out: &mut Vec<Output>) {
        if !matches!(self.phase, Phase::Fresh) {
            return;
        }
        self.phase = Phase::Talking;
        if !resumed || self.history.is_empty() {
            let to = self.agent.clone();
            let reason = String::new();
            out.push(Output::Record(CallEvent::AgentChanged { at: moment.at, from: None, to, reason }));
            let note = self.agents.notes.begin.clone();
            self.tell("begin", &note, out);
            self.respond(out);
            return;
        }
        self.instruct(out);
        let sentence = self.bridge();
        // Whoever is asked to say it again is not answered as well.
        let owed = !self.is_unheard() && self.history.waits_for_an_answer();
        self.say(sentence, out);
        if owed {
            self.respond(out);
        }
    }

    /// What the caller said is lost, and nothing more comes of it.
    fn lost_words(&mut self) {
        (self.ear.speech_ms, self.ear.utterance) = (None, None);
        self.is_dirty |= !self.unheard;
        self.unheard = true;
    }

    fn heard(&mut self, moment: Moment, text: &str, item_id: Option<String>, out: &mut Vec<Output>) {
        let text = head(&clean(text), UTTERANCE_MAX).to_owned();
        let speaking = self.ear.speech_ms.take().map(|started| (started, moment.ms));
        let utterance = self.ear.utterance.take();
        // A model that hears the sound itself may have acted on it before the words were there.
        let acted = |at: Option<i64>| utterance.is_some_and(|(_, ended_ms)| at.is_some_and(|ms| ms >= ended_ms));
        let model_asked_for_person = acted(self.person_called_ms);
        let model_took_code = acted(self.code_called_ms);
        let (started_ms, ended_ms) = utterance.or(speaking).unwrap_or((moment.ms, moment.ms));
        if text.is_empty() {
            return;
        }
        self.ear.unanswered_ms = Some(ended_ms);
        let asked = self.last_asked().map(str::to_owned);
        self.unheard = false;
        self.turn(out, Speaker::Caller, &text, (started_ms, ended_ms), false, item_id);
        self.ear.has_answered = false;
        self.asked_still_there = false;
        (self.rounds, self.hops) = (0, 0);
        let agents = Arc::clone(&self.agents);
        let languages: Vec<&Language> = agents.languages.all().collect();
        self.ear.is_patient = languages.iter().any(|language| says(&text, &language.patience));
        if let Phase::Leaving { ending, .. } = &self.phase {
            let stays = !matches!(ending, Ending::Goodbye | Ending::Silence)
                || languages.iter().any(|language| says(&text, &language.farewell));
            if stays {
                let text = self.held.conceal_spoken(&agents.redactor, &text, &languages);
                self.history.push(Entry::Caller(text));
                return;
            }
            self.phase = Phase::Talking;
            self.resolution = None;
        }
        if wishes::wants_person(&text, &languages) && self.refused_escalations < 2 {
            let text = self.held.conceal_spoken(&agents.redactor, &text, &languages);
            self.history.push(Entry::Caller(text));
            // One answer: the model's when it has called for somebody already, else the desk's.
            if !model_asked_for_person {
                out.push(Output::Withdraw);
                self.escalate(moment, agents.notes.asked_for_person.clone(), out);
            }
            return;
        }
        let is_asked = asked.is_some_and(|words| languages.iter().any(|language| says(&words, &language.code.names)));
        let code = if self.takes_codes() { spoken::code(&text, is_asked, &languages) } else { None };
        match code {
            Some((code, run)) => {
                let text = spoken::masked(&text, &run, &agents.notes.code_mark);
                let text = self.held.conceal_spoken(&agents.redactor, &text, &languages);
                self.history.push(Entry::Caller(text));
                if !(self.tries(&code) || model_took_code && self.has_tried(&code)) {
                    out.push(Output::Withdraw);
                    self.identify(moment, code, out);
                }
            }
            None => {
                let text = self.held.conceal_spoken(&agents.redactor, &text, &languages);
                self.history.push(Entry::Caller(text));
                self.respond(out);
            }
        }
    }

    fn said(&mut self, text: &str, item_id: Option<String>) {
        self.ear.is_thinking = false;
        let text = self.conceal(&clean(text));
        if text.is_empty() || self.history.is_open(&text) {
            return;
        }
        self.ear.is_playing = true;
        self.ear.has_answered = true;
        self.history.push_agent(text, item_id);
    }

    fn spoke(
        &mut self,
        moment: Moment,
        text: &str,
        interrupted: bool,
        item_id: Option<String>,
        started_ms: i64,
        out: &mut Vec<Output>,
    ) {
        self.ear.is_thinking = false;
        let text = clean(text);
        let shown = self.conceal(&text);
        self.history.settle(&shown, item_id.as_deref());
        if let Phase::Leaving { is_heard, .. } = &mut self.phase {
            *is_heard = true;
        }
        if !text.is_empty() {
            self.ear.has_answered = true;
            self.turn(out, Speaker::Agent, &text, (started_ms, moment.ms), interrupted, item_id);
        }
    }

    fn quiet(&mut self, moment: Moment, out: &mut Vec<Output>) {
        self.ear.is_playing = false;
        self.leave_when_heard(moment, out);
    }

    fn whisper(&mut self, moment: Moment, text: &str, out: &mut Vec<Output>) {
        let text = head(&clean(text), UTTERANCE_MAX).to_owned();
        if text.is_empty() {
            return;
        }
        self.turn(out, Speaker::System, &text, (moment.ms, moment.ms), false, None);
        let shown = self.conceal(&text);
        let note = self.agents.notes.whisper(&shown);
        self.tell("whisper", &note, out);
        let is_idle = !self.ear.is_playing && !self.ear.is_thinking && self.ear.speech_ms.is_none();
        if is_idle && matches!(self.phase, Phase::Talking) {
            self.respond(out);
        }
    }

    /// The language of the call: what the caller speaks, else what the contact prefers.
    pub(crate) fn language(&self) -> &Language {
        let languages = &self.agents.languages;
        languages
            .heard(self.history.caller_words())
            .unwrap_or_else(|| languages.of(self.facts.language.as_deref().unwrap_or_default()))
    }

    fn conceal(&mut self, text: &str) -> String {
        self.held.conceal(&self.agents.redactor, text)
    }

    /// Whether digits may be the caller's code.
    fn takes_codes(&self) -> bool {
        !self.facts.is_identified_by_code() && self.wrong_codes < WRONG_CODES_MAX
    }

    fn turn(
        &mut self,
        out: &mut Vec<Output>,
        speaker: Speaker,
        text: &str,
        (started_ms, ended_ms): (i64, i64),
        interrupted: bool,
        item_id: Option<String>,
    ) {
        let is_agent = speaker == Speaker::Agent;
        let response_ms =
            if is_agent { self.ear.unanswered_ms.take().map(|ended| (started_ms - ended).max(0)) } else { None };
        let agent = is_agent.then(|| self.agent.clone());
        let text = text.to_owned();
        let turn = Turn { speaker, agent, text, started_ms, ended_ms, response_ms, interrupted, item_id };
        out.push(Output::Record(CallEvent::Turn(turn)));
        self.is_dirty = true;
    }

    /// Says exactly this.
    fn say(&mut self, sentence: String, out: &mut Vec<Output>) {
        self.history.push_agent(sentence.clone(), None);
        self.ear.is_playing = true;
        self.ear.has_answered = true;
        out.push(Output::Say(sentence));
    }

    /// Says something that is no answer to the caller.
    fn say_aside(&mut self, sentence: String, out: &mut Vec<Output>) {
        let has_answered = self.ear.has_answered;
        self.say(sentence, out);
        self.ear.has_answered = has_answered;
    }

    /// Tells the model something that is not the caller's. The mark before it says what kind of note it is.
    fn tell(&mut self, kind: &str, note: &str, out: &mut Vec<Output>) {
        let note = format!("[{kind}] {note}");
        self.instruct(out);
        self.history.push(Entry::Desk(note.clone()));
        out.push(Output::Tell(note));
    }

    /// New instructions and tools, when they have changed.
    fn instruct(&mut self, out: &mut Vec<Output>) {
        let is_current =
            self.instructed.as_ref().is_some_and(|(agent, facts)| *agent == self.agent && *facts == self.facts);
        if is_current {
            return;
        }
        self.instructed = Some((self.agent.clone(), self.facts.clone()));
        out.push(Output::Instruct {
            agent: self.agent.clone(),
            instructions: self.agents.instructions(&self.agent, &self.facts),
            tools: self.agents.specs(&self.agent, &self.specs),
        });
    }

    /// Asks the model for its next words, now or when the tools that run are done.
    fn respond(&mut self, out: &mut Vec<Output>) {
        if !matches!(self.phase, Phase::Talking) {
            return;
        }
        if !self.pending.is_empty() {
            self.answer_owed = true;
            return;
        }
        self.answer_owed = false;
        self.instruct(out);
        self.ear.is_thinking = true;
        out.push(Output::Respond);
    }

    /// Comes to an end when the last words were heard.
    fn leave(&mut self, moment: Moment, ending: Ending, words: Option<String>, out: &mut Vec<Output>) {
        if matches!(self.phase, Phase::Leaving { .. } | Phase::Over) {
            return;
        }
        // Without words of its own the end waits for what is being played; when nothing is, everything was heard.
        let is_heard = words.is_none();
        self.phase = Phase::Leaving { ending, since_ms: moment.ms, is_heard };
        if let Some(words) = words {
            self.say(words, out);
        }
        self.leave_when_heard(moment, out);
    }

    fn leave_when_heard(&mut self, moment: Moment, out: &mut Vec<Output>) {
        let Phase::Leaving { ending, is_heard, .. } = &self.phase else { return };
        let is_quiet = !self.ear.is_playing && self.pending.is_empty();
        if *is_heard && is_quiet {
            let ending = ending.clone();
            self.finish(moment, ending, out);
        }
    }

    /// It is over.
    fn finish(&mut self, moment: Moment, ending: Ending, out: &mut Vec<Output>) {
        if matches!(ending, Ending::Moved) {
            out.push(Output::Record(CallEvent::Checkpoint(self.checkpoint())));
        }
        self.phase = Phase::Over;
        let resolution = match &ending {
            Ending::Moved => None,
            Ending::Transferred { .. } => Some(AiResolution::Escalated),
            _ if self.resolution.is_some() => self.resolution,
            _ if self.ticketed => Some(AiResolution::Ticketed),
            Ending::CallerHungUp | Ending::Silence => Some(AiResolution::Abandoned),
            _ => Some(AiResolution::Unknown),
        };
        out.push(Output::Record(CallEvent::Ended { at: moment.at, ending: ending.clone(), resolution }));
        out.push(Output::Finish(ending));
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
