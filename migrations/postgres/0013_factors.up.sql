-- What a person shows besides a password, and when a session last showed who it is.
-- A one-time code's secret is sealed. `counter` only grows: the step of the code used last, or how often a passkey has signed.
CREATE TABLE mfa_factors (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    name text NOT NULL,
    secret bytea,
    credential_id bytea UNIQUE,
    public_key bytea,
    counter bigint NOT NULL,
    backup_eligible boolean NOT NULL,
    backed_up boolean NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_used timestamptz
);
CREATE INDEX mfa_factors_by_user ON mfa_factors (user_id, created_at);
CREATE UNIQUE INDEX mfa_factors_totp ON mfa_factors (user_id) WHERE kind = 'totp';
CREATE INDEX mfa_factors_pending ON mfa_factors (created_at) WHERE confirmed_at IS NULL;

-- Each good once. All of a set have one salt.
CREATE TABLE mfa_recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

-- What has to be answered; only hashes of the tokens are kept. Whose it is is not known yet where a passkey alone signs in.
CREATE TABLE mfa_challenges (
    token_hash bytea NOT NULL PRIMARY KEY,
    purpose text NOT NULL,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    session_id uuid REFERENCES sessions (id) ON DELETE CASCADE,
    attempts bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX mfa_challenges_by_user ON mfa_challenges (user_id);
CREATE INDEX mfa_challenges_by_session ON mfa_challenges (session_id);
CREATE INDEX mfa_challenges_by_end ON mfa_challenges (expires_at);

ALTER TABLE sessions ADD COLUMN proven_at timestamptz;

SELECT shared_table('mfa_factors');
SELECT shared_table('mfa_recovery_codes');
SELECT shared_table('mfa_challenges');
