DROP TABLE membership_removals;
DROP TABLE claimed_domains;
DROP TABLE organization_domains;
DROP TABLE setup_links;
ALTER TABLE organizations DROP COLUMN deleted_by_admin;
DROP INDEX usage_events_by_user;
DROP INDEX audit_log_by_actor;
DROP INDEX audit_log_by_impersonator;
ALTER TABLE audit_log DROP COLUMN impersonator_id;
-- Sessions in somebody else's name would become the person's own.
DELETE FROM sessions WHERE impersonator_id IS NOT NULL;
DROP INDEX sessions_by_impersonator;
ALTER TABLE sessions DROP COLUMN impersonator_id;
DROP INDEX users_admins;
ALTER TABLE users DROP COLUMN is_admin;
