-- Roles of an organization's own, invitations, and organizations that were deleted but can still be restored.
-- A membership holds a built-in role by its name, or 'custom' and the role's identifier.

CREATE TABLE roles (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name citext NOT NULL,
    description text NOT NULL DEFAULT '',
    permissions jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);
CREATE INDEX roles_by_time ON roles (organization_id, created_at);

ALTER TABLE memberships ADD COLUMN role_id uuid;
ALTER TABLE memberships ADD FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id);
CREATE INDEX memberships_by_time ON memberships (organization_id, created_at);
CREATE INDEX memberships_by_role ON memberships (organization_id, role_id);

-- The token is in the letter alone. One open invitation an address.
CREATE TABLE invitations (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    email citext NOT NULL,
    role text NOT NULL,
    role_id uuid,
    token_hash bytea NOT NULL,
    invited_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id)
);
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_hash, organization_id);
CREATE UNIQUE INDEX invitations_open ON invitations (organization_id, email) WHERE accepted_at IS NULL;
CREATE INDEX invitations_by_time ON invitations (organization_id, created_at);
CREATE INDEX invitations_by_role ON invitations (organization_id, role_id);
CREATE INDEX invitations_by_inviter ON invitations (invited_by);

ALTER TABLE organizations ADD COLUMN deleted_at timestamptz;
CREATE INDEX organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;

SELECT tenant_table('roles');
SELECT tenant_table('invitations');
