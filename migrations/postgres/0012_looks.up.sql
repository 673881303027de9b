-- Whose an identifier is, when somebody tries one of another organization's (features/audit/audit_watch.c).
CREATE INDEX api_keys_by_id ON api_keys (id);
CREATE INDEX ai_providers_by_id ON ai_providers (id);
CREATE INDEX collections_by_id ON collections (id);
CREATE INDEX documents_by_id ON documents (id);
CREATE INDEX conversations_by_id ON conversations (id);
