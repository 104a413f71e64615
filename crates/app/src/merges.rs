//! Making two tickets one: the conversation moves, the trails stay.

use patchcord_domain::FieldError;
use patchcord_domain::id::is_id;
use patchcord_domain::ticket::{EventKind, Status, label, parse_label};
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Suggestion, Ticket};
use patchcord_store::{merges, search};
use serde_json::json;

use crate::copilot::{end_cancelled, is_final};
use crate::error::require;
use crate::ticket_detail::{Detail, detail};
use crate::tickets::{find, move_to};
use crate::trail::Change;
use crate::{Answered, App, AppError, Once, Shape};

/// The field that names the ticket that stays.
const INTO: &str = "intoTicketId";

impl App {
    /// Merges a ticket into another one, in one transaction, and gives the other one.
    ///
    /// Messages, files and open escalations move. Audit lines stay in the source's chain and are shown with the
    /// target's. Suggestions and conversations with the copilot stay where they were asked for; those that are still
    /// worked on are cancelled, because what they would look at is gone.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when there is no such target or it is the ticket itself; [`AppError::Conflict`]
    /// `already_merged` and `target_merged` when either was merged before.
    pub async fn merge_ticket(
        &self,
        actor: &Actor,
        ticket: &str,
        into: &str,
        once: Option<Once>,
        shape: Shape<Detail>,
    ) -> Result<Answered<Detail>, AppError> {
        require(actor, Role::Agent)?;
        if !is_id(into) && parse_label(into).is_none() {
            return Err(AppError::invalid(INTO, "must be the id or number of a ticket"));
        }
        let (app, acting, ticket, into) = (self.clone(), actor.clone(), ticket.to_owned(), into.to_owned());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let change = app.change(tx, &acting);
                let (source, target) = both(&change, &ticket, &into).await?;
                let target = merge(&change, source, target).await?;
                detail(change.tenant, target, change.at).await
            })
        })
        .await
    }
}

/// Both tickets, locked in the order of their ids, so that two opposite merges wait for each other instead of for ever.
async fn both(change: &Change<'_>, ticket: &str, into: &str) -> Result<(Ticket, Ticket), AppError> {
    let missing = || AppError::Invalid(vec![FieldError::new(INTO, "there is no such ticket")]);
    let source = find(change.tenant, ticket).await?.id;
    let target = match find(change.tenant, into).await {
        Err(AppError::NotFound(_)) => return Err(missing()),
        found => found?,
    };
    if source == target.id {
        return Err(AppError::invalid(INTO, "a ticket cannot be merged into itself"));
    }
    // Suggestions are locked before tickets, as by whoever finishes or judges one.
    cancel_suggestions(change, &source, &target).await?;
    let target = target.id;
    let (first, second) = if source < target { (&source, &target) } else { (&target, &source) };
    let first = change.tenant.lock::<Ticket>(first).await?.ok_or(AppError::NotFound("ticket"))?;
    let second = change.tenant.lock::<Ticket>(second).await?.ok_or(AppError::NotFound("ticket"))?;
    let (source, target) = if first.id == source { (first, second) } else { (second, first) };
    for (ticket, code, what) in
        [(&source, "already_merged", "this ticket"), (&target, "target_merged", "the ticket to merge into")]
    {
        if let Some(id) = &ticket.merged_into_id {
            let there = change.tenant.get::<Ticket>(id).await?.map(|ticket| label(ticket.number)).unwrap_or_default();
            return Err(AppError::Conflict(code, format!("{what} was itself merged into {there}")));
        }
    }
    Ok((source, target))
}

async fn merge(change: &Change<'_>, mut source: Ticket, mut target: Ticket) -> Result<Ticket, AppError> {
    let moved = merges::move_all(change.tenant, &source.id, &target.id).await?;
    // Once more, for those that were asked for while the locks were waited for.
    cancel_suggestions(change, &source.id, &target).await?;
    merges::move_search(change.tenant, &source.id, &target.id).await?;
    // The source is still found by its number and subject.
    let text = format!("{} {} {}", label(source.number), source.number, source.subject);
    search::add(change.tenant, search::TICKET, &source.id, &text).await?;

    target.message_count += source.message_count;
    target.last_message_at = target.last_message_at.max(source.last_message_at);
    target.first_responded_at = target.first_responded_at.or(source.first_responded_at);
    crate::sla::follow(change, &mut target).await?;
    (source.message_count, source.last_message_at) = (0, None);
    source.merged_into_id = Some(target.id.clone());
    move_to(change, &mut source, Status::Closed).await?;
    let mut payload = json!({
        "fromTicketId": source.id, "fromNumber": source.number, "intoTicketId": target.id, "intoNumber": target.number,
        "messages": moved.messages, "attachments": moved.attachments, "escalations": moved.escalations,
    });
    change.line(&mut source, EventKind::TicketMerged, payload.clone()).await?;
    // The target keeps how the source's trail ended: what is cut from it later shows in both.
    payload["fromTrail"] = json!({"length": source.audit_length, "head": source.audit_head});
    change.line(&mut target, EventKind::TicketMerged, payload).await?;
    change.save(source, "ticket.updated").await?;
    change.save(target, "ticket.message").await
}

async fn cancel_suggestions(change: &Change<'_>, source_id: &str, target: &Ticket) -> Result<(), AppError> {
    for id in merges::unfinished_suggestions(change.tenant, source_id).await? {
        let Some(suggestion) = change.tenant.lock::<Suggestion>(&id).await? else { continue };
        if !is_final(&suggestion) {
            let message = format!("The ticket was merged into {}; ask there again.", label(target.number));
            end_cancelled(change, suggestion, &message).await?;
        }
    }
    Ok(())
}
