//! A count of every figure by plain loops over the base tables, to compare what the program keeps with.

use std::collections::BTreeMap;
use std::ops::Range;

use patchcord_domain::days::Zone;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::metrics::{AgentFigures, Figures, UsageFigures};
use patchcord_domain::time::HOUR;
use patchcord_store::Store;
use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable};

/// What the program keeps, or what it should keep. Rows that are all zero are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) hours: BTreeMap<i64, Vec<i64>>,
    pub(crate) days: BTreeMap<i64, Vec<i64>>,
    /// By hour and the id of a support agent or user.
    pub(crate) agents: BTreeMap<(i64, String), Vec<i64>>,
    /// By hour, provider, model and purpose.
    pub(crate) usage: BTreeMap<(i64, String), Vec<i64>>,
    /// By id: tickets, open tickets, average sentiment, how many that is of, last contact.
    pub(crate) customers: BTreeMap<String, Vec<i64>>,
}

struct Ticket {
    status: String,
    priority: String,
    sentiment: Option<String>,
    organization_id: Option<String>,
    contact_id: Option<String>,
    assignee_id: Option<String>,
    created_at: i64,
    first_responded_at: Option<i64>,
    resolved_at: Option<i64>,
    /// Of each clock that was promised: whether it ran out.
    promises: Vec<bool>,
    sla_breached_at: Option<i64>,
    last_message_at: Option<i64>,
    merged: bool,
}

/// Everything that counts, as it is in the base tables.
pub(crate) struct Base {
    tickets: Vec<Ticket>,
    /// When, who asked, what people said.
    suggestions: Vec<(i64, Option<String>, Option<String>)>,
    /// When, by whom.
    replies: Vec<(i64, String)>,
    /// When, to whom.
    assignments: Vec<(i64, String)>,
    /// When, of what, the figures.
    usage: Vec<(i64, String, UsageFigures)>,
}

async fn rows(store: &Store, workspace: &WorkspaceId, sql: &str) -> Vec<QueryResult> {
    let reader = store.reader();
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, [workspace.as_str().into()]);
    reader.query_all_raw(statement).await.unwrap()
}

fn get<T: TryGetable>(row: &QueryResult, name: &str) -> T {
    row.try_get("", name).unwrap()
}

/// Which of a resolved ticket's clocks ran out, of those that were promised.
fn promises(ticket: &QueryResult, clocks: &QueryResult) -> Vec<bool> {
    let mut promises = Vec::new();
    for clock in ["first_response", "resolution"] {
        let at = |row: &QueryResult, name: &str| get::<Option<i64>>(row, &format!("{clock}_{name}"));
        if at(clocks, "minutes").is_some() {
            let late = at(ticket, "due_at").zip(at(clocks, "halted_at")).is_some_and(|(due, halted)| due < halted);
            promises.push(late || at(clocks, "breached_at").is_some());
        }
    }
    promises
}

impl Base {
    pub(crate) async fn read(store: &Store, workspace: &WorkspaceId) -> Self {
        let all = async |sql: &str| rows(store, workspace, sql).await;
        let tickets = all("SELECT * FROM tickets WHERE workspace_id = $1").await;
        let clocks = all("SELECT * FROM ticket_slas WHERE workspace_id = $1").await;
        let clocks: BTreeMap<String, QueryResult> =
            clocks.into_iter().map(|row| (get::<String>(&row, "ticket_id"), row)).collect();
        let tickets = tickets.iter().map(|row| Ticket {
            status: get(row, "status"),
            priority: get(row, "priority"),
            sentiment: get(row, "sentiment"),
            organization_id: get(row, "organization_id"),
            contact_id: get(row, "contact_id"),
            assignee_id: get(row, "assignee_id"),
            created_at: get(row, "created_at"),
            first_responded_at: get(row, "first_responded_at"),
            resolved_at: get(row, "resolved_at"),
            promises: clocks.get(&get::<String>(row, "id")).map_or_else(Vec::new, |clocks| promises(row, clocks)),
            sla_breached_at: get(row, "sla_breached_at"),
            last_message_at: get(row, "last_message_at"),
            merged: get::<Option<String>>(row, "merged_into_id").is_some(),
        });
        let suggestions = all("SELECT * FROM ai_suggestions WHERE workspace_id = $1").await;
        let suggestions =
            suggestions.iter().map(|row| (get(row, "created_at"), get(row, "requested_by"), get(row, "feedback")));
        let messages = all("SELECT * FROM ticket_messages WHERE workspace_id = $1").await;
        let replies = messages.iter().filter_map(|row| {
            let public = get::<String>(row, "author_type") == "AGENT" && !get::<bool>(row, "is_internal");
            let by: Option<String> = get(row, "author_user_id");
            let by = by.or_else(|| get(row, "author_agent_id"));
            public.then_some((get(row, "created_at"), by?))
        });
        let assignments = all("SELECT * FROM ticket_assignments WHERE workspace_id = $1").await;
        let assignments = assignments.iter().map(|row| (get(row, "assigned_at"), get(row, "support_agent_id")));
        let usage = all("SELECT * FROM ai_usage_logs WHERE workspace_id = $1").await;
        let usage = usage.iter().map(|row| {
            let name = ["provider", "model", "purpose"].map(|name| get::<String>(row, name)).join("/");
            let figures = UsageFigures {
                requests: 1,
                errors: i64::from(get::<Option<String>>(row, "error").is_some()),
                input_tokens: get(row, "input_tokens"),
                cached_input_tokens: get(row, "cached_input_tokens"),
                output_tokens: get(row, "output_tokens"),
                cost_usd: get(row, "cost_usd"),
            };
            (get(row, "created_at"), name, figures)
        });
        Self {
            tickets: tickets.collect(),
            suggestions: suggestions.collect(),
            replies: replies.collect(),
            assignments: assignments.collect(),
            usage: usage.collect(),
        }
    }

    /// Every figure of the workspace, each at the moment that decides its bucket.
    fn moments(&self) -> Vec<(i64, Figures)> {
        let none = Figures::default();
        let seconds = |ticket: &Ticket, at: i64| ((at - ticket.created_at) / 1_000).max(0);
        let mut all = Vec::new();
        for ticket in &self.tickets {
            let mut created = Figures { tickets_created: 1, ..none };
            match ticket.sentiment.as_deref() {
                Some("positive") => created.sentiment_positive = 1,
                Some("neutral") => created.sentiment_neutral = 1,
                Some("negative") => created.sentiment_negative = 1,
                _ => {}
            }
            if !["RESOLVED", "CLOSED"].contains(&ticket.status.as_str()) {
                match ticket.priority.as_str() {
                    "LOW" => created.open_low = 1,
                    "MEDIUM" => created.open_medium = 1,
                    "HIGH" => created.open_high = 1,
                    _ => created.open_urgent = 1,
                }
            }
            all.push((ticket.created_at, created));
            if ticket.merged {
                continue;
            }
            if let Some(at) = ticket.first_responded_at {
                let first_response_seconds_sum = seconds(ticket, at);
                all.push((at, Figures { first_response_count: 1, first_response_seconds_sum, ..none }));
            }
            if let Some(at) = ticket.resolved_at {
                let missed = ticket.promises.contains(&true);
                let resolved = Figures {
                    tickets_resolved: 1,
                    resolution_count: 1,
                    resolution_seconds_sum: seconds(ticket, at),
                    sla_met: i64::from(!missed && !ticket.promises.is_empty()),
                    sla_missed: i64::from(missed),
                    ..none
                };
                all.push((at, resolved));
            }
            if let Some(at) = ticket.sla_breached_at {
                all.push((at, Figures { sla_breaches: 1, ..none }));
            }
        }
        for (at, _, feedback) in &self.suggestions {
            let said = |word: &str| i64::from(feedback.as_deref() == Some(word));
            let figures = Figures {
                suggestions: 1,
                suggestions_accepted: said("ACCEPTED"),
                suggestions_edited: said("EDITED"),
                suggestions_rejected: said("REJECTED"),
                ..none
            };
            all.push((*at, figures));
        }
        for (at, _, usage) in &self.usage {
            all.push((*at, Figures { ai_cost_usd: usage.cost_usd, ..none }));
        }
        all
    }

    /// What happened within a span of time.
    pub(crate) fn within(&self, span: Range<i64>) -> Figures {
        let mut sum = Figures::default();
        for (_, figures) in self.moments().into_iter().filter(|(at, _)| span.contains(at)) {
            sum += figures;
        }
        sum
    }

    /// What people did within a span of time, by id.
    pub(crate) fn agents_within(&self, span: Range<i64>) -> BTreeMap<String, AgentFigures> {
        let mut sums: BTreeMap<String, AgentFigures> = BTreeMap::new();
        for (at, id, figures) in self.agent_moments() {
            if span.contains(&at) {
                *sums.entry(id).or_default() += figures;
            }
        }
        sums
    }

    fn agent_moments(&self) -> Vec<(i64, String, AgentFigures)> {
        let none = AgentFigures::default();
        let mut all = Vec::new();
        for ticket in self.tickets.iter().filter(|ticket| !ticket.merged) {
            let Some(id) = &ticket.assignee_id else { continue };
            let seconds = |at: i64| ((at - ticket.created_at) / 1_000).max(0);
            if let Some(at) = ticket.resolved_at {
                let figures = AgentFigures { solved: 1, resolution_seconds_sum: seconds(at), ..none };
                all.push((at, id.clone(), figures));
            }
            if let Some(at) = ticket.first_responded_at {
                let figures = AgentFigures { first_responses: 1, first_response_seconds_sum: seconds(at), ..none };
                all.push((at, id.clone(), figures));
            }
        }
        all.extend(self.replies.iter().map(|(at, id)| (*at, id.clone(), AgentFigures { replies: 1, ..none })));
        all.extend(self.assignments.iter().map(|(at, id)| (*at, id.clone(), AgentFigures { assigned: 1, ..none })));
        for (at, by, feedback) in &self.suggestions {
            let (Some(by), Some(feedback)) = (by, feedback) else { continue };
            let said = |word: &str| i64::from(feedback == word);
            let figures = AgentFigures {
                suggestions_accepted: said("ACCEPTED"),
                suggestions_edited: said("EDITED"),
                suggestions_rejected: said("REJECTED"),
                ..none
            };
            all.push((*at, by.clone(), figures));
        }
        all
    }

    /// What the program should keep.
    pub(crate) fn count(&self, zone: Zone) -> Kept {
        let mut kept = Kept::default();
        let (mut hours, mut days) = (BTreeMap::<i64, Figures>::new(), BTreeMap::<i64, Figures>::new());
        for (at, figures) in self.moments() {
            *hours.entry(at - at.rem_euclid(HOUR)).or_default() += figures;
            *days.entry(zone.day_around(at).0).or_default() += figures;
        }
        let rows = |sums: BTreeMap<i64, Figures>| {
            let rows = sums.into_iter().map(|(at, figures)| (at, figures.values()));
            rows.filter(|(_, values)| values.iter().any(|value| *value != 0)).collect()
        };
        (kept.hours, kept.days) = (rows(hours), rows(days));
        let mut agents = BTreeMap::<(i64, String), AgentFigures>::new();
        for (at, id, figures) in self.agent_moments() {
            *agents.entry((at - at.rem_euclid(HOUR), id)).or_default() += figures;
        }
        kept.agents = agents.into_iter().map(|(key, figures)| (key, figures.values())).collect();
        let mut usage = BTreeMap::<(i64, String), UsageFigures>::new();
        for (at, name, figures) in &self.usage {
            *usage.entry((at - at.rem_euclid(HOUR), name.clone())).or_default() += *figures;
        }
        kept.usage = usage.into_iter().map(|(key, figures)| (key, figures.values())).collect();
        let mut customers = BTreeMap::<String, Vec<&Ticket>>::new();
        for ticket in self.tickets.iter().filter(|ticket| !ticket.merged) {
            for id in [&ticket.organization_id, &ticket.contact_id].into_iter().flatten() {
                customers.entry(id.clone()).or_default().push(ticket);
            }
        }
        for (id, tickets) in customers {
            let open =
                tickets.iter().filter(|ticket| !["RESOLVED", "CLOSED"].contains(&ticket.status.as_str())).count();
            let scores = tickets.iter().filter_map(|ticket| match ticket.sentiment.as_deref()? {
                "positive" => Some(1_000),
                "neutral" => Some(0),
                "negative" => Some(-1_000),
                _ => None,
            });
            let scores: Vec<i64> = scores.collect();
            let counted = scores.len() as i64;
            let average = if counted == 0 { 0 } else { scores.iter().sum::<i64>() / counted };
            let last = tickets.iter().map(|ticket| ticket.last_message_at.unwrap_or(ticket.created_at)).max().unwrap();
            kept.customers.insert(id, vec![tickets.len() as i64, open as i64, average, counted, last]);
        }
        kept
    }
}

/// What the program keeps.
pub(crate) async fn kept(store: &Store, workspace: &WorkspaceId) -> Kept {
    let all =
        async |table: &str| rows(store, workspace, &format!("SELECT * FROM {table} WHERE workspace_id = $1")).await;
    let values = |row: &QueryResult, names: &[&str]| names.iter().map(|name| get(row, name)).collect::<Vec<i64>>();
    let buckets = |rows: Vec<QueryResult>| {
        rows.iter().map(|row| (get(row, "bucket_start"), values(row, Figures::NAMES))).collect::<BTreeMap<_, _>>()
    };
    let agents = all("agent_hourly_metrics").await;
    let agents =
        agents.iter().map(|row| ((get(row, "bucket_start"), get(row, "actor_id")), values(row, AgentFigures::NAMES)));
    let usage = all("usage_hourly_metrics").await;
    let usage = usage.iter().map(|row| {
        let name = ["provider", "model", "purpose"].map(|name| get::<String>(row, name)).join("/");
        ((get(row, "bucket_start"), name), values(row, UsageFigures::NAMES))
    });
    let customers = all("customer_metrics").await;
    let names = ["tickets", "open_tickets", "average_sentiment", "sentiment_count", "last_contact_at"];
    let customers = customers.iter().map(|row| (get(row, "id"), values(row, &names)));
    Kept {
        hours: buckets(all("hourly_metrics").await),
        days: buckets(all("daily_metrics").await),
        agents: agents.collect(),
        usage: usage.collect(),
        customers: customers.collect(),
    }
}
