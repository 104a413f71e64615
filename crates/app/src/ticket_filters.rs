//! The filters of the ticket list as they are written: in an address, in an export, in a saved view. One set of rules.

use patchcord_domain::FieldError;
use patchcord_domain::copilot::{Sentiment, Verdict};
use patchcord_domain::id::is_id;
use patchcord_domain::ticket::{Channel, Priority, Status, TAG_MAX};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{Millis, from_rfc3339};
use patchcord_domain::user::Actor;
use patchcord_domain::week_hour::{Names, WeekHour};
use patchcord_store::ticket_list::{Query, Replied, Sla, Sort, Suggested};
use patchcord_store::{Connection, Tenant, directory, tickets, users};
use serde::{Deserialize, Serialize};

use crate::AppError;

/// The order when none is asked for.
pub const SORT: &str = "-createdAt";
/// Stands for whoever asks, or for their support agent.
pub const ME: &str = "me";
/// What the filter by the copilot's suggestions takes.
const VERDICTS: &str = "accepted, edited, rejected, unjudged";
/// From when, and until when.
type Span = (Option<Millis>, Option<Millis>);

/// Most values of one filter.
const VALUES_MAX: usize = 50;

/// Filters as texts. Each list may hold several values, also separated by commas: any of them fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "fields are named and explained like the parameters of the list")]
pub struct Filters {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priority: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub product_area: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channel: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignee_id: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organization_id: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contact_id: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_id: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentiment: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copilot: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copilot_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copilot_to: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copilot_by_id: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replied_by_id: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replied_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replied_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekday: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responded_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_responded_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

impl Filters {
    /// The query that the filters mean. Faults are told under the fields' names with `prefix` before them.
    ///
    /// # Errors
    /// Every wrong filter.
    pub fn query(&self, prefix: &str, sort: Option<&str>) -> Result<Query, Vec<FieldError>> {
        let mut faults = Faults::default();
        let name = |field: &str| format!("{prefix}{field}");
        let statuses = each(&self.status)
            .filter_map(|text| faults.one_of(&name("status"), text, Status::parse, &Status::allowed()))
            .collect();
        let priorities = each(&self.priority)
            .filter_map(|text| faults.one_of(&name("priority"), text, Priority::parse, &Priority::allowed()))
            .collect();
        let channels = each(&self.channel)
            .filter_map(|text| faults.one_of(&name("channel"), text, Channel::parse, &Channel::allowed()))
            .collect();
        let assignees = each(&self.assignee_id)
            .map(|text| match text {
                "none" => None,
                ME => Some(ME.to_owned()),
                text => Some(id(&mut faults, &name("assigneeId"), text)),
            })
            .collect();
        let organizations =
            each(&self.organization_id).map(|text| id(&mut faults, &name("organizationId"), text)).collect();
        let repliers = people(&mut faults, &name("repliedById"), &self.replied_by_id);
        let requesters = people(&mut faults, &name("copilotById"), &self.copilot_by_id);
        let contacts = each(&self.contact_id).map(|text| id(&mut faults, &name("contactId"), text)).collect();
        let devices = each(&self.device_id).map(|text| id(&mut faults, &name("deviceId"), text)).collect();
        let sentiments = each(&self.sentiment)
            .filter_map(|text| faults.one_of(&name("sentiment"), text, Sentiment::parse, "positive, neutral, negative"))
            .collect();
        let sla = self.sla.as_deref().and_then(|text| faults.one_of(&name("sla"), text, sla, "breached, due_soon"));
        let mut at = |field: &str, text: &Option<String>| -> Option<Millis> {
            let text = text.as_deref()?;
            let at = from_rfc3339(text);
            if at.is_none() {
                faults.add(&name(field), "must be a time such as 2026-11-24T09:30:00Z, or a date such as 2026-11-24");
            }
            at
        };
        let created_from = at("createdFrom", &self.created_from);
        let created_to = at("createdTo", &self.created_to);
        let resolved_from = at("resolvedFrom", &self.resolved_from);
        let resolved_to = at("resolvedTo", &self.resolved_to);
        let first_responded_from = at("firstRespondedFrom", &self.first_responded_from);
        let first_responded_to = at("firstRespondedTo", &self.first_responded_to);
        let asked = (at("copilotFrom", &self.copilot_from), at("copilotTo", &self.copilot_to));
        let written = (at("repliedFrom", &self.replied_from), at("repliedTo", &self.replied_to));
        let copilot = self.suggested(&mut faults, prefix, requesters, asked);
        let replied = self.replied(&mut faults, prefix, repliers, written);
        let names = Names { prefix, from: "createdFrom", to: "createdTo" };
        let (weekday, hour, timezone) = (self.weekday, self.hour, self.timezone.as_deref());
        let days = WeekHour { weekday, hour, timezone, from: created_from, to: created_to };
        let created_within = days.spans(&mut faults, names);
        let order = sort.unwrap_or(SORT);
        let (key, descending) = order.strip_prefix('-').map_or((order, false), |key| (key, true));
        let allowed = "createdAt, updatedAt, number, priority, each with - before it for the largest first";
        let sort = faults.one_of("sort", key, sort_key, allowed).unwrap_or(Sort::CreatedAt);
        let product_areas =
            each(&self.product_area).map(|text| faults.text(&name("productArea"), text, 1, 200)).collect();
        let tags = each(&self.tag).map(|text| faults.text(&name("tag"), text, 1, TAG_MAX).to_lowercase()).collect();
        for (field, values) in self.lists() {
            if values.iter().flat_map(|value| value.split(',')).count() > VALUES_MAX {
                faults.add(&name(field), format!("takes at most {VALUES_MAX} values"));
            }
        }
        let words = self.q.as_ref().map(|q| faults.text(&name("q"), q, 0, 200)).filter(|q| !q.is_empty());
        let query = Query {
            statuses,
            priorities,
            channels,
            product_areas,
            assignees,
            organizations,
            contacts,
            devices,
            tags,
            sentiments,
            sla,
            copilot,
            replied,
            created_from,
            created_to,
            created_within,
            resolved_from,
            resolved_to,
            first_responded_from,
            first_responded_to,
            words,
            sort,
            descending,
            after: None,
            offset: 0,
            limit: 0,
            now: 0,
        };
        faults.into_result(query)
    }

    /// What must have become of the copilot's suggestions, if anything.
    fn suggested(&self, faults: &mut Faults, prefix: &str, by: Vec<String>, (from, to): Span) -> Option<Suggested> {
        let field = format!("{prefix}copilot");
        let verdicts: Vec<Option<Verdict>> =
            each(&self.copilot).filter_map(|text| faults.one_of(&field, text, verdict, VERDICTS)).collect();
        if each(&self.copilot).next().is_none() {
            if self.copilot_from.is_some() || self.copilot_to.is_some() || !by.is_empty() {
                let message = format!("must be there with copilotFrom, copilotTo and copilotById: any of {VERDICTS}");
                faults.add(&field, message);
            }
            return None;
        }
        Some(Suggested { verdicts, by, from, to })
    }

    /// Who must have written to the customer, if anybody.
    fn replied(&self, faults: &mut Faults, prefix: &str, by: Vec<String>, (from, to): Span) -> Option<Replied> {
        if by.is_empty() {
            if self.replied_from.is_some() || self.replied_to.is_some() {
                let field = format!("{prefix}repliedById");
                faults
                    .add(&field, "must be there with repliedFrom and repliedTo: ids of support agents or users, or me");
            }
            return None;
        }
        Some(Replied { by, from, to })
    }

    /// The filters that take several values.
    fn lists(&self) -> [(&'static str, &[String]); 13] {
        [
            ("status", &self.status),
            ("priority", &self.priority),
            ("productArea", &self.product_area),
            ("channel", &self.channel),
            ("assigneeId", &self.assignee_id),
            ("organizationId", &self.organization_id),
            ("contactId", &self.contact_id),
            ("deviceId", &self.device_id),
            ("tag", &self.tag),
            ("sentiment", &self.sentiment),
            ("copilot", &self.copilot),
            ("copilotById", &self.copilot_by_id),
            ("repliedById", &self.replied_by_id),
        ]
    }
}

/// Puts whoever asks in the place of `me`: the support agent where tickets are assigned, without which nothing is; the user where
/// they asked for something. What was written under a support agent and under its user is one person's.
pub(crate) async fn resolve_people<C: Connection>(
    tenant: Tenant<'_, C>,
    actor: &Actor,
    query: &mut Query,
) -> Result<(), AppError> {
    let is_me = |id: &String| id == ME;
    let replied = query.replied.iter().flat_map(|replied| &replied.by);
    if query.assignees.iter().flatten().chain(replied).any(is_me) {
        let own = tickets::agent_of_user(tenant, &actor.user_id).await?.map(|agent| agent.id);
        for id in query.assignees.iter_mut().flatten().filter(|id| is_me(id)) {
            *id = own.clone().unwrap_or_default();
        }
        for id in query.replied.iter_mut().flat_map(|replied| &mut replied.by).filter(|id| is_me(id)) {
            *id = own.clone().unwrap_or_else(|| actor.user_id.clone());
        }
    }
    for id in query.copilot.iter_mut().flat_map(|suggested| &mut suggested.by).filter(|id| is_me(id)) {
        id.clone_from(&actor.user_id);
    }
    if let Some(replied) = &mut query.replied {
        let agents = directory::support_agents(tenant, &replied.by).await?;
        replied.by.extend(agents.into_iter().filter_map(|agent| agent.user_id));
    }
    Ok(())
}

/// Refuses filters that name what is not there; another workspace's rows are not.
///
/// # Errors
/// [`AppError::Invalid`] with every such filter, under the fields' names with `prefix` before them.
pub(crate) async fn expect_known<C: Connection>(
    tenant: Tenant<'_, C>,
    filters: &Filters,
    prefix: &str,
) -> Result<(), AppError> {
    let ids =
        |values: &[String]| -> Vec<String> { each(values).filter(|text| is_id(text)).map(str::to_owned).collect() };
    let (agents, organizations, contacts) =
        (ids(&filters.assignee_id), ids(&filters.organization_id), ids(&filters.contact_id));
    let (repliers, requesters) = (ids(&filters.replied_by_id), ids(&filters.copilot_by_id));
    let both = |one: &[String], other: &[String]| [one, other].concat();
    let found = directory::support_agents(tenant, &both(&agents, &repliers)).await?;
    let known: Vec<String> = found.into_iter().map(|row| row.id).collect();
    let mut faults = Faults::default();
    if agents.iter().any(|id| !known.contains(id)) {
        faults.add(&format!("{prefix}assigneeId"), "there is no such support agent");
    }
    let found = users::some(tenant, &both(&repliers, &requesters)).await?;
    let known_users: Vec<String> = found.into_iter().map(|row| row.id).collect();
    if repliers.iter().any(|id| !known.contains(id) && !known_users.contains(id)) {
        faults.add(&format!("{prefix}repliedById"), "there is no such support agent or user");
    }
    if requesters.iter().any(|id| !known_users.contains(id)) {
        faults.add(&format!("{prefix}copilotById"), "there is no such user");
    }
    let known: Vec<String> =
        directory::organizations(tenant, &organizations).await?.into_iter().map(|row| row.id).collect();
    if organizations.iter().any(|id| !known.contains(id)) {
        faults.add(&format!("{prefix}organizationId"), "there is no such organization");
    }
    let known: Vec<String> = directory::contacts(tenant, &contacts).await?.into_iter().map(|row| row.id).collect();
    if contacts.iter().any(|id| !known.contains(id)) {
        faults.add(&format!("{prefix}contactId"), "there is no such contact");
    }
    for id in ids(&filters.device_id) {
        if directory::device(tenant, &id).await?.is_none() {
            faults.add(&format!("{prefix}deviceId"), "there is no such device");
            break;
        }
    }
    faults.into_result(()).map_err(AppError::Invalid)
}

/// Values of a filter that is repeated, or written with commas.
fn each(values: &[String]) -> impl Iterator<Item = &str> {
    values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).take(VALUES_MAX)
}

fn id(faults: &mut Faults, field: &str, text: &str) -> String {
    if !is_id(text) {
        faults.id(field, text);
    }
    text.to_owned()
}

/// Ids of people, or `me`.
fn people(faults: &mut Faults, field: &str, values: &[String]) -> Vec<String> {
    each(values).map(|text| if text == ME { ME.to_owned() } else { id(faults, field, text) }).collect()
}

/// What a person made of a suggestion; `None` within when nobody judged it.
fn verdict(text: &str) -> Option<Option<Verdict>> {
    match text {
        "unjudged" => Some(None),
        text => Verdict::parse(text).map(Some),
    }
}

fn sla(text: &str) -> Option<Sla> {
    match text {
        "breached" => Some(Sla::Breached),
        "due_soon" => Some(Sla::DueSoon),
        _ => None,
    }
}

fn sort_key(text: &str) -> Option<Sort> {
    match text {
        "createdAt" => Some(Sort::CreatedAt),
        "updatedAt" => Some(Sort::UpdatedAt),
        "number" => Some(Sort::Number),
        "priority" => Some(Sort::Priority),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_filter_is_named() {
        let filters = Filters {
            status: vec!["open, resolved".into(), "SLEEPING".into()],
            assignee_id: vec!["me,none".into(), "42".into()],
            sla: Some("late".into()),
            created_to: Some("tomorrow".into()),
            sentiment: vec!["sad".into()],
            copilot: vec!["accepted,liked".into()],
            copilot_to: Some("soon".into()),
            copilot_by_id: vec!["you".into()],
            replied_by_id: vec!["me,none".into()],
            replied_from: Some("soon".into()),
            hour: Some(24),
            ..Filters::default()
        };
        let faults = filters.query("filters.", Some("color")).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "filters.status",
                "filters.assigneeId",
                "filters.repliedById",
                "filters.copilotById",
                "filters.sentiment",
                "filters.sla",
                "filters.createdTo",
                "filters.copilotTo",
                "filters.repliedFrom",
                "filters.copilot",
                "filters.weekday",
                "filters.hour",
                "filters.timezone",
                "filters.createdFrom",
                "sort",
            ]
        );
        let alone = Filters { copilot_from: Some("2026-11-01".into()), ..Filters::default() };
        let faults = alone.query("", None).unwrap_err();
        assert_eq!((faults.len(), faults[0].field.as_str()), (1, "copilot"));
        assert!(faults[0].message.contains("accepted, edited, rejected, unjudged"), "{}", faults[0].message);
        let alone =
            Filters { copilot_by_id: vec![ME.into()], replied_to: Some("2026-11-01".into()), ..Filters::default() };
        let fields: Vec<String> = alone.query("", None).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["copilot", "repliedById"]);
    }

    #[test]
    fn what_numbers_lead_to_becomes_a_query() {
        let filters = Filters {
            copilot: vec!["Accepted,unjudged".into()],
            copilot_from: Some("2026-11-01".into()),
            copilot_by_id: vec![ME.into()],
            replied_by_id: vec!["me,abcdefghij0123456789abcd".into()],
            replied_to: Some("2026-11-02".into()),
            sentiment: vec!["negative".into()],
            weekday: Some(1),
            hour: Some(9),
            timezone: Some("Europe/Berlin".into()),
            created_from: Some("2026-11-01".into()),
            created_to: Some("2026-11-15".into()),
            ..Filters::default()
        };
        let query = filters.query("", None).unwrap();
        let verdicts = vec![Some(Verdict::Accepted), None];
        let by = vec![ME.to_owned()];
        assert_eq!(query.copilot, Some(Suggested { verdicts, by, from: from_rfc3339("2026-11-01"), to: None }));
        let by = vec![ME.to_owned(), "abcdefghij0123456789abcd".to_owned()];
        assert_eq!(query.replied, Some(Replied { by, from: None, to: from_rfc3339("2026-11-02") }));
        assert_eq!(query.sentiments, [Sentiment::Negative]);
        assert_eq!(query.created_within.map(|spans| spans.len()), Some(2));
        let kept: Filters = serde_json::from_str(&serde_json::to_string(&filters).unwrap()).unwrap();
        assert_eq!(kept, filters);
    }

    #[test]
    fn right_filters_become_a_query() {
        let filters = Filters {
            status: vec!["open,RESOLVED".into()],
            assignee_id: vec!["me".into(), "none".into()],
            tag: vec!["VPN".into()],
            ..Filters::default()
        };
        let query = filters.query("", None).unwrap();
        assert_eq!(query.statuses, [Status::Open, Status::Resolved]);
        assert_eq!(query.assignees, [Some("me".to_owned()), None]);
        assert_eq!(query.tags, ["vpn"]);
        assert_eq!((query.sort, query.descending), (Sort::CreatedAt, true));
        let text = serde_json::to_string(&filters).unwrap();
        assert_eq!(text, r#"{"status":["open,RESOLVED"],"assigneeId":["me","none"],"tag":["VPN"]}"#);
    }
}
