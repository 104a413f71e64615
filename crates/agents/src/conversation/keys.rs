//! Keys: collected until `#` or two seconds of quiet. Only a lone 0 means a person; digits are never acted on one by one.

use std::sync::Arc;

use patchcord_domain::call::Speaker;
use patchcord_domain::organization::is_ue_code;

use super::{Conversation, Moment, Output, Phase};

/// Without a key for so long the keys are complete.
const QUIET_MS: i64 = 2_000;
/// More keys are not taken.
const KEYS_MAX: usize = 16;

impl Conversation {
    pub(super) fn key(&mut self, moment: Moment, key: char, out: &mut Vec<Output>) {
        self.asked_still_there = false;
        self.ear.is_patient = false;
        match key {
            '#' => self.flush_keys(moment, out),
            '*' => self.keys.clear(),
            '0'..='9' if self.keys.len() < KEYS_MAX => {
                self.keys.push(key);
                self.key_ms = moment.ms;
            }
            _ => {}
        }
    }

    pub(super) fn keys_on_tick(&mut self, moment: Moment, out: &mut Vec<Output>) {
        if !self.keys.is_empty() && moment.ms - self.key_ms >= QUIET_MS {
            self.flush_keys(moment, out);
        }
    }

    fn flush_keys(&mut self, moment: Moment, out: &mut Vec<Output>) {
        let keys = std::mem::take(&mut self.keys);
        if keys.is_empty() || !matches!(self.phase, Phase::Talking) {
            return;
        }
        let agents = Arc::clone(&self.agents);
        let is_code = is_ue_code(&keys) && self.takes_codes();
        // The digits of a code are nothing for the transcript.
        let shown = if is_code { "*".repeat(keys.len()) } else { keys.clone() };
        self.turn(out, Speaker::System, &format!("[{shown}]"), (self.key_ms, moment.ms), false, None);
        (self.rounds, self.hops) = (0, 0);
        self.ear.has_answered = false;
        self.ear.unanswered_ms = Some(moment.ms);
        if keys == "0" {
            self.escalate(moment, agents.notes.pressed_zero.clone(), out);
        } else if is_code {
            self.identify(moment, keys, out);
        } else {
            self.tell("keys", &agents.notes.keys(&keys), out);
            self.respond(out);
        }
    }
}
