-- A key may have a limit of its own, and be rotated: the former one is good for a while beside the new one.
ALTER TABLE api_keys ADD COLUMN rate_limit INTEGER;
ALTER TABLE api_keys ADD COLUMN previous_hash BLOB;
ALTER TABLE api_keys ADD COLUMN previous_until INTEGER;
CREATE UNIQUE INDEX api_keys_by_previous ON api_keys (previous_hash, organization_id);
