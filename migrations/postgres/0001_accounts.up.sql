-- People, their organizations, how they get in, and what was done.
-- Each table says whose it is by one of two functions: tenant_table, whose rows belong to an organization and are walled off
-- by row-level security, or shared_table. Migrating, the program names the serving role and its system role in two settings.
-- The serving role reaches rows of its organization alone; the system role, which nobody logs in as, is taken for the length
-- of a transaction by the queries that say why they span organizations.

CREATE EXTENSION IF NOT EXISTS citext;

CREATE FUNCTION shared_table(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %I, %I', name, current_setting('tenon.serving_role'), current_setting('tenon.system_role'));
END $$;

CREATE FUNCTION tenant_table(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner text := CASE name WHEN 'organizations' THEN 'id' ELSE 'organization_id' END;
    rule text := format('%I = nullif(current_setting(''tenon.organization'', true), '''')::uuid', owner);
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (%s)', name || '_select', name, rule);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK (%s)', name || '_insert', name, rule);
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE USING (%s) WITH CHECK (%s)', name || '_update', name, rule, rule);
    EXECUTE format('CREATE POLICY %I ON %I FOR DELETE USING (%s)', name || '_delete', name, rule);
    EXECUTE format('CREATE POLICY %I ON %I TO %I USING (true) WITH CHECK (true)', name || '_system', name, current_setting('tenon.system_role'));
    PERFORM shared_table(name);
END $$;

REVOKE EXECUTE ON FUNCTION shared_table, tenant_table FROM PUBLIC;

CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    email citext NOT NULL UNIQUE,
    password_hash text,
    email_verified boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_login timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}'
);

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER users_updated BEFORE UPDATE OF name, email, password_hash, email_verified, is_active, metadata ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE organizations (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    domain citext UNIQUE,
    subscription_tier text NOT NULL DEFAULT 'free',
    deployment_type text NOT NULL DEFAULT 'cloud',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id, created_at);

-- A session belongs to a person; the organization it acts for can change.
CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    current_organization uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    last_used timestamptz NOT NULL,
    ip_address text NOT NULL,
    user_agent text NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, last_used);
CREATE INDEX sessions_by_organization ON sessions (current_organization);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_keys (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL,
    scopes jsonb NOT NULL,
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    expires_at timestamptz,
    last_used timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (key_hash, organization_id);
CREATE INDEX api_keys_by_time ON api_keys (organization_id, created_at);
CREATE INDEX api_keys_by_maker ON api_keys (created_by);

CREATE TABLE audit_log (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    action text NOT NULL,
    actor_id uuid,
    key_id uuid,
    target text NOT NULL,
    ip_address text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

SELECT shared_table('users');
SELECT shared_table('sessions');
SELECT tenant_table('organizations');
SELECT tenant_table('memberships');
SELECT tenant_table('api_keys');
SELECT tenant_table('audit_log');
