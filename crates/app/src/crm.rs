//! The copilot apart from the desk: tickets come over HTTP from another desk, and a shadow of each carries the suggestions.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use patchcord_domain::copilot::Kind;
use patchcord_domain::id::{WorkspaceId, is_id};
use patchcord_domain::snapshot::{DeviceFacts, Snapshot, SnapshotMessage};
use patchcord_domain::text::{head, length};
use patchcord_domain::ticket::{Channel, EventKind, Priority, SUBJECT_MAX, Status, label};
use patchcord_domain::time::{SECOND, from_rfc3339};
use patchcord_domain::user::{Actor, Role, normalize_email};
use patchcord_store::rows::Ticket;
use patchcord_store::unscoped;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sessions::Caller;
use crate::snapshot::{About, Snapshots, Wanted, sources};
use crate::trail::Change;
use crate::{App, AppError};

/// How long the other desk may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const ANSWER_MAX: usize = 16 * 1024 * 1024;
/// Most messages of a ticket that count; a desk sends no more than 500.
const MESSAGES_MAX: usize = 200;
/// How long a caller whom the other desk vouches for is taken for that, in milliseconds: one request, and its socket.
const VOUCHED: i64 = 15 * 60 * SECOND;

/// The other desk. Clones share the connections.
#[derive(Clone)]
pub struct Crm {
    base_url: String,
    token: Option<String>,
    client: Client,
}

impl Crm {
    /// Takes the address of the desk (without `/api`) and the token for jobs. Proxies of the environment are not used and
    /// redirects are not followed, so that tokens go to that desk and nowhere else.
    ///
    /// # Errors
    /// What is wrong with the settings, for the operator.
    pub fn new(base_url: &str, token: Option<String>) -> Result<Self, String> {
        let url = Url::parse(base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.ok_or("CRM_API_BASE_URL is not an address that begins with http:// or https://")?;
        if token.as_deref().is_some_and(|token| bearer(token).is_none()) {
            return Err("CRM_API_TOKEN has characters that cannot be sent".into());
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| format!("the client of CRM_API_BASE_URL cannot be set up: {error}"))?;
        Ok(Self { base_url: base_url.trim_end_matches('/').to_owned(), token, client })
    }

    /// Whether jobs can ask by themselves.
    pub(crate) fn has_own_token(&self) -> bool {
        self.token.is_some()
    }

    /// The desk as it shows itself to the holder of a token: the caller's, or the one for jobs.
    pub(crate) fn desk<'c>(&'c self, caller: Option<&'c str>) -> RemoteDesk<'c> {
        RemoteDesk { crm: self, token: caller.or(self.token.as_deref()) }
    }
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A desk on another server.
pub(crate) struct RemoteDesk<'c> {
    crm: &'c Crm,
    token: Option<&'c str>,
}

#[async_trait]
impl Snapshots for RemoteDesk<'_> {
    async fn snapshot(&self, app: &App, wanted: Wanted<'_>) -> Result<Snapshot, AppError> {
        let ticket = self.ticket(wanted.ticket_id).await?;
        snapshot_of(app, wanted, ticket).await
    }
}

impl RemoteDesk<'_> {
    /// A ticket in full, checked.
    async fn ticket(&self, id: &str) -> Result<RemoteTicket, AppError> {
        if !is_id(id) {
            return Err(AppError::NotFound("ticket"));
        }
        let ticket: RemoteTicket = self.get(&format!("/api/tickets/{id}"), "ticket").await?;
        let is_known = ticket.id == id
            && ticket.number > 0
            && Status::parse(&ticket.status).is_some()
            && Priority::parse(&ticket.priority).is_some()
            && Channel::parse(&ticket.channel).is_some()
            && from_rfc3339(&ticket.created_at).is_some()
            && (1..=SUBJECT_MAX).contains(&length(&ticket.subject))
            && ticket.messages.iter().all(|message| is_id(&message.id));
        if is_known { Ok(ticket) } else { Err(unreadable()) }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, what: &'static str) -> Result<T, AppError> {
        let token = self.token.and_then(bearer).ok_or_else(|| {
            refused("The desk behind CRM_API_BASE_URL wants a token. Set CRM_API_TOKEN.", "crm_refused")
        })?;
        let url = format!("{}{path}", self.crm.base_url);
        let response = self.crm.client.get(url).header(AUTHORIZATION, token).send().await;
        let response = response.map_err(|error| unreachable(&error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(AppError::NotFound(what)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(refused("The desk behind CRM_API_BASE_URL refuses the token.", "crm_refused"));
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(away(format!("it answers with status {}", status.as_u16())));
            }
            status => {
                let text = format!(
                    "The desk behind CRM_API_BASE_URL answers with status {}. Check the address.",
                    status.as_u16()
                );
                return Err(refused(&text, "crm_refused"));
            }
        }
        let mut bytes = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| unreachable(&error))?;
            if bytes.len() + chunk.len() > ANSWER_MAX {
                return Err(unreadable());
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|_| unreadable())
    }
}

fn refused(detail: &str, code: &'static str) -> AppError {
    AppError::Upstream { code: code.into(), detail: detail.to_owned(), retry_after: None }
}

fn unreadable() -> AppError {
    let text = "What the desk behind CRM_API_BASE_URL sent is not a ticket as Patchcord has it. Check the address.";
    refused(text, "crm_unreadable")
}

fn away(reason: String) -> AppError {
    let detail = format!("The desk behind CRM_API_BASE_URL cannot be reached: {reason}.");
    AppError::Upstream { code: "crm_unavailable".into(), detail, retry_after: Some(5) }
}

/// What reqwest says is not repeated: it names the address.
fn unreachable(error: &reqwest::Error) -> AppError {
    away(if error.is_timeout() {
        "it did not answer in time".into()
    } else if error.is_connect() {
        "there is no connection".into()
    } else {
        "the connection broke".into()
    })
}

/// The snapshot of the first moment, kept with the job: redacted, since nothing else of the other desk is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct First {
    pub(crate) ticket: ShadowFacts,
    pub(crate) snapshot: Snapshot,
    /// What was taken out of it, by kind.
    counts: Value,
}

impl First {
    /// The one that a job carries, if it carries one.
    pub(crate) fn of(payload: &Value) -> Option<Self> {
        serde_json::from_value(payload.get("first")?.clone()).ok()
    }

    /// Adds what was taken out in the first moment to what was taken out later.
    pub(crate) fn add_to(&self, counts: &mut Value) {
        for (kind, count) in self.counts.as_object().into_iter().flatten() {
            let known = counts[kind].as_u64().unwrap_or(0);
            counts[kind] = json!(known.max(count.as_u64().unwrap_or(0)));
        }
    }
}

/// What a shadow shows of its ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ShadowFacts {
    id: String,
    number: i64,
    subject: String,
    status: String,
    priority: String,
    channel: String,
}

impl App {
    /// The snapshot that is taken with the caller's token while the request lasts; none when the desk is this one. The
    /// token is not kept.
    pub(crate) async fn first_snapshot(
        &self,
        workspace_id: &WorkspaceId,
        ticket_id: &str,
        kind: Kind,
        question: Option<&str>,
        caller: Option<&str>,
    ) -> Result<Option<First>, AppError> {
        let Some(crm) = &self.crm else { return Ok(None) };
        let ticket = crm.desk(caller).ticket(ticket_id).await?;
        let facts = ShadowFacts {
            id: ticket.id.clone(),
            number: ticket.number,
            subject: self.redactor.text(&ticket.subject).into_inner(),
            status: ticket.status.clone(),
            priority: ticket.priority.clone(),
            channel: ticket.channel.clone(),
        };
        let snapshot = snapshot_of(self, Wanted { workspace_id, ticket_id, kind, question }, ticket).await?;
        let snapshot = self.redactor.snapshot(snapshot);
        let counts = json!(snapshot.counts());
        Ok(Some(First { ticket: facts, snapshot: snapshot.into_inner(), counts }))
    }

    /// Who holds a token of the other desk: that desk says which address it belongs to, and our own row says who that is
    /// here and what they may do.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the other desk does not know the token, [`AppError::NotProvisioned`] when nobody
    /// here has that address.
    pub async fn authenticate_at_crm(&self, token: &str) -> Result<Caller, AppError> {
        const BAD: AppError = AppError::Unauthenticated("invalid_token", "the access token is not valid");
        let Some(crm) = &self.crm else { return Err(BAD) };
        let me: RemoteUser = match crm.desk(Some(token)).get("/api/auth/me", "user").await {
            Ok(me) => me,
            Err(AppError::Upstream { retry_after: None, .. }) => return Err(BAD),
            Err(error) => return Err(error),
        };
        let workspace = self.only_workspace().await?;
        let found = unscoped::sign_in::user_by_email(self.store.reader(), &normalize_email(&me.email)).await?;
        let user = found.filter(|user| user.workspace_id == workspace.as_str() && user.disabled_at.is_none());
        let user = user.ok_or(AppError::NotProvisioned)?;
        let role = Role::parse(&user.role).ok_or_else(|| AppError::Internal("a role is unknown".into()))?;
        let expires_at = self.clock.now() + VOUCHED;
        let actor = Actor { workspace_id: workspace, user_id: user.id, role };
        Ok(Caller { actor, family_id: None, expires_at })
    }

    /// A process whose tickets come from another desk serves exactly one workspace: anybody else's would see them.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when there is none, or more than one.
    pub async fn only_workspace(&self) -> Result<WorkspaceId, AppError> {
        let all = unscoped::workspaces::all(self.store.reader()).await?;
        match all.as_slice() {
            [only] => Ok(WorkspaceId::new(only.id.as_str())),
            _ => {
                let detail =
                    format!("with CRM_API_BASE_URL there must be exactly one workspace; here are {}", all.len());
                Err(AppError::Conflict("not_one_workspace", detail))
            }
        }
    }
}

/// Makes the shadow of a ticket, or brings it up to date. It has the id of its ticket, so that everything that names the
/// ticket finds it.
pub(crate) async fn shadow(change: &Change<'_>, facts: &ShadowFacts) -> Result<(), AppError> {
    let at = change.at;
    if let Some(mut known) = change.tenant.lock::<Ticket>(&facts.id).await? {
        if known.remote_id.is_none() {
            return Err(AppError::NotFound("ticket"));
        }
        let before = known.clone();
        known.subject.clone_from(&facts.subject);
        known.status.clone_from(&facts.status);
        known.priority.clone_from(&facts.priority);
        if known != before {
            known.version += 1;
            known.updated_at = at;
            change.tenant.save(known).await?;
        }
        return Ok(());
    }
    let mut ticket = Ticket {
        workspace_id: change.tenant.workspace_id().as_str().to_owned(),
        id: facts.id.clone(),
        number: facts.number,
        audit_head: String::new(),
        audit_length: 0,
        message_count: 0,
        last_message_at: None,
        subject: facts.subject.clone(),
        status: facts.status.clone(),
        priority: facts.priority.clone(),
        channel: facts.channel.clone(),
        product_area: None,
        category: None,
        organization_id: None,
        contact_id: None,
        device_id: None,
        call_id: None,
        created_by_user_id: change.who.user_id(),
        assignee_id: None,
        sentiment: None,
        first_response_due_at: None,
        resolution_due_at: None,
        first_responded_at: None,
        resolved_at: None,
        closed_at: None,
        sla_paused_at: None,
        sla_paused_ms: 0,
        sla_breached_at: None,
        merged_into_id: None,
        remote_id: Some(facts.id.clone()),
        tags: json!([]),
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let payload = json!({"number": facts.number, "remoteId": facts.id});
    let line = change.first_line(&mut ticket, EventKind::TicketCreated, payload);
    change.tenant.add(ticket).await?;
    change.tenant.add(line).await?;
    Ok(())
}

/// The same snapshot as of a ticket of this desk. Sources come from the knowledge base on this side.
async fn snapshot_of(app: &App, wanted: Wanted<'_>, ticket: RemoteTicket) -> Result<Snapshot, AppError> {
    let surplus = ticket.messages.len().saturating_sub(MESSAGES_MAX);
    let mut snapshot = Snapshot {
        number: label(ticket.number),
        ticket_id: ticket.id,
        subject: ticket.subject,
        status: ticket.status,
        priority: ticket.priority,
        product_area: ticket.product_area,
        created_at: ticket.created_at,
        organization: ticket.organization.map(|organization| organization.name),
        contact: ticket.contact.map(|contact| contact.name),
        device: ticket.device.map(|device| DeviceFacts {
            model: match (device.manufacturer, device.model) {
                (Some(manufacturer), Some(model)) => Some(format!("{manufacturer} {model}")),
                (manufacturer, model) => manufacturer.or(model),
            },
            name: device.name,
            kind: device.r#type,
            operating_system: device.operating_system,
            status: device.status,
        }),
        sla: None,
        messages: ticket
            .messages
            .into_iter()
            .skip(surplus)
            .map(|message| SnapshotMessage {
                id: message.id,
                author: message.author_type,
                author_name: message.author.map(|author| author.name),
                at: message.created_at,
                is_internal: message.is_internal,
                body: head(&message.body, patchcord_domain::ticket::BODY_MAX).to_owned(),
            })
            .collect(),
        messages_omitted: usize::try_from(ticket.messages_omitted).unwrap_or(0) + surplus,
        events: Vec::new(),
        attachments: ticket.attachments.into_iter().map(|attachment| attachment.file_name).collect(),
        sources: Vec::new(),
    };
    if wanted.kind != Kind::Analysis {
        let tenant = app.store.tenant(wanted.workspace_id);
        snapshot.sources = sources(tenant, &About::of(&snapshot, wanted.question)).await?;
    }
    Ok(snapshot)
}

/// What is read of `/api/tickets/:id`; what a newer desk sends besides is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoteTicket {
    id: String,
    number: i64,
    subject: String,
    status: String,
    priority: String,
    channel: String,
    product_area: Option<String>,
    created_at: String,
    organization: Option<Named>,
    contact: Option<Named>,
    device: Option<RemoteDevice>,
    messages: Vec<RemoteMessage>,
    #[serde(default)]
    messages_omitted: i64,
    #[serde(default)]
    attachments: Vec<RemoteAttachment>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoteDevice {
    name: String,
    r#type: String,
    status: String,
    manufacturer: Option<String>,
    model: Option<String>,
    operating_system: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoteMessage {
    id: String,
    author_type: String,
    author: Option<Named>,
    body: String,
    is_internal: bool,
    created_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoteAttachment {
    file_name: String,
}

#[derive(Deserialize)]
struct RemoteUser {
    email: String,
}
