//! Tables, and random interleavings against a server that keeps its own rules.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn say(text: &str) -> Want {
    Want::Say(text.into())
}

#[test]
fn one_at_a_time_and_the_same_wish_once() {
    let mut sequencer = Sequencer::default();
    sequencer.want(Want::Next);
    sequencer.want(Want::Next);
    let first = sequencer.next(0).unwrap();
    assert_eq!(first, Create { event_id: "rc_1".into(), want: Want::Next });
    sequencer.want(Want::Next);
    assert_eq!(sequencer.next(1), None);
    let _ = sequencer.created("r1", Some("rc_1"));
    assert_eq!(sequencer.next(2), None);
    sequencer.done("r1", Some("rc_1"));
    assert_eq!(sequencer.next(3).unwrap().event_id, "rc_2");
    assert_eq!(sequencer.next(4), None);
}

#[test]
fn a_collision_is_tried_again_when_the_other_answer_is_over() {
    let mut sequencer = Sequencer::default();
    sequencer.want(say("One moment."));
    let create = sequencer.next(0).unwrap();
    let _ = sequencer.created("own", None);
    assert_eq!(sequencer.refused(1, &create.event_id, true), None);
    assert_eq!(sequencer.next(2), None);
    sequencer.done("own", None);
    let again = sequencer.next(3).unwrap();
    assert_eq!((again.event_id.as_str(), again.want), ("rc_2", say("One moment.")));
}

#[test]
fn a_collision_with_an_answer_that_nobody_was_told_of() {
    let mut sequencer = Sequencer::default();
    sequencer.want(Want::Next);
    let create = sequencer.next(0).unwrap();
    sequencer.refused(1, &create.event_id, true);
    assert_eq!(sequencer.next(2), None);
    sequencer.done("never created", None);
    assert!(sequencer.next(3).is_some());
    // And one that never ends.
    sequencer.refused(4, "rc_2", true);
    assert_eq!(sequencer.next(10_000), None);
    assert!(sequencer.next(10_005).is_some());
}

#[test]
fn other_refusals_are_told() {
    let mut sequencer = Sequencer::default();
    sequencer.want(say("x"));
    let create = sequencer.next(0).unwrap();
    assert_eq!(sequencer.refused(1, "su_1", false), None);
    assert_eq!(sequencer.refused(1, &create.event_id, false), Some(say("x")));
    assert!(sequencer.is_idle());
}

#[test]
fn the_servers_own_answer_takes_in_what_it_has_seen() {
    let mut sequencer = Sequencer::default();
    sequencer.speech_started(0);
    sequencer.item_sent(10);
    sequencer.want(Want::Next);
    sequencer.want(say("keep"));
    assert_eq!(sequencer.next(20), None, "the caller speaks");
    sequencer.item_seen();
    sequencer.speech_stopped(30);
    assert_eq!(sequencer.next(40), None, "the server answers by itself");
    let _ = sequencer.created("own", None);
    sequencer.done("own", None);
    assert_eq!(sequencer.next(50).unwrap().want, say("keep"));
    assert!(sequencer.queue.is_empty());

    // It had not seen the result when it began.
    let mut sequencer = Sequencer::default();
    sequencer.speech_started(0);
    sequencer.speech_stopped(5);
    sequencer.item_sent(10);
    sequencer.want(Want::Next);
    let _ = sequencer.created("own", None);
    sequencer.item_seen();
    sequencer.done("own", None);
    assert_eq!(sequencer.next(50).unwrap().want, Want::Next);
}

#[test]
fn an_answer_in_whose_place_the_desk_answers_is_stopped() {
    // Before it begins.
    let mut sequencer = Sequencer::default();
    sequencer.speech_started(0);
    sequencer.speech_stopped(5);
    sequencer.withdraw();
    sequencer.want(Want::Next);
    assert!(sequencer.created("own", None), "nobody wants it");
    assert_eq!(sequencer.cancel(6), Some("own"));
    assert_eq!(sequencer.next(7), None);
    sequencer.done("own", None);
    assert_eq!(sequencer.next(8).unwrap().want, Want::Next, "the desk's own wish is kept");
    // A server that does not begin one is not asked to.
    let mut sequencer = Sequencer::default();
    sequencer.speech_stopped(0);
    sequencer.withdraw();
    assert_eq!(sequencer.next(10_000), None);
    // The next words of the caller are answered as always, and so they are when nothing was about to be answered.
    sequencer.speech_started(10_001);
    sequencer.speech_stopped(10_002);
    assert!(!sequencer.created("own", None));
    sequencer.withdraw();
    sequencer.done("own", None);
    sequencer.speech_stopped(10_003);
    assert!(!sequencer.created("next", None));
}

#[test]
fn a_server_that_does_not_answer_the_caller_is_asked_to() {
    let mut sequencer = Sequencer::default();
    sequencer.speech_started(0);
    sequencer.speech_stopped(100);
    assert_eq!(sequencer.next(3_100), None);
    assert_eq!(sequencer.next(3_101).unwrap().want, Want::Next);
    // Noise that never ends does not hold the call for ever.
    let mut sequencer = Sequencer::default();
    sequencer.speech_started(0);
    sequencer.want(say("Are you still there?"));
    assert_eq!(sequencer.next(30_000), None);
    assert!(sequencer.next(30_001).is_some());
}

#[test]
fn nothing_is_asked_for_before_settings_are_confirmed() {
    let mut sequencer = Sequencer::default();
    sequencer.hold(0);
    sequencer.want(Want::Next);
    assert_eq!(sequencer.next(1), None);
    sequencer.release();
    assert!(sequencer.next(2).is_some());
    sequencer.done("x", Some("rc_1"));
    sequencer.hold(3);
    sequencer.want(Want::Next);
    assert_eq!(sequencer.next(5_003), None);
    assert!(sequencer.next(5_004).is_some(), "a confirmation that never comes");
}

#[test]
fn an_answer_is_told_to_stop_once() {
    let mut sequencer = Sequencer::default();
    assert_eq!(sequencer.cancel(0), None);
    let _ = sequencer.created("r", None);
    assert_eq!(sequencer.cancel(1), Some("r"));
    assert_eq!(sequencer.cancel(2), None);
    sequencer.want(Want::Next);
    assert_eq!(sequencer.next(3), None, "it is not over yet");
    assert!(sequencer.next(5_002).is_some(), "its end was lost");
}

#[test]
fn a_tool_runs_once_and_a_break_loses_no_wish() {
    let mut sequencer = Sequencer::default();
    assert!(sequencer.is_first("call_1"));
    assert!(!sequencer.is_first("call_1"));
    sequencer.want(say("asked"));
    sequencer.next(0).unwrap();
    sequencer.want(Want::Next);
    sequencer.want(say("queued"));
    sequencer.disconnected();
    assert!(!sequencer.is_first("call_1"));
    let mut wants = Vec::new();
    while let Some(create) = sequencer.next(1) {
        let _ = sequencer.created("r", Some(&create.event_id));
        sequencer.done("r", Some(&create.event_id));
        wants.push(create.want);
    }
    assert_eq!(wants, [say("asked"), Want::Next, say("queued")]);
}

#[test]
fn sentences_are_bounded() {
    let mut sequencer = Sequencer::default();
    for number in 0..20 {
        sequencer.want(say(&number.to_string()));
    }
    assert_eq!(sequencer.queue.len(), SENTENCES_MAX);
    assert_eq!(sequencer.queue.back(), Some(&say("19")));
}

/// What reaches the server, in order.
#[derive(Debug, Clone)]
enum ToServer {
    Create(Create),
    Item,
    Cancel(String),
}

/// What reaches us, in order.
#[derive(Debug, Clone)]
enum ToUs {
    Created { id: String, create: Option<String> },
    Done { id: String, create: Option<String> },
    Busy { event_id: String },
    SpeechStarted,
    SpeechStopped,
    ItemSeen,
}

/// A server with one active answer that begins its own when the caller stops speaking.
#[derive(Default)]
struct Server {
    active: Option<(String, Option<String>)>,
    count: u32,
    speaking: bool,
    names: bool,
    /// What each answer was for: `None` for its own.
    answers: Vec<Option<Want>>,
    /// How many items there were when the last answer began.
    items: u32,
    items_taken: u32,
}

impl Server {
    fn begin(&mut self, create: Option<Create>, out: &mut VecDeque<ToUs>) {
        assert!(self.active.is_none(), "two answers at once");
        self.count += 1;
        let id = format!("r{}", self.count);
        let event_id = create.as_ref().map(|create| create.event_id.clone()).filter(|_| self.names);
        self.answers.push(create.map(|create| create.want));
        self.items_taken = self.items;
        self.active = Some((id.clone(), event_id.clone()));
        out.push_back(ToUs::Created { id, create: event_id });
    }

    fn end(&mut self, out: &mut VecDeque<ToUs>) {
        if let Some((id, create)) = self.active.take() {
            out.push_back(ToUs::Done { id, create });
        }
    }

    fn take(&mut self, event: ToServer, out: &mut VecDeque<ToUs>) {
        match event {
            ToServer::Item => {
                self.items += 1;
                out.push_back(ToUs::ItemSeen);
            }
            ToServer::Cancel(id) => {
                if self.active.as_ref().is_some_and(|(active, _)| *active == id) {
                    self.end(out);
                }
            }
            ToServer::Create(create) if self.active.is_some() => {
                out.push_back(ToUs::Busy { event_id: create.event_id });
            }
            ToServer::Create(create) => self.begin(Some(create), out),
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Next,
    Say,
    Tool,
    ServerReads,
    WeRead,
    AnswerEnds,
    CallerStarts,
    CallerStops,
    Cut,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::Next),
        1 => Just(Step::Say),
        2 => Just(Step::Tool),
        5 => Just(Step::ServerReads),
        8 => Just(Step::WeRead),
        3 => Just(Step::AnswerEnds),
        1 => Just(Step::CallerStarts),
        1 => Just(Step::CallerStops),
        1 => Just(Step::Cut),
    ];
    proptest::collection::vec(step, 0..120)
}

fn hear(sequencer: &mut Sequencer, now_ms: i64, event: ToUs) {
    match event {
        ToUs::Created { id, create } => drop(sequencer.created(&id, create.as_deref())),
        ToUs::Done { id, create } => sequencer.done(&id, create.as_deref()),
        ToUs::Busy { event_id } => {
            assert_eq!(sequencer.refused(now_ms, &event_id, true), None);
        }
        ToUs::SpeechStarted => sequencer.speech_started(now_ms),
        ToUs::SpeechStopped => sequencer.speech_stopped(now_ms),
        ToUs::ItemSeen => sequencer.item_seen(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn any_interleaving_keeps_the_promises(steps in steps(), names in any::<bool>()) {
        let mut sequencer = Sequencer::default();
        let mut server = Server { names, ..Server::default() };
        let (mut to_server, mut to_us) = (VecDeque::new(), VecDeque::new());
        let mut now_ms = 0;
        let (mut said, mut sentences) = (0_u32, Vec::new());
        let mut asked: HashMap<String, u32> = HashMap::new();
        // Until the server has named a request of ours once, an answer of its own may be taken for one to a request.
        let mut took_for_ours = false;
        for step in steps {
            now_ms += 7;
            took_for_ours |= !sequencer.assumed.is_empty();
            match step {
                Step::Next => sequencer.want(Want::Next),
                // Fewer than may wait, so that none is dropped.
                Step::Say if sequencer.queue.len() < SENTENCES_MAX - 1 => {
                    said += 1;
                    sentences.push(say(&said.to_string()));
                    sequencer.want(say(&said.to_string()));
                }
                Step::Tool => {
                    to_server.push_back(ToServer::Item);
                    sequencer.item_sent(now_ms);
                    sequencer.want(Want::Next);
                }
                Step::ServerReads => if let Some(event) = to_server.pop_front() { server.take(event, &mut to_us); },
                Step::WeRead => if let Some(event) = to_us.pop_front() { hear(&mut sequencer, now_ms, event); },
                Step::AnswerEnds => server.end(&mut to_us),
                Step::CallerStarts if !server.speaking => {
                    server.speaking = true;
                    to_us.push_back(ToUs::SpeechStarted);
                    server.end(&mut to_us);
                }
                Step::CallerStops if server.speaking => {
                    server.speaking = false;
                    to_us.push_back(ToUs::SpeechStopped);
                    server.end(&mut to_us);
                    server.begin(None, &mut to_us);
                }
                Step::Cut => if let Some(id) = sequencer.cancel(now_ms) { to_server.push_back(ToServer::Cancel(id.to_owned())); },
                _ => {}
            }
            let was_active = sequencer.active().is_some();
            if let Some(create) = sequencer.next(now_ms) {
                prop_assert!(!was_active, "asked while an answer is given");
                *asked.entry(create.event_id.clone()).or_default() += 1;
                to_server.push_back(ToServer::Create(create));
                prop_assert_eq!(sequencer.next(now_ms), None, "asked twice");
            }
        }
        // Everything comes to rest: nothing is left wanted, every sentence was said once, every result was taken in.
        if server.speaking {
            server.speaking = false;
            to_us.push_back(ToUs::SpeechStopped);
            server.end(&mut to_us);
            server.begin(None, &mut to_us);
        }
        for _ in 0..400 {
            now_ms += 1;
            if let Some(event) = to_server.pop_front() { server.take(event, &mut to_us); }
            while let Some(event) = to_us.pop_front() { hear(&mut sequencer, now_ms, event); }
            server.end(&mut to_us);
            if let Some(create) = sequencer.next(now_ms) { to_server.push_back(ToServer::Create(create)); }
        }
        prop_assert!(sequencer.is_idle(), "{sequencer:?}");
        prop_assert!(asked.values().all(|times| *times == 1));
        let mut given: Vec<_> = server.answers.iter().flatten().filter(|want| **want != Want::Next).cloned().collect();
        if !names || took_for_ours {
            // Whether a request was answered is found out late then, so one may overtake another.
            given.sort_by_key(|want| sentences.iter().position(|sentence| sentence == want));
        }
        prop_assert_eq!(given, sentences, "sentences in order, once each");
        prop_assert_eq!(server.items_taken, server.items, "a result was never taken in");
    }
}
