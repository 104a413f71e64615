//! Conversations step by step.

use patchcord_domain::call::{IdentifiedBy, Verification};
use patchcord_llm::talk::ToolCall;
use serde_json::{Value, json};

use super::*;
use crate::agents::TOOLS;
use crate::tools::Transfer;
use crate::{DESK, ToolReply};

/// A conversation with a clock of its own, and what it gave last.
struct Line {
    conversation: Conversation,
    ms: i64,
    out: Vec<Output>,
}

fn specs() -> Vec<ToolSpec> {
    let spec = |name: &&str| ToolSpec {
        name: (*name).to_owned(),
        description: String::new(),
        parameters: json!({"type": "object"}),
    };
    TOOLS.iter().map(spec).collect()
}

fn facts() -> Facts {
    Facts { workspace: "Northwind".into(), people_there: true, ..Facts::unknown() }
}

impl Line {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let conversation = Conversation::new(Arc::new(Agents::embedded()), facts(), &specs(), limits);
        let mut line = Self { conversation, ms: 0, out: Vec::new() };
        line.take(Input::Started { resumed: false });
        line
    }

    fn take(&mut self, input: Input) -> &mut Self {
        self.ms += 10;
        self.out = self.conversation.take(Moment { at: 1_000_000 + self.ms, ms: self.ms }, input);
        self
    }

    fn hears(&mut self, text: &str) -> &mut Self {
        self.take(Input::Heard { text: text.into(), item_id: None })
    }

    fn says(&mut self, text: &str) -> &mut Self {
        self.take(Input::Said { text: text.into(), item_id: None });
        self.spoke(text)
    }

    fn spoke(&mut self, text: &str) -> &mut Self {
        let started_ms = self.ms;
        self.take(Input::Spoke { text: text.into(), interrupted: false, item_id: None, started_ms });
        self.take(Input::Quiet)
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.take(Input::Key(key));
        }
        self
    }

    fn calls(&mut self, calls: &[(&str, &str, Value)]) -> &mut Self {
        let call = |(id, name, arguments): &(&str, &str, Value)| ToolCall {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            arguments: arguments.to_string(),
        };
        self.take(Input::Calls(calls.iter().map(call).collect()))
    }

    fn replied(&mut self, id: &str, outcome: &'static str, content: Value) -> &mut Self {
        let reply = ToolReply { outcome, content, ..ToolReply::default() };
        self.take(Input::Replied { id: id.into(), reply, ms: 5 })
    }

    fn wait(&mut self, ms: i64) -> &mut Self {
        let mut all = Vec::new();
        for _ in 0..ms / 250 {
            self.ms += 240;
            self.take(Input::Tick);
            all.append(&mut self.out);
        }
        self.out = all;
        self
    }

    /// What was given, shortened, without records.
    fn shown(&self) -> Vec<String> {
        self.out.iter().filter_map(shown).collect()
    }

    fn records(&self) -> Vec<&CallEvent> {
        let record =
            |output: &'_ Output| matches!(output, Output::Record(event) if !matches!(event, CallEvent::Checkpoint(_)));
        let events = self.out.iter().filter(|output| record(output));
        events.filter_map(|output| if let Output::Record(event) = output { Some(event) } else { None }).collect()
    }
}

fn shown(output: &Output) -> Option<String> {
    Some(match output {
        Output::Instruct { agent, .. } => format!("instruct {agent}"),
        Output::Tell(_) => "tell".to_owned(),
        Output::Respond => "respond".to_owned(),
        Output::Withdraw => "withdraw".to_owned(),
        Output::Say(text) => format!("say {text}"),
        Output::Run { agent, call } => format!("run {agent} {} {}", call.name, call.id),
        Output::Result { id, .. } => format!("result {id}"),
        Output::Finish(ending) => format!("finish {ending:?}"),
        Output::Record(_) => return None,
    })
}

fn told(line: &Line) -> String {
    let texts = line.out.iter().filter_map(|output| match output {
        Output::Tell(text) => Some(text.as_str()),
        Output::Result { content, .. } => Some(content.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn it_begins_with_the_entry_agent() {
    let mut line = Line::new();
    assert_eq!(line.shown(), ["instruct triage_agent", "tell", "respond"]);
    assert!(matches!(line.records()[0], CallEvent::AgentChanged { from: None, to, .. } if to == ENTRY));
    line.says("Hello, this is Northwind. What is your U-E code?");
    line.take(Input::SpeechStarted).take(Input::SpeechStopped);
    line.hears("My printer is jammed");
    assert_eq!(line.shown(), ["respond"]);
    let CallEvent::Turn(turn) = line.records()[0] else { panic!("a turn comes first") };
    assert_eq!((turn.speaker, turn.ended_ms - turn.started_ms), (Speaker::Caller, 10));
    line.take(Input::Said { text: "Let me see.".into(), item_id: Some("i1".into()) });
    let started_ms = line.ms + 100;
    line.take(Input::Spoke { text: "Let".into(), interrupted: true, item_id: Some("i1".into()), started_ms });
    let CallEvent::Turn(turn) = line.records()[0] else { panic!("a turn comes first") };
    assert_eq!((turn.text.as_str(), turn.interrupted, turn.agent.as_deref()), ("Let", true, Some(ENTRY)));
    assert!(turn.response_ms.is_some());
    assert_eq!(line.conversation.history().last(), Some(&Entry::Agent("Let".into())));
}

#[test]
fn hand_overs_change_instructions_and_tools_only() {
    let mut line = Line::new();
    line.hears("My printer is jammed");
    line.calls(&[("c1", "transfer_to_printer_agent", json!({"reason": "Jam.", "context": "Paper jam."}))]);
    assert_eq!(line.shown(), ["result c1", "instruct printer_agent", "tell", "respond"]);
    assert!(told(&line).contains("Paper jam."));
    assert_eq!(line.conversation.talk().agent, "printer_agent");
    assert!(line.conversation.talk().tools.iter().any(|tool| tool.name == "create_ticket"));
    line.calls(&[("c2", "transfer_to_nobody", json!({})), ("c3", "update_ticket_status", json!({}))]);
    assert_eq!(line.shown(), ["result c2", "result c3", "respond"], "neither is allowed");
    assert!(told(&line).contains("error"));
}

#[test]
fn tools_run_once_and_the_answer_waits_for_all() {
    let mut line = Line::new();
    line.calls(&[("t", "transfer_to_printer_agent", json!({}))]);
    line.calls(&[("a", "list_devices", json!({})), ("b", "search_knowledge", json!({"query": "jam"}))]);
    assert_eq!(line.shown(), ["run printer_agent list_devices a", "run printer_agent search_knowledge b"]);
    line.calls(&[("a", "list_devices", json!({}))]);
    assert_eq!(line.shown(), [""; 0], "the same id again is nothing");
    line.hears("are you there");
    assert_eq!(line.shown(), [""; 0], "the answer waits");
    line.replied("b", "ok", json!({"articles": []}));
    assert_eq!(line.shown(), ["result b"]);
    line.replied("b", "ok", json!({}));
    assert_eq!(line.shown(), [""; 0]);
    line.replied("a", "ok", json!({"devices": []}));
    assert_eq!(line.shown(), ["result a", "respond"]);
    assert!(matches!(line.records()[0], CallEvent::ToolRan(run) if run.name == "list_devices" && run.outcome == "ok"));
    line.take(Input::Calls(vec![ToolCall { id: "d".into(), name: "get_device".into(), arguments: "PRN".into() }]));
    assert_eq!(line.shown(), ["result d", "respond"]);
    assert!(told(&line).contains("JSON object"));
    let long = json!({"query": "x".repeat(5_000)});
    assert!(told(line.calls(&[("e", "search_knowledge", long)])).contains("too long"));
}

#[test]
fn a_model_that_only_calls_is_stopped() {
    let mut line = Line::new();
    line.calls(&[("t", "transfer_to_printer_agent", json!({}))]);
    for round in 0..12 {
        let id = format!("r{round}");
        line.calls(&[(&id, "list_devices", json!({}))]);
        if round >= 8 {
            assert!(told(&line).contains("Too many"), "{round}");
        } else {
            line.replied(&id, "ok", json!({}));
        }
    }
    line.hears("hello?").calls(&[("last", "list_devices", json!({}))]);
    assert_eq!(line.shown(), ["run printer_agent list_devices last"]);
}

#[test]
fn agents_that_go_in_circles_end_with_a_person() {
    let mut line = Line::new();
    for round in 0..5 {
        let to = if round % 2 == 0 { "transfer_to_printer_agent" } else { "transfer_to_triage_agent" };
        line.calls(&[(&format!("h{round}"), to, json!({}))]);
    }
    assert!(line.shown().contains(&"run desk escalate_to_human desk-1".to_owned()), "{:?}", line.shown());
}

#[test]
fn a_spoken_code_is_tried_by_rule_and_never_shown_to_the_model() {
    let mut line = Line::new();
    line.says("Hello. What is your U-E code?");
    line.hears("It's four two one one, thanks");
    assert_eq!(line.shown(), ["withdraw", "run desk identify_organization desk-1"]);
    let Some(Output::Run { call, .. }) = line.out.iter().find(|output| matches!(output, Output::Run { .. })) else {
        panic!("it runs")
    };
    assert_eq!(call.arguments, json!({"ue_code": "4211"}).to_string());
    let known = Facts {
        verification: Verification::Verified,
        identified_by: IdentifiedBy::Both,
        organization: Some("Bluebird".into()),
        ..facts()
    };
    let reply = ToolReply {
        outcome: "ok",
        content: json!({"organization": "Bluebird"}),
        facts: Some(known),
        ..ToolReply::default()
    };
    line.take(Input::Replied { id: "desk-1".into(), reply, ms: 3 });
    assert_eq!(line.shown(), ["instruct triage_agent", "tell", "respond"]);
    let talk = line.conversation.talk();
    assert!(talk.instructions.contains("Bluebird"));
    let seen = format!("{:?}", talk.history);
    assert!(seen.contains("It's [code], thanks") && !seen.contains("4211") && !seen.contains("four two"), "{seen}");
    line.hears("Our code is 4211");
    assert_eq!(line.shown(), ["respond"], "who is identified needs no code");
}

#[test]
fn a_code_that_the_model_tries_as_well_counts_once() {
    let mut line = Line::new();
    line.says("What is your code?").hears("4 2 1 1");
    line.calls(&[("m1", "identify_organization", json!({"ue_code": "4211"}))]);
    assert_eq!(line.shown(), [""; 0], "it is being tried");
    line.replied("desk-1", "refused", json!({"error": "No such code."}));
    assert_eq!(line.shown(), ["result m1", "respond"]);
    line.calls(&[("m2", "identify_organization", json!({"ue_code": "42-11"}))]);
    assert_eq!(line.shown(), ["result m2", "respond"], "it was tried");
    line.calls(&[("m3", "identify_organization", json!({"ue_code": "4212"}))]);
    assert_eq!(line.shown(), ["run triage_agent identify_organization m3"]);
}

#[test]
fn three_wrong_codes_lead_to_a_person() {
    let mut line = Line::new();
    for (index, code) in ["4 1 1 1", "4112", "4113"].iter().enumerate() {
        line.says("What is your code?").hears(code);
        let id = format!("desk-{}", index + 1);
        line.replied(&id, "refused", json!({"error": "No such code."}));
        if index < 2 {
            assert_eq!(line.shown(), ["tell", "respond"]);
        }
    }
    assert_eq!(line.shown(), ["run desk escalate_to_human desk-4"]);
    line.replied("desk-4", "ok", json!({"transferred": false}));
    assert_eq!(line.shown(), ["tell", "respond"], "out of hours the model tells");
    line.says("Somebody will call you. What is your code?").hears("4114");
    assert_eq!(line.shown(), ["respond"], "no more codes are tried");
}

#[test]
fn keys_are_collected() {
    let mut line = Line::new();
    line.keys("421");
    assert_eq!(line.shown(), [""; 0]);
    line.keys("1#");
    assert_eq!(line.shown(), ["run desk identify_organization desk-1"]);
    line.replied("desk-1", "refused", json!({"error": "no"}));
    line.keys("9*4212");
    assert_eq!(line.wait(1_500).shown(), [""; 0]);
    assert_eq!(line.wait(1_000).shown(), ["run desk identify_organization desk-2"]);
    line.replied("desk-2", "ok", json!({}));
    line.keys("7#");
    assert_eq!(line.shown(), ["tell", "respond"]);
    assert!(told(&line).contains(" 7"));
    assert_eq!(line.keys("#").shown(), [""; 0]);
}

#[test]
fn a_code_that_begins_with_zero_is_no_wish_for_a_person() {
    let mut line = Line::new();
    line.keys("0421#");
    assert_eq!(line.shown(), ["run desk identify_organization desk-1"]);
    line.replied("desk-1", "ok", json!({}));
    line.keys("0");
    assert_eq!(line.shown(), [""; 0]);
    assert_eq!(line.wait(2_500).shown(), ["run desk escalate_to_human desk-2"]);
}

#[test]
fn one_ask_for_a_person_is_enough() {
    let mut line = Line::new();
    line.hears("Can I talk to a real person, please?");
    assert_eq!(line.shown(), ["withdraw", "run desk escalate_to_human desk-1"]);
    let transfer = Some(Transfer { to: "+4930123456".into(), summary: "Printer.".into() });
    let reply = ToolReply { outcome: "ok", content: json!({"transferred": true}), transfer, ..ToolReply::default() };
    line.take(Input::Replied { id: "desk-1".into(), reply, ms: 3 });
    assert_eq!(line.shown(), ["say I am connecting you with a person now. Please stay on the line."]);
    line.take(Input::Quiet);
    assert_eq!(line.shown(), [""; 0], "the words were not heard yet");
    line.spoke("I am connecting you with a person now. Please stay on the line.");
    assert!(line.shown()[0].starts_with("finish Transferred"), "{:?}", line.shown());
    assert!(matches!(line.records()[0], CallEvent::Ended { resolution: Some(AiResolution::Escalated), .. }));
    assert!(line.hears("hello?").out.is_empty());
}

#[test]
fn a_model_that_called_for_a_person_before_the_words_were_there_is_the_only_one() {
    let mut line = Line::new();
    line.says("Hello. How can I help?");
    line.take(Input::SpeechStarted).take(Input::SpeechStopped);
    line.calls(&[("m1", "escalate_to_human", json!({"reason": "They want a person."}))]);
    assert_eq!(line.shown(), ["run triage_agent escalate_to_human m1"]);
    line.hears("I want to talk to a human being.");
    assert_eq!(line.shown(), [""; 0], "it was done already");
    line.replied("m1", "ok", json!({"transferred": false}));
    assert_eq!(line.shown(), ["result m1", "respond"]);
    // The next words are other words.
    line.take(Input::SpeechStarted).take(Input::SpeechStopped);
    line.hears("Put me through to a person anyway.");
    assert_eq!(line.shown(), ["withdraw", "run desk escalate_to_human desk-1"]);

    let mut line = Line::new();
    line.take(Input::SpeechStarted).take(Input::SpeechStopped);
    line.calls(&[("m1", "escalate_to_human", json!({"reason": ""}))]);
    line.replied("m1", "refused", json!({"error": "A reason is missing."}));
    line.hears("I want to talk to a human being.");
    assert_eq!(line.shown(), ["withdraw", "run desk escalate_to_human desk-1"], "the model did not do it");
}

#[test]
fn a_code_that_the_model_took_before_the_words_were_there_counts_once() {
    let mut line = Line::new();
    line.says("What is your code?");
    line.take(Input::SpeechStarted).take(Input::SpeechStopped);
    line.calls(&[("m1", "identify_organization", json!({"ue_code": "4211"}))]);
    line.replied("m1", "refused", json!({"error": "No such code."}));
    line.hears("It is 4 2 1 1.");
    assert_eq!(line.shown(), [""; 0]);
    // What the model took down wrongly is not what the caller said.
    line.take(Input::SpeechStarted).take(Input::SpeechStopped);
    line.calls(&[("m2", "identify_organization", json!({"ue_code": "4219"}))]);
    line.hears("4 2 1 2.");
    assert_eq!(line.shown(), ["withdraw", "run desk identify_organization desk-1"]);
}

#[test]
fn goodbye_waits_for_the_last_mark() {
    let mut line = Line::new();
    line.hears("thanks, bye");
    line.take(Input::Said { text: "You are welcome. Goodbye!".into(), item_id: None });
    line.calls(&[("e", "end_call", json!({"outcome": "RESOLVED"}))]);
    assert_eq!(line.shown(), ["result e"]);
    let started_ms = line.ms;
    let text = "You are welcome. Goodbye!".to_owned();
    line.take(Input::Spoke { text, interrupted: false, item_id: None, started_ms });
    assert_eq!(line.shown(), [""; 0]);
    line.take(Input::Quiet);
    assert_eq!(line.shown(), ["finish Goodbye"]);
    assert!(matches!(line.records()[0], CallEvent::Ended { resolution: Some(AiResolution::Resolved), .. }));
}

#[test]
fn a_caller_who_has_one_more_thing_stops_the_goodbye() {
    let mut line = Line::new();
    line.hears("thanks");
    line.calls(&[("e", "end_call", json!({"outcome": "RESOLVED"}))]);
    assert_eq!(line.shown(), ["result e", "say Thank you for calling. Goodbye."]);
    line.hears("Oh wait, my mouse is broken as well");
    assert_eq!(line.shown(), ["respond"]);
    line.take(Input::Quiet);
    assert_eq!(line.shown(), [""; 0]);
    line.calls(&[("e2", "end_call", json!({"outcome": "maybe"}))]);
    assert!(told(&line).contains("must be one of"));
}

#[test]
fn last_words_that_nobody_reports_do_not_hold_the_line() {
    let mut line = Line::new();
    line.hears("bye").calls(&[("e", "end_call", json!({}))]);
    assert!(line.wait(19_000).shown().is_empty());
    assert_eq!(line.wait(2_000).shown(), ["finish Goodbye"]);
}

#[test]
fn silence_is_asked_about_once() {
    let mut line = Line::new();
    line.says("Hello.");
    assert_eq!(line.wait(29_000).shown(), [""; 0]);
    assert_eq!(line.wait(2_000).shown(), ["say Are you still there?"]);
    line.spoke("Are you still there?");
    line.take(Input::SpeechStarted).take(Input::SpeechStopped).hears("Yes, sorry").says("Good.");
    assert_eq!(line.wait(31_000).shown(), ["say Are you still there?"]);
    line.spoke("Are you still there?");
    let ended = line.wait(31_000).shown();
    assert!(ended.len() == 1 && ended[0].starts_with("say I cannot hear you"), "{ended:?}");
    line.spoke("I cannot hear you");
    assert_eq!(line.shown(), ["finish Silence"]);
}

#[test]
fn who_asked_for_a_moment_gets_it() {
    let mut line = Line::new();
    line.says("Please restart it.").hears("One moment, it is restarting").says("I will wait.");
    assert_eq!(line.wait(100_000).shown(), [""; 0]);
    assert_eq!(line.wait(25_000).shown(), ["say Are you still there?"]);
}

#[test]
fn noise_is_no_speech() {
    let mut line = Line::new();
    line.says("Hello.").take(Input::SpeechStarted).take(Input::SpeechStopped);
    assert_eq!(line.wait(31_000).shown(), ["say Are you still there?"]);
}

#[test]
fn the_longest_length() {
    let mut line = Line::with(Limits { max_call_ms: 180_000, idle_ms: 1_000_000 });
    line.says("Hello.");
    assert_eq!(line.wait(119_000).shown(), [""; 0]);
    let warned = line.wait(2_000).shown();
    assert!(warned.len() == 2 && warned[0].contains("one minute"), "{warned:?}");
    line.spoke("we have about one minute");
    assert_eq!(line.wait(57_000).shown(), [""; 0]);
    assert!(line.wait(3_000).shown()[0].contains("longest time"));
    line.spoke("longest time");
    assert_eq!(line.shown(), ["finish TooLong"]);
}

#[test]
fn a_slow_tool_is_covered_once() {
    let mut line = Line::new();
    line.calls(&[("t", "transfer_to_printer_agent", json!({}))]);
    line.calls(&[("a", "list_devices", json!({}))]);
    assert_eq!(line.wait(1_000).shown(), [""; 0]);
    let filled = line.wait(1_000).shown();
    assert!(filled.len() == 1 && filled[0].contains("One moment"), "{filled:?}");
    line.spoke("One moment, please, I am looking that up.");
    assert_eq!(line.wait(2_000).shown(), [""; 0]);
    line.replied("a", "timeout", json!({"error": "It took too long."}));
    assert_eq!(line.shown(), ["result a", "respond"]);
    let history = line.conversation.history();
    let called = history.iter().position(|entry| matches!(entry, Entry::Called(calls) if calls[0].id == "a")).unwrap();
    assert!(matches!(&history[called + 1], Entry::Result { id, .. } if id == "a"), "the filler stands before the call");
}

#[test]
fn a_whisper_is_told_and_not_heard() {
    let mut line = Line::new();
    line.says("Hello.").take(Input::Whisper("Offer a new toner".into()));
    assert_eq!(line.shown(), ["tell", "respond"]);
    assert!(told(&line).contains("Offer a new toner"));
    assert!(matches!(line.records()[0], CallEvent::Turn(turn) if turn.speaker == Speaker::System));
}

#[test]
fn the_caller_hangs_up() {
    let mut line = Line::new();
    line.take(Input::End(Ending::CallerHungUp));
    assert_eq!(line.shown(), ["finish CallerHungUp"]);
    assert!(matches!(line.records()[0], CallEvent::Ended { resolution: Some(AiResolution::Abandoned), .. }));
    assert!(line.conversation.is_over() && line.take(Input::Tick).out.is_empty());
}

#[test]
fn it_goes_on_elsewhere() {
    let mut line = Line::new();
    line.says("What is your code?").hears("My printer is jammed");
    line.calls(&[("t", "transfer_to_printer_agent", json!({}))]);
    line.calls(&[("a", "create_ticket", json!({}))]);
    let checkpoint = line
        .out
        .iter()
        .rev()
        .find_map(|output| match output {
            Output::Record(CallEvent::Checkpoint(value)) => Some(value.clone()),
            _ => None,
        })
        .unwrap();
    let agents = Arc::new(Agents::embedded());
    let restore =
        |value: &Value| Conversation::restore(Arc::clone(&agents), facts(), &specs(), Limits::default(), value);
    let conversation = restore(&checkpoint).unwrap();
    let mut next = Line { conversation, ms: line.ms, out: Vec::new() };
    next.take(Input::Started { resumed: true });
    assert_eq!(
        next.shown(),
        ["instruct printer_agent", "say I am sorry, the line broke off for a moment. I am here again.", "respond"]
    );
    assert!(format!("{:?}", next.conversation.history()).contains("broke off before"));
    next.calls(&[("a", "create_ticket", json!({}))]);
    assert_eq!(next.shown(), [""; 0], "no call runs twice");
    assert!(restore(&json!({})).is_err() && restore(&json!({"version": 9})).is_err());
}

#[test]
fn german_is_answered_in_german() {
    let mut line = Line::new();
    line.hears("Guten Tag, mein Drucker geht nicht, ich möchte mit einem Menschen sprechen");
    assert_eq!(line.shown(), ["withdraw".to_owned(), format!("run {DESK} escalate_to_human desk-1")]);
    let transfer = Some(Transfer { to: "+49".into(), summary: String::new() });
    let reply = ToolReply { outcome: "ok", transfer, ..ToolReply::default() };
    line.take(Input::Replied { id: "desk-1".into(), reply, ms: 3 });
    assert_eq!(line.shown(), ["say Ich verbinde Sie jetzt mit einem Menschen. Bitte bleiben Sie am Apparat."]);
}

#[test]
fn what_was_lost_is_asked_for_again() {
    let mut line = Line::new();
    line.says("What is your U-E code, please?");
    assert!(line.conversation.bridge().ends_with("I am here again."));
    line.take(Input::SpeechStarted).take(Input::Unheard);
    let Some(Output::Record(CallEvent::Checkpoint(checkpoint))) = line.out.last().cloned() else {
        panic!("another node has to know it: {:?}", line.out);
    };
    let ask = line.conversation.bridge();
    assert!(ask.ends_with("Could you say it again, please?"), "{ask}");

    // Where the call goes on elsewhere, the caller is asked there, and not answered as well.
    let agents = Arc::new(Agents::embedded());
    let conversation = Conversation::restore(agents, facts(), &specs(), Limits::default(), &checkpoint).unwrap();
    let mut next = Line { conversation, ms: line.ms, out: Vec::new() };
    next.take(Input::Started { resumed: true });
    assert_eq!(next.shown(), ["instruct triage_agent".to_owned(), format!("say {ask}")]);

    // What is said then answers the question before.
    for mut line in [line, next] {
        line.says(&ask);
        line.hears("Four four seven one.");
        assert_eq!(line.shown(), ["withdraw".to_owned(), format!("run {DESK} identify_organization desk-1")]);
        assert!(line.conversation.bridge().ends_with("I am here again."), "it was said again");
    }
}

#[test]
fn last_words_are_not_asked_for_again() {
    let mut line = Line::new();
    line.take(Input::Unheard);
    line.calls(&[("e", "end_call", json!({"outcome": "resolved"}))]);
    assert!(!line.conversation.is_unheard());
}
