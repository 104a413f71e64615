//! Asking the copilot: a suggestion and its job in one transaction, then status, feedback, cancel and conversation.

use patchcord_domain::copilot::{CONVERSATION_MAX, Kind, QUESTION_MAX, State, Tone, Verdict};
use patchcord_domain::text::edit_distance;
use patchcord_domain::ticket::{BODY_MAX, EventKind, REASON_MAX};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::jobs::{self, NewJob};
use patchcord_store::rows::{Suggestion, Ticket, User};
use patchcord_store::{suggestions, users};
use serde_json::{Value, json};

use crate::crm::{First, shadow};
use crate::error::require;
use crate::jobs::copilot::{JOB, dedup_key};
use crate::tickets::{find, lock, lock_even_merged, unique};
use crate::trail::Change;
use crate::{Answered, App, AppError, Once, Shape};

/// Interactive jobs go before everything else.
const PRIORITY: i64 = 100;
/// How often a job is tried before it is given up.
const ATTEMPTS: i64 = 5;

/// What is asked of the copilot.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Summary, sentiment, category, urgency.
    Analyze,
    /// What to do next.
    Suggest,
    /// A reply in a tone; professional when absent.
    DraftReply(Option<String>),
    /// An answer to a question of 1 to 1,000 characters.
    Chat(String),
}

/// What became of a suggestion.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feedback {
    /// accepted, edited or rejected.
    pub verdict: String,
    /// What was really sent.
    pub final_text: Option<String>,
    /// Why.
    pub note: Option<String>,
}

/// A suggestion with the name of who asked.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSuggestion {
    /// The suggestion.
    pub suggestion: Suggestion,
    /// Who asked for it.
    pub requested_by: Option<User>,
}

/// How the copilot is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `openai`, `builtin` or `off`.
    pub provider: String,
    /// The model that answers.
    pub model: Option<String>,
    /// Whether it can be asked now.
    pub reachable: bool,
    /// Why not, when it cannot.
    pub reason: Option<String>,
}

impl App {
    /// Asks the copilot about a ticket. What is wrong with the request is told before the database is touched.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field, [`AppError::Unavailable`] when the copilot is off.
    pub async fn ask_copilot(
        &self,
        actor: &Actor,
        ticket_id: &str,
        request: Request,
        bearer: Option<&str>,
        once: Option<Once>,
        shape: Shape<Suggestion>,
    ) -> Result<Answered<Suggestion>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        faults.id("ticketId", ticket_id);
        let (kind, body) = check(&mut faults, request);
        faults.into_result(()).map_err(AppError::Invalid)?;
        if self.model.is_none() {
            return Err(copilot_off());
        }
        let question = body["message"].as_str();
        let first = self.first_snapshot(&actor.workspace_id, ticket_id, kind, question, bearer).await?;
        let (app, acting, ticket_id) = (self.clone(), actor.clone(), ticket_id.to_owned());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let change = app.change(tx, &acting);
                if let Some(first) = &first {
                    shadow(&change, &first.ticket).await?;
                }
                let mut ticket = lock(change.tenant, &ticket_id).await?;
                let suggestion = new_suggestion(&change, &ticket, kind, body);
                change.tenant.add(suggestion.clone()).await?;
                enqueue(&change, &suggestion, first.as_ref(), PRIORITY).await?;
                let payload = json!({"suggestionId": suggestion.id, "kind": kind.as_str()});
                change.line(&mut ticket, EventKind::SuggestionCreated, payload).await?;
                // The audit line moves the ticket's chain on but does not change the ticket that people see.
                change.tenant.save(ticket).await?;
                publish(&change, &suggestion).await?;
                Ok(suggestion)
            })
        })
        .await
    }

    /// A suggestion as it is now.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn suggestion(&self, actor: &Actor, id: &str) -> Result<Suggestion, AppError> {
        let found = self.store.tenant(&actor.workspace_id).get::<Suggestion>(id).await?;
        let found = found.ok_or(AppError::NotFound("suggestion"))?;
        // A chat belongs to the user who asked: another user's is neither shown nor given to the model.
        let private = found.kind == Kind::Chat.as_str() && found.requested_by.as_deref() != Some(&actor.user_id);
        if private { Err(AppError::NotFound("suggestion")) } else { Ok(found) }
    }

    /// The newest suggestions of a ticket, newest first; other users' chats are left out.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn ticket_suggestions(&self, actor: &Actor, ticket: &str) -> Result<Vec<NamedSuggestion>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket = find(tenant, ticket).await?;
        let mut found = suggestions::of_ticket(tenant, &ticket.id).await?;
        found.retain(|suggestion| {
            suggestion.kind != Kind::Chat.as_str() || suggestion.requested_by.as_deref() == Some(&actor.user_id)
        });
        let ids = unique(found.iter().filter_map(|suggestion| suggestion.requested_by.clone()).collect());
        let people = users::some(tenant, &ids).await?;
        let named = |suggestion: Suggestion| {
            let requested_by = people.iter().find(|user| Some(&user.id) == suggestion.requested_by.as_ref()).cloned();
            NamedSuggestion { suggestion, requested_by }
        };
        Ok(found.into_iter().map(named).collect())
    }

    /// Records what became of a suggestion.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `not_finished` when there is no result to judge.
    pub async fn judge_suggestion(&self, actor: &Actor, id: &str, input: Feedback) -> Result<Suggestion, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let verdict = faults.one_of("verdict", &input.verdict, Verdict::parse, "accepted, edited, rejected");
        let final_text = input.final_text.map(|text| faults.text("finalText", &text, 1, BODY_MAX));
        let note = input.note.map(|note| faults.text("note", &note, 1, REASON_MAX));
        if verdict == Some(Verdict::Edited) && final_text.is_none() {
            faults.add("finalText", "is needed when the verdict is edited");
        }
        let verdict = faults.into_result(verdict).map_err(AppError::Invalid)?.expect("checked just now");
        self.suggestion(actor, id).await?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let mut suggestion = locked(&change, &id).await?;
                    if suggestion.state != State::Success.as_str() {
                        let detail = "only a suggestion with a result can be judged".to_owned();
                        return Err(AppError::Conflict("not_finished", detail));
                    }
                    let offered = suggestion.content.as_ref().and_then(main_text).unwrap_or_default();
                    let distance = final_text.as_deref().map(|text| edit_distance(offered, text));
                    suggestion.edit_distance = distance.and_then(|distance| i64::try_from(distance).ok());
                    suggestion.feedback = Some(verdict.as_str().to_uppercase());
                    suggestion.final_text = final_text;
                    suggestion.feedback_note = note;
                    suggestion.updated_at = change.at;
                    change.tenant.save(suggestion.clone()).await?;
                    let payload = json!({
                        "suggestionId": suggestion.id, "verdict": verdict.as_str(),
                        "editDistance": suggestion.edit_distance,
                    });
                    let mut ticket = lock_even_merged(change.tenant, &suggestion.ticket_id).await?;
                    change.line(&mut ticket, EventKind::SuggestionFeedback, payload).await?;
                    change.tenant.save(ticket).await?;
                    publish(&change, &suggestion).await?;
                    Ok(suggestion)
                })
            })
            .await
    }

    /// Ends a queued or running suggestion in `error`, code `cancelled`. Whoever works on it finds its lease gone.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `already_finished` when there is nothing to cancel any more.
    pub async fn cancel_suggestion(&self, actor: &Actor, id: &str) -> Result<Suggestion, AppError> {
        require(actor, Role::Agent)?;
        self.suggestion(actor, id).await?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let suggestion = locked(&change, &id).await?;
                    if is_final(&suggestion) {
                        let detail = format!("it has already ended in {}", suggestion.state);
                        return Err(AppError::Conflict("already_finished", detail));
                    }
                    end_cancelled(&change, suggestion, "It was cancelled.").await
                })
            })
            .await
    }

    /// What this user and the copilot said about a ticket, oldest first.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn conversation(&self, actor: &Actor, ticket: &str) -> Result<Vec<Value>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket = find(tenant, ticket).await?;
        let found = suggestions::conversation(tenant, &ticket.id, &actor.user_id).await?;
        Ok(found.and_then(|row| row.messages.as_array().cloned()).unwrap_or_default())
    }

    /// Forgets what this user and the copilot said about a ticket.
    ///
    /// # Errors
    /// As for [`App::conversation`].
    pub async fn forget_conversation(&self, actor: &Actor, ticket: &str) -> Result<(), AppError> {
        require(actor, Role::Agent)?;
        let (actor, id) = (actor.clone(), ticket.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let ticket = find(tenant, &id).await?;
                    Ok(suggestions::forget_conversation(tenant, &ticket.id, &actor.user_id).await?)
                })
            })
            .await
    }

    /// Whether the copilot can be asked, and who answers.
    pub async fn copilot_health(&self, actor: &Actor) -> Result<Health, AppError> {
        let settings = self.settings_of(&actor.workspace_id).await?;
        let Some(model) = self.model_for(&settings) else {
            let reason = "the copilot is switched off (COPILOT_PROVIDER=off)".to_owned();
            return Ok(Health { provider: "off".into(), model: None, reachable: false, reason: Some(reason) });
        };
        let checked = model.check().await;
        Ok(Health {
            provider: model.provider().to_owned(),
            model: Some(model.name().to_owned()),
            reachable: checked.is_ok(),
            reason: checked.err().map(|error| error.to_string()),
        })
    }
}

fn check(faults: &mut Faults, request: Request) -> (Kind, Value) {
    match request {
        Request::Analyze => (Kind::Analysis, json!({})),
        Request::Suggest => (Kind::NextSteps, json!({})),
        Request::DraftReply(tone) => {
            let allowed = Tone::ALL.iter().map(|tone| tone.as_str()).collect::<Vec<_>>().join(", ");
            let tone = match tone {
                Some(text) => faults.one_of("tone", &text, Tone::parse, &allowed),
                None => Some(Tone::Professional),
            };
            (Kind::DraftReply, json!({"tone": tone.map(Tone::as_str)}))
        }
        Request::Chat(message) => {
            let message = faults.text("message", &message, 1, QUESTION_MAX);
            (Kind::Chat, json!({"message": message}))
        }
    }
}

pub(crate) fn new_suggestion(change: &Change<'_>, ticket: &Ticket, kind: Kind, request: Value) -> Suggestion {
    Suggestion {
        workspace_id: ticket.workspace_id.clone(),
        id: change.app.id(),
        ticket_id: ticket.id.clone(),
        r#type: kind.as_str().to_owned(),
        kind: kind.as_str().to_owned(),
        state: State::Queued.as_str().to_owned(),
        request,
        content: None,
        error: None,
        error_code: None,
        model: None,
        prompt_tokens: 0,
        completion_tokens: 0,
        cost_usd: 0,
        attempts: 0,
        requested_by: change.who.user_id(),
        prompt_version: None,
        redaction_counts: None,
        feedback: None,
        final_text: None,
        edit_distance: None,
        feedback_note: None,
        triage: None,
        started_at: None,
        finished_at: None,
        created_at: change.at,
        updated_at: change.at,
    }
}

/// Enqueues the job of a suggestion; of several, those of the highest priority go first.
pub(crate) async fn enqueue(
    change: &Change<'_>,
    suggestion: &Suggestion,
    first: Option<&First>,
    priority: i64,
) -> Result<(), AppError> {
    let mut payload = json!({"suggestionId": suggestion.id});
    if let Some(first) = first {
        payload["first"] = serde_json::to_value(first).map_err(|error| AppError::Internal(error.to_string()))?;
    }
    let job = NewJob {
        id: change.app.id(),
        kind: JOB,
        payload,
        priority,
        run_at: change.at,
        max_attempts: ATTEMPTS,
        dedup_key: Some(dedup_key(&suggestion.id)),
        at: change.at,
    };
    jobs::enqueue(change.tenant, job).await?;
    Ok(())
}

/// Tells the listeners of a ticket how a suggestion is doing. A chat is announced to the user who asked only: the data
/// names the user, and the visibility rule looks at it.
pub(crate) async fn publish(change: &Change<'_>, suggestion: &Suggestion) -> Result<(), AppError> {
    let owner = owner(suggestion);
    let data = json!({
        "suggestionId": suggestion.id, "ticketId": suggestion.ticket_id, "kind": suggestion.kind,
        "state": suggestion.state, "onlyUserId": owner,
    });
    change.publish("suggestion.updated", "tickets", &suggestion.ticket_id, data).await
}

/// The only user who may see it; none when everybody of the workspace may.
pub(crate) fn owner(suggestion: &Suggestion) -> Option<&str> {
    if suggestion.kind == Kind::Chat.as_str() { suggestion.requested_by.as_deref() } else { None }
}

/// What is said when there is no model.
pub(crate) fn copilot_off() -> AppError {
    AppError::Unavailable("the copilot is switched off (COPILOT_PROVIDER=off)".into())
}

pub(crate) async fn locked(change: &Change<'_>, id: &str) -> Result<Suggestion, AppError> {
    change.tenant.lock::<Suggestion>(id).await?.ok_or(AppError::NotFound("suggestion"))
}

/// Ends a locked suggestion that is not final in `error`, code `cancelled`, and takes its job away from whoever works on it.
pub(crate) async fn end_cancelled(
    change: &Change<'_>,
    mut suggestion: Suggestion,
    message: &str,
) -> Result<Suggestion, AppError> {
    State::Error.as_str().clone_into(&mut suggestion.state);
    suggestion.error = Some(message.to_owned());
    suggestion.error_code = Some("cancelled".into());
    suggestion.finished_at = Some(change.at);
    suggestion.updated_at = change.at;
    change.tenant.save(suggestion.clone()).await?;
    jobs::withdraw(change.tenant, &dedup_key(&suggestion.id), "cancelled", change.at).await?;
    publish(change, &suggestion).await?;
    Ok(suggestion)
}

pub(crate) fn is_final(suggestion: &Suggestion) -> bool {
    matches!(State::parse(&suggestion.state), Some(State::Success | State::Error))
}

/// The text that a person would send or read aloud; what edit distances are measured from.
fn main_text(content: &Value) -> Option<&str> {
    ["reply", "answer", "summary"].iter().find_map(|field| content[field].as_str())
}

/// Appends an exchange to a conversation and forgets the oldest beyond the limit.
pub(crate) fn remember(messages: &Value, question: &str, answer: &str, at: &str) -> Value {
    let mut all = messages.as_array().cloned().unwrap_or_default();
    all.push(json!({"role": "user", "content": question, "at": at}));
    all.push(json!({"role": "assistant", "content": answer, "at": at}));
    let excess = all.len().saturating_sub(2 * CONVERSATION_MAX);
    all.drain(..excess);
    Value::Array(all)
}
