-- Links that were sent by e-mail, each good once; only their hashes are kept.
CREATE TABLE account_links (
    token_hash bytea NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    email text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX account_links_by_user ON account_links (user_id, kind);
CREATE INDEX account_links_by_end ON account_links (expires_at);

-- Where sign-ins to an account came from, whether or not there is such an account: its e-mail is kept as a keyed hash. A place
-- is a network from which it was signed in to, a device that was, or '*' for everywhere else.
CREATE TABLE sign_in_places (
    account bytea NOT NULL,
    place text NOT NULL,
    is_known boolean NOT NULL,
    failures bigint NOT NULL,
    locks bigint NOT NULL,
    locked_until timestamptz,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (account, place)
);
CREATE INDEX sign_in_places_by_age ON sign_in_places (last_at);

SELECT shared_table('account_links');
SELECT shared_table('sign_in_places');
