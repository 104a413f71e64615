-- Tokens for programs, and what the audit log needs to be searched by every filter and never rewritten.

CREATE TABLE api_tokens (
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('ADMIN', 'AGENT', 'VIEWER')),
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX api_tokens_by_created ON api_tokens (workspace_id, created_at, id);
CREATE INDEX api_tokens_by_user ON api_tokens (workspace_id, user_id);
CREATE UNIQUE INDEX api_tokens_by_id ON api_tokens (id);

DROP INDEX audit_log_by_created;
CREATE INDEX audit_log_by_created ON audit_log (workspace_id, created_at, id);
CREATE INDEX audit_log_by_action ON audit_log (workspace_id, action, created_at, id);
CREATE INDEX audit_log_by_actor ON audit_log (workspace_id, actor, created_at, id);
CREATE INDEX audit_log_by_subject ON audit_log (workspace_id, subject, created_at, id);

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only');
END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only');
END;
