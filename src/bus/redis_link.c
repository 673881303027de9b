#include "bus/redis_link.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct awaited {
    struct awaited *next;
    redis_then *then;
    void *context;
    int64_t by; /* clock_ticks() */
};

/* --- where -------------------------------------------------------------------------------------------------------------- */

static bool percent_decode(struct arena *arena, text from, text *ret_text)
{
    char *out = arena_alloc(arena, from.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < from.len; i++) {
        unsigned char byte = (unsigned char)from.ptr[i];

        if (byte == '%') {
            if (!hex_decode(text_slice(from, i + 1, 2), &byte, 1))
                return false;
            i += 2;
        }
        out[len++] = (char)byte;
    }
    *ret_text = (text){ out, len };
    return true;
}

static const char *parse_socket(text rest, struct redis_place *place)
{
    text query = rest, path = text_cut(&query, '?');

    if (text_starts(path, T("//")))
        path = text_slice(path, 2, path.len);
    if (!text_starts(path, T("/")))
        return "must be unix: and an absolute path";
    if (query.ptr && (!text_starts(query, T("db=")) || !text_int(text_slice(query, 3, query.len), &place->database)))
        return "may have ?db=N behind the path and nothing else";
    place->path = text_z(&place->arena, path);
    return NULL;
}

static const char *parse_user(text who, struct redis_place *place)
{
    text password = who, user = text_cut(&password, ':');

    if (!percent_decode(&place->arena, user, &place->user) || !percent_decode(&place->arena, password, &place->password))
        return "has a % that two hexadecimal digits do not follow";
    return NULL;
}

static const char *parse_network(text rest, struct redis_place *place)
{
    text database = rest, where = text_cut(&database, '/'), host, port;
    size_t at = SIZE_MAX;
    int64_t number = 6379;

    for (size_t i = 0; i < where.len; i++)
        if (where.ptr[i] == '@')
            at = i; /* the last one: a password may hold others */
    if (at != SIZE_MAX) {
        const char *fault = parse_user(text_slice(where, 0, at), place);

        if (fault)
            return fault;
        where = text_slice(where, at + 1, where.len);
    }
    if (text_starts(where, T("["))) { /* an IPv6 address */
        port = text_slice(where, 1, where.len);
        host = text_cut(&port, ']');
        port = text_starts(port, T(":")) ? text_slice(port, 1, port.len) : TEXT_NONE;
    } else {
        port = where;
        host = text_cut(&port, ':');
    }
    if (!host.len)
        return "names no host";
    if (port.ptr && (!text_int(port, &number) || number < 1 || number > 65535))
        return "has no valid port";
    if (database.len && !text_int(database, &place->database))
        return "has something else than a database's number behind the host";
    place->host = text_z(&place->arena, host);
    place->port = (int)number;
    return NULL;
}

bool redis_place_parse(text url, struct redis_place *ret_place, const char **ret_fault)
{
    struct redis_place place = { 0 };
    const char *fault = "must begin with redis:// or unix:";

    if (text_starts(url, T("redis://")))
        fault = parse_network(text_slice(url, 8, url.len), &place);
    else if (text_starts(url, T("unix:")))
        fault = parse_socket(text_slice(url, 5, url.len), &place);
    else if (text_starts(url, T("rediss://")))
        fault = "cannot be rediss://: this program's Redis client has no TLS; use a tunnel or a private network";
    if (!fault && place.database < 0)
        fault = "has a negative database";
    if (fault) {
        arena_free(&place.arena);
        *ret_fault = fault;
        return false;
    }
    *ret_place = place;
    return true;
}

/* --- commands ------------------------------------------------------------------------------------------------------------- */

void redis_part(struct buffer *out, text bytes)
{
    buffer_format(out, "$%zu\r\n", bytes.len);
    buffer_append(out, bytes.ptr, bytes.len);
    buffer_text(out, T("\r\n"));
}

void redis_command(struct buffer *out, const text *parts, size_t count)
{
    buffer_format(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        redis_part(out, parts[i]);
}

text redis_number(int64_t number, char out[static 24])
{
    return (text){ out, (size_t)snprintf(out, 24, "%lld", (long long)number) };
}

/* --- the connection --------------------------------------------------------------------------------------------------------- */

bool redis_link_open(struct redis_link *link, const struct redis_place *place, const char **ret_fault)
{
    *link = (struct redis_link){ 0 };
    link->last = &link->first;
    /* a name is looked up here and may take its time: nobody waits for this thread while Redis is gone */
    link->redis = place->path ? redisConnectUnixNonBlock(place->path) : redisConnectNonBlock(place->host, place->port);
    if (!link->redis)
        abort();
    if (link->redis->err) {
        *ret_fault = "it cannot be reached";
        redisFree(link->redis);
        link->redis = NULL;
        return false;
    }
    fcntl(link->redis->fd, F_SETFD, FD_CLOEXEC);
    return true;
}

void redis_link_close(struct redis_link *link)
{
    struct awaited *awaited = link->first;

    if (link->redis)
        redisFree(link->redis);
    *link = (struct redis_link){ 0 };
    link->last = &link->first;
    while (awaited) {
        struct awaited *next = awaited->next;

        if (awaited->then)
            awaited->then(awaited->context, NULL);
        free(awaited);
        awaited = next;
    }
}

void redis_link_send_many(struct redis_link *link, text commands, size_t count, int64_t patience, redis_then *then, void *context)
{
    int64_t by = clock_ticks() + patience;

    if (link->redis && count && redisAppendFormattedCommand(link->redis, commands.ptr, commands.len) != REDIS_OK)
        abort(); /* out of memory */
    for (; count; count--) {
        struct awaited *awaited;

        if (!link->redis) {
            if (then)
                then(context, NULL);
            continue;
        }
        awaited = xmalloc(sizeof *awaited);
        *awaited = (struct awaited){ NULL, then, context, by };
        *link->last = awaited;
        link->last = &awaited->next;
        link->awaited++;
        link->unwritten = true;
    }
    link->gathered += commands.len;
}

void redis_link_send(struct redis_link *link, text command, int64_t patience, redis_then *then, void *context)
{
    redis_link_send_many(link, command, 1, patience, then, context);
}

short redis_link_events(const struct redis_link *link)
{
    return (short)(POLLIN | (!link->reached || link->unwritten ? POLLOUT : 0));
}

static bool reach(struct redis_link *link)
{
    int error = 0;
    socklen_t size = sizeof error;

    link->reached = getsockopt(link->redis->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    return link->reached;
}

static bool take_replies(struct redis_link *link)
{
    void *reply;

    for (;;) {
        struct awaited *awaited = link->first;

        if (redisGetReplyFromReader(link->redis, &reply) != REDIS_OK)
            return false;
        if (!reply)
            return true;
        if (!awaited) { /* it talks without being asked */
            freeReplyObject(reply);
            return false;
        }
        link->first = awaited->next;
        if (!link->first)
            link->last = &link->first;
        link->awaited--;
        if (awaited->then)
            awaited->then(awaited->context, reply);
        free(awaited);
        freeReplyObject(reply);
    }
}

bool redis_link_work(struct redis_link *link, short events)
{
    int done = 0;

    if (!link->redis)
        return false;
    if (!link->reached && events && !reach(link))
        return false;
    if (link->reached && link->unwritten) { /* also without POLLOUT: mostly it can be written at once */
        if (redisBufferWrite(link->redis, &done) != REDIS_OK)
            return false;
        if (done) {
            link->unwritten = false;
            link->gathered = 0;
        }
    }
    if (events & (POLLIN | POLLHUP | POLLERR))
        return redisBufferRead(link->redis) == REDIS_OK && take_replies(link);
    return true;
}

bool redis_link_late(const struct redis_link *link, int64_t now)
{
    return link->first && link->first->by < now;
}

int64_t redis_link_due(const struct redis_link *link)
{
    return link->first ? link->first->by : INT64_MAX;
}
