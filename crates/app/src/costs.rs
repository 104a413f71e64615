//! What the models cost, for administrators: by day, by model, by purpose, and what is left of today's budget.

use std::collections::BTreeMap;

use patchcord_domain::metrics::{UsageFigures, share};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{DAY, Millis};
use patchcord_domain::user::{Actor, Role};
use patchcord_store::metrics;

use crate::dashboard::{SUM_MAX, Span, whole_days};
use crate::error::require;
use crate::{App, AppError};

/// How many days are shown when nothing else is asked for.
const DAYS: i64 = 30;

/// What a day cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCost {
    /// Such as `2026-11-24`.
    pub day: String,
    /// Its first moment.
    pub start: Millis,
    /// What was asked for and what it cost.
    pub usage: UsageFigures,
}

/// What the models cost within whole days.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// First moment.
    pub from: Millis,
    /// The moment after the last.
    pub to: Millis,
    /// Everything.
    pub total: UsageFigures,
    /// Each day, oldest first, those without any cost among them.
    pub days: Vec<DayCost>,
    /// By provider and model, the dearest first.
    pub models: Vec<((String, String), UsageFigures)>,
    /// By purpose, the dearest first.
    pub purposes: Vec<(String, UsageFigures)>,
    /// How many tickets were opened meanwhile.
    pub tickets_created: i64,
    /// Most that this day (UTC) may cost, in micro-dollars.
    pub budget_microusd: i64,
    /// What it has cost so far, in micro-dollars.
    pub spent_microusd: i64,
}

impl Costs {
    /// Mean cost of a ticket that was opened, in micro-dollars; none when none was.
    pub fn per_ticket_microusd(&self) -> Option<f64> {
        share(self.total.cost_usd, self.tickets_created)
    }
}

impl App {
    /// What the models cost on the days that a span touches; without a span, the last 30.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody but administrators; [`AppError::Invalid`] with every wrong field.
    pub async fn costs(&self, actor: &Actor, span: &Span) -> Result<Costs, AppError> {
        require(actor, Role::Admin)?;
        let settings = self.settings_of(&actor.workspace_id).await?;
        let zone = self.zone(actor).await?;
        let mut faults = Faults::default();
        let span = self.checked_span(&mut faults, zone, span, DAYS, SUM_MAX);
        faults.into_result(()).map_err(AppError::Invalid)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let named = whole_days(zone, span);
        let ranges: Vec<_> = named.iter().map(|(_, day)| day.clone()).collect();
        let by_day = metrics::usage_by_day(tenant, &ranges).await?;
        let (from, to) = (ranges.first().map_or(0, |day| day.start), ranges.last().map_or(0, |day| day.end));
        let (mut days, mut total) = (Vec::new(), UsageFigures::default());
        let (mut models, mut purposes) = (BTreeMap::new(), BTreeMap::new());
        for ((day, range), keys) in named.into_iter().zip(by_day) {
            let mut usage = UsageFigures::default();
            for (key, figures) in keys {
                usage += figures;
                *models.entry((key.provider, key.model)).or_insert_with(UsageFigures::default) += figures;
                *purposes.entry(key.purpose).or_insert_with(UsageFigures::default) += figures;
            }
            total += usage;
            days.push(DayCost { day, start: range.start, usage });
        }
        let now = self.clock.now();
        let today = metrics::usage(tenant, now - now.rem_euclid(DAY), now + 1).await?;
        Ok(Costs {
            from,
            to,
            total,
            days,
            models: dearest(models),
            purposes: dearest(purposes),
            tickets_created: metrics::desk(tenant, from, to).await?.tickets_created,
            budget_microusd: settings.daily_budget_microusd,
            spent_microusd: today.values().map(|figures| figures.cost_usd).sum(),
        })
    }
}

fn dearest<K>(sums: BTreeMap<K, UsageFigures>) -> Vec<(K, UsageFigures)> {
    let mut all: Vec<_> = sums.into_iter().collect();
    all.sort_by_key(|(_, figures)| (-figures.cost_usd, -figures.requests));
    all
}
