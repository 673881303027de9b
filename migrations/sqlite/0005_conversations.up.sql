-- A conversation belongs to the person who opened it; one without a person was opened by an API key.
CREATE TABLE conversations (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    title TEXT,
    model TEXT NOT NULL,
    collection_ids TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_by_activity ON conversations (organization_id, user_id, updated_at);
CREATE INDEX conversations_by_user ON conversations (user_id);

CREATE TABLE messages (
    organization_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL,
    citations TEXT NOT NULL DEFAULT '[]',
    model TEXT,
    error_code TEXT,
    error_message TEXT,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cost_micros INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, conversation_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_streaming ON messages (status) WHERE status = 'streaming';
