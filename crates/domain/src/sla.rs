//! Service levels: what a policy promises, and where the two clocks of a ticket stand.
//!
//! A clock begins when the ticket is opened and counts the time of its calendar. It stands still while the ticket waits for
//! the customer, is resolved or closed; what lies in such a pause never counts, so the due time moves by as much business time
//! as the pause had. The clock of the first response ends with the first public message of the desk, both end when the ticket is
//! resolved or closed, and a ticket that is opened again goes on where it stood. All of it follows from the ticket's own
//! history, so that it can be worked out anew at any time.

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::ticket::{Status, upper_case_enum};
use crate::ticket_input::Faults;
use crate::time::{HOUR, MINUTE, Millis, SECOND};

/// Longest promise, in minutes: a year.
pub const MINUTES_MAX: i64 = 366 * 24 * 60;
/// When rules may act, in percent of the promised time.
pub const PERCENTS: [i64; 3] = [70, 90, 110];
/// Most actions of a rule.
pub const ACTIONS_MAX: usize = 4;
/// Highest level of an escalation.
const LEVEL_MAX: i64 = 5;
/// How long before its end a clock is due soon; for short promises half of the time.
const SOON: Millis = HOUR;

upper_case_enum! {
    /// What a policy promises.
    ClockKind {
        /// Until the first public message of the desk.
        FirstResponse = "FIRST_RESPONSE",
        /// Until the ticket is resolved.
        Resolution = "RESOLUTION",
    }
}

upper_case_enum! {
    /// Where a clock stands.
    ClockState {
        /// It counts.
        Running = "RUNNING",
        /// It stands still until the customer answers.
        Paused = "PAUSED",
        /// It ended in time.
        Met = "MET",
        /// It ran out, whether or not it has ended since.
        Breached = "BREACHED",
    }
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// Writes an internal note that names the support agent or the team, or else the assignee.
    Notify {
        /// Who is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        support_agent_id: Option<String>,
        /// Which team is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team_id: Option<String>,
    },
    /// Escalates the ticket.
    Escalate {
        /// To whom; anybody may take it when neither is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        support_agent_id: Option<String>,
        /// To whose turn it is in this team.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team_id: Option<String>,
        /// 1 to 5.
        level: i64,
    },
    /// Gives the ticket to a support agent, or to whose turn it is in a team.
    Assign {
        /// To whom; one of the two is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        support_agent_id: Option<String>,
        /// To which team.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team_id: Option<String>,
    },
    /// Makes the priority one higher, at most URGENT.
    RaisePriority,
}

impl Action {
    /// The support agent that is named.
    pub fn support_agent_id(&self) -> Option<&str> {
        match self {
            Action::Notify { support_agent_id, .. }
            | Action::Escalate { support_agent_id, .. }
            | Action::Assign { support_agent_id, .. } => support_agent_id.as_deref(),
            Action::RaisePriority => None,
        }
    }

    /// The team that is named.
    pub fn team_id(&self) -> Option<&str> {
        match self {
            Action::Notify { team_id, .. } | Action::Escalate { team_id, .. } | Action::Assign { team_id, .. } => {
                team_id.as_deref()
            }
            Action::RaisePriority => None,
        }
    }
}

/// What happens when a share of a clock's time is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Which clock.
    pub clock: ClockKind,
    /// One of [`PERCENTS`].
    pub at_percent: i64,
    /// In this order.
    pub actions: Vec<Action>,
}

/// A rule as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleInput {
    /// FIRST_RESPONSE or RESOLUTION.
    pub clock: String,
    /// 70, 90 or 110.
    pub at_percent: i64,
    /// 1 to 4, each type once.
    pub actions: Vec<ActionInput>,
}

/// An action as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionInput {
    /// NOTIFY, ESCALATE, ASSIGN or RAISE_PRIORITY.
    pub kind: String,
    /// Which support agent.
    pub support_agent_id: Option<String>,
    /// Which team, instead of a support agent.
    pub team_id: Option<String>,
    /// Of an escalation, 1 to 5.
    pub level: Option<i64>,
}

/// Checks rules; what is wrong is told field by field.
pub fn rules(faults: &mut Faults, field: &str, inputs: &[RuleInput]) -> Vec<Rule> {
    let most = ClockKind::ALL.len() * PERCENTS.len();
    if inputs.len() > most {
        faults.add(field, format!("at most {most} rules are allowed; there are {}", inputs.len()));
        return Vec::new();
    }
    let mut rules: Vec<Rule> = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let at = format!("{field}[{index}]");
        let clock = faults.one_of(&format!("{at}.clock"), &input.clock, ClockKind::parse, &ClockKind::allowed());
        if !PERCENTS.contains(&input.at_percent) {
            faults.add(&format!("{at}.atPercent"), "must be 70, 90 or 110");
        }
        if input.actions.is_empty() || input.actions.len() > ACTIONS_MAX {
            let count = input.actions.len();
            faults.add(&format!("{at}.actions"), format!("must have 1 to {ACTIONS_MAX} actions; there are {count}"));
        }
        let each = input.actions.iter().take(ACTIONS_MAX).enumerate();
        let actions: Vec<Action> =
            each.filter_map(|(index, input)| action(faults, &format!("{at}.actions[{index}]"), input)).collect();
        for (index, action) in actions.iter().enumerate() {
            if actions[..index].iter().any(|other| std::mem::discriminant(other) == std::mem::discriminant(action)) {
                faults.add(&format!("{at}.actions"), "must have each type of action once at most");
                break;
            }
        }
        let Some(clock) = clock else { continue };
        if rules.iter().any(|rule| (rule.clock, rule.at_percent) == (clock, input.at_percent)) {
            faults.add(&at, "there is a rule for this clock and percentage already");
        }
        rules.push(Rule { clock, at_percent: input.at_percent, actions });
    }
    rules
}

fn action(faults: &mut Faults, at: &str, input: &ActionInput) -> Option<Action> {
    let agent = input.support_agent_id.clone();
    if let Some(id) = &agent {
        faults.id(&format!("{at}.supportAgentId"), id);
    }
    let team_id = input.team_id.clone();
    if let Some(id) = &team_id {
        faults.id(&format!("{at}.teamId"), id);
        if agent.is_some() {
            faults.add(&format!("{at}.teamId"), "name a support agent or a team, not both");
        }
    }
    let kind = input.kind.trim().to_ascii_uppercase();
    if input.level.is_some() && kind != "ESCALATE" {
        faults.add(&format!("{at}.level"), "is for ESCALATE only");
    }
    match kind.as_str() {
        "NOTIFY" => Some(Action::Notify { support_agent_id: agent, team_id }),
        "ESCALATE" => {
            let level = input.level.unwrap_or(1);
            if !(1..=LEVEL_MAX).contains(&level) {
                faults.add(&format!("{at}.level"), format!("must be 1 to {LEVEL_MAX}"));
            }
            Some(Action::Escalate { support_agent_id: agent, team_id, level })
        }
        "ASSIGN" => {
            if agent.is_none() && team_id.is_none() {
                faults.add(&format!("{at}.supportAgentId"), "is needed to assign the ticket, or a teamId");
            }
            Some(Action::Assign { support_agent_id: agent, team_id })
        }
        "RAISE_PRIORITY" => {
            if agent.is_some() {
                faults.add(&format!("{at}.supportAgentId"), "is not for RAISE_PRIORITY");
            }
            if team_id.is_some() {
                faults.add(&format!("{at}.teamId"), "is not for RAISE_PRIORITY");
            }
            Some(Action::RaisePriority)
        }
        _ => {
            faults.add(&format!("{at}.type"), "must be one of NOTIFY, ESCALATE, ASSIGN, RAISE_PRIORITY");
            None
        }
    }
}

/// A promise in minutes.
pub fn minutes(faults: &mut Faults, field: &str, minutes: i64) -> i64 {
    if !(1..=MINUTES_MAX).contains(&minutes) {
        faults.add(field, format!("must be 1 to {MINUTES_MAX} minutes"));
    }
    minutes
}

/// What happened to a ticket, as far as its clocks care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// When it was opened.
    pub created_at: Millis,
    /// Each status that it got later, and when, in order.
    pub statuses: Vec<(Millis, Status)>,
    /// When the desk first wrote to the customer.
    pub first_responded_at: Option<Millis>,
}

/// A time in which clocks stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    from: Millis,
    /// None while it lasts.
    to: Option<Millis>,
}

impl History {
    fn pauses(&self) -> Vec<Pause> {
        let mut pauses: Vec<Pause> = Vec::new();
        for (at, status) in &self.statuses {
            let still = !status.is_open() || *status == Status::WaitingOnCustomer;
            match pauses.last_mut() {
                Some(Pause { to: to @ None, .. }) if !still => *to = Some(*at),
                Some(Pause { to: None, .. }) => {}
                _ if still => pauses.push(Pause { from: *at, to: None }),
                _ => {}
            }
        }
        pauses
    }

    /// Since when the ticket is resolved or closed.
    fn done_since(&self) -> Option<Millis> {
        let ends = self.statuses.iter().rev().take_while(|(_, status)| !status.is_open());
        ends.last().map(|(at, _)| *at)
    }
}

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The promise, in milliseconds.
    pub target: Millis,
    /// When it runs out, were it to run on from where it stands; none when that is not within ten years.
    pub due_at: Option<Millis>,
    /// Since when it stands still: the pause that it is in, or its end.
    pub halted_at: Option<Millis>,
    /// When it ended.
    pub done_at: Option<Millis>,
    /// How much of its calendar's time lies in pauses that are over.
    pub paused: Millis,
    started_at: Millis,
}

/// Works out a clock.
pub fn clock(kind: ClockKind, minutes: i64, history: &History, calendar: &Calendar) -> Clock {
    let done_at = match kind {
        ClockKind::FirstResponse => history.first_responded_at.or_else(|| history.done_since()),
        ClockKind::Resolution => history.done_since(),
    };
    let (mut paused, mut halted_at) = (0, done_at);
    for pause in history.pauses() {
        if done_at.is_some_and(|done| pause.from > done) {
            break;
        }
        match pause.to {
            // A pause that was over before the clock ended.
            Some(to) if done_at.is_none_or(|done| to <= done) => paused += calendar.elapsed(pause.from, to),
            // The pause in which it ended, or the one that lasts.
            _ => halted_at = Some(pause.from),
        }
    }
    let target = minutes * MINUTE;
    let due_at = calendar.due_at(history.created_at, target + paused);
    Clock { target, due_at, halted_at, done_at, paused, started_at: history.created_at }
}

impl Clock {
    /// Whether it counts.
    pub fn is_running(&self) -> bool {
        self.halted_at.is_none()
    }

    /// Whether it stands still behind its due time.
    pub fn ended_late(&self) -> bool {
        matches!((self.due_at, self.halted_at), (Some(due), Some(halted)) if due < halted)
    }

    /// When a share of the promised time is used up, in percent.
    pub fn reaches(&self, percent: i64, calendar: &Calendar) -> Option<Millis> {
        calendar.due_at(self.started_at, self.paused + self.target * percent / 100)
    }

    /// When it is due soon: an hour before its end, or when half of the time is used up if that comes later.
    pub fn soon_at(&self, calendar: &Calendar) -> Option<Millis> {
        Some((self.due_at? - SOON).max(self.reaches(50, calendar)?))
    }
}

/// What is stored of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Which one.
    pub kind: ClockKind,
    /// The promise.
    pub minutes: i64,
    /// As in [`Clock`].
    pub due_at: Option<Millis>,
    /// As in [`Clock`].
    pub halted_at: Option<Millis>,
    /// As in [`Clock`].
    pub done_at: Option<Millis>,
    /// When it ran out, once that was noted.
    pub breached_at: Option<Millis>,
}

/// A clock as people see it at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockView {
    /// Which one.
    pub kind: ClockKind,
    /// Where it stands.
    pub state: ClockState,
    /// The promise.
    pub minutes: i64,
    /// When it runs out, were it to run on from where it stands.
    pub due_at: Option<Millis>,
    /// When it ended.
    pub done_at: Option<Millis>,
    /// When it ran out.
    pub breached_at: Option<Millis>,
    /// What is left in seconds of its calendar; negative when it ran out. None when it is never due.
    pub remaining_seconds: Option<i64>,
    /// How much of the promised time is used up; above 100 when it ran out.
    pub percent: Option<i64>,
}

impl Stored {
    /// How it looks at a moment.
    pub fn view(&self, calendar: &Calendar, now: Millis) -> ClockView {
        let stands = self.halted_at.unwrap_or(now);
        let remaining = self.due_at.map(|due| match stands <= due {
            true => calendar.elapsed(stands, due),
            false => -calendar.elapsed(due, stands),
        });
        let breached_at = self.breached_at.or(self.due_at.filter(|due| *due < stands));
        let state = match (breached_at, self.done_at, self.halted_at) {
            (Some(_), _, _) => ClockState::Breached,
            (None, Some(_), _) => ClockState::Met,
            (None, None, Some(_)) => ClockState::Paused,
            (None, None, None) => ClockState::Running,
        };
        let target = self.minutes.max(1) * MINUTE;
        ClockView {
            kind: self.kind,
            state,
            minutes: self.minutes,
            due_at: self.due_at,
            done_at: self.done_at,
            breached_at,
            remaining_seconds: remaining.map(|remaining| remaining.div_euclid(SECOND)),
            percent: remaining.map(|remaining| ((target - remaining) * 100).div_euclid(target)),
        }
    }
}

#[cfg(test)]
mod tests;
