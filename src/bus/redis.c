/* The driver's thread: meeting Redis, noticing that it is gone, and the loop around it. */
#include "bus/redis.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/log.h"

static const int64_t TRY_EVERY = 500 * MILLISECOND, GREETING = SECOND, FLUSH = 500 * MILLISECOND;

void redis_fail(struct redis *redis, const char *fault, const redisReply *reply)
{
    if (redis->fault)
        return;
    if (reply_is(reply, REDIS_REPLY_ERROR)) { /* its first word alone: the rest may quote the command, and with it a password */
        text words = reply_text(reply), word = text_cut(&words, ' ');

        snprintf(redis->fault_text, sizeof redis->fault_text, "%s: %.*s", fault, TEXT_ARG(word));
    } else {
        snprintf(redis->fault_text, sizeof redis->fault_text, "%s", fault);
    }
    redis->fault = redis->fault_text;
}

static void set_up(struct redis *redis, bool up)
{
    pthread_mutex_lock(&redis->mutex);
    atomic_store(&redis->up, up);
    pthread_mutex_unlock(&redis->mutex);
    metric_set(&bus_up, 0, up);
}

static void leave(struct redis *redis, int64_t now)
{
    if (redis->phase == REDIS_HERE)
        redis->away_since = now;
    set_up(redis, false);
    atomic_store(&redis->trusted_from, 0);
    redis->phase = REDIS_AWAY;
    redis->next_try = now + TRY_EVERY;
    redis->listening = false;
    redis_link_close(&redis->ask);
    redis_link_close(&redis->bulk);
    redis_link_close(&redis->listen);
    if (!redis->told)
        LOG(WARN, NULL, "Redis is gone: each instance counts its own limits until it is back", LZ("reason", redis->fault ? redis->fault : "stopping"));
    redis->told = true;
    redis->fault = NULL;
}

/* --- greeting --------------------------------------------------------------------------------------------------------------- */

static void answered(struct redis *redis)
{
    if (--redis->greetings || redis->fault)
        return;
    redis->phase = REDIS_SETTLING;
    redis_settle(redis, redis->met);
}

static void on_greeted(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    if (!reply || reply->type == REDIS_REPLY_ERROR)
        redis_fail(redis, "it refuses", reply);
    else
        answered(redis);
}

/* A restart, or another server in its place, is told by the run id; where one may not read it, it counts as another. */
static void on_info(void *context, const redisReply *reply)
{
    struct redis *redis = context;
    text all = reply_is(reply, REDIS_REPLY_STRING) ? reply_text(reply) : T(""), id = TEXT_NONE;
    size_t at = text_find(all, T("run_id:"));

    if (!reply) {
        redis_fail(redis, "it does not answer", NULL);
        return;
    }
    if (at != SIZE_MAX) {
        all = text_slice(all, at + 7, 44);
        id = text_trim(text_cut(&all, '\n'));
    }
    if (!id.len || !text_equal(id, text_of(redis->run_id)))
        redis->met = false;
    snprintf(redis->run_id, sizeof redis->run_id, "%.*s", TEXT_ARG(id));
    answered(redis);
}

/* Where one may not ask for it a round of listening just takes its time. */
static void on_client_id(void *context, const redisReply *reply)
{
    struct redis *redis = context;

    redis->client_id = reply_is(reply, REDIS_REPLY_INTEGER) ? reply->integer : 0;
    if (reply)
        answered(redis);
    else
        redis_fail(redis, "it does not answer", NULL);
}

/* Where it is refused the scripts' texts are sent (send_script). */
static void on_script(void *context, const redisReply *reply)
{
    if (reply)
        answered(context);
    else
        redis_fail(context, "it does not answer", NULL);
}

static void greet_with(struct redis *redis, struct redis_link *link, struct buffer *command, redis_then *then)
{
    redis->greetings++;
    redis_link_send(link, buffer_view(command), GREETING, then, redis);
    command->len = 0;
}

static void sign_in(struct redis *redis, struct redis_link *link)
{
    SCOPED(buffer) struct buffer command = { 0 };
    char number[24];

    if (redis->place.user.len)
        COMMAND(&command, T("AUTH"), redis->place.user, redis->place.password);
    else if (redis->place.password.len)
        COMMAND(&command, T("AUTH"), redis->place.password);
    if (command.len)
        greet_with(redis, link, &command, on_greeted);
    if (redis->place.database) {
        COMMAND(&command, T("SELECT"), redis_number(redis->place.database, number));
        greet_with(redis, link, &command, on_greeted);
    }
}

static void greet(struct redis *redis, int64_t now)
{
    SCOPED(buffer) struct buffer command = { 0 };
    struct redis_link *links[] = { &redis->ask, &redis->bulk, &redis->listen };
    const char *fault;

    redis->greetings = 0;
    redis->phase = REDIS_GREETING;
    redis->phase_until = now + GREETING;
    for (size_t i = 0; i < COUNT(links); i++) {
        if (!redis_link_open(links[i], &redis->place, &fault)) {
            redis_fail(redis, fault, NULL);
            return;
        }
        sign_in(redis, links[i]);
    }
    COMMAND(&command, T("INFO"), T("server"));
    greet_with(redis, &redis->ask, &command, on_info);
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        COMMAND(&command, T("SCRIPT"), T("LOAD"), text_of(redis->scripts[i].text));
        greet_with(redis, &redis->ask, &command, on_script);
    }
    COMMAND(&command, T("PING"));
    greet_with(redis, &redis->bulk, &command, on_greeted);
    COMMAND(&command, T("CLIENT"), T("ID"));
    greet_with(redis, &redis->listen, &command, on_client_id);
}

void redis_arrive(struct redis *redis, bool lost)
{
    const int64_t SETTLES = 2 * SECOND; /* what others emitted meanwhile comes when they are back too */

    if (lost)
        bus_deliver(redis->bus, text_of(bus_lost.name), UUID_NONE, T(""));
    redis->phase = REDIS_HERE;
    redis_asks_send_kept(redis);
    if (atomic_exchange(&redis->overflowed, false))
        redis_emit_lost(redis);
    redis_streams_resend(redis);
    atomic_store(&redis->trusted_from, clock_ticks() + (redis->away_since ? SETTLES : 0));
    redis->met = true;
    set_up(redis, true);
    LOG(INFO, NULL, "Redis is here", LZ("signals", lost ? "from now on" : "none missed"));
    redis->told = false;
}

/* --- the thread --------------------------------------------------------------------------------------------------------------- */

static bool overdue(const struct redis *redis, int64_t now)
{
    return redis_link_late(&redis->ask, now) || redis_link_late(&redis->bulk, now) || redis_link_late(&redis->listen, now);
}

static void keep_house(struct redis *redis, int64_t now)
{
    if (redis->fault)
        leave(redis, now);
    if (redis->phase == REDIS_AWAY && now >= redis->next_try)
        greet(redis, now);
    else if ((redis->phase == REDIS_GREETING || redis->phase == REDIS_SETTLING) && now > redis->phase_until)
        redis_fail(redis, "it does not answer", NULL);
    if (redis->phase == REDIS_HERE) {
        redis_streams_send(redis);
        redis_listen(redis);
    }
    if (now - redis->beat > SECOND) {
        redis->beat = now;
        redis_streams_beat(redis, now);
    }
}

/* Milliseconds until something is due. */
static int pause_of(const struct redis *redis, int64_t now)
{
    const struct redis_link *links[] = { &redis->ask, &redis->bulk, &redis->listen };
    int64_t due = redis->beat + SECOND;

    if (redis->phase == REDIS_AWAY && redis->next_try < due)
        due = redis->next_try;
    for (size_t i = 0; i < COUNT(links); i++)
        if (redis_link_due(links[i]) < due)
            due = redis_link_due(links[i]);
    if (redis->unblock && redis->unblocked + UNBLOCK_EVERY < due)
        due = redis->unblocked + UNBLOCK_EVERY;
    if (redis->fault)
        return 0;
    return due <= now ? 0 : (int)((due - now) / MILLISECOND) + 1;
}

static void wait_and_work(struct redis *redis, int64_t now, bool stopping)
{
    struct redis_link *links[] = { &redis->ask, &redis->bulk, &redis->listen };
    struct pollfd polled[4] = { { .fd = redis->wake_fd, .events = POLLIN } };
    int64_t began = now;
    eventfd_t count;

    for (size_t i = 0; i < 3; i++)
        polled[i + 1] = links[i]->redis ? (struct pollfd){ links[i]->redis->fd, redis_link_events(links[i]), 0 } : (struct pollfd){ .fd = -1 };
    poll(polled, 4, stopping ? 5 : pause_of(redis, now));
    if (polled[0].revents) {
        eventfd_read(redis->wake_fd, &count);
        atomic_store(&redis->awake, false); /* in this order: who finds it true has put down what is taken next */
    }
    redis_asks_take(redis);
    for (size_t i = 0; i < 3; i++)
        if (links[i]->redis && !redis_link_work(links[i], polled[i + 1].revents))
            redis_fail(redis, redis->phase == REDIS_GREETING ? "it cannot be reached" : "it broke off", NULL);
    if (redis->phase != REDIS_AWAY && overdue(redis, began)) /* by the time before the wait: what came meanwhile is read */
        redis_fail(redis, "it does not answer in time", NULL);
}

static bool all_is_out(struct redis *redis)
{
    bool unsent;

    if (redis->phase != REDIS_HERE)
        return true;
    pthread_mutex_lock(&redis->bus->streams->mutex);
    unsent = redis->bus->streams->unsent;
    pthread_mutex_unlock(&redis->bus->streams->mutex);
    return !unsent && !redis->first && !redis->ask.first && !redis->bulk.first;
}

static void *run(void *context)
{
    struct redis *redis = context;
    int64_t stop_by = 0;
    sigset_t pipes;

    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE); /* hiredis writes to sockets that may be closed */
    pthread_sigmask(SIG_BLOCK, &pipes, NULL);
    for (;;) {
        int64_t now = clock_ticks();
        bool stopping;

        pthread_mutex_lock(&redis->mutex);
        stopping = redis->stopping;
        pthread_mutex_unlock(&redis->mutex);
        if (stopping && !stop_by)
            stop_by = now + FLUSH;
        if (stopping && (now > stop_by || all_is_out(redis)))
            break;
        keep_house(redis, now);
        wait_and_work(redis, now, stopping);
    }
    redis->told = true;
    leave(redis, clock_ticks());
    redis_asks_take(redis);
    return NULL;
}

/* --- for bus.c ------------------------------------------------------------------------------------------------------------------ */

static void on_stream_news(void *context)
{
    redis_wake(context);
}

enum result redis_open(struct call *call, struct bus *bus, text url, struct redis **ret_redis)
{
    struct redis *redis = xcalloc(1, sizeof *redis);
    unsigned char id[8];
    const char *fault;

    if (!redis_place_parse(url, &redis->place, &fault)) {
        free(redis);
        return fail(call, VALIDATION_ERROR, "REDIS_URL %s.", fault);
    }
    redis->bus = bus;
    random_bytes(id, sizeof id);
    for (size_t i = 0; i < sizeof id; i++)
        snprintf(redis->id + 2 * i, 3, "%02x", id[i]);
    redis_asks_open(redis);
    redis_link_close(&redis->ask); /* as they are when closed */
    redis_link_close(&redis->bulk);
    redis_link_close(&redis->listen);
    redis->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bus->streams->news = on_stream_news;
    bus->streams->context = redis;
    metric_set(&bus_up, 0, 0);
    pthread_mutex_lock(&redis->mutex); /* the thread goes on when it can be told by `thread` */
    if (redis->wake_fd < 0 || pthread_create(&redis->thread, NULL, run, redis) != 0)
        abort();
    pthread_mutex_unlock(&redis->mutex);
    *ret_redis = redis;
    return OK;
}

void redis_close(struct redis *redis)
{
    if (!redis)
        return;
    pthread_mutex_lock(&redis->mutex);
    redis->stopping = true;
    pthread_mutex_unlock(&redis->mutex);
    redis_wake(redis);
    pthread_join(redis->thread, NULL);
    redis_asks_close(redis);
    close(redis->wake_fd);
    buffer_free(&redis->round);
    arena_free(&redis->place.arena);
    free(redis);
}

bool redis_up(const struct redis *redis)
{
    return atomic_load_explicit(&redis->up, memory_order_relaxed);
}

bool redis_connected(const struct redis *redis)
{
    int64_t from = atomic_load_explicit(&redis->trusted_from, memory_order_relaxed);

    return from && clock_ticks() >= from;
}
