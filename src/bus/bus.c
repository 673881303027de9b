/* The front of the bus: which driver, and what when it is gone. */
#include "bus/streams.h"

#include <stdlib.h>

static const char *const purposes[] = { "limits", "budgets", "locks", "cache", "signals", "streams", "upkeep", NULL };

struct metric bus_up = { "tenon_bus_up", METRIC_GAUGE, "Whether what the bus was configured with is reached; 1 in memory." };
struct metric bus_round_trips = { "tenon_bus_round_trips_total", METRIC_COUNTER, "Commands sent to Redis or PostgreSQL for the bus.", "purpose", purposes };
struct metric bus_fallbacks = { "tenon_bus_fallbacks_total", METRIC_COUNTER, "Answers given without Redis because it was gone.", "purpose", purposes };
struct metric *const bus_metrics[] = { &bus_up, &bus_round_trips, &bus_fallbacks, NULL };

const struct event bus_lost = { "bus.lost", "Signals of other instances may have been missed; drop what is kept in trust of them." };

enum result bus_open(struct call *call, const struct services *on, struct bus **ret_bus)
{
    struct bus *bus = xcalloc(1, sizeof *bus);
    text listen = config.database_listen_url.len ? config.database_listen_url : config.database_url;
    enum result result = OK;

    bus->on = on;
    bus->limits = memory_limits_new();
    bus->budgets = memory_budgets_new();
    bus->locks = memory_locks_new();
    bus->cache = memory_cache_new();
    bus->streams = streams_new();
    metric_set(&bus_up, 0, 1);
    if (config.redis_url.len)
        result = redis_open(call, bus, config.redis_url, &bus->redis);
    else if (text_starts(listen, T("postgres")))
        bus->notify = notify_open(bus, listen);
    if (result == OK)
        *ret_bus = bus;
    else
        bus_close(bus);
    return result;
}

void bus_close(struct bus *bus)
{
    if (!bus)
        return;
    redis_close(bus->redis);
    notify_close(bus->notify);
    memory_limits_free(bus->limits);
    memory_budgets_free(bus->budgets);
    memory_locks_free(bus->locks);
    memory_cache_free(bus->cache);
    streams_free(bus->streams);
    free(bus);
}

/* --- state -------------------------------------------------------------------------------------------------------------- */

struct bus_health bus_health(const struct bus *bus)
{
    if (bus->redis)
        return redis_up(bus->redis) ? (struct bus_health){ T("redis"), T("redis") } : (struct bus_health){ T("memory (redis unavailable)"), T("unavailable") };
    if (bus->notify)
        return (struct bus_health){ T("memory"), notify_connected(bus->notify) ? T("postgresql") : T("unavailable") };
    return (struct bus_health){ T("memory"), T("this instance") };
}

bool bus_shared(const struct bus *bus)
{
    return bus->redis || bus->notify;
}

bool bus_connected(const struct bus *bus)
{
    if (!bus)
        return true;
    return bus->redis ? redis_connected(bus->redis) : bus->notify ? notify_connected(bus->notify) : true;
}

static void fell_back(const struct bus *bus, enum purpose purpose)
{
    if (bus->redis)
        metric_add(&bus_fallbacks, purpose, 1);
}

/* --- limits ------------------------------------------------------------------------------------------------------------- */

static struct limit_verdict without_limit(void)
{
    return (struct limit_verdict){ .allowed = true };
}

struct limit_verdict bus_limit(struct bus *bus, text bucket, struct rate rate, int64_t cost)
{
    struct limit_verdict verdict;

    if (rate.count == 0)
        return without_limit();
    if (bus->redis && redis_limit(bus->redis, bucket, rate, cost, &verdict))
        return verdict;
    fell_back(bus, FOR_LIMITS);
    return memory_limit(bus->limits, bucket, rate, cost);
}

bool bus_limit_ask(struct bus *bus, text bucket, struct rate rate, int64_t cost, void (*then)(void *context, const struct limit_verdict *verdict),
                   void *context, struct limit_verdict *ret_verdict)
{
    if (rate.count == 0) {
        *ret_verdict = without_limit();
        return true;
    }
    if (bus->redis && redis_limit_ask(bus->redis, bucket, rate, cost, then, context))
        return false;
    fell_back(bus, FOR_LIMITS);
    *ret_verdict = memory_limit(bus->limits, bucket, rate, cost);
    return true;
}

/* --- budgets ------------------------------------------------------------------------------------------------------------ */

static const int64_t UNSHARED_LIFE = SECOND;

struct budget_verdict bus_budget_hold(struct bus *bus, const struct budget_account *accounts, size_t count, uuid hold, int64_t amount, int64_t ttl)
{
    struct budget_verdict verdict;
    bool asked = bus_budget_waits(bus);

    amount = amount < 0 ? 0 : amount < BUDGET_MOST ? amount : BUDGET_MOST;
    if (asked && redis_budget_hold(bus->redis, accounts, count, hold, amount, ttl, &verdict)) {
        if (verdict.answer == BUDGET_HELD)
            memory_budget_note(bus->budgets, accounts, count, hold, amount, ttl);
        return verdict;
    }
    fell_back(bus, FOR_BUDGETS);
    verdict = memory_budget_hold(bus->budgets, accounts, count, hold, amount, ttl);
    if (asked && verdict.answer != BUDGET_HELD) /* Redis may have held it, and only its answer was late */
        redis_budget_settle(bus->redis, accounts, count, hold, 0);
    return verdict;
}

bool bus_budget_waits(const struct bus *bus)
{
    return bus->redis && redis_up(bus->redis);
}

void bus_budget_settle(struct bus *bus, const struct budget_account *accounts, size_t count, uuid hold, int64_t actual)
{
    actual = actual < 0 ? 0 : actual < BUDGET_MOST ? actual : BUDGET_MOST;
    memory_budget_settle(bus->budgets, accounts, count, hold, actual);
    if (bus->redis)
        redis_budget_settle(bus->redis, accounts, count, hold, actual);
}

void bus_budget_seed(struct bus *bus, text name, const struct budget_verdict *unknown, int64_t spent, int64_t life)
{
    if (unknown->shared)
        redis_budget_seed(bus->redis, name, unknown->settled, spent, life);
    else
        memory_budget_seed(bus->budgets, name, unknown->settled, spent, bus_shared(bus) && life > UNSHARED_LIFE ? UNSHARED_LIFE : life);
}

/* --- signals ------------------------------------------------------------------------------------------------------------ */

void bus_deliver(struct bus *bus, text event, uuid organization, text payload)
{
    for (const struct module *const *module = bus->on->modules; module && *module; module++)
        for (const struct event_handler *handler = (*module)->handlers; handler && handler->event; handler++)
            if (text_equal(text_of(handler->event->name), event))
                handler->handle(bus->on, organization, payload);
}

void bus_emit(struct bus *bus, const struct event *event, uuid organization, text payload)
{
    bus_deliver(bus, text_of(event->name), organization, payload);
    if (bus->redis)
        redis_emit(bus->redis, text_of(event->name), organization, payload);
    else if (bus->notify)
        notify_emit(bus->notify, text_of(event->name), organization, payload);
}

/* --- streams ------------------------------------------------------------------------------------------------------------ */

void bus_stream_open(struct bus *bus, text name)
{
    streams_open(bus->streams, name);
}

bool bus_stream_append(struct bus *bus, text name, text event, text data, int64_t mark)
{
    return streams_append(bus->streams, name, event, data, mark);
}

void bus_stream_end(struct bus *bus, text name)
{
    streams_end(bus->streams, name);
}

/* Whether it can be asked what other instances write. */
static bool looks(const struct bus *bus)
{
    return bus->redis && redis_up(bus->redis);
}

enum stream_state bus_stream_read(struct bus *bus, text name, int64_t after, size_t max, struct buffer *out, int64_t *ret_last)
{
    bool look = looks(bus);
    enum stream_state state = streams_read(bus->streams, name, after, max, out, ret_last, look);

    return state == STREAM_GONE && bus_shared(bus) && !look ? STREAM_BROKEN : state;
}

enum stream_state bus_stream_find(struct bus *bus, text name)
{
    bool look = looks(bus);
    enum stream_state state = streams_find(bus->streams, name, look);

    return state == STREAM_GONE && bus_shared(bus) && !look ? STREAM_UNKNOWN : state;
}

struct stream_watch *bus_stream_watch(struct bus *bus, text name, void (*wake)(void *context), void *context)
{
    return streams_watch(bus->streams, name, wake, context);
}

void bus_stream_unwatch(struct bus *bus, struct stream_watch *watch)
{
    streams_unwatch(bus->streams, watch);
}

/* --- locks -------------------------------------------------------------------------------------------------------------- */

/* Without Redis two instances could hold the same lock: then nobody gets it. */
enum result bus_lock(struct bus *bus, text name, int64_t ttl, int64_t *ret_token)
{
    return bus->redis ? redis_lock(bus->redis, name, ttl, ret_token) : memory_lock(bus->locks, name, ttl, ret_token);
}

enum result bus_lock_extend(struct bus *bus, text name, int64_t token, int64_t ttl)
{
    return bus->redis ? redis_lock_extend(bus->redis, name, token, ttl) : memory_lock_extend(bus->locks, name, token, ttl);
}

void bus_lock_release(struct bus *bus, text name, int64_t token)
{
    if (bus->redis)
        redis_lock_release(bus->redis, name, token);
    else
        memory_lock_release(bus->locks, name, token);
}

/* --- cache -------------------------------------------------------------------------------------------------------------- */

void bus_cache_put(struct bus *bus, uuid organization, text name, text value, int64_t ttl)
{
    ttl = ttl ? ttl : config.redis_ttl;
    if (value.len > CACHE_VALUE_MAX || ttl <= 0)
        return;
    if (bus->redis)
        redis_cache_put(bus->redis, organization, name, value, ttl);
    else
        memory_cache_put(bus->cache, organization, name, value, ttl);
}

void bus_cache_drop(struct bus *bus, uuid organization, text name)
{
    if (bus->redis)
        redis_cache_drop(bus->redis, organization, name);
    else
        memory_cache_drop(bus->cache, organization, name);
}

/* Without Redis a value kept here could be one that another instance has dropped: it is a miss. */
bool bus_cache_get(struct bus *bus, uuid organization, text name, struct buffer *out)
{
    if (!bus->redis)
        return memory_cache_get(bus->cache, organization, name, out);
    if (!redis_up(bus->redis))
        fell_back(bus, FOR_CACHE);
    return redis_cache_get(bus->redis, organization, name, out);
}
