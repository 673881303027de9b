CREATE TABLE collections (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX collections_by_time ON collections (organization_id, created_at);

-- The original of a document is a file named by `file_id`. What was made of it, chunks and postings, hangs on an index_id
-- of its own: a replacement is indexed beside the live one and takes its place at once when it is whole.
CREATE TABLE documents (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    collection_id BLOB,
    title TEXT NOT NULL,
    file_name TEXT,
    mime_type TEXT NOT NULL,
    file_id BLOB NOT NULL,
    index_id BLOB,
    pending_index BLOB,
    status TEXT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    error TEXT,
    bytes INTEGER NOT NULL,
    chunk_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, collection_id) REFERENCES collections (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX documents_by_time ON documents (organization_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX documents_by_collection ON documents (organization_id, collection_id, created_at);

CREATE TABLE chunks (
    organization_id BLOB NOT NULL,
    index_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    id BLOB NOT NULL,
    document_id BLOB NOT NULL,
    heading TEXT,
    text TEXT NOT NULL,
    first_character INTEGER NOT NULL,
    end_character INTEGER NOT NULL,
    PRIMARY KEY (organization_id, index_id, ordinal),
    FOREIGN KEY (organization_id, document_id) REFERENCES documents (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX chunks_by_id ON chunks (organization_id, id);
CREATE INDEX chunks_by_document ON chunks (organization_id, document_id);

-- The text index: which chunks of an index hold a term, how often; the bytes are described in src/search/postings.h.
CREATE TABLE postings (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    term TEXT NOT NULL,
    index_id BLOB NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (organization_id, term, index_id)
) STRICT, WITHOUT ROWID;

-- What BM25 needs to know of an organization's whole index.
CREATE TABLE search_totals (
    organization_id BLOB NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    chunk_count INTEGER NOT NULL,
    term_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
