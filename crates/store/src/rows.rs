//! The rows that this crate gives and takes, under the names of the glossary.

pub use crate::entities::account_managers::Model as AccountManager;
pub use crate::entities::agent_interactions::Model as Interaction;
pub use crate::entities::ai_conversations::Model as Conversation;
pub use crate::entities::ai_suggestions::Model as Suggestion;
pub use crate::entities::ai_usage_logs::Model as UsageLog;
pub use crate::entities::api_tokens::Model as ApiToken;
pub use crate::entities::attachments::Model as Attachment;
pub use crate::entities::audit_log::Model as AuditEntry;
pub use crate::entities::call_turns::Model as CallTurn;
pub use crate::entities::calls::Model as Call;
pub use crate::entities::contact_devices::Model as ContactDevice;
pub use crate::entities::contacts::Model as Contact;
pub use crate::entities::conversation_analyses::Model as Analysis;
pub use crate::entities::device_manufacturers::Model as DeviceManufacturer;
pub use crate::entities::device_models::Model as DeviceModel;
pub use crate::entities::devices::Model as Device;
pub use crate::entities::domains::Model as Domain;
pub use crate::entities::events::Model as Event;
pub use crate::entities::idempotency_keys::Model as IdempotencyKey;
pub use crate::entities::invitations::Model as Invitation;
pub use crate::entities::jobs::Model as Job;
pub use crate::entities::kb_articles::Model as Article;
pub use crate::entities::locations::Model as Location;
pub use crate::entities::login_attempts::Model as LoginAttempt;
pub use crate::entities::macros::Model as Macro;
pub use crate::entities::operating_systems::Model as OperatingSystem;
pub use crate::entities::organizations::Model as Organization;
pub use crate::entities::phone_numbers::Model as PhoneNumber;
pub use crate::entities::refresh_tokens::Model as RefreshToken;
pub use crate::entities::saved_views::Model as SavedView;
pub use crate::entities::sla_policies::Model as SlaPolicy;
pub use crate::entities::support_agents::Model as SupportAgent;
pub use crate::entities::teams::Model as Team;
pub use crate::entities::ticket_assignments::Model as Assignment;
pub use crate::entities::ticket_escalations::Model as Escalation;
pub use crate::entities::ticket_events::Model as TicketEvent;
pub use crate::entities::ticket_messages::Model as Message;
pub use crate::entities::ticket_slas::Model as TicketSla;
pub use crate::entities::tickets::Model as Ticket;
pub use crate::entities::twilio_usage_logs::Model as CarrierUsage;
pub use crate::entities::users::Model as User;
pub use crate::entities::webhook_deliveries::Model as WebhookDelivery;
pub use crate::entities::webhook_endpoints::Model as WebhookEndpoint;
pub use crate::entities::workspaces::Model as Workspace;

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::entities::{self, TenantOwned};

/// A row that belongs to one workspace and can be read and added through a [`crate::Tenant`].
pub trait Row: IntoActiveModel<<Self::Entity as EntityTrait>::ActiveModel> + Sized + Send + Sync {
    /// The table.
    #[doc(hidden)]
    type Entity: TenantOwned<Model = Self, ActiveModel: ActiveModelTrait<Entity = Self::Entity> + Send>;
}

/// A row that may also be changed after it was added.
pub trait Editable: Row {
    /// The id of the row.
    fn id(&self) -> &str;
}

macro_rules! rows {
    ($($table:ident),+ $(,)?) => {$(
        impl Row for entities::$table::Model {
            type Entity = entities::$table::Entity;
        }
    )+};
}

macro_rules! editable {
    ($($table:ident),+ $(,)?) => {$(
        impl Editable for entities::$table::Model {
            fn id(&self) -> &str {
                &self.id
            }
        }
    )+};
}

rows!(
    account_managers,
    agent_interactions,
    ai_conversations,
    ai_suggestions,
    ai_usage_logs,
    api_tokens,
    attachments,
    audit_log,
    call_turns,
    calls,
    contacts,
    conversation_analyses,
    device_manufacturers,
    device_models,
    devices,
    domains,
    invitations,
    kb_articles,
    locations,
    macros,
    operating_systems,
    organizations,
    phone_numbers,
    refresh_tokens,
    saved_views,
    sla_policies,
    support_agents,
    teams,
    ticket_assignments,
    ticket_escalations,
    ticket_events,
    ticket_messages,
    tickets,
    twilio_usage_logs,
    users,
    webhook_deliveries,
    webhook_endpoints,
);

// What is missing here is written once and never changed.
editable!(
    account_managers,
    agent_interactions,
    ai_conversations,
    ai_suggestions,
    api_tokens,
    attachments,
    calls,
    contacts,
    device_manufacturers,
    device_models,
    devices,
    domains,
    invitations,
    kb_articles,
    locations,
    macros,
    operating_systems,
    organizations,
    phone_numbers,
    refresh_tokens,
    saved_views,
    sla_policies,
    support_agents,
    teams,
    ticket_assignments,
    ticket_escalations,
    ticket_messages,
    tickets,
    twilio_usage_logs,
    users,
    webhook_deliveries,
    webhook_endpoints,
);

// Its id is the ticket's, under the ticket's name.
impl Row for TicketSla {
    type Entity = entities::ticket_slas::Entity;
}

impl Editable for TicketSla {
    fn id(&self) -> &str {
        &self.ticket_id
    }
}
