-- Who holds a role of the organization's own keeps the word 'custom', which lets nobody in until somebody gives them another.
DROP INDEX organizations_deleted;
ALTER TABLE organizations DROP COLUMN deleted_at;
DROP TABLE invitations;
DROP INDEX memberships_by_time;
ALTER TABLE memberships DROP COLUMN role_id;
DROP TABLE roles;
