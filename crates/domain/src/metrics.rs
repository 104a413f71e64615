//! The figures of the dashboard: what each one counts, in which bucket, and how they add up. The definitions are here; the
//! statements that count are in `store/metrics/sources.rs`, one line for each figure.
//!
//! A bucket is a span of time, its first moment counts, its end does not. A ticket that was merged into another one counts
//! as created, and as nothing else: the work goes on in the other ticket. A shadow of another desk's ticket never counts.

macro_rules! figures {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $field:ident),+ $(,)? }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$doc])* pub $field: i64),+
        }

        impl $name {
            /// The names of the figures, which are those of the columns, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

            /// The figures in the order of their names.
            pub fn values(&self) -> Vec<i64> {
                vec![$(self.$field),+]
            }

            /// Adds to the figure of this name; says whether there is one.
            pub fn add_to(&mut self, name: &str, value: i64) -> bool {
                match name {
                    $(stringify!($field) => self.$field += value,)+
                    _ => return false,
                }
                true
            }
        }

        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, more: Self) {
                $(self.$field += more.$field;)+
            }
        }
    };
}

figures! {
    /// What happened in a workspace within a bucket.
    Figures {
        /// Calls whose `started_at` is in it.
        calls,
        /// Of those calls, the ones that were answered.
        answered,
        /// Of those calls, the ones that were handed to a person.
        escalated,
        /// Of those calls, the ones that the voice agents resolved.
        resolved_by_ai,
        /// Of those calls, the ones whose caller hung up before anything came of it.
        abandoned,
        /// How long those calls lasted together, in seconds.
        call_seconds,
        /// Tickets whose `created_at` is in it, those that were merged later among them.
        tickets_created,
        /// Tickets whose `resolved_at` is in it. A ticket that is opened again has none, and counts in no bucket any more.
        tickets_resolved,
        /// Of the tickets whose `first_responded_at` is in it: whole seconds from the opening to the first public answer,
        /// together. An answer before the opening, which a merge can bring, counts as 0 seconds.
        first_response_seconds_sum,
        /// How many tickets those are.
        first_response_count,
        /// Of the tickets whose `resolved_at` is in it: whole seconds from the opening to the resolution, together, pauses
        /// among them.
        resolution_seconds_sum,
        /// How many tickets those are: the same as `tickets_resolved`.
        resolution_count,
        /// Tickets whose `sla_breached_at` is in it, whatever became of them.
        sla_breaches,
        /// Tickets whose `resolved_at` is in it, to which something was promised and every promise was kept.
        sla_met,
        /// Tickets whose `resolved_at` is in it, to which a promise was not kept. When it is not is said in `store/sla.rs`, for
        /// reports as well.
        sla_missed,
        /// Suggestions whose `created_at` is in it, however they ended.
        suggestions,
        /// Of those suggestions, the ones that a person accepted as they were, whenever that was.
        suggestions_accepted,
        /// Of those suggestions, the ones that a person used after changing them.
        suggestions_edited,
        /// Of those suggestions, the ones that a person rejected.
        suggestions_rejected,
        /// What models cost whose line of the ledger has its `created_at` in it, in micro-dollars.
        ai_cost_usd,
        /// What telephony cost whose line has its `created_at` in it, in micro-dollars: the carrier's price, or an estimate until it
        /// tells one.
        telephony_cost_usd,
        /// Tickets whose `created_at` is in it and whose newest analysis found the customer content.
        sentiment_positive,
        /// The same, neither content nor angry.
        sentiment_neutral,
        /// The same, angry or disappointed.
        sentiment_negative,
        /// Tickets whose `created_at` is in it, that are open now and have priority LOW. All buckets together are the backlog.
        open_low,
        /// The same with priority MEDIUM.
        open_medium,
        /// The same with priority HIGH.
        open_high,
        /// The same with priority URGENT.
        open_urgent,
    }
}

figures! {
    /// What a support agent, or a user who is none, did within a bucket.
    AgentFigures {
        /// Assignments to the support agent whose `assigned_at` is in it; two of one ticket count twice.
        assigned,
        /// Tickets whose `resolved_at` is in it and that are assigned to the support agent now.
        solved,
        /// Of those tickets: whole seconds from the opening to the resolution, together.
        resolution_seconds_sum,
        /// Tickets whose `first_responded_at` is in it and that are assigned to the support agent now.
        first_responses,
        /// Of those tickets: whole seconds from the opening to the first answer, together.
        first_response_seconds_sum,
        /// Public messages of the desk whose `created_at` is in it, by who wrote them.
        replies,
        /// Suggestions whose `created_at` is in it, that the user asked for and a person accepted.
        suggestions_accepted,
        /// The same, used after changing them.
        suggestions_edited,
        /// The same, rejected.
        suggestions_rejected,
    }
}

figures! {
    /// What a model was asked for one purpose within a bucket: the lines of the ledger whose `created_at` is in it.
    UsageFigures {
        /// Calls of the model.
        requests,
        /// Of those calls, the ones that failed.
        errors,
        /// Tokens that the model read.
        input_tokens,
        /// Of those tokens, the ones that the provider had in its cache.
        cached_input_tokens,
        /// Tokens that the model wrote.
        output_tokens,
        /// What it cost, in micro-dollars.
        cost_usd,
    }
}

impl Figures {
    /// Mean seconds from the opening to the first answer; none when nothing was answered.
    pub fn mean_first_response_seconds(&self) -> Option<f64> {
        share(self.first_response_seconds_sum, self.first_response_count)
    }

    /// Mean seconds from the opening to the resolution; none when nothing was resolved.
    pub fn mean_resolution_seconds(&self) -> Option<f64> {
        share(self.resolution_seconds_sum, self.resolution_count)
    }

    /// Which share of the resolved tickets to which something was promised had every promise kept; see [`compliance`].
    pub fn sla_compliance(&self) -> Option<f64> {
        compliance(self.sla_met, self.sla_missed)
    }

    /// Which share of the judged suggestions were used, as they were or changed, 0 to 1; none when none was judged.
    pub fn acceptance_rate(&self) -> Option<f64> {
        let used = self.suggestions_accepted + self.suggestions_edited;
        share(used, used + self.suggestions_rejected)
    }

    /// Open tickets of every priority.
    pub fn open(&self) -> i64 {
        self.open_low + self.open_medium + self.open_high + self.open_urgent
    }
}

/// Share of promises that were kept among those that are decided, 0 to 1; none when nothing is decided.
pub fn compliance(met: i64, breached: i64) -> Option<f64> {
    share(met, met + breached)
}

/// A part of a whole; none when the whole is nothing.
pub fn share(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_add_up_by_name() {
        let mut one = Figures { tickets_created: 2, ..Figures::default() };
        assert!(one.add_to("tickets_created", 3));
        assert!(!one.add_to("tickets_lost", 3));
        one += Figures { sla_met: 1, ..one };
        assert_eq!((one.tickets_created, one.sla_met), (10, 1));
        assert_eq!(Figures::NAMES.len(), one.values().len());
        assert_eq!(one.values().iter().sum::<i64>(), 11);
    }

    #[test]
    fn shares_of_nothing_are_none() {
        let none = Figures::default();
        assert_eq!((none.sla_compliance(), none.mean_resolution_seconds(), none.acceptance_rate()), (None, None, None));
        let some = Figures {
            sla_met: 3,
            sla_missed: 1,
            suggestions_accepted: 2,
            suggestions_edited: 1,
            suggestions_rejected: 1,
            first_response_seconds_sum: 90,
            first_response_count: 2,
            ..none
        };
        assert_eq!((some.sla_compliance(), some.acceptance_rate()), (Some(0.75), Some(0.75)));
        assert_eq!(some.mean_first_response_seconds(), Some(45.0));
        assert_eq!((compliance(0, 0), compliance(0, 2)), (None, Some(0.0)));
    }
}
