-- What became of the copilot's suggestions, by when they were made: the list of their tickets begins here.
CREATE INDEX ai_suggestions_by_feedback ON ai_suggestions (workspace_id, feedback, created_at, ticket_id);
-- Tickets by the mood that their newest analysis found, in the order of the list.
CREATE INDEX tickets_by_sentiment ON tickets (workspace_id, sentiment, created_at, id) WHERE sentiment IS NOT NULL;
