/*
 * Budgets in Redis: one atomic script and one round trip each, Redis's own clock. An account is a hash: `spent`, `until` (how
 * long that is good), `held` (the sum of its holds), `settled` (calls, ever), `at` (when the last one was), and each hold's
 * amount by its id; beside it stands a set of the holds by their ends. What the answers mean is that of memory_budgets.c.
 *
 * A settlement whose answer was lost is sent again: `tenon:budget:settled` knows those of the last minutes, so that none counts
 * twice, and so that a hold which an overtaken connection brings late is not taken.
 */
#include "bus/redis.h"

/* `%.0f`: Lua spells large numbers with an exponent. */
const char redis_hold_script[] =
    "local time = redis.call('TIME')\n"
    "local id, amount = ARGV[1], tonumber(ARGV[2])\n"
    "local now = time[1] * 1000000 + time[2] + tonumber(ARGV[4])\n"
    "local answer, which, settled = 0, 0, '0'\n"
    "if redis.call('ZSCORE', KEYS[1], id) then return {1, 0, '0'} end\n"
    "for i = 2, #KEYS, 2 do\n"
    "  for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i + 1], '-inf', string.format('%.0f', now))) do\n"
    "    local amount = tonumber(redis.call('HGET', KEYS[i], ended) or '0')\n"
    "    if amount > 0 then redis.call('HINCRBY', KEYS[i], 'held', string.format('%.0f', -amount)) end\n"
    "    redis.call('HDEL', KEYS[i], ended)\n"
    "    redis.call('ZREM', KEYS[i + 1], ended)\n"
    "  end\n"
    "  local kept = redis.call('HMGET', KEYS[i], 'spent', 'until', 'held', 'settled')\n"
    "  local spent, limit, found = tonumber(kept[1]), tonumber(ARGV[4 + i / 2]), 0\n"
    "  if not spent or tonumber(kept[2] or '0') <= now then found = 3\n"
    "  elseif spent >= limit then found = 2\n"
    "  elseif redis.call('ZCARD', KEYS[i + 1]) > 0 and spent + tonumber(kept[3] or '0') + amount > limit then found = 1 end\n"
    "  if found > answer then answer, which, settled = found, i / 2 - 1, kept[4] or '0' end\n"
    "end\n"
    "if answer == 0 then\n"
    "  for i = 2, #KEYS, 2 do\n"
    "    redis.call('HINCRBY', KEYS[i], 'held', ARGV[2])\n"
    "    redis.call('HSET', KEYS[i], id, ARGV[2])\n"
    "    redis.call('ZADD', KEYS[i + 1], string.format('%.0f', now + tonumber(ARGV[3])), id)\n"
    "    redis.call('PEXPIRE', KEYS[i], 172800000)\n"
    "    redis.call('PEXPIRE', KEYS[i + 1], 172800000)\n"
    "  end\n"
    "end\n"
    "return {answer, which, settled}\n";

const char redis_settle_script[] =
    "local time = redis.call('TIME')\n"
    "local now = time[1] * 1000000 + time[2] + tonumber(ARGV[3])\n"
    "if redis.call('ZADD', KEYS[1], 'NX', string.format('%.0f', now), ARGV[1]) == 0 then return 0 end\n"
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - 300000000))\n"
    "redis.call('PEXPIRE', KEYS[1], 600000)\n"
    "for i = 2, #KEYS, 2 do\n"
    "  local amount = tonumber(redis.call('HGET', KEYS[i], ARGV[1]) or '0')\n"
    "  if amount > 0 then redis.call('HINCRBY', KEYS[i], 'held', string.format('%.0f', -amount)) end\n"
    "  redis.call('HDEL', KEYS[i], ARGV[1])\n"
    "  redis.call('ZREM', KEYS[i + 1], ARGV[1])\n"
    "  if redis.call('HEXISTS', KEYS[i], 'spent') == 1 then redis.call('HINCRBY', KEYS[i], 'spent', ARGV[2]) end\n"
    "  redis.call('HINCRBY', KEYS[i], 'settled', 1)\n"
    "  redis.call('HSET', KEYS[i], 'at', string.format('%.0f', now))\n"
    "  redis.call('PEXPIRE', KEYS[i], 172800000)\n"
    "end\n"
    "return 1\n";

const char redis_seed_script[] =
    "local time = redis.call('TIME')\n"
    "local now = time[1] * 1000000 + time[2] + tonumber(ARGV[4])\n"
    "local kept = redis.call('HMGET', KEYS[1], 'spent', 'settled', 'at')\n"
    "local spent, exact = ARGV[1], (kept[2] or '0') == ARGV[2]\n"
    "if not exact and not kept[1] then return 0 end\n"
    "local quiet = exact and now - tonumber(kept[3] or '0') > tonumber(ARGV[5])\n"
    "if kept[1] and not quiet and tonumber(kept[1]) > tonumber(spent) then spent = kept[1] end\n"
    "redis.call('HSET', KEYS[1], 'spent', spent, 'until', string.format('%.0f', now + tonumber(ARGV[3])))\n"
    "redis.call('PEXPIRE', KEYS[1], 172800000)\n"
    "return 1\n";

/* Keys and arguments of a call, with what bears them. */
struct parts {
    struct arena arena;
    text items[1 + 2 * BUDGETS_AT_ONCE + 4 + BUDGETS_AT_ONCE];
    size_t len, keys;
};

static void add_number(struct parts *parts, int64_t number)
{
    char spelled[24];

    parts->items[parts->len++] = text_copy(&parts->arena, redis_number(number, spelled));
}

static void add_keys(struct parts *parts, const struct budget_account *accounts, size_t count)
{
    parts->items[parts->len++] = T("tenon:budget:settled");
    for (size_t i = 0; i < count; i++) {
        parts->items[parts->len++] = text_format(&parts->arena, "tenon:budget:%.*s", TEXT_ARG(accounts[i].name));
        parts->items[parts->len++] = text_format(&parts->arena, "tenon:budget:%.*s:holds", TEXT_ARG(accounts[i].name));
    }
    parts->keys = parts->len;
}

/* The parts are copied. */
static struct redis_ask *ask_of(struct redis *redis, int script, struct parts *parts)
{
    struct redis_ask *ask = redis_ask_new(redis, FOR_BUDGETS);
    char keys[24];

    redis_number((int64_t)parts->keys, keys);
    redis_ask_script(ask, &redis->scripts[script], parts->items, parts->len, keys);
    arena_free(&parts->arena);
    return ask;
}

struct answered {
    bool read;
    struct budget_verdict verdict;
};

static void on_answer(void *context, const redisReply *reply)
{
    static const enum budget_answer answers[] = { BUDGET_HELD, BUDGET_BUSY, BUDGET_SPENT, BUDGET_UNKNOWN };
    struct answered *answered = context;
    int64_t settled;

    if (!reply_is(reply, REDIS_REPLY_ARRAY) || reply->elements != 3 || reply->element[0]->integer < 0 || reply->element[0]->integer >= (int64_t)COUNT(answers) ||
        !reply_is(reply->element[2], REDIS_REPLY_STRING) || !text_int(reply_text(reply->element[2]), &settled))
        return;
    answered->verdict = (struct budget_verdict){ answers[reply->element[0]->integer], (size_t)reply->element[1]->integer, true, settled };
    answered->read = true;
}

bool redis_budget_hold(struct redis *redis, const struct budget_account *accounts, size_t count, uuid hold, int64_t amount, int64_t ttl,
                       struct budget_verdict *ret_verdict)
{
    struct answered answered = { 0 };
    struct parts parts = { 0 };

    if (!redis_up(redis))
        return false;
    add_keys(&parts, accounts, count);
    parts.items[parts.len++] = uuid_text(&parts.arena, hold);
    add_number(&parts, amount);
    add_number(&parts, ttl);
    add_number(&parts, clock_shifted());
    for (size_t i = 0; i < count; i++)
        add_number(&parts, accounts[i].limit);
    if (!redis_call(ask_of(redis, SCRIPT_HOLD, &parts), on_answer, &answered) || !answered.read || answered.verdict.which >= count)
        return false;
    *ret_verdict = answered.verdict;
    return true;
}

void redis_budget_settle(struct redis *redis, const struct budget_account *accounts, size_t count, uuid hold, int64_t actual)
{
    struct parts parts = { 0 };
    struct redis_ask *ask;

    add_keys(&parts, accounts, count);
    parts.items[parts.len++] = uuid_text(&parts.arena, hold);
    add_number(&parts, actual);
    add_number(&parts, clock_shifted());
    ask = ask_of(redis, SCRIPT_SETTLE, &parts);
    ask->keep = true;
    redis_submit(ask);
}

void redis_budget_seed(struct redis *redis, text name, int64_t settled, int64_t spent, int64_t life)
{
    struct parts parts = { 0 };

    parts.items[parts.len++] = text_format(&parts.arena, "tenon:budget:%.*s", TEXT_ARG(name));
    parts.keys = parts.len;
    add_number(&parts, spent);
    add_number(&parts, settled);
    add_number(&parts, life);
    add_number(&parts, clock_shifted());
    add_number(&parts, BUDGET_QUIET);
    redis_submit(ask_of(redis, SCRIPT_SEED, &parts)); /* one that is lost is asked for again */
}
