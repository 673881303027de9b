-- Which model an organization's vectors are made by. Each choice of a model opens a space; vectors are compared within one
-- space only. What is chosen takes the place of what is searched when every document has its vectors in it. The version
-- grows with each change to the vectors, so that what is kept in memory is known to be old.
CREATE TABLE embedding_settings (
    organization_id BLOB NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    model TEXT,
    space_id BLOB,
    live_model TEXT,
    live_space_id BLOB,
    error TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the vectors of a document's index are, in one space, and whether the database's own vector type holds them too.
CREATE TABLE embedded_indexes (
    organization_id BLOB NOT NULL,
    space_id BLOB NOT NULL,
    index_id BLOB NOT NULL,
    document_id BLOB NOT NULL,
    status TEXT NOT NULL,
    chunk_count INTEGER NOT NULL DEFAULT 0,
    dimensions INTEGER NOT NULL DEFAULT 0,
    in_engine INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, space_id, index_id),
    FOREIGN KEY (organization_id, document_id) REFERENCES documents (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX embedded_indexes_by_index ON embedded_indexes (organization_id, index_id);
CREATE INDEX embedded_indexes_by_document ON embedded_indexes (organization_id, document_id);

-- Blocks of vectors: the bytes of `codes`, which are scanned, and of `exact` are described in src/search/vectors.h.
CREATE TABLE vectors (
    organization_id BLOB NOT NULL,
    space_id BLOB NOT NULL,
    index_id BLOB NOT NULL,
    first_ordinal INTEGER NOT NULL,
    vector_count INTEGER NOT NULL,
    codes BLOB NOT NULL,
    exact BLOB NOT NULL,
    PRIMARY KEY (organization_id, space_id, index_id, first_ordinal),
    FOREIGN KEY (organization_id, space_id, index_id) REFERENCES embedded_indexes (organization_id, space_id, index_id) ON DELETE CASCADE
) STRICT;
