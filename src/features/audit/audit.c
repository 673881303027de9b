#include "features/audit/audit.h"

#include "features/audit/audit_store.h"
#include "http/http.h"

enum { EXPORT_MOST = 10000 };

enum result audit_note_detail(struct call *call, const char *action, text target, text detail)
{
    return audit_insert(call, text_of(action), target, detail);
}

enum result audit_note(struct call *call, const char *action, text target)
{
    return audit_note_detail(call, action, target, TEXT_NONE);
}

/* --- what is asked for --------------------------------------------------------------------------------------------------- */

struct audit_query {
    text cursor;
    int64_t limit;
    text action, q;
    uuid actor_id;
    int64_t from, to;
};

#define FILTER_FIELDS                                                                                                       \
    TEXT(struct audit_query, action, .max = 100, .doc = "Exactly this action."),                                            \
    TEXT(struct audit_query, q, .max = 200, .doc = "Part of a target or an action."), UUID(struct audit_query, actor_id),   \
    TIME(struct audit_query, from, .doc = "From this time on."), TIME(struct audit_query, to, .doc = "Before this time.")

static const struct field list_fields[] = { TEXT(struct audit_query, cursor, .max = 100), INT(struct audit_query, limit, .min = 1, .max = 200), FILTER_FIELDS, FIELDS_END };
static const struct field export_fields[] = { FILTER_FIELDS, FIELDS_END };

static struct audit_filter filter_of(struct call *call, const struct audit_query *query)
{
    return (struct audit_filter){ .action = query->action.len ? query->action : TEXT_NONE, .actor_id = query->actor_id, .from = query->from, .to = query->to,
                                  .pattern = query->q.len ? text_pattern(&call->arena, query->q) : TEXT_NONE };
}

static enum result list(struct request *req, const void *body)
{
    const struct audit_query *query = req->query;
    const struct audit_filter filter = filter_of(&req->call, query);
    const struct cursor_query pages = { query->cursor, query->limit };
    struct list rows;
    text next = TEXT_NONE;
    uuid before;

    (void)body;
    TRY(cursor_read(&req->call, query->cursor, &before));
    TRY(audit_list(&req->call, &filter, before, limit_of(&pages), &rows));
    if ((int64_t)rows.len == limit_of(&pages))
        next = uuid_text(&req->call.arena, ((struct audit_row *)rows.items)[rows.len - 1].id);
    return respond_cursor(req, audit_columns, rows, sizeof(struct audit_row), next);
}

/* --- as a table (RFC 4180) ----------------------------------------------------------------------------------------------- */

/* A cell that begins as a formula does is one to a spreadsheet program: whoever names a thing `=…` must not run it on the
   auditor's desk. An apostrophe before it makes it text. */
static bool is_formula(text value)
{
    return value.len && memchr("=+-@\t\r\n", value.ptr[0], 7) != NULL;
}

static void write_cell(struct buffer *out, text value, char end)
{
    buffer_char(out, '"');
    if (is_formula(value))
        buffer_char(out, '\'');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"')
            buffer_char(out, '"');
        buffer_char(out, value.ptr[i]);
    }
    buffer_char(out, '"');
    if (end == '\n')
        buffer_char(out, '\r');
    buffer_char(out, end);
}

static void write_row(struct call *call, struct buffer *out, const struct audit_row *row)
{
    char stamp[CLOCK_TEXT];

    write_cell(out, clock_format(row->created_at, stamp), ',');
    write_cell(out, row->action, ',');
    write_cell(out, row->target, ',');
    write_cell(out, row->actor_name, ',');
    write_cell(out, uuid_is_none(row->actor_id) ? T("") : uuid_text(&call->arena, row->actor_id), ',');
    write_cell(out, uuid_is_none(row->key_id) ? T("") : uuid_text(&call->arena, row->key_id), ',');
    write_cell(out, row->ip_address, ',');
    write_cell(out, row->detail, ',');
    write_cell(out, row->impersonator_name, ',');
    write_cell(out, uuid_is_none(row->impersonator_id) ? T("") : uuid_text(&call->arena, row->impersonator_id), '\n');
}

static enum result export(struct request *req, const void *body)
{
    const struct audit_filter filter = filter_of(&req->call, req->query);
    SCOPED(buffer) struct buffer out = { 0 };
    struct list rows;

    (void)body;
    TRY(audit_list(&req->call, &filter, UUID_NONE, EXPORT_MOST, &rows));
    buffer_text(&out, T("time,action,target,actor,actor_id,key_id,ip_address,detail,impersonator,impersonator_id\r\n"));
    for (size_t i = 0; i < rows.len; i++)
        write_row(&req->call, &out, (const struct audit_row *)rows.items + i);
    respond_header(req, "Content-Disposition", T("attachment; filename=\"audit.csv\""));
    return respond_bytes(req, 200, T("text/csv; charset=utf-8"), buffer_view(&out));
}

static const struct route audit_routes[] = {
    { GET, "/api/audit", list, .access = ACCESS_MEMBER, .permission = AUDIT_READ, .query = QUERY(struct audit_query, list_fields), .view = audit_columns,
      .answer = ANSWER_CURSOR, .late = true, .light = true, .doc = "What was done in the organization, newest first." },
    { GET, "/api/audit/export", export, .access = ACCESS_MEMBER, .permission = AUDIT_READ, .query = QUERY(struct audit_query, export_fields), .answer = ANSWER_OTHER, .late = true,
      .doc = "The same as CSV, the newest 10,000 rows." },
    { 0 },
};

const struct module audit_module = { .name = "audit", .doc = "Who did what.", .routes = audit_routes, .exports = audit_exports, .queries = audit_queries };
