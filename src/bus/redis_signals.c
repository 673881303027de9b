/*
 * Signals over a Redis stream, and the listening that copies of streams share with them: one XREAD that blocks until there is
 * news or a short while is over, again and again. A stream and not PUBLISH, because it can be asked whether anything was
 * missed: the last entry we saw is still in it, on the same run of the same server, or something may have been.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bus/redis.h"

static const int64_t BLOCK = 400 * MILLISECOND, LATE = 500 * MILLISECOND;

#define SIGNALS T("tenon:signals")
#define SIGNALS_KEPT T("10000") /* a few more: trimmed by whole nodes */

/* --- out -------------------------------------------------------------------------------------------------------------------- */

static void write_signal(struct redis *redis, struct buffer *out, text event, uuid organization, text payload)
{
    char id[UUID_TEXT + 1];

    COMMAND(out, T("XADD"), SIGNALS, T("MAXLEN"), T("~"), SIGNALS_KEPT, T("*"), T("i"), text_of(redis->id), T("e"), event, T("o"),
            uuid_format(organization, id), T("p"), payload);
}

static void on_emitted(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    if (!reply_is(reply, REDIS_REPLY_ERROR))
        return;
    atomic_store(&redis->overflowed, true); /* full, or read-only now: what could not be told is made up for when it is back */
    redis_fail(redis, "it takes no signals", reply);
}

void redis_emit(struct redis *redis, text event, uuid organization, text payload)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_SIGNALS);

    write_signal(redis, &ask->command, event, organization, payload);
    ask->keep = true;
    ask->then = on_emitted;
    ask->context = redis;
    redis_submit(ask);
}

void redis_emit_lost(struct redis *redis)
{
    redis_emit(redis, text_of(bus_lost.name), UUID_NONE, T(""));
}

/* --- where we are ------------------------------------------------------------------------------------------------------------ */

static void ask_for_last(struct redis *redis, redis_then *then)
{
    SCOPED(buffer) struct buffer command = { 0 };
    text last = text_of(redis->last_signal);

    COMMAND(&command, T("XRANGE"), SIGNALS, last, last, T("COUNT"), T("1"));
    redis_link_send(&redis->listen, buffer_view(&command), LATE, then, redis);
}

static void say_hello(struct redis *redis, redis_then *then)
{
    SCOPED(buffer) struct buffer command = { 0 };

    write_signal(redis, &command, T(""), UUID_NONE, T(""));
    redis_link_send(&redis->listen, buffer_view(&command), LATE, then, redis);
}

/* The hello's own place is where listening begins. What was said before it was committed before the caches are dropped. */
static bool take_hello(struct redis *redis, const redisReply *reply)
{
    if (!reply_is(reply, REDIS_REPLY_STRING) || (size_t)reply->len >= sizeof redis->last_signal) {
        redis_fail(redis, "it takes no signals", reply);
        return false;
    }
    memcpy(redis->last_signal, reply->str, (size_t)reply->len);
    redis->last_signal[reply->len] = '\0';
    return true;
}

static void on_hello(void *context, const redisReply *reply)
{
    if (take_hello(context, reply))
        redis_arrive(context, true);
}

static void on_settled(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    if (!reply_is(reply, REDIS_REPLY_ARRAY))
        redis_fail(redis, "it does not tell its signals", reply);
    else if (reply->elements == 1)
        redis_arrive(redis, false);
    else
        say_hello(redis, on_hello);
}

void redis_settle(struct redis *redis, bool same_server)
{
    if (same_server && redis->last_signal[0])
        ask_for_last(redis, on_settled);
    else
        say_hello(redis, on_hello);
}

/* --- in ------------------------------------------------------------------------------------------------------------------------ */

static void take_signal(struct redis *redis, const redisReply *fields)
{
    text from = TEXT_NONE, event = TEXT_NONE, payload = TEXT_NONE;
    uuid organization = UUID_NONE;

    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        text name = reply_text(fields->element[i]), value = reply_text(fields->element[i + 1]);

        if (text_equal(name, T("i")))
            from = value;
        else if (text_equal(name, T("e")))
            event = value;
        else if (text_equal(name, T("p")))
            payload = value;
        else if (text_equal(name, T("o")) && !uuid_parse(value, &organization))
            return;
    }
    if (event.len && !text_equal(from, text_of(redis->id)))
        bus_deliver(redis->bus, event, organization, payload);
}

static void take_signals(struct redis *redis, const redisReply *entries)
{
    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *entry = entries->element[i];

        if (!reply_is(entry, REDIS_REPLY_ARRAY) || entry->elements != 2 || (size_t)entry->element[0]->len >= sizeof redis->last_signal)
            continue;
        snprintf(redis->last_signal, sizeof redis->last_signal, "%s", entry->element[0]->str);
        if (reply_is(entry->element[1], REDIS_REPLY_ARRAY))
            take_signal(redis, entry->element[1]);
    }
}

static void on_hello_again(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    redis->listening = false;
    if (!take_hello(redis, reply))
        return;
    bus_deliver(redis->bus, text_of(bus_lost.name), UUID_NONE, T(""));
    redis_streams_resend(redis);
}

static void on_checked(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    if (reply_is(reply, REDIS_REPLY_ARRAY))
        redis->flushed = reply->elements == 0;
    else
        redis_fail(redis, "it does not tell its signals", reply);
}

static void on_exists(void *context, const redisReply *reply)
{
    struct redis *redis = context;
    text all = buffer_view(&redis->round), name;
    size_t len;

    if (!reply_is(reply, REDIS_REPLY_INTEGER))
        return;
    memcpy(&len, all.ptr, sizeof len);
    name = text_slice(all, sizeof len, len);
    redis_copy_found(redis, name, reply->integer == 1);
    buffer_consume(&redis->round, sizeof len + len);
}

static void on_news(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    if (!reply || reply->type == REDIS_REPLY_ERROR) {
        redis_fail(redis, "it does not tell its news", reply);
        return;
    }
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        const redisReply *stream = reply->element[i];

        if (!reply_is(stream, REDIS_REPLY_ARRAY) || stream->elements != 2 || !reply_is(stream->element[1], REDIS_REPLY_ARRAY))
            continue;
        if (text_equal(reply_text(stream->element[0]), SIGNALS))
            take_signals(redis, stream->element[1]);
        else
            redis_copy_feed(redis, reply_text(stream->element[0]), stream->element[1]);
    }
    if (redis->flushed)
        say_hello(redis, on_hello_again); /* still listening: no round begins meanwhile */
    else
        redis->listening = false;
    redis->flushed = false;
}

static void begin_round(struct redis *redis)
{
    SCOPED(buffer) struct buffer checks = { 0 }, keys = { 0 }, ids = { 0 }, read = { 0 };
    struct copy_round round = { .checks = &checks, .keys = &keys, .ids = &ids };
    char block[24];

    redis->listening = true;
    redis->flushed = false;
    redis->round.len = 0;
    ask_for_last(redis, on_checked);
    redis_copies_collect(redis, &round, clock_ticks());
    redis_link_send_many(&redis->listen, buffer_view(&checks), round.check_count, LATE, on_exists, redis);
    buffer_format(&read, "*%zu\r\n", 6 + 2 * (round.count + 1));
    redis_part(&read, T("XREAD"));
    redis_part(&read, T("COUNT"));
    redis_part(&read, T("500"));
    redis_part(&read, T("BLOCK"));
    redis_part(&read, redis_number(BLOCK / MILLISECOND, block));
    redis_part(&read, T("STREAMS"));
    redis_part(&read, SIGNALS);
    buffer_text(&read, buffer_view(&keys));
    redis_part(&read, text_of(redis->last_signal));
    buffer_text(&read, buffer_view(&ids));
    metric_add(&bus_round_trips, FOR_UPKEEP, 1);
    redis_link_send(&redis->listen, buffer_view(&read), BLOCK + LATE, on_news, redis);
}

/* A reader has come for a stream that the present round does not ask for. */
static void end_round(struct redis *redis, int64_t now)
{
    SCOPED(buffer) struct buffer command = { 0 };
    char id[24];

    if (!redis->client_id || now - redis->unblocked < UNBLOCK_EVERY) /* again: the first may have come before the XREAD that it should end */
        return;
    redis->unblocked = now;
    COMMAND(&command, T("CLIENT"), T("UNBLOCK"), redis_number(redis->client_id, id));
    metric_add(&bus_round_trips, FOR_UPKEEP, 1);
    redis_link_send(&redis->ask, buffer_view(&command), REDIS_PATIENCE, NULL, NULL);
}

void redis_listen(struct redis *redis)
{
    redis->unblock = redis_streams_want(redis);
    if (!redis->listening)
        begin_round(redis);
    else if (redis->unblock)
        end_round(redis, clock_ticks());
}
