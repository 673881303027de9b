-- Which model an organization's vectors are made by. Each choice of a model opens a space; vectors are compared within one
-- space only. What is chosen takes the place of what is searched when every document has its vectors in it. The version
-- grows with each change to the vectors, so that what is kept in memory is known to be old.
CREATE TABLE embedding_settings (
    organization_id uuid NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    model text,
    space_id uuid,
    live_model text,
    live_space_id uuid,
    error text,
    version bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL
);

-- How far the vectors of a document's index are, in one space.
CREATE TABLE embedded_indexes (
    organization_id uuid NOT NULL,
    space_id uuid NOT NULL,
    index_id uuid NOT NULL,
    document_id uuid NOT NULL,
    status text NOT NULL,
    chunk_count bigint NOT NULL DEFAULT 0,
    dimensions bigint NOT NULL DEFAULT 0,
    error text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, space_id, index_id),
    FOREIGN KEY (organization_id, document_id) REFERENCES documents (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX embedded_indexes_by_index ON embedded_indexes (organization_id, index_id);
CREATE INDEX embedded_indexes_by_document ON embedded_indexes (organization_id, document_id);

-- Blocks of vectors: the bytes of `codes`, which are scanned, and of `exact` are described in src/search/vectors.h.
CREATE TABLE vectors (
    organization_id uuid NOT NULL,
    space_id uuid NOT NULL,
    index_id uuid NOT NULL,
    first_ordinal bigint NOT NULL,
    vector_count bigint NOT NULL,
    codes bytea NOT NULL,
    exact bytea NOT NULL,
    PRIMARY KEY (organization_id, space_id, index_id, first_ordinal),
    FOREIGN KEY (organization_id, space_id, index_id) REFERENCES embedded_indexes (organization_id, space_id, index_id) ON DELETE CASCADE
);
ALTER TABLE vectors ALTER COLUMN exact SET STORAGE EXTERNAL; -- parts of it are read
ALTER TABLE vectors ALTER COLUMN codes SET STORAGE EXTERNAL; -- noise does not shrink

SELECT tenant_table('embedding_settings');
SELECT tenant_table('embedded_indexes');
SELECT tenant_table('vectors');
