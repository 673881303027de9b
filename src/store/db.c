#include "store/db.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/fiber.h"
#include "core/config.h"
#include "core/log.h"
#include "store/driver.h"

struct tx_after {
    struct tx_after *next;
    void (*run)(void *context);
    void *context;
};

/* --- opening --------------------------------------------------------------------------------------------------------------- */

static enum result open_place(struct call *call, const struct db_place *place, struct db **ret_db)
{
    const struct driver *driver = text_starts(place->url, T("postgres")) ? &postgres_driver : &sqlite_driver;

    TRY(driver->open(call, place, ret_db));
    (*ret_db)->driver = driver;
    return OK;
}

enum result db_open_url(struct call *call, text url, struct db **ret_db)
{
    return open_place(call, &(struct db_place){ .url = url, .ssl_mode = config.database_ssl, .connections = (int)config.database_pool_size }, ret_db);
}

enum result db_open(struct call *call, struct db **ret_db)
{
    struct db_place place = { .url = config.database_url, .replica_url = config.database_replica_url, .ssl_mode = config.database_ssl, .connections = (int)config.database_pool_size };

    return open_place(call, &place, ret_db);
}

enum result db_open_owner(struct call *call, struct db **ret_db)
{
    struct db_place place = { .url = config.database_owner_url, .serving_url = config.database_url, .ssl_mode = config.database_ssl, .connections = 2 };

    if (!text_starts(config.database_url, T("postgres")))
        return db_open(call, ret_db);
    if (!place.url.len)
        return fail(call, VALIDATION_ERROR, "DATABASE_OWNER_URL must name the role that owns the tables: DATABASE_URL's serves and owns nothing.");
    return open_place(call, &place, ret_db);
}

void db_close(struct db *db)
{
    if (db)
        db->driver->close(db);
}

const char *db_engine(const struct db *db)
{
    return db->driver->name;
}

bool db_is_shared(const struct db *db)
{
    return db->driver->shared;
}

enum result db_inspect(struct call *call, struct buffer *faults)
{
    struct db *db = call->on->db;

    return db->driver->inspect ? db->driver->inspect(db, call, faults) : OK;
}

enum result db_describe(struct call *call, struct buffer *out)
{
    struct db *db = call->on->db;

    return db->driver->describe ? db->driver->describe(db, call, out) : OK;
}

enum result db_try_wall(struct call *call, uuid organization, struct buffer *report, size_t *tables, size_t *crossed)
{
    struct db *db = call->on->db;

    return db->driver->try_wall ? db->driver->try_wall(db, call, organization, report, tables, crossed) : OK;
}

bool db_check(struct db *db, const struct query *query, char fault[static 512])
{
    return db->driver->check(db, query, fault);
}

/* --- faults for tests ----------------------------------------------------------------------------------------------------- */

static _Atomic int until_failure; /* 0: none is wanted */

void db_fail_after(int count)
{
    atomic_store(&until_failure, count);
}

bool db_has_failed(void)
{
    return atomic_load(&until_failure) == 0;
}

static bool must_fail(const struct call *call)
{
    int left = atomic_load_explicit(&until_failure, memory_order_relaxed);

    while (left > 0 && call->user_agent.ptr) /* which requests alone have, even when it is empty */
        if (atomic_compare_exchange_weak(&until_failure, &left, left - 1))
            return left == 1;
    return false;
}

/* What is asked of any statement before the engine sees it. */
static enum result allowed(struct call *call, const struct query *query)
{
    if (call->tx && call->tx->fault != OK)
        return call->tx->fault;
    if (query->system && !call->system) {
        LOG(ERROR, call, "system query outside a system scope", LZ("query", query->name));
        return INTERNAL;
    }
    return must_fail(call) ? UNAVAILABLE : OK;
}

static enum result run(struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed)
{
    struct db *db = call->on->db;

    TRY(allowed(call, query));
    return db->driver->run(db, call, query, args, rows, ret_changed);
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

static enum result take_first(void *context, const void *row)
{
    (void)row;
    *(bool *)context = true;
    return CONFLICT; /* any result but OK ends the walk; db_one knows this one */
}

enum result db_one(struct call *call, const struct query *query, struct args args, void *ret_row)
{
    bool found = false;
    void *row = arena_alloc(&call->arena, query->row_size);
    enum result result = run(call, query, args, &(struct rows){ row, take_first, &found, false }, NULL);

    if (!found)
        return result == OK ? NOT_FOUND : result;
    memcpy(ret_row, row, query->row_size);
    return OK;
}

struct gathering {
    struct call *call;
    size_t size, cap;
    struct list rows;
};

static enum result gather(void *context, const void *row)
{
    struct gathering *g = context;

    if (g->rows.len == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 16;
        void *grown = arena_array(&g->call->arena, cap, g->size);

        if (g->rows.len)
            memcpy(grown, g->rows.items, g->rows.len * g->size);
        g->rows.items = grown;
        g->cap = cap;
    }
    memcpy((char *)g->rows.items + g->rows.len++ * g->size, row, g->size);
    return OK;
}

enum result db_all(struct call *call, const struct query *query, struct args args, struct list *ret_rows)
{
    struct gathering gathering = { .call = call, .size = query->row_size };

    TRY(run(call, query, args, &(struct rows){ arena_alloc(&call->arena, query->row_size), gather, &gathering, false }, NULL));
    *ret_rows = gathering.rows;
    return OK;
}

enum result db_each(struct call *call, const struct query *query, struct args args, db_sink *sink, void *context)
{
    return run(call, query, args, &(struct rows){ arena_alloc(&call->arena, query->row_size), sink, context, true }, NULL);
}

int64_t db_now(struct call *call)
{
    static const struct field columns[] = { { .name = "now", .type = FIELD_TIME }, FIELDS_END };
    static const struct query now = { .name = "clock", .sql = "SELECT clock_timestamp() AS now", .row = columns, .row_size = sizeof(int64_t) };
    struct db *db = call->on->db;
    int64_t before = clock_ticks(), there, after;

    if (!db->driver->shared)
        return clock_now();
    if ((!db->ahead_at || before - db->ahead_at > MINUTE) && db_one(call, &now, NO_ARGS, &there) == OK) {
        after = clock_ticks();
        db->ahead = there - before - (after - before) / 2;
        db->ahead_at = after;
    }
    return db->ahead_at ? db->ahead + clock_ticks() + clock_shifted() : clock_now();
}

bool db_alive(struct db *db)
{
    static const struct field columns[] = { { .name = "one", .type = FIELD_INT }, FIELDS_END };
    static const struct query alive = { .name = "alive", .sql = "SELECT count(*) AS one FROM schema_migrations", .row = columns, .row_size = sizeof(int64_t) };
    struct services on = { .db = db };
    struct call call;
    int64_t one;
    bool ok;

    call_open(&call, &on);
    ok = db_one(&call, &alive, NO_ARGS, &one) == OK;
    call_close(&call);
    return ok;
}

/* --- lists in a column ---------------------------------------------------------------------------------------------------- */

void row_read_list(struct arena *arena, const struct field *field, text json, void *at)
{
    struct json_walk walk = json_walk(json);
    struct list *list = at;
    size_t count = 0, size = field->type == FIELD_TEXTS ? sizeof(text) : sizeof(uuid);
    text item;

    while (json_next_item(&walk, &item))
        count++;
    *list = (struct list){ arena_array(arena, count, size), 0 };
    walk = json_walk(json);
    for (char *to = list->items; json_next_item(&walk, &item); to += size, list->len++) {
        text value = text_copy(arena, json_unquote(arena, item));

        if (field->type == FIELD_TEXTS)
            *(text *)(void *)to = value;
        else if (!uuid_parse(value, (uuid *)to))
            *(uuid *)to = UUID_NONE;
    }
}

/* --- transactions begin -------------------------------------------------------------------------------------------------- */

static int depth_of(const struct tx *tx)
{
    int depth = 0;

    while ((tx = tx->outer))
        depth++;
    return depth;
}

/*
 * The call's list of open transactions is made of copies in the arena, because the caller's struct moves when tx_begin
 * returns it; the caller's one only remembers which it is by `outer` and `open`.
 */
static struct tx begin(struct call *call, bool relaxed)
{
    struct tx *tx = arena_new(&call->arena, struct tx);
    struct db *db = call->on->db;

    *tx = (struct tx){ .call = call, .outer = call->tx, .open = true, .relaxed = relaxed };
    if (must_fail(call))
        tx->fault = UNAVAILABLE;
    else if (tx->outer)
        tx->fault = tx->outer->fault != OK ? tx->outer->fault : db->driver->savepoint(db, call, depth_of(tx));
    else
        tx->fault = db->driver->begin(db, call, tx);
    call->tx = tx;
    return *tx;
}

struct tx tx_begin(struct call *call)
{
    return begin(call, false);
}

/* --- changing ----------------------------------------------------------------------------------------------------------- */

/* One changing statement, in the open transaction or as one of its own. */
static enum result change(struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed)
{
    struct db *db = call->on->db;
    SCOPED(tx) struct tx tx = { 0 };

    if (call->tx)
        return run(call, query, args, rows, ret_changed);
    if (db->driver->alone) {
        TRY(allowed(call, query));
        TRY(db->driver->alone(db, call, query, args, rows, ret_changed));
        call->committed++;
        return OK;
    }
    tx = begin(call, query->relaxed);
    TRY(run(call, query, args, rows, ret_changed));
    return tx_commit(&tx);
}

enum result db_change(struct call *call, const struct query *query, struct args args, int64_t *ret_changed)
{
    return change(call, query, args, NULL, ret_changed);
}

enum result db_returning(struct call *call, const struct query *query, struct args args, struct list *ret_rows)
{
    struct gathering gathering = { .call = call, .size = query->row_size };

    TRY(change(call, query, args, &(struct rows){ arena_alloc(&call->arena, query->row_size), gather, &gathering, false }, NULL));
    *ret_rows = gathering.rows;
    return OK;
}

enum result db_queue(struct call *call, const struct query *query, struct args args)
{
    struct db *db = call->on->db;

    assert(call->tx);
    if (!db->driver->queue)
        return run(call, query, args, NULL, NULL);
    TRY(allowed(call, query));
    return db->driver->queue(db, call, query, args);
}

enum result db_run(struct call *call, const struct query *query, struct args args)
{
    int64_t changed;

    return db_change(call, query, args, &changed);
}

struct tx *tx_outermost(struct call *call)
{
    struct tx *tx = call->tx;

    while (tx && tx->outer)
        tx = tx->outer;
    return tx;
}

bool db_again(struct call *call, enum result result)
{
    enum { MOST_ATTEMPTS = 12 };
    bool contended = call->contended;
    uint32_t jitter;

    call->contended = false;
    if (result != UNAVAILABLE || !contended || call->attempts == MOST_ATTEMPTS)
        return false;
    call->attempts++;
    call->failure = (struct failure){ 0 };
    random_bytes(&jitter, sizeof jitter);
    fiber_sleep(jitter % (1000u << (call->attempts < 6 ? call->attempts : 6)));
    return true;
}

static void run_after(struct tx_after *after)
{
    struct tx_after *in_order = NULL;

    while (after) {
        struct tx_after *next = after->next;

        after->next = in_order;
        in_order = after;
        after = next;
    }
    for (; in_order; in_order = in_order->next)
        in_order->run(in_order->context);
}

static void append_after(struct tx *outer, struct tx_after *after)
{
    struct tx_after *last = after;

    if (!after)
        return;
    while (last->next)
        last = last->next;
    last->next = outer->after;
    outer->after = after;
}

enum result tx_commit(struct tx *tx)
{
    struct call *call = tx->call;
    struct tx *inner = call->tx;
    struct db *db = call->on->db;
    enum result result;

    assert(inner && inner->outer == tx->outer);
    if (inner->fault != OK)
        return inner->fault;
    if (must_fail(call))
        return UNAVAILABLE; /* tx_end takes it back */
    result = inner->outer ? db->driver->release(db, call, depth_of(inner)) : db->driver->commit(db, call);
    if (result != OK && inner->outer)
        return result;
    tx->open = false;
    call->tx = inner->outer;
    if (result == OK && inner->outer) {
        append_after(inner->outer, inner->after);
    } else if (result == OK) {
        call->committed++;
        call->attempts = 0;
        run_after(inner->after);
    }
    return result; /* the driver has rolled back when an outermost commit failed */
}

void tx_end(struct tx *tx)
{
    struct call *call = tx->call;
    struct tx *inner;
    struct db *db;

    if (!tx->open)
        return;
    inner = call->tx;
    db = call->on->db;
    assert(inner && inner->outer == tx->outer);
    if (inner->fault == OK) {
        if (inner->outer)
            db->driver->rollback_to(db, call, depth_of(inner));
        else
            db->driver->rollback(db, call);
    }
    call->tx = inner->outer;
    tx->open = false;
}

void tx_on_commit(struct call *call, void (*run_it)(void *context), void *context)
{
    struct tx_after *after;

    if (!call->tx) {
        run_it(context);
        return;
    }
    after = arena_new(&call->arena, struct tx_after);
    *after = (struct tx_after){ call->tx->after, run_it, context };
    call->tx->after = after;
}

/* --- arguments ---------------------------------------------------------------------------------------------------------- */

struct arg db_texts(struct call *call, struct text_list list)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_array(&w);
    for (size_t i = 0; i < list.len; i++)
        jw_text(&w, list.items[i]);
    jw_array_close(&w);
    return db_text(text_copy(&call->arena, buffer_view(&out)));
}

struct arg db_uuids(struct call *call, struct uuid_list list)
{
    struct text_list texts = { arena_array(&call->arena, list.len + 1, sizeof(text)), list.len };

    for (size_t i = 0; i < list.len; i++)
        texts.items[i] = uuid_text(&call->arena, list.items[i]);
    return db_texts(call, texts);
}
