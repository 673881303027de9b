-- Links that were sent by e-mail, each good once; only their hashes are kept.
CREATE TABLE account_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_links_by_user ON account_links (user_id, kind);
CREATE INDEX account_links_by_end ON account_links (expires_at);

-- Where sign-ins to an account came from, whether or not there is such an account: its e-mail is kept as a keyed hash. A place
-- is a network from which it was signed in to, a device that was, or '*' for everywhere else.
CREATE TABLE sign_in_places (
    account BLOB NOT NULL,
    place TEXT NOT NULL,
    is_known INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locks INTEGER NOT NULL,
    locked_until INTEGER,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (account, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_places_by_age ON sign_in_places (last_at);
