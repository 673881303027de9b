-- Administrators of the installation, and what they do in somebody's name.
ALTER TABLE users ADD COLUMN is_admin INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_admins ON users (id) WHERE is_admin;

ALTER TABLE sessions ADD COLUMN impersonator_id BLOB REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX sessions_by_impersonator ON sessions (impersonator_id);

ALTER TABLE audit_log ADD COLUMN impersonator_id BLOB;

-- What a person did and used, when they ask for it.
CREATE INDEX audit_log_by_actor ON audit_log (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_log_by_impersonator ON audit_log (impersonator_id) WHERE impersonator_id IS NOT NULL;
CREATE INDEX usage_events_by_user ON usage_events (user_id) WHERE user_id IS NOT NULL;

-- What an administrator deleted its owners do not restore.
ALTER TABLE organizations ADD COLUMN deleted_by_admin INTEGER NOT NULL DEFAULT 0;

-- Links that make the first administrator; only their hashes are kept.
CREATE TABLE setup_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Domains whose addresses may join. An organization claims one by a record in the DNS; whose it is stands in a table of its own,
-- for a key of all organizations.
CREATE TABLE organization_domains (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    domain TEXT NOT NULL COLLATE NOCASE,
    txt_value TEXT NOT NULL,
    status TEXT NOT NULL,
    auto_join INTEGER NOT NULL DEFAULT 0,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    verified_at INTEGER,
    checked_at INTEGER,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_domains_by_time ON organization_domains (organization_id, created_at);
CREATE INDEX organization_domains_by_id ON organization_domains (id);
CREATE INDEX organization_domains_due ON organization_domains (checked_at) WHERE verified_at IS NOT NULL;

CREATE TABLE claimed_domains (
    domain TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    claimed_by BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    claimed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX claimed_domains_by_organization ON claimed_domains (claimed_by);

-- Who was removed does not come back by a domain.
CREATE TABLE membership_removals (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    removed_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_removals_by_user ON membership_removals (user_id);
