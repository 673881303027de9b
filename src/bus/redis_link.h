/*
 * One connection to Redis: commands go out in order and never wait, each answer finds its own. Owned by the driver's thread
 * and touched by no other.
 */
#ifndef TENON_BUS_REDIS_LINK_H
#define TENON_BUS_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "base/buffer.h"
#include "bus/driver.h"

/* Where Redis is: `redis://[[user]:password@]host[:port][/database]` or `unix:[//]/path[?db=N]`. */
struct redis_place {
    struct arena arena;
    char *host; /* NULL: a socket in the file system */
    int port;
    char *path;
    text user, password;
    int64_t database;
};

/* False with what is wrong, in words that do not show the URL. */
bool redis_place_parse(text url, struct redis_place *ret_place, const char **ret_fault);

/* Appends a command (RESP: an array of bulk strings), or one of its parts. */
void redis_part(struct buffer *out, text bytes);
void redis_command(struct buffer *out, const text *parts, size_t count);
#define COMMAND(out, ...) redis_command((out), (const text[]){ __VA_ARGS__ }, sizeof((const text[]){ __VA_ARGS__ }) / sizeof(text))

/* A number as text, for a command; `out` bears it. */
text redis_number(int64_t number, char out[static 24]);

static inline text reply_text(const redisReply *reply) { return (text){ reply->str, (size_t)reply->len }; }
static inline bool reply_is(const redisReply *reply, int type) { return reply && reply->type == type; }

/* `reply` is NULL when there will be none; it is freed behind the call. */
typedef void redis_then(void *context, const redisReply *reply);

struct redis_link {
    redisContext *redis; /* NULL: closed */
    bool reached;        /* connected; before, nothing is written */
    bool unwritten;
    struct awaited *first, **last;
    size_t awaited, gathered; /* answers; bytes since all was written */
};

bool redis_link_open(struct redis_link *link, const struct redis_place *place, const char **ret_fault);
void redis_link_close(struct redis_link *link); /* everything awaited is told so */

/* `command` as COMMAND wrote it: one. `then` may be NULL. Late after `patience`. */
void redis_link_send(struct redis_link *link, text command, int64_t patience, redis_then *then, void *context);

/* `count` commands at once, each answered by itself. */
void redis_link_send_many(struct redis_link *link, text commands, size_t count, int64_t patience, redis_then *then, void *context);

short redis_link_events(const struct redis_link *link);              /* for poll */
bool redis_link_work(struct redis_link *link, short events);         /* false: it is broken; close it */
bool redis_link_late(const struct redis_link *link, int64_t now);    /* an answer is overdue */
int64_t redis_link_due(const struct redis_link *link);               /* when; INT64_MAX: none is awaited */
static inline bool redis_link_roomy(const struct redis_link *link) { return link->gathered < 256 << 10 && link->awaited < 4096; }

#endif
