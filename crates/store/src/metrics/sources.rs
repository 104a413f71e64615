//! Where each figure comes from: one table, the moment that chooses the hour, and what is summed up.

use crate::sla::state;

/// Rows of one table that are counted by one moment of theirs.
pub(crate) struct Source {
    /// The table.
    pub(crate) table: &'static str,
    /// The column of the moment.
    pub(crate) at: &'static str,
    /// Which rows count.
    pub(crate) filter: &'static str,
    /// What tells the rows of an hour apart, in the order of the family's keys.
    pub(crate) keys: &'static [&'static str],
    /// Figures and what is summed up for them.
    pub(crate) sums: &'static [(&'static str, &'static str)],
}

/// Who wrote a message.
macro_rules! author {
    () => {
        "COALESCE(author_user_id, author_agent_id)"
    };
}
/// What the desk wrote to the customer.
macro_rules! reply {
    () => {
        "author_type = 'AGENT' AND NOT is_internal"
    };
}
pub(crate) const AUTHOR: &str = author!();
pub(crate) const REPLY: &str = reply!();

/// A shadow of another desk's ticket is none of this desk's.
const OWN: &str = "remote_id IS NULL";
/// The work on a merged ticket goes on in another one.
const OWN_WORK: &str = "remote_id IS NULL AND merged_into_id IS NULL";
/// Tickets with where their two clocks stand. Those of a resolved ticket have ended, so that the present moment does not matter.
const PROMISES: &str = concat!(
    "(SELECT t.workspace_id, t.resolved_at, t.remote_id, t.merged_into_id, ",
    state!("first_response", "NULL"),
    " AS first, ",
    state!("resolution", "NULL"),
    " AS last FROM tickets t JOIN ticket_slas s ON s.workspace_id = t.workspace_id AND s.ticket_id = t.id) AS promises"
);
const RESOLUTION: &str = "CASE WHEN resolved_at > created_at THEN (resolved_at - created_at) / 1000 ELSE 0 END";
const FIRST_RESPONSE: &str =
    "CASE WHEN first_responded_at > created_at THEN (first_responded_at - created_at) / 1000 ELSE 0 END";

/// What happened in the workspace.
pub(crate) const DESK: &[Source] = &[
    Source {
        table: "tickets",
        at: "created_at",
        filter: OWN,
        keys: &[],
        sums: &[
            ("tickets_created", "1"),
            ("sentiment_positive", "CASE sentiment WHEN 'positive' THEN 1 ELSE 0 END"),
            ("sentiment_neutral", "CASE sentiment WHEN 'neutral' THEN 1 ELSE 0 END"),
            ("sentiment_negative", "CASE sentiment WHEN 'negative' THEN 1 ELSE 0 END"),
            ("open_low", "CASE WHEN priority = 'LOW' AND status NOT IN ('RESOLVED', 'CLOSED') THEN 1 ELSE 0 END"),
            ("open_medium", "CASE WHEN priority = 'MEDIUM' AND status NOT IN ('RESOLVED', 'CLOSED') THEN 1 ELSE 0 END"),
            ("open_high", "CASE WHEN priority = 'HIGH' AND status NOT IN ('RESOLVED', 'CLOSED') THEN 1 ELSE 0 END"),
            ("open_urgent", "CASE WHEN priority = 'URGENT' AND status NOT IN ('RESOLVED', 'CLOSED') THEN 1 ELSE 0 END"),
        ],
    },
    Source {
        table: "tickets",
        at: "resolved_at",
        filter: OWN_WORK,
        keys: &[],
        sums: &[("tickets_resolved", "1"), ("resolution_count", "1"), ("resolution_seconds_sum", RESOLUTION)],
    },
    Source {
        table: PROMISES,
        at: "resolved_at",
        filter: OWN_WORK,
        keys: &[],
        sums: &[
            ("sla_met", "CASE WHEN first <> 1 AND last <> 1 AND first + last > 0 THEN 1 ELSE 0 END"),
            ("sla_missed", "CASE WHEN first = 1 OR last = 1 THEN 1 ELSE 0 END"),
        ],
    },
    Source {
        table: "tickets",
        at: "first_responded_at",
        filter: OWN_WORK,
        keys: &[],
        sums: &[("first_response_count", "1"), ("first_response_seconds_sum", FIRST_RESPONSE)],
    },
    Source { table: "tickets", at: "sla_breached_at", filter: OWN_WORK, keys: &[], sums: &[("sla_breaches", "1")] },
    Source {
        table: "ai_suggestions",
        at: "created_at",
        filter: "TRUE",
        keys: &[],
        sums: &[
            ("suggestions", "1"),
            ("suggestions_accepted", "CASE feedback WHEN 'ACCEPTED' THEN 1 ELSE 0 END"),
            ("suggestions_edited", "CASE feedback WHEN 'EDITED' THEN 1 ELSE 0 END"),
            ("suggestions_rejected", "CASE feedback WHEN 'REJECTED' THEN 1 ELSE 0 END"),
        ],
    },
    Source {
        table: "ai_usage_logs",
        at: "created_at",
        filter: "TRUE",
        keys: &[],
        sums: &[("ai_cost_usd", "cost_usd")],
    },
    Source {
        table: "calls",
        at: "started_at",
        filter: "TRUE",
        keys: &[],
        sums: &[
            ("calls", "1"),
            ("answered", "CASE WHEN answered_at IS NOT NULL THEN 1 ELSE 0 END"),
            ("escalated", "CASE WHEN was_escalated THEN 1 ELSE 0 END"),
            ("resolved_by_ai", "CASE ai_resolution WHEN 'RESOLVED' THEN 1 ELSE 0 END"),
            ("abandoned", "CASE ai_resolution WHEN 'ABANDONED' THEN 1 ELSE 0 END"),
            ("call_seconds", "COALESCE(duration_seconds, 0)"),
        ],
    },
    Source {
        table: "twilio_usage_logs",
        at: "created_at",
        filter: "TRUE",
        keys: &[],
        sums: &[("telephony_cost_usd", "price_usd")],
    },
];

/// What support agents and users did. The key is the id of either.
pub(crate) const AGENTS: &[Source] = &[
    Source {
        table: "ticket_assignments",
        at: "assigned_at",
        filter: "TRUE",
        keys: &["support_agent_id"],
        sums: &[("assigned", "1")],
    },
    Source {
        table: "tickets",
        at: "resolved_at",
        filter: "remote_id IS NULL AND merged_into_id IS NULL AND assignee_id IS NOT NULL",
        keys: &["assignee_id"],
        sums: &[("solved", "1"), ("resolution_seconds_sum", RESOLUTION)],
    },
    Source {
        table: "tickets",
        at: "first_responded_at",
        filter: "remote_id IS NULL AND merged_into_id IS NULL AND assignee_id IS NOT NULL",
        keys: &["assignee_id"],
        sums: &[("first_responses", "1"), ("first_response_seconds_sum", FIRST_RESPONSE)],
    },
    Source {
        table: "ticket_messages",
        at: "created_at",
        filter: concat!(reply!(), " AND ", author!(), " IS NOT NULL"),
        keys: &[AUTHOR],
        sums: &[("replies", "1")],
    },
    Source {
        table: "ai_suggestions",
        at: "created_at",
        filter: "requested_by IS NOT NULL AND feedback IS NOT NULL",
        keys: &["requested_by"],
        sums: &[
            ("suggestions_accepted", "CASE feedback WHEN 'ACCEPTED' THEN 1 ELSE 0 END"),
            ("suggestions_edited", "CASE feedback WHEN 'EDITED' THEN 1 ELSE 0 END"),
            ("suggestions_rejected", "CASE feedback WHEN 'REJECTED' THEN 1 ELSE 0 END"),
        ],
    },
];

/// What models were asked for.
pub(crate) const USAGE: &[Source] = &[Source {
    table: "ai_usage_logs",
    at: "created_at",
    filter: "TRUE",
    keys: &["provider", "model", "purpose"],
    sums: &[
        ("requests", "1"),
        ("errors", "CASE WHEN error IS NOT NULL THEN 1 ELSE 0 END"),
        ("input_tokens", "input_tokens"),
        ("cached_input_tokens", "cached_input_tokens"),
        ("output_tokens", "output_tokens"),
        ("cost_usd", "cost_usd"),
    ],
}];

#[cfg(test)]
mod tests {
    use super::super::Family;
    use patchcord_domain::metrics::{AgentFigures, Figures, UsageFigures};

    fn check<F: Family>() -> Vec<&'static str> {
        let summed: Vec<&str> = F::SOURCES.iter().flat_map(|source| source.sums).map(|(name, _)| *name).collect();
        for name in &summed {
            assert!(F::NAMES.contains(name), "{name}");
            assert_eq!(summed.iter().filter(|other| other == &name).count(), 1, "{name}");
        }
        assert!(F::SOURCES.iter().all(|source| source.keys.len() == F::KEYS.len()));
        F::NAMES.iter().copied().filter(|name| !summed.contains(name)).collect()
    }

    #[test]
    fn each_figure_has_one_source() {
        assert!(check::<Figures>().is_empty());
        assert!(check::<AgentFigures>().is_empty());
        assert!(check::<UsageFigures>().is_empty());
    }
}
