//! Messages and internal notes of tickets.

use patchcord_domain::ticket::{AuthorType, EventKind, Status};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
pub use patchcord_store::messages::NamedMessage;
use patchcord_store::rows::{Contact, Message, Suggestion, Ticket, User};
use patchcord_store::{search, users};
use serde_json::json;

use crate::error::require;
use crate::tickets::{lock, move_to};
use crate::trail::Change;
use crate::{Answered, App, AppError, Once, Shape};

/// What is needed to add a message. Texts come as they were sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewMessage {
    /// 1 to 10,000 characters.
    pub body: String,
    /// A note that the customer never sees.
    pub is_internal: bool,
    /// AGENT when absent; CUSTOMER enters what the ticket's contact said.
    pub author_type: Option<String>,
    /// The draft that the text came from.
    pub suggestion_id: Option<String>,
}

impl App {
    /// Adds a message to a ticket: the message, its audit line, its event and what follows for the ticket, in one
    /// transaction. The first public message of the desk stops the first-response clock; a message of the customer
    /// reopens what waited for it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn add_message(
        &self,
        actor: &Actor,
        ticket: &str,
        input: NewMessage,
        once: Option<Once>,
        shape: Shape<NamedMessage>,
    ) -> Result<Answered<NamedMessage>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let body = faults.body("body", &input.body);
        let author = match &input.author_type {
            None => Some(AuthorType::Agent),
            Some(text) => faults.one_of("authorType", text, writable_author, "AGENT, CUSTOMER"),
        };
        if author == Some(AuthorType::Customer) && input.is_internal {
            faults.add("isInternal", "a message of the customer is never internal");
        }
        if let Some(id) = &input.suggestion_id {
            faults.id("suggestionId", id);
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let text = Text {
            body,
            author: author.unwrap_or(AuthorType::Agent),
            is_internal: input.is_internal,
            suggestion_id: input.suggestion_id,
        };
        let (app, acting, ticket) = (self.clone(), actor.clone(), ticket.to_owned());
        self.write_once(actor, once, shape, move |tx| add(app, acting, ticket, text, tx)).await
    }
}

/// SYSTEM messages are written by the program only.
fn writable_author(text: &str) -> Option<AuthorType> {
    AuthorType::parse(text).filter(|author| *author != AuthorType::System)
}

struct Text {
    body: String,
    author: AuthorType,
    is_internal: bool,
    suggestion_id: Option<String>,
}

fn add(
    app: App,
    actor: Actor,
    ticket: String,
    text: Text,
    tx: &patchcord_store::Tx,
) -> futures::future::BoxFuture<'_, Result<NamedMessage, AppError>> {
    Box::pin(async move {
        let change = app.change(tx, &actor);
        let ticket = lock(change.tenant, &ticket).await?;
        let contact = customer(&change, &ticket, &text).await?;
        check_suggestion(&change, &ticket, text.suggestion_id.as_deref()).await?;
        let message = Message {
            workspace_id: String::new(),
            id: app.id(),
            ticket_id: ticket.id.clone(),
            origin_ticket_id: None,
            author_type: text.author.as_str().to_owned(),
            author_user_id: change.who.user_id(),
            author_contact_id: contact.as_ref().map(|contact| contact.id.clone()),
            author_agent_id: None,
            body: text.body,
            is_internal: text.is_internal,
            suggestion_id: text.suggestion_id,
            created_at: change.at,
        };
        post(&change, ticket, message.clone()).await?;
        let author = match contact {
            Some(contact) => Some(contact.name),
            None => users::some(change.tenant, std::slice::from_ref(&actor.user_id))
                .await?
                .pop()
                .map(|user: User| user.name),
        };
        Ok(NamedMessage { message, author })
    })
}

/// Adds a message and does what follows for the ticket, which must be locked; gives the ticket as it is stored then.
pub(crate) async fn post(change: &Change<'_>, mut ticket: Ticket, message: Message) -> Result<Ticket, AppError> {
    let author = AuthorType::parse(&message.author_type).unwrap_or(AuthorType::System);
    change.tenant.add(message.clone()).await?;
    search::append(change.tenant, search::TICKET, &ticket.id, &message.body).await?;
    ticket.message_count += 1;
    ticket.last_message_at = Some(change.at);
    let payload =
        json!({"messageId": message.id, "authorType": message.author_type, "isInternal": message.is_internal});
    change.line(&mut ticket, EventKind::MessageAdded, payload).await?;
    follow(change, &mut ticket, author, message.is_internal).await?;
    change.save_about(ticket, "ticket.message", Some(&message)).await
}

/// The contact behind a message of the customer.
async fn customer(change: &Change<'_>, ticket: &Ticket, text: &Text) -> Result<Option<Contact>, AppError> {
    if text.author != AuthorType::Customer {
        return Ok(None);
    }
    match &ticket.contact_id {
        Some(id) => Ok(change.tenant.get::<Contact>(id).await?),
        None => Err(AppError::invalid("authorType", "CUSTOMER needs a contact on the ticket; set one first")),
    }
}

async fn check_suggestion(change: &Change<'_>, ticket: &Ticket, id: Option<&str>) -> Result<(), AppError> {
    let Some(id) = id else { return Ok(()) };
    match change.tenant.get::<Suggestion>(id).await? {
        Some(suggestion) if suggestion.ticket_id == ticket.id => Ok(()),
        _ => Err(AppError::invalid("suggestionId", "there is no such suggestion on this ticket")),
    }
}

/// What a message means for its ticket.
async fn follow(
    change: &Change<'_>,
    ticket: &mut Ticket,
    author: AuthorType,
    is_internal: bool,
) -> Result<(), AppError> {
    if author == AuthorType::Agent && !is_internal && ticket.first_responded_at.is_none() {
        ticket.first_responded_at = Some(change.at);
        crate::sla::follow(change, ticket).await?;
    }
    if author == AuthorType::Customer {
        let present = Status::parse(&ticket.status).unwrap_or(Status::Open);
        move_to(change, ticket, present.after_customer_message()).await?;
    }
    Ok(())
}
