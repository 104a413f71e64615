//! Figures on the wire: money in dollars, times in seconds, shares from 0 to 1; null where there is nothing to divide by.

use patchcord_app::customer_metrics::CustomerLine;
use patchcord_app::dashboard::{AgentLine, Agents, Granularity, Overview, Period, Series};
use patchcord_domain::metrics::{Figures, share};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ref, dollars, time};

/// What happened within a span of time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PeriodFigures {
    /// First moment.
    pub(crate) from: String,
    /// The moment after the last.
    pub(crate) to: String,
    /// Calls that began; this and the other figures of calls are 0 and null until there are calls.
    pub(crate) calls: i64,
    pub(crate) answered: i64,
    pub(crate) escalated: i64,
    pub(crate) resolved_by_ai: i64,
    pub(crate) abandoned: i64,
    pub(crate) call_seconds: i64,
    /// Share of the calls that were answered.
    #[schema(required)]
    pub(crate) answer_rate: Option<f64>,
    /// Share of the answered calls that the voice agents resolved.
    #[schema(required)]
    pub(crate) ai_resolution_rate: Option<f64>,
    /// Mean length of the answered calls, in seconds.
    #[schema(required)]
    pub(crate) mean_handle_seconds: Option<f64>,
    /// Tickets that were opened.
    pub(crate) tickets_created: i64,
    /// Tickets that were resolved and are resolved still.
    pub(crate) tickets_resolved: i64,
    /// Tickets that got their first public answer.
    pub(crate) first_responses: i64,
    /// Mean seconds from the opening to that answer.
    #[schema(required)]
    pub(crate) mean_first_response_seconds: Option<f64>,
    /// Mean seconds from the opening to the resolution.
    #[schema(required)]
    pub(crate) mean_resolution_seconds: Option<f64>,
    /// Tickets that breached a service level.
    pub(crate) sla_breaches: i64,
    /// Resolved tickets that kept theirs.
    pub(crate) sla_met: i64,
    /// Resolved tickets that did not.
    pub(crate) sla_missed: i64,
    /// Share of those that kept it.
    #[schema(required)]
    pub(crate) sla_compliance: Option<f64>,
    /// Suggestions that the copilot was asked for.
    pub(crate) suggestions: i64,
    /// Of those, the ones that people accepted as they were.
    pub(crate) suggestions_accepted: i64,
    /// Used after changing them.
    pub(crate) suggestions_edited: i64,
    /// Rejected.
    pub(crate) suggestions_rejected: i64,
    /// Share of the judged ones that were used, as they were or changed.
    #[schema(required)]
    pub(crate) acceptance_rate: Option<f64>,
    /// Opened tickets by how content the customer is, where an analysis says so.
    pub(crate) sentiment: SentimentFigures,
    /// What models cost, in dollars.
    pub(crate) ai_cost_usd: f64,
    /// What telephony cost, in dollars.
    pub(crate) telephony_cost_usd: f64,
}

/// Tickets by how content the customer is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentimentFigures {
    pub(crate) positive: i64,
    pub(crate) neutral: i64,
    pub(crate) negative: i64,
}

impl From<&Period> for PeriodFigures {
    fn from(period: &Period) -> Self {
        let figures: &Figures = &period.figures;
        Self {
            from: to_rfc3339(period.from),
            to: to_rfc3339(period.to),
            calls: figures.calls,
            answered: figures.answered,
            escalated: figures.escalated,
            resolved_by_ai: figures.resolved_by_ai,
            abandoned: figures.abandoned,
            call_seconds: figures.call_seconds,
            answer_rate: share(figures.answered, figures.calls),
            ai_resolution_rate: share(figures.resolved_by_ai, figures.answered),
            mean_handle_seconds: share(figures.call_seconds, figures.answered),
            tickets_created: figures.tickets_created,
            tickets_resolved: figures.tickets_resolved,
            first_responses: figures.first_response_count,
            mean_first_response_seconds: figures.mean_first_response_seconds(),
            mean_resolution_seconds: figures.mean_resolution_seconds(),
            sla_breaches: figures.sla_breaches,
            sla_met: figures.sla_met,
            sla_missed: figures.sla_missed,
            sla_compliance: figures.sla_compliance(),
            suggestions: figures.suggestions,
            suggestions_accepted: figures.suggestions_accepted,
            suggestions_edited: figures.suggestions_edited,
            suggestions_rejected: figures.suggestions_rejected,
            acceptance_rate: figures.acceptance_rate(),
            sentiment: SentimentFigures {
                positive: figures.sentiment_positive,
                neutral: figures.sentiment_neutral,
                negative: figures.sentiment_negative,
            },
            ai_cost_usd: dollars(figures.ai_cost_usd),
            telephony_cost_usd: dollars(figures.telephony_cost_usd),
        }
    }
}

/// How the desk does today.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OverviewRow {
    /// The workspace's time zone, in which days begin at midnight.
    timezone: String,
    /// From midnight until now.
    today: PeriodFigures,
    /// The day before, until the same time.
    yesterday: PeriodFigures,
    /// The same day of the week before, until the same time.
    last_week: PeriodFigures,
    /// What is open now.
    open: OpenFigures,
}

/// Open tickets.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenFigures {
    total: i64,
    by_priority: PriorityFigures,
    by_age: AgeFigures,
    /// When the oldest of them was opened.
    #[schema(required)]
    oldest_at: Option<String>,
}

/// Tickets by priority.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct PriorityFigures {
    low: i64,
    medium: i64,
    high: i64,
    urgent: i64,
}

/// Tickets by how long ago they were opened, each in one group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgeFigures {
    /// Within the last 24 hours.
    within_one_day: i64,
    within_three_days: i64,
    within_seven_days: i64,
    within_thirty_days: i64,
    older: i64,
}

impl From<&Overview> for OverviewRow {
    fn from(overview: &Overview) -> Self {
        let open = &overview.backlog.open;
        let [one, three, seven, thirty, older] = overview.backlog.by_age;
        Self {
            timezone: overview.zone.name().to_owned(),
            today: (&overview.today).into(),
            yesterday: (&overview.yesterday).into(),
            last_week: (&overview.last_week).into(),
            open: OpenFigures {
                total: open.open(),
                by_priority: PriorityFigures {
                    low: open.open_low,
                    medium: open.open_medium,
                    high: open.open_high,
                    urgent: open.open_urgent,
                },
                by_age: AgeFigures {
                    within_one_day: one,
                    within_three_days: three,
                    within_seven_days: seven,
                    within_thirty_days: thirty,
                    older,
                },
                oldest_at: time(overview.oldest_open_at),
            },
        }
    }
}

/// Figures over time, without gaps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeriesRow {
    /// The workspace's time zone, in which days begin at midnight.
    timezone: String,
    /// `hour` or `day`.
    granularity: String,
    /// Oldest first.
    items: Vec<BucketRow>,
}

/// One hour or day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BucketRow {
    /// The date in the workspace's zone.
    #[schema(example = "2026-11-24")]
    pub(crate) day: String,
    #[serde(flatten)]
    pub(crate) figures: PeriodFigures,
}

/// The buckets of a series.
pub(crate) fn bucket_rows(series: &Series) -> Vec<BucketRow> {
    let row = |period: &Period| BucketRow { day: series.zone.shown(period.from), figures: period.into() };
    series.buckets.iter().map(row).collect()
}

impl From<&Series> for SeriesRow {
    fn from(series: &Series) -> Self {
        let granularity = match series.granularity {
            Granularity::Hour => "hour",
            Granularity::Day => "day",
        };
        Self {
            timezone: series.zone.name().to_owned(),
            granularity: granularity.to_owned(),
            items: bucket_rows(series),
        }
    }
}

/// What everybody did within a span of time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentsRow {
    /// First moment.
    from: String,
    /// The moment after the last.
    to: String,
    /// Who solved most is first.
    items: Vec<AgentRow>,
}

/// What a support agent did, or a user who is none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentRow {
    pub(crate) name: String,
    /// The support agent; null for a user who is none.
    #[schema(required)]
    pub(crate) support_agent: Option<Ref>,
    /// BOT or HUMAN.
    #[schema(required)]
    pub(crate) kind: Option<String>,
    /// The user, when there is one.
    #[schema(required)]
    pub(crate) user: Option<Ref>,
    /// How often tickets were assigned to them.
    pub(crate) assigned: i64,
    /// Tickets of theirs that were resolved and are resolved still.
    pub(crate) solved: i64,
    /// Mean seconds from the opening of those tickets to their resolution.
    #[schema(required)]
    pub(crate) mean_resolution_seconds: Option<f64>,
    /// Tickets of theirs that got their first public answer.
    pub(crate) first_responses: i64,
    /// Mean seconds from the opening of those tickets to that answer.
    #[schema(required)]
    pub(crate) mean_first_response_seconds: Option<f64>,
    /// Public messages that they wrote.
    pub(crate) replies: i64,
    /// Open tickets that are theirs now.
    pub(crate) open_now: i64,
    /// Suggestions that they asked for, by what became of them.
    pub(crate) suggestions_accepted: i64,
    pub(crate) suggestions_edited: i64,
    pub(crate) suggestions_rejected: i64,
}

impl From<&AgentLine> for AgentRow {
    fn from(line: &AgentLine) -> Self {
        let figures = &line.figures;
        let agent = line.support_agent.as_ref();
        Self {
            name: line.name().to_owned(),
            support_agent: agent.map(|agent| Ref { id: agent.id.clone(), name: agent.name.clone() }),
            kind: agent.map(|agent| agent.kind.clone()),
            user: line.user.as_ref().map(|user| Ref { id: user.id.clone(), name: user.name.clone() }),
            assigned: figures.assigned,
            solved: figures.solved,
            mean_resolution_seconds: share(figures.resolution_seconds_sum, figures.solved),
            first_responses: figures.first_responses,
            mean_first_response_seconds: share(figures.first_response_seconds_sum, figures.first_responses),
            replies: figures.replies,
            open_now: line.open_now,
            suggestions_accepted: figures.suggestions_accepted,
            suggestions_edited: figures.suggestions_edited,
            suggestions_rejected: figures.suggestions_rejected,
        }
    }
}

impl From<&Agents> for AgentsRow {
    fn from(agents: &Agents) -> Self {
        let items = agents.lines.iter().map(AgentRow::from).collect();
        Self { from: to_rfc3339(agents.from), to: to_rfc3339(agents.to), items }
    }
}

/// What an organization or contact is to the desk.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerRow {
    /// Id of the organization or contact.
    id: String,
    name: String,
    organization_id: String,
    /// Null for organizations.
    #[schema(required)]
    contact_id: Option<String>,
    calls: i64,
    tickets: i64,
    open_tickets: i64,
    /// From -1, always angry, to 1, always content; null when no analysis says.
    #[schema(required)]
    average_sentiment: Option<f64>,
    /// When the last message of their tickets was written.
    last_contact_at: String,
}

impl CustomerRow {
    pub(crate) fn average(line: &CustomerLine) -> Option<f64> {
        (line.sentiment_count > 0).then(|| line.average_sentiment as f64 / 1_000.0)
    }
}

impl From<&CustomerLine> for CustomerRow {
    fn from(line: &CustomerLine) -> Self {
        Self {
            id: line.id.clone(),
            name: line.name.clone(),
            organization_id: line.organization_id.clone(),
            contact_id: line.contact_id.clone(),
            calls: line.calls,
            tickets: line.tickets,
            open_tickets: line.open_tickets,
            average_sentiment: Self::average(line),
            last_contact_at: to_rfc3339(line.last_contact_at),
        }
    }
}
