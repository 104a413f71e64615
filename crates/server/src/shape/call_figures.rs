//! Figures of calls on the wire: money in dollars, times in seconds.

use patchcord_app::call_figures::{AgentWork, CallDay, CallFigures};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::dollars;

/// Calls of whole days.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallFiguresRow {
    /// The workspace's time zone, in which days begin at midnight.
    timezone: String,
    /// Each day, oldest first, those without a call among them.
    days: Vec<CallDayRow>,
    /// What each voice agent did on those days; who had most calls is first.
    agents: Vec<VoiceAgentRow>,
}

/// The calls that began on a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallDayRow {
    #[schema(example = "2026-11-24")]
    day: String,
    /// First moment.
    from: String,
    /// The moment after the last.
    to: String,
    calls: i64,
    /// Calls by how content the caller was; those in which nothing was said are in none.
    positive: i64,
    neutral: i64,
    negative: i64,
    /// Calls by what became of the caller's problem.
    resolved: i64,
    ticketed: i64,
    escalated: i64,
    abandoned: i64,
    unknown: i64,
    /// What models cost for calls, their summaries and analyses too, in dollars; telephony is not in it.
    model_cost_usd: f64,
}

/// What a voice agent did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VoiceAgentRow {
    #[schema(example = "printer_agent")]
    agent: String,
    /// Calls that it had.
    calls: i64,
    /// Of those calls, the ones that the voice agents resolved.
    resolved: i64,
    /// Of those calls, the ones that were handed to a person.
    escalated: i64,
    /// How often it had a call.
    stays: i64,
    /// What was said meanwhile, by either side.
    turns: i64,
    /// Mean seconds of a stay.
    mean_seconds: f64,
    /// Stays that ended with another agent.
    handed_off: i64,
}

impl From<&CallDay> for CallDayRow {
    fn from(day: &CallDay) -> Self {
        Self {
            day: day.day.clone(),
            from: to_rfc3339(day.span.start),
            to: to_rfc3339(day.span.end),
            calls: day.calls,
            positive: day.positive,
            neutral: day.neutral,
            negative: day.negative,
            resolved: day.resolved,
            ticketed: day.ticketed,
            escalated: day.escalated,
            abandoned: day.abandoned,
            unknown: day.unknown,
            model_cost_usd: dollars(day.model_microusd),
        }
    }
}

impl From<&AgentWork> for VoiceAgentRow {
    fn from(work: &AgentWork) -> Self {
        Self {
            agent: work.agent.clone(),
            calls: work.calls,
            resolved: work.resolved,
            escalated: work.escalated,
            stays: work.stays,
            turns: work.turns,
            mean_seconds: work.ms as f64 / 1_000.0 / work.stays.max(1) as f64,
            handed_off: work.handed_off,
        }
    }
}

impl From<&CallFigures> for CallFiguresRow {
    fn from(figures: &CallFigures) -> Self {
        Self {
            timezone: figures.zone.name().to_owned(),
            days: figures.days.iter().map(CallDayRow::from).collect(),
            agents: figures.agents.iter().map(VoiceAgentRow::from).collect(),
        }
    }
}
