-- Saved views and macros, and the indexes that merged tickets and the list of escalations need.

CREATE TABLE saved_views (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    user_id TEXT,
    name TEXT NOT NULL,
    filters JSONB NOT NULL,
    sort TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX saved_views_by_owner ON saved_views (workspace_id, user_id, name, id);

-- The assignee stands in the actions as well; here it keeps a support agent from being deleted while a macro names it.
CREATE TABLE macros (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    user_id TEXT,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    actions JSONB NOT NULL,
    assignee_id TEXT,
    is_shared BOOLEAN NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CHECK (is_shared = (user_id IS NULL)),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, assignee_id) REFERENCES support_agents (workspace_id, id)
);
CREATE INDEX macros_by_owner ON macros (workspace_id, user_id, name, id);
CREATE INDEX macros_by_assignee ON macros (workspace_id, assignee_id) WHERE assignee_id IS NOT NULL;

CREATE INDEX tickets_by_merged ON tickets (workspace_id, merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX ticket_escalations_by_created ON ticket_escalations (workspace_id, created_at, id);
-- The id makes the order of one status complete.
DROP INDEX ticket_escalations_by_status;
CREATE INDEX ticket_escalations_by_status ON ticket_escalations (workspace_id, status, created_at, id);
