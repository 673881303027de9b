-- Roles of an organization's own, invitations, and organizations that were deleted but can still be restored.
-- A membership holds a built-in role by its name, or 'custom' and the role's identifier.

CREATE TABLE roles (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL DEFAULT '',
    permissions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX roles_by_time ON roles (organization_id, created_at);

CREATE TABLE memberships_with_roles (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    role_id BLOB,
    PRIMARY KEY (organization_id, user_id),
    FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO memberships_with_roles (organization_id, user_id, role, created_at) SELECT organization_id, user_id, role, created_at FROM memberships;
DROP TABLE memberships;
ALTER TABLE memberships_with_roles RENAME TO memberships;
CREATE INDEX memberships_by_user ON memberships (user_id, created_at);
CREATE INDEX memberships_by_time ON memberships (organization_id, created_at);
CREATE INDEX memberships_by_role ON memberships (organization_id, role_id);

-- The token is in the letter alone. One open invitation an address.
CREATE TABLE invitations (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE,
    role TEXT NOT NULL,
    role_id BLOB,
    token_hash BLOB NOT NULL,
    invited_by BLOB REFERENCES users (id) ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    accepted_at INTEGER,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_hash, organization_id);
CREATE UNIQUE INDEX invitations_open ON invitations (organization_id, email) WHERE accepted_at IS NULL;
CREATE INDEX invitations_by_time ON invitations (organization_id, created_at);
CREATE INDEX invitations_by_role ON invitations (organization_id, role_id);
CREATE INDEX invitations_by_inviter ON invitations (invited_by);

ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;
CREATE INDEX organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;
