/*
 * Ten thousand guesses from ten thousand addresses, with the right password among them: at one account, and one at each of many.
 *
 * Seen: without the limit over all accounts the second attack has more decided than it may (tests/security/defences.test.mjs). That an
 * account is locked at all was seen with tests/scenario/accounts.c.
 */
#include "tests/scenario/world.h"

enum { GUESSES = 10000, RIGHT = 7777, SPRAYED = 1000 };

static const char *const options[] = { "TRUSTED_PROXIES", "127.0.0.1", "RATE_LIMIT_AUTH", "5/1m", NULL };

static struct answer guess(struct world *world, int n, const char *body)
{
    const char *from = text_z(world_arena(world), text_format(world_arena(world), "X-Forwarded-For: 2001:db8:%x:%x::1", n / 256 + 1, n % 256));

    return ask(world, NULL, "POST /api/auth/login", body, from);
}

/* Of those that were decided, the password was looked at. */
static void guess_one(struct world *world)
{
    int decided = 0, let_in = 0;

    world_about(world, "one account, from everywhere");
    for (int n = 0; n < GUESSES; n++) {
        struct answer answer = guess(world, n, n == RIGHT ? "{'email':'{owner.email}','password':'{owner.password}'}" : "{'email':'{owner.email}','password':'Wrong-Guess-1'}");

        decided += answer.status == 401;
        let_in += answer.status == 200;
        if (!expect_answer(world, &answer, answer.status == 401 || answer.status == 423 || answer.status == 429 || answer.status == 200, "guess %d is answered", n + 1))
            return;
    }
    expect(world, let_in == 0, "the right password among the guesses is not let in");
    expect(world, decided >= 1 && decided <= 5, "five are decided at most, not %d", decided);
    run_row(world, &(struct scenario){ "who is signed in notices nothing", .as = OWNER, .send = "GET /api/auth/me" });
}

static void guess_many(struct world *world)
{
    int decided = 0;

    world_about(world, "one guess at each of many accounts");
    world_shift(world, 20 * MINUTE);
    for (int n = 0; n < SPRAYED; n++) {
        const char *body = text_z(world_arena(world), text_format(world_arena(world), "{'email':'person-%d@example.com','password':'Summer-2026'}", n));
        struct answer answer = guess(world, n, body);

        decided += answer.status == 401;
        if (!expect_answer(world, &answer, answer.status == 401 || answer.status == 429, "guess %d is answered", n + 1))
            return;
    }
    expect(world, decided >= 90 && decided <= 205, "a hundred a minute are decided, not %d", decided); /* it may take two windows */
}

static void run(struct world *world)
{
    kept(world, "owner.token");
    guess_one(world);
    guess_many(world);
}

const struct suite guessing_scenarios = { .run = run, .config = options };

/* --- whose address it is ---------------------------------------------------------------------------------------------------------- */

#define LOGIN .send = "POST /api/auth/login", .body = "{'email':'nobody@example.com','password':'Wrong-Guess-1'}"
#define ANOTHER .send = "POST /api/auth/login", .body = "{'email':'nobody-else@example.com','password':'Wrong-Guess-1'}"

static const struct scenario buckets[] = {
    { "one network of IPv6 is one caller (RFC 4291 §2.5.4)", LOGIN, .headers = "X-Forwarded-For: 2001:db8:0:1::1", .error = "INVALID_CREDENTIALS" },
    { "whatever address it takes", LOGIN, .headers = "X-Forwarded-For: 2001:db8:0:1::2", .error = "INVALID_CREDENTIALS" },
    { "within", LOGIN, .headers = "X-Forwarded-For: 2001:db8:0:1:ffff:ffff:ffff:ffff", .error = "INVALID_CREDENTIALS" },
    { "its 64 bits", LOGIN, .headers = "X-Forwarded-For: 2001:0DB8:0000:0001:0:0:0:77", .error = "RATE_LIMITED" },
    { "the next one is another", LOGIN, .headers = "X-Forwarded-For: 2001:db8:0:2::1", .error = "INVALID_CREDENTIALS" },
    { "what stands left of the last hop makes no new caller", ANOTHER, .headers = "X-Forwarded-For: 203.0.113.1, 198.51.100.9", .error = "INVALID_CREDENTIALS" },
    { "nor does another", ANOTHER, .headers = "X-Forwarded-For: 203.0.113.2, 198.51.100.9", .error = "INVALID_CREDENTIALS" },
    { "nor a line of its own", ANOTHER, .headers = "X-Forwarded-For: 203.0.113.3\nX-Forwarded-For: 198.51.100.9", .error = "INVALID_CREDENTIALS" },
    { "nor nonsense", ANOTHER, .headers = "X-Forwarded-For: nonsense, 198.51.100.9", .error = "RATE_LIMITED" },
    { "IPv4 in IPv6 is IPv4", ANOTHER, .headers = "X-Forwarded-For: ::ffff:198.51.100.9", .error = "RATE_LIMITED" },
    { "other headers say nothing", ANOTHER, .headers = "X-Forwarded-For: 198.51.100.9\nX-Real-IP: 203.0.113.9\nForwarded: for=203.0.113.9\nTrue-Client-IP: 203.0.113.9", .error = "RATE_LIMITED" },
};

static const char *const three[] = { "TRUSTED_PROXIES", "127.0.0.1", "RATE_LIMIT_AUTH", "3/1m", NULL };

const struct suite buckets_scenarios = { SCENARIOS(buckets), .config = three };
