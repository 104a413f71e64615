//! Tickets: list, open, read, change, and what belongs to one.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use patchcord_app::escalations::{AssignTo, NewEscalation};
use patchcord_app::messages::{NamedMessage, NewMessage};
use patchcord_app::rows::Escalation;
use patchcord_app::ticket_detail::Detail;
use patchcord_app::ticket_filters::Filters;
use patchcord_app::tickets::{NewTicket, TicketPatch};
use patchcord_app::{Answered, AppError};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, AsViewer, Body, Id, Params};
use crate::paging::{Items, Page, cursor, wanted};
use crate::shape::{self, EscalationRow, MessageRow, TicketDetail, TicketEventRow, TicketLine, TicketSuggestion};

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TicketQuery {
    /// OPEN, IN_PROGRESS, WAITING_ON_CUSTOMER, ESCALATED, RESOLVED, CLOSED.
    #[serde(default)]
    status: Vec<String>,
    /// LOW, MEDIUM, HIGH, URGENT.
    #[serde(default)]
    priority: Vec<String>,
    #[serde(default)]
    product_area: Vec<String>,
    /// WEB, EMAIL, CHAT, PHONE, API.
    #[serde(default)]
    channel: Vec<String>,
    /// Ids of support agents; `none` for tickets without one, `me` for those of whoever asks.
    #[serde(default)]
    assignee_id: Vec<String>,
    #[serde(default)]
    organization_id: Vec<String>,
    #[serde(default)]
    contact_id: Vec<String>,
    #[serde(default)]
    device_id: Vec<String>,
    #[serde(default)]
    tag: Vec<String>,
    /// positive, neutral, negative: how content the customer is by the newest analysis.
    #[serde(default)]
    sentiment: Vec<String>,
    /// accepted, edited, rejected, unjudged: what a person made of a suggestion of the copilot. The ticket has one such at least.
    #[serde(default)]
    copilot: Vec<String>,
    /// Together with `copilot`: the suggestion was asked for at or after. RFC 3339 or a date.
    copilot_from: Option<String>,
    /// Before.
    copilot_to: Option<String>,
    /// Together with `copilot`: the suggestion was asked for by one of these users; `me` for whoever asks now.
    #[serde(default)]
    copilot_by_id: Vec<String>,
    /// Ids of support agents, each with the user whom it stands for, or of users; `me` for whoever asks. One of them wrote to the
    /// customer in this ticket; internal notes do not count.
    #[serde(default)]
    replied_by_id: Vec<String>,
    /// Together with `repliedById`: it was written at or after. RFC 3339 or a date.
    replied_from: Option<String>,
    /// Before.
    replied_to: Option<String>,
    /// `breached`: a clock ran out. `due_soon`: a clock runs and ends within the next hour.
    sla: Option<String>,
    /// RFC 3339 or a date.
    created_from: Option<String>,
    created_to: Option<String>,
    /// Only tickets that were opened on this day of the week, 1 (Monday) to 7; together with `hour`, `timezone`, `createdFrom` and
    /// `createdTo`, which are 400 days apart at most.
    weekday: Option<u32>,
    /// Only tickets that were opened in this hour of the day, 0 to 23.
    hour: Option<u32>,
    /// The IANA time zone on whose clocks `weekday` and `hour` are read, at the beginning of each hour of UTC.
    timezone: Option<String>,
    resolved_from: Option<String>,
    resolved_to: Option<String>,
    first_responded_from: Option<String>,
    first_responded_to: Option<String>,
    /// Words that number, subject or messages must have.
    q: Option<String>,
    /// createdAt, updatedAt, number or priority; with `-` before it the largest comes first. `-createdAt` when absent.
    sort: Option<String>,
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `nextCursor` of the page before, instead of an offset.
    cursor: Option<String>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// Tickets that fit the filters.
#[utoipa::path(get, path = "/api/tickets", tag = "tickets", params(TicketQuery),
    responses((status = 200, description = "A page of tickets", body = Page<TicketLine>)))]
pub(crate) async fn list_tickets(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<TicketQuery>,
) -> Result<Json<Page<TicketLine>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let (filters, sort) = params.filters();
    let mut query = filters.query("", sort.as_deref()).map_err(AppError::Invalid)?;
    query.after.clone_from(&page.after);
    (query.limit, query.offset) = (page.limit, page.offset);
    let found = desk.app.list_tickets(&actor, query, page.count).await?;
    let next_cursor = found.lines.last().filter(|_| found.has_more).map(|line| cursor(line.sort_value, &line.id));
    Ok(Json(Page {
        items: found.lines.into_iter().map(TicketLine::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    }))
}

impl TicketQuery {
    /// The filters alone, and the order.
    pub(super) fn filters(self) -> (Filters, Option<String>) {
        let filters = Filters {
            status: self.status,
            priority: self.priority,
            product_area: self.product_area,
            channel: self.channel,
            assignee_id: self.assignee_id,
            organization_id: self.organization_id,
            contact_id: self.contact_id,
            device_id: self.device_id,
            tag: self.tag,
            sentiment: self.sentiment,
            copilot: self.copilot,
            copilot_from: self.copilot_from,
            copilot_to: self.copilot_to,
            copilot_by_id: self.copilot_by_id,
            replied_by_id: self.replied_by_id,
            replied_from: self.replied_from,
            replied_to: self.replied_to,
            sla: self.sla,
            created_from: self.created_from,
            created_to: self.created_to,
            weekday: self.weekday,
            hour: self.hour,
            timezone: self.timezone,
            resolved_from: self.resolved_from,
            resolved_to: self.resolved_to,
            first_responded_from: self.first_responded_from,
            first_responded_to: self.first_responded_to,
            q: self.q,
        };
        (filters, self.sort)
    }

    /// Whether a part of the list was asked for.
    pub(super) fn has_page(&self) -> bool {
        let named = self.cursor.is_some() || self.count.is_some();
        named || self.limit.is_some() || self.offset.is_some() || self.page.is_some()
    }
}

/// A new ticket.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TicketInput {
    /// 3 to 200 characters.
    #[schema(example = "VPN drops every 20 minutes")]
    subject: String,
    /// The first message, 1 to 10,000 characters.
    message: String,
    /// LOW, MEDIUM, HIGH or URGENT; MEDIUM when absent.
    priority: Option<String>,
    /// WEB, EMAIL, CHAT, PHONE or API; WEB when absent.
    channel: Option<String>,
    /// One of the workspace's product areas.
    product_area: Option<String>,
    organization_id: Option<String>,
    /// Who asked; the organization follows.
    contact_id: Option<String>,
    device_id: Option<String>,
    /// At most 20, each 1 to 40 characters.
    #[serde(default)]
    tags: Vec<String>,
}

/// Opens a ticket with its first message.
#[utoipa::path(post, path = "/api/tickets", tag = "tickets", request_body = TicketInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Opened; Location names it", body = TicketDetail)))]
pub(crate) async fn create_ticket(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<TicketInput>,
) -> Result<Response, ApiError> {
    fn created(detail: &Detail) -> (u16, Value) {
        (201, shape::value(&TicketDetail::from(detail)))
    }
    let input = NewTicket {
        subject: value.subject,
        message: value.message,
        priority: value.priority,
        channel: value.channel,
        product_area: value.product_area,
        organization_id: value.organization_id,
        contact_id: value.contact_id,
        device_id: value.device_id,
        tags: value.tags,
    };
    let done = desk.app.create_ticket(&actor, input, once, created).await?;
    let id = match &done {
        Answered::New(detail) => detail.ticket.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, created);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/tickets/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// A ticket by id or number (`42`, `TKT-0042`), with everything around it.
#[utoipa::path(get, path = "/api/tickets/{id}", tag = "tickets", params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The ticket", body = TicketDetail)))]
pub(crate) async fn get_ticket(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<TicketDetail>, ApiError> {
    Ok(Json(TicketDetail::from(&desk.app.ticket(&actor, &id).await?)))
}

/// Changes of a ticket. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TicketChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    subject: Option<String>,
    priority: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    product_area: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    category: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    contact_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    device_id: Option<Option<String>>,
    tags: Option<Vec<String>>,
}

/// Changes fields of a ticket.
#[utoipa::path(patch, path = "/api/tickets/{id}", tag = "tickets", request_body = TicketChanges, params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The ticket as it is now", body = TicketDetail)))]
pub(crate) async fn patch_ticket(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<TicketChanges>,
) -> Result<Json<TicketDetail>, ApiError> {
    let TicketChanges { version, subject, priority, product_area, category, contact_id, device_id, tags } = value;
    let patch = TicketPatch { version, subject, priority, product_area, category, contact_id, device_id, tags };
    Ok(Json(TicketDetail::from(&desk.app.patch_ticket(&actor, &id, patch).await?)))
}

/// A change of status.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusChange {
    #[schema(example = "IN_PROGRESS")]
    status: String,
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
}

/// Moves a ticket to another status.
#[utoipa::path(patch, path = "/api/tickets/{id}/status", tag = "tickets", request_body = StatusChange, params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The ticket as it is now", body = TicketDetail)))]
pub(crate) async fn set_ticket_status(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<StatusChange>,
) -> Result<Json<TicketDetail>, ApiError> {
    let detail = desk.app.set_ticket_status(&actor, &id, &value.status, value.version).await?;
    Ok(Json(TicketDetail::from(&detail)))
}

/// A new message or internal note.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MessageInput {
    /// 1 to 10,000 characters.
    body: String,
    /// True for a note that the customer never sees.
    #[serde(default)]
    is_internal: bool,
    /// AGENT when absent; CUSTOMER enters what the ticket's contact said.
    author_type: Option<String>,
    /// The draft that the text came from.
    suggestion_id: Option<String>,
}

/// Adds a message or an internal note.
#[utoipa::path(post, path = "/api/tickets/{id}/messages", tag = "tickets", request_body = MessageInput, params(("id" = String, Path, description = "Id or number of the ticket"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Added", body = MessageRow)))]
pub(crate) async fn add_message(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, once }: Body<MessageInput>,
) -> Result<Response, ApiError> {
    fn added(message: &NamedMessage) -> (u16, Value) {
        (201, shape::value(&MessageRow::from(message)))
    }
    let MessageInput { body, is_internal, author_type, suggestion_id } = value;
    let input = NewMessage { body, is_internal, author_type, suggestion_id };
    Ok(answered(&desk.app.add_message(&actor, &id, input, once, added).await?, added))
}

/// To whom; an empty object releases the ticket.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Assignment {
    support_agent_id: Option<String>,
    user_id: Option<String>,
    /// A team: whose turn it is by its strategy.
    team_id: Option<String>,
}

/// Gives a ticket to somebody, to whose turn it is in a team, or releases it.
#[utoipa::path(post, path = "/api/tickets/{id}/assign", tag = "tickets", request_body = Assignment, params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The ticket as it is now", body = TicketDetail),
        (status = 409, description = "`nobody_available`: nobody of the team is available and below their limit; `ticket_merged`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn assign_ticket(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<Assignment>,
) -> Result<Json<TicketDetail>, ApiError> {
    let to = match (value.support_agent_id, value.user_id, value.team_id) {
        (None, None, None) => AssignTo::Nobody,
        (Some(agent), None, None) => AssignTo::Agent(agent),
        (None, Some(user), None) => AssignTo::User(user),
        (None, None, Some(team)) => AssignTo::Team(team),
        _ => return Err(ApiError::invalid("userId", "give only one of supportAgentId, userId and teamId")),
    };
    Ok(Json(TicketDetail::from(&desk.app.assign_ticket(&actor, &id, to).await?)))
}

/// An escalation.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EscalationInput {
    /// 1 to 1,000 characters.
    reason: String,
    /// To whom; anybody may take it when absent.
    to_agent_id: Option<String>,
    /// 1 to 5; 1 when absent.
    level: Option<i64>,
}

/// Hands a ticket up.
#[utoipa::path(post, path = "/api/tickets/{id}/escalate", tag = "tickets", request_body = EscalationInput, params(("id" = String, Path, description = "Id or number of the ticket"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Escalated", body = EscalationRow)))]
pub(crate) async fn escalate_ticket(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, once }: Body<EscalationInput>,
) -> Result<Response, ApiError> {
    fn escalated(escalation: &Escalation) -> (u16, Value) {
        (201, shape::value(&EscalationRow::from(escalation)))
    }
    let EscalationInput { reason, to_agent_id, level } = value;
    let input = NewEscalation { reason, to_agent_id, level };
    Ok(answered(&desk.app.escalate_ticket(&actor, &id, input, once, escalated).await?, escalated))
}

/// The audit trail of a ticket and of those that were merged into it, oldest first, at most the newest 500 lines.
#[utoipa::path(get, path = "/api/tickets/{id}/events", tag = "tickets", params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The trail", body = Items<TicketEventRow>)))]
pub(crate) async fn list_ticket_events(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<Items<TicketEventRow>>, ApiError> {
    let lines = desk.app.ticket_events(&actor, &id).await?;
    Ok(Json(Items { items: lines.into_iter().map(TicketEventRow::from).collect() }))
}

/// What the copilot said about a ticket, newest first.
#[utoipa::path(get, path = "/api/tickets/{id}/suggestions", tag = "tickets", params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The suggestions", body = Items<TicketSuggestion>)))]
pub(crate) async fn list_ticket_suggestions(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<Items<TicketSuggestion>>, ApiError> {
    let found = desk.app.ticket_suggestions(&actor, &id).await?;
    Ok(Json(Items { items: found.into_iter().map(TicketSuggestion::from).collect() }))
}
