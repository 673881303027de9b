DROP INDEX conversations_by_id;
DROP INDEX documents_by_id;
DROP INDEX collections_by_id;
DROP INDEX ai_providers_by_id;
DROP INDEX api_keys_by_id;
