/*
 * Bus: what instances of the program share besides the store — limits, budgets, signals, streams, locks, a cache.
 *
 * In memory here; with REDIS_URL all of it is shared by every instance, with PostgreSQL alone the signals are. When Redis
 * is gone the program goes on: limits are counted here, never opened, and what cannot be known is said to be unknown. Safe
 * from any thread. A function that may wait for Redis says so (at most REDIS_PATIENCE, once: then Redis counts as gone and
 * nobody asks it until it is back); it must not be called on an I/O thread, nor from an event's handler.
 */
#ifndef TENON_BUS_BUS_H
#define TENON_BUS_BUS_H

#include "core/config.h"
#include "core/metric.h"
#include "core/module.h"

#define REDIS_PATIENCE (200 * MILLISECOND)

/* Reads REDIS_URL, DATABASE_LISTEN_URL and DATABASE_URL. A server that cannot be reached is no failure: it is tried again
   until it can; VALIDATION_ERROR when a URL says no place. Signals of other instances arrive from here on. */
CHECKED enum result bus_open(struct call *call, const struct services *on, struct bus **ret_bus);
void bus_close(struct bus *bus); /* what was emitted and appended goes out before, for half a second at most */

/* --- state -------------------------------------------------------------------------------------------------------------- */

struct bus_health {
    text cache;   /* `redis`, `memory`, `memory (redis unavailable)` */
    text signals; /* `redis`, `postgresql`, `this instance`, `unavailable` */
};
struct bus_health bus_health(const struct bus *bus);

/* Whether other instances may be there. */
bool bus_shared(const struct bus *bus);

/*
 * Whether signals of other instances arrive now; always true without other instances, and for no bus. While it is false, what
 * was kept in memory in trust of signals may be stale: ask the store.
 */
bool bus_connected(const struct bus *bus);

extern struct metric *const bus_metrics[];

/* --- limits ------------------------------------------------------------------------------------------------------------ */

struct limit_verdict {
    bool allowed;
    int64_t limit;
    int64_t remaining;
    int64_t reset; /* seconds until the window is empty again */
    int64_t retry_after; /* seconds, when not allowed */
};

/* Counts `cost` against `bucket` over a sliding window (the former window weighted by what of it still overlaps). What is
   refused is not counted. `cost` 0 asks without counting. A rate of 0 allows everything. May wait for Redis. */
struct limit_verdict bus_limit(struct bus *bus, text bucket, struct rate rate, int64_t cost);

/* The same without waiting: true and the verdict at once, or false; then `then` is called with it, once, on a thread of the
   bus: it must only pass it on. */
bool bus_limit_ask(struct bus *bus, text bucket, struct rate rate, int64_t cost, void (*then)(void *context, const struct limit_verdict *verdict),
                   void *context, struct limit_verdict *ret_verdict);

/* --- budgets ----------------------------------------------------------------------------------------------------------- */

/*
 * A budget's account in one period: what was spent, and what calls under way hold because they may yet spend it. The ledger
 * in the store is the truth; the bus remembers its sum so that a call need not ask for it. Names carry the organization.
 *
 * A call is let in when `spent + held + amount <= limit`, or when nothing is held and `spent < limit`: so the last call may
 * go over its limit, and no other. A hold ends by itself after its `ttl`, as when its instance was killed. Amounts are from
 * 0 to BUDGET_MOST micro-dollars; larger ones count as that.
 */
#define BUDGET_MOST INT64_C(1000000000000000)
enum { BUDGETS_AT_ONCE = 9 };

struct budget_account {
    text name;
    int64_t limit;
};

enum budget_answer {
    BUDGET_HELD,
    BUDGET_SPENT,   /* what was spent has reached the limit */
    BUDGET_BUSY,    /* it has not, but together with what calls under way hold it may */
    BUDGET_UNKNOWN, /* nobody has told what was spent, or it was long ago: read the ledger and bus_budget_seed */
};

struct budget_verdict {
    enum budget_answer answer;
    size_t which;   /* the account it is about, when not BUDGET_HELD */
    bool shared;    /* for bus_budget_seed: who answered */
    int64_t settled; /* for bus_budget_seed: how many calls were settled by then */
};

/* Holds `amount` in all of the accounts, or in none. `hold` was never asked with before. May wait for Redis. */
struct budget_verdict bus_budget_hold(struct bus *bus, const struct budget_account *accounts, size_t count, uuid hold, int64_t amount, int64_t ttl);

/* Whether bus_budget_hold may wait now. */
bool bus_budget_waits(const struct bus *bus);

/* The call is over and on record: its hold goes, `actual` was spent. Once a hold; also for a call that held nothing, with a
   hold of its own. Counts in Redis whoever held, when it is gone now, then when it is back. Never waits. */
void bus_budget_settle(struct bus *bus, const struct budget_account *accounts, size_t count, uuid hold, int64_t actual);

/*
 * What the ledger says was spent, read after the verdict BUDGET_UNKNOWN. Good for `life`, and where other instances may spend
 * what Redis does not count, for a second. A call that was settled meanwhile may or may not be in the sum: then an account
 * that knew nothing stays unknown, and one that knew something keeps what is more. Never waits.
 */
void bus_budget_seed(struct bus *bus, text name, const struct budget_verdict *unknown, int64_t spent, int64_t life);

/* --- signals ------------------------------------------------------------------------------------------------------------ */

/* Calls every module's handlers of the event: here before it returns, and on other instances soon, at least once, or bus_lost
   in its place; what is emitted while they cannot be reached goes out when they can. Payload: a short text. Never waits. */
void bus_emit(struct bus *bus, const struct event *event, uuid organization, text payload);

/* Signals of other instances may have been missed: whoever keeps something in trust of signals drops it. */
extern const struct event bus_lost;

/* --- streams ------------------------------------------------------------------------------------------------------------ */

/*
 * A stream is a bounded list of events under a name, kept for a while after its end so that a reader that was cut off goes
 * on where it was, here or on another instance. Events are numbered from 1 without gaps. Names carry the organization.
 */
enum stream_state {
    STREAM_GONE,    /* there is none */
    STREAM_OPEN,
    STREAM_ENDED,
    STREAM_UNKNOWN, /* another instance may have it: ask again when woken */
    STREAM_BROKEN,  /* its writer, or the way to it, is gone for STREAM_SILENCE: no more comes from here */
};

enum { STREAM_MAX = 4 << 20 };
#define STREAM_SILENCE (15 * SECOND)

void bus_stream_open(struct bus *bus, text name);

/* `mark` rides along in the event's id, for a reader whose stream is gone by then: how far its content had come. False when
   there is no such open stream or it is full. */
bool bus_stream_append(struct bus *bus, text name, text event, text data, int64_t mark);
void bus_stream_end(struct bus *bus, text name);

/* Copies events behind number `after` into `out` as server-sent events with `number-mark` as ids, at most `max` bytes or
   one event; `*ret_last` is the number of the last one copied (`after` when none). Never waits. */
enum stream_state bus_stream_read(struct bus *bus, text name, int64_t after, size_t max, struct buffer *out, int64_t *ret_last);

/* What there is of it, asked anew where another instance may have it: waits for half a second at most. STREAM_GONE is certain
   then; STREAM_UNKNOWN where nobody can say, as when Redis is gone. STREAM_OPEN may turn out to have ended. */
enum stream_state bus_stream_find(struct bus *bus, text name);

/* `wake` is called after each append and at the end, on the thread that did it: it must only pass the news on. It is called
   at once if the stream is not open. Remove the watch before `context` goes. */
struct stream_watch;
struct stream_watch *bus_stream_watch(struct bus *bus, text name, void (*wake)(void *context), void *context);
void bus_stream_unwatch(struct bus *bus, struct stream_watch *watch);

/* --- locks --------------------------------------------------------------------------------------------------------------- */

/*
 * A lock ends by itself after `ttl`, whatever its holder believes: what it guards must refuse a token lower than one that
 * it has seen (fencing). Tokens grow with each grant. CONFLICT: somebody else holds it; UNAVAILABLE: Redis has it, and is
 * gone. May wait for Redis. Names carry the organization where there is one.
 */
CHECKED enum result bus_lock(struct bus *bus, text name, int64_t ttl, int64_t *ret_token);
CHECKED enum result bus_lock_extend(struct bus *bus, text name, int64_t token, int64_t ttl); /* CONFLICT: it is not ours any more */
void bus_lock_release(struct bus *bus, text name, int64_t token);

/* --- cache --------------------------------------------------------------------------------------------------------------- */

enum { CACHE_VALUE_MAX = 256 << 10 };

/* Values of an organization under a name, for `ttl` (0: REDIS_TTL) at most: any may be gone at any time. One that is larger
   than CACHE_VALUE_MAX is not kept. Putting and dropping never wait; a get sees what the same thread put. */
void bus_cache_put(struct bus *bus, uuid organization, text name, text value, int64_t ttl);
void bus_cache_drop(struct bus *bus, uuid organization, text name); /* also when Redis is gone now: when it is back */
bool bus_cache_get(struct bus *bus, uuid organization, text name, struct buffer *out); /* may wait for Redis */

#endif
