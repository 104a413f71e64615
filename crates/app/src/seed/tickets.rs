//! The tickets of the demonstration: each is opened in the past, and what happened to it is replayed.

use std::collections::HashMap;

use aws_lc_rs::digest;
use bytes::Bytes;
use patchcord_domain::audit::hex;
use patchcord_domain::ticket::{AuthorType, EventKind, Status, check_file};
use patchcord_domain::time::{MINUTE, Millis};
use patchcord_store::rows::{Attachment, Message, Ticket};
use patchcord_store::tickets::{Number, escalations, number};
use patchcord_store::{Tenant, Tx};
use serde_json::json;

use crate::escalations::{assign, escalation_payload, new_escalation};
use crate::messages::post;
use crate::seed::directory::Directory;
use crate::seed::files::{self, Entry, EntryKind, Files};
use crate::seed::sla::catch_up;
use crate::seed::{dangling, minutes_ago, screenshot};
use crate::storage::Storage;
use crate::tickets::{insert, move_to, note_changes};
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// The files of tickets, stored before the rows that name them.
pub(super) struct Uploads(HashMap<(String, usize, usize), Attachment>);

impl Uploads {
    /// Stores every file of a workspace's tickets.
    pub(super) async fn store(app: &App, files: &Files, workspace: &str) -> Result<Self, AppError> {
        let mut uploads = HashMap::new();
        for ticket in files.tickets.iter().filter(|ticket| ticket.workspace == workspace) {
            for (entry_index, entry) in ticket.entry.iter().enumerate() {
                for (index, file) in entry.attachments.iter().enumerate() {
                    let row = upload(app, file).await?;
                    uploads.insert((ticket.key.clone(), entry_index, index), row);
                }
            }
        }
        Ok(Self(uploads))
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

async fn upload(app: &App, file: &files::Attachment) -> Result<Attachment, AppError> {
    let content = match (&file.content, file.generated.as_deref()) {
        (Some(text), None) => Bytes::from(text.clone()),
        (None, Some("screenshot")) => Bytes::from(screenshot::png(file.caption.as_deref().unwrap_or_default())),
        _ => return Err(dangling("content for", &file.file_name)),
    };
    let kind = check_file(&file.file_name, &content).map_err(|_| dangling("allowed file", &file.file_name))?;
    let storage_key = Storage::new_key(&*app.entropy);
    app.storage.put(&storage_key, content.clone()).await?;
    Ok(Attachment {
        workspace_id: String::new(),
        id: app.id(),
        ticket_id: String::new(),
        origin_ticket_id: None,
        message_id: None,
        file_name: kind.name,
        content_type: kind.content_type.to_owned(),
        size_bytes: i64::try_from(content.len()).unwrap_or(i64::MAX),
        sha256: hex(digest::digest(&digest::SHA256, &content).as_ref()),
        storage_key,
        scan_status: "NOT_SCANNED".to_owned(),
        created_at: 0,
    })
}

/// Opens the tickets of a workspace, oldest first, and lets happen to them what happened; says how many there are.
pub(super) async fn replay(
    app: &App,
    tenant: Tenant<'_, Tx>,
    files: &Files,
    workspace: &str,
    directory: &Directory,
    uploads: &Uploads,
    now: Millis,
) -> Result<usize, AppError> {
    let mut count = 0;
    for plan in files.tickets.iter().filter(|ticket| ticket.workspace == workspace) {
        let opened = minutes_ago(now, plan.opened_minutes_ago);
        let story = Story { app, tenant, directory, uploads, plan, opened, now };
        story.tell().await.map_err(|error| AppError::Internal(format!("demo ticket {:?}: {error:?}", plan.key)))?;
        count += 1;
    }
    Ok(count)
}

/// One ticket and what it is told with.
struct Story<'t> {
    app: &'t App,
    tenant: Tenant<'t, Tx>,
    directory: &'t Directory,
    uploads: &'t Uploads,
    plan: &'t files::Ticket,
    opened: Millis,
    now: Millis,
}

impl<'t> Story<'t> {
    async fn tell(&self) -> Result<(), AppError> {
        let first = self.plan.entry.first().ok_or_else(|| dangling("message in", &self.plan.key))?;
        let opening = self.change(0, self.plan.opened_by.as_deref())?;
        let row = self.row(&opening).await?;
        let message = self.message(first, &row, &opening)?;
        let (mut ticket, _) = insert(&opening, row, message.clone()).await?;
        ticket = self.attach(&opening, ticket, 0, &message.id).await?;
        for (index, entry) in self.plan.entry.iter().enumerate().skip(1) {
            ticket = catch_up(self.app, self.tenant, ticket, self.opened + entry.at * MINUTE).await?;
            ticket = self.happen(ticket, index, entry).await?;
        }
        catch_up(self.app, self.tenant, ticket, self.now).await?;
        Ok(())
    }

    fn change(&self, minutes: i64, by: Option<&str>) -> Result<Change<'t>, AppError> {
        let at = self.opened + minutes * MINUTE;
        Ok(Change { app: self.app, tenant: self.tenant, who: self.directory.who(by)?, at })
    }

    async fn row(&self, change: &Change<'_>) -> Result<Ticket, AppError> {
        let (plan, directory) = (self.plan, self.directory);
        let organization = plan.organization.as_deref();
        let missing = |kind, key: &str| dangling(kind, key);
        Ok(Ticket {
            workspace_id: self.tenant.workspace_id().as_str().to_owned(),
            id: self.app.id(),
            number: number(self.tenant, Number::InTransaction).await?,
            audit_head: String::new(),
            audit_length: 0,
            message_count: 1,
            last_message_at: Some(change.at),
            subject: plan.subject.clone(),
            status: Status::Open.as_str().to_owned(),
            priority: plan.priority.clone(),
            channel: plan.channel.clone(),
            product_area: plan.product_area.clone(),
            category: plan.category.clone(),
            organization_id: organization
                .map(|key| directory.organizations.get(key).cloned().ok_or_else(|| missing("organization", key)))
                .transpose()?,
            contact_id: self.contact_id()?,
            device_id: plan
                .device
                .as_deref()
                .map(|key| directory.devices.get(key).map(|row| row.id.clone()).ok_or_else(|| missing("device", key)))
                .transpose()?,
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
            remote_id: None,
            tags: json!(plan.tags),
            version: 1,
            created_at: change.at,
            updated_at: change.at,
        })
    }

    fn contact_id(&self) -> Result<Option<String>, AppError> {
        let Some(key) = self.plan.contact.as_deref() else { return Ok(None) };
        let contact = self.directory.contacts.get(key).ok_or_else(|| dangling("contact", key))?;
        Ok(Some(contact.id.clone()))
    }

    fn message(&self, entry: &Entry, ticket: &Ticket, change: &Change<'_>) -> Result<Message, AppError> {
        let author = entry.author.as_deref().and_then(AuthorType::parse).unwrap_or(AuthorType::System);
        let author_contact_id = if author == AuthorType::Customer { self.contact_id()? } else { None };
        let author_agent_id = match &change.who {
            Who::Agent(id) | Who::Bot(id) => Some(id.clone()),
            _ => None,
        };
        Ok(Message {
            workspace_id: String::new(),
            id: self.app.id(),
            ticket_id: ticket.id.clone(),
            origin_ticket_id: None,
            author_type: author.as_str().to_owned(),
            author_user_id: change.who.user_id(),
            author_contact_id,
            author_agent_id,
            body: entry.body.trim().to_owned(),
            is_internal: entry.is_internal,
            suggestion_id: None,
            created_at: change.at,
        })
    }

    async fn happen(&self, mut ticket: Ticket, index: usize, entry: &Entry) -> Result<Ticket, AppError> {
        let change = self.change(entry.at, entry.by.as_deref())?;
        match entry.kind {
            EntryKind::Message => {
                let message = self.message(entry, &ticket, &change)?;
                let id = message.id.clone();
                let ticket = post(&change, ticket, message).await?;
                return self.attach(&change, ticket, index, &id).await;
            }
            EntryKind::Status => {
                let to = entry.to.as_deref().unwrap_or_default();
                let status = Status::parse(to).ok_or_else(|| dangling("status", to))?;
                move_to(&change, &mut ticket, status).await?;
            }
            EntryKind::Priority => {
                let before = ticket.clone();
                ticket.priority = entry.to.clone().unwrap_or_default();
                note_changes(&change, &mut ticket, &before).await?;
            }
            EntryKind::Assign => {
                assign(&change, &mut ticket, self.agent(entry.to.as_deref())?).await?;
            }
            EntryKind::Escalate => self.escalate(&change, &mut ticket, entry).await?,
            EntryKind::Accept | EntryKind::Decline | EntryKind::Resolve => {
                self.answer_escalation(&change, &mut ticket, entry).await?;
            }
        }
        change.save(ticket, "ticket.updated").await
    }

    fn agent(&self, key: Option<&str>) -> Result<Option<&patchcord_store::rows::SupportAgent>, AppError> {
        key.map(|key| self.directory.agents.get(key).ok_or_else(|| dangling("support agent", key))).transpose()
    }

    async fn escalate(&self, change: &Change<'_>, ticket: &mut Ticket, entry: &Entry) -> Result<(), AppError> {
        let reason = entry.reason.clone().unwrap_or_default();
        let to = self.agent(entry.to.as_deref())?.map(|agent| agent.id.clone());
        let escalation = new_escalation(change, ticket, reason, to, entry.level.unwrap_or(1));
        self.tenant.add(escalation.clone()).await?;
        change.line(ticket, EventKind::Escalated, escalation_payload(&escalation)).await?;
        move_to(change, ticket, Status::Escalated).await?;
        Ok(())
    }

    /// What became of the ticket's newest escalation.
    async fn answer_escalation(&self, change: &Change<'_>, ticket: &mut Ticket, entry: &Entry) -> Result<(), AppError> {
        let newest = escalations(self.tenant, &ticket.id).await?.into_iter().next();
        let mut escalation = newest.ok_or_else(|| dangling("escalation of", &self.plan.key))?;
        let status = match entry.kind {
            EntryKind::Accept => "ACCEPTED",
            EntryKind::Decline => "DECLINED",
            _ => "RESOLVED",
        };
        status.clone_into(&mut escalation.status);
        if entry.kind == EntryKind::Accept {
            escalation.accepted_by = change.who.user_id();
            escalation.accepted_at = Some(change.at);
            assign(change, ticket, self.agent(entry.by.as_deref())?).await?;
        }
        escalation.version += 1;
        escalation.updated_at = change.at;
        self.tenant.save(escalation.clone()).await?;
        let mut payload = escalation_payload(&escalation);
        payload["answer"] = json!(entry.reason);
        change.line(ticket, EventKind::Escalated, payload).await
    }

    async fn attach(
        &self,
        change: &Change<'_>,
        mut ticket: Ticket,
        entry: usize,
        message_id: &str,
    ) -> Result<Ticket, AppError> {
        let mut index = 0;
        while let Some(upload) = self.uploads.0.get(&(self.plan.key.clone(), entry, index)) {
            let row = Attachment {
                ticket_id: ticket.id.clone(),
                message_id: Some(message_id.to_owned()),
                created_at: change.at,
                ..upload.clone()
            };
            let payload = json!({
                "attachmentId": row.id, "fileName": row.file_name, "sizeBytes": row.size_bytes, "sha256": row.sha256,
            });
            self.tenant.add(row).await?;
            change.line(&mut ticket, EventKind::AttachmentAdded, payload).await?;
            index += 1;
        }
        if index > 0 {
            return change.save(ticket, "ticket.updated").await;
        }
        Ok(ticket)
    }
}
