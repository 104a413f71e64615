//! The copilot looks at new tickets by itself: it proposes category, priority and who works on them, or sets them.
//!
//! A triage is an analysis whose request says so. What it proposes is kept with the suggestion. What a person has set is
//! never overwritten, and what triage has set can always be taken back.

use patchcord_domain::copilot::{Analysis, Kind, State, Verdict};
use patchcord_domain::ticket::{CATEGORIES, EventKind, Priority};
use patchcord_domain::triage::{self as rules, Field, Kept};
use patchcord_domain::user::{Actor, Role};
use patchcord_domain::workspace::{AutoTriage, Settings};
use patchcord_store::rows::{Suggestion, SupportAgent, Team, Ticket, TicketEvent};
use patchcord_store::{suggestions, teams, trail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::assignment::{Given, by_itself, give, is_open_to_all, peek};
use crate::copilot::{enqueue, locked, new_suggestion, publish};
use crate::error::require;
use crate::escalations::assign_because;
use crate::ticket_detail::{Detail, detail};
use crate::tickets::{find, lock, lock_even_merged};
use crate::trail::{Change, from_to};
use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// What the ledger calls these calls, and what their request says.
const PURPOSE: &str = "triage";
/// After everything that somebody waits for.
const PRIORITY: i64 = 40;
/// Lines of the audit trail that are looked through for what people have set.
const LINES: u64 = 500;

/// The id and name of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name when this was written.
    pub name: String,
}

/// One field that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// category, priority or assigneeId.
    pub field: Field,
    /// What was there before.
    pub from: Option<String>,
    /// What is there since.
    pub to: Option<String>,
}

/// One field that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// category, priority or assigneeId.
    pub field: Field,
    /// Why.
    pub reason: Kept,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It waits for a person.
    Proposed,
    /// It was applied, by a person or by itself.
    Applied,
    /// It was applied and taken back.
    Undone,
}

/// What triage proposes for a ticket, and what became of it. Kept with the suggestion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Triage {
    /// What became of it.
    pub state: Fate,
    /// One of the categories; none when the model named no known one.
    pub category: Option<String>,
    /// How soon it must be worked on.
    pub priority: Option<Priority>,
    /// How sure the model is, 0 to 1.
    pub confidence: Option<f64>,
    /// Whose tickets these are.
    pub team: Option<Named>,
    /// Whose turn it was in the team.
    pub support_agent: Option<Named>,
    /// What was set.
    #[serde(default)]
    pub changes: Vec<Set>,
    /// What was left as it was.
    #[serde(default)]
    pub kept: Vec<Left>,
    /// How long the audit trail was after it was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail_length: Option<i64>,
}

/// What applying a proposal, or taking it back, did.
#[derive(Debug, Clone, PartialEq)]
pub struct Triaged {
    /// The ticket as it is now.
    pub detail: Detail,
    /// The suggestion whose proposal it was.
    pub suggestion_id: String,
    /// What was changed.
    pub changed: Vec<Set>,
    /// What was left as it was.
    pub kept: Vec<Left>,
}

impl App {
    /// Applies the newest proposal for a ticket, because a person accepts it.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `nothing_proposed` when there is none that was not applied yet.
    pub async fn apply_triage(&self, actor: &Actor, ticket: &str) -> Result<Triaged, AppError> {
        const NONE: (&str, &str) =
            ("nothing_proposed", "there is no proposal for this ticket that was not applied yet");
        self.settle_triage(actor, ticket, (Fate::Proposed, Fate::Applied), NONE).await
    }

    /// Takes back what was applied last. A field that was changed since stays as it is, and the answer says so.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `nothing_applied` when there is nothing to take back.
    pub async fn undo_triage(&self, actor: &Actor, ticket: &str) -> Result<Triaged, AppError> {
        const NONE: (&str, &str) = ("nothing_applied", "nothing was applied to this ticket that could be taken back");
        self.settle_triage(actor, ticket, (Fate::Applied, Fate::Undone), NONE).await
    }

    async fn settle_triage(
        &self,
        actor: &Actor,
        ticket: &str,
        (from, to): (Fate, Fate),
        none: (&'static str, &str),
    ) -> Result<Triaged, AppError> {
        require(actor, Role::Agent)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket_id = find(tenant, ticket).await?.id;
        let all = suggestions::of_ticket(tenant, &ticket_id).await?;
        let newest = all.into_iter().find(|suggestion| read(suggestion).is_some_and(|triage| triage.state == from));
        let missing = AppError::Conflict(none.0, none.1.to_owned());
        let Some(newest) = newest else { return Err(missing) };
        let (app, actor) = (self.clone(), actor.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    // Suggestions are locked before tickets, as by whoever finishes or judges one.
                    let mut suggestion = locked(&change, &newest.id).await?;
                    let mut ticket = lock(change.tenant, &ticket_id).await?;
                    let Some(mut triage) = read(&suggestion).filter(|triage| triage.state == from) else {
                        return Err(missing);
                    };
                    let (changed, kept) = if to == Fate::Undone {
                        undo(&change, &mut ticket, &suggestion, &mut triage).await?
                    } else {
                        apply(&change, &mut ticket, &suggestion, &mut triage).await?;
                        (triage.changes.clone(), triage.kept.clone())
                    };
                    let verdict = if to == Fate::Undone { Verdict::Rejected } else { Verdict::Accepted };
                    judge(&change, &mut ticket, &mut suggestion, verdict).await?;
                    write(&mut suggestion, &triage)?;
                    suggestion.updated_at = change.at;
                    change.tenant.save(suggestion.clone()).await?;
                    publish(&change, &suggestion).await?;
                    let ticket = change.save(ticket, "ticket.updated").await?;
                    let detail = detail(change.tenant, ticket, change.at).await?;
                    Ok(Triaged { detail, suggestion_id: suggestion.id, changed, kept })
                })
            })
            .await
    }
}

/// What is asked of the copilot when a ticket was just opened; gives the ticket as it is then.
pub(crate) async fn opened(
    change: &Change<'_>,
    mut ticket: Ticket,
    settings: &Settings,
    is_priority_given: bool,
) -> Result<Ticket, AppError> {
    let app = change.app;
    if settings.auto_triage == AutoTriage::Off || app.model.is_none() || app.crm.is_some() {
        return Ok(ticket);
    }
    let change = by_itself(change);
    let request = json!({"purpose": PURPOSE, "isPriorityGiven": is_priority_given});
    let suggestion = new_suggestion(&change, &ticket, Kind::Analysis, request);
    change.tenant.add(suggestion.clone()).await?;
    enqueue(&change, &suggestion, None, PRIORITY).await?;
    let payload = json!({"suggestionId": suggestion.id, "kind": suggestion.kind, "purpose": PURPOSE});
    change.line(&mut ticket, EventKind::SuggestionCreated, payload).await?;
    // The audit line moves the ticket's chain on but does not change the ticket that people see.
    change.tenant.save(ticket.clone()).await?;
    publish(&change, &suggestion).await?;
    Ok(ticket)
}

/// Whether nobody asked for it: a new ticket was looked at.
pub(crate) fn is_triage(suggestion: &Suggestion) -> bool {
    suggestion.request["purpose"] == PURPOSE
}

/// What the ledger says that it was for.
pub(crate) fn purpose(suggestion: &Suggestion) -> &str {
    if is_triage(suggestion) { PURPOSE } else { &suggestion.kind }
}

/// The proposal of a suggestion, when it has one.
pub fn read(suggestion: &Suggestion) -> Option<Triage> {
    let done = suggestion.state == State::Success.as_str();
    serde_json::from_value(suggestion.triage.clone().filter(|_| done)?).ok()
}

fn write(suggestion: &mut Suggestion, triage: &Triage) -> Result<(), AppError> {
    suggestion.triage = Some(serde_json::to_value(triage).map_err(|error| AppError::Internal(error.to_string()))?);
    Ok(())
}

/// Makes a proposal of an analysis, and applies it where the workspace wants that and the model is sure enough. The caller
/// saves the suggestion, which it has locked.
pub(crate) async fn propose(
    change: &Change<'_>,
    suggestion: &mut Suggestion,
    analysis: &Analysis,
    settings: &WorkspaceSettings,
) -> Result<(), AppError> {
    let mut ticket = lock_even_merged(change.tenant, &suggestion.ticket_id).await?;
    let category = analysis.category.to_lowercase();
    let mut triage = Triage {
        state: Fate::Proposed,
        category: Some(category).filter(|category| CATEGORIES.contains(&category.as_str())),
        priority: analysis.urgency.map(rules::priority),
        confidence: analysis.confidence,
        team: None,
        support_agent: None,
        changes: Vec::new(),
        kept: Vec::new(),
        trail_length: None,
    };
    if is_open_to_all(&ticket)
        && let Some(team) = team_of(change, &ticket, triage.category.as_deref()).await?
    {
        if let Some(id) = peek(change.tenant, &team).await? {
            let agent = change.tenant.get::<SupportAgent>(&id).await?;
            triage.support_agent = agent.map(|agent| Named { id: agent.id, name: agent.name });
        }
        triage.team = Some(Named { id: team.id, name: team.name });
    }
    let percent = settings.settings.triage_min_confidence_percent;
    let is_sure = triage.confidence.is_some_and(|confidence| confidence * 100.0 >= percent as f64);
    let is_open = patchcord_domain::ticket::Status::parse(&ticket.status).is_some_and(|status| status.is_open());
    let applies = settings.settings.auto_triage == AutoTriage::Apply && is_sure;
    if applies && is_open && ticket.merged_into_id.is_none() {
        apply(change, &mut ticket, suggestion, &mut triage).await?;
        if !triage.changes.is_empty() {
            change.save(ticket, "ticket.updated").await?;
        }
    }
    write(suggestion, &triage)
}

/// The team of the ticket's product area, or else the one that has the category among its areas.
async fn team_of(change: &Change<'_>, ticket: &Ticket, category: Option<&str>) -> Result<Option<Team>, AppError> {
    if let Some(area) = &ticket.product_area {
        return Ok(teams::covering(change.tenant, area, "").await?);
    }
    let Some(category) = category else { return Ok(None) };
    let workspace = patchcord_store::workspaces::own(change.tenant).await?.ok_or(AppError::NotFound("workspace"))?;
    let areas = workspace.product_areas.as_array().into_iter().flatten().filter_map(Value::as_str);
    let Some(area) = areas.into_iter().find(|area| area.to_lowercase() == category) else { return Ok(None) };
    Ok(teams::covering(change.tenant, area, "").await?)
}

/// Sets what is proposed on a locked ticket, unless a person has set it. The caller saves the ticket.
async fn apply(
    change: &Change<'_>,
    ticket: &mut Ticket,
    suggestion: &Suggestion,
    triage: &mut Triage,
) -> Result<(), AppError> {
    (triage.changes, triage.kept) = (Vec::new(), Vec::new());
    let lines = trail::newest(change.tenant, &ticket.id, LINES).await?;
    let by_people: Vec<Field> =
        lines.iter().filter(|line| line.actor_type != "SYSTEM").filter_map(changed_field).collect();
    let note = Map::from_iter([("suggestionId".to_owned(), json!(suggestion.id))]);

    if let Some(category) = &triage.category {
        match rules::category(ticket.category.as_deref(), category, by_people.contains(&Field::Category)) {
            Ok(false) => {}
            Ok(true) => {
                let from = ticket.category.replace(category.clone());
                set(change, ticket, &mut triage.changes, (Field::Category, from, Some(category.clone())), &note)
                    .await?;
            }
            Err(reason) => triage.kept.push(Left { field: Field::Category, reason }),
        }
    }
    if let (Some(priority), Some(present)) = (triage.priority, Priority::parse(&ticket.priority)) {
        let given = suggestion.request["isPriorityGiven"] == true;
        match rules::set_priority(present, priority, given, by_people.contains(&Field::Priority)) {
            Ok(false) => {}
            Ok(true) => {
                let from = std::mem::replace(&mut ticket.priority, priority.as_str().to_owned());
                let fields = (Field::Priority, Some(from), Some(priority.as_str().to_owned()));
                set(change, ticket, &mut triage.changes, fields, &note).await?;
            }
            Err(reason) => triage.kept.push(Left { field: Field::Priority, reason }),
        }
    }
    if let Some(team) = &triage.team {
        let named = triage.support_agent.as_ref().map(|agent| agent.id.as_str());
        if !is_open_to_all(ticket) || by_people.contains(&Field::AssigneeId) {
            triage.kept.push(Left { field: Field::AssigneeId, reason: Kept::SetByPerson });
        } else if let Given::To(agent) = give(change, ticket, &team.id, named, &note).await? {
            triage.changes.push(Set { field: Field::AssigneeId, from: None, to: Some(agent.id) });
        } else {
            triage.kept.push(Left { field: Field::AssigneeId, reason: Kept::NobodyAvailable });
        }
    }
    triage.state =
        if triage.changes.is_empty() && change.who.user_id().is_none() { triage.state } else { Fate::Applied };
    triage.trail_length = Some(ticket.audit_length);
    Ok(())
}

/// Puts back what was there before on a locked ticket, unless it was changed since. The caller saves the ticket.
async fn undo(
    change: &Change<'_>,
    ticket: &mut Ticket,
    suggestion: &Suggestion,
    triage: &mut Triage,
) -> Result<(Vec<Set>, Vec<Left>), AppError> {
    let lines = trail::newest(change.tenant, &ticket.id, LINES).await?;
    let after = triage.trail_length.unwrap_or(0);
    let since: Vec<Field> = lines.iter().filter(|line| line.seq > after).filter_map(changed_field).collect();
    let note = Map::from_iter([("suggestionId".to_owned(), json!(suggestion.id)), ("undo".to_owned(), json!(true))]);
    let (mut changed, mut kept) = (Vec::new(), Vec::new());
    for Set { field, from, to } in triage.changes.clone() {
        let present = match field {
            Field::Category => ticket.category.clone(),
            Field::Priority => Some(ticket.priority.clone()),
            Field::AssigneeId => ticket.assignee_id.clone(),
        };
        if present != to || since.contains(&field) {
            kept.push(Left { field, reason: Kept::ChangedSince });
            continue;
        }
        match field {
            Field::Category => ticket.category.clone_from(&from),
            Field::Priority => ticket.priority = from.clone().unwrap_or_default(),
            Field::AssigneeId => {
                assign_because(change, ticket, None, note.clone()).await?;
                changed.push(Set { field, from: to, to: None });
                continue;
            }
        }
        set(change, ticket, &mut changed, (field, to, from), &note).await?;
    }
    triage.state = Fate::Undone;
    Ok((changed, kept))
}

/// Notes a change that was made in memory.
async fn set(
    change: &Change<'_>,
    ticket: &mut Ticket,
    changes: &mut Vec<Set>,
    (field, from, to): (Field, Option<String>, Option<String>),
    note: &Map<String, Value>,
) -> Result<(), AppError> {
    let kind = if field == Field::Priority { EventKind::PriorityChanged } else { EventKind::FieldChanged };
    let mut payload = from_to(field.as_str(), from.clone(), to.clone());
    if let Value::Object(fields) = &mut payload {
        fields.extend(note.clone());
    }
    change.line(ticket, kind, payload).await?;
    changes.push(Set { field, from, to });
    Ok(())
}

/// Keeps with the suggestion what a person made of it, and with the ticket that they did.
async fn judge(
    change: &Change<'_>,
    ticket: &mut Ticket,
    suggestion: &mut Suggestion,
    verdict: Verdict,
) -> Result<(), AppError> {
    suggestion.feedback = Some(verdict.as_str().to_uppercase());
    let payload = json!({"suggestionId": suggestion.id, "verdict": verdict.as_str(), "purpose": PURPOSE});
    change.line(ticket, EventKind::SuggestionFeedback, payload).await
}

/// The field that a line of the audit trail tells of, when it is one that triage sets.
fn changed_field(line: &TicketEvent) -> Option<Field> {
    let told = [EventKind::PriorityChanged, EventKind::FieldChanged, EventKind::Assigned];
    if !told.iter().any(|kind| kind.as_str() == line.kind) {
        return None;
    }
    let payload: Value = serde_json::from_str(&line.payload).unwrap_or_default();
    payload["field"].as_str().and_then(Field::parse)
}
