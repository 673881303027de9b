/*
 * Redis as seen by the driver's files. One thread owns three connections: `ask` for what somebody waits for, `bulk` for what
 * streams append, `listen` for what blocks until there is news. They live and die together: when one fails or an answer is
 * overdue all are closed, every waiting caller is told, and the thread tries again twice a second. So a caller meets a dead
 * Redis once and the next is answered at once that it is gone.
 *
 * Keys: `tenon:limit:…`, `tenon:budget:…`, `tenon:lock:…`, `tenon:fence`, `tenon:cache:…`, `tenon:stream:…`, `tenon:signals`. Commands name
 * several keys at once, so it must be one server (or one with replicas), not a cluster.
 */
#ifndef TENON_BUS_REDIS_H
#define TENON_BUS_REDIS_H

#include <pthread.h>
#include <stdatomic.h>

#include "bus/redis_link.h"
#include "bus/streams.h"

/* A Lua script, and its SHA-1 in hex. */
struct redis_script {
    const char *text;
    char digest[41];
};

enum { SCRIPT_LIMIT, SCRIPT_LOCK, SCRIPT_EXTEND, SCRIPT_RELEASE, SCRIPT_HOLD, SCRIPT_SETTLE, SCRIPT_SEED, SCRIPT_COUNT };

/* A command on its way. Owned by whoever has it in hand; freed when `then` has run. */
struct redis_ask {
    struct redis_ask *next;
    struct redis *redis;
    struct buffer command;
    size_t tail;                        /* of a script's call: where its keys begin */
    const struct redis_script *script;  /* or NULL */
    enum purpose purpose;
    bool keep; /* sent again until it is answered; then `then` always gets a reply, or nothing ever calls it */
    redis_then *then; /* on the driver's thread, or NULL */
    void *context;
};

#define UNBLOCK_EVERY (20 * MILLISECOND)

enum redis_phase { REDIS_AWAY, REDIS_GREETING, REDIS_SETTLING, REDIS_HERE };

struct redis {
    struct bus *bus;
    struct redis_place place;
    char id[17]; /* of this instance */
    struct redis_script scripts[SCRIPT_COUNT];
    pthread_t thread;
    int wake_fd;
    _Atomic bool awake; /* a wake-up is under way */

    pthread_mutex_t mutex; /* of asks that the thread has not taken */
    struct redis_ask *first, **last;
    size_t waiting;
    bool stopping;
    _Atomic bool up; /* written with the mutex held */
    _Atomic bool overflowed; /* something to be kept was not: others must be told to drop all */
    _Atomic int64_t trusted_from; /* clock_ticks(), 0: signals do not arrive */

    /* the thread's own */
    enum redis_phase phase;
    struct redis_link ask, bulk, listen;
    int64_t next_try, phase_until, away_since, beat;
    size_t greetings; /* answers of a greeting still to come */
    const char *fault; /* what is wrong: the links are to be closed */
    char fault_text[200];
    bool told; /* the log knows that Redis is gone */
    bool met;  /* it was here before */
    char run_id[48];
    struct redis_ask *kept, **kept_last; /* to be sent when it is back */
    size_t kept_count;

    char last_signal[48]; /* id of the last entry of `tenon:signals` seen */
    bool listening;       /* a round is under way */
    bool flushed;         /* it has told that our last signal is not there */
    bool unblock;         /* the round should end early: there is more to listen for */
    int64_t unblocked;
    int64_t lives_told;   /* of the streams written here */
    int64_t client_id;    /* of `listen` */
    struct buffer round;  /* names asked for in this round, as lengths and bytes */
};

/* --- redis_asks.c ------------------------------------------------------------------------------------------------------------ */

/* An ask with its command begun by `script` (SCRIPT_COUNT: none). Its keys and arguments go behind by redis_script_parts. */
struct redis_ask *redis_ask_new(struct redis *redis, enum purpose purpose);
void redis_ask_script(struct redis_ask *ask, const struct redis_script *script, const text *parts, size_t count, const char *keys);
#define SCRIPT_CALL(ask, which, keys, ...)                                                                        \
    redis_ask_script((ask), &(ask)->redis->scripts[which], (const text[]){ __VA_ARGS__ }, sizeof((const text[]){ __VA_ARGS__ }) / sizeof(text), (keys))

/* Takes the ask over. False: Redis is gone; the ask is freed and `then` is not called. From any thread. */
bool redis_submit(struct redis_ask *ask);

/* Submits and waits: `read` runs on the driver's thread meanwhile. False when there was no answer. */
bool redis_call(struct redis_ask *ask, redis_then *read, void *context);

void redis_wake(struct redis *redis);

/* Their texts; the rest of the scripts stands in redis_asks.c. */
extern const char redis_hold_script[], redis_settle_script[], redis_seed_script[];

/* The thread's side of it. */
void redis_asks_open(struct redis *redis);
void redis_asks_close(struct redis *redis);
void redis_asks_take(struct redis *redis);      /* sends them, or tells them that Redis is gone */
void redis_asks_send_kept(struct redis *redis); /* it is back */

/* --- redis.c -------------------------------------------------------------------------------------------------------------- */

/* From the thread: the links are closed when it is back in its loop. */
void redis_fail(struct redis *redis, const char *fault, const redisReply *reply);

/* --- redis_signals.c, on the thread ------------------------------------------------------------------------------------------ */

void redis_settle(struct redis *redis, bool same_server); /* have we missed signals? Then redis_arrive */
void redis_arrive(struct redis *redis, bool lost);        /* redis.c: all is ready */
void redis_listen(struct redis *redis);                   /* begins a round, or has the present one end */
void redis_emit_lost(struct redis *redis);

/* --- redis_streams.c, on the thread ------------------------------------------------------------------------------------------ */

void redis_streams_send(struct redis *redis);                 /* what is unsent, as far as the link has room */
void redis_streams_beat(struct redis *redis, int64_t now);    /* now and then: those written here live, unwanted copies go */
void redis_streams_resend(struct redis *redis);               /* after a new connection: Redis refuses what it has */
bool redis_streams_want(struct redis *redis);                 /* a copy waits to be looked for */
text redis_stream_key(struct buffer *out, text name);

/* The copies to listen for: appends EXISTS for those unsure, and XREAD's keys and ids. */
struct copy_round {
    struct buffer *checks, *keys, *ids;
    size_t check_count;
    size_t count;
};
void redis_copies_collect(struct redis *redis, struct copy_round *round, int64_t now);
void redis_copy_found(struct redis *redis, text name, bool exists);
void redis_copy_feed(struct redis *redis, text key, const redisReply *entries);

#endif
