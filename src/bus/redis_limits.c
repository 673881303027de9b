/* Limits in Redis: one atomic script, one round trip, Redis's own clock. */
#include <stdlib.h>

#include "bus/redis.h"

static struct redis_ask *limit_ask(struct redis *redis, text bucket, struct rate rate, int64_t cost)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_LIMITS);
    SCOPED(buffer) struct buffer key = { 0 };
    char numbers[4][24];

    buffer_format(&key, "tenon:limit:%.*s", TEXT_ARG(bucket));
    SCRIPT_CALL(ask, SCRIPT_LIMIT, "1", buffer_view(&key), redis_number(rate.count, numbers[0]), redis_number(rate.window, numbers[1]),
                redis_number(cost, numbers[2]), redis_number(clock_shifted(), numbers[3]));
    return ask;
}

static bool read_verdict(const redisReply *reply, int64_t limit, struct limit_verdict *ret_verdict)
{
    if (!reply_is(reply, REDIS_REPLY_ARRAY) || reply->elements != 4)
        return false;
    *ret_verdict = (struct limit_verdict){ reply->element[0]->integer == 1, limit, reply->element[1]->integer, reply->element[2]->integer,
                                           reply->element[3]->integer };
    return true;
}

struct wanted {
    int64_t limit;
    bool read;
    struct limit_verdict verdict;
};

static void on_waited(void *context, const redisReply *reply)
{
    struct wanted *wanted = context;

    wanted->read = read_verdict(reply, wanted->limit, &wanted->verdict);
}

bool redis_limit(struct redis *redis, text bucket, struct rate rate, int64_t cost, struct limit_verdict *ret_verdict)
{
    struct wanted wanted = { .limit = rate.count };

    if (!redis_up(redis) || !redis_call(limit_ask(redis, bucket, rate, cost), on_waited, &wanted) || !wanted.read)
        return false;
    *ret_verdict = wanted.verdict;
    return true;
}

struct limit_wait {
    struct bus *bus;
    struct rate rate;
    int64_t cost;
    void (*then)(void *context, const struct limit_verdict *verdict);
    void *context;
    size_t bucket_len;
    char bucket[];
};

static void on_verdict(void *context, const redisReply *reply)
{
    struct limit_wait *wait = context;
    struct limit_verdict verdict;

    if (!read_verdict(reply, wait->rate.count, &verdict)) {
        metric_add(&bus_fallbacks, FOR_LIMITS, 1);
        verdict = memory_limit(wait->bus->limits, (text){ wait->bucket, wait->bucket_len }, wait->rate, wait->cost);
    }
    wait->then(wait->context, &verdict);
    free(wait);
}

bool redis_limit_ask(struct redis *redis, text bucket, struct rate rate, int64_t cost, void (*then)(void *context, const struct limit_verdict *verdict),
                     void *context)
{
    struct limit_wait *wait;
    struct redis_ask *ask;

    if (!redis_up(redis))
        return false;
    wait = xmalloc(sizeof *wait + bucket.len + 1);
    *wait = (struct limit_wait){ redis->bus, rate, cost, then, context, bucket.len };
    memcpy(wait->bucket, bucket.ptr, bucket.len);
    ask = limit_ask(redis, bucket, rate, cost);
    ask->then = on_verdict;
    ask->context = wait;
    if (redis_submit(ask))
        return true;
    free(wait);
    return false;
}
