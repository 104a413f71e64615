//! Calls in figures: day by day how content callers were and what became of them, what models cost for them, and what each
//! voice agent did.

use std::ops::Range;

use patchcord_domain::call::AiResolution;
use patchcord_domain::copilot::Sentiment;
use patchcord_domain::days::Zone;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::Millis;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::{call_figures, metrics};

use crate::calls::{ANALYSIS, SUMMARY};
use crate::dashboard::{SUM_MAX, Span, whole_days};
use crate::error::require;
use crate::{App, AppError};

pub use patchcord_store::call_figures::AgentWork;

/// How many days are shown when nothing else is asked for.
const DAYS: i64 = 30;
/// What models are asked for because of a call: while it lasts, and for its record.
const PURPOSES: [&str; 5] = ["speech", "transcription", "conversation", SUMMARY, ANALYSIS];

/// The calls that began on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallDay {
    /// Such as `2026-11-24`.
    pub day: String,
    /// Its first moment, and the moment after its last.
    pub span: Range<Millis>,
    /// All of them.
    pub calls: i64,
    /// Those whose caller was content.
    pub positive: i64,
    /// Those whose caller was neither content nor angry.
    pub neutral: i64,
    /// Those whose caller was angry or disappointed.
    pub negative: i64,
    /// Those that the voice agents resolved.
    pub resolved: i64,
    /// Those of which a ticket came.
    pub ticketed: i64,
    /// Those that were handed to a person.
    pub escalated: i64,
    /// Those whose caller hung up before anything came of it.
    pub abandoned: i64,
    /// Those of which nobody can tell.
    pub unknown: i64,
    /// What models cost for calls, their summaries and analyses too, in micro-dollars.
    pub model_microusd: i64,
}

/// Calls of whole days.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFigures {
    /// The workspace's time zone.
    pub zone: Zone,
    /// Each day, oldest first, those without a call among them.
    pub days: Vec<CallDay>,
    /// What each voice agent did on those days.
    pub agents: Vec<AgentWork>,
}

impl App {
    /// The calls of the days that a span touches; without a span, of the last 30.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn call_figures(&self, actor: &Actor, span: &Span) -> Result<CallFigures, AppError> {
        require(actor, Role::Viewer)?;
        let zone = self.zone(actor).await?;
        let mut faults = Faults::default();
        let span = self.checked_span(&mut faults, zone, span, DAYS, SUM_MAX);
        faults.into_result(()).map_err(AppError::Invalid)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let named = whole_days(zone, span);
        let ranges: Vec<_> = named.iter().map(|(_, day)| day.clone()).collect();
        let (from, to) = (ranges.first().map_or(0, |day| day.start), ranges.last().map_or(0, |day| day.end));
        let costs = metrics::usage_by_day(tenant, &ranges).await?;
        let mut days: Vec<CallDay> = named
            .into_iter()
            .zip(costs)
            .map(|((day, span), usage)| {
                let speaking = usage.iter().filter(|(key, _)| PURPOSES.contains(&key.purpose.as_str()));
                let model_microusd = speaking.map(|(_, figures)| figures.cost_usd).sum();
                CallDay { day, span, model_microusd, ..CallDay::default() }
            })
            .collect();
        for tally in call_figures::tallies(tenant, from, to).await? {
            let at = tally.quarter * call_figures::QUARTER;
            let index = days.partition_point(|day| day.span.end <= at);
            let Some(day) = days.get_mut(index) else { continue };
            day.calls += tally.calls;
            match tally.sentiment.as_deref().and_then(Sentiment::parse) {
                Some(Sentiment::Positive) => day.positive += tally.calls,
                Some(Sentiment::Neutral) => day.neutral += tally.calls,
                Some(Sentiment::Negative) => day.negative += tally.calls,
                None => {}
            }
            *match AiResolution::parse(&tally.ai_resolution).unwrap_or(AiResolution::Unknown) {
                AiResolution::Resolved => &mut day.resolved,
                AiResolution::Ticketed => &mut day.ticketed,
                AiResolution::Escalated => &mut day.escalated,
                AiResolution::Abandoned => &mut day.abandoned,
                AiResolution::Unknown => &mut day.unknown,
            } += tally.calls;
        }
        Ok(CallFigures { zone, days, agents: call_figures::agents(tenant, from, to).await? })
    }
}
