/* Locks and the cache in Redis. */
#include "bus/redis.h"

/* --- locks ------------------------------------------------------------------------------------------------------------------ */

static text lock_key(struct buffer *out, text name)
{
    buffer_format(out, "tenon:lock:%.*s", TEXT_ARG(name));
    return buffer_view(out);
}

struct granted {
    bool read;
    int64_t number;
};

static void on_number(void *context, const redisReply *reply)
{
    struct granted *granted = context;

    if (reply_is(reply, REDIS_REPLY_INTEGER)) {
        granted->number = reply->integer;
        granted->read = true;
    } else if (reply_is(reply, REDIS_REPLY_STRING)) {
        granted->read = text_int(reply_text(reply), &granted->number);
    }
}

static text milliseconds(int64_t duration, char out[static 24])
{
    return redis_number(duration < MILLISECOND ? 1 : duration / MILLISECOND, out);
}

static enum result call_for_number(struct redis_ask *ask, int64_t *ret_number)
{
    struct granted granted = { 0 };

    if (!redis_call(ask, on_number, &granted) || !granted.read)
        return UNAVAILABLE;
    if (granted.number == 0)
        return CONFLICT;
    *ret_number = granted.number;
    return OK;
}

enum result redis_lock(struct redis *redis, text name, int64_t ttl, int64_t *ret_token)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_LOCKS);
    SCOPED(buffer) struct buffer key = { 0 };
    char number[24];

    SCRIPT_CALL(ask, SCRIPT_LOCK, "2", lock_key(&key, name), T("tenon:fence"), milliseconds(ttl, number));
    return call_for_number(ask, ret_token);
}

enum result redis_lock_extend(struct redis *redis, text name, int64_t token, int64_t ttl)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_LOCKS);
    SCOPED(buffer) struct buffer key = { 0 };
    char numbers[2][24];
    int64_t one;

    SCRIPT_CALL(ask, SCRIPT_EXTEND, "1", lock_key(&key, name), redis_number(token, numbers[0]), milliseconds(ttl, numbers[1]));
    return call_for_number(ask, &one);
}

void redis_lock_release(struct redis *redis, text name, int64_t token)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_LOCKS);
    SCOPED(buffer) struct buffer key = { 0 };
    char number[24];

    SCRIPT_CALL(ask, SCRIPT_RELEASE, "1", lock_key(&key, name), redis_number(token, number));
    redis_submit(ask); /* a release that is lost costs the rest of the lock's time */
}

/* --- cache ------------------------------------------------------------------------------------------------------------------ */

static text cache_key(struct buffer *out, uuid organization, text name)
{
    char id[UUID_TEXT + 1];

    buffer_format(out, "tenon:cache:%s:%.*s", uuid_format(organization, id).ptr, TEXT_ARG(name));
    return buffer_view(out);
}

void redis_cache_put(struct redis *redis, uuid organization, text name, text value, int64_t ttl)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_CACHE);
    SCOPED(buffer) struct buffer key = { 0 };
    char number[24];

    COMMAND(&ask->command, T("SET"), cache_key(&key, organization, name), value, T("PX"), milliseconds(ttl, number));
    redis_submit(ask);
}

void redis_cache_drop(struct redis *redis, uuid organization, text name)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_CACHE);
    SCOPED(buffer) struct buffer key = { 0 };

    COMMAND(&ask->command, T("DEL"), cache_key(&key, organization, name));
    ask->keep = true;
    redis_submit(ask);
}

struct fetched {
    struct buffer *out;
    bool found;
};

static void on_value(void *context, const redisReply *reply)
{
    struct fetched *fetched = context;

    fetched->found = reply_is(reply, REDIS_REPLY_STRING);
    if (fetched->found)
        buffer_text(fetched->out, reply_text(reply));
}

bool redis_cache_get(struct redis *redis, uuid organization, text name, struct buffer *out)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_CACHE);
    SCOPED(buffer) struct buffer key = { 0 };
    struct fetched fetched = { .out = out };

    COMMAND(&ask->command, T("GET"), cache_key(&key, organization, name));
    return redis_call(ask, on_value, &fetched) && fetched.found;
}
