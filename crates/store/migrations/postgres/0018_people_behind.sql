-- What somebody wrote to customers, and in which tickets. Customers' messages and notes are not in it and cost nothing more.
CREATE INDEX ticket_messages_by_author
    ON ticket_messages (workspace_id, COALESCE(author_user_id, author_agent_id), created_at, ticket_id)
    WHERE author_type = 'AGENT' AND NOT is_internal;
-- What somebody asked the copilot for, and what became of it.
CREATE INDEX ai_suggestions_by_requester ON ai_suggestions (workspace_id, requested_by, created_at, feedback, ticket_id)
    WHERE requested_by IS NOT NULL;
