#include "bus/redis.h"

#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/log.h"

enum { MOST_WAITING = 8192, MOST_KEPT = 4096 };
static const int64_t TRY_EVERY = 500 * MILLISECOND, GREETING = SECOND, FLUSH = 500 * MILLISECOND;

/* The window's arithmetic is that of memory_limits.c, to the last digit. `%.0f`: Lua spells large numbers with an exponent. */
static const char limit_script[] =
    "local time = redis.call('TIME')\n"
    "local rate, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
    "local now = time[1] * 1000000 + time[2] + tonumber(ARGV[4])\n"
    "local kept = redis.call('HMGET', KEYS[1], 'start', 'count', 'former')\n"
    "local start, count, former = tonumber(kept[1] or now), tonumber(kept[2] or 0), tonumber(kept[3] or 0)\n"
    "local passed = now - start\n"
    "if passed >= 2 * window or passed < 0 then start, count, former = now, 0, 0\n"
    "elseif passed >= window then start, count, former = start + window, 0, count end\n"
    "local left = window - (now - start)\n"
    "local used = count + math.floor(former * left / window)\n"
    "local allowed, wait = used + cost <= rate, 0\n"
    "if allowed then count = count + cost; used = used + cost\n"
    "elseif count + cost > rate or former == 0 then wait = math.ceil(left / 1000000)\n"
    "else wait = math.ceil(math.floor((used + cost - rate) * window / former) / 1000000) end\n"
    "if not allowed and wait < 1 then wait = 1 end\n"
    "redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'count', string.format('%.0f', count), 'former', string.format('%.0f', former))\n"
    "redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(2 * window / 1000) + 1000))\n"
    "return {allowed and 1 or 0, math.max(rate - used, 0), math.ceil(left / 1000000), wait}\n";

/* Tokens are times, so that they grow also when Redis comes back empty. */
static const char lock_script[] =
    "if redis.call('EXISTS', KEYS[1]) == 1 then return '0' end\n"
    "local time = redis.call('TIME')\n"
    "local token, last = time[1] * 1000000 + time[2], tonumber(redis.call('GET', KEYS[2]) or '0')\n"
    "if token <= last then token = last + 1 end\n"
    "token = string.format('%.0f', token)\n"
    "redis.call('SET', KEYS[2], token)\n"
    "redis.call('SET', KEYS[1], token, 'PX', ARGV[1])\n"
    "return token\n";

static const char extend_script[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\nreturn redis.call('PEXPIRE', KEYS[1], ARGV[2])\n";
static const char release_script[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\nreturn redis.call('DEL', KEYS[1])\n";

static const char *const script_texts[SCRIPT_COUNT] = {
    [SCRIPT_LIMIT] = limit_script, [SCRIPT_LOCK] = lock_script, [SCRIPT_EXTEND] = extend_script, [SCRIPT_RELEASE] = release_script,
};

/* --- asks ----------------------------------------------------------------------------------------------------------------- */

void redis_wake(struct redis *redis)
{
    if (!atomic_exchange(&redis->awake, true))
        eventfd_write(redis->wake_fd, 1);
}

struct redis_ask *redis_ask_new(struct redis *redis, enum purpose purpose)
{
    struct redis_ask *ask = xcalloc(1, sizeof *ask);

    ask->redis = redis;
    ask->purpose = purpose;
    return ask;
}

static void ask_free(struct redis_ask *ask)
{
    buffer_free(&ask->command);
    free(ask);
}

static void script_head(struct buffer *out, size_t parts, text how, text what)
{
    buffer_format(out, "*%zu\r\n", parts + 3);
    redis_part(out, how);
    redis_part(out, what);
}

void redis_ask_script(struct redis_ask *ask, const struct redis_script *script, const text *parts, size_t count, const char *keys)
{
    ask->script = script;
    script_head(&ask->command, count, T("EVALSHA"), text_of(script->digest));
    ask->tail = ask->command.len;
    redis_part(&ask->command, text_of(keys));
    for (size_t i = 0; i < count; i++)
        redis_part(&ask->command, parts[i]);
}

bool redis_submit(struct redis_ask *ask)
{
    struct redis *redis = ask->redis;
    bool taken;

    pthread_mutex_lock(&redis->mutex);
    taken = !redis->stopping && (atomic_load(&redis->up) || ask->keep) && redis->waiting < MOST_WAITING;
    if (taken) {
        ask->next = NULL;
        *redis->last = ask;
        redis->last = &ask->next;
        redis->waiting++;
    }
    pthread_mutex_unlock(&redis->mutex);
    if (taken) {
        redis_wake(redis);
        return true;
    }
    if (ask->keep)
        atomic_store(&redis->overflowed, true);
    ask_free(ask);
    return false;
}

struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done, ok;
    redis_then *read;
    void *context;
};

static void on_waited(void *context, const redisReply *reply)
{
    struct waiting *waiting = context;

    pthread_mutex_lock(&waiting->mutex);
    if (reply)
        waiting->read(waiting->context, reply);
    waiting->ok = reply != NULL;
    waiting->done = true;
    pthread_cond_signal(&waiting->answered);
    pthread_mutex_unlock(&waiting->mutex);
}

bool redis_call(struct redis_ask *ask, redis_then *read, void *context)
{
    struct waiting waiting = { .read = read, .context = context };

    if (pthread_equal(pthread_self(), ask->redis->thread)) { /* a handler of a signal: it would wait for itself */
        ask_free(ask);
        return false;
    }
    pthread_mutex_init(&waiting.mutex, NULL);
    pthread_cond_init(&waiting.answered, NULL);
    ask->then = on_waited;
    ask->context = &waiting;
    if (redis_submit(ask)) {
        pthread_mutex_lock(&waiting.mutex);
        while (!waiting.done) /* the thread never blocks while Redis is up: it answers, if only that it is late */
            pthread_cond_wait(&waiting.answered, &waiting.mutex);
        pthread_mutex_unlock(&waiting.mutex);
    }
    pthread_cond_destroy(&waiting.answered);
    pthread_mutex_destroy(&waiting.mutex);
    return waiting.ok;
}

/* --- on the thread ---------------------------------------------------------------------------------------------------------- */

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

static void on_answer(void *context, const redisReply *reply);

static void send_ask(struct redis *redis, struct redis_ask *ask)
{
    metric_add(&bus_round_trips, ask->purpose, 1);
    redis_link_send(&redis->ask, buffer_view(&ask->command), REDIS_PATIENCE, on_answer, ask);
}

static void keep_ask(struct redis *redis, struct redis_ask *ask)
{
    if (redis->kept_count >= MOST_KEPT) {
        atomic_store(&redis->overflowed, true);
        ask_free(ask);
        return;
    }
    ask->next = NULL;
    *redis->kept_last = ask;
    redis->kept_last = &ask->next;
    redis->kept_count++;
}

/* The script's text instead of its digest, which Redis does not know. */
static void send_script(struct redis *redis, struct redis_ask *ask)
{
    struct buffer command = { 0 };
    text all = buffer_view(&ask->command), tail = text_slice(all, ask->tail, all.len), count = text_slice(all, 1, all.len);
    int64_t parts;

    count = text_trim(text_cut(&count, '\n'));
    if (!text_int(count, &parts))
        abort();
    script_head(&command, (size_t)parts - 3, T("EVAL"), text_of(ask->script->text));
    buffer_text(&command, tail);
    buffer_free(&ask->command);
    ask->command = command;
    ask->script = NULL;
    send_ask(redis, ask);
}

static void on_answer(void *context, const redisReply *reply)
{
    struct redis_ask *ask = context;
    struct redis *redis = ask->redis;

    if (!reply && ask->keep) {
        keep_ask(redis, ask);
        return;
    }
    if (ask->script && reply_is(reply, REDIS_REPLY_ERROR) && text_starts(reply_text(reply), T("NOSCRIPT"))) {
        send_script(redis, ask);
        return;
    }
    if (ask->then)
        ask->then(ask->context, reply);
    ask_free(ask);
}

static void take_asks(struct redis *redis)
{
    struct redis_ask *ask, *next;

    pthread_mutex_lock(&redis->mutex);
    ask = redis->first;
    redis->first = NULL;
    redis->last = &redis->first;
    redis->waiting = 0;
    pthread_mutex_unlock(&redis->mutex);
    for (; ask; ask = next) {
        next = ask->next;
        if (ask->purpose == FOR_CACHE && !ask->keep && !ask->then && !redis_link_roomy(&redis->ask))
            ask_free(ask); /* what is put in the cache does not hold up what somebody waits for */
        else if (redis->phase == REDIS_HERE)
            send_ask(redis, ask);
        else
            on_answer(ask, NULL);
    }
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
    struct redis_ask *kept = redis->kept, *next;

    if (lost)
        bus_deliver(redis->bus, text_of(bus_lost.name), UUID_NONE, T(""));
    redis->phase = REDIS_HERE;
    redis->kept = NULL;
    redis->kept_last = &redis->kept;
    redis->kept_count = 0;
    for (; kept; kept = next) {
        next = kept->next;
        send_ask(redis, kept);
    }
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
    take_asks(redis);
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
    take_asks(redis);
    return NULL;
}

/* --- for bus.c ------------------------------------------------------------------------------------------------------------------ */

static void digest(const char *script, char out[static 41])
{
    unsigned char hash[SHA_DIGEST_LENGTH];

    SHA1((const unsigned char *)script, strlen(script), hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

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
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        redis->scripts[i].text = script_texts[i];
        digest(script_texts[i], redis->scripts[i].digest);
    }
    pthread_mutex_init(&redis->mutex, NULL);
    redis->last = &redis->first;
    redis->kept_last = &redis->kept;
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
    struct redis_ask *kept, *next;

    if (!redis)
        return;
    pthread_mutex_lock(&redis->mutex);
    redis->stopping = true;
    pthread_mutex_unlock(&redis->mutex);
    redis_wake(redis);
    pthread_join(redis->thread, NULL);
    for (kept = redis->kept; kept; kept = next) {
        next = kept->next;
        ask_free(kept);
    }
    close(redis->wake_fd);
    pthread_mutex_destroy(&redis->mutex);
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
