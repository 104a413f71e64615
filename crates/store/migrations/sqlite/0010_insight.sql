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
    id INTEGER PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    hour BIGINT NOT NULL
);
CREATE INDEX hour_marks_by_hour ON hour_marks (workspace_id, hour);

CREATE TABLE customer_marks (
    id INTEGER PRIMARY KEY,
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

-- There is one writer, so a mark that is there already is as good as a new one.

CREATE TRIGGER tickets_mark_inserted AFTER INSERT ON tickets BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.created_at / 3600000
        WHERE NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.created_at / 3600000);
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.first_responded_at / 3600000
        WHERE new.first_responded_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.first_responded_at / 3600000);
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.resolved_at / 3600000
        WHERE new.resolved_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.resolved_at / 3600000);
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.sla_breached_at / 3600000
        WHERE new.sla_breached_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.sla_breached_at / 3600000);
    INSERT INTO customer_marks (workspace_id, kind, customer_id) SELECT new.workspace_id, 'ORGANIZATION', new.organization_id
        WHERE new.organization_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customer_marks
        WHERE workspace_id = new.workspace_id AND kind = 'ORGANIZATION' AND customer_id = new.organization_id);
    INSERT INTO customer_marks (workspace_id, kind, customer_id) SELECT new.workspace_id, 'CONTACT', new.contact_id
        WHERE new.contact_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customer_marks
        WHERE workspace_id = new.workspace_id AND kind = 'CONTACT' AND customer_id = new.contact_id);
END;

CREATE TRIGGER tickets_mark_hours AFTER UPDATE ON tickets WHEN
    (old.status IN ('RESOLVED', 'CLOSED')) <> (new.status IN ('RESOLVED', 'CLOSED'))
    OR old.priority <> new.priority
    OR old.sentiment IS NOT new.sentiment
    OR old.assignee_id IS NOT new.assignee_id
    OR old.merged_into_id IS NOT new.merged_into_id
    OR old.first_responded_at IS NOT new.first_responded_at
    OR old.resolved_at IS NOT new.resolved_at
    OR old.sla_breached_at IS NOT new.sla_breached_at
    OR (new.resolved_at IS NOT NULL AND old.resolution_due_at IS NOT new.resolution_due_at)
BEGIN
    INSERT INTO hour_marks (workspace_id, hour)
        SELECT DISTINCT new.workspace_id, moment.at / 3600000 FROM (
            SELECT new.created_at AS at UNION ALL SELECT old.first_responded_at UNION ALL SELECT new.first_responded_at
            UNION ALL SELECT old.resolved_at UNION ALL SELECT new.resolved_at
            UNION ALL SELECT old.sla_breached_at UNION ALL SELECT new.sla_breached_at
        ) AS moment
        WHERE moment.at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = moment.at / 3600000);
END;

CREATE TRIGGER tickets_mark_customers AFTER UPDATE ON tickets WHEN
    (old.status IN ('RESOLVED', 'CLOSED')) <> (new.status IN ('RESOLVED', 'CLOSED'))
    OR old.sentiment IS NOT new.sentiment
    OR old.merged_into_id IS NOT new.merged_into_id
    OR old.last_message_at IS NOT new.last_message_at
    OR old.organization_id IS NOT new.organization_id
    OR old.contact_id IS NOT new.contact_id
BEGIN
    INSERT INTO customer_marks (workspace_id, kind, customer_id)
        SELECT DISTINCT new.workspace_id, customer.kind, customer.id FROM (
            SELECT 'ORGANIZATION' AS kind, old.organization_id AS id UNION ALL SELECT 'ORGANIZATION', new.organization_id
            UNION ALL SELECT 'CONTACT', old.contact_id UNION ALL SELECT 'CONTACT', new.contact_id
        ) AS customer
        WHERE customer.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customer_marks
        WHERE workspace_id = new.workspace_id AND kind = customer.kind AND customer_id = customer.id);
END;

CREATE TRIGGER ai_suggestions_mark_inserted AFTER INSERT ON ai_suggestions BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.created_at / 3600000
        WHERE NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.created_at / 3600000);
END;

CREATE TRIGGER ai_suggestions_mark_feedback AFTER UPDATE ON ai_suggestions WHEN old.feedback IS NOT new.feedback BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.created_at / 3600000
        WHERE NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.created_at / 3600000);
END;

CREATE TRIGGER ai_usage_logs_mark_inserted AFTER INSERT ON ai_usage_logs BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.created_at / 3600000
        WHERE NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.created_at / 3600000);
END;

CREATE TRIGGER ticket_assignments_mark_inserted AFTER INSERT ON ticket_assignments BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.assigned_at / 3600000
        WHERE NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.assigned_at / 3600000);
END;

CREATE TRIGGER ticket_messages_mark_replies AFTER INSERT ON ticket_messages
WHEN new.author_type = 'AGENT' AND NOT new.is_internal BEGIN
    INSERT INTO hour_marks (workspace_id, hour) SELECT new.workspace_id, new.created_at / 3600000
        WHERE NOT EXISTS (SELECT 1 FROM hour_marks WHERE workspace_id = new.workspace_id AND hour = new.created_at / 3600000);
END;

-- The first hour of all has no rows; the mark only begins the job, which finds the zone changed.
CREATE TRIGGER workspaces_mark_timezone AFTER UPDATE ON workspaces WHEN old.timezone <> new.timezone BEGIN
    INSERT INTO hour_marks (workspace_id, hour) VALUES (new.id, 0);
END;

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
