-- The numbers: hours, days, agents, customers, what models cost, and how the nodes are.
--
-- Each figure is counted in the hour of one moment (domain/metrics.rs says which). Whatever changes a figure leaves a mark on
-- its hour, in the same transaction: triggers do so, that no path of the program can forget it. A job counts marked hours
-- again and takes the marks away.

CREATE TABLE hourly_metrics (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    bucket_start BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    escalated BIGINT NOT NULL,
    resolved_by_ai BIGINT NOT NULL,
    abandoned BIGINT NOT NULL,
    call_seconds BIGINT NOT NULL,
    tickets_created BIGINT NOT NULL,
    tickets_resolved BIGINT NOT NULL,
    first_response_seconds_sum BIGINT NOT NULL,
    first_response_count BIGINT NOT NULL,
    resolution_seconds_sum BIGINT NOT NULL,
    resolution_count BIGINT NOT NULL,
    sla_breaches BIGINT NOT NULL,
    sla_met BIGINT NOT NULL,
    sla_missed BIGINT NOT NULL,
    suggestions BIGINT NOT NULL,
    suggestions_accepted BIGINT NOT NULL,
    suggestions_edited BIGINT NOT NULL,
    suggestions_rejected BIGINT NOT NULL,
    ai_cost_usd BIGINT NOT NULL,
    telephony_cost_usd BIGINT NOT NULL,
    sentiment_positive BIGINT NOT NULL,
    sentiment_neutral BIGINT NOT NULL,
    sentiment_negative BIGINT NOT NULL,
    open_low BIGINT NOT NULL,
    open_medium BIGINT NOT NULL,
    open_high BIGINT NOT NULL,
    open_urgent BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bucket_start)
);

CREATE TABLE daily_metrics (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    bucket_start BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    escalated BIGINT NOT NULL,
    resolved_by_ai BIGINT NOT NULL,
    abandoned BIGINT NOT NULL,
    call_seconds BIGINT NOT NULL,
    tickets_created BIGINT NOT NULL,
    tickets_resolved BIGINT NOT NULL,
    first_response_seconds_sum BIGINT NOT NULL,
    first_response_count BIGINT NOT NULL,
    resolution_seconds_sum BIGINT NOT NULL,
    resolution_count BIGINT NOT NULL,
    sla_breaches BIGINT NOT NULL,
    sla_met BIGINT NOT NULL,
    sla_missed BIGINT NOT NULL,
    suggestions BIGINT NOT NULL,
    suggestions_accepted BIGINT NOT NULL,
    suggestions_edited BIGINT NOT NULL,
    suggestions_rejected BIGINT NOT NULL,
    ai_cost_usd BIGINT NOT NULL,
    telephony_cost_usd BIGINT NOT NULL,
    sentiment_positive BIGINT NOT NULL,
    sentiment_neutral BIGINT NOT NULL,
    sentiment_negative BIGINT NOT NULL,
    open_low BIGINT NOT NULL,
    open_medium BIGINT NOT NULL,
    open_high BIGINT NOT NULL,
    open_urgent BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bucket_start)
);

-- Hours of one support agent, or of a user who is none.
CREATE TABLE agent_hourly_metrics (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    bucket_start BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    assigned BIGINT NOT NULL,
    solved BIGINT NOT NULL,
    resolution_seconds_sum BIGINT NOT NULL,
    first_responses BIGINT NOT NULL,
    first_response_seconds_sum BIGINT NOT NULL,
    replies BIGINT NOT NULL,
    suggestions_accepted BIGINT NOT NULL,
    suggestions_edited BIGINT NOT NULL,
    suggestions_rejected BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bucket_start, actor_id)
);

-- Hours of one model and purpose.
CREATE TABLE usage_hourly_metrics (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    bucket_start BIGINT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    requests BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cached_input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_usd BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bucket_start, provider, model, purpose)
);

-- The id is that of the organization or of the contact. It is no foreign key: what was counted must never keep a customer
-- from being deleted.
CREATE TABLE customer_metrics (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ORGANIZATION', 'CONTACT')),
    organization_id TEXT,
    contact_id TEXT,
    calls BIGINT NOT NULL,
    tickets BIGINT NOT NULL,
    open_tickets BIGINT NOT NULL,
    average_sentiment BIGINT NOT NULL,
    sentiment_count BIGINT NOT NULL,
    last_contact_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX customer_metrics_by_tickets ON customer_metrics (workspace_id, kind, tickets, id);
CREATE INDEX customer_metrics_by_open ON customer_metrics (workspace_id, kind, open_tickets, id);
CREATE INDEX customer_metrics_by_sentiment ON customer_metrics (workspace_id, kind, average_sentiment, id);
CREATE INDEX customer_metrics_by_contact ON customer_metrics (workspace_id, kind, last_contact_at, id);

-- For which time zone the days were counted. Whoever counts locks this row first.
CREATE TABLE metric_states (
    workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces (id),
    timezone TEXT NOT NULL
);

CREATE TABLE system_health_logs (
    id TEXT PRIMARY KEY,
    node TEXT NOT NULL,
    cpu BIGINT NOT NULL,
    memory BIGINT NOT NULL,
    active_calls BIGINT NOT NULL,
    queue_depth BIGINT NOT NULL,
    db_latency_ms BIGINT NOT NULL,
    model_latency_ms BIGINT,
    status TEXT NOT NULL CHECK (status IN ('OK', 'DEGRADED')),
    created_at BIGINT NOT NULL
);
CREATE INDEX system_health_logs_by_created ON system_health_logs (created_at);

-- Marks ---------------------------------------------------------------------------------------------------------------

CREATE TABLE hour_marks (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    hour BIGINT NOT NULL
);
CREATE INDEX hour_marks_by_hour ON hour_marks (workspace_id, hour);

CREATE TABLE customer_marks (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    kind TEXT NOT NULL,
    customer_id TEXT NOT NULL
);
CREATE INDEX customer_marks_by_customer ON customer_marks (workspace_id, kind, customer_id);

-- What an hour is counted from ----------------------------------------------------------------------------------------

CREATE INDEX tickets_by_resolved ON tickets (workspace_id, resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX tickets_by_first_response ON tickets (workspace_id, first_responded_at) WHERE first_responded_at IS NOT NULL;
CREATE INDEX tickets_by_breach ON tickets (workspace_id, sla_breached_at) WHERE sla_breached_at IS NOT NULL;
CREATE INDEX tickets_open_by_assignee ON tickets (workspace_id, assignee_id)
    WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED');
CREATE INDEX ticket_messages_replies ON ticket_messages (workspace_id, created_at)
    WHERE author_type = 'AGENT' AND NOT is_internal;
CREATE INDEX ticket_assignments_by_assigned ON ticket_assignments (workspace_id, assigned_at);
CREATE INDEX jobs_dead ON jobs (workspace_id, updated_at) WHERE state = 'DEAD';

-- Each change adds marks of its own and never relies on one that is there: the job may take that one away before this change
-- is committed. They have no unique key either, so that no writer waits for another.

CREATE FUNCTION mark_inserted_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour)
        SELECT DISTINCT workspace_id, moment.at / 3600000
        FROM added, LATERAL (VALUES (created_at), (first_responded_at), (resolved_at), (sla_breached_at)) AS moment (at)
        WHERE moment.at IS NOT NULL;
    INSERT INTO customer_marks (workspace_id, kind, customer_id)
        SELECT DISTINCT workspace_id, customer.kind, customer.id
        FROM added, LATERAL (VALUES ('ORGANIZATION', organization_id), ('CONTACT', contact_id)) AS customer (kind, id)
        WHERE customer.id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER tickets_mark_inserted AFTER INSERT ON tickets
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_inserted_tickets();

CREATE FUNCTION mark_hours_of_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour)
        SELECT DISTINCT new.workspace_id, moment.at / 3600000
        FROM (VALUES (new.created_at), (old.first_responded_at), (new.first_responded_at), (old.resolved_at),
            (new.resolved_at), (old.sla_breached_at), (new.sla_breached_at)) AS moment (at)
        WHERE moment.at IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER tickets_mark_hours AFTER UPDATE ON tickets FOR EACH ROW WHEN (
    (old.status IN ('RESOLVED', 'CLOSED')) <> (new.status IN ('RESOLVED', 'CLOSED'))
    OR old.priority <> new.priority
    OR old.sentiment IS DISTINCT FROM new.sentiment
    OR old.assignee_id IS DISTINCT FROM new.assignee_id
    OR old.merged_into_id IS DISTINCT FROM new.merged_into_id
    OR old.first_responded_at IS DISTINCT FROM new.first_responded_at
    OR old.resolved_at IS DISTINCT FROM new.resolved_at
    OR old.sla_breached_at IS DISTINCT FROM new.sla_breached_at
    OR (new.resolved_at IS NOT NULL AND old.resolution_due_at IS DISTINCT FROM new.resolution_due_at)
) EXECUTE FUNCTION mark_hours_of_ticket();

CREATE FUNCTION mark_customers_of_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO customer_marks (workspace_id, kind, customer_id)
        SELECT DISTINCT new.workspace_id, customer.kind, customer.id
        FROM (VALUES ('ORGANIZATION', old.organization_id), ('ORGANIZATION', new.organization_id),
            ('CONTACT', old.contact_id), ('CONTACT', new.contact_id)) AS customer (kind, id)
        WHERE customer.id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER tickets_mark_customers AFTER UPDATE ON tickets FOR EACH ROW WHEN (
    (old.status IN ('RESOLVED', 'CLOSED')) <> (new.status IN ('RESOLVED', 'CLOSED'))
    OR old.sentiment IS DISTINCT FROM new.sentiment
    OR old.merged_into_id IS DISTINCT FROM new.merged_into_id
    OR old.last_message_at IS DISTINCT FROM new.last_message_at
    OR old.organization_id IS DISTINCT FROM new.organization_id
    OR old.contact_id IS DISTINCT FROM new.contact_id
) EXECUTE FUNCTION mark_customers_of_ticket();

CREATE FUNCTION mark_created_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT DISTINCT workspace_id, created_at / 3600000 FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER ai_suggestions_mark_inserted AFTER INSERT ON ai_suggestions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_created_hours();
CREATE TRIGGER ai_usage_logs_mark_inserted AFTER INSERT ON ai_usage_logs
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_created_hours();

CREATE FUNCTION mark_hour_of_suggestion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) VALUES (new.workspace_id, new.created_at / 3600000);
    RETURN NULL;
END
$$;
CREATE TRIGGER ai_suggestions_mark_feedback AFTER UPDATE ON ai_suggestions FOR EACH ROW
    WHEN (old.feedback IS DISTINCT FROM new.feedback) EXECUTE FUNCTION mark_hour_of_suggestion();

CREATE FUNCTION mark_hours_of_assignments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT DISTINCT workspace_id, assigned_at / 3600000 FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_assignments_mark_inserted AFTER INSERT ON ticket_assignments
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_hours_of_assignments();

CREATE FUNCTION mark_hours_of_replies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT DISTINCT workspace_id, created_at / 3600000 FROM added
        WHERE author_type = 'AGENT' AND NOT is_internal;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_messages_mark_replies AFTER INSERT ON ticket_messages
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_hours_of_replies();

-- The first hour of all has no rows; the mark only begins the job, which finds the zone changed.
CREATE FUNCTION mark_timezone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hour_marks (workspace_id, hour) VALUES (new.id, 0);
    RETURN NULL;
END
$$;
CREATE TRIGGER workspaces_mark_timezone AFTER UPDATE ON workspaces FOR EACH ROW
    WHEN (old.timezone <> new.timezone) EXECUTE FUNCTION mark_timezone();

-- What is there already is counted by the first job.
INSERT INTO hour_marks (workspace_id, hour)
    SELECT workspace_id, created_at / 3600000 FROM tickets
    UNION SELECT workspace_id, first_responded_at / 3600000 FROM tickets WHERE first_responded_at IS NOT NULL
    UNION SELECT workspace_id, resolved_at / 3600000 FROM tickets WHERE resolved_at IS NOT NULL
    UNION SELECT workspace_id, sla_breached_at / 3600000 FROM tickets WHERE sla_breached_at IS NOT NULL
    UNION SELECT workspace_id, created_at / 3600000 FROM ai_suggestions
    UNION SELECT workspace_id, created_at / 3600000 FROM ai_usage_logs
    UNION SELECT workspace_id, assigned_at / 3600000 FROM ticket_assignments
    UNION SELECT workspace_id, created_at / 3600000 FROM ticket_messages WHERE author_type = 'AGENT' AND NOT is_internal;
INSERT INTO customer_marks (workspace_id, kind, customer_id)
    SELECT workspace_id, 'ORGANIZATION', organization_id FROM tickets WHERE organization_id IS NOT NULL
    UNION SELECT workspace_id, 'CONTACT', contact_id FROM tickets WHERE contact_id IS NOT NULL;
