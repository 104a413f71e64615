-- Articles are listed by their last change or their age; a remote desk's ticket has one shadow here.

CREATE INDEX kb_articles_by_updated ON kb_articles (workspace_id, updated_at, id);
CREATE INDEX kb_articles_by_created ON kb_articles (workspace_id, created_at, id);
CREATE INDEX kb_articles_by_status ON kb_articles (workspace_id, status, updated_at, id);
CREATE UNIQUE INDEX tickets_by_remote ON tickets (workspace_id, remote_id) WHERE remote_id IS NOT NULL;
