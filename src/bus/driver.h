/*
 * What the files of this room share. The memory driver always stands behind: it is the bus of an instance alone, and what
 * counts when Redis is gone. There is no table of functions: the drivers differ in what they can do, not only in how.
 */
#ifndef TENON_BUS_DRIVER_H
#define TENON_BUS_DRIVER_H

#include "bus/bus.h"

struct bus {
    const struct services *on;
    struct memory_limits *limits;
    struct memory_budgets *budgets;
    struct memory_locks *locks;
    struct memory_cache *cache;
    struct streams *streams;
    struct redis *redis;   /* or NULL */
    struct notify *notify; /* or NULL */
};

/* --- bus.c: news that came from elsewhere -------------------------------------------------------------------------------- */

void bus_deliver(struct bus *bus, text event, uuid organization, text payload);

/* What round trips are counted by, and what fell back. */
enum purpose { FOR_LIMITS, FOR_BUDGETS, FOR_LOCKS, FOR_CACHE, FOR_SIGNALS, FOR_STREAMS, FOR_UPKEEP };
extern struct metric bus_up, bus_round_trips, bus_fallbacks;

/* --- memory_….c ------------------------------------------------------------------------------------------------------------ */

struct memory_limits *memory_limits_new(void);
void memory_limits_free(struct memory_limits *limits);
struct limit_verdict memory_limit(struct memory_limits *limits, text bucket, struct rate rate, int64_t cost);

enum { MEMORY_BUDGETS_MOST = 16384 };
#define BUDGET_QUIET (10 * SECOND) /* without a settlement: then the ledger alone is right, whatever was counted twice or not at all */
struct memory_budgets *memory_budgets_new(void);
void memory_budgets_free(struct memory_budgets *budgets);
struct budget_verdict memory_budget_hold(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, uuid hold, int64_t amount, int64_t ttl);
/* Held elsewhere: counted here too, for when that is gone. */
void memory_budget_note(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, uuid hold, int64_t amount, int64_t ttl);
void memory_budget_settle(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, uuid hold, int64_t actual);
void memory_budget_seed(struct memory_budgets *budgets, text name, int64_t settled, int64_t spent, int64_t life);

struct memory_locks *memory_locks_new(void);
void memory_locks_free(struct memory_locks *locks);
enum result memory_lock(struct memory_locks *locks, text name, int64_t ttl, int64_t *ret_token);
enum result memory_lock_extend(struct memory_locks *locks, text name, int64_t token, int64_t ttl);
void memory_lock_release(struct memory_locks *locks, text name, int64_t token);

enum { MEMORY_CACHE_MAX = 16 << 20, MEMORY_CACHE_ENTRIES = 16384 };
struct memory_cache *memory_cache_new(void);
void memory_cache_free(struct memory_cache *cache);
void memory_cache_put(struct memory_cache *cache, uuid organization, text name, text value, int64_t ttl);
void memory_cache_drop(struct memory_cache *cache, uuid organization, text name);
bool memory_cache_get(struct memory_cache *cache, uuid organization, text name, struct buffer *out);

/* --- redis….c: each false (or UNAVAILABLE) when Redis is gone, at once or after REDIS_PATIENCE ------------------------------ */

CHECKED enum result redis_open(struct call *call, struct bus *bus, text url, struct redis **ret_redis);
void redis_close(struct redis *redis);
bool redis_up(const struct redis *redis);
bool redis_connected(const struct redis *redis);

bool redis_limit(struct redis *redis, text bucket, struct rate rate, int64_t cost, struct limit_verdict *ret_verdict);
/* False: it will not be asked, and `then` not called. `then` gets the memory driver's verdict when Redis does not answer. */
bool redis_limit_ask(struct redis *redis, text bucket, struct rate rate, int64_t cost, void (*then)(void *context, const struct limit_verdict *verdict),
                     void *context);

bool redis_budget_hold(struct redis *redis, const struct budget_account *accounts, size_t count, uuid hold, int64_t amount, int64_t ttl,
                       struct budget_verdict *ret_verdict);
void redis_budget_settle(struct redis *redis, const struct budget_account *accounts, size_t count, uuid hold, int64_t actual); /* also when it is gone: later */
void redis_budget_seed(struct redis *redis, text name, int64_t settled, int64_t spent, int64_t life);

void redis_emit(struct redis *redis, text event, uuid organization, text payload);

enum result redis_lock(struct redis *redis, text name, int64_t ttl, int64_t *ret_token);
enum result redis_lock_extend(struct redis *redis, text name, int64_t token, int64_t ttl);
void redis_lock_release(struct redis *redis, text name, int64_t token);

void redis_cache_put(struct redis *redis, uuid organization, text name, text value, int64_t ttl);
void redis_cache_drop(struct redis *redis, uuid organization, text name);
bool redis_cache_get(struct redis *redis, uuid organization, text name, struct buffer *out);

/* --- notify.c: signals by PostgreSQL ------------------------------------------------------------------------------------------ */

struct notify *notify_open(struct bus *bus, text url);
void notify_close(struct notify *notify);
bool notify_connected(const struct notify *notify); /* signals arrive */
void notify_emit(struct notify *notify, text event, uuid organization, text payload);

#endif
