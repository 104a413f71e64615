-- Short lists go by name without regard to case, by age and by last change, as the long ones do.

CREATE INDEX support_agents_by_folded_name ON support_agents (workspace_id, lower(name), id);
CREATE INDEX support_agents_by_updated ON support_agents (workspace_id, updated_at, id);
CREATE INDEX teams_by_folded_name ON teams (workspace_id, lower(name), id);
CREATE INDEX teams_by_updated ON teams (workspace_id, updated_at, id);
CREATE INDEX phone_numbers_by_folded_number ON phone_numbers (workspace_id, lower(number), id);
CREATE INDEX phone_numbers_by_updated ON phone_numbers (workspace_id, updated_at, id);

-- The open tickets of somebody in the order of the list, tickets of an area, and those that were resolved in a span of time.
DROP INDEX tickets_open_by_assignee;
CREATE INDEX tickets_open_by_assignee ON tickets (workspace_id, assignee_id, created_at, id)
    WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED');
-- With the status, so that a walk through somebody's tickets need not look at each of them.
DROP INDEX tickets_by_assignee;
CREATE INDEX tickets_by_assignee ON tickets (workspace_id, assignee_id, created_at, id, status);
CREATE INDEX tickets_by_area ON tickets (workspace_id, product_area, created_at, id) WHERE product_area IS NOT NULL;
DROP INDEX tickets_by_resolved;
CREATE INDEX tickets_by_resolved ON tickets (workspace_id, resolved_at, created_at, id) WHERE resolved_at IS NOT NULL;

-- Which tickets have a tag: a list by a tag that few tickets have begins here. Kept by triggers, so that no path can forget it.
CREATE TABLE ticket_tags (
    workspace_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    PRIMARY KEY (workspace_id, tag, ticket_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets (workspace_id, id)
) WITHOUT ROWID;
CREATE TRIGGER tickets_tags_inserted AFTER INSERT ON tickets WHEN new.tags <> '[]' BEGIN
    INSERT OR IGNORE INTO ticket_tags (workspace_id, tag, ticket_id)
        SELECT new.workspace_id, value, new.id FROM json_each(new.tags);
END;
CREATE TRIGGER tickets_tags_updated AFTER UPDATE OF tags ON tickets WHEN old.tags <> new.tags BEGIN
    DELETE FROM ticket_tags WHERE workspace_id = old.workspace_id AND ticket_id = old.id
        AND tag IN (SELECT value FROM json_each(old.tags));
    INSERT OR IGNORE INTO ticket_tags (workspace_id, tag, ticket_id)
        SELECT new.workspace_id, value, new.id FROM json_each(new.tags);
END;
INSERT OR IGNORE INTO ticket_tags (workspace_id, tag, ticket_id)
    SELECT t.workspace_id, j.value, t.id FROM tickets t, json_each(t.tags) j;

-- The documents of articles carry a word of their own, as those of people do: else they would be looked for among all tickets.
UPDATE search_documents SET text = 'kindofarticle ' || text WHERE kind = 'article';
UPDATE search_documents SET text = 'kindofarticledraft ' || text WHERE kind = 'article_draft';
