#include "features/usage/usage_api.h"

#include "features/usage/usage_store.h"

static const char *const group_names[] = { "day", "model", "provider", "key", "user", "feature", NULL };

struct sums_query {
    int64_t from, to;
    text group_by;
};

static const struct field sums_query_fields[] = {
    TIME(struct sums_query, from, .doc = "30 days ago where absent"),
    TIME(struct sums_query, to, .doc = "now where absent; a day alone counts to its end"),
    TEXT(struct sums_query, group_by, .one_of = group_names, .doc = "day where absent"),
    FIELDS_END,
};

static const struct field sum_view[] = {
    TEXT(struct usage_sum, group, .nullable = true), TEXT(struct usage_sum, label), INT(struct usage_sum, requests), INT(struct usage_sum, input_tokens),
    INT(struct usage_sum, output_tokens), INT(struct usage_sum, cost_micros), INT(struct usage_sum, baseline_micros), INT(struct usage_sum, saved_micros),
    INT(struct usage_sum, errors), FIELDS_END,
};

static text day_of(struct arena *arena, int64_t time)
{
    char spelled[CLOCK_TEXT];

    return text_copy(arena, text_slice(clock_format(time, spelled), 0, 10));
}

/* Days without a call stand in the list too, so that a chart has no holes. */
static struct list with_every_day(struct call *call, struct list sums, int64_t from, int64_t to)
{
    int64_t first = from / DAY, last = (to - 1) / DAY;
    struct usage_sum *days = arena_array(&call->arena, (size_t)(last - first + 1), sizeof *days);
    size_t next = 0;

    for (int64_t day = first; day <= last; day++) {
        struct usage_sum *to_fill = &days[day - first];
        text name = day_of(&call->arena, day * DAY);

        *to_fill = (struct usage_sum){ .group = name, .label = name };
        if (next < sums.len && text_equal(((struct usage_sum *)sums.items)[next].group, name))
            *to_fill = ((struct usage_sum *)sums.items)[next++];
    }
    return (struct list){ days, (size_t)(last - first + 1) };
}

/* Identifiers come from the store as 32 digits. */
static void spell_identifiers(struct call *call, struct list sums)
{
    for (size_t i = 0; i < sums.len; i++) {
        struct usage_sum *sum = (struct usage_sum *)sums.items + i;
        uuid id;

        sum->group = hex_decode(sum->group, id.bytes, 16) ? uuid_text(&call->arena, id) : TEXT_NONE;
    }
}

static enum result sums(struct request *req, const void *body)
{
    const struct sums_query *query = req->query;
    struct call *call = &req->call;
    int64_t from = query->from ? query->from : call->now / DAY * DAY - 29 * DAY, to = query->to ? query->to : call->now + 1;
    enum usage_group group = BY_DAY;
    struct list rows;

    (void)body;
    if (query->to && query->to % DAY == 0)
        to += DAY;
    if (to <= from || to - from > 400 * DAY)
        return fail_field(call, "from", "must lie before `to`, by at most 400 days");
    for (size_t i = 0; group_names[i]; i++)
        if (text_equal(query->group_by, text_of(group_names[i])))
            group = (enum usage_group)i;
    TRY(usage_settle(call));
    TRY(usage_sums(call, group, from, to, &rows));
    if (group == BY_DAY)
        rows = with_every_day(call, rows, from, to);
    if (group == BY_KEY || group == BY_USER)
        spell_identifiers(call, rows);
    return respond_list(req, sum_view, rows, sizeof(struct usage_sum));
}

static enum result events(struct request *req, const void *body)
{
    const struct cursor_query *query = req->query;
    struct call *call = &req->call;
    struct list rows;
    text next = TEXT_NONE;
    uuid before;

    (void)body;
    TRY(cursor_read(call, query->cursor, &before));
    TRY(usage_settle(call));
    TRY(usage_list(call, before, limit_of(query), &rows));
    if ((int64_t)rows.len == limit_of(query))
        next = uuid_text(&call->arena, ((struct usage_row *)rows.items)[rows.len - 1].id);
    return respond_cursor(req, usage_columns, rows, sizeof(struct usage_row), next);
}

static enum result read_event(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct usage_row row;

    (void)body;
    TRY(usage_settle(call));
    TRY(usage_read(call, req->ids[0], &row));
    return respond(req, 200, usage_columns, &row);
}

const struct route usage_routes[] = {
    { GET, "/api/usage", sums, .access = ACCESS_MEMBER, .permission = USAGE_READ, .query = QUERY(struct sums_query, sums_query_fields), .view = sum_view,
      .answer = ANSWER_LIST, .late = true, .doc = "Sums of a period by day, model, provider, key, user or feature." },
    { GET, "/api/usage/events", events, .access = ACCESS_MEMBER, .permission = USAGE_READ, .query = QUERY(struct cursor_query, cursor_query_fields),
      .view = usage_columns, .answer = ANSWER_CURSOR, .late = true, .doc = "The calls themselves, newest first." },
    { GET, "/api/usage/events/:id", read_event, .access = ACCESS_MEMBER, .permission = USAGE_READ, .view = usage_columns, .doc = "One call." },
    { 0 },
};
