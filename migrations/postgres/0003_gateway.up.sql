CREATE TABLE ai_providers (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    provider text NOT NULL,
    name citext NOT NULL,
    base_url text NOT NULL,
    sealed_key bytea,
    key_hint text,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);
CREATE INDEX ai_providers_by_time ON ai_providers (organization_id, created_at);

-- One row a call, whether it worked or not. Never changed once written.
CREATE TABLE usage_events (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    endpoint text NOT NULL,
    feature text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    key_id uuid,
    user_id uuid,
    status bigint NOT NULL,
    error text,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    cost_micros bigint NOT NULL,
    baseline_micros bigint NOT NULL,
    latency_micros bigint NOT NULL,
    first_token_micros bigint,
    streamed boolean NOT NULL,
    request_id text NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX usage_events_by_time ON usage_events (organization_id, created_at);

SELECT tenant_table('ai_providers');
SELECT tenant_table('usage_events');
