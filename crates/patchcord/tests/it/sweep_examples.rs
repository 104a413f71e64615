//! How to make a valid request of each operation, for the sweep in `sweep.rs`. Whoever adds a route adds an entry here.
//!
//! An entry names the operation as the document does, the least role that may call it, and for every place of an id which
//! thing of [`Rows`] belongs there. A body is made from rows of the caller's own workspace; the sweep puts another workspace's
//! rows in their place, one at a time. A thing that is missing in [`Rows::create`] is added there, through the API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Client, World};
use crate::sweep::CANARY;

/// The least that a caller must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Least {
    /// Anybody, also without a token.
    Public,
    Viewer,
    Agent,
    Admin,
    /// Takes its token elsewhere than in the header; tested in a file of its own.
    Socket,
}

/// One operation and how it is called.
pub(crate) struct Example {
    pub(crate) operation: &'static str,
    pub(crate) least: Least,
    /// Things whose ids fill the path, in order.
    pub(crate) path: &'static [&'static str],
    /// Parameters that take an id, each after those without which it is refused, and the thing.
    pub(crate) queries: Vec<(&'static str, &'static str)>,
    /// Bodies that are valid; together they have every field that takes an id.
    pub(crate) bodies: Vec<fn(&Rows) -> Value>,
    /// Whether the body goes as a form, with `file` as a file.
    pub(crate) is_form: bool,
    /// Fields whose names end like those of ids but that take none of ours.
    pub(crate) no_ids: &'static [&'static str],
    /// Whether the request is expected to succeed (or to be a conflict) for whoever may make it.
    pub(crate) succeeds: bool,
}

impl Example {
    fn new(operation: &'static str, least: Least) -> Self {
        let (queries, bodies) = (Vec::new(), Vec::new());
        Self { operation, least, path: &[], queries, bodies, is_form: false, no_ids: &[], succeeds: true }
    }

    fn path(self, things: &'static [&'static str]) -> Self {
        Self { path: things, ..self }
    }

    fn query(mut self, parameter: &'static str, thing: &'static str) -> Self {
        self.queries.push((parameter, thing));
        self
    }

    fn body(mut self, body: fn(&Rows) -> Value) -> Self {
        self.bodies.push(body);
        self
    }

    fn form(self, body: fn(&Rows) -> Value) -> Self {
        Self { is_form: true, ..self.body(body) }
    }

    /// For fields that look like ids but are none of ours.
    fn no_ids(self, fields: &'static [&'static str]) -> Self {
        Self { no_ids: fields, ..self }
    }

    /// For requests that are refused even when they are allowed, such as a sign-in with a wrong password.
    fn refused(self) -> Self {
        Self { succeeds: false, ..self }
    }
}

/// Every operation. Keep it in the order of `routes/mod.rs`.
pub(crate) fn examples() -> Vec<Example> {
    use Least::{Admin, Agent, Public, Socket, Viewer};
    vec![
        // Auth
        Example::new("POST /api/auth/login", Public).body(|_| json!({"email": "nobody@x.test", "password": "x"})).refused(),
        Example::new("POST /api/auth/refresh", Public).refused(),
        Example::new("POST /api/auth/logout", Public),
        Example::new("GET /api/auth/me", Viewer),
        Example::new("POST /api/auth/password", Viewer).body(|_| json!({"currentPassword": "x", "newPassword": "x"})).refused(),
        Example::new("POST /api/auth/invitations/accept", Public).body(|_| json!({"token": "x", "password": "x"})).refused(),
        Example::new("GET /api/users", Admin),
        Example::new("POST /api/users", Admin).body(|_| json!({"email": "sweep@south.test", "name": "Sweep", "role": "VIEWER"})),
        Example::new("GET /api/users/{id}", Admin).path(&["user"]),
        Example::new("PATCH /api/users/{id}", Admin).path(&["user"]).body(|_| json!({"name": "Swept"})),
        // No provider is configured here; how one signs in with one is tested in `oidc.rs`.
        Example::new("GET /api/auth/oidc/start", Public).refused(),
        Example::new("GET /api/auth/oidc/callback", Public).refused(),
        Example::new("GET /api/tokens", Admin),
        Example::new("POST /api/tokens", Admin).body(|_| json!({"name": "Swept", "role": "VIEWER"})),
        Example::new("DELETE /api/tokens/{id}", Admin).path(&["token"]),
        Example::new("GET /api/workspace", Viewer),
        Example::new("PATCH /api/workspace", Admin).body(|_| json!({"holidays": ["2026-12-25"]})),
        Example::new("GET /api/audit-log", Admin).query("actor", "user").query("subject", "user").query("subject", "token"),
        Example::new("GET /api/phone-numbers", Viewer),
        Example::new("POST /api/phone-numbers", Admin).body(|_| json!({"number": "+1 202 555 0177", "label": "Swept"})),
        Example::new("GET /api/phone-numbers/{id}", Viewer).path(&["phone_number"]),
        Example::new("PATCH /api/phone-numbers/{id}", Admin).path(&["phone_number"]).body(|_| json!({"label": "Swept"})),
        Example::new("DELETE /api/phone-numbers/{id}", Admin).path(&["phone_number"]),
        Example::new("GET /api/teams", Viewer),
        Example::new("POST /api/teams", Admin).body(|own| json!({"name": "Swept", "members": [own["support_agent"]]})),
        Example::new("GET /api/teams/{id}", Viewer).path(&["team"]),
        Example::new("PATCH /api/teams/{id}", Admin).path(&["team"]).body(|own| json!({"members": [own["support_agent"]]})),
        Example::new("DELETE /api/teams/{id}", Admin).path(&["team"]),
        // Tickets
        Example::new("GET /api/tickets", Viewer)
            .query("assigneeId", "support_agent")
            .query("repliedById", "support_agent")
            .query("copilot=unjudged&copilotById", "user")
            .query("organizationId", "organization")
            .query("contactId", "contact")
            .query("deviceId", "device"),
        Example::new("POST /api/tickets", Agent).body(|own| {
            json!({"subject": "Swept", "message": "x", "organizationId": own["organization"], "contactId": own["contact"], "deviceId": own["device"]})
        }),
        Example::new("GET /api/tickets/{id}", Viewer).path(&["ticket"]),
        Example::new("PATCH /api/tickets/{id}", Agent)
            .path(&["ticket"])
            .body(|own| json!({"contactId": own["contact"], "deviceId": own["device"]})),
        Example::new("PATCH /api/tickets/{id}/status", Agent).path(&["ticket"]).body(|_| json!({"status": "IN_PROGRESS"})),
        Example::new("POST /api/tickets/{id}/messages", Agent)
            .path(&["ticket"])
            .body(|own| json!({"body": "Swept", "suggestionId": own["suggestion"]})),
        Example::new("POST /api/tickets/{id}/assign", Agent)
            .path(&["ticket"])
            .body(|own| json!({"supportAgentId": own["support_agent"]}))
            .body(|own| json!({"userId": own["user"]}))
            .body(|own| json!({"teamId": own["team"]})),
        Example::new("POST /api/tickets/{id}/triage/apply", Agent).path(&["ticket"]).body(|_| json!({})),
        Example::new("POST /api/tickets/{id}/triage/undo", Agent).path(&["ticket"]).body(|_| json!({})),
        Example::new("POST /api/tickets/{id}/escalate", Agent)
            .path(&["ticket"])
            .body(|own| json!({"reason": "Swept", "toAgentId": own["support_agent"]})),
        Example::new("GET /api/tickets/{id}/events", Viewer).path(&["ticket"]),
        Example::new("GET /api/tickets/{id}/suggestions", Viewer).path(&["ticket"]),
        Example::new("GET /api/tickets/{id}/similar", Viewer).path(&["ticket"]),
        Example::new("POST /api/tickets/{id}/merge", Agent)
            .path(&["twin"])
            .body(|own| json!({"intoTicketId": own["ticket"]})),
        Example::new("POST /api/tickets/bulk", Agent)
            .body(|own| json!({"ids": [own["ticket"]], "action": {"type": "assign", "value": own["support_agent"]}}))
            .body(|own| json!({"ids": [own["ticket"]], "action": {"type": "tag", "value": "swept"}})),
        Example::new("GET /api/tickets/export.csv", Agent)
            .query("assigneeId", "support_agent")
            .query("repliedById", "support_agent")
            .query("copilot=unjudged&copilotById", "user")
            .query("organizationId", "organization")
            .query("contactId", "contact")
            .query("deviceId", "device"),
        Example::new("GET /api/saved-views", Viewer),
        Example::new("POST /api/saved-views", Agent).body(view),
        Example::new("GET /api/saved-views/{id}", Viewer).path(&["shared_view"]),
        Example::new("PATCH /api/saved-views/{id}", Agent)
            .path(&["view"])
            .body(|own| json!({"filters": view(own)["filters"]})),
        Example::new("DELETE /api/saved-views/{id}", Agent).path(&["view"]),
        Example::new("GET /api/macros", Viewer),
        Example::new("POST /api/macros", Agent).body(a_macro),
        Example::new("GET /api/macros/{id}", Viewer).path(&["shared_macro"]),
        Example::new("PATCH /api/macros/{id}", Agent)
            .path(&["macro"])
            .body(|own| json!({"actions": a_macro(own)["actions"]})),
        Example::new("DELETE /api/macros/{id}", Agent).path(&["macro"]),
        Example::new("GET /api/tickets/{id}/macros/{macroId}", Viewer).path(&["ticket", "shared_macro"]),
        Example::new("POST /api/tickets/{id}/macros/{macroId}", Agent)
            .path(&["ticket", "shared_macro"])
            .body(|_| json!({"body": "Swept"})),
        Example::new("GET /api/escalations", Viewer),
        Example::new("POST /api/escalations/{id}/accept", Agent).path(&["escalation"]).body(|_| json!({})),
        Example::new("POST /api/escalations/{id}/decline", Agent)
            .path(&["escalation"])
            .body(|_| json!({"reason": "Swept"})),
        Example::new("POST /api/escalations/{id}/resolve", Agent).path(&["escalation"]).body(|_| json!({})),
        Example::new("POST /api/tickets/{id}/attachments", Agent)
            .path(&["ticket"])
            .form(|own| json!({"file": "swept", "messageId": own["message"]})),
        Example::new("GET /api/attachments/{id}", Viewer).path(&["attachment"]),
        // Copilot
        Example::new("POST /api/copilot/v1/analyze", Agent).body(|own| json!({"ticketId": own["ticket"]})),
        Example::new("POST /api/copilot/v1/suggest", Agent).body(|own| json!({"ticketId": own["ticket"]})),
        Example::new("POST /api/copilot/v1/draft-reply", Agent).body(|own| json!({"ticketId": own["ticket"]})),
        Example::new("POST /api/copilot/v1/chat", Agent).body(|own| json!({"ticketId": own["ticket"], "message": "Why?"})),
        Example::new("GET /api/copilot/v1/status/{id}", Viewer).path(&["suggestion"]),
        Example::new("GET /api/copilot/v1/conversation/{ticketId}", Viewer).path(&["ticket"]),
        Example::new("DELETE /api/copilot/v1/conversation/{ticketId}", Agent).path(&["ticket"]),
        Example::new("POST /api/copilot/v1/feedback/{id}", Agent).path(&["suggestion"]).body(|_| json!({"verdict": "accepted"})),
        Example::new("POST /api/copilot/v1/cancel/{id}", Agent).path(&["suggestion"]),
        Example::new("GET /api/copilot/v1/health", Viewer),
        Example::new("POST /api/analyze", Agent).body(|own| json!({"ticketId": own["ticket"]})),
        Example::new("POST /api/suggest", Agent).body(|own| json!({"ticketId": own["ticket"]})),
        Example::new("POST /api/draft-reply", Agent).body(|own| json!({"ticketId": own["ticket"]})),
        Example::new("POST /api/chat", Agent).body(|own| json!({"ticketId": own["ticket"], "message": "Why?"})),
        // Knowledge and AI services
        Example::new("GET /api/kb/articles", Viewer),
        Example::new("POST /api/kb/articles", Agent).body(|_| json!({"title": "Swept", "body": "x", "status": "PUBLISHED"})),
        Example::new("GET /api/kb/articles/{id}", Viewer).path(&["article"]),
        Example::new("PATCH /api/kb/articles/{id}", Agent).path(&["article"]).body(|_| json!({"title": "Swept"})),
        Example::new("DELETE /api/kb/articles/{id}", Admin).path(&["article"]),
        Example::new("GET /api/tickets/{id}/articles", Viewer).path(&["ticket"]),
        // These look for the very words of the other workspace.
        Example::new("POST /api/ai/search-kb", Viewer).body(|_| json!({"query": CANARY, "limit": 20})),
        Example::new("POST /api/ai/classify", Agent).body(|_| json!({"subject": CANARY, "body": "The VPN drops."})),
        Example::new("POST /api/ai/suggest", Agent)
            .body(|own| json!({"ticketId": own["ticket"]}))
            .body(|_| json!({"context": CANARY})),
        // There are no calls yet, so that no id of one can be known.
        Example::new("POST /api/ai/summarize", Agent).no_ids(&["callId"]).body(|_| json!({"transcript": "Agent: Hello."})),
        // People and things
        Example::new("GET /api/lookups", Viewer),
        Example::new("GET /api/support-agents", Viewer),
        Example::new("POST /api/support-agents", Admin)
            .body(|own| json!({"kind": "HUMAN", "name": "Swept", "userId": own["watcher"]})),
        Example::new("GET /api/support-agents/{id}", Viewer).path(&["support_agent"]),
        // Of their own one, agents say whether they are available: see `support_agents.rs`.
        Example::new("PATCH /api/support-agents/{id}", Admin)
            .path(&["support_agent"])
            .body(|own| json!({"userId": own["user"], "maxOpenTickets": 7})),
        Example::new("DELETE /api/support-agents/{id}", Admin).path(&["support_agent"]),
        // Webhooks
        Example::new("GET /api/webhooks", Admin),
        Example::new("POST /api/webhooks", Admin)
            .body(|_| json!({"url": "https://example.com/swept", "events": ["*"], "disabled": true})),
        Example::new("GET /api/webhooks/{id}", Admin).path(&["webhook"]),
        Example::new("PATCH /api/webhooks/{id}", Admin).path(&["webhook"]).body(|_| json!({"events": ["ticket.created"]})),
        Example::new("DELETE /api/webhooks/{id}", Admin).path(&["webhook"]),
        Example::new("POST /api/webhooks/{id}/rotate-secret", Admin).path(&["webhook"]).body(|_| json!({})),
        Example::new("POST /api/webhooks/{id}/test", Admin).path(&["webhook"]).body(|_| json!({})),
        Example::new("GET /api/webhooks/{id}/deliveries", Admin).path(&["webhook"]),
        Example::new("GET /api/webhooks/{id}/deliveries/{deliveryId}", Admin).path(&["webhook", "delivery"]),
        Example::new("POST /api/webhooks/{id}/deliveries/{deliveryId}/redeliver", Admin)
            .path(&["webhook", "delivery"])
            .body(|_| json!({})),
        // Calls
        Example::new("GET /api/calls", Viewer)
            .query("organizationId", "organization")
            .query("contactId", "contact")
            .query("deviceId", "device")
            .query("ticketId", "ticket"),
        Example::new("POST /api/calls", Agent).body(|own| json!({"mode": "text", "contactId": own["contact"]})),
        Example::new("GET /api/calls/live", Viewer),
        Example::new("GET /api/calls/{id}", Viewer).path(&["call"]),
        Example::new("PATCH /api/calls/{id}", Agent).path(&["call"]).body(|own| {
            json!({"ticketId": own["ticket"], "contactId": own["contact"], "organizationId": own["organization"]})
        }),
        Example::new("DELETE /api/calls/{id}", Admin).path(&["call"]),
        Example::new("GET /api/calls/{id}/transcript", Viewer).path(&["call"]),
        // No call is recorded here.
        Example::new("GET /api/calls/{id}/recording", Viewer).path(&["call"]).refused(),
        Example::new("POST /api/calls/{id}/transfer", Agent).path(&["call"]).body(|own| json!({"to": own["user"], "mode": "cold"})).refused(),
        Example::new("POST /api/calls/{id}/whisper", Agent).path(&["call"]).body(|_| json!({"text": "Be brief."})),
        Example::new("POST /api/calls/{id}/hangup", Agent).path(&["call"]).body(|_| json!({})),
        Example::new("GET /api/calls/{id}/stream", Socket).path(&["call"]),
        // Whoever signs is tested in `twilio.rs`.
        Example::new("POST /twilio/voice", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/status", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/action", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/fallback", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/dial-result", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/whisper", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/menu", Public).body(|_| json!({})).refused(),
        Example::new("POST /twilio/recording", Public).body(|_| json!({})).refused(),
        Example::new("GET /twilio/media", Public).refused(),
        Example::new("GET /twilio/relay", Public).refused(),
        // Insight
        Example::new("GET /api/dashboard/overview", Viewer),
        Example::new("GET /api/dashboard/metrics", Viewer),
        Example::new("GET /api/dashboard/metrics.csv", Agent),
        Example::new("GET /api/dashboard/agents", Viewer),
        Example::new("GET /api/dashboard/agents.csv", Agent),
        Example::new("GET /api/dashboard/calls", Viewer),
        Example::new("GET /api/dashboard/costs", Admin),
        Example::new("GET /api/dashboard/customers", Viewer),
        Example::new("GET /api/dashboard/customers.csv", Agent),
        Example::new("GET /api/dashboard/health", Admin),
        Example::new("GET /api/search", Viewer),
        Example::new("GET /api/organizations", Viewer).query("accountManagerId", "account_manager"),
        Example::new("POST /api/organizations", Admin)
            .body(|own| json!({"name": "Swept", "accountManagerId": own["account_manager"]})),
        Example::new("GET /api/organizations/export.csv", Agent).query("accountManagerId", "account_manager"),
        Example::new("GET /api/organizations/{id}", Viewer).path(&["organization"]),
        Example::new("PATCH /api/organizations/{id}", Admin)
            .path(&["organization"])
            .body(|own| json!({"accountManagerId": own["account_manager"]})),
        Example::new("DELETE /api/organizations/{id}", Admin).path(&["organization"]),
        Example::new("GET /api/organizations/{id}/contacts", Viewer).path(&["organization"]),
        Example::new("GET /api/organizations/{id}/devices", Viewer).path(&["organization"]),
        Example::new("GET /api/organizations/{id}/tickets", Viewer).path(&["organization"]),
        Example::new("GET /api/organizations/{id}/calls", Viewer)
            .path(&["organization"])
            .query("organizationId", "organization")
            .query("contactId", "contact")
            .query("deviceId", "device")
            .query("ticketId", "ticket"),
        Example::new("GET /api/contacts", Viewer)
            .query("organizationId", "organization")
            .query("locationId", "location"),
        Example::new("POST /api/contacts", Agent).body(|own| {
            json!({"name": "Swept", "organizationId": own["organization"], "locationId": own["location"]})
        }),
        Example::new("GET /api/contacts/export.csv", Agent)
            .query("organizationId", "organization")
            .query("locationId", "location"),
        Example::new("GET /api/contacts/{id}", Viewer).path(&["contact"]),
        Example::new("PATCH /api/contacts/{id}", Agent)
            .path(&["contact"])
            .body(|own| json!({"organizationId": own["organization"], "locationId": own["location"]})),
        Example::new("DELETE /api/contacts/{id}", Admin).path(&["contact"]),
        Example::new("GET /api/locations", Viewer).query("organizationId", "organization"),
        Example::new("POST /api/locations", Agent)
            .body(|own| json!({"name": "Swept", "organizationId": own["organization"]})),
        Example::new("GET /api/locations/{id}", Viewer).path(&["location"]),
        Example::new("PATCH /api/locations/{id}", Agent).path(&["location"]).body(|_| json!({"city": "Swept"})),
        Example::new("DELETE /api/locations/{id}", Admin).path(&["location"]),
        Example::new("GET /api/account-managers", Viewer),
        Example::new("POST /api/account-managers", Admin).body(|_| json!({"name": "Swept"})),
        Example::new("GET /api/account-managers/{id}", Viewer).path(&["account_manager"]),
        Example::new("PATCH /api/account-managers/{id}", Admin)
            .path(&["account_manager"])
            .body(|_| json!({"name": "Swept"})),
        Example::new("DELETE /api/account-managers/{id}", Admin).path(&["account_manager"]),
        Example::new("GET /api/devices", Viewer).query("org", "organization").query("contact", "contact"),
        Example::new("POST /api/devices", Agent).body(|own| {
            json!({"organizationId": own["organization"], "name": "SWEPT-1", "type": "LAPTOP", "manufacturerId": own["manufacturer"],
                "modelId": own["model"], "operatingSystemId": own["operating_system"], "domainId": own["domain"],
                "locationId": own["location"]})
        }),
        Example::new("GET /api/devices/export.csv", Agent).query("org", "organization").query("contact", "contact"),
        Example::new("GET /api/devices/{id}", Viewer).path(&["device"]),
        Example::new("PATCH /api/devices/{id}", Agent).path(&["spare_device"]).body(|own| {
            json!({"organizationId": own["organization"], "manufacturerId": own["manufacturer"], "modelId": own["model"],
                "operatingSystemId": own["operating_system"], "domainId": own["domain"], "locationId": own["location"]})
        }),
        Example::new("DELETE /api/devices/{id}", Admin).path(&["spare_device"]),
        Example::new("POST /api/import", Admin)
            .form(|_| json!({"file": "name,ueCode\nSwept,99887\n", "kind": "organizations", "dryRun": "false"})),
        Example::new("PUT /api/contacts/{id}/devices/{deviceId}", Agent)
            .path(&["contact", "device"])
            .body(|_| json!({"isPrimary": true})),
        Example::new("DELETE /api/contacts/{id}/devices/{deviceId}", Agent).path(&["contact", "device"]),
        Example::new("GET /api/device-manufacturers", Viewer),
        Example::new("POST /api/device-manufacturers", Admin).body(|_| json!({"name": "Swept"})),
        Example::new("GET /api/device-manufacturers/{id}", Viewer).path(&["spare_manufacturer"]),
        Example::new("PATCH /api/device-manufacturers/{id}", Admin).path(&["spare_manufacturer"]).body(|_| json!({"name": "Swept2"})),
        Example::new("DELETE /api/device-manufacturers/{id}", Admin).path(&["spare_manufacturer"]),
        Example::new("GET /api/device-models", Viewer).query("manufacturerId", "manufacturer"),
        Example::new("POST /api/device-models", Admin).body(|own| json!({"name": "Swept", "manufacturerId": own["manufacturer"]})),
        Example::new("GET /api/device-models/{id}", Viewer).path(&["spare_model"]),
        Example::new("PATCH /api/device-models/{id}", Admin).path(&["spare_model"]).body(|_| json!({"name": "Swept2"})),
        Example::new("DELETE /api/device-models/{id}", Admin).path(&["spare_model"]),
        Example::new("GET /api/operating-systems", Viewer),
        Example::new("POST /api/operating-systems", Admin).body(|_| json!({"name": "Swept"})),
        Example::new("GET /api/operating-systems/{id}", Viewer).path(&["spare_operating_system"]),
        Example::new("PATCH /api/operating-systems/{id}", Admin).path(&["spare_operating_system"]).body(|_| json!({"name": "Swept2"})),
        Example::new("DELETE /api/operating-systems/{id}", Admin).path(&["spare_operating_system"]),
        Example::new("GET /api/domains", Viewer),
        Example::new("POST /api/domains", Admin).body(|_| json!({"name": "swept.example"})),
        Example::new("GET /api/domains/{id}", Viewer).path(&["spare_domain"]),
        Example::new("PATCH /api/domains/{id}", Admin).path(&["spare_domain"]).body(|_| json!({"name": "swept.example2"})),
        Example::new("DELETE /api/domains/{id}", Admin).path(&["spare_domain"]),
        Example::new("GET /api/sla-policies", Viewer).query("organizationId", "organization"),
        Example::new("POST /api/sla-policies", Admin).body(a_policy),
        Example::new("GET /api/sla-policies/{id}", Viewer).path(&["sla_policy"]),
        Example::new("PATCH /api/sla-policies/{id}", Admin)
            .path(&["sla_policy"])
            .body(|own| json!({"escalationRules": a_policy(own)["escalationRules"]})),
        Example::new("DELETE /api/sla-policies/{id}", Admin).path(&["sla_policy"]),
        // Insight
        Example::new("GET /api/sla/report", Viewer),
        Example::new("GET /api/sla/report.csv", Viewer),
        // Events
        Example::new("GET /api/events", Socket),
        // The document
        Example::new("GET /api/openapi.json", Public),
        Example::new("GET /api/docs", Public),
        // Operations
        Example::new("GET /metrics", Public),
        Example::new("GET /healthz", Public),
        Example::new("GET /readyz", Public),
    ]
}

fn view(own: &Rows) -> Value {
    let filters = json!({"assigneeId": [own["support_agent"], "me"], "organizationId": [own["organization"]], "contactId": [own["contact"]], "deviceId": [own["device"]], "repliedById": [own["support_agent"], "me"], "copilot": ["unjudged"], "copilotById": [own["user"]]});
    json!({"name": "Swept", "filters": filters})
}

fn a_policy(own: &Rows) -> Value {
    let assign = json!({"type": "ASSIGN", "supportAgentId": own["support_agent"]});
    let notify = json!({"type": "NOTIFY", "teamId": own["team"]});
    json!({
        "organizationId": own["organization"], "priority": "HIGH", "resolutionMinutes": 60,
        "escalationRules": [{"clock": "RESOLUTION", "atPercent": 90, "actions": [assign, notify]}],
    })
}

fn a_macro(own: &Rows) -> Value {
    json!({"name": "Swept", "body": "Swept", "actions": {"assigneeId": own["support_agent"]}})
}

/// One thing of each kind in a workspace, by its id.
pub(crate) struct Rows(pub(crate) BTreeMap<&'static str, String>);

impl std::ops::Index<&str> for Rows {
    type Output = String;

    fn index(&self, thing: &str) -> &String {
        self.0
            .get(thing)
            .unwrap_or_else(|| panic!("no example row {thing:?}: make one in Rows::create of sweep_examples.rs"))
    }
}

impl Rows {
    /// Makes the rows through the API, with the word in every text that there is.
    pub(crate) async fn create(world: &World, admin: &Client, name: &str, word: &str) -> Self {
        let place = if name == "north" { &world.town.north } else { &world.town.south };
        let mut rows = BTreeMap::from([
            ("organization", place.organization.clone()),
            ("contact", place.contact.clone()),
            ("device", place.device.clone()),
            ("first_article", place.article.clone()),
        ]);
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        let user = json!({"email": format!("{}@{name}.test", word.to_lowercase()), "name": word, "role": "AGENT", "password": word.repeat(2)});
        rows.insert("user", id(&admin.post("/api/users", user).await.expect(201)["user"]));
        let agents = admin.get("/api/support-agents").await.expect(200);
        let named = |agent: &&Value| agent["name"] == word;
        rows.insert("support_agent", id(agents["items"].as_array().unwrap().iter().find(named).unwrap()));
        let watcher = json!({"email": format!("{}-2@{name}.test", word.to_lowercase()), "name": word, "role": "VIEWER", "password": word.repeat(2)});
        rows.insert("watcher", id(&admin.post("/api/users", watcher).await.expect(201)["user"]));
        let team = json!({"name": word, "members": [rows["support_agent"]]});
        rows.insert("team", id(&admin.post("/api/teams", team).await.expect(201)));
        let number = json!({"number": if name == "north" { "+12025550178" } else { "+12025550179" }, "label": word});
        rows.insert("phone_number", id(&admin.post("/api/phone-numbers", number).await.expect(201)));
        let input = json!({"subject": word, "message": word, "contactId": place.contact, "tags": [word]});
        let ticket = admin.post("/api/tickets", input).await.expect(201);
        let path = format!("/api/tickets/{}", id(&ticket));
        rows.insert("ticket", id(&ticket));
        rows.insert(
            "message",
            id(&admin.post(&format!("{path}/messages"), json!({"body": word, "isInternal": true})).await.expect(201)),
        );
        rows.insert(
            "attachment",
            id(&admin.attach(ticket["id"].as_str().unwrap(), &format!("{word}.txt"), word).await.expect(201)),
        );
        rows.insert(
            "escalation",
            id(&admin.post(&format!("{path}/escalate"), json!({"reason": word})).await.expect(201)),
        );
        let twin = json!({"subject": word, "message": word, "contactId": place.contact});
        rows.insert("twin", id(&admin.post("/api/tickets", twin).await.expect(201)));
        let token = admin.post("/api/tokens", json!({"name": word})).await.expect(201);
        rows.insert("token", id(&token));
        rows.insert("secret", token["token"].as_str().unwrap().to_owned());
        let article = json!({"title": word, "body": word, "tags": [word], "status": "PUBLISHED", "source": word});
        rows.insert("article", id(&admin.post("/api/kb/articles", article).await.expect(201)));
        // Nobody listens on this port, so that its deliveries stay.
        let hook = json!({"url": format!("http://127.0.0.1:9/{word}"), "events": ["webhook.disabled"]});
        let hook = admin.post("/api/webhooks", hook).await.expect(201);
        rows.insert("webhook", id(&hook));
        rows.insert("webhook_secret", hook["secret"].as_str().unwrap().to_owned());
        let test = admin.post(&format!("/api/webhooks/{}/test", id(&hook)), json!({})).await.expect(201);
        rows.insert("delivery", id(&test));
        let manager = json!({"name": word, "email": format!("{}@staff.test", word.to_lowercase())});
        rows.insert("account_manager", id(&admin.post("/api/account-managers", manager).await.expect(201)));
        let site = json!({"organizationId": place.organization, "name": word, "address": word, "city": word});
        admin.post("/api/locations", site).await.expect(201);
        rows.insert("location", place.location.clone());
        for (thing, path, name) in [
            ("manufacturer", "device-manufacturers", word.to_owned()),
            ("spare_manufacturer", "device-manufacturers", format!("{word} spare")),
            ("operating_system", "operating-systems", word.to_owned()),
            ("spare_operating_system", "operating-systems", format!("{word} spare")),
            ("domain", "domains", word.to_owned()),
            ("spare_domain", "domains", format!("{word}.spare")),
        ] {
            rows.insert(thing, id(&admin.post(&format!("/api/{path}"), json!({"name": name})).await.expect(201)));
        }
        for thing in ["model", "spare_model"] {
            let model = json!({"name": format!("{word} {thing}"), "manufacturerId": rows["manufacturer"]});
            rows.insert(thing, id(&admin.post("/api/device-models", model).await.expect(201)));
        }
        let device = json!({
            "organizationId": place.organization, "name": word, "type": "OTHER", "serialNumber": word, "assetTag": word,
            "notes": word, "modelId": rows["model"], "operatingSystemId": rows["operating_system"],
            "domainId": rows["domain"], "locationId": rows["location"],
        });
        rows.insert("spare_device", id(&admin.post("/api/devices", device).await.expect(201)));
        let policy = json!({"organizationId": place.organization, "priority": "LOW", "resolutionMinutes": 60});
        rows.insert("sla_policy", id(&admin.post("/api/sla-policies", policy).await.expect(201)));
        // What is shared is the administrators' to change, and what is not is one's own.
        let agent = world.sign_in(&format!("agent@{name}.test")).await;
        for (who, is_shared, names) in
            [(&agent, false, ("view", "macro")), (admin, true, ("shared_view", "shared_macro"))]
        {
            let view = json!({"name": word, "filters": {"q": word}, "isShared": is_shared});
            rows.insert(names.0, id(&who.post("/api/saved-views", view).await.expect(201)));
            let canned = json!({"name": word, "body": word, "actions": {"tags": [word]}, "isShared": is_shared});
            rows.insert(names.1, id(&who.post("/api/macros", canned).await.expect(201)));
        }
        let call = admin.post("/api/calls", json!({"mode": "text", "contactId": place.contact})).await.expect(201);
        rows.insert("call", call["callId"].as_str().unwrap().to_owned());
        rows.insert("call_token", call["token"].as_str().unwrap().to_owned());
        let ask = json!({"ticketId": ticket["id"]});
        rows.insert("suggestion", id(&admin.copilot("analyze", ask).await));
        admin.copilot("chat", json!({"ticketId": ticket["id"], "message": word})).await;
        Self(rows)
    }
}
