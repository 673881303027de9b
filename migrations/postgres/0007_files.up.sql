-- Files in parts: several instances share no directory. (One instance on SQLite keeps them on its disk.)
CREATE TABLE file_parts (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    file_id uuid NOT NULL,
    part bigint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (organization_id, file_id, part)
);
ALTER TABLE file_parts ALTER COLUMN data SET STORAGE EXTERNAL; -- most are compressed already

SELECT tenant_table('file_parts');
