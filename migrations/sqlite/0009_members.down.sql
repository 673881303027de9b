-- Who holds a role of the organization's own keeps the word 'custom', which lets nobody in until somebody gives them another.
DROP INDEX organizations_deleted;
ALTER TABLE organizations DROP COLUMN deleted_at;
DROP TABLE invitations;
CREATE TABLE memberships_without_roles (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO memberships_without_roles (organization_id, user_id, role, created_at) SELECT organization_id, user_id, role, created_at FROM memberships;
DROP TABLE memberships;
ALTER TABLE memberships_without_roles RENAME TO memberships;
CREATE INDEX memberships_by_user ON memberships (user_id, created_at);
DROP TABLE roles;
