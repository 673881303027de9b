#include "features/knowledge/knowledge_api.h"

#include "blob/blob.h"
#include "extract/extract.h"
#include "features/audit/audit.h"
#include "features/knowledge/knowledge_index.h"
#include "features/knowledge/knowledge_settings.h"
#include "features/knowledge/knowledge_store.h"
#include "features/knowledge/knowledge_upload.h"

/* --- documents -------------------------------------------------------------------------------------------------------------- */

static const char *const statuses[] = { "queued", "processing", "ready", "failed", NULL };
static const char *const vector_states[] = { "none", "queued", "processing", "ready", "failed", "refused", NULL };

static const struct field document_view[] = {
    UUID(struct document_row, id), TEXT(struct document_row, title), UUID(struct document_row, collection_id, .nullable = true), TEXT(struct document_row, mime_type),
    TEXT(struct document_row, file_name, .nullable = true), TEXT(struct document_row, status, .one_of = statuses), DOUBLE(struct document_row, progress),
    TEXT(struct document_row, error, .nullable = true), INT(struct document_row, bytes), INT(struct document_row, chunk_count),
    TEXT(struct document_row, vectors, .one_of = vector_states, .doc = "`none` where no embedding model is chosen; until `ready` it is found by its words alone. `failed` is tried again, `refused` is not."),
    TEXT(struct document_row, vectors_error, .nullable = true), TIME(struct document_row, created_at), TIME(struct document_row, updated_at), FIELDS_END,
};

/* Rows know the parser's name for a type; people and browsers know the media type. */
static text media_type(text type)
{
    static const struct { const char *type, *media; } rows[] = {
        { "txt", "text/plain" }, { "md", "text/markdown" }, { "html", "text/html" }, { "json", "application/json" }, { "csv", "text/csv" },
        { "pdf", "application/pdf" }, { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (text_equal(type, text_of(rows[i].type)))
            return text_of(rows[i].media);
    return T("application/octet-stream");
}

static enum result show_row(struct request *req, int status, struct document_row row)
{
    row.mime_type = media_type(row.mime_type);
    return respond(req, status, document_view, &row);
}

static enum result show(struct request *req, int status, uuid id)
{
    struct document_row row;

    TRY(document_read(&req->call, id, &row));
    return show_row(req, status, row);
}

static enum result check_collection(struct call *call, uuid id)
{
    struct collection_row row;
    enum result found;

    if (uuid_is_none(id))
        return OK;
    found = collection_read(call, id, &row);
    return found == NOT_FOUND ? fail_field(call, "collection_id", "is not one of your collections") : found;
}

enum result knowledge_check_collections(struct call *call, const char *field, struct uuid_list collections)
{
    struct collection_row row;

    for (size_t i = 0; i < collections.len; i++) {
        enum result found = collection_read(call, collections.items[i], &row);

        if (found == NOT_FOUND)
            return fail_field(call, field, "holds what is not one of your collections");
        TRY(found);
    }
    return OK;
}

static struct document_row row_of(struct call *call, const struct upload *upload, uuid id)
{
    return (struct document_row){ .id = id, .collection_id = upload->collection_id, .title = upload->title, .file_name = upload->file_name,
                                  .mime_type = upload->type, .file_id = uuid_new(), .bytes = (int64_t)upload->bytes.len, .created_at = call->now };
}

/* In one transaction; the row comes back as it is shown, so that nothing can fail once it is stored. */
static enum result store_new(struct call *call, struct document_row *row)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(document_insert(call, row));
    TRY(index_later(call, row->id, row->file_id));
    TRY(audit_note(call, "document.uploaded", row->title));
    TRY(document_read(call, row->id, row));
    return tx_commit(&tx);
}

static enum result create(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct upload upload;
    struct document_row row;
    enum result stored;
    uuid file;

    (void)body;
    TRY(upload_read(req, &upload));
    TRY(check_collection(call, upload.collection_id));
    row = row_of(call, &upload, uuid_new());
    file = row.file_id;
    TRY(blob_write(call, file, upload.bytes));
    stored = AGAIN(call, store_new(call, &row));
    if (stored != OK)
        blob_delete(call, file);
    TRY(stored);
    return show_row(req, 202, row);
}

static enum result store_instead(struct call *call, struct document_row *row, uuid *ret_former_file)
{
    struct document_row before;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(document_read(call, row->id, &before));
    TRY(document_replace(call, row));
    TRY(index_later(call, row->id, row->file_id));
    TRY(audit_note(call, "document.replaced", row->title));
    TRY(document_read(call, row->id, row));
    TRY(tx_commit(&tx));
    *ret_former_file = before.file_id;
    return OK;
}

static enum result replace(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct document_row row;
    struct upload upload;
    enum result stored;
    uuid file, former;

    (void)body;
    TRY(document_read(call, req->ids[0], &row));
    TRY(upload_read(req, &upload));
    row = row_of(call, &upload, row.id);
    file = row.file_id;
    TRY(blob_write(call, file, upload.bytes));
    stored = AGAIN(call, store_instead(call, &row, &former));
    blob_delete(call, stored == OK ? former : file);
    TRY(stored);
    return show_row(req, 202, row);
}

struct document_query {
    int64_t page, page_size;
    uuid collection_id;
    text status;
};

static const struct field document_query_fields[] = {
    INT(struct document_query, page, .min = 1, .max = 1000000), INT(struct document_query, page_size, .min = 1, .max = 100),
    UUID(struct document_query, collection_id), TEXT(struct document_query, status, .one_of = statuses), FIELDS_END,
};

static enum result list(struct request *req, const void *body)
{
    const struct document_query *query = req->query;
    const struct page_query page = { query->page, query->page_size };
    const struct document_filter filter = { query->collection_id, query->status };
    struct list rows;
    int64_t total;

    (void)body;
    TRY(document_list(&req->call, &filter, page_of(&page), page_size_of(&page), &rows, &total));
    for (size_t i = 0; i < rows.len; i++)
        ((struct document_row *)rows.items)[i].mime_type = media_type(((struct document_row *)rows.items)[i].mime_type);
    return respond_page(req, document_view, rows, sizeof(struct document_row), page_of(&page), page_size_of(&page), total);
}

static enum result read_one(struct request *req, const void *body)
{
    (void)body;
    return show(req, 200, req->ids[0]);
}

struct document_body {
    text title;
    uuid collection_id;
    bool has_collection;
};

static const struct field document_change_fields[] = {
    TEXT(struct document_body, title, .min = 1, .max = 300),
    UUID(struct document_body, collection_id, .given = offsetof(struct document_body, has_collection)), FIELDS_END,
};

static enum result change(struct request *req, const void *in)
{
    const struct document_body *body = in;
    struct call *call = &req->call;
    struct document_row row;

    TRY(document_read(call, req->ids[0], &row));
    TRY(check_collection(call, body->collection_id));
    TRY(document_change(call, req->ids[0], body->title, body->collection_id, body->has_collection));
    return show(req, 200, req->ids[0]);
}

static enum result delete_one(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct document_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(document_read(call, req->ids[0], &row));
    TRY(document_hide(call, req->ids[0]));
    TRY(purge_later(call, req->ids[0]));
    TRY(audit_note(call, "document.deleted", row.title));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- its parts --------------------------------------------------------------------------------------------------------------- */

static const struct field chunk_view[] = {
    UUID(struct chunk_row, id), INT(struct chunk_row, ordinal), TEXT(struct chunk_row, heading, .nullable = true), TEXT(struct chunk_row, text), INT(struct chunk_row, start),
    INT(struct chunk_row, end), FIELDS_END,
};

struct chunk_query {
    text cursor;
    int64_t limit;
    uuid around;
};

static const struct field chunk_query_fields[] = {
    TEXT(struct chunk_query, cursor, .max = 100, .doc = "next_cursor of the page before"),
    INT(struct chunk_query, limit, .min = 1, .max = 200, .doc = "50 where absent"),
    UUID(struct chunk_query, around, .doc = "A passage's id: it comes with at most half of `limit` before and behind it."), FIELDS_END,
};

/* The cursor is the next chunk's number. */
static enum result list_chunks(struct request *req, const void *body)
{
    const struct chunk_query *query = req->query;
    struct call *call = &req->call;
    struct document_row row;
    struct list rows;
    int64_t from = 0, limit = query->limit ? query->limit : 50, middle;
    text next = TEXT_NONE;

    (void)body;
    TRY(document_read(call, req->ids[0], &row));
    if (query->cursor.len && (!text_int(query->cursor, &from) || from < 0))
        return fail_field(call, "cursor", "is not one that was given out");
    if (!uuid_is_none(query->around)) {
        if (query->cursor.len)
            return fail_field(call, "around", "does not go with `cursor`");
        TRY(chunk_ordinal(call, req->ids[0], query->around, &middle));
        from = middle > limit / 2 ? middle - limit / 2 : 0;
        limit = middle - from + 1 + limit / 2;
    }
    TRY(chunk_list(call, req->ids[0], from, limit, &rows));
    if ((int64_t)rows.len == limit)
        next = text_format(&call->arena, "%lld", (long long)((struct chunk_row *)rows.items)[rows.len - 1].ordinal + 1);
    return respond_cursor(req, chunk_view, rows, sizeof(struct chunk_row), next);
}

/* Never shown by a browser as a page of ours: an uploaded HTML file would run with our origin. */
static enum result download(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct document_row row;
    text bytes, name;

    (void)body;
    TRY(document_read(call, req->ids[0], &row));
    TRY(blob_read(call, row.file_id, &bytes));
    name = row.file_name.len ? row.file_name : text_format(&call->arena, "%.*s.txt", TEXT_ARG(row.title));
    respond_header(req, "Content-Disposition", text_format(&call->arena, "attachment; filename*=UTF-8''%.*s", TEXT_ARG(percent_encode(&call->arena, name))));
    respond_header(req, "Content-Security-Policy", T("default-src 'none'; sandbox"));
    return respond_bytes(req, 200, media_type(row.mime_type), bytes);
}

/* --- search ------------------------------------------------------------------------------------------------------------------- */

struct search_query {
    text q;
    int64_t limit;
    struct uuid_list collection_id;
};

static const struct field search_query_fields[] = {
    TEXT(struct search_query, q, .required = true, .min = 1, .max = 1000), INT(struct search_query, limit, .min = 1, .max = 100),
    UUIDS(struct search_query, collection_id, .max = 50), FIELDS_END,
};

static const struct field passage_view[] = {
    UUID(struct passage, document_id), UUID(struct passage, chunk_id), TEXT(struct passage, title), TEXT(struct passage, heading, .nullable = true), TEXT(struct passage, text),
    DOUBLE(struct passage, score, .doc = "By words alone BM25's. With an embedding model of the ranks by words and by vectors: 1 for the first in both, half of it for the first in one."),
    INT(struct passage, start), INT(struct passage, end), FIELDS_END,
};

static enum result search(struct request *req, const void *body)
{
    const struct search_query *query = req->query;
    struct list passages;

    (void)body;
    TRY(knowledge_search(&req->call, query->q, query->collection_id, query->limit ? query->limit : 10, &passages));
    return respond_list(req, passage_view, passages, sizeof(struct passage));
}

/* --- collections --------------------------------------------------------------------------------------------------------------- */

struct collection_body {
    text name, description;
};

static enum result collection_taken(struct call *call, enum result result)
{
    if (result == CONFLICT)
        fail_field(call, "name", "is taken by another collection");
    return result;
}

static enum result show_collection(struct request *req, int status, uuid id)
{
    struct collection_row row;

    TRY(collection_read(&req->call, id, &row));
    return respond(req, status, collection_columns, &row);
}

static const struct field collection_create_fields[] = {
    TEXT(struct collection_body, name, .required = true, .min = 1, .max = 100), TEXT(struct collection_body, description, .max = 1000), FIELDS_END,
};

static enum result create_collection(struct request *req, const void *in)
{
    const struct collection_body *body = in;
    struct collection_row row = { .id = uuid_new(), .name = body->name, .description = body->description.ptr ? body->description : T(""),
                                  .created_at = req->call.now };

    TRY(collection_taken(&req->call, collection_insert(&req->call, &row)));
    return respond(req, 201, collection_columns, &row);
}

static enum result list_collections(struct request *req, const void *body)
{
    const struct page_query *query = req->query;
    struct list rows;
    int64_t total;

    (void)body;
    TRY(collection_list(&req->call, page_of(query), page_size_of(query), &rows, &total));
    return respond_page(req, collection_columns, rows, sizeof(struct collection_row), page_of(query), page_size_of(query), total);
}

static enum result read_collection(struct request *req, const void *body)
{
    (void)body;
    return show_collection(req, 200, req->ids[0]);
}

static const struct field collection_change_fields[] = {
    TEXT(struct collection_body, name, .min = 1, .max = 100), TEXT(struct collection_body, description, .max = 1000), FIELDS_END,
};

static enum result change_collection(struct request *req, const void *in)
{
    const struct collection_body *body = in;

    TRY(collection_taken(&req->call, collection_update(&req->call, req->ids[0], body->name, body->description)));
    return show_collection(req, 200, req->ids[0]);
}

static enum result delete_collection(struct request *req, const void *body)
{
    (void)body;
    TRY(collection_delete(&req->call, req->ids[0]));
    return respond_empty(req);
}

#define READS .access = ACCESS_MEMBER, .permission = KNOWLEDGE_READ
#define WRITES .access = ACCESS_MEMBER, .permission = KNOWLEDGE_WRITE

const struct route knowledge_routes[] = {
    { POST, "/api/knowledge/documents", create, WRITES, .body = UPLOAD, .view = document_view, .status = 202,
      .doc = "Upload a document: multipart with `file`, or JSON with `title` and `text`. It is processed in the background." },
    { GET, "/api/knowledge/documents", list, READS, .query = QUERY(struct document_query, document_query_fields), .view = document_view, .answer = ANSWER_PAGE,
      .light = true, .doc = "Documents, newest first." },
    { GET, "/api/knowledge/documents/:id", read_one, READS, .view = document_view, .light = true, .doc = "One document with its state." },
    { PUT, "/api/knowledge/documents/:id", replace, WRITES, .body = UPLOAD, .view = document_view, .status = 202,
      .doc = "Replace its content; the former stays searchable until the new one is ready." },
    { PATCH, "/api/knowledge/documents/:id", change, WRITES, .body = BODY(struct document_body, document_change_fields), .view = document_view,
      .doc = "Rename it or move it to a collection." },
    { DELETE, "/api/knowledge/documents/:id", delete_one, WRITES, .answer = ANSWER_EMPTY, .doc = "Delete it and all that was made of it." },
    { GET, "/api/knowledge/documents/:id/chunks", list_chunks, READS, .query = QUERY(struct chunk_query, chunk_query_fields), .view = chunk_view,
      .answer = ANSWER_CURSOR, .doc = "Its text by passages, in order; `around` begins near one of them." },
    { GET, "/api/knowledge/documents/:id/file", download, READS, .answer = ANSWER_OTHER, .doc = "The original." },
    { GET, "/api/knowledge/search", search, READS, .query = QUERY(struct search_query, search_query_fields), .view = passage_view, .answer = ANSWER_LIST,
      .doc = "The passages that fit a query best: by their words (BM25) and, with an embedding model, by their vectors, fused by reciprocal rank." },
    { POST, "/api/knowledge/collections", create_collection, WRITES, .body = BODY(struct collection_body, collection_create_fields), .view = collection_columns,
      .status = 201, .light = true, .doc = "Make a collection of documents." },
    { GET, "/api/knowledge/collections", list_collections, READS, .query = QUERY(struct page_query, page_query_fields), .view = collection_columns,
      .answer = ANSWER_PAGE, .light = true, .doc = "Collections, newest first." },
    { GET, "/api/knowledge/collections/:id", read_collection, READS, .view = collection_columns, .light = true, .doc = "One collection." },
    { PATCH, "/api/knowledge/collections/:id", change_collection, WRITES, .body = BODY(struct collection_body, collection_change_fields),
      .view = collection_columns, .light = true, .doc = "Rename it or change its description." },
    { GET, "/api/knowledge/settings", settings_read, READS, .view = settings_view, .light = true, .doc = "Which embedding model the organization has, and how far its vectors are." },
    { PATCH, "/api/knowledge/settings", settings_change, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .body = BODY(struct settings_body, settings_fields),
      .view = settings_view, .doc = "Choose the embedding model. All documents get vectors by it in the background; until then the former one's are searched." },
    { DELETE, "/api/knowledge/collections/:id", delete_collection, WRITES, .answer = ANSWER_EMPTY, .doc = "Delete it; its documents stay." },
    { 0 },
};
