//! Files of tickets: checked by allow-list, stored once per content, served inert.

use aws_lc_rs::digest;
use bytes::Bytes;
use patchcord_domain::audit::hex;
use patchcord_domain::ticket::{ATTACHMENT_MAX, EventKind, FILE_EXTENSIONS, FileRefusal, check_file};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Attachment, Message};
use patchcord_store::{StoreError, tickets};
use serde_json::json;

use crate::error::require;
use crate::storage::Storage;
use crate::tickets::{find, lock};
use crate::{Answered, App, AppError, Once, Shape};

/// A file that somebody sends.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// The name that the sender gave it.
    pub file_name: String,
    /// Its bytes, at most 5 MiB.
    pub content: Bytes,
    /// The message that it belongs to; the ticket as a whole when absent.
    pub message_id: Option<String>,
}

impl App {
    /// Attaches a file. The same content on the same ticket gives the attachment that is already there.
    ///
    /// # Errors
    /// [`AppError::UnsupportedFile`] for a kind that is not taken, [`AppError::TooLarge`] for too many bytes.
    pub async fn attach(
        &self,
        actor: &Actor,
        ticket: &str,
        file: NewAttachment,
        once: Option<Once>,
        shape: Shape<Attachment>,
    ) -> Result<Answered<Attachment>, AppError> {
        require(actor, Role::Agent)?;
        let kind = check_file(&file.file_name, &file.content).map_err(refused)?;
        let mut faults = Faults::default();
        if let Some(id) = &file.message_id {
            faults.id("messageId", id);
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket_id = find(tenant, ticket).await?.id;
        let sha256 = hex(digest::digest(&digest::SHA256, &file.content).as_ref());
        if once.is_none()
            && let Some(there) = tickets::attachment_by_content(tenant, &ticket_id, &sha256).await?
        {
            return Ok(Answered::New(there));
        }
        // The file is on the disk before its row is; a row without a file must never be seen.
        let key = Storage::new_key(&*self.entropy);
        self.storage.put(&key, file.content.clone()).await?;
        let row = Attachment {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            ticket_id,
            origin_ticket_id: None,
            message_id: file.message_id,
            file_name: kind.name.clone(),
            content_type: kind.content_type.to_owned(),
            size_bytes: i64::try_from(file.content.len()).unwrap_or(i64::MAX),
            sha256,
            storage_key: key.clone(),
            scan_status: "NOT_SCANNED".to_owned(),
            created_at: self.clock.now(),
        };
        let result = self.attach_row(actor, row, once, shape).await;
        let kept = matches!(&result, Ok(Answered::New(attachment)) if attachment.storage_key == key);
        if !kept && !tickets::storage_key_in_use(tenant, &key).await.unwrap_or(true) {
            self.storage.forget(&key).await;
        }
        result
    }

    async fn attach_row(
        &self,
        actor: &Actor,
        row: Attachment,
        once: Option<Once>,
        shape: Shape<Attachment>,
    ) -> Result<Answered<Attachment>, AppError> {
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let change = app.change(tx, &acting);
                let mut ticket = lock(change.tenant, &row.ticket_id).await?;
                // Under the lock nobody else can add the same content in between.
                if let Some(there) = tickets::attachment_by_content(change.tenant, &ticket.id, &row.sha256).await? {
                    return Ok(there);
                }
                if let Some(id) = &row.message_id {
                    let message = change.tenant.get::<Message>(id).await?;
                    if message.is_none_or(|message| message.ticket_id != ticket.id) {
                        return Err(AppError::invalid("messageId", "there is no such message on this ticket"));
                    }
                }
                change.tenant.add(row.clone()).await?;
                let payload = json!({
                    "attachmentId": row.id, "fileName": row.file_name, "sizeBytes": row.size_bytes, "sha256": row.sha256,
                });
                change.line(&mut ticket, EventKind::AttachmentAdded, payload).await?;
                change.save(ticket, "ticket.updated").await?;
                Ok(row)
            })
        })
        .await
    }

    /// A file and its bytes.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn attachment(&self, actor: &Actor, id: &str) -> Result<(Attachment, Bytes), AppError> {
        let row = self.store.tenant(&actor.workspace_id).get::<Attachment>(id).await?;
        let row = row.ok_or(AppError::NotFound("attachment"))?;
        let content = self.storage.get(&row.storage_key).await?;
        let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
        if size != row.size_bytes {
            return Err(StoreError::Internal(format!("attachment {id} has {size} bytes on the disk")).into());
        }
        Ok((row, content))
    }
}

fn refused(refusal: FileRefusal) -> AppError {
    let allowed = FILE_EXTENSIONS.map(|extension| format!(".{extension}")).join(" ");
    match refusal {
        FileRefusal::NoName => AppError::invalid("file", "needs a file name"),
        FileRefusal::Empty => AppError::invalid("file", "is empty"),
        FileRefusal::TooLarge => AppError::TooLarge(format!("files have at most {} MiB", ATTACHMENT_MAX / 1024 / 1024)),
        FileRefusal::Extension => AppError::UnsupportedFile(format!("only files of these kinds are taken: {allowed}")),
        FileRefusal::Content => {
            AppError::UnsupportedFile("the content of the file is not what its name says".to_owned())
        }
    }
}
