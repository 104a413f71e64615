-- Teams with their members, tickets that wait for one of them, the desk's phone numbers, and what triage proposed.

CREATE TABLE teams (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    product_areas JSONB NOT NULL,
    strategy TEXT NOT NULL CHECK (strategy IN ('ROUND_ROBIN', 'LEAST_BUSY')),
    -- Counts the tickets that were given out, so that turns never tie.
    turn BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);
CREATE INDEX teams_by_created ON teams (workspace_id, created_at, id);

CREATE TABLE team_members (
    workspace_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    support_agent_id TEXT NOT NULL,
    -- The team's turn at which this member was given a ticket last; 0 means never.
    last_turn BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, team_id, support_agent_id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams (workspace_id, id),
    FOREIGN KEY (workspace_id, support_agent_id) REFERENCES support_agents (workspace_id, id)
);
CREATE INDEX team_members_by_agent ON team_members (workspace_id, support_agent_id);

-- Tickets for which nobody of their team was free. A row goes when the ticket is given to somebody or released by a person.
CREATE TABLE waiting_tickets (
    workspace_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams (workspace_id, id)
);
CREATE INDEX waiting_tickets_by_team ON waiting_tickets (workspace_id, team_id, since, ticket_id);

-- The numbers at which the desk is called. Of the rows of one number, in whichever workspaces, one takes its calls.
CREATE TABLE phone_numbers (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    label TEXT NOT NULL,
    engine TEXT CHECK (engine IN ('REALTIME', 'RELAY')),
    transfer_number TEXT,
    is_active BOOLEAN NOT NULL,
    takes_calls BOOLEAN NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, number)
);
CREATE UNIQUE INDEX phone_numbers_that_take_calls ON phone_numbers (number) WHERE takes_calls;
CREATE INDEX phone_numbers_by_number ON phone_numbers (number, created_at, id);
CREATE INDEX phone_numbers_by_created ON phone_numbers (workspace_id, created_at, id);

CREATE INDEX support_agents_by_name ON support_agents (workspace_id, name, id);
CREATE INDEX support_agents_by_created ON support_agents (workspace_id, created_at, id);

-- How many tickets somebody has open is counted at each assignment.
CREATE INDEX tickets_open_by_assignee ON tickets (workspace_id, assignee_id)
    WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED');

-- What the analysis of a new ticket proposes for it, and what became of that; null for what people asked for.
ALTER TABLE ai_suggestions ADD COLUMN triage JSONB;
