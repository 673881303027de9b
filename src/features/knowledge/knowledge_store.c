#include "features/knowledge/knowledge_store.h"

#include "features/knowledge/knowledge_vectors_store.h"

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };

/* --- collections ----------------------------------------------------------------------------------------------------------- */

const struct field collection_columns[] = {
    UUID(struct collection_row, id), TEXT(struct collection_row, name), TEXT(struct collection_row, description), INT(struct collection_row, document_count),
    TIME(struct collection_row, created_at), FIELDS_END,
};

#define COLLECTION                                                                                                              \
    "SELECT c.id, c.name, c.description, (SELECT count(*) FROM documents d WHERE d.organization_id = :org AND d.collection_id = c.id " \
    "AND d.deleted_at IS NULL) AS document_count, c.created_at FROM collections c WHERE c.organization_id = :org "

static const struct query insert_collection = {
    .name = "collection_insert", .sql = "INSERT INTO collections (organization_id, id, name, description, created_at) VALUES (:org, $1, $2, $3, $4)",
};

enum result collection_insert(struct call *call, const struct collection_row *row)
{
    return db_run(call, &insert_collection, ARGS(db_uuid(row->id), db_text(row->name), db_text(row->description), db_time(row->created_at)));
}

static const struct query update_collection = {
    .name = "collection_update",
    .sql = "UPDATE collections SET name = coalesce($2, name), description = coalesce($3, description) WHERE organization_id = :org AND id = $1",
};

enum result collection_update(struct call *call, uuid id, text name, text description)
{
    return db_run(call, &update_collection, ARGS(db_uuid(id), db_text(name), db_text(description)));
}

static const struct query read_collection = { .name = "collection_read", .sql = COLLECTION "AND c.id = $1", ROWS(struct collection_row, collection_columns) };

enum result collection_read(struct call *call, uuid id, struct collection_row *ret_row)
{
    return db_one(call, &read_collection, ARGS(db_uuid(id)), ret_row);
}

static const struct query leave_collection = {
    .name = "collection_leave", .sql = "UPDATE documents SET collection_id = NULL WHERE organization_id = :org AND collection_id = $1",
};
static const struct query delete_collection = { .name = "collection_delete", .sql = "DELETE FROM collections WHERE organization_id = :org AND id = $1" };

enum result collection_delete(struct call *call, uuid id)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    int64_t changed;

    TRY(db_run(call, &leave_collection, ARGS(db_uuid(id))));
    TRY(db_change(call, &delete_collection, ARGS(db_uuid(id)), &changed));
    if (!changed)
        return NOT_FOUND;
    return tx_commit(&tx);
}

static const struct query list_collections = {
    .name = "collection_list", .sql = COLLECTION "ORDER BY c.created_at DESC, c.id DESC LIMIT $1 OFFSET $2", ROWS(struct collection_row, collection_columns),
};
static const struct query count_collections = {
    .name = "collection_count", .sql = "SELECT count(*) AS total FROM collections WHERE organization_id = :org", ROWS(struct total, total_columns),
};

enum result collection_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    struct total total;

    TRY(db_one(call, &count_collections, NO_ARGS, &total));
    TRY(db_all(call, &list_collections, ARGS(db_int(page_size), db_int((page - 1) * page_size)), ret_rows));
    *ret_total = total.total;
    return OK;
}

/* --- documents --------------------------------------------------------------------------------------------------------------- */

static const struct field document_columns[] = {
    UUID(struct document_row, id), UUID(struct document_row, collection_id), TEXT(struct document_row, title), TEXT(struct document_row, file_name),
    TEXT(struct document_row, mime_type), UUID(struct document_row, file_id), UUID(struct document_row, index_id), UUID(struct document_row, pending_index),
    TEXT(struct document_row, status), DOUBLE(struct document_row, progress), TEXT(struct document_row, error), INT(struct document_row, bytes),
    INT(struct document_row, chunk_count), TEXT(struct document_row, vectors), TEXT(struct document_row, vectors_error), TIME(struct document_row, created_at),
    TIME(struct document_row, updated_at), FIELDS_END,
};

/* Its vectors are those in the chosen space. */
#define DOCUMENT                                                                                                                                       \
    "SELECT d.id, d.collection_id, d.title, d.file_name, d.mime_type, d.file_id, d.index_id, d.pending_index, d.status, d.progress, d.error, d.bytes, " \
    "d.chunk_count, CASE WHEN s.space_id IS NULL THEN 'none' ELSE coalesce(e.status, 'queued') END AS vectors, e.error AS vectors_error, d.created_at, " \
    "d.updated_at FROM documents d LEFT JOIN embedding_settings s ON s.organization_id = :org "                                                        \
    "LEFT JOIN embedded_indexes e ON e.organization_id = :org AND e.space_id = s.space_id AND e.index_id = d.index_id WHERE d.organization_id = :org "

static const struct query insert_document = {
    .name = "document_insert",
    .sql = "INSERT INTO documents (organization_id, id, collection_id, title, file_name, mime_type, file_id, status, bytes, created_at, updated_at) "
           "VALUES (:org, $1, $2, $3, $4, $5, $6, 'queued', $7, $8, $8)",
};

enum result document_insert(struct call *call, const struct document_row *row)
{
    return db_run(call, &insert_document, ARGS(db_uuid(row->id), db_uuid(row->collection_id), db_text(row->title), db_text(row->file_name),
                                               db_text(row->mime_type), db_uuid(row->file_id), db_int(row->bytes), db_time(row->created_at)));
}

static const struct query replace_document = {
    .name = "document_replace",
    .sql = "UPDATE documents SET title = $2, file_name = $3, mime_type = $4, file_id = $5, bytes = $6, status = 'queued', progress = 0, error = NULL, "
           "updated_at = $7 WHERE organization_id = :org AND id = $1",
};

enum result document_replace(struct call *call, const struct document_row *row)
{
    return db_run(call, &replace_document, ARGS(db_uuid(row->id), db_text(row->title), db_text(row->file_name), db_text(row->mime_type),
                                                db_uuid(row->file_id), db_int(row->bytes), db_time(call->now)));
}

static const struct query change_document = {
    .name = "document_change",
    .sql = "UPDATE documents SET title = coalesce($2, title), collection_id = CASE WHEN $4 THEN $3 ELSE collection_id END, updated_at = $5 "
           "WHERE organization_id = :org AND id = $1 AND deleted_at IS NULL",
};

enum result document_change(struct call *call, uuid id, text title, uuid collection_id, bool set_collection)
{
    return db_run(call, &change_document, ARGS(db_uuid(id), db_text(title), db_uuid(collection_id), db_bool(set_collection), db_time(call->now)));
}

static const struct query read_document = {
    .name = "document_read", .sql = DOCUMENT "AND d.id = $1 AND d.deleted_at IS NULL", ROWS(struct document_row, document_columns),
};

enum result document_read(struct call *call, uuid id, struct document_row *ret_row)
{
    return db_one(call, &read_document, ARGS(db_uuid(id)), ret_row);
}

static const struct query read_deleted = {
    .name = "document_read_deleted", .sql = DOCUMENT "AND d.id = $1 AND d.deleted_at IS NOT NULL", ROWS(struct document_row, document_columns),
};

enum result document_read_deleted(struct call *call, uuid id, struct document_row *ret_row)
{
    return db_one(call, &read_deleted, ARGS(db_uuid(id)), ret_row);
}

#define FILTER "AND d.deleted_at IS NULL AND (d.collection_id = $1 OR $1 IS NULL) AND (d.status = $2 OR $2 IS NULL) "

static const struct query list_documents = {
    .name = "document_list", .sql = DOCUMENT FILTER "ORDER BY d.created_at DESC, d.id DESC LIMIT $3 OFFSET $4", ROWS(struct document_row, document_columns),
};
static const struct query count_documents = {
    .name = "document_count", .sql = "SELECT count(*) AS total FROM documents d WHERE d.organization_id = :org " FILTER, ROWS(struct total, total_columns),
};

enum result document_list(struct call *call, const struct document_filter *filter, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    struct arg collection = db_uuid(filter->collection_id), status = db_text(filter->status);
    struct total total;

    TRY(db_one(call, &count_documents, ARGS(collection, status), &total));
    TRY(db_all(call, &list_documents, ARGS(collection, status, db_int(page_size), db_int((page - 1) * page_size)), ret_rows));
    *ret_total = total.total;
    return OK;
}

enum result knowledge_count(struct call *call, int64_t *ret_count)
{
    struct total total;

    TRY(db_one(call, &count_documents, ARGS(db_null(), db_null()), &total));
    *ret_count = total.total;
    return OK;
}

static const struct field brief_columns[] = {
    UUID(struct document_brief, id), TEXT(struct document_brief, title), TEXT(struct document_brief, status), TIME(struct document_brief, created_at), FIELDS_END,
};
static const struct query recent = {
    .name = "document_recent",
    .sql = "SELECT id, title, status, created_at FROM documents WHERE organization_id = :org AND deleted_at IS NULL ORDER BY created_at DESC LIMIT $1",
    ROWS(struct document_brief, brief_columns),
};

enum result knowledge_recent(struct call *call, int64_t limit, struct list *ret_briefs)
{
    return db_all(call, &recent, ARGS(db_int(limit)), ret_briefs);
}

static const struct query hide_document = {
    .name = "document_hide",
    .sql = "UPDATE documents SET deleted_at = $2, collection_id = NULL WHERE organization_id = :org AND id = $1 AND deleted_at IS NULL",
};

enum result document_hide(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &hide_document, ARGS(db_uuid(id), db_time(call->now)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query remove_document = { .name = "document_remove", .sql = "DELETE FROM documents WHERE organization_id = :org AND id = $1" };

enum result document_remove(struct call *call, uuid id)
{
    return db_run(call, &remove_document, ARGS(db_uuid(id)));
}

/* What an indexing job may still change: the document has the file the job is about. */
#define MINE "WHERE organization_id = :org AND id = $1 AND file_id = $2 AND deleted_at IS NULL"

static enum result change_mine(struct call *call, const struct query *query, struct args args, bool *ret_mine)
{
    int64_t changed;

    TRY(db_change(call, query, args, &changed));
    *ret_mine = changed > 0;
    return OK;
}

static const struct query begin_document = {
    .name = "document_begin", .sql = "UPDATE documents SET status = 'processing', progress = 0.05, error = NULL, pending_index = $3 " MINE,
};

enum result document_begin(struct call *call, uuid id, uuid file_id, uuid pending_index, bool *ret_mine)
{
    return change_mine(call, &begin_document, ARGS(db_uuid(id), db_uuid(file_id), db_uuid(pending_index)), ret_mine);
}

static const struct query progress = { .name = "document_progress", .sql = "UPDATE documents SET progress = $3 " MINE };

enum result document_progress(struct call *call, uuid id, uuid file_id, double done, bool *ret_mine)
{
    return change_mine(call, &progress, ARGS(db_uuid(id), db_uuid(file_id), db_double(done)), ret_mine);
}

static const struct query ready = {
    .name = "document_ready",
    .sql = "UPDATE documents SET status = 'ready', progress = 1, error = NULL, index_id = $3, pending_index = NULL, chunk_count = $4, updated_at = $5 " MINE,
};

enum result document_ready(struct call *call, uuid id, uuid file_id, uuid index_id, int64_t chunk_count, bool *ret_mine)
{
    return change_mine(call, &ready, ARGS(db_uuid(id), db_uuid(file_id), db_uuid(index_id), db_int(chunk_count), db_time(call->now)), ret_mine);
}

static const struct query failed = { .name = "document_failed", .sql = "UPDATE documents SET status = 'failed', error = $3, updated_at = $4 " MINE };

enum result document_failed(struct call *call, uuid id, uuid file_id, text error)
{
    return db_run(call, &failed, ARGS(db_uuid(id), db_uuid(file_id), db_text(error), db_time(clock_now())));
}

/* --- the index ------------------------------------------------------------------------------------------------------------------ */

static const struct field chunk_columns[] = {
    UUID(struct chunk_row, id), UUID(struct chunk_row, document_id), UUID(struct chunk_row, index_id), INT(struct chunk_row, ordinal),
    TEXT(struct chunk_row, heading), TEXT(struct chunk_row, text), INT(struct chunk_row, start), INT(struct chunk_row, end), TEXT(struct chunk_row, title),
    FIELDS_END,
};

#define CHUNK                                                                                                                                   \
    "SELECT c.id, c.document_id, c.index_id, c.ordinal, c.heading, c.text, c.first_character AS start, c.end_character AS \"end\", d.title FROM chunks c " \
    "JOIN documents d ON d.organization_id = :org AND d.id = c.document_id "

static const struct query insert_chunk = {
    .name = "chunk_insert",
    .sql = "INSERT INTO chunks (organization_id, index_id, ordinal, id, document_id, heading, text, first_character, end_character) "
           "VALUES (:org, $1, $2, $3, $4, $5, $6, $7, $8)",
};

enum result chunk_insert(struct call *call, const struct chunk_row *row)
{
    return db_queue(call, &insert_chunk, ARGS(db_uuid(row->index_id), db_int(row->ordinal), db_uuid(row->id), db_uuid(row->document_id), db_text(row->heading),
                                            db_text(row->text), db_int(row->start), db_int(row->end)));
}

static const struct query list_chunks = {
    .name = "chunk_list",
    .sql = CHUNK "AND d.index_id = c.index_id AND d.deleted_at IS NULL WHERE c.organization_id = :org AND c.document_id = $1 "
                 "AND c.index_id = (SELECT e.index_id FROM documents e WHERE e.organization_id = :org AND e.id = $1) AND c.ordinal >= $2 ORDER BY c.ordinal LIMIT $3",
    ROWS(struct chunk_row, chunk_columns),
};

enum result chunk_list(struct call *call, uuid document, int64_t from, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &list_chunks, ARGS(db_uuid(document), db_int(from), db_int(limit)), ret_rows);
}

static const struct query ordinal_of = {
    .name = "chunk_ordinal",
    .sql = CHUNK "AND d.deleted_at IS NULL WHERE c.organization_id = :org AND c.index_id = (SELECT e.index_id FROM documents e WHERE e.organization_id = :org "
                 "AND e.id = $1) AND c.document_id = $1 AND c.id = $2",
    ROWS(struct chunk_row, chunk_columns),
};

enum result chunk_ordinal(struct call *call, uuid document, uuid id, int64_t *ret_ordinal)
{
    struct chunk_row row;

    TRY(db_one(call, &ordinal_of, ARGS(db_uuid(document), db_uuid(id)), &row));
    *ret_ordinal = row.ordinal;
    return OK;
}

static const struct query chunks_of_index = {
    .name = "chunk_of_index",
    .sql = CHUNK "WHERE c.organization_id = :org AND c.index_id = $1 AND c.ordinal >= $2 ORDER BY c.ordinal LIMIT $3",
    ROWS(struct chunk_row, chunk_columns),
};

enum result chunk_of_index(struct call *call, uuid index_id, int64_t from, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &chunks_of_index, ARGS(db_uuid(index_id), db_int(from), db_int(limit)), ret_rows);
}

static const struct query found_chunk = {
    .name = "chunk_found",
    .sql = CHUNK "AND d.index_id = c.index_id AND d.deleted_at IS NULL WHERE c.organization_id = :org AND c.index_id = $1 AND c.ordinal = $2",
    ROWS(struct chunk_row, chunk_columns),
};

enum result chunk_found(struct call *call, uuid index_id, int64_t ordinal, struct chunk_row *ret_row)
{
    return db_one(call, &found_chunk, ARGS(db_uuid(index_id), db_int(ordinal)), ret_row);
}

static const struct query delete_chunks = {
    .name = "chunk_delete_index", .sql = "DELETE FROM chunks WHERE organization_id = :org AND index_id = $1 AND ordinal >= $2 AND ordinal < $3",
};

enum result chunk_delete_index(struct call *call, uuid index_id, int64_t from, int64_t to)
{
    return db_run(call, &delete_chunks, ARGS(db_uuid(index_id), db_int(from), db_int(to)));
}

static const struct query insert_posting = {
    .name = "posting_insert", .sql = "INSERT INTO postings (organization_id, term, index_id, data) VALUES (:org, $1, $2, $3) ON CONFLICT DO NOTHING",
};

enum result posting_insert(struct call *call, text term, uuid index_id, text data)
{
    return db_queue(call, &insert_posting, ARGS(db_text(term), db_uuid(index_id), db_bytes(data)));
}

static const struct query delete_posting = {
    .name = "posting_delete", .sql = "DELETE FROM postings WHERE organization_id = :org AND term = $1 AND index_id = $2",
};

enum result posting_delete(struct call *call, text term, uuid index_id)
{
    return db_queue(call, &delete_posting, ARGS(db_text(term), db_uuid(index_id)));
}

static const struct field posting_columns[] = { UUID(struct posting_bytes, index_id), BYTES(struct posting_bytes, data), FIELDS_END };
static const struct query each_posting = {
    .name = "posting_each", .sql = "SELECT index_id, data FROM postings WHERE organization_id = :org AND term = $1 ORDER BY index_id",
    ROWS(struct posting_bytes, posting_columns),
};

enum result posting_each(struct call *call, text term, db_sink *sink, void *context)
{
    return db_each(call, &each_posting, ARGS(db_text(term)), sink, context);
}

struct live {
    uuid index_id;
};
static const struct field live_columns[] = { UUID(struct live, index_id), FIELDS_END };
#define LIVE "SELECT d.index_id FROM documents d WHERE d.organization_id = :org AND d.index_id IS NOT NULL AND d.deleted_at IS NULL "

static const struct query live_in = {
    .name = "index_live_in",
    .sql = LIVE "AND lower(hex(d.collection_id)) IN (SELECT replace(value, '-', '') FROM json_each($1)) ORDER BY d.index_id",
    .postgres = LIVE "AND d.collection_id IN (SELECT value::uuid FROM jsonb_array_elements_text($1) value) ORDER BY d.index_id",
    ROWS(struct live, live_columns),
};

enum result index_live_in(struct call *call, struct uuid_list collections, struct list *ret_ids)
{
    return db_all(call, &live_in, ARGS(db_uuids(call, collections)), ret_ids);
}

static const struct query add_totals = {
    .name = "totals_add",
    .sql = "INSERT INTO search_totals (organization_id, chunk_count, term_count) VALUES (:org, $1, $2) "
           "ON CONFLICT (organization_id) DO UPDATE SET chunk_count = search_totals.chunk_count + $1, term_count = search_totals.term_count + $2",
};

enum result totals_add(struct call *call, int64_t chunks, int64_t terms)
{
    return db_run(call, &add_totals, ARGS(db_int(chunks), db_int(terms)));
}

static const struct field totals_columns[] = { INT(struct search_totals, chunk_count), INT(struct search_totals, term_count), FIELDS_END };
static const struct query read_totals = {
    .name = "totals_read", .sql = "SELECT chunk_count, term_count FROM search_totals WHERE organization_id = :org", ROWS(struct search_totals, totals_columns),
};

enum result totals_read(struct call *call, struct search_totals *ret_totals)
{
    enum result result = db_one(call, &read_totals, NO_ARGS, ret_totals);

    if (result == NOT_FOUND) {
        *ret_totals = (struct search_totals){ 0, 0 };
        return OK;
    }
    return result;
}

const struct query *const knowledge_queries[] = {
    &insert_collection, &update_collection, &read_collection, &leave_collection, &delete_collection, &list_collections, &count_collections, &insert_document,
    &replace_document, &change_document, &read_document, &read_deleted, &list_documents, &count_documents, &recent, &hide_document, &remove_document,
    &begin_document, &progress, &ready, &failed, &insert_chunk, &list_chunks, &ordinal_of, &chunks_of_index, &found_chunk, &delete_chunks, &insert_posting,
    &delete_posting, &each_posting, &live_in, &add_totals, &read_totals, EMBEDDING_QUERIES, NULL,
};
