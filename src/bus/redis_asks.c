/* What is asked of Redis: commands on their way from any thread to the driver's, and back. */
#include "bus/redis.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/fiber.h"

enum { MOST_WAITING = 8192, MOST_KEPT = 4096 };

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
    [SCRIPT_HOLD] = redis_hold_script, [SCRIPT_SETTLE] = redis_settle_script, [SCRIPT_SEED] = redis_seed_script,
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
    struct condition answered;
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
    condition_signal(&waiting->answered);
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
    ask->then = on_waited;
    ask->context = &waiting;
    if (redis_submit(ask)) {
        pthread_mutex_lock(&waiting.mutex);
        while (!waiting.done) /* the thread never blocks while Redis is up: it answers, if only that it is late */
            condition_wait(&waiting.answered, &waiting.mutex, 0);
        pthread_mutex_unlock(&waiting.mutex);
    }
    pthread_mutex_destroy(&waiting.mutex);
    return waiting.ok;
}

/* --- on the thread ---------------------------------------------------------------------------------------------------------- */

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

void redis_asks_take(struct redis *redis)
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

void redis_asks_send_kept(struct redis *redis)
{
    struct redis_ask *kept = redis->kept, *next;

    redis->kept = NULL;
    redis->kept_last = &redis->kept;
    redis->kept_count = 0;
    for (; kept; kept = next) {
        next = kept->next;
        send_ask(redis, kept);
    }
}

/* --- begin and end ---------------------------------------------------------------------------------------------------------- */

static void digest(const char *script, char out[static 41])
{
    unsigned char hash[SHA_DIGEST_LENGTH];

    SHA1((const unsigned char *)script, strlen(script), hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

void redis_asks_open(struct redis *redis)
{
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        redis->scripts[i].text = script_texts[i];
        digest(script_texts[i], redis->scripts[i].digest);
    }
    pthread_mutex_init(&redis->mutex, NULL);
    redis->last = &redis->first;
    redis->kept_last = &redis->kept;
}

void redis_asks_close(struct redis *redis)
{
    struct redis_ask *kept, *next;

    for (kept = redis->kept; kept; kept = next) {
        next = kept->next;
        ask_free(kept);
    }
    pthread_mutex_destroy(&redis->mutex);
}
