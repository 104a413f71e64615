//! Plays a scenario on a line: listens, waits for its turn, answers.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use tokio::time::Instant;

use super::ears::matches;
use super::manners::{self, Answer};
use super::reword::{Dice, reorder, reword};
use super::scenario::{Line, Scenario};
use crate::carrier::{Act, Heard, Phone};
use crate::modem::speech_ms;
use crate::pace::Pace;

/// How long a caller waits after a question, after a sentence that asks nothing, and after being asked to wait, in
/// milliseconds of the call; and the least of it on the wall, since the desk's own work does not run faster.
const AFTER_QUESTION: (u64, u64) = (700, 80);
const AFTER_SENTENCE: (u64, u64) = (2_500, 500);
const AFTER_PLEASE_WAIT: (u64, u64) = (9_000, 2_000);
/// How long they wait for an answer to what they said.
const FOR_AN_ANSWER: (u64, u64) = (12_000, 6_000);
/// How long they wait for the end after a goodbye; then they hang up themselves.
const AFTER_GOODBYE: (u64, u64) = (20_000, 8_000);
/// Sentences that a caller says in one call at most.
const SENTENCES_MAX: usize = 40;
/// How long they hold a line on which nothing happens, on the wall.
const GIVES_UP: Duration = Duration::from_secs(90);
/// How long one call may last, on the wall.
const CALL_MAX: Duration = Duration::from_secs(600);
/// How often they are at a loss before they end the call.
const LOST_MAX: u32 = 4;

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The caller.
    Caller,
    /// An agent of the desk.
    Desk,
    /// A person whom the desk dialled.
    Person,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spoken {
    /// When it began, in milliseconds of the call.
    pub at_ms: u64,
    /// By whom.
    pub who: Who,
    /// The words; keys are in brackets.
    pub text: String,
    /// The caller cut it short.
    pub cut: bool,
}

/// A call that was played.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// What was said, in order.
    pub spoken: Vec<Spoken>,
    /// `caller`, `desk`, `person`.
    pub ended_by: &'static str,
    /// How long it took, in milliseconds of the call.
    pub ms: u64,
    /// How long after the first sound was heard.
    pub first_sound_ms: Option<u64>,
    /// From the end of each of the caller's sentences to the first word of the answer.
    pub response_ms: Vec<u64>,
    /// The caller gave up: nothing happened any more.
    pub gave_up: bool,
}

impl Played {
    /// Everything that the desk said.
    pub fn desk(&self) -> String {
        let desk = self.spoken.iter().filter(|spoken| spoken.who == Who::Desk);
        desk.map(|spoken| spoken.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// How many of the desk's sentences were cut short.
    pub fn interruptions(&self) -> u32 {
        u32::try_from(self.spoken.iter().filter(|spoken| spoken.cut).count()).unwrap_or(u32::MAX)
    }
}

/// Who finds a caller's words where no scenario has them.
#[async_trait]
pub trait Mouth: Send + Sync {
    /// What the caller says next; nothing when they hang up. `said` is what was said so far, in order.
    async fn next(&self, said: &[Spoken]) -> Option<String>;
}

struct Caller<'s> {
    scenario: &'s Scenario,
    mouth: Option<&'s dyn Mouth>,
    /// How often each line may still be used.
    left: Vec<u32>,
    seed: u64,
    dice: Dice,
    pace: Pace,
    phone: Phone,
    began: Instant,
    played: Played,
    /// What was heard and not answered yet.
    unanswered: String,
    /// The sentence that is being heard.
    hearing: Option<(u64, String)>,
    /// Whether a person is on the line.
    person: bool,
    /// When the caller's own last sentence ends.
    spoke_until: Option<Instant>,
    awaits_answer: bool,
    cuts: bool,
    lost: u32,
    hellos: u32,
    silent: bool,
    /// What the caller said last.
    last_said: String,
    /// What was answered by manners last, and how often running.
    again: (String, u32),
}

/// Plays a scenario on a line; another number than 0 plays it in other words and in another order.
pub async fn play(scenario: &Scenario, phone: Phone, pace: Pace, seed: u64, watch: impl FnMut(&Spoken)) -> Played {
    play_with(scenario, None, phone, (pace, seed), watch).await
}

/// The same by somebody who finds words of their own; the scenario says only who they are.
pub async fn improvise(
    scenario: &Scenario,
    mouth: &dyn Mouth,
    phone: Phone,
    pace: Pace,
    watch: impl FnMut(&Spoken),
) -> Played {
    play_with(scenario, Some(mouth), phone, (pace, 0), watch).await
}

async fn play_with(
    scenario: &Scenario,
    mouth: Option<&dyn Mouth>,
    phone: Phone,
    (pace, seed): (Pace, u64),
    mut watch: impl FnMut(&Spoken),
) -> Played {
    let mut dice = Dice::new(seed);
    let scenario = reorder(scenario, seed, &mut dice);
    let left = scenario.lines.iter().map(|line| line.times.unwrap_or(1)).collect();
    let mut caller = Caller {
        scenario: &scenario,
        mouth,
        left,
        seed,
        dice,
        pace,
        phone,
        began: Instant::now(),
        played: Played { ended_by: "desk", ..Played::default() },
        unanswered: String::new(),
        hearing: None,
        person: false,
        spoke_until: None,
        awaits_answer: false,
        cuts: false,
        lost: 0,
        hellos: 0,
        silent: false,
        last_said: String::new(),
        again: (String::new(), 0),
    };
    caller.run(&mut watch).await;
    caller.played.ms = pace.since(caller.began);
    caller.played
}

impl Caller<'_> {
    async fn run(&mut self, watch: &mut impl FnMut(&Spoken)) {
        let mut shown = 0;
        let mut turn: Option<Instant> = None;
        let mut quiet_since = Instant::now();
        let end = Instant::now() + CALL_MAX;
        loop {
            for spoken in &self.played.spoken[shown..] {
                watch(spoken);
            }
            shown = self.played.spoken.len();
            let give_up = (quiet_since + GIVES_UP).min(end);
            tokio::select! {
                heard = self.phone.heard.recv() => {
                    quiet_since = Instant::now();
                    match heard {
                        None | Some(Heard::Ended) => break,
                        Some(Heard::Words(words)) => {
                            turn = None;
                            self.hear(&words);
                            if let Some(at) = self.interruption() {
                                self.cuts = true;
                                turn = self.do_line(at).await;
                            }
                        }
                        Some(Heard::Pause) => turn = self.paused().or(turn),
                        Some(Heard::Person) => {
                            self.close_sentence();
                            self.person = true;
                            self.unanswered.clear();
                            turn = None;
                        }
                        Some(Heard::Desk) => self.person = false,
                        Some(Heard::Answered | Heard::Ringing) => {}
                    }
                }
                () = until(turn), if turn.is_some() => turn = self.my_turn().await,
                () = tokio::time::sleep_until(give_up) => {
                    self.played.gave_up = true;
                    self.hang_up().await;
                }
            }
        }
        self.close_sentence();
        for spoken in &self.played.spoken[shown..] {
            watch(spoken);
        }
    }

    fn now(&self) -> u64 {
        self.pace.since(self.began)
    }

    fn hear(&mut self, words: &str) {
        let now = self.now();
        self.played.first_sound_ms.get_or_insert(now);
        if std::mem::take(&mut self.awaits_answer)
            && let Some(until) = self.spoke_until.take()
        {
            self.played.response_ms.push(self.pace.since(until));
        }
        let (_, text) = self.hearing.get_or_insert((now, String::new()));
        *text = format!("{text} {words}").trim().to_owned();
    }

    /// The sentence that was being heard is over.
    fn close_sentence(&mut self) {
        let Some((at_ms, text)) = self.hearing.take() else { return };
        let cut = std::mem::take(&mut self.cuts);
        let who = if self.person { Who::Person } else { Who::Desk };
        if who == Who::Desk && !cut {
            self.unanswered = format!("{} {text}", self.unanswered).trim().to_owned();
        }
        self.played.spoken.push(Spoken { at_ms, who, text, cut });
    }

    fn paused(&mut self) -> Option<Instant> {
        self.close_sentence();
        if self.person || self.unanswered.is_empty() {
            return None;
        }
        let asks = self.unanswered.trim_end().ends_with('?');
        Some(self.after(match manners::answer(&self.scenario.caller, &self.unanswered) {
            Answer::Goodbye => AFTER_GOODBYE,
            _ if asks => AFTER_QUESTION,
            Answer::Wait => AFTER_PLEASE_WAIT,
            _ => AFTER_SENTENCE,
        }))
    }

    fn after(&self, (ms, least): (u64, u64)) -> Instant {
        Instant::now() + self.pace.real(ms).max(Duration::from_millis(least))
    }

    /// A line that does not wait for the end of the sentence that is being heard.
    fn interruption(&self) -> Option<usize> {
        let (_, text) = self.hearing.as_ref()?;
        let count = text.split_whitespace().count();
        self.find(|line| {
            line.interrupt_after_words.is_some_and(|after| count >= after)
                && (line.when.is_empty() || matches(&line.when, text))
        })
    }

    fn find(&self, fits: impl Fn(&Line) -> bool) -> Option<usize> {
        (0..self.left.len()).find(|at| self.left[*at] > 0 && fits(&self.scenario.lines[*at]))
    }

    /// The caller has the word.
    async fn my_turn(&mut self) -> Option<Instant> {
        let heard = std::mem::take(&mut self.unanswered);
        if self.person {
            return None;
        }
        if heard.is_empty() {
            return self.nothing_heard().await;
        }
        self.hellos = 0;
        if let Some(mouth) = self.mouth {
            let words = mouth.next(&self.played.spoken).await.filter(|_| self.played.spoken.len() < 2 * SENTENCES_MAX);
            return match words {
                Some(words) => self.say(&words).await,
                None => {
                    self.hang_up().await;
                    None
                }
            };
        }
        let fits =
            |line: &Line| line.interrupt_after_words.is_none() && !line.when.is_empty() && matches(&line.when, &heard);
        if let Some(at) = self.find(fits) {
            return self.do_line(at).await;
        }
        let mut answer = manners::answer(&self.scenario.caller, &heard);
        if self.played.spoken.len() > 2 * SENTENCES_MAX {
            self.played.gave_up = true;
            answer = Answer::Goodbye;
        }
        if let Answer::Say(text) | Answer::TellOr(text) = &answer {
            // Nobody says the same thing over and over.
            let count = if self.again.0 == *text { self.again.1 + 1 } else { 1 };
            self.again = (text.clone(), count);
            if count > 3 {
                answer = if matches!(answer, Answer::TellOr(_)) { Answer::Goodbye } else { Answer::Tell };
            }
        }
        match answer {
            Answer::Say(text) => self.say(&text).await,
            Answer::Keys(keys) => self.press(&keys).await,
            Answer::Tell => match self.untold() {
                Some(at) => self.do_line(at).await,
                None => self.lost(&heard).await,
            },
            Answer::TellOr(text) => match self.untold() {
                Some(at) => self.do_line(at).await,
                None => self.say(&text).await,
            },
            Answer::Again => match std::mem::take(&mut self.last_said) {
                said if said.is_empty() => self.lost(&heard).await,
                said => self.say(&said).await,
            },
            Answer::Wait => Some(self.after(FOR_AN_ANSWER)),
            Answer::Goodbye => {
                self.hang_up().await;
                None
            }
            Answer::Lost(text) => match self.untold() {
                Some(at) => self.do_line(at).await,
                None => self.lost(&text).await,
            },
        }
    }

    /// The next thing that the caller wanted to tell.
    fn untold(&self) -> Option<usize> {
        self.find(|line| line.when.is_empty() && line.interrupt_after_words.is_none())
    }

    async fn lost(&mut self, _heard: &str) -> Option<Instant> {
        self.lost += 1;
        let german = self.scenario.caller.language.starts_with("de");
        if self.lost > LOST_MAX {
            let goodbye =
                if german { "Dann lassen wir es, auf Wiederhören." } else { "Let us leave it at that, goodbye." };
            self.say(goodbye).await;
            self.hang_up().await;
            return None;
        }
        let text = match (self.lost % 2, german) {
            (1, false) => "All right.",
            (_, false) => "Okay, thank you.",
            (1, true) => "In Ordnung.",
            (_, true) => "Gut, danke.",
        };
        self.say(text).await
    }

    async fn nothing_heard(&mut self) -> Option<Instant> {
        if self.silent {
            return None;
        }
        self.hellos += 1;
        let german = self.scenario.caller.language.starts_with("de");
        if self.hellos > 2 {
            self.hang_up().await;
            return None;
        }
        self.say(if german { "Hallo?" } else { "Hello?" }).await
    }

    async fn do_line(&mut self, at: usize) -> Option<Instant> {
        self.left[at] -= 1;
        let line = &self.scenario.lines[at];
        self.silent = line.silent;
        if line.silent {
            return None;
        }
        if line.noise_ms > 0 {
            let _ = self.phone.acts.send(Act::Noise(line.noise_ms)).await;
            self.cuts = false;
        }
        if line.echo_ms > 0 {
            let _ = self.phone.acts.send(Act::Echo(line.echo_ms)).await;
            self.cuts = false;
        }
        let mut next = None;
        if !line.say.is_empty() {
            let nth = if self.seed == 0 { 0 } else { self.dice.roll(line.say.len()) };
            next = self.say(&line.say[nth]).await;
        }
        if !line.keys.is_empty() {
            next = self.press(&line.keys).await;
        }
        if line.hang_up {
            if let Some(until) = self.spoke_until {
                tokio::time::sleep_until(until).await;
            }
            self.hang_up().await;
            return None;
        }
        next
    }

    async fn say(&mut self, text: &str) -> Option<Instant> {
        let text = reword(text, &self.scenario.caller, self.seed, &mut self.dice);
        let at_ms = self.now();
        self.played.spoken.push(Spoken { at_ms, who: Who::Caller, text: text.clone(), cut: false });
        self.last_said.clone_from(&text);
        let spoken = self.pace.real(speech_ms(&text));
        let _ = self.phone.acts.send(Act::Say(text)).await;
        self.spoke_until = Some(Instant::now() + spoken);
        self.awaits_answer = true;
        Some(self.after(FOR_AN_ANSWER) + spoken)
    }

    async fn press(&mut self, keys: &str) -> Option<Instant> {
        let at_ms = self.now();
        self.played.spoken.push(Spoken { at_ms, who: Who::Caller, text: format!("[keys {keys}]"), cut: false });
        let mut keys: VecDeque<char> = keys.chars().collect();
        while let Some(key) = keys.pop_front() {
            let _ = self.phone.acts.send(Act::Key(key)).await;
            self.pace.sleep(220).await;
        }
        Some(self.after(FOR_AN_ANSWER))
    }

    async fn hang_up(&mut self) {
        self.played.ended_by = "caller";
        let _ = self.phone.acts.send(Act::HangUp).await;
    }
}

async fn until(moment: Option<Instant>) {
    tokio::time::sleep_until(moment.unwrap_or_else(Instant::now)).await;
}
