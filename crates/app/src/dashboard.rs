//! The dashboard: how the desk does today, over time, and who does what. Everything is read from figures that are kept by the
//! hour and the day; only what does not fill an hour is counted.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use patchcord_domain::days::Zone;
use patchcord_domain::metrics::{AgentFigures, Figures};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{DAY, HOUR, Millis, from_rfc3339};
use patchcord_domain::user::{Actor, Role};
use patchcord_store::metrics::{self, Backlog};
use patchcord_store::rows::{SupportAgent, User};
use patchcord_store::{directory, users, workspaces};

use crate::error::require;
use crate::{App, AppError};

pub use patchcord_store::metrics::Granularity;

/// Longest span of hours and of days that is shown, in days.
const HOURS_MAX: i64 = 32;
const DAYS_MAX: i64 = 400;
/// Longest span over which agents and costs are summed up, in days.
pub(crate) const SUM_MAX: i64 = 100;
/// How many days are shown when nothing else is asked for.
const DAYS: i64 = 30;

/// A span of time as it was sent: RFC 3339 or a date of the workspace's calendar. What is absent is chosen by the use case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// At or after.
    pub from: Option<String>,
    /// Before.
    pub to: Option<String>,
}

/// What happened within a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First moment.
    pub from: Millis,
    /// The moment after the last.
    pub to: Millis,
    /// What happened.
    pub figures: Figures,
}

/// How the desk does today.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The workspace's time zone.
    pub zone: Zone,
    /// From midnight until now.
    pub today: Period,
    /// The day before, until the same time.
    pub yesterday: Period,
    /// The same day of the week before, until the same time.
    pub last_week: Period,
    /// What is open now.
    pub backlog: Backlog,
    /// When the oldest open ticket was opened.
    pub oldest_open_at: Option<Millis>,
}

/// Buckets without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The workspace's time zone.
    pub zone: Zone,
    /// What the buckets are.
    pub granularity: Granularity,
    /// The buckets, oldest first.
    pub buckets: Vec<Period>,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentLine {
    /// The support agent; none for a user who is none.
    pub support_agent: Option<SupportAgent>,
    /// The user, when there is one.
    pub user: Option<User>,
    /// What they did within the span.
    pub figures: AgentFigures,
    /// Open tickets that are assigned to them now.
    pub open_now: i64,
}

/// What everybody did.
#[derive(Debug, Clone, PartialEq)]
pub struct Agents {
    /// First moment.
    pub from: Millis,
    /// The moment after the last.
    pub to: Millis,
    /// Who solved most is first.
    pub lines: Vec<AgentLine>,
}

impl App {
    /// How the desk does today, against yesterday and the same day last week up to the same time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overview(&self, actor: &Actor) -> Result<Overview, AppError> {
        require(actor, Role::Viewer)?;
        let zone = self.zone(actor).await?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let now = self.clock.now();
        let period = async |days: u64| {
            let to = if days == 0 { now } else { zone.same_clock_before(now, days) };
            let from = zone.days_before(now, days);
            Ok::<_, AppError>(Period { from, to, figures: metrics::desk(tenant, from, to).await? })
        };
        Ok(Overview {
            zone,
            today: period(0).await?,
            yesterday: period(1).await?,
            last_week: period(7).await?,
            backlog: metrics::backlog(tenant, now).await?,
            oldest_open_at: metrics::oldest_open(tenant).await?,
        })
    }

    /// Figures by the hour or the day. Hours begin on the hours of UTC, days at midnight in the workspace's zone; the first
    /// and the last bucket are whole ones. Without a span it is the last 24 hours, or the last 30 days.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn metric_series(&self, actor: &Actor, granularity: &str, span: &Span) -> Result<Series, AppError> {
        require(actor, Role::Viewer)?;
        let zone = self.zone(actor).await?;
        let mut faults = Faults::default();
        let granularity = match granularity.to_ascii_lowercase().as_str() {
            "hour" => Granularity::Hour,
            "day" => Granularity::Day,
            _ => {
                faults.add("granularity", "must be hour or day");
                Granularity::Day
            }
        };
        let (days, longest) = if granularity == Granularity::Hour { (1, HOURS_MAX) } else { (DAYS, DAYS_MAX) };
        let span = self.checked_span(&mut faults, zone, span, days, longest);
        faults.into_result(()).map_err(AppError::Invalid)?;
        let whole = buckets(zone, granularity, span);
        let (from, to) = (whole.first().map_or(0, |first| first.start), whole.last().map_or(0, |last| last.end));
        let tenant = self.store.tenant(&actor.workspace_id);
        let found = metrics::series(tenant, granularity, from, to, whole.len() as u64).await?;
        let found: HashMap<Millis, Figures> = found.into_iter().map(|bucket| (bucket.start, bucket.figures)).collect();
        let filled = whole.into_iter().map(|bucket| Period {
            from: bucket.start,
            to: bucket.end,
            figures: found.get(&bucket.start).copied().unwrap_or_default(),
        });
        Ok(Series { zone, granularity, buckets: filled.collect() })
    }

    /// What each support agent did, and each user who is none but did something. Without a span it is the last 30 days.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn agent_figures(&self, actor: &Actor, span: &Span) -> Result<Agents, AppError> {
        require(actor, Role::Viewer)?;
        let zone = self.zone(actor).await?;
        let mut faults = Faults::default();
        let span = self.checked_span(&mut faults, zone, span, DAYS, SUM_MAX);
        faults.into_result(()).map_err(AppError::Invalid)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let mut figures = metrics::agents(tenant, span.start, span.end).await?;
        let mut open = metrics::open_by_agent(tenant).await?;
        let agents = directory::all_support_agents(tenant).await?;
        let mut ids: Vec<String> = agents.iter().filter_map(|agent| agent.user_id.clone()).collect();
        ids.extend(figures.keys().filter(|id| !agents.iter().any(|agent| agent.id == **id)).cloned());
        let ids = crate::tickets::unique(ids);
        let mut people: BTreeMap<String, User> = BTreeMap::new();
        for part in ids.chunks(500) {
            people.extend(users::some(tenant, part).await?.into_iter().map(|user| (user.id.clone(), user)));
        }
        let mut lines = Vec::new();
        for agent in agents {
            let user = agent.user_id.as_ref().and_then(|id| people.remove(id));
            let mut sum = figures.remove(&agent.id).unwrap_or_default();
            sum += user.as_ref().and_then(|user| figures.remove(&user.id)).unwrap_or_default();
            let open_now = open.remove(&agent.id).unwrap_or(0);
            lines.push(AgentLine { support_agent: Some(agent), user, figures: sum, open_now });
        }
        let others = people.into_values().filter_map(|user| {
            let figures = figures.remove(&user.id)?;
            Some(AgentLine { support_agent: None, user: Some(user), figures, open_now: 0 })
        });
        lines.extend(others);
        lines.sort_by_cached_key(|line| (-line.figures.solved, -line.figures.replies, line.name().to_owned()));
        Ok(Agents { from: span.start, to: span.end, lines })
    }

    pub(crate) async fn zone(&self, actor: &Actor) -> Result<Zone, AppError> {
        let workspace = workspaces::own(self.store.tenant(&actor.workspace_id)).await?;
        Ok(Zone::named(&workspace.ok_or(AppError::NotFound("workspace"))?.timezone))
    }

    /// The span that was asked for, or the last `days` days with today; faults are noted when it is longer than `longest`.
    pub(crate) fn checked_span(
        &self,
        faults: &mut Faults,
        zone: Zone,
        span: &Span,
        days: i64,
        longest: i64,
    ) -> Range<Millis> {
        let now = self.clock.now();
        let mut read = |field: &str, text: Option<&str>| {
            let at = text.map(|text| moment(zone, text));
            if at == Some(None) {
                faults.add(field, "must be a time such as 2026-11-24T09:30:00Z, or a date such as 2026-11-24");
            }
            at.flatten()
        };
        let (from, to) = (read("from", span.from.as_deref()), read("to", span.to.as_deref()));
        let end = to.unwrap_or(match from {
            Some(from) if from > now => from + DAY,
            _ => now,
        });
        let start = from.unwrap_or_else(|| match days {
            1 => end - DAY,
            _ => zone.days_before(end - 1, days.unsigned_abs() - 1),
        });
        if start >= end {
            faults.add("to", "must be later than from");
        } else if end - start > longest * DAY + HOUR {
            faults.add("from", format!("the span may have {longest} days at most"));
        }
        start..end
    }
}

impl AgentLine {
    /// The name of the support agent, or of the user.
    pub fn name(&self) -> &str {
        let agent = self.support_agent.as_ref().map(|agent| agent.name.as_str());
        agent.or(self.user.as_ref().map(|user| user.name.as_str())).unwrap_or_default()
    }
}

/// A date is the first moment of that day in the workspace's zone. Times before 1970 and after the year 9000 are none.
fn moment(zone: Zone, text: &str) -> Option<Millis> {
    let at = if text.len() == 10 { zone.date(text)? } else { from_rfc3339(text)? };
    (-DAY..=7_000 * 366 * DAY).contains(&at).then_some(at)
}

/// The whole buckets that a span touches.
fn buckets(zone: Zone, granularity: Granularity, span: Range<Millis>) -> Vec<Range<Millis>> {
    let around = |at: Millis| match granularity {
        Granularity::Hour => (at.div_euclid(HOUR) * HOUR, at.div_euclid(HOUR) * HOUR + HOUR),
        Granularity::Day => zone.day_around(at),
    };
    let (mut buckets, mut at) = (Vec::new(), span.start);
    while at < span.end {
        let (start, end) = around(at);
        buckets.push(start..end);
        at = end;
    }
    buckets
}

/// The days that a span touches, whole, with their dates.
pub(crate) fn whole_days(zone: Zone, span: Range<Millis>) -> Vec<(String, Range<Millis>)> {
    let days = buckets(zone, Granularity::Day, span).into_iter();
    days.map(|day| (zone.shown(day.start), day)).collect()
}
