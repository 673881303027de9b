CREATE TABLE ai_providers (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    provider TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    base_url TEXT NOT NULL,
    sealed_key BLOB,
    key_hint TEXT,
    is_active INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX ai_providers_by_time ON ai_providers (organization_id, created_at);

-- One row a call, whether it worked or not. Never changed once written.
CREATE TABLE usage_events (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    feature TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    key_id BLOB,
    user_id BLOB,
    status INTEGER NOT NULL,
    error TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    baseline_micros INTEGER NOT NULL,
    latency_micros INTEGER NOT NULL,
    first_token_micros INTEGER,
    streamed INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_events_by_time ON usage_events (organization_id, created_at);
