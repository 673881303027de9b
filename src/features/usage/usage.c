#include "features/usage/usage.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/metric.h"
#include "features/usage/usage_api.h"
#include "features/usage/usage_journal.h"
#include "features/usage/usage_store.h"

enum { BATCH = 2048 }; /* one sync for all that came while the last one took its time */
static const int64_t RETRY = 500 * MILLISECOND;

static struct metric written = { "tenon_usage_events_total", METRIC_COUNTER, "Calls written to the ledger." };
static struct metric waiting = { "tenon_usage_retries_total", METRIC_COUNTER, "Times the ledger could not be written and was tried again." };
static struct metric *const metrics[] = { &written, &waiting, NULL };

static struct {
    pthread_t thread;
    bool started;
    _Atomic bool stopping;
    const struct services *on;
} mover;

static enum result insert_all(struct call *call, const int *places, size_t count)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    struct usage_event event;

    TRY(tx.fault);
    for (size_t i = 0; i < count; i++) {
        if (!journal_read(places[i], &call->arena, &event)) {
            LOG(ERROR, call, "a damaged place in the usage journal is dropped");
            continue;
        }
        call_enter(call, event.organization);
        TRY(usage_insert(call, &event));
    }
    return tx_commit(&tx);
}

/* When one of many is refused, it is found by taking each alone: its organization was deleted meanwhile. */
static enum result insert_each(struct call *call, const int *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum result result = insert_all(call, places + i, 1);

        if (result == CONFLICT)
            LOG(WARN, call, "a call of a deleted organization is dropped");
        else
            TRY(result);
    }
    return OK;
}

/* From the journal to the ledger. What cannot be written stays in the journal and is tried again; when the journal is full,
   new calls are refused, and none is lost. */
static void *move(void *context)
{
    int places[BATCH];
    size_t count;

    (void)context;
    while ((count = journal_wait(places, BATCH)) > 0 || !mover.stopping) {
        if (!count)
            continue;
        for (;;) {
            struct call call;
            enum result result;

            call_open(&call, mover.on);
            result = insert_all(&call, places, count);
            if (result == CONFLICT)
                result = insert_each(&call, places, count);
            call_close(&call);
            if (result == OK)
                break;
            metric_add(&waiting, 0, 1);
            if (mover.stopping)
                return NULL; /* the journal keeps them for the next start */
            clock_sleep(RETRY);
        }
        metric_add(&written, 0, (int64_t)count);
        journal_free(places, count);
    }
    return NULL;
}

enum result usage_settle(struct call *call)
{
    if (journal_settled(2 * SECOND))
        return OK;
    return fail(call, UNAVAILABLE, "The ledger is behind. Try again shortly.");
}

static enum result start(struct call *call)
{
    TRY(journal_open(call));
    mover.on = call->on;
    mover.stopping = false;
    if (pthread_create(&mover.thread, NULL, move, NULL) != 0)
        return INTERNAL;
    mover.started = true;
    return OK;
}

static void stop(const struct services *on)
{
    (void)on;
    if (!mover.started)
        return;
    mover.stopping = true;
    journal_wake();
    pthread_join(mover.thread, NULL);
    mover.started = false;
    journal_close();
}

/* An answer in a conversation is a call too. */
static const struct sample samples[] = {
    { "/api/usage/events/:id", "GET /api/usage/events", NULL, "data.0.id", .after = "/api/conversations/:id/messages/:message_id" },
    { 0 },
};

const struct module usage_module = {
    .name = "usage", .doc = "The ledger of calls to models.", .routes = usage_routes, .samples = samples, .exports = usage_exports, .queries = usage_queries, .metrics = metrics, .start = start, .stop = stop,
};
