-- People, their organizations, how they get in, and what was done.
-- Identifiers are 16 bytes, times microseconds since 1970 UTC, lists and objects JSON.

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    password_hash TEXT,
    email_verified INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_login INTEGER,
    metadata TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;

CREATE TRIGGER users_updated AFTER UPDATE OF name, email, password_hash, email_verified, is_active, metadata ON users
BEGIN
    UPDATE users SET updated_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000 WHERE id = NEW.id;
END;

CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    domain TEXT COLLATE NOCASE UNIQUE,
    subscription_tier TEXT NOT NULL DEFAULT 'free',
    deployment_type TEXT NOT NULL DEFAULT 'cloud',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id, created_at);

-- A session belongs to a person; the organization it acts for can change.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    current_organization BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    ip_address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id, last_used);
CREATE INDEX sessions_by_organization ON sessions (current_organization);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_keys (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    created_by BLOB REFERENCES users (id) ON DELETE SET NULL,
    expires_at INTEGER,
    last_used INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (key_hash, organization_id);
CREATE INDEX api_keys_by_time ON api_keys (organization_id, created_at);
CREATE INDEX api_keys_by_maker ON api_keys (created_by);

CREATE TABLE audit_log (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    action TEXT NOT NULL,
    actor_id BLOB,
    key_id BLOB,
    target TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
