#include "features/knowledge/knowledge_vectors_store.h"

/* --- the choice of a model ---------------------------------------------------------------------------------------------------- */

static const struct field settings_columns[] = {
    TEXT(struct embedding_settings, model), UUID(struct embedding_settings, space_id), TEXT(struct embedding_settings, live_model),
    UUID(struct embedding_settings, live_space_id), TEXT(struct embedding_settings, error), INT(struct embedding_settings, version), FIELDS_END,
};

const struct query embedding_settings_read_query = {
    .name = "embedding_settings_read", .sql = "SELECT model, space_id, live_model, live_space_id, error, version FROM embedding_settings WHERE organization_id = :org",
    ROWS(struct embedding_settings, settings_columns),
};

enum result embedding_settings_read(struct call *call, struct embedding_settings *ret_settings)
{
    enum result found = db_one(call, &embedding_settings_read_query, NO_ARGS, ret_settings);

    if (found == NOT_FOUND) {
        *ret_settings = (struct embedding_settings){ 0 };
        return OK;
    }
    return found;
}

const struct query embedding_settings_write_query = {
    .name = "embedding_settings_write",
    .sql = "INSERT INTO embedding_settings (organization_id, model, space_id, live_model, live_space_id, updated_at) VALUES (:org, $1, $2, $3, $4, $5) "
           "ON CONFLICT (organization_id) DO UPDATE SET model = $1, space_id = $2, live_model = $3, live_space_id = $4, updated_at = $5, error = NULL, "
           "version = embedding_settings.version + 1",
};

enum result embedding_settings_write(struct call *call, const struct embedding_settings *settings)
{
    return db_run(call, &embedding_settings_write_query, ARGS(db_text(settings->model), db_uuid(settings->space_id), db_text(settings->live_model),
                                                              db_uuid(settings->live_space_id), db_time(call->now)));
}

const struct query embedding_settings_trouble_query = {
    .name = "embedding_settings_trouble", .sql = "UPDATE embedding_settings SET error = $2 WHERE organization_id = :org AND space_id = $1",
};

enum result embedding_settings_trouble(struct call *call, uuid space, text error)
{
    return db_run(call, &embedding_settings_trouble_query, ARGS(db_uuid(space), db_text(error)));
}

const struct query embedding_space_live_query = {
    .name = "embedding_space_live",
    .sql = "UPDATE embedding_settings SET live_model = model, live_space_id = space_id, error = NULL, version = version + 1 WHERE organization_id = :org AND space_id = $1",
};

enum result embedding_space_live(struct call *call, uuid space, bool *ret_done)
{
    int64_t changed;

    TRY(db_change(call, &embedding_space_live_query, ARGS(db_uuid(space)), &changed));
    *ret_done = changed > 0;
    return OK;
}

const struct query embedding_version_up_query = {
    .name = "embedding_version_up", .sql = "UPDATE embedding_settings SET version = version + 1 WHERE organization_id = :org",
};

enum result embedding_version_up(struct call *call)
{
    return db_run(call, &embedding_version_up_query, NO_ARGS);
}

static const struct field count_columns[] = { INT(struct embedding_count, documents), INT(struct embedding_count, embedded), INT(struct embedding_count, ready), FIELDS_END };

#define LIVE_WITHOUT(statuses)                                                                                                                        \
    "FROM documents d LEFT JOIN embedded_indexes e ON e.organization_id = :org AND e.space_id = $1 AND e.index_id = d.index_id AND e.status IN (" statuses ") " \
    "WHERE d.organization_id = :org AND d.deleted_at IS NULL AND d.index_id IS NOT NULL "

const struct query embedding_count_query = {
    .name = "embedding_count", .sql = "SELECT count(*) AS documents, count(e.index_id) AS embedded, count(CASE WHEN e.status = 'ready' THEN 1 END) AS ready " LIVE_WITHOUT("'ready', 'refused'"),
    ROWS(struct embedding_count, count_columns),
};

enum result embedding_count(struct call *call, uuid space, struct embedding_count *ret_count)
{
    return db_one(call, &embedding_count_query, ARGS(db_uuid(space)), ret_count);
}

/* --- vectors of an index -------------------------------------------------------------------------------------------------------- */

static const struct field lacking_columns[] = { UUID(struct embedded_index, index_id), UUID(struct embedded_index, document_id), FIELDS_END };

const struct query embedded_lacking_query = {
    .name = "embedded_lacking",
    .sql = "SELECT d.index_id, d.id AS document_id " LIVE_WITHOUT("'ready', 'refused'") "AND e.index_id IS NULL ORDER BY d.created_at, d.id LIMIT $2",
    ROWS(struct embedded_index, lacking_columns),
};

enum result embedded_lacking(struct call *call, uuid space, int64_t limit, struct list *ret_indexes)
{
    return db_all(call, &embedded_lacking_query, ARGS(db_uuid(space), db_int(limit)), ret_indexes);
}

const struct query embedded_begin_query = {
    .name = "embedded_begin",
    .sql = "INSERT INTO embedded_indexes (organization_id, space_id, index_id, document_id, status, in_engine, updated_at) "
           "SELECT :org, $1, $2, d.id, 'processing', $5, $4 FROM documents d JOIN embedding_settings s ON s.organization_id = :org AND (s.space_id = $1 OR s.live_space_id = $1) "
           "WHERE d.organization_id = :org AND d.id = $3 AND d.index_id = $2 AND d.deleted_at IS NULL "
           "ON CONFLICT (organization_id, space_id, index_id) DO UPDATE SET status = 'processing', updated_at = $4 WHERE embedded_indexes.status = 'failed'",
};

static const struct field embedded_columns[] = {
    UUID(struct embedded_index, index_id), UUID(struct embedded_index, document_id), TEXT(struct embedded_index, status), INT(struct embedded_index, chunk_count),
    INT(struct embedded_index, dimensions), BOOL(struct embedded_index, in_engine), FIELDS_END,
};

#define EMBEDDED "SELECT e.index_id, e.document_id, e.status, e.chunk_count, e.dimensions, e.in_engine FROM embedded_indexes e "

const struct query embedded_read_query = {
    .name = "embedded_read",
    .sql = EMBEDDED "JOIN documents d ON d.organization_id = :org AND d.id = e.document_id AND d.index_id = e.index_id AND d.deleted_at IS NULL "
                    "JOIN embedding_settings s ON s.organization_id = :org AND (s.space_id = $1 OR s.live_space_id = $1) "
                    "WHERE e.organization_id = :org AND e.space_id = $1 AND e.index_id = $2",
    ROWS(struct embedded_index, embedded_columns),
};

enum result embedded_begin(struct call *call, uuid space, uuid document, uuid index, bool in_engine, struct embedded_index *ret_index)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(tx.fault);
    TRY(db_run(call, &embedded_begin_query, ARGS(db_uuid(space), db_uuid(index), db_uuid(document), db_time(call->now), db_bool(in_engine))));
    TRY(db_one(call, &embedded_read_query, ARGS(db_uuid(space), db_uuid(index)), ret_index));
    return tx_commit(&tx);
}

/* What may still be changed: the index is the live one of its document. */
#define EMBEDDED_MINE                                                                                                                              \
    "WHERE e.organization_id = :org AND e.space_id = $1 AND e.index_id = $2 AND EXISTS (SELECT 1 FROM documents d WHERE d.organization_id = :org " \
    "AND d.id = e.document_id AND d.index_id = e.index_id AND d.deleted_at IS NULL)"

static enum result change_mine(struct call *call, const struct query *query, struct args args, bool *ret_mine)
{
    int64_t changed;

    TRY(db_change(call, query, args, &changed));
    *ret_mine = changed > 0;
    return OK;
}

const struct query embedded_progress_query = {
    /* two jobs may be at one index: the one behind gives up, and what is ready stays so */
    .name = "embedded_progress",
    .sql = "UPDATE embedded_indexes AS e SET chunk_count = $3, dimensions = $4, updated_at = $5 " EMBEDDED_MINE " AND e.status = 'processing' AND e.chunk_count < $3",
};

enum result embedded_progress(struct call *call, uuid space, uuid index, int64_t chunks, int64_t dimensions, bool *ret_mine)
{
    return change_mine(call, &embedded_progress_query, ARGS(db_uuid(space), db_uuid(index), db_int(chunks), db_int(dimensions), db_time(clock_now())), ret_mine);
}

const struct query embedded_end_query = {
    .name = "embedded_end", .sql = "UPDATE embedded_indexes AS e SET status = $3, error = $4, updated_at = $5 " EMBEDDED_MINE " AND e.status = 'processing'",
};

enum result embedded_end(struct call *call, uuid space, uuid index, text status, text error, bool *ret_mine)
{
    return change_mine(call, &embedded_end_query, ARGS(db_uuid(space), db_uuid(index), db_text(status), db_text(error), db_time(clock_now())), ret_mine);
}

const struct query embedded_ready_query = {
    .name = "embedded_ready", .sql = EMBEDDED "WHERE e.organization_id = :org AND e.space_id = $1 AND e.status = 'ready' ORDER BY e.index_id",
    ROWS(struct embedded_index, embedded_columns),
};

enum result embedded_ready(struct call *call, uuid space, struct list *ret_indexes)
{
    return db_all(call, &embedded_ready_query, ARGS(db_uuid(space)), ret_indexes);
}

const struct query embedded_forget_index_query = {
    .name = "embedded_forget_index", .sql = "DELETE FROM embedded_indexes WHERE organization_id = :org AND index_id = $1",
};

enum result embedded_forget_index(struct call *call, uuid index, int64_t *ret_removed)
{
    return db_change(call, &embedded_forget_index_query, ARGS(db_uuid(index)), ret_removed);
}

const struct query embedded_forget_space_query = {
    .name = "embedded_forget_space",
    .sql = "DELETE FROM embedded_indexes AS x WHERE x.organization_id = :org AND x.space_id = $1 AND x.index_id IN "
           "(SELECT e.index_id FROM embedded_indexes e WHERE e.organization_id = :org AND e.space_id = $1 LIMIT $2)",
};

enum result embedded_forget_space(struct call *call, uuid space, int64_t limit, int64_t *ret_removed)
{
    return db_change(call, &embedded_forget_space_query, ARGS(db_uuid(space), db_int(limit)), ret_removed);
}

/* --- the vectors -------------------------------------------------------------------------------------------------------------------- */

const struct query vector_insert_query = {
    .name = "vector_insert",
    .sql = "INSERT INTO vectors (organization_id, space_id, index_id, first_ordinal, vector_count, codes, exact) VALUES (:org, $1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
};

enum result vector_insert(struct call *call, uuid space, uuid index, int64_t first, int64_t count, text codes, text exact)
{
    return db_run(call, &vector_insert_query, ARGS(db_uuid(space), db_uuid(index), db_int(first), db_int(count), db_bytes(codes), db_bytes(exact)));
}

static const struct field vector_columns[] = {
    UUID(struct vector_row, index_id), INT(struct vector_row, first_ordinal), INT(struct vector_row, vector_count), BYTES(struct vector_row, codes), FIELDS_END,
};

#define VECTORS "SELECT index_id, first_ordinal, vector_count, codes FROM vectors WHERE organization_id = :org AND space_id = $1 "

const struct query vector_each_query = { .name = "vector_each", .sql = VECTORS "ORDER BY index_id, first_ordinal", ROWS(struct vector_row, vector_columns) };

enum result vector_each(struct call *call, uuid space, db_sink *sink, void *context)
{
    return db_each(call, &vector_each_query, ARGS(db_uuid(space)), sink, context);
}

const struct query vector_each_of_query = {
    .name = "vector_each_of", .sql = VECTORS "AND index_id = $2 ORDER BY first_ordinal", ROWS(struct vector_row, vector_columns),
};

enum result vector_each_of(struct call *call, uuid space, uuid index, db_sink *sink, void *context)
{
    return db_each(call, &vector_each_of_query, ARGS(db_uuid(space), db_uuid(index)), sink, context);
}

struct exact_row {
    text bytes;
};
static const struct field exact_columns[] = { BYTES(struct exact_row, bytes), FIELDS_END };

const struct query vector_exact_query = {
    .name = "vector_exact",
    .sql = "SELECT substr(exact, CAST(($3 - first_ordinal) * $4 * 4 + 1 AS integer), CAST($4 * 4 AS integer)) AS bytes FROM vectors WHERE organization_id = :org "
           "AND space_id = $1 AND index_id = $2 AND first_ordinal <= $3 ORDER BY first_ordinal DESC LIMIT 1",
    ROWS(struct exact_row, exact_columns),
};

enum result vector_exact(struct call *call, uuid space, uuid index, int64_t ordinal, int64_t dimensions, text *ret_bytes)
{
    struct exact_row row;

    TRY(db_one(call, &vector_exact_query, ARGS(db_uuid(space), db_uuid(index), db_int(ordinal), db_int(dimensions)), &row));
    *ret_bytes = row.bytes;
    return OK;
}

/* --- vectors in the engine ---------------------------------------------------------------------------------------------------------- */

struct presence {
    bool present;
};
static const struct field presence_columns[] = { BOOL(struct presence, present), FIELDS_END };

const struct query vector_engine_query = {
    .name = "vector_engine", .sql = "SELECT 0 AS present", .postgres = "SELECT vector_engine() AS present", ROWS(struct presence, presence_columns),
};

enum result vector_engine(struct call *call, bool *ret_present)
{
    struct presence row;

    TRY(db_one(call, &vector_engine_query, NO_ARGS, &row));
    *ret_present = row.present;
    return OK;
}

const struct query vector_engine_holds_query = {
    .name = "vector_engine_holds",
    .sql = "SELECT NOT EXISTS (SELECT 1 FROM embedded_indexes e WHERE e.organization_id = :org AND e.space_id = $1 AND e.status = 'ready' AND NOT e.in_engine) AS present",
    ROWS(struct presence, presence_columns),
};

enum result vector_engine_holds(struct call *call, uuid space, bool *ret_all)
{
    struct presence row;

    TRY(db_one(call, &vector_engine_holds_query, ARGS(db_uuid(space)), &row));
    *ret_all = row.present;
    return OK;
}

struct kept {
    int64_t kept;
};
static const struct field kept_columns[] = { INT(struct kept, kept), FIELDS_END };

/* SQLite has no such engine: nothing is kept and nothing found. */
const struct query vector_engine_keep_query = {
    .name = "vector_engine_keep",
    .sql = "SELECT count(*) AS kept FROM vectors WHERE organization_id = :org AND space_id = $1 AND index_id = $2 AND first_ordinal = $3 AND $4 IS NULL",
    .postgres = "SELECT count(*) AS kept FROM vector_engine_keep(:org, $1, $2, $3, $4)",
    ROWS(struct kept, kept_columns),
};

enum result vector_engine_keep(struct call *call, uuid space, uuid index, int64_t first, text numbers)
{
    struct kept row;

    return db_one(call, &vector_engine_keep_query, ARGS(db_uuid(space), db_uuid(index), db_int(first), db_text(numbers)), &row);
}

static const struct field engine_columns[] = {
    UUID(struct engine_nearest, index_id), INT(struct engine_nearest, ordinal), DOUBLE(struct engine_nearest, cosine), FIELDS_END,
};

const struct query vector_engine_nearest_query = {
    .name = "vector_engine_nearest",
    .sql = "SELECT index_id, first_ordinal AS ordinal, 0.0 AS cosine FROM vectors WHERE organization_id = :org AND space_id = $1 AND $2 IS NULL AND $4 IS NULL LIMIT $3",
    .postgres = "SELECT index_id, ordinal, cosine FROM vector_engine_nearest(:org, $1, $2, $3, $4)",
    ROWS(struct engine_nearest, engine_columns),
};

enum result vector_engine_nearest(struct call *call, uuid space, text question, int64_t limit, struct arg within, struct list *ret_nearest)
{
    return db_all(call, &vector_engine_nearest_query, ARGS(db_uuid(space), db_text(question), db_int(limit), within), ret_nearest);
}
