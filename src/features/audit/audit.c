#include "features/audit/audit.h"

#include "features/audit/audit_store.h"
#include "http/http.h"

enum result audit_note(struct call *call, const char *action, text target)
{
    return audit_insert(call, text_of(action), target);
}

static enum result list(struct request *req, const void *body)
{
    const struct cursor_query *query = req->query;
    struct list rows;
    text next = TEXT_NONE;
    uuid before;

    (void)body;
    TRY(cursor_read(&req->call, query->cursor, &before));
    TRY(audit_list(&req->call, before, limit_of(query), &rows));
    if ((int64_t)rows.len == limit_of(query))
        next = uuid_text(&req->call.arena, ((struct audit_row *)rows.items)[rows.len - 1].id);
    return respond_cursor(req, audit_columns, rows, sizeof(struct audit_row), next);
}

static const struct route audit_routes[] = {
    { GET, "/api/audit", list, .access = ACCESS_MEMBER, .permission = AUDIT_READ, .query = QUERY(struct cursor_query, cursor_query_fields), .view = audit_columns,
      .answer = ANSWER_CURSOR, .late = true, .doc = "What was done in the organization, newest first." },
    { 0 },
};

const struct module audit_module = { .name = "audit", .doc = "Who did what.", .routes = audit_routes, .queries = audit_queries };
