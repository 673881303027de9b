CREATE TABLE collections (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name citext NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);
CREATE INDEX collections_by_time ON collections (organization_id, created_at);

-- The original of a document is a file named by `file_id`. What was made of it, chunks and postings, hangs on an index_id
-- of its own: a replacement is indexed beside the live one and takes its place at once when it is whole.
CREATE TABLE documents (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    collection_id uuid,
    title text NOT NULL,
    file_name text,
    mime_type text NOT NULL,
    file_id uuid NOT NULL,
    index_id uuid,
    pending_index uuid,
    status text NOT NULL,
    progress double precision NOT NULL DEFAULT 0,
    error text,
    bytes bigint NOT NULL,
    chunk_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, collection_id) REFERENCES collections (organization_id, id)
);
CREATE INDEX documents_by_time ON documents (organization_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX documents_by_collection ON documents (organization_id, collection_id, created_at);

CREATE TABLE chunks (
    organization_id uuid NOT NULL,
    index_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    id uuid NOT NULL,
    document_id uuid NOT NULL,
    heading text,
    text text NOT NULL,
    first_character bigint NOT NULL,
    end_character bigint NOT NULL,
    PRIMARY KEY (organization_id, index_id, ordinal),
    FOREIGN KEY (organization_id, document_id) REFERENCES documents (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX chunks_by_id ON chunks (organization_id, id);
CREATE INDEX chunks_by_document ON chunks (organization_id, document_id);

-- The text index: which chunks of an index hold a term, how often; the bytes are described in src/search/postings.h.
CREATE TABLE postings (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    term text COLLATE "C" NOT NULL,
    index_id uuid NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (organization_id, term, index_id)
);

-- What BM25 needs to know of an organization's whole index.
CREATE TABLE search_totals (
    organization_id uuid NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    chunk_count bigint NOT NULL,
    term_count bigint NOT NULL
);

SELECT tenant_table('collections');
SELECT tenant_table('documents');
SELECT tenant_table('chunks');
SELECT tenant_table('postings');
SELECT tenant_table('search_totals');
