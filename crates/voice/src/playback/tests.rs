//! Known faults of other bridges, one test each, and random interleavings against a carrier that really plays.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

/// Bytes of so many milliseconds.
fn ms(ms: usize) -> usize {
    ms * BYTES_PER_MS
}

fn mark_of(sound: Sound) -> String {
    match sound {
        Sound::Play(Some(mark)) => mark,
        other => panic!("no mark in {other:?}"),
    }
}

#[test]
fn marks_come_every_150_milliseconds_and_are_named_by_item_moment_generation_and_count() {
    let mut playback = Playback::default();
    let mut marks = Vec::new();
    for frame in 0..20 {
        if let Sound::Play(Some(mark)) = playback.audio(frame, "r", "it_abc", 0, ms(20)) {
            marks.push(mark);
        }
    }
    assert_eq!(marks, ["it_abc:160:g0:m1", "it_abc:320:g0:m2"]);
    assert_eq!(playback.audio_done("it_abc").as_deref(), Some("it_abc:400:g0:m3"));
    assert_eq!(playback.audio_done("it_abc"), None);
}

#[test]
fn an_item_is_heard_when_its_last_mark_is_back() {
    let mut playback = Playback::default();
    playback.words(90, "r", "i", "Good morning");
    let first = mark_of(playback.audio(100, "r", "i", 0, ms(150)));
    playback.audio(100, "r", "i", 0, ms(50));
    let last = playback.audio_done("i").unwrap();
    assert!(playback.words_done("i", "Good morning.").is_empty());
    assert!(!playback.is_quiet());
    assert!(playback.marked(250, &first).is_empty());
    let heard = playback.marked(310, &last);
    assert_eq!(
        heard,
        [Heard {
            response_id: "r".into(),
            item_id: "i".into(),
            text: "Good morning.".into(),
            interrupted: false,
            started_ms: 100,
            heard_ms: 200,
        }]
    );
    assert!(playback.is_quiet());
    // A truncate of an item that was heard in whole is refused by the server.
    assert_eq!(playback.cut(400, None), None);
    // A late word does not begin it again.
    playback.words(410, "r", "i", "late");
    assert_eq!(playback.cut(420, None), None);
}

#[test]
fn a_cut_between_two_marks_counts_by_the_clock_and_never_beyond_what_was_sent() {
    let mut playback = Playback::default();
    playback.words(0, "r", "i", "Please restart the printer");
    let mark = mark_of(playback.audio(1_000, "r", "i", 0, ms(2_600)));
    playback.audio_done("i");
    playback.words_done("i", "Please restart the printer");
    assert_eq!(mark, "i:2600:g0:m1");
    let cut = playback.cut(1_650, None).unwrap();
    assert_eq!(cut.corrections, [Correction::Truncate { item_id: "i".into(), content_index: 0, audio_end_ms: 650 }]);
    assert_eq!(cut.heard[0].text, "Please");
    assert!(cut.heard[0].interrupted);

    let mut playback = Playback::default();
    playback.audio(0, "r", "i", 0, ms(100));
    let cut = playback.cut(60_000, None).unwrap();
    assert_eq!(cut.corrections, [Correction::Truncate { item_id: "i".into(), content_index: 0, audio_end_ms: 100 }]);
}

#[test]
fn the_second_item_is_measured_from_its_own_beginning() {
    let mut playback = Playback::default();
    let first = mark_of(playback.audio(0, "r", "a", 0, ms(1_000)));
    playback.audio_done("a");
    playback.words_done("a", "One");
    playback.audio(10, "r", "b", 0, ms(500));
    playback.audio_done("b");
    assert_eq!(first, "a:1000:g0:m1");
    assert_eq!(playback.marked(1_020, &first)[0].text, "One");
    // The mark of its end has not come, but the clock has gone on into the second.
    let cut = playback.cut(1_220, None).unwrap();
    assert_eq!(cut.corrections, [Correction::Truncate { item_id: "b".into(), content_index: 0, audio_end_ms: 200 }]);
    assert!(cut.heard[0].interrupted);
}

#[test]
fn echoes_after_a_clear_are_not_played_sound() {
    let mut playback = Playback::default();
    let old = mark_of(playback.audio(0, "r", "i", 0, ms(400)));
    playback.cut(50, None).unwrap();
    assert!(playback.marked(60, &old).is_empty());
    let new = mark_of(playback.audio(70, "s", "j", 0, ms(400)));
    assert!(new.contains(":g1:"), "{new}");
    assert!(playback.marked(80, &old).is_empty());
    assert_eq!(playback.waiting_ms(80), 390);
}

#[test]
fn nothing_of_a_cut_answer_comes_later() {
    let mut playback = Playback::default();
    playback.audio(0, "r", "i", 0, ms(40));
    playback.cut(20, Some("other")).unwrap();
    assert_eq!(playback.audio(30, "r", "i", 0, ms(40)), Sound::Drop);
    assert_eq!(playback.audio(30, "other", "k", 0, ms(40)), Sound::Drop);
    playback.words(30, "r", "i", "late");
    assert!(playback.is_quiet());
    assert_eq!(playback.audio(40, "next", "l", 0, ms(40)), Sound::Play(None));
}

#[test]
fn an_answer_without_sound_yet_is_cut_too() {
    let mut playback = Playback::default();
    let cut = playback.cut(0, Some("r")).unwrap();
    assert_eq!(cut, Cut::default());
    assert_eq!(playback.audio(10, "r", "i", 0, ms(20)), Sound::Drop);
}

#[test]
fn what_was_not_heard_at_all_is_deleted() {
    let mut playback = Playback::default();
    playback.audio(0, "r", "a", 0, ms(5_000));
    playback.audio_done("a");
    playback.audio(1, "r", "b", 0, ms(5_000));
    playback.words(1, "r", "c", "words without sound");
    let cut = playback.cut(100, None).unwrap();
    assert_eq!(
        cut.corrections,
        [
            Correction::Truncate { item_id: "a".into(), content_index: 0, audio_end_ms: 100 },
            Correction::Delete { item_id: "b".into() },
            Correction::Delete { item_id: "c".into() },
        ]
    );
    assert_eq!(cut.heard.len(), 1);
}

#[test]
fn a_dry_line_does_not_count() {
    let mut playback = Playback::default();
    playback.audio(0, "r", "i", 0, ms(100));
    // The sound was over at 100; more comes at 5000 and is cut after 50.
    playback.audio(5_000, "r", "i", 0, ms(1_000));
    let cut = playback.cut(5_050, None).unwrap();
    assert_eq!(cut.corrections, [Correction::Truncate { item_id: "i".into(), content_index: 0, audio_end_ms: 150 }]);
}

#[test]
fn a_carrier_that_loses_marks_does_not_hold_the_call() {
    let mut playback = Playback::default();
    playback.audio(0, "r", "i", 0, ms(400));
    playback.words(0, "r", "i", "Goodbye");
    playback.response_done("r");
    assert!(playback.overdue(3_000).is_empty());
    assert!(!playback.is_quiet());
    assert_eq!(playback.overdue(3_401)[0].text, "Goodbye");
    assert!(playback.is_quiet());
}

#[test]
fn a_lost_mark_is_made_up_for_by_the_next() {
    let mut playback = Playback::default();
    playback.audio(0, "r", "a", 0, ms(200));
    let _lost = playback.audio_done("a");
    playback.words_done("a", "One");
    playback.audio(0, "r", "b", 0, ms(200));
    let last = playback.audio_done("b").unwrap();
    playback.words_done("b", "Two");
    let heard = playback.marked(400, &last);
    assert_eq!(heard.iter().map(|heard| heard.text.as_str()).collect::<Vec<_>>(), ["One", "Two"]);
}

#[test]
fn the_end_of_an_answer_closes_its_items() {
    let mut playback = Playback::default();
    playback.audio(0, "r", "i", 0, ms(100));
    playback.words(0, "r", "j", "never spoken");
    let (marks, heard) = playback.response_done("r");
    assert_eq!(marks, ["i:100:g0:m1"]);
    assert!(heard.is_empty());
    assert_eq!(playback.marked(100, "i:100:g0:m1").len(), 1);
    assert!(playback.items.is_empty());
}

#[test]
fn too_much_sound_is_dropped() {
    let mut playback = Playback::default();
    assert!(matches!(playback.audio(0, "r", "i", 0, ms(300_001)), Sound::Play(_)));
    assert_eq!(playback.audio(0, "r", "i", 0, ms(20)), Sound::Drop);
    assert_eq!(playback.dropped(), 1);
    assert!(matches!(playback.audio(1_000, "r", "i", 0, ms(20)), Sound::Play(_)));
}

/// What may happen, in any order.
#[derive(Debug, Clone)]
enum Step {
    Audio { response: usize, item: usize, ms: usize },
    Words { item: usize },
    Done { item: usize },
    ResponseDone { response: usize },
    Wait(i64),
    Lose,
    Cut { active: Option<usize> },
    Overdue,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..4_usize, 0..3_usize, 1..400_usize).prop_map(|(response, item, ms)| Step::Audio { response, item, ms }),
        2 => (0..12_usize).prop_map(|item| Step::Words { item }),
        2 => (0..12_usize).prop_map(|item| Step::Done { item }),
        1 => (0..4_usize).prop_map(|response| Step::ResponseDone { response }),
        4 => (1..500_i64).prop_map(Step::Wait),
        1 => Just(Step::Lose),
        1 => proptest::option::of(0..4_usize).prop_map(|active| Step::Cut { active }),
        1 => Just(Step::Overdue),
    ];
    proptest::collection::vec(step, 0..80)
}

/// Plays what it was sent, in order and in real time, and gives marks back.
#[derive(Default)]
struct Carrier {
    waiting: VecDeque<Waiting>,
}

enum Waiting {
    Sound { item: String, ms: i64 },
    Mark(String),
}

impl Carrier {
    /// Marks with the moment at which each came back.
    fn play(&mut self, from_ms: i64, length_ms: i64, played: &mut HashMap<String, i64>) -> Vec<(i64, String)> {
        let mut ms = length_ms;
        let mut echoes = Vec::new();
        while let Some(first) = self.waiting.front_mut() {
            match first {
                Waiting::Mark(name) => {
                    echoes.push((from_ms + length_ms - ms, std::mem::take(name)));
                    self.waiting.pop_front();
                }
                Waiting::Sound { ms: left, .. } if *left == 0 => {
                    self.waiting.pop_front();
                }
                Waiting::Sound { item, ms: left } => {
                    if ms == 0 {
                        break;
                    }
                    let now = ms.min(*left);
                    *played.entry(item.clone()).or_default() += now;
                    *left -= now;
                    ms -= now;
                }
            }
        }
        echoes
    }

    fn clear(&mut self) -> Vec<String> {
        let marks = self.waiting.drain(..).filter_map(|waiting| match waiting {
            Waiting::Mark(name) => Some(name),
            Waiting::Sound { .. } => None,
        });
        marks.collect()
    }
}

fn name(response: usize, item: usize) -> (String, String) {
    (format!("r{response}"), format!("i{response}_{item}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_interleaving_keeps_the_promises(steps in steps()) {
        let mut playback = Playback::default();
        let mut carrier = Carrier::default();
        let mut now_ms = 0;
        let mut sent: HashMap<String, i64> = HashMap::new();
        let mut played: HashMap<String, i64> = HashMap::new();
        let mut cut_responses: HashSet<String> = HashSet::new();
        let mut stale: Vec<String> = Vec::new();
        let mut told: HashSet<String> = HashSet::new();
        let mut lost = false;
        for step in steps {
            let mut heard = Vec::new();
            match step {
                Step::Audio { response, item, ms: length } => {
                    let (response, item) = name(response, item);
                    // An item that was told of is complete; no server sends more of it.
                    if told.contains(&item) { continue; }
                    match playback.audio(now_ms, &response, &item, 0, ms(length)) {
                        Sound::Drop => prop_assert!(cut_responses.contains(&response), "sound was lost"),
                        Sound::Play(mark) => {
                            prop_assert!(!cut_responses.contains(&response), "sound of a cut answer");
                            *sent.entry(item.clone()).or_default() += length as i64;
                            carrier.waiting.push_back(Waiting::Sound { item, ms: length as i64 });
                            carrier.waiting.extend(mark.map(Waiting::Mark));
                        }
                    }
                }
                Step::Words { item } => {
                    let (response, item) = name(item / 3, item % 3);
                    playback.words(now_ms, &response, &item, "some words ");
                }
                Step::Done { item } => {
                    let (_, item) = name(item / 3, item % 3);
                    carrier.waiting.extend(playback.audio_done(&item).map(Waiting::Mark));
                    heard.extend(playback.words_done(&item, "all the words of it"));
                }
                Step::ResponseDone { response } => {
                    let (marks, finished) = playback.response_done(&format!("r{response}"));
                    carrier.waiting.extend(marks.into_iter().map(Waiting::Mark));
                    heard.extend(finished);
                }
                Step::Wait(ms) => {
                    for (at_ms, mark) in carrier.play(now_ms, ms, &mut played) {
                        heard.extend(playback.marked(at_ms, &mark));
                    }
                    now_ms += ms;
                }
                Step::Lose => {
                    lost = true;
                    carrier.waiting.retain(|waiting| !matches!(waiting, Waiting::Mark(_)));
                }
                Step::Overdue => heard.extend(playback.overdue(now_ms)),
                Step::Cut { active } => {
                    let active = active.map(|response| format!("r{response}"));
                    let was_empty = playback.items.is_empty();
                    let responses: Vec<String> = playback.items.iter().map(|item| item.response_id.clone()).collect();
                    let Some(cut) = playback.cut(now_ms, active.as_deref()) else {
                        prop_assert!(was_empty && active.is_none());
                        continue;
                    };
                    cut_responses.extend(responses);
                    cut_responses.extend(active);
                    for correction in &cut.corrections {
                        match correction {
                            Correction::Truncate { item_id, audio_end_ms, .. } => {
                                let sent = sent.get(item_id).copied().unwrap_or(0);
                                prop_assert!(*audio_end_ms > 0 && *audio_end_ms <= sent, "{correction:?} of {sent}");
                                prop_assert!(!told.contains(item_id), "an item that was finished is cut");
                                // With all marks there, what counts as heard is what was really played.
                                let really = played.get(item_id).copied().unwrap_or(0);
                                prop_assert!(lost || (*audio_end_ms - really).abs() <= 1, "{audio_end_ms} but {really}");
                            }
                            Correction::Delete { item_id } => {
                                prop_assert!(lost || played.get(item_id).is_none_or(|ms| *ms == 0), "{item_id} was heard");
                            }
                        }
                    }
                    heard.extend(cut.heard);
                    prop_assert!(playback.is_quiet());
                    prop_assert_eq!(playback.waiting_ms(now_ms), 0);
                    stale.extend(carrier.clear());
                    // They all come back at once, and mean nothing.
                    for mark in &stale {
                        prop_assert!(playback.marked(now_ms, mark).is_empty());
                    }
                }
            }
            prop_assert!(playback.waiting_ms(now_ms) >= 0);
            for heard in heard {
                prop_assert!(told.insert(heard.item_id.clone()), "{} was told twice", heard.item_id);
                let sent = sent.get(&heard.item_id).copied().unwrap_or(0);
                prop_assert!(heard.heard_ms <= sent);
                if !heard.interrupted {
                    prop_assert_eq!(heard.heard_ms, sent);
                }
            }
        }
        // Whatever happened: when everything was played and every answer is over, it is quiet.
        for response in 0..4 {
            let (marks, _) = playback.response_done(&format!("r{response}"));
            carrier.waiting.extend(marks.into_iter().map(Waiting::Mark));
        }
        for _ in 0..100 {
            for (at_ms, mark) in carrier.play(now_ms, 10_000, &mut played) {
                playback.marked(at_ms, &mark);
            }
            now_ms += 10_000;
            playback.overdue(now_ms);
        }
        prop_assert!(playback.is_quiet());
        prop_assert!(playback.items.is_empty());
        // The last mark of what was heard already may be lost without harm.
        prop_assert!(playback.marks.iter().all(|mark| mark.end <= playback.confirmed));
    }
}
