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

-- How far the vectors of a document's index are, in one space, and whether the database's own vector type holds them too.
CREATE TABLE embedded_indexes (
    organization_id uuid NOT NULL,
    space_id uuid NOT NULL,
    index_id uuid NOT NULL,
    document_id uuid NOT NULL,
    status text NOT NULL,
    chunk_count bigint NOT NULL DEFAULT 0,
    dimensions bigint NOT NULL DEFAULT 0,
    in_engine boolean NOT NULL DEFAULT false,
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

-- With the extension `vector` (pgvector) the database itself finds the nearest, in a table that is made when the extension is
-- there: `tenon migrate` calls vector_engine_make after the migrations. The bodies name what may be missing and so are dynamic.
CREATE FUNCTION vector_engine_make() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regtype('vector') IS NULL OR to_regclass('chunk_vectors') IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE 'CREATE TABLE chunk_vectors (
        organization_id uuid NOT NULL,
        space_id uuid NOT NULL,
        index_id uuid NOT NULL,
        ordinal bigint NOT NULL,
        embedding vector NOT NULL,
        PRIMARY KEY (organization_id, space_id, index_id, ordinal),
        FOREIGN KEY (organization_id, space_id, index_id) REFERENCES embedded_indexes (organization_id, space_id, index_id) ON DELETE CASCADE)';
    PERFORM tenant_table('chunk_vectors');
END $$;
REVOKE EXECUTE ON FUNCTION vector_engine_make FROM PUBLIC;

CREATE FUNCTION vector_engine() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT to_regclass('chunk_vectors') IS NOT NULL $$;

-- `numbers`: an array of arrays, one for each passage from `first` on.
CREATE FUNCTION vector_engine_keep(organization uuid, space uuid, index uuid, first bigint, numbers text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one real[];
    place bigint := first;
BEGIN
    FOREACH one SLICE 1 IN ARRAY numbers::real[] LOOP
        EXECUTE 'INSERT INTO chunk_vectors (organization_id, space_id, index_id, ordinal, embedding) VALUES ($1, $2, $3, $4, $5::real[]::vector) ON CONFLICT DO NOTHING'
            USING organization, space, index, place, one;
        place := place + 1;
    END LOOP;
END $$;

-- `within`: the indexes that are searched, as a JSON array; NULL: all.
CREATE FUNCTION vector_engine_nearest(organization uuid, space uuid, question text, wanted bigint, within jsonb)
    RETURNS TABLE (index_id uuid, ordinal bigint, cosine double precision) LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- vectors of another length cannot be compared, not even to be passed over
    RETURN QUERY EXECUTE 'WITH v AS MATERIALIZED (SELECT c.index_id, c.ordinal, c.embedding FROM chunk_vectors c
            JOIN embedded_indexes e ON e.organization_id = c.organization_id AND e.space_id = c.space_id AND e.index_id = c.index_id AND e.status = ''ready''
            WHERE c.organization_id = $1 AND c.space_id = $2 AND ($5 IS NULL OR c.index_id = ANY ($5)) AND e.dimensions = array_length($3::real[], 1))
        SELECT v.index_id, v.ordinal, (1 - (v.embedding <=> $3::real[]::vector))::double precision FROM v
        ORDER BY v.embedding <=> $3::real[]::vector, v.index_id, v.ordinal LIMIT $4'
        USING organization, space, question, wanted, (SELECT array_agg(value::uuid) FROM jsonb_array_elements_text(within) value);
END $$;
