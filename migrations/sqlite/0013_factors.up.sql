-- What a person shows besides a password, and when a session last showed who it is.
-- A one-time code's secret is sealed. `counter` only grows: the step of the code used last, or how often a passkey has signed.
CREATE TABLE mfa_factors (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    secret BLOB,
    credential_id BLOB UNIQUE,
    public_key BLOB,
    counter INTEGER NOT NULL,
    backup_eligible INTEGER NOT NULL,
    backed_up INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_used INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX mfa_factors_by_user ON mfa_factors (user_id, created_at);
CREATE UNIQUE INDEX mfa_factors_totp ON mfa_factors (user_id) WHERE kind = 'totp';
CREATE INDEX mfa_factors_pending ON mfa_factors (created_at) WHERE confirmed_at IS NULL;

-- Each good once. All of a set have one salt.
CREATE TABLE mfa_recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL,
    salt BLOB NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- What has to be answered; only hashes of the tokens are kept. Whose it is is not known yet where a passkey alone signs in.
CREATE TABLE mfa_challenges (
    token_hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    session_id BLOB REFERENCES sessions (id) ON DELETE CASCADE,
    attempts INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mfa_challenges_by_user ON mfa_challenges (user_id);
CREATE INDEX mfa_challenges_by_session ON mfa_challenges (session_id);
CREATE INDEX mfa_challenges_by_end ON mfa_challenges (expires_at);

ALTER TABLE sessions ADD COLUMN proven_at INTEGER;
