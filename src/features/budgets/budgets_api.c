#include "features/budgets/budgets_api.h"

#include "bus/bus.h"
#include "features/audit/audit.h"
#include "features/budgets/budgets_periods.h"
#include "features/budgets/budgets_store.h"
#include "features/usage/usage.h"

/* --- views --------------------------------------------------------------------------------------------------------------- */

struct budget_view {
    uuid id;
    text scope;
    uuid scope_id;
    text period;
    int64_t limit_micros, spent_micros, period_starts_at, period_ends_at, created_at;
};

static const struct field budget_view[] = {
    UUID(struct budget_view, id), TEXT(struct budget_view, scope, .one_of = budget_scopes), UUID(struct budget_view, scope_id, .nullable = true),
    TEXT(struct budget_view, period, .one_of = budget_periods), INT(struct budget_view, limit_micros),
    INT(struct budget_view, spent_micros, .doc = "By the ledger, in the running period."),
    TIME(struct budget_view, period_starts_at, .nullable = true), TIME(struct budget_view, period_ends_at, .nullable = true, .doc = "None of a total."),
    TIME(struct budget_view, created_at), FIELDS_END,
};

static enum result view_of(struct call *call, const struct budget_row *row, struct budget_view *ret_view)
{
    enum budget_period period = budget_period_of(row->period);
    enum budget_scope scope = budget_scope_of(row->scope);
    struct span span = budget_span(period, call->now);
    int64_t spent;

    TRY(usage_spent(call, span.from, span.to, scope == SCOPE_KEY ? row->scope_id : UUID_NONE, scope == SCOPE_USER ? row->scope_id : UUID_NONE, &spent));
    *ret_view = (struct budget_view){ row->id, row->scope, row->scope_id, row->period, row->limit_micros, spent, span.from, period == PERIOD_TOTAL ? 0 : span.to,
                                      row->created_at };
    return OK;
}

static enum result show(struct request *req, int status, uuid id)
{
    struct budget_row row;
    struct budget_view view;

    TRY(budget_read(&req->call, id, &row));
    TRY(view_of(&req->call, &row, &view));
    return respond(req, status, budget_view, &view);
}

static enum result list(struct request *req, const void *body)
{
    const struct page_query *query = req->query;
    struct budget_view *views;
    struct list rows;
    int64_t total;

    (void)body;
    TRY(budget_list(&req->call, page_of(query), page_size_of(query), &rows, &total));
    views = arena_array(&req->call.arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        TRY(view_of(&req->call, (const struct budget_row *)rows.items + i, &views[i]));
    return respond_page(req, budget_view, (struct list){ views, rows.len }, sizeof *views, page_of(query), page_size_of(query), total);
}

static enum result read_one(struct request *req, const void *body)
{
    (void)body;
    return show(req, 200, req->ids[0]);
}

/* --- changes ------------------------------------------------------------------------------------------------------------- */

const struct event budget_changed = { "budget.changed", "An organization's budgets are not what they were; payload: nothing." };

struct news {
    const struct services *on;
    uuid organization;
};

static void tell(void *context)
{
    struct news *news = context;

    bus_emit(news->on->bus, &budget_changed, news->organization, T(""));
}

static void tell_on_commit(struct call *call)
{
    struct news *news = arena_new(&call->arena, struct news);

    *news = (struct news){ call->on, call->organization };
    tx_on_commit(call, tell, news);
}

static enum result note(struct call *call, const char *action, const struct budget_row *row, int64_t limit)
{
    text target = text_format(&call->arena, "%.*s%s%.*s %.*s", TEXT_ARG(row->scope), uuid_is_none(row->scope_id) ? "" : " ",
                              TEXT_ARG(uuid_is_none(row->scope_id) ? T("") : uuid_text(&call->arena, row->scope_id)), TEXT_ARG(row->period));
    text detail = limit == row->limit_micros ? text_format(&call->arena, "{\"limit_micros\":%lld}", (long long)limit)
                                             : text_format(&call->arena, "{\"from\":%lld,\"to\":%lld}", (long long)row->limit_micros, (long long)limit);

    tell_on_commit(call);
    return audit_note_detail(call, action, target, detail);
}

struct budget_body {
    text scope;
    uuid scope_id;
    text period;
    int64_t limit_micros;
};

static const struct field budget_create_fields[] = {
    TEXT(struct budget_body, scope, .required = true, .one_of = budget_scopes),
    UUID(struct budget_body, scope_id, .doc = "The key's or the member's; none of the organization."),
    TEXT(struct budget_body, period, .required = true, .one_of = budget_periods, .doc = "By UTC."),
    INT(struct budget_body, limit_micros, .required = true, .min = 1, .max = BUDGET_MOST), FIELDS_END,
};

static const struct field budget_change_fields[] = {
    INT(struct budget_body, limit_micros, .min = 1, .max = BUDGET_MOST, .doc = "Counts from the next call on, also against what was spent before."),
    FIELDS_END,
};

/* Another organization's key is not told from one that never was. */
static enum result check_holder(struct call *call, enum budget_scope scope, uuid id)
{
    struct budget_holder holder;
    enum result found;

    if (scope == SCOPE_ORGANIZATION)
        return uuid_is_none(id) ? OK : fail_field(call, "scope_id", "must be left out: the organization is the one you act for");
    if (uuid_is_none(id))
        return fail_field(call, "scope_id", "is required");
    found = scope == SCOPE_KEY ? budget_key_holder(call, id, &holder) : budget_user_holder(call, id, &holder);
    if (found == NOT_FOUND)
        return fail_field(call, "scope_id", scope == SCOPE_KEY ? "is no API key of this organization" : "is no member of this organization");
    return found;
}

static enum result create(struct request *req, const void *in)
{
    const struct budget_body *body = in;
    struct call *call = &req->call;
    struct budget_row row = { .id = uuid_new(), .scope = body->scope, .scope_id = body->scope_id, .period = body->period, .limit_micros = body->limit_micros,
                              .created_at = call->now };
    enum result inserted;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(check_holder(call, budget_scope_of(body->scope), body->scope_id));
    inserted = budget_insert(call, &row);
    if (inserted == CONFLICT)
        return fail(call, CONFLICT, "There is such a budget already. Change its limit.");
    TRY(inserted);
    TRY(note(call, "budget.created", &row, row.limit_micros));
    TRY(tx_commit(&tx));
    return show(req, 201, row.id);
}

static enum result change(struct request *req, const void *in)
{
    const struct budget_body *body = in;
    struct call *call = &req->call;
    struct budget_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(budget_read(call, req->ids[0], &row));
    if (body->limit_micros) {
        TRY(budget_update(call, row.id, body->limit_micros));
        TRY(note(call, "budget.changed", &row, body->limit_micros));
    }
    TRY(tx_commit(&tx));
    return show(req, 200, row.id);
}

static enum result delete_one(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct budget_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(budget_read(call, req->ids[0], &row));
    TRY(budget_delete(call, row.id));
    TRY(note(call, "budget.deleted", &row, row.limit_micros));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

const struct route budgets_routes[] = {
    { POST, "/api/budgets", create, .access = ACCESS_MEMBER, .permission = BUDGETS_MANAGE, .body = BODY(struct budget_body, budget_create_fields), .view = budget_view,
      .status = 201, .doc = "Bound what the organization, a key or a member may spend in a period." },
    { GET, "/api/budgets", list, .access = ACCESS_MEMBER, .permission = USAGE_READ, .query = QUERY(struct page_query, page_query_fields), .view = budget_view,
      .answer = ANSWER_PAGE, .doc = "The organization's budgets and what of them is spent, newest first." },
    { GET, "/api/budgets/:id", read_one, .access = ACCESS_MEMBER, .permission = USAGE_READ, .view = budget_view, .doc = "One budget." },
    { PATCH, "/api/budgets/:id", change, .access = ACCESS_MEMBER, .permission = BUDGETS_MANAGE, .body = BODY(struct budget_body, budget_change_fields), .view = budget_view,
      .doc = "Change a budget's limit." },
    { DELETE, "/api/budgets/:id", delete_one, .access = ACCESS_MEMBER, .permission = BUDGETS_MANAGE, .answer = ANSWER_EMPTY, .doc = "Take a budget away." },
    { 0 },
};
