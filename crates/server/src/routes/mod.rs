//! Every route of the API, in one list. A route that is not here does not exist, and neither does one without documentation.

mod account_managers;
mod ai;
mod articles;
mod attachments;
mod audit_log;
mod auth;
mod bulk;
mod call_actions;
mod calls;
mod catalogues;
mod contact_devices;
mod contacts;
mod copilot;
mod copilot_sync;
mod dashboard;
mod dashboard_csv;
mod device_export;
mod devices;
mod escalations;
mod events;
mod export;
mod health;
mod imports;
mod locations;
mod lookups;
mod macros;
mod merges;
mod oidc;
mod organizations;
mod palette;
mod people_export;
mod phone_numbers;
mod phone_sockets;
mod presence;
mod saved_views;
mod similar;
mod sla_policies;
mod sla_report;
mod support_agents;
mod teams;
mod tickets;
mod tokens;
mod triage;
mod twilio;
mod users;
mod webhooks;
mod workspace;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use patchcord_app::Answered;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Desk, openapi};

pub(crate) use events::token as socket_token;
pub use phone_sockets::Phone;
pub use twilio::Account as TwilioAccount;

/// The routes and their document.
pub(crate) fn api() -> OpenApiRouter<Desk> {
    OpenApiRouter::with_openapi(openapi::skeleton())
        // Auth
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(auth::change_password))
        .routes(routes!(auth::accept_invitation))
        .routes(routes!(users::list_users, users::add_user))
        .routes(routes!(users::get_user, users::patch_user))
        .routes(routes!(oidc::oidc_start))
        .routes(routes!(oidc::oidc_callback))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(workspace::get_workspace, workspace::patch_workspace))
        .routes(routes!(audit_log::audit_log))
        .routes(routes!(phone_numbers::list_phone_numbers, phone_numbers::add_phone_number))
        .routes(routes!(
            phone_numbers::get_phone_number,
            phone_numbers::patch_phone_number,
            phone_numbers::remove_phone_number
        ))
        .routes(routes!(teams::list_teams, teams::add_team))
        .routes(routes!(teams::get_team, teams::patch_team, teams::remove_team))
        // Tickets
        .routes(routes!(tickets::list_tickets, tickets::create_ticket))
        .routes(routes!(tickets::get_ticket, tickets::patch_ticket))
        .routes(routes!(tickets::set_ticket_status))
        .routes(routes!(tickets::add_message))
        .routes(routes!(tickets::assign_ticket))
        .routes(routes!(tickets::escalate_ticket))
        .routes(routes!(triage::apply_triage))
        .routes(routes!(triage::undo_triage))
        .routes(routes!(tickets::list_ticket_events))
        .routes(routes!(tickets::list_ticket_suggestions))
        .routes(routes!(similar::list_similar_tickets))
        .routes(routes!(merges::merge_ticket))
        .routes(routes!(bulk::change_tickets))
        .routes(routes!(export::export_tickets))
        .routes(routes!(saved_views::list_saved_views, saved_views::add_saved_view))
        .routes(routes!(saved_views::get_saved_view, saved_views::patch_saved_view, saved_views::delete_saved_view))
        .routes(routes!(macros::list_macros, macros::add_macro))
        .routes(routes!(macros::get_macro, macros::patch_macro, macros::delete_macro))
        .routes(routes!(macros::preview_macro, macros::use_macro))
        .routes(routes!(escalations::list_escalations))
        .routes(routes!(escalations::accept_escalation))
        .routes(routes!(escalations::decline_escalation))
        .routes(routes!(escalations::resolve_escalation))
        .routes(routes!(attachments::attach))
        .routes(routes!(attachments::download))
        // Copilot
        .routes(routes!(copilot::analyze))
        .routes(routes!(copilot::suggest))
        .routes(routes!(copilot::draft_reply))
        .routes(routes!(copilot::chat))
        .routes(routes!(copilot::status))
        .routes(routes!(copilot::conversation, copilot::forget_conversation))
        .routes(routes!(copilot::feedback))
        .routes(routes!(copilot::cancel))
        .routes(routes!(copilot::health))
        .routes(routes!(copilot_sync::analyze_now))
        .routes(routes!(copilot_sync::suggest_now))
        .routes(routes!(copilot_sync::draft_reply_now))
        .routes(routes!(copilot_sync::chat_now))
        // Knowledge and AI services
        .routes(routes!(articles::list_articles, articles::add_article))
        .routes(routes!(articles::get_article, articles::patch_article, articles::remove_article))
        .routes(routes!(articles::list_ticket_articles))
        .routes(routes!(ai::search_kb))
        .routes(routes!(ai::classify))
        .routes(routes!(ai::suggest))
        .routes(routes!(ai::summarize))
        // People and things
        .routes(routes!(lookups::lookups))
        .routes(routes!(support_agents::list_support_agents, support_agents::add_support_agent))
        .routes(routes!(
            support_agents::get_support_agent,
            support_agents::patch_support_agent,
            support_agents::remove_support_agent
        ))
        .routes(routes!(palette::search_everything))
        .routes(routes!(organizations::list_organizations, organizations::add_organization))
        .routes(routes!(people_export::export_organizations))
        .routes(routes!(
            organizations::get_organization,
            organizations::patch_organization,
            organizations::remove_organization
        ))
        .routes(routes!(organizations::list_organization_contacts))
        .routes(routes!(organizations::list_organization_devices))
        .routes(routes!(organizations::list_organization_tickets))
        .routes(routes!(calls::list_organization_calls))
        .routes(routes!(contacts::list_contacts, contacts::add_contact))
        .routes(routes!(people_export::export_contacts))
        .routes(routes!(contacts::get_contact, contacts::patch_contact, contacts::remove_contact))
        .routes(routes!(locations::list_locations, locations::add_location))
        .routes(routes!(locations::get_location, locations::patch_location, locations::remove_location))
        .routes(routes!(account_managers::list_account_managers, account_managers::add_account_manager))
        .routes(routes!(
            account_managers::get_account_manager,
            account_managers::patch_account_manager,
            account_managers::remove_account_manager
        ))
        .routes(routes!(devices::list_devices, devices::add_device))
        .routes(routes!(device_export::export_devices))
        .routes(routes!(devices::get_device, devices::patch_device, devices::remove_device))
        .routes(routes!(imports::import))
        .routes(routes!(contact_devices::set_contact_device, contact_devices::remove_contact_device))
        .routes(routes!(catalogues::list_device_manufacturers, catalogues::add_device_manufacturer))
        .routes(routes!(
            catalogues::get_device_manufacturer,
            catalogues::patch_device_manufacturer,
            catalogues::remove_device_manufacturer
        ))
        .routes(routes!(catalogues::list_device_models, catalogues::add_device_model))
        .routes(routes!(catalogues::get_device_model, catalogues::patch_device_model, catalogues::remove_device_model))
        .routes(routes!(catalogues::list_operating_systems, catalogues::add_operating_system))
        .routes(routes!(
            catalogues::get_operating_system,
            catalogues::patch_operating_system,
            catalogues::remove_operating_system
        ))
        .routes(routes!(catalogues::list_domains, catalogues::add_domain))
        .routes(routes!(catalogues::get_domain, catalogues::patch_domain, catalogues::remove_domain))
        .routes(routes!(sla_policies::list_sla_policies, sla_policies::add_sla_policy))
        .routes(routes!(sla_policies::get_sla_policy, sla_policies::patch_sla_policy, sla_policies::delete_sla_policy))
        // Calls
        .routes(routes!(calls::list_calls, call_actions::start_call))
        .routes(routes!(calls::live_calls))
        .routes(routes!(calls::get_call, calls::patch_call, calls::erase_call))
        .routes(routes!(calls::call_transcript))
        .routes(routes!(calls::call_recording))
        .routes(routes!(call_actions::transfer_call))
        .routes(routes!(call_actions::whisper_to_agent))
        .routes(routes!(call_actions::hang_up_call))
        .routes(routes!(phone_sockets::call_stream))
        // Twilio
        .routes(routes!(twilio::twilio_voice))
        .routes(routes!(twilio::twilio_status))
        .routes(routes!(twilio::twilio_action))
        .routes(routes!(twilio::twilio_fallback))
        .routes(routes!(twilio::twilio_dial_result))
        .routes(routes!(twilio::twilio_menu))
        .routes(routes!(twilio::twilio_recording))
        .routes(routes!(twilio::twilio_whisper))
        .routes(routes!(phone_sockets::twilio_media))
        .routes(routes!(phone_sockets::twilio_relay))
        // Insight
        .routes(routes!(dashboard::overview))
        .routes(routes!(dashboard::metrics))
        .routes(routes!(dashboard_csv::export_metrics))
        .routes(routes!(dashboard::agents))
        .routes(routes!(dashboard_csv::export_agents))
        .routes(routes!(dashboard::calls))
        .routes(routes!(dashboard::costs))
        .routes(routes!(dashboard::customers))
        .routes(routes!(dashboard_csv::export_customers))
        .routes(routes!(dashboard::system_health))
        .routes(routes!(sla_report::sla_report))
        .routes(routes!(sla_report::sla_report_csv))
        // Webhooks
        .routes(routes!(webhooks::list_webhooks, webhooks::add_webhook))
        .routes(routes!(webhooks::get_webhook, webhooks::patch_webhook, webhooks::delete_webhook))
        .routes(routes!(webhooks::rotate_webhook_secret))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::list_deliveries))
        .routes(routes!(webhooks::get_delivery))
        .routes(routes!(webhooks::redeliver))
        // Events
        .routes(routes!(events::events))
        // The document
        .routes(routes!(openapi::serve_document))
        .routes(routes!(openapi::docs_page))
        // Operations
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(crate::metrics_text::metrics_text))
}

/// A fresh answer, or the very answer that the same request had before.
pub(crate) fn answered<T>(answered: &Answered<T>, shape: fn(&T) -> (u16, Value)) -> Response {
    let (status, body) = match answered {
        Answered::New(value) => shape(value),
        Answered::Again(status, body) => (*status, body.clone()),
    };
    (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), Json(body)).into_response()
}
