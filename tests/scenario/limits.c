/* The six tiers of rate limits, each with its headers, its refusal, and its window's end. */
#include "tests/scenario/scenario.h"

#include <stdlib.h>

#define LOGIN .send = "POST /api/auth/login", .body = "{'email':'nobody@example.com','password':'Gantry-9-Kestrel'}"
#define REFUSED(limit) .error = "RATE_LIMITED", .heads = { "Retry-After", "X-RateLimit-Limit: " limit, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset" }
#define LIMITED(limit, remaining) .heads = { "X-RateLimit-Limit: " limit, "X-RateLimit-Remaining: " remaining, "X-RateLimit-Reset" }

static void waits_a_while(struct world *world, const struct answer *answer)
{
    int64_t seconds = 0;

    expect_answer(world, answer, text_int(answer_header(answer, "retry-after"), &seconds) && seconds >= 1 && seconds <= 900, "Retry-After is a number of seconds within the window");
}

static const struct scenario rows[] = {
    /* user: 12 a minute, each person for themself */
    { "the owner is counted", .as = OWNER, .send = "GET /api/orgs", LIMITED("12", "") },
    { "so is each request", .as = OWNER, .send = "GET /api/orgs", .times = 10 },
    { "until it is too much", .as = OWNER, .send = "GET /api/orgs", REFUSED("12"), .check = waits_a_while },
    { "whatever is asked for", .as = OWNER, .send = "GET /api/auth/me", REFUSED("12") },
    { "nothing is done then", .as = OWNER, .send = "PATCH /api/auth/me", .body = "{'name':'Changed'}", REFUSED("12") },
    { "others go on", .as = STRANGER, .send = "GET /api/orgs" },
    { "a new window begins", .as = OWNER, .send = "GET /api/auth/me", .later = 2 * MINUTE, .has = { "data.user.name=The owner" } },

    /* key: 3 a minute, each key for itself */
    { "a key is counted", .as = KEY("usage.read"), .send = "GET /api/usage/events", LIMITED("3", "2") },
    { "down", .as = KEY("usage.read"), .send = "GET /api/usage/events", LIMITED("3", "1") },
    { "to nothing", .as = KEY("usage.read"), .send = "GET /api/usage/events", LIMITED("3", "0") },
    { "then it is refused", .as = KEY("usage.read"), .send = "GET /api/usage/events", REFUSED("3"), .check = waits_a_while },
    { "another key goes on", .as = KEY("usage.read audit.read"), .send = "GET /api/usage/events" },
    { "and people do", .as = OWNER, .send = "GET /api/usage/events" },
    { "a key for /v1", .as = KEY("gateway.use"), .send = "GET /v1/models", .times = 3 },
    { "is refused as OpenAI does it", .as = KEY("gateway.use"), .send = "GET /v1/models", .status = 429, .has = { "error.code=rate_limit_exceeded", "error.message" },
      .heads = { "Retry-After", "X-RateLimit-Limit: 3" } },

    /* public: 4 a minute by address */
    { "strangers are counted by address", .send = "GET /openapi.json", LIMITED("4", "3"), .later = 5 * MINUTE },
    { "bad credentials too", .as = BEARER("wrong"), .send = "GET /api/orgs", .error = "UNAUTHENTICATED" },
    { "guessing keys too", .as = BEARER("tn_live_wrong"), .send = "GET /v1/models", .status = 401 },
    { "once more", .send = "GET /openapi.json", LIMITED("4", "0") },
    { "then they are refused", .send = "GET /openapi.json", REFUSED("4") },
    { "for guesses too", .as = BEARER("wrong"), .send = "GET /api/orgs", REFUSED("4") },
    { "the forged address of another helps nothing", .send = "GET /openapi.json", .headers = "X-Forwarded-For: 203.0.113.77", REFUSED("4") },
    { "health is never limited", .send = "GET /health", .times = 20, .heads = { "!X-RateLimit-Limit" } },
    { "nor is readiness", .send = "GET /api/health/ready", .times = 20 },

    /* auth: 6 a minute by address (three of them were the sign-ups above) */
    { "sign-ins are counted", LOGIN, .error = "INVALID_CREDENTIALS", .later = 5 * MINUTE, LIMITED("6", "5") },
    { "more of them", .send = "POST /api/auth/login", .body = "{'email':'somebody@example.com','password':'Wrong-Guess-1'}", .error = "INVALID_CREDENTIALS", .times = 5 },
    { "then even the right password is refused", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", REFUSED("6"),
      .check = waits_a_while },
    { "and so is signing up", .send = "POST /api/auth/signup", .body = "{'name':'x','email':'late@example.com','password':'Gantry-9-Kestrel'}", REFUSED("6") },
    { "who is signed in goes on", .as = OWNER, .send = "GET /api/auth/me" },
    { "later it is taken again", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .later = 3 * MINUTE },

    /* sensitive: 4 in 15 minutes by person (the keys above are long ago by then) */
    { "a fresh sign-in", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .later = 40 * MINUTE, .keep = { "owner.token=token" } },
    { "sensitive changes are counted", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'One'}", .status = 201, LIMITED("4", "3") },
    { "together", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'one'}", .status = 201, LIMITED("4", "2") },
    { "whether they succeed or not", .as = OWNER, .send = "POST /api/orgs", .body = "{}", .times = 2, .error = "VALIDATION_ERROR" },
    { "then they are refused", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'Five'}", REFUSED("4"), .check = waits_a_while },
    { "and nothing was made", .as = OWNER, .send = "GET /api/orgs", .has = { "data#2" } },
    { "others go on", .as = STRANGER, .send = "POST /api/orgs", .body = "{'name':'Two'}", .status = 201 },
    { "a minute is not enough", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'Five'}", .later = 2 * MINUTE, REFUSED("4") },
    { "half an hour is", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'Five'}", .later = 30 * MINUTE, .status = 201 },
};

static const char *const options[] = {
    "RATE_LIMIT_AUTH", "6/1m", "RATE_LIMIT_SENSITIVE", "4/15m", "RATE_LIMIT_PUBLIC", "4/1m", "RATE_LIMIT_USER", "12/1m", "RATE_LIMIT_KEY", "3/1m", "RATE_LIMIT_WIDGET", "2/1m", NULL,
};

/* The widget's tier has no route yet; its option is read and its rate is kept. */
const struct suite limits_scenarios = { SCENARIOS(rows), .config = options };
