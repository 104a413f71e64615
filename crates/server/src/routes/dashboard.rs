//! Insight: today, over time, by agent, by customer, costs, health.

use axum::Json;
use axum::extract::State;
use patchcord_app::customer_metrics::{CustomerQuery, CustomerSort, Kind};
use patchcord_app::dashboard::Span;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Params};
use crate::paging::{Page, cursor, wanted};
use crate::shape::{AgentsRow, CallFiguresRow, CostsRow, CustomerRow, OverviewRow, SeriesRow, SystemHealthRow};

/// A span of time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanQuery {
    /// RFC 3339, or a date in the workspace's zone; at or after. 30 days with today when absent.
    from: Option<String>,
    /// RFC 3339, or a date in the workspace's zone; before. Now when absent.
    to: Option<String>,
}

impl SpanQuery {
    pub(crate) fn span(self) -> Span {
        Span { from: self.from, to: self.to }
    }
}

/// Which buckets.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// `hour` or `day`; day when absent.
    granularity: Option<String>,
    /// RFC 3339, or a date in the workspace's zone; at or after. 24 hours or 30 days before `to` when absent.
    from: Option<String>,
    /// RFC 3339, or a date in the workspace's zone; before. Now when absent.
    to: Option<String>,
}

impl SeriesQuery {
    pub(crate) fn parts(self) -> (String, Span) {
        (self.granularity.unwrap_or_else(|| "day".into()), Span { from: self.from, to: self.to })
    }
}

/// How the desk does today against yesterday and the same day last week, up to the same time of the day; and what is open.
/// Figures are a few seconds old at most.
#[utoipa::path(get, path = "/api/dashboard/overview", tag = "insight", operation_id = "dashboard_overview",
    responses((status = 200, description = "The figures", body = OverviewRow)))]
pub(crate) async fn overview(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
) -> Result<Json<OverviewRow>, ApiError> {
    Ok(Json(OverviewRow::from(&desk.app.overview(&actor).await?)))
}

/// Figures by the hour (32 days at most) or by the day (400 days at most), without gaps. Hours are those of UTC, days begin at
/// midnight in the workspace's zone. The first and the last bucket are whole ones.
#[utoipa::path(get, path = "/api/dashboard/metrics", tag = "insight", operation_id = "dashboard_metrics", params(SeriesQuery),
    responses((status = 200, description = "The figures", body = SeriesRow)))]
pub(crate) async fn metrics(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SeriesQuery>,
) -> Result<Json<SeriesRow>, ApiError> {
    let (granularity, span) = params.parts();
    Ok(Json(SeriesRow::from(&desk.app.metric_series(&actor, &granularity, &span).await?)))
}

/// What each support agent did within a span of 100 days at most, and each user who is none but did something.
#[utoipa::path(get, path = "/api/dashboard/agents", tag = "insight", operation_id = "dashboard_agents", params(SpanQuery),
    responses((status = 200, description = "The figures", body = AgentsRow)))]
pub(crate) async fn agents(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SpanQuery>,
) -> Result<Json<AgentsRow>, ApiError> {
    Ok(Json(AgentsRow::from(&desk.app.agent_figures(&actor, &params.span()).await?)))
}

/// The calls of the days that a span of 100 days at most touches: by mood, by what became of them, and by voice agent.
#[utoipa::path(get, path = "/api/dashboard/calls", tag = "insight", operation_id = "dashboard_calls", params(SpanQuery),
    responses((status = 200, description = "The figures", body = CallFiguresRow)))]
pub(crate) async fn calls(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SpanQuery>,
) -> Result<Json<CallFiguresRow>, ApiError> {
    Ok(Json(CallFiguresRow::from(&desk.app.call_figures(&actor, &params.span()).await?)))
}

/// What the models cost on the days that a span of 100 days at most touches: by day, model and purpose, by ticket, and what is
/// left of today's budget.
#[utoipa::path(get, path = "/api/dashboard/costs", tag = "insight", operation_id = "dashboard_costs", params(SpanQuery),
    responses((status = 200, description = "The costs", body = CostsRow)))]
pub(crate) async fn costs(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Params(params): Params<SpanQuery>,
) -> Result<Json<CostsRow>, ApiError> {
    Ok(Json(CostsRow::from(&desk.app.costs(&actor, &params.span()).await?)))
}

/// Which customers, in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomersQuery {
    /// `ORGANIZATION` or `CONTACT`; organizations when absent.
    kind: Option<String>,
    /// `tickets`, `openTickets`, `averageSentiment` or `lastContactAt`, with `-` in front for the greatest first; `-tickets`
    /// when absent.
    sort: Option<String>,
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// Rows to pass over, at most 10,000.
    offset: Option<u64>,
    /// The page, counted from 1, instead of an offset.
    page: Option<u64>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// `exact` counts them all.
    count: Option<String>,
}

impl CustomersQuery {
    /// Kind and order.
    pub(crate) fn query(&self) -> Result<CustomerQuery, ApiError> {
        let kind = match &self.kind {
            None => Kind::Organization,
            Some(text) => {
                Kind::parse(text).ok_or_else(|| ApiError::invalid("kind", "must be ORGANIZATION or CONTACT"))?
            }
        };
        let text = self.sort.as_deref().unwrap_or("-tickets");
        let (descending, field) = text.strip_prefix('-').map_or((false, text), |field| (true, field));
        let sort = match field {
            "tickets" => CustomerSort::Tickets,
            "openTickets" => CustomerSort::OpenTickets,
            "averageSentiment" => CustomerSort::AverageSentiment,
            "lastContactAt" => CustomerSort::LastContactAt,
            _ => {
                let allowed = "must be tickets, openTickets, averageSentiment or lastContactAt, with - in front or not";
                return Err(ApiError::invalid("sort", allowed));
            }
        };
        Ok(CustomerQuery { kind, sort, descending, ..CustomerQuery::default() })
    }

    /// Whether a page was asked for.
    pub(crate) fn has_page(&self) -> bool {
        self.limit.is_some()
            || self.offset.is_some()
            || self.page.is_some()
            || self.cursor.is_some()
            || self.count.is_some()
    }
}

/// Organizations or contacts that have or had tickets: how many, how many open, how content they are, when they were last in
/// contact. Figures are a minute old at most.
#[utoipa::path(get, path = "/api/dashboard/customers", tag = "insight", operation_id = "dashboard_customers",
    params(CustomersQuery), responses((status = 200, description = "A page of customers", body = Page<CustomerRow>)))]
pub(crate) async fn customers(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<CustomersQuery>,
) -> Result<Json<Page<CustomerRow>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let query = CustomerQuery { after: page.after, offset: page.offset, limit: page.limit, ..params.query()? };
    let found = desk.app.customer_figures(&actor, query, page.count).await?;
    let last = found.lines.last().filter(|_| found.has_more);
    Ok(Json(Page {
        next_cursor: last.map(|line| cursor(line.sort_value, &line.id)),
        items: found.lines.iter().map(CustomerRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        total: found.total,
    }))
}

/// How nodes, queue, database and model are.
#[utoipa::path(get, path = "/api/dashboard/health", tag = "insight", operation_id = "dashboard_health",
    responses((status = 200, description = "How everything is", body = SystemHealthRow)))]
pub(crate) async fn system_health(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
) -> Result<Json<SystemHealthRow>, ApiError> {
    Ok(Json(SystemHealthRow::from(&desk.app.system_health(&actor).await?)))
}
