/*
 * Streams through Redis. What is written here goes out as entries whose ids are the events' own, `number-mark`, so sending
 * again what Redis has is refused and doubles nothing: after a new connection everything is simply sent once more. A
 * writer's streams live as long as it says so every few seconds. Copies are fed by the listening of redis_signals.c.
 */
#include "bus/redis.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t BEAT = 5 * SECOND, BULK_PATIENCE = 2 * SECOND, UNWANTED = 10 * SECOND, CHECK_EVERY = SECOND;

static const char prefix[] = "tenon:stream:";

text redis_stream_key(struct buffer *out, text name)
{
    buffer_format(out, "%s%.*s", prefix, TEXT_ARG(name));
    return buffer_view(out);
}

/* --- out -------------------------------------------------------------------------------------------------------------------- */

static void send_bulk(struct redis *redis, struct buffer *command)
{
    metric_add(&bus_round_trips, FOR_STREAMS, 1);
    redis_link_send(&redis->bulk, buffer_view(command), BULK_PATIENCE, NULL, NULL); /* refused: Redis has it */
    command->len = 0;
}

static void send_life(struct redis *redis, text key, int64_t life)
{
    SCOPED(buffer) struct buffer command = { 0 };
    char number[24];

    COMMAND(&command, T("PEXPIRE"), key, redis_number(life / MILLISECOND, number));
    send_bulk(redis, &command);
}

static void send_begin(struct redis *redis, struct stream *stream, text key)
{
    SCOPED(buffer) struct buffer command = { 0 };

    if (!stream->cleared) {
        COMMAND(&command, T("DEL"), key);
        send_bulk(redis, &command);
    }
    stream->cleared = stream->begun = true;
    COMMAND(&command, T("XADD"), key, T("0-1"), T("begin"), T("")); /* no event: that it is there can be seen */
    send_bulk(redis, &command);
    send_life(redis, key, STREAM_SILENCE);
}

static void send_event(struct redis *redis, const struct stream *stream, size_t place, text key)
{
    SCOPED(buffer) struct buffer command = { 0 };
    const struct stream_event *event = stream->events[place];
    char id[48];

    snprintf(id, sizeof id, "%zu-%lld", place + 1, (long long)event->mark);
    COMMAND(&command, T("XADD"), key, text_of(id), T("e"), event->event, T("d"), event->data);
    send_bulk(redis, &command);
}

static void send_end(struct redis *redis, struct stream *stream, text key)
{
    SCOPED(buffer) struct buffer command = { 0 };
    char id[48];

    stream->end_sent = true;
    snprintf(id, sizeof id, "%zu-0", stream->len + 1);
    COMMAND(&command, T("XADD"), key, text_of(id), T("end"), T(""));
    send_bulk(redis, &command);
    send_life(redis, key, STREAM_KEPT);
}

/* False when the link is full before all of it is sent. */
static bool send_stream(struct redis *redis, struct stream *stream)
{
    SCOPED(buffer) struct buffer key = { 0 };

    redis_stream_key(&key, stream_name(stream));
    if (!redis_link_roomy(&redis->bulk))
        return false;
    if (!stream->begun)
        send_begin(redis, stream, buffer_view(&key));
    for (; stream->sent < stream->len; stream->sent++) {
        if (!redis_link_roomy(&redis->bulk))
            return false;
        send_event(redis, stream, stream->sent, buffer_view(&key));
    }
    if (stream->ended && !stream->end_sent)
        send_end(redis, stream, buffer_view(&key));
    return true;
}

void redis_streams_send(struct redis *redis)
{
    struct streams *streams = redis->bus->streams;

    pthread_mutex_lock(&streams->mutex);
    while (streams->unsent && send_stream(redis, streams->unsent)) {
        streams->unsent->unsent = false;
        streams->unsent = streams->unsent->next_unsent;
    }
    pthread_mutex_unlock(&streams->mutex);
}

void redis_streams_resend(struct redis *redis)
{
    struct streams *streams = redis->bus->streams;
    size_t place = 0;
    text name;
    void *value;

    pthread_mutex_lock(&streams->mutex);
    while (map_next(&streams->by_name, &place, &name, &value)) {
        struct stream *stream = value;

        if (stream->copy)
            continue;
        stream->sent = 0;
        stream->begun = stream->end_sent = false;
        stream_list_unsent(streams, stream);
    }
    pthread_mutex_unlock(&streams->mutex);
}

/* --- now and then --------------------------------------------------------------------------------------------------------------- */

static void beat_stream(struct redis *redis, struct stream *stream)
{
    SCOPED(buffer) struct buffer key = { 0 };

    if (redis->phase == REDIS_HERE && stream->begun && !stream->ended)
        send_life(redis, redis_stream_key(&key, stream_name(stream)), STREAM_SILENCE);
}

static void tend_copy(struct redis *redis, struct streams *streams, struct stream *copy, int64_t now)
{
    bool away = redis->phase != REDIS_HERE;

    if (now - copy->asked > UNWANTED && !stream_watched(streams, stream_name(copy)))
        stream_remove(streams, copy);
    else if (!copy->ended && away && copy->found == STREAM_UNKNOWN)
        stream_settle(streams, copy, STREAM_BROKEN); /* nobody can say */
    else if (!copy->ended && away && copy->found == STREAM_OPEN && now - redis->away_since > STREAM_SILENCE)
        stream_settle(streams, copy, STREAM_BROKEN);
}

void redis_streams_beat(struct redis *redis, int64_t now)
{
    struct streams *streams = redis->bus->streams;
    bool beat = now - redis->lives_told > BEAT;
    size_t place = 0;
    text name;
    void *value;

    if (beat)
        redis->lives_told = now;
    pthread_mutex_lock(&streams->mutex);
    while (map_next(&streams->by_name, &place, &name, &value)) {
        struct stream *stream = value;

        if (stream->copy)
            tend_copy(redis, streams, stream, now);
        else if (beat)
            beat_stream(redis, stream);
    }
    pthread_mutex_unlock(&streams->mutex);
}

/* --- in ---------------------------------------------------------------------------------------------------------------------------- */

bool redis_streams_want(struct redis *redis)
{
    struct streams *streams = redis->bus->streams;
    bool want;

    pthread_mutex_lock(&streams->mutex);
    want = streams->unknown > 0;
    pthread_mutex_unlock(&streams->mutex);
    return want;
}

static void collect(struct redis *redis, struct copy_round *round, struct stream *copy, int64_t now)
{
    SCOPED(buffer) struct buffer key = { 0 };
    text name = stream_name(copy);
    char id[48];

    redis_stream_key(&key, name);
    if (copy->found == STREAM_UNKNOWN || now - copy->checked > CHECK_EVERY) {
        COMMAND(round->checks, T("EXISTS"), buffer_view(&key));
        round->check_count++;
        buffer_append(&redis->round, &name.len, sizeof name.len);
        buffer_text(&redis->round, name);
    }
    if (copy->len)
        snprintf(id, sizeof id, "%zu-%lld", copy->len, (long long)copy->events[copy->len - 1]->mark);
    redis_part(round->keys, buffer_view(&key));
    redis_part(round->ids, copy->len ? text_of(id) : T("0-1"));
    round->count++;
}

void redis_copies_collect(struct redis *redis, struct copy_round *round, int64_t now)
{
    struct streams *streams = redis->bus->streams;
    size_t place = 0;
    text name;
    void *value;

    pthread_mutex_lock(&streams->mutex);
    while (streams->copies && map_next(&streams->by_name, &place, &name, &value)) {
        struct stream *stream = value;

        if (stream->copy && !stream->ended && stream->found != STREAM_GONE && stream->found != STREAM_BROKEN)
            collect(redis, round, stream, now);
    }
    pthread_mutex_unlock(&streams->mutex);
}

static struct stream *copy_of(struct streams *streams, text name)
{
    struct stream *stream = map_get(&streams->by_name, name);

    return stream && stream->copy && !stream->ended ? stream : NULL;
}

/* One that was there and is not: its writer has not said for STREAM_SILENCE that it lives. */
void redis_copy_found(struct redis *redis, text name, bool exists)
{
    struct streams *streams = redis->bus->streams;
    struct stream *copy;

    pthread_mutex_lock(&streams->mutex);
    copy = copy_of(streams, name);
    if (copy) {
        copy->checked = clock_ticks();
        if (copy->found == STREAM_UNKNOWN)
            stream_settle(streams, copy, exists ? STREAM_OPEN : STREAM_GONE);
        else if (copy->found == STREAM_OPEN && !exists)
            stream_settle(streams, copy, STREAM_BROKEN);
    }
    pthread_mutex_unlock(&streams->mutex);
}

/* False when the entry is not the next one: the stream was begun anew, or trimmed by somebody. */
static bool feed(struct stream *copy, text id, const redisReply *fields)
{
    text mark = id, number = text_cut(&mark, '-'), event = TEXT_NONE, data = TEXT_NONE;
    bool end = false;
    int64_t n, m;

    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        text name = reply_text(fields->element[i]), value = reply_text(fields->element[i + 1]);

        end |= text_equal(name, T("end"));
        if (text_equal(name, T("e")))
            event = value;
        else if (text_equal(name, T("d")))
            data = value;
    }
    if (!text_int(number, &n) || !text_int(mark, &m))
        return false;
    if (n == 0)
        return true;
    if (n != (int64_t)copy->len + 1)
        return false;
    if (end)
        copy->ended = clock_now();
    return end || stream_add(copy, event, data, m);
}

void redis_copy_feed(struct redis *redis, text key, const redisReply *entries)
{
    struct streams *streams = redis->bus->streams;
    struct stream *copy;
    bool ok = true;

    pthread_mutex_lock(&streams->mutex);
    copy = copy_of(streams, text_slice(key, sizeof prefix - 1, key.len));
    if (copy && copy->found == STREAM_UNKNOWN)
        stream_settle(streams, copy, STREAM_OPEN);
    for (size_t i = 0; copy && ok && i < entries->elements; i++) {
        const redisReply *entry = entries->element[i];

        ok = reply_is(entry, REDIS_REPLY_ARRAY) && entry->elements == 2 && reply_is(entry->element[1], REDIS_REPLY_ARRAY) &&
             feed(copy, reply_text(entry->element[0]), entry->element[1]);
    }
    if (copy && !ok)
        stream_settle(streams, copy, STREAM_BROKEN);
    else if (copy)
        stream_wake(streams, stream_name(copy));
    pthread_mutex_unlock(&streams->mutex);
}
