//! The tables as SeaORM entities, one file each. Columns carry the names of the data model.

#![allow(missing_docs, reason = "columns mean what the migrations say of them")]
#![allow(unreachable_pub, reason = "SeaORM's derive makes public items; rows.rs says which of them leave the crate")]

pub mod account_managers;
pub mod agent_interactions;
pub mod ai_cache;
pub mod ai_conversations;
pub mod ai_suggestions;
pub mod ai_usage_logs;
pub mod api_tokens;
pub mod attachments;
pub mod audit_log;
pub mod call_turns;
pub mod calls;
pub mod contact_devices;
pub mod contacts;
pub mod conversation_analyses;
pub mod device_manufacturers;
pub mod device_models;
pub mod devices;
pub mod domains;
pub mod events;
pub mod idempotency_keys;
pub mod invitations;
pub mod jobs;
pub mod kb_articles;
pub mod locations;
pub mod login_attempts;
pub mod macros;
pub mod operating_systems;
pub mod organizations;
pub mod phone_numbers;
pub mod refresh_tokens;
pub mod saved_views;
pub mod sla_policies;
pub mod support_agents;
pub mod teams;
pub mod ticket_assignments;
pub mod ticket_escalations;
pub mod ticket_events;
pub mod ticket_messages;
pub mod ticket_slas;
pub mod tickets;
pub mod twilio_usage_logs;
pub mod users;
pub mod webhook_deliveries;
pub mod webhook_endpoints;
pub mod workspaces;

use sea_orm::EntityTrait;

/// A table whose rows belong to one workspace each.
pub trait TenantOwned: EntityTrait {
    /// The column that holds the workspace.
    fn workspace_column() -> Self::Column;
    /// The column that identifies a row inside its workspace.
    fn id_column() -> Self::Column;
}

macro_rules! tenant_owned {
    ($($table:ident),+ $(,)?) => {$(
        impl TenantOwned for $table::Entity {
            fn workspace_column() -> Self::Column {
                $table::Column::WorkspaceId
            }

            fn id_column() -> Self::Column {
                $table::Column::Id
            }
        }
    )+};
}

tenant_owned!(
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

impl TenantOwned for ticket_slas::Entity {
    fn workspace_column() -> Self::Column {
        ticket_slas::Column::WorkspaceId
    }

    /// A ticket has one row.
    fn id_column() -> Self::Column {
        ticket_slas::Column::TicketId
    }
}
