-- The foundation: who works here, who is supported, tickets, the copilot, and what keeps it all running.
-- Times are unix milliseconds. Every tenant-owned table has the primary key (workspace_id, id), and foreign keys carry the
-- workspace along, so that a row can never point into another tenant.

-- Who ---------------------------------------------------------------------------------------------------------------

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    timezone TEXT NOT NULL,
    business_hours JSONB NOT NULL,
    holidays JSONB NOT NULL,
    product_areas JSONB NOT NULL,
    settings JSONB NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE ticket_counters (
    workspace_id TEXT PRIMARY KEY REFERENCES workspaces (id),
    last_number BIGINT NOT NULL
);

CREATE TABLE users (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    role TEXT NOT NULL CHECK (role IN ('ADMIN', 'AGENT', 'VIEWER')),
    external_issuer TEXT,
    external_subject TEXT,
    phone TEXT,
    disabled_at BIGINT,
    last_login_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (external_issuer, external_subject)
);
CREATE UNIQUE INDEX users_by_id ON users (id);
CREATE INDEX users_by_name ON users (workspace_id, name, id);

CREATE TABLE invitations (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);

CREATE TABLE refresh_tokens (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    family_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT,
    user_agent TEXT,
    ip TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (workspace_id, family_id);
CREATE INDEX refresh_tokens_by_user ON refresh_tokens (workspace_id, user_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE account_managers (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE organizations (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    u_e_code TEXT,
    domain TEXT,
    account_manager_id TEXT,
    notes TEXT,
    status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'SUSPENDED')),
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, u_e_code),
    FOREIGN KEY (workspace_id, account_manager_id) REFERENCES account_managers (workspace_id, id)
);
CREATE INDEX organizations_by_name ON organizations (workspace_id, name, id);

CREATE TABLE locations (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT,
    city TEXT,
    country TEXT,
    phone TEXT,
    timezone TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations (workspace_id, id)
);
CREATE INDEX locations_by_organization ON locations (workspace_id, organization_id);

CREATE TABLE contacts (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    location_id TEXT,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    title TEXT,
    is_vip BOOLEAN NOT NULL,
    preferred_language TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations (workspace_id, id),
    FOREIGN KEY (workspace_id, location_id) REFERENCES locations (workspace_id, id)
);
CREATE INDEX contacts_by_organization ON contacts (workspace_id, organization_id);
CREATE INDEX contacts_by_phone ON contacts (workspace_id, phone);
CREATE INDEX contacts_by_email ON contacts (workspace_id, email);

CREATE TABLE support_agents (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('BOT', 'HUMAN')),
    name TEXT NOT NULL,
    specialty TEXT,
    user_id TEXT,
    is_available BOOLEAN NOT NULL,
    max_open_tickets BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);

-- What --------------------------------------------------------------------------------------------------------------

CREATE TABLE device_types (
    key TEXT PRIMARY KEY,
    label TEXT NOT NULL
);
INSERT INTO device_types (key, label) VALUES
    ('WORKSTATION', 'Workstation'), ('SERVER', 'Server'), ('LAPTOP', 'Laptop'), ('PRINTER', 'Printer'),
    ('PHONE', 'Phone'), ('NETWORK', 'Network gear'), ('MOBILE', 'Mobile'), ('OTHER', 'Other');

CREATE TABLE device_manufacturers (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);

CREATE TABLE device_models (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    manufacturer_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, manufacturer_id, name),
    FOREIGN KEY (workspace_id, manufacturer_id) REFERENCES device_manufacturers (workspace_id, id)
);

CREATE TABLE operating_systems (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    os_version TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name, os_version)
);

CREATE TABLE domains (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);

CREATE TABLE devices (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    location_id TEXT,
    name TEXT NOT NULL,
    type TEXT NOT NULL REFERENCES device_types (key),
    manufacturer_id TEXT,
    model_id TEXT,
    operating_system_id TEXT,
    domain_id TEXT,
    serial_number TEXT,
    asset_tag TEXT,
    ip_address TEXT,
    mac_address TEXT,
    status TEXT NOT NULL CHECK (status IN ('ONLINE', 'OFFLINE', 'UNKNOWN', 'RETIRED')),
    last_seen_at BIGINT,
    warranty_until BIGINT,
    notes TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations (workspace_id, id),
    FOREIGN KEY (workspace_id, location_id) REFERENCES locations (workspace_id, id),
    FOREIGN KEY (workspace_id, manufacturer_id) REFERENCES device_manufacturers (workspace_id, id),
    FOREIGN KEY (workspace_id, model_id) REFERENCES device_models (workspace_id, id),
    FOREIGN KEY (workspace_id, operating_system_id) REFERENCES operating_systems (workspace_id, id),
    FOREIGN KEY (workspace_id, domain_id) REFERENCES domains (workspace_id, id)
);
CREATE INDEX devices_by_organization ON devices (workspace_id, organization_id);
CREATE INDEX devices_by_name ON devices (workspace_id, name);

CREATE TABLE contact_devices (
    workspace_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    is_primary BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, contact_id, device_id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, device_id) REFERENCES devices (workspace_id, id)
);
CREATE INDEX contact_devices_by_device ON contact_devices (workspace_id, device_id);

-- Tickets -----------------------------------------------------------------------------------------------------------

CREATE TABLE ticket_statuses (
    key TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    color TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    sort BIGINT NOT NULL
);
INSERT INTO ticket_statuses (key, label, color, is_open, sort) VALUES
    ('OPEN', 'Open', '#2f6fde', TRUE, 0),
    ('IN_PROGRESS', 'In progress', '#7a4fd0', TRUE, 1),
    ('WAITING_ON_CUSTOMER', 'Waiting on customer', '#a06a00', TRUE, 2),
    ('ESCALATED', 'Escalated', '#c92a2a', TRUE, 3),
    ('RESOLVED', 'Resolved', '#1f8a4c', FALSE, 4),
    ('CLOSED', 'Closed', '#6b7280', FALSE, 5);

CREATE TABLE ticket_priorities (
    key TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    color TEXT NOT NULL,
    sort BIGINT NOT NULL
);
INSERT INTO ticket_priorities (key, label, color, sort) VALUES
    ('LOW', 'Low', '#6b7280', 0),
    ('MEDIUM', 'Medium', '#2f6fde', 1),
    ('HIGH', 'High', '#a06a00', 2),
    ('URGENT', 'Urgent', '#c92a2a', 3);

CREATE TABLE tickets (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    audit_head TEXT NOT NULL,
    audit_length BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    last_message_at BIGINT,
    subject TEXT NOT NULL,
    status TEXT NOT NULL REFERENCES ticket_statuses (key),
    priority TEXT NOT NULL REFERENCES ticket_priorities (key),
    channel TEXT NOT NULL CHECK (channel IN ('WEB', 'EMAIL', 'CHAT', 'PHONE', 'API')),
    product_area TEXT,
    category TEXT,
    organization_id TEXT,
    contact_id TEXT,
    device_id TEXT,
    call_id TEXT,
    created_by_user_id TEXT,
    assignee_id TEXT,
    sentiment TEXT,
    first_response_due_at BIGINT,
    resolution_due_at BIGINT,
    first_responded_at BIGINT,
    resolved_at BIGINT,
    closed_at BIGINT,
    sla_paused_at BIGINT,
    sla_paused_ms BIGINT NOT NULL DEFAULT 0,
    sla_breached_at BIGINT,
    merged_into_id TEXT,
    remote_id TEXT,
    tags JSONB NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, number),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, device_id) REFERENCES devices (workspace_id, id),
    FOREIGN KEY (workspace_id, created_by_user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, assignee_id) REFERENCES support_agents (workspace_id, id),
    FOREIGN KEY (workspace_id, merged_into_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX tickets_by_created ON tickets (workspace_id, created_at, id);
CREATE INDEX tickets_by_updated ON tickets (workspace_id, updated_at, id);
CREATE INDEX tickets_by_status ON tickets (workspace_id, status, created_at, id);
CREATE INDEX tickets_by_assignee ON tickets (workspace_id, assignee_id, created_at, id);
CREATE INDEX tickets_by_organization ON tickets (workspace_id, organization_id, created_at, id);
CREATE INDEX tickets_by_contact ON tickets (workspace_id, contact_id, created_at, id);
-- The same expression as in the list's order.
CREATE INDEX tickets_by_priority ON tickets (
    workspace_id,
    (CASE priority WHEN 'LOW' THEN 0 WHEN 'MEDIUM' THEN 1 WHEN 'HIGH' THEN 2 ELSE 3 END),
    id
);

CREATE TABLE ai_suggestions (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('analysis', 'next_steps', 'draft_reply', 'chat')),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'error')),
    request JSONB NOT NULL,
    content JSONB,
    error TEXT,
    error_code TEXT,
    model TEXT,
    prompt_tokens BIGINT NOT NULL DEFAULT 0,
    completion_tokens BIGINT NOT NULL DEFAULT 0,
    cost_usd BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    requested_by TEXT,
    prompt_version TEXT,
    redaction_counts JSONB,
    feedback TEXT CHECK (feedback IN ('ACCEPTED', 'EDITED', 'REJECTED')),
    final_text TEXT,
    edit_distance BIGINT,
    feedback_note TEXT,
    started_at BIGINT,
    finished_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, requested_by) REFERENCES users (workspace_id, id)
);
CREATE INDEX ai_suggestions_by_ticket ON ai_suggestions (workspace_id, ticket_id, created_at);
CREATE INDEX ai_suggestions_by_created ON ai_suggestions (workspace_id, created_at);
CREATE INDEX ai_suggestions_by_state ON ai_suggestions (workspace_id, state);

CREATE TABLE ticket_messages (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    origin_ticket_id TEXT,
    author_type TEXT NOT NULL CHECK (author_type IN ('CUSTOMER', 'AGENT', 'SYSTEM')),
    author_user_id TEXT,
    author_contact_id TEXT,
    author_agent_id TEXT,
    body TEXT NOT NULL,
    is_internal BOOLEAN NOT NULL,
    suggestion_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, origin_ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, author_user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, author_contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, author_agent_id) REFERENCES support_agents (workspace_id, id),
    FOREIGN KEY (workspace_id, suggestion_id) REFERENCES ai_suggestions (workspace_id, id)
);
CREATE INDEX ticket_messages_by_ticket ON ticket_messages (workspace_id, ticket_id, created_at, id);

CREATE TABLE attachments (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    origin_ticket_id TEXT,
    message_id TEXT,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    storage_key TEXT NOT NULL UNIQUE,
    scan_status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, ticket_id, sha256),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES ticket_messages (workspace_id, id)
);

CREATE TABLE ticket_events (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor_type TEXT NOT NULL CHECK (actor_type IN ('USER', 'AGENT', 'BOT', 'SYSTEM')),
    actor_id TEXT,
    payload TEXT NOT NULL,
    seq BIGINT NOT NULL,
    mac TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, ticket_id, seq),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);

CREATE TABLE ticket_assignments (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    support_agent_id TEXT NOT NULL,
    assigned_by TEXT,
    assigned_at BIGINT NOT NULL,
    released_at BIGINT,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, support_agent_id) REFERENCES support_agents (workspace_id, id),
    FOREIGN KEY (workspace_id, assigned_by) REFERENCES users (workspace_id, id)
);
CREATE INDEX ticket_assignments_by_ticket ON ticket_assignments (workspace_id, ticket_id);

CREATE TABLE ticket_escalations (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT,
    call_id TEXT,
    from_agent_id TEXT,
    to_agent_id TEXT,
    reason TEXT NOT NULL,
    level BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'ACCEPTED', 'DECLINED', 'RESOLVED')),
    accepted_by TEXT,
    accepted_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, from_agent_id) REFERENCES support_agents (workspace_id, id),
    FOREIGN KEY (workspace_id, to_agent_id) REFERENCES support_agents (workspace_id, id),
    FOREIGN KEY (workspace_id, accepted_by) REFERENCES users (workspace_id, id)
);
CREATE INDEX ticket_escalations_by_ticket ON ticket_escalations (workspace_id, ticket_id);
CREATE INDEX ticket_escalations_by_status ON ticket_escalations (workspace_id, status, created_at);

-- Copilot and knowledge ---------------------------------------------------------------------------------------------

CREATE TABLE ai_conversations (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    messages JSONB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, ticket_id, user_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);

CREATE TABLE ai_cache (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    key TEXT NOT NULL,
    value JSONB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key)
);
CREATE INDEX ai_cache_by_expiry ON ai_cache (expires_at);

CREATE TABLE ai_usage_logs (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    call_id TEXT,
    suggestion_id TEXT,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cached_input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    audio_input_tokens BIGINT NOT NULL DEFAULT 0,
    audio_output_tokens BIGINT NOT NULL DEFAULT 0,
    cost_usd BIGINT NOT NULL,
    latency_ms BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, suggestion_id) REFERENCES ai_suggestions (workspace_id, id)
);
CREATE INDEX ai_usage_logs_by_created ON ai_usage_logs (workspace_id, created_at);

CREATE TABLE kb_articles (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    tags JSONB NOT NULL,
    product_area TEXT,
    status TEXT NOT NULL CHECK (status IN ('DRAFT', 'PUBLISHED')),
    source TEXT,
    updated_by TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, updated_by) REFERENCES users (workspace_id, id)
);

-- Plumbing ----------------------------------------------------------------------------------------------------------

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    payload JSONB NOT NULL,
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('READY', 'RUNNING', 'DONE', 'DEAD')),
    attempts BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    lease_token TEXT,
    lease_until BIGINT,
    dedup_key TEXT UNIQUE,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_ready ON jobs (priority DESC, run_at, id) WHERE state = 'READY';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'RUNNING';
CREATE INDEX jobs_finished ON jobs (updated_at) WHERE state IN ('DONE', 'DEAD');

CREATE TABLE events (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    topic TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    data JSONB NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX events_in_order ON events (xid, seq);
CREATE INDEX events_by_time ON events (at);

CREATE TABLE search_documents (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    text TEXT NOT NULL,
    words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED,
    UNIQUE (workspace_id, kind, subject_id, part)
);
CREATE INDEX search_documents_words ON search_documents USING GIN (words);

CREATE TABLE audit_log (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before JSONB,
    after JSONB,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX audit_log_by_created ON audit_log (workspace_id, created_at);

CREATE TABLE login_attempts (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    address TEXT NOT NULL,
    at BIGINT NOT NULL,
    success BOOLEAN NOT NULL
);
CREATE INDEX login_attempts_by_email ON login_attempts (email, at);
CREATE INDEX login_attempts_by_address ON login_attempts (address, at);
CREATE INDEX login_attempts_by_time ON login_attempts (at);

CREATE TABLE idempotency_keys (
    workspace_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    response_status BIGINT,
    response_body TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id, method, path, key),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- The audit trail is append-only ------------------------------------------------------------------------------------

CREATE FUNCTION refuse_rewriting_of_ticket_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ticket_events is append-only';
END
$$;
CREATE TRIGGER ticket_events_append_only BEFORE UPDATE OR DELETE ON ticket_events
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_of_ticket_events();
CREATE TRIGGER ticket_events_not_emptied BEFORE TRUNCATE ON ticket_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_of_ticket_events();
