-- What an organization, one of its keys or one of its members may spend in a period. At most one each a period.
CREATE TABLE budgets (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    key_id BLOB,
    user_id BLOB,
    period TEXT NOT NULL,
    limit_micros INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, key_id) REFERENCES api_keys (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX budgets_of_organization ON budgets (organization_id, period) WHERE key_id IS NULL AND user_id IS NULL;
CREATE UNIQUE INDEX budgets_of_key ON budgets (organization_id, key_id, period);
CREATE UNIQUE INDEX budgets_of_user ON budgets (organization_id, user_id, period);
CREATE INDEX budgets_by_time ON budgets (organization_id, created_at);
-- Whose an identifier is, when somebody tries one of another organization's (features/audit/audit_watch.c).
CREATE INDEX budgets_by_id ON budgets (id);
