-- A conversation belongs to the person who opened it; one without a person was opened by an API key.
CREATE TABLE conversations (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    title text,
    model text NOT NULL,
    collection_ids jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX conversations_by_activity ON conversations (organization_id, user_id, updated_at);
CREATE INDEX conversations_by_user ON conversations (user_id);

CREATE TABLE messages (
    organization_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    status text NOT NULL,
    citations json NOT NULL DEFAULT '[]',
    model text,
    error_code text,
    error_message text,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cost_micros bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, conversation_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX messages_streaming ON messages (status) WHERE status = 'streaming';

SELECT tenant_table('conversations');
SELECT tenant_table('messages');
