-- Who somebody is to another service. A subject is one person's for ever at its issuer; the e-mail is only what the issuer said last.
CREATE TABLE oauth_identities (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT,
    created_at INTEGER NOT NULL,
    last_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX oauth_identities_by_subject ON oauth_identities (provider, issuer, subject);
CREATE INDEX oauth_identities_by_user ON oauth_identities (user_id, created_at);

-- Sign-ins under way: each good once, for the browser that began it, for ten minutes. State and browser are kept as hashes, the
-- verifier sealed.
CREATE TABLE oauth_states (
    state_hash BLOB NOT NULL PRIMARY KEY,
    browser_hash BLOB NOT NULL,
    provider TEXT NOT NULL,
    verifier BLOB NOT NULL,
    nonce TEXT,
    next TEXT NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_states_by_user ON oauth_states (user_id);
CREATE INDEX oauth_states_by_end ON oauth_states (expires_at);
