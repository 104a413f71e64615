//! Calls: the list, those in progress, one with everything that is kept of it; correcting and erasing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchcord_app::AppError;
use patchcord_app::calls::{CallPage, CallPatch, Line, Query, TranscriptFormat};
use patchcord_domain::FieldError;
use patchcord_domain::call::{AiResolution, CallStatus, Engine};
use patchcord_domain::copilot::Sentiment;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::from_rfc3339;
use patchcord_domain::week_hour::{Names, WeekHour};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsAgent, AsViewer, Body, Id, Params};
use crate::lists::{self, each, ids};
use crate::paging::{Items, Page, Wanted, cursor, wanted};
use crate::shape::{CallDetailRow, CallRow, LiveCallRow, TurnRow};

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallQuery {
    /// RINGING, IN_PROGRESS, COMPLETED, FAILED, NO_ANSWER, BUSY, CANCELED, INTERRUPTED.
    #[serde(default)]
    status: Vec<String>,
    #[serde(default)]
    organization_id: Vec<String>,
    #[serde(default)]
    contact_id: Vec<String>,
    #[serde(default)]
    device_id: Vec<String>,
    #[serde(default)]
    ticket_id: Vec<String>,
    /// Voice agents that had the call, such as `printer_agent`.
    #[serde(default)]
    agent: Vec<String>,
    /// Voice agents that handed the call on to another one.
    #[serde(default)]
    handed_on_by: Vec<String>,
    /// REALTIME, RELAY.
    #[serde(default)]
    engine: Vec<String>,
    /// positive, neutral, negative.
    #[serde(default)]
    sentiment: Vec<String>,
    /// RESOLVED, TICKETED, ESCALATED, ABANDONED, UNKNOWN.
    #[serde(default)]
    resolution: Vec<String>,
    /// Only calls that were, or were not, handed to a person.
    was_escalated: Option<bool>,
    /// Began at or after: RFC 3339 or a date.
    date_from: Option<String>,
    /// Began before.
    date_to: Option<String>,
    /// Only calls that began on this day of the week, 1 (Monday) to 7; together with `hour`, `timezone`, `dateFrom` and `dateTo`,
    /// which are 400 days apart at most.
    weekday: Option<u32>,
    /// Only calls that began in this hour of the day, 0 to 23.
    hour: Option<u32>,
    /// The IANA time zone on whose clocks `weekday` and `hour` are read, at the beginning of each hour of UTC.
    timezone: Option<String>,
    /// Words that the transcript must have; the last may be the beginning of one.
    q: Option<String>,
    /// `-startedAt`, which is also meant when it is absent, or `startedAt`.
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

/// Values of an enumeration.
fn values<T>(
    faults: &mut Faults,
    field: &str,
    texts: &[String],
    parse: fn(&str) -> Option<T>,
    allowed: &str,
    text: fn(T) -> &'static str,
) -> Vec<&'static str> {
    let all = each(faults, field, texts);
    all.into_iter().filter_map(|value| faults.one_of(field, value, parse, allowed)).map(text).collect()
}

impl CallQuery {
    fn page(&self) -> Result<Wanted, ApiError> {
        wanted(self.limit, self.offset, self.page, self.cursor.as_deref(), self.count.as_deref())
    }

    fn query(&self, page: &Wanted) -> Result<Query, Vec<FieldError>> {
        let mut faults = Faults::default();
        let moment = |field: &str, text: &Option<String>, faults: &mut Faults| {
            let text = text.as_ref()?;
            let read = from_rfc3339(text);
            if read.is_none() {
                faults.add(field, "must be a time in RFC 3339 or a date such as 2026-11-24");
            }
            read
        };
        let from = moment("dateFrom", &self.date_from, &mut faults);
        let to = moment("dateTo", &self.date_to, &mut faults);
        let names = Names { prefix: "", from: "dateFrom", to: "dateTo" };
        let (weekday, hour, timezone) = (self.weekday, self.hour, self.timezone.as_deref());
        let within = WeekHour { weekday, hour, timezone, from, to }.spans(&mut faults, names);
        let sentiments: Vec<String> =
            each(&mut faults, "sentiment", &self.sentiment).into_iter().map(str::to_owned).collect();
        let sentiments = sentiments
            .iter()
            .filter_map(|text| faults.one_of("sentiment", text, Sentiment::parse, "positive, neutral, negative"))
            .map(|sentiment| sentiment.as_str().to_owned())
            .collect();
        let ascending = match self.sort.as_deref() {
            None | Some("-startedAt") => false,
            Some("startedAt") => true,
            Some(_) => {
                faults.add("sort", "must be startedAt or -startedAt");
                false
            }
        };
        let agents = each(&mut faults, "agent", &self.agent).into_iter().map(str::to_owned).collect();
        let handed_on_by = each(&mut faults, "handedOnBy", &self.handed_on_by);
        let handed_on_by = handed_on_by.into_iter().map(str::to_owned).collect();
        let query = Query {
            statuses: values(
                &mut faults,
                "status",
                &self.status,
                CallStatus::parse,
                &CallStatus::allowed(),
                CallStatus::as_str,
            ),
            engines: values(&mut faults, "engine", &self.engine, Engine::parse, &Engine::allowed(), Engine::as_str),
            resolutions: values(
                &mut faults,
                "resolution",
                &self.resolution,
                AiResolution::parse,
                &AiResolution::allowed(),
                AiResolution::as_str,
            ),
            sentiments,
            organizations: ids(&mut faults, "organizationId", &self.organization_id),
            contacts: ids(&mut faults, "contactId", &self.contact_id),
            devices: ids(&mut faults, "deviceId", &self.device_id),
            tickets: ids(&mut faults, "ticketId", &self.ticket_id),
            agents,
            handed_on_by,
            was_escalated: self.was_escalated,
            from,
            to,
            within,
            words: lists::words(&mut faults, self.q.as_deref()),
            ascending,
            after: page.after.clone(),
            offset: page.offset,
            limit: page.limit,
        };
        faults.into_result(query)
    }
}

fn shown(mut found: CallPage, page: &Wanted) -> Json<Page<CallRow>> {
    let next = |line: &Line| cursor(line.started_at, &line.id);
    Json(Page {
        next_cursor: found.lines.last().filter(|_| found.has_more).map(next),
        items: found.lines.iter().map(|line| CallRow::from(line).with(found.excerpts.remove(&line.id))).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        total: found.total,
    })
}

/// Calls, newest first.
#[utoipa::path(get, path = "/api/calls", tag = "calls", params(CallQuery),
    responses((status = 200, description = "A page of calls", body = Page<CallRow>)))]
pub(crate) async fn list_calls(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<CallQuery>,
) -> Result<Json<Page<CallRow>>, ApiError> {
    let page = params.page()?;
    let query = params.query(&page).map_err(AppError::Invalid)?;
    Ok(shown(desk.app.list_calls(&actor, query, page.count).await?, &page))
}

/// Calls of an organization, newest first.
#[utoipa::path(get, path = "/api/organizations/{id}/calls", tag = "people and things", params(("id" = String, Path, description = "Id of the organization"), CallQuery),
    responses((status = 200, description = "A page of calls", body = Page<CallRow>)))]
pub(crate) async fn list_organization_calls(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
    Params(params): Params<CallQuery>,
) -> Result<Json<Page<CallRow>>, ApiError> {
    if params.organization_id.iter().any(|other| *other != id) {
        return Err(ApiError::invalid("organizationId", "is the organization of the address; leave it out"));
    }
    let page = params.page()?;
    let query = params.query(&page).map_err(AppError::Invalid)?;
    Ok(shown(desk.app.organization_calls(&actor, &id, query, page.count).await?, &page))
}

/// Calls in progress on every node, the oldest first, each with what was said last.
#[utoipa::path(get, path = "/api/calls/live", tag = "calls",
    responses((status = 200, description = "At most 500 calls", body = Items<LiveCallRow>)))]
pub(crate) async fn live_calls(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
) -> Result<Json<Items<LiveCallRow>>, ApiError> {
    let calls = desk.app.live_calls(&actor).await?;
    Ok(Json(Items { items: calls.iter().map(LiveCallRow::from).collect() }))
}

/// A call with its turns, stays, usage, cost and analysis.
#[utoipa::path(get, path = "/api/calls/{id}", tag = "calls", params(("id" = String, Path, description = "Id of the call")),
    responses((status = 200, description = "The call", body = CallDetailRow)))]
pub(crate) async fn get_call(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<CallDetailRow>, ApiError> {
    Ok(Json(CallDetailRow::from(&desk.app.call(&actor, &id).await?)))
}

/// What may be changed about a call.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CallChange {
    /// The version that the caller has read; without it the last write wins.
    version: Option<i64>,
    /// The ticket that it was about; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    ticket_id: Option<Option<String>>,
    /// Who called; brings the organization.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    contact_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    organization_id: Option<Option<String>>,
    /// RESOLVED, TICKETED, ESCALATED, ABANDONED or UNKNOWN.
    ai_resolution: Option<String>,
}

/// Corrects what was noted of a call.
#[utoipa::path(patch, path = "/api/calls/{id}", tag = "calls", request_body = CallChange, params(("id" = String, Path, description = "Id of the call")),
    responses((status = 200, description = "The call as it is now", body = CallDetailRow)))]
pub(crate) async fn patch_call(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<CallChange>,
) -> Result<Json<CallDetailRow>, ApiError> {
    let patch = CallPatch {
        version: value.version,
        ticket_id: value.ticket_id,
        contact_id: value.contact_id,
        organization_id: value.organization_id,
        ai_resolution: value.ai_resolution,
    };
    Ok(Json(CallDetailRow::from(&desk.app.patch_call(&actor, &id, patch).await?)))
}

/// Erases what was said in a call, and its recording. Times, cost and counts stay.
#[utoipa::path(delete, path = "/api/calls/{id}", tag = "calls", params(("id" = String, Path, description = "Id of the call")),
    responses((status = 204, description = "Erased"),
        (status = 409, description = "`call_in_progress`: hang up first", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn erase_call(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.erase_call(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How the transcript is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TranscriptQuery {
    /// `text`, which is also meant when it is absent, `json` or `vtt`.
    format: Option<String>,
}

/// The transcript of a call: a line an utterance, the turns as JSON, or WebVTT.
#[utoipa::path(get, path = "/api/calls/{id}/transcript", tag = "calls", params(("id" = String, Path, description = "Id of the call"), TranscriptQuery),
    responses((status = 200, description = "The transcript", content((String = "text/plain"), (Items<TurnRow> = "application/json"), (String = "text/vtt")))))]
pub(crate) async fn call_transcript(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
    Params(params): Params<TranscriptQuery>,
) -> Result<Response, ApiError> {
    let format = match params.format.as_deref() {
        None => TranscriptFormat::Text,
        Some(text) => TranscriptFormat::parse(text)
            .ok_or_else(|| ApiError::invalid("format", "must be one of text, json, vtt"))?,
    };
    let (turns, text) = desk.app.call_transcript(&actor, &id, format).await?;
    let kind = match format {
        TranscriptFormat::Json => {
            return Ok(Json(Items { items: turns.iter().map(TurnRow::from).collect() }).into_response());
        }
        TranscriptFormat::Text => "text/plain; charset=utf-8",
        TranscriptFormat::Vtt => "text/vtt; charset=utf-8",
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response())
}

/// The recording of a call, when there is one.
#[utoipa::path(get, path = "/api/calls/{id}/recording", tag = "calls", params(("id" = String, Path, description = "Id of the call")),
    responses((status = 200, description = "The sound", body = Vec<u8>, content_type = "audio/wav")))]
pub(crate) async fn call_recording(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let content = desk.app.call_recording(&actor, &id).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("audio/wav")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"recording.wav\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, content).into_response())
}
