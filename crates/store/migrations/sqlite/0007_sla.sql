-- Service levels: policies, and the clocks of tickets in the order of their next mark. Work that recurs.

CREATE TABLE sla_policies (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    organization_id TEXT,
    priority TEXT NOT NULL REFERENCES ticket_priorities (key),
    first_response_minutes BIGINT,
    resolution_minutes BIGINT,
    business_hours_only BOOLEAN NOT NULL,
    escalation_rules JSONB NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CHECK (first_response_minutes IS NOT NULL OR resolution_minutes IS NOT NULL),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations (workspace_id, id)
);
-- One policy for each organization and priority; the empty text stands for all organizations.
CREATE UNIQUE INDEX sla_policies_by_priority
    ON sla_policies (workspace_id, priority, (COALESCE(organization_id, '')));
CREATE INDEX sla_policies_by_created ON sla_policies (workspace_id, created_at, id);
CREATE INDEX sla_policies_by_organization ON sla_policies (workspace_id, organization_id, created_at, id);

-- Minutes are those that were promised when the clock was last worked out; no clock without. halted_at is the beginning of the
-- pause that it is in, or its end. due_at is the next end of a clock that runs, next_at the next moment at which something
-- is to be done. marks lists what was done already, each once.
CREATE TABLE ticket_slas (
    workspace_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    business_hours_only BOOLEAN NOT NULL,
    first_response_minutes BIGINT,
    first_response_halted_at BIGINT,
    first_response_done_at BIGINT,
    first_response_breached_at BIGINT,
    resolution_minutes BIGINT,
    resolution_halted_at BIGINT,
    resolution_done_at BIGINT,
    resolution_breached_at BIGINT,
    due_at BIGINT,
    next_at BIGINT,
    marks JSONB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
);
CREATE INDEX ticket_slas_by_due ON ticket_slas (workspace_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ticket_slas_by_next ON ticket_slas (workspace_id, next_at) WHERE next_at IS NOT NULL;

CREATE INDEX tickets_by_breach ON tickets (workspace_id, created_at, id) WHERE sla_breached_at IS NOT NULL;
CREATE INDEX tickets_open ON tickets (workspace_id, id)
    WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED');

-- Finds the jobs of a kind that begin again.
CREATE INDEX jobs_ended ON jobs (kind, run_at) WHERE state IN ('DONE', 'DEAD');
