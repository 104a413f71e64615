-- Tickets of one status that nobody has: without it, a list of closed ones walks through all that wait for somebody.
CREATE INDEX tickets_of_nobody ON tickets (workspace_id, status, created_at, id) WHERE assignee_id IS NULL;
