-- Calls: their log, transcripts, the agents' stays, what the carrier charged, what was found out afterwards; and what keeps a
-- call alive when its node dies.

CREATE TABLE calls (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    provider TEXT NOT NULL CHECK (provider IN ('TWILIO', 'SIMULATOR', 'BROWSER')),
    provider_call_sid TEXT NOT NULL UNIQUE,
    -- The caller's number in E.164, when it is one; from_number is what the carrier said.
    caller_phone TEXT,
    from_number TEXT NOT NULL,
    to_number TEXT NOT NULL,
    organization_id TEXT,
    contact_id TEXT,
    device_id TEXT,
    identified_by TEXT NOT NULL CHECK (identified_by IN ('U_E_CODE', 'PHONE', 'BOTH', 'NONE')),
    verification TEXT NOT NULL CHECK (verification IN ('NONE', 'CLAIMED', 'VERIFIED')),
    status TEXT NOT NULL CHECK (status IN
        ('RINGING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'NO_ANSWER', 'BUSY', 'CANCELED', 'INTERRUPTED')),
    engine TEXT NOT NULL CHECK (engine IN ('REALTIME', 'RELAY')),
    model TEXT,
    current_agent TEXT,
    started_at BIGINT NOT NULL,
    answered_at BIGINT,
    ended_at BIGINT,
    duration_seconds BIGINT,
    ai_resolution TEXT NOT NULL CHECK (ai_resolution IN ('RESOLVED', 'TICKETED', 'ESCALATED', 'ABANDONED', 'UNKNOWN')),
    was_escalated BOOLEAN NOT NULL,
    transcript TEXT,
    call_summary TEXT,
    sentiment TEXT,
    ticket_id TEXT,
    recording_key TEXT,
    first_sound_ms BIGINT,
    interruptions BIGINT NOT NULL DEFAULT 0,
    frames_late BIGINT NOT NULL DEFAULT 0,
    frames_lost BIGINT NOT NULL DEFAULT 0,
    bridge_added_ms BIGINT,
    -- Who holds the call and until when; nobody when both are null. Every take-over counts resume_count up, which fences off
    -- whoever held it before.
    owner_node TEXT,
    lease_until BIGINT,
    resume_count BIGINT NOT NULL DEFAULT 0,
    -- Everything that is needed to go on elsewhere, in the words of the conversation; null once the call has ended.
    checkpoint JSONB,
    -- What is to be done when the stream ends: how the conversation ended, and what a person who takes over is told.
    ending JSONB,
    -- The carrier's verdict on the caller's number, as it said it.
    stir_verdict TEXT,
    turn_count BIGINT NOT NULL DEFAULT 0,
    interaction_count BIGINT NOT NULL DEFAULT 0,
    wrong_codes BIGINT NOT NULL DEFAULT 0,
    last_turn_at BIGINT,
    -- Whoever calls from the page.
    started_by_user_id TEXT,
    erased_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id),
    FOREIGN KEY (workspace_id, device_id) REFERENCES devices (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, started_by_user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX calls_by_started ON calls (workspace_id, started_at, id);
CREATE INDEX calls_by_organization ON calls (workspace_id, organization_id, started_at, id);
CREATE INDEX calls_by_contact ON calls (workspace_id, contact_id, started_at, id);
CREATE INDEX calls_by_device ON calls (workspace_id, device_id) WHERE device_id IS NOT NULL;
CREATE INDEX calls_by_ticket ON calls (workspace_id, ticket_id, started_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX calls_by_user ON calls (workspace_id, started_by_user_id) WHERE started_by_user_id IS NOT NULL;
CREATE INDEX calls_live ON calls (workspace_id, started_at, id) WHERE ended_at IS NULL;
CREATE INDEX calls_open ON calls (started_at) WHERE ended_at IS NULL;
CREATE INDEX calls_held ON calls (owner_node) WHERE owner_node IS NOT NULL;

CREATE TABLE call_turns (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    speaker TEXT NOT NULL CHECK (speaker IN ('CALLER', 'AGENT', 'SYSTEM', 'TOOL')),
    agent TEXT,
    text TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT NOT NULL,
    response_ms BIGINT,
    -- How content the words are, -1000 to 1000.
    sentiment_score BIGINT,
    interrupted BOOLEAN NOT NULL,
    item_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, call_id, seq),
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id)
);

CREATE TABLE agent_interactions (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    agent TEXT NOT NULL,
    entered_at BIGINT NOT NULL,
    left_at BIGINT,
    handoff_from TEXT,
    handoff_reason TEXT,
    turns BIGINT NOT NULL,
    tool_calls JSONB NOT NULL,
    outcome TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, call_id, seq),
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id)
);
CREATE INDEX agent_interactions_by_agent ON agent_interactions (workspace_id, agent, call_id);

CREATE TABLE twilio_usage_logs (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    provider_call_sid TEXT NOT NULL,
    kind TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    unit TEXT NOT NULL,
    price_usd BIGINT NOT NULL,
    -- When the carrier told the price; an estimate from the price file has none.
    fetched_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, call_id, kind),
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id)
);
CREATE INDEX twilio_usage_logs_by_created ON twilio_usage_logs (workspace_id, created_at);

CREATE TABLE conversation_analyses (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    call_id TEXT,
    ticket_id TEXT,
    sentiment TEXT NOT NULL,
    sentiment_score BIGINT NOT NULL,
    intent TEXT NOT NULL,
    topics JSONB NOT NULL,
    language TEXT,
    resolution TEXT NOT NULL,
    quality_flags JSONB NOT NULL,
    model TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, call_id),
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX conversation_analyses_by_ticket ON conversation_analyses (workspace_id, ticket_id) WHERE ticket_id IS NOT NULL;

-- Tokens with which a stream opens: once, within a minute. Only their hashes are here.
CREATE TABLE call_tokens (
    token_hash TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id)
);
CREATE INDEX call_tokens_by_expiry ON call_tokens (expires_at);
CREATE INDEX call_tokens_by_call ON call_tokens (workspace_id, call_id);

-- What a tool has done in a call, so that asking twice does it once.
CREATE TABLE call_effects (
    workspace_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    key TEXT NOT NULL,
    result JSONB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, call_id, key),
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id)
);

-- Wrong codes by caller: guessing does not begin anew with the next call.
CREATE TABLE call_wrong_codes (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id)
);
CREATE INDEX call_wrong_codes_by_caller ON call_wrong_codes (workspace_id, caller, at);
CREATE INDEX call_wrong_codes_by_call ON call_wrong_codes (workspace_id, call_id);

CREATE INDEX tickets_by_call ON tickets (workspace_id, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX ticket_escalations_by_call ON ticket_escalations (workspace_id, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX ai_usage_logs_by_call ON ai_usage_logs (workspace_id, call_id) WHERE call_id IS NOT NULL;

ALTER TABLE tickets ADD FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id);
ALTER TABLE ticket_escalations ADD FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id);
ALTER TABLE ai_usage_logs ADD FOREIGN KEY (workspace_id, call_id) REFERENCES calls (workspace_id, id);

-- Marks for the figures, as for tickets.
CREATE FUNCTION mark_inserted_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT DISTINCT workspace_id, started_at / 3600000 FROM added;
    INSERT INTO customer_marks (workspace_id, kind, customer_id)
        SELECT DISTINCT workspace_id, customer.kind, customer.id
        FROM added, LATERAL (VALUES ('ORGANIZATION', organization_id), ('CONTACT', contact_id)) AS customer (kind, id)
        WHERE customer.id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER calls_mark_inserted AFTER INSERT ON calls
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_inserted_calls();

CREATE FUNCTION mark_hour_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) VALUES (new.workspace_id, new.started_at / 3600000);
    RETURN NULL;
END
$$;
CREATE TRIGGER calls_mark_hours AFTER UPDATE ON calls FOR EACH ROW WHEN (
    old.answered_at IS DISTINCT FROM new.answered_at
    OR old.duration_seconds IS DISTINCT FROM new.duration_seconds
    OR old.was_escalated <> new.was_escalated
    OR old.ai_resolution <> new.ai_resolution
) EXECUTE FUNCTION mark_hour_of_call();

-- The function of tickets does the same for calls: it looks at the columns of customers only.
CREATE TRIGGER calls_mark_customers AFTER UPDATE ON calls FOR EACH ROW WHEN (
    old.sentiment IS DISTINCT FROM new.sentiment
    OR old.organization_id IS DISTINCT FROM new.organization_id
    OR old.contact_id IS DISTINCT FROM new.contact_id
) EXECUTE FUNCTION mark_customers_of_ticket();

CREATE TRIGGER twilio_usage_logs_mark_inserted AFTER INSERT ON twilio_usage_logs
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_created_hours();
CREATE TRIGGER twilio_usage_logs_mark_price AFTER UPDATE ON twilio_usage_logs FOR EACH ROW
    WHEN (old.price_usd <> new.price_usd) EXECUTE FUNCTION mark_hour_of_suggestion();
