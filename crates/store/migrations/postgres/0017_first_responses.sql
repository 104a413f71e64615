-- Tickets by when they were first answered, as those by when they were resolved: the list behind the time to a first reply.
DROP INDEX tickets_by_first_response;
CREATE INDEX tickets_by_first_response ON tickets (workspace_id, first_responded_at, created_at, id)
    WHERE first_responded_at IS NOT NULL;
