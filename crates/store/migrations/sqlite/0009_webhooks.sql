-- Webhooks: who is told of which events, and what became of each telling. Secrets are sealed.

CREATE TABLE webhook_endpoints (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT,
    events JSONB NOT NULL,
    -- Made by the operator's settings, not by the workspace's administrators.
    is_managed BOOLEAN NOT NULL,
    disabled_at BIGINT,
    disabled_reason TEXT CHECK (disabled_reason IN ('MANUAL', 'GONE', 'FAILING')),
    failure_count BIGINT NOT NULL,
    failing_since BIGINT,
    last_success_at BIGINT,
    -- The number of the newest delivery.
    last_seq BIGINT NOT NULL,
    -- Deleted endpoints stay until upkeep has taken out their deliveries.
    deleted_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX webhook_endpoints_by_created ON webhook_endpoints (workspace_id, created_at, id);
CREATE INDEX webhook_endpoints_enabled ON webhook_endpoints (workspace_id, id)
    WHERE disabled_at IS NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX webhook_endpoints_managed ON webhook_endpoints (workspace_id)
    WHERE is_managed AND deleted_at IS NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE webhook_deliveries (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    -- What the event is about: first tries of the same subject go out one after the other.
    subject_id TEXT NOT NULL,
    -- Length of the ticket's audit trail when the event was recorded.
    audit_seq BIGINT,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED')),
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    first_tried_at BIGINT,
    last_tried_at BIGINT,
    delivered_at BIGINT,
    lease_token TEXT,
    lease_until BIGINT,
    request_body TEXT NOT NULL,
    response_status BIGINT,
    response_body TEXT,
    duration_ms BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, endpoint_id, seq),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES webhook_endpoints (workspace_id, id)
);
CREATE INDEX webhook_deliveries_by_created ON webhook_deliveries (workspace_id, endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (workspace_id, endpoint_id, state, created_at, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (workspace_id, endpoint_id, next_attempt_at, seq)
    WHERE state = 'PENDING';
CREATE INDEX webhook_deliveries_untried ON webhook_deliveries (workspace_id, endpoint_id, subject_id, seq)
    WHERE state = 'PENDING' AND first_tried_at IS NULL;
CREATE INDEX webhook_deliveries_by_subject ON webhook_deliveries (workspace_id, subject_id, audit_seq);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

-- How far the outbox was turned into deliveries. It moves in the transaction that makes them.
CREATE TABLE webhook_cursor (
    id TEXT PRIMARY KEY,
    xid BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
-- Nobody listens yet, so that what has happened before is passed over.
INSERT INTO webhook_cursor (id, xid, seq)
SELECT 'outbox', COALESCE(MAX(xid), 0), COALESCE((SELECT MAX(seq) FROM events WHERE xid = (SELECT MAX(xid) FROM events)), 0)
FROM events;
