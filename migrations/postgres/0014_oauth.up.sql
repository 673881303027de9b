-- Who somebody is to another service. A subject is one person's for ever at its issuer; the e-mail is only what the issuer said last.
CREATE TABLE oauth_identities (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    created_at timestamptz NOT NULL,
    last_used timestamptz NOT NULL
);
CREATE UNIQUE INDEX oauth_identities_by_subject ON oauth_identities (provider, issuer, subject);
CREATE INDEX oauth_identities_by_user ON oauth_identities (user_id, created_at);

-- Sign-ins under way: each good once, for the browser that began it, for ten minutes. State and browser are kept as hashes, the
-- verifier sealed.
CREATE TABLE oauth_states (
    state_hash bytea NOT NULL PRIMARY KEY,
    browser_hash bytea NOT NULL,
    provider text NOT NULL,
    verifier bytea NOT NULL,
    nonce text,
    next text NOT NULL,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_states_by_user ON oauth_states (user_id);
CREATE INDEX oauth_states_by_end ON oauth_states (expires_at);

SELECT shared_table('oauth_identities');
SELECT shared_table('oauth_states');
