//! Rows with plain values; a test sets what it is about.

use patchcord_store::rows::*;
use serde_json::json;

pub(crate) fn workspace(id: &str) -> Workspace {
    Workspace {
        id: id.to_owned(),
        name: format!("name of {id}"),
        slug: format!("slug of {id}"),
        timezone: "UTC".into(),
        business_hours: json!({}),
        holidays: json!([]),
        product_areas: json!([]),
        settings: json!({}),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        email: format!("{id}@example.org"),
        name: format!("name of {id}"),
        password_hash: None,
        role: "AGENT".into(),
        external_issuer: None,
        external_subject: None,
        phone: None,
        disabled_at: None,
        last_login_at: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn invitation(id: &str, user_id: &str) -> Invitation {
    Invitation {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        user_id: user_id.to_owned(),
        token_hash: format!("token_hash of {id}"),
        expires_at: 1_000_000,
        used_at: None,
        created_at: 1,
    }
}

pub(crate) fn refresh_token(id: &str, user_id: &str) -> RefreshToken {
    RefreshToken {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        user_id: user_id.to_owned(),
        token_hash: format!("token_hash of {id}"),
        family_id: format!("family_id of {id}"),
        expires_at: 1_000_000,
        used_at: None,
        revoked_at: None,
        user_agent: None,
        ip: None,
        created_at: 1,
    }
}

pub(crate) fn account_manager(id: &str) -> AccountManager {
    AccountManager {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        name: format!("name of {id}"),
        email: None,
        phone: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn organization(id: &str) -> Organization {
    Organization {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        name: format!("name of {id}"),
        u_e_code: None,
        domain: None,
        account_manager_id: None,
        notes: None,
        status: "ACTIVE".into(),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn location(id: &str, organization_id: &str) -> Location {
    Location {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        organization_id: organization_id.to_owned(),
        name: format!("name of {id}"),
        address: None,
        city: None,
        country: None,
        phone: None,
        timezone: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn contact(id: &str, organization_id: &str) -> Contact {
    Contact {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        organization_id: organization_id.to_owned(),
        location_id: None,
        name: format!("name of {id}"),
        email: None,
        phone: None,
        title: None,
        is_vip: false,
        preferred_language: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn support_agent(id: &str) -> SupportAgent {
    SupportAgent {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        kind: "HUMAN".into(),
        name: format!("name of {id}"),
        specialty: None,
        user_id: None,
        is_available: true,
        max_open_tickets: 10,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn device_manufacturer(id: &str) -> DeviceManufacturer {
    DeviceManufacturer {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        name: format!("name of {id}"),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn device_model(id: &str, manufacturer_id: &str) -> DeviceModel {
    DeviceModel {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        manufacturer_id: manufacturer_id.to_owned(),
        name: format!("name of {id}"),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn operating_system(id: &str) -> OperatingSystem {
    OperatingSystem {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        name: format!("name of {id}"),
        os_version: format!("os_version of {id}"),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn domain(id: &str) -> Domain {
    Domain {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        name: format!("name of {id}"),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn device(id: &str, organization_id: &str) -> Device {
    Device {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        organization_id: organization_id.to_owned(),
        location_id: None,
        name: format!("name of {id}"),
        r#type: "LAPTOP".into(),
        manufacturer_id: None,
        model_id: None,
        operating_system_id: None,
        domain_id: None,
        serial_number: None,
        asset_tag: None,
        ip_address: None,
        mac_address: None,
        status: "ONLINE".into(),
        last_seen_at: None,
        warranty_until: None,
        notes: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn ticket(id: &str, number: i64) -> Ticket {
    Ticket {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        number,
        audit_head: format!("audit_head of {id}"),
        audit_length: 0,
        message_count: 0,
        last_message_at: None,
        subject: format!("subject of {id}"),
        status: "OPEN".into(),
        priority: "MEDIUM".into(),
        channel: "WEB".into(),
        product_area: None,
        category: None,
        organization_id: None,
        contact_id: None,
        device_id: None,
        call_id: None,
        created_by_user_id: None,
        assignee_id: None,
        sentiment: None,
        first_response_due_at: None,
        resolution_due_at: None,
        first_responded_at: None,
        resolved_at: None,
        closed_at: None,
        sla_paused_at: None,
        sla_paused_ms: 0,
        sla_breached_at: None,
        merged_into_id: None,
        remote_id: None,
        tags: json!([]),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn suggestion(id: &str, ticket_id: &str) -> Suggestion {
    Suggestion {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        r#type: "analysis".into(),
        kind: "analysis".into(),
        state: "queued".into(),
        request: json!({}),
        content: None,
        error: None,
        error_code: None,
        model: None,
        prompt_tokens: 0,
        completion_tokens: 0,
        cost_usd: 0,
        attempts: 0,
        requested_by: None,
        prompt_version: None,
        redaction_counts: None,
        feedback: None,
        final_text: None,
        edit_distance: None,
        feedback_note: None,
        triage: None,
        started_at: None,
        finished_at: None,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn message(id: &str, ticket_id: &str) -> Message {
    Message {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        origin_ticket_id: None,
        author_type: "AGENT".into(),
        author_user_id: None,
        author_contact_id: None,
        author_agent_id: None,
        body: format!("body of {id}"),
        is_internal: false,
        suggestion_id: None,
        created_at: 1,
    }
}

pub(crate) fn attachment(id: &str, ticket_id: &str) -> Attachment {
    Attachment {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        origin_ticket_id: None,
        message_id: None,
        file_name: format!("file_name of {id}"),
        content_type: format!("content_type of {id}"),
        size_bytes: 0,
        sha256: format!("sha256 of {id}"),
        storage_key: format!("storage_key of {id}"),
        scan_status: format!("scan_status of {id}"),
        created_at: 1,
    }
}

pub(crate) fn ticket_event(id: &str, ticket_id: &str) -> TicketEvent {
    TicketEvent {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        kind: format!("kind of {id}"),
        actor_type: "SYSTEM".into(),
        actor_id: None,
        payload: "{}".into(),
        seq: 1,
        mac: format!("mac of {id}"),
        created_at: 1,
    }
}

pub(crate) fn assignment(id: &str, ticket_id: &str, support_agent_id: &str) -> Assignment {
    Assignment {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        support_agent_id: support_agent_id.to_owned(),
        assigned_by: None,
        assigned_at: 1,
        released_at: None,
    }
}

pub(crate) fn escalation(id: &str, ticket_id: &str) -> Escalation {
    Escalation {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: Some(ticket_id.to_owned()),
        call_id: None,
        from_agent_id: None,
        to_agent_id: None,
        reason: format!("reason of {id}"),
        level: 0,
        status: "PENDING".into(),
        accepted_by: None,
        accepted_at: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn conversation(id: &str, ticket_id: &str, user_id: &str) -> Conversation {
    Conversation {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        ticket_id: ticket_id.to_owned(),
        user_id: user_id.to_owned(),
        messages: json!([]),
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn usage_log(id: &str) -> UsageLog {
    UsageLog {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        call_id: None,
        suggestion_id: None,
        provider: format!("provider of {id}"),
        model: format!("model of {id}"),
        purpose: format!("purpose of {id}"),
        input_tokens: 0,
        cached_input_tokens: 0,
        output_tokens: 0,
        audio_input_tokens: 0,
        audio_output_tokens: 0,
        cost_usd: 0,
        latency_ms: 0,
        error: None,
        created_at: 1,
    }
}

pub(crate) fn article(id: &str) -> Article {
    Article {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        title: format!("title of {id}"),
        body: format!("body of {id}"),
        tags: json!([]),
        product_area: None,
        status: "PUBLISHED".into(),
        source: None,
        updated_by: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn audit_entry(id: &str) -> AuditEntry {
    AuditEntry {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        actor: format!("actor of {id}"),
        action: format!("action of {id}"),
        subject: format!("subject of {id}"),
        before: None,
        after: None,
        created_at: 1,
    }
}

pub(crate) fn api_token(id: &str, user_id: &str) -> ApiToken {
    ApiToken {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        user_id: user_id.to_owned(),
        name: format!("name of {id}"),
        prefix: format!("prefix of {id}"),
        token_hash: format!("token_hash of {id}"),
        role: "AGENT".into(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn saved_view(id: &str, user_id: &str) -> SavedView {
    SavedView {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        user_id: Some(user_id.to_owned()),
        name: format!("name of {id}"),
        filters: json!({}),
        sort: "createdAt".into(),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn canned_reply(id: &str, user_id: &str, support_agent_id: &str) -> Macro {
    Macro {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        user_id: Some(user_id.to_owned()),
        name: format!("name of {id}"),
        body: format!("body of {id}"),
        actions: json!([]),
        assignee_id: Some(support_agent_id.to_owned()),
        is_shared: false,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn team(id: &str) -> Team {
    Team {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        name: format!("name of {id}"),
        product_areas: json!(["VPN"]),
        strategy: "ROUND_ROBIN".into(),
        turn: 0,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn webhook_endpoint(id: &str) -> WebhookEndpoint {
    WebhookEndpoint {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        url: format!("url of {id}"),
        secret: format!("secret of {id}"),
        previous_secret: None,
        previous_until: None,
        events: json!(["*"]),
        is_managed: false,
        disabled_at: None,
        disabled_reason: None,
        failure_count: 0,
        failing_since: None,
        last_success_at: None,
        last_seq: 0,
        deleted_at: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn phone_number(id: &str) -> PhoneNumber {
    PhoneNumber {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        number: format!("number of {id}"),
        label: format!("label of {id}"),
        engine: None,
        transfer_number: None,
        is_active: true,
        takes_calls: true,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn webhook_delivery(id: &str, endpoint_id: &str) -> WebhookDelivery {
    WebhookDelivery {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        endpoint_id: endpoint_id.to_owned(),
        event_id: format!("event_id of {id}"),
        event_type: "ticket.created".into(),
        subject_id: format!("subject_id of {id}"),
        audit_seq: Some(1),
        seq: 1,
        state: "PENDING".into(),
        attempts: 0,
        next_attempt_at: Some(1),
        first_tried_at: None,
        last_tried_at: None,
        delivered_at: None,
        lease_token: None,
        lease_until: None,
        request_body: "{}".into(),
        response_status: None,
        response_body: None,
        duration_ms: None,
        last_error: None,
        created_at: 1,
    }
}
