/*
 * Scenarios: what a client may expect of the API, as tables. A row is one request and what its answer must be.
 *
 *     { "a key is shown once", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'deploy'}",
 *       .status = 201, .has = { "data.name=deploy", "data.key^tn_live_" }, .keep = { "deploy.id=data.id" }, .audit = "key.created" },
 *     { "it can be read, without the key", .as = OWNER, .send = "GET /api/keys/{deploy.id}", .has = { "data.name=deploy" }, .lacks = { "data.key" } },
 *
 * The rows of a table run in order, in one process with the real application, on a free port and a fresh DATA_DIR; each
 * table has an application of its own. A feature's table stands beside its code as src/features/X/X_test.c and is called
 * X_scenarios; it is found by its name. Tables about no single feature stand in tests/scenario/ (scenario_main.c lists them).
 *
 * What no row has to say, because it is checked for every answer: the security headers, X-Request-Id, valid JSON, the
 * shape of errors with `code` belonging to the status, no SQL and no path in it. What no table has to say, because
 * every_route.c and isolation.c derive it from the table of routes: who may not call a route, which methods it refuses,
 * every bound and type of a body's and query's fields, another organization's objects.
 *
 * At the end every route must have been answered with success by some row: a route without a scenario fails the run.
 */
#ifndef TENON_TESTS_SCENARIO_H
#define TENON_TESTS_SCENARIO_H

#include "app/app.h"
#include "http/http.h"

/* --- who sends (`.as`); made when first needed. Without it: nobody. ---------------------------------------------------------- */

#define OWNER "owner"       /* signed up, so owner of an organization; variables {owner.id} {owner.org} {owner.email} {owner.password} {owner.token} */
#define STRANGER "stranger" /* the same, in another organization */
#define ADMIN "admin"       /* in the owner's organization, by role */
#define MEMBER "member"
#define VIEWER "viewer"
#define ROOT "root"         /* signed up, and an administrator of the installation */
#define BROWSER "browser"            /* the owner by session cookie, with the CSRF token; {browser.cookie} {browser.csrf} */
#define BROWSER_BARE "browser-bare"  /* the same cookie, without the CSRF token */
#define KEY(scopes) "key " scopes    /* an API key of the owner's organization with these scopes, by spaces */
#define BEARER(token) "bearer " token
#define COOKIE(cookie) "cookie " cookie

/* --- rows ------------------------------------------------------------------------------------------------------------------ */

enum { MOST_CHECKS = 16 };

struct world;
struct answer;

struct scenario {
    const char *name; /* what the row shows, as a sentence */
    const char *as;
    const char *send;    /* `METHOD /path`; here and in all texts below {name} stands for a kept variable */
    const char *body;    /* JSON; ' is written for " */
    const char *text;    /* a body as it is, instead */
    const char *file, *content, *form; /* a multipart body instead: the file's name and content, and `a=b&c=d` as other parts */
    const char *headers; /* `Name: value` by \n */

    int status;                     /* 0: 200 */
    const char *error;              /* error.code; the status follows from it */
    const char *has[MOST_CHECKS];   /* members of the answer by path: `a.b`, `a.0.b=value`, `a^begin`, `a~part`, `a#3` (so many items), `a!` (null) */
    const char *lacks[MOST_CHECKS]; /* paths that must not be there */
    const char *says[MOST_CHECKS];  /* parts of the body as it is */
    const char *hides[MOST_CHECKS]; /* what must not stand in it */
    const char *heads[MOST_CHECKS]; /* headers: `Name: begin of value`, `Name`, `!Name` (not there) */
    const char *keep[MOST_CHECKS];  /* `name=path`, `name=@Header` or, of the session cookie, `name=@cookie` */
    const char *audit;              /* action of the newest row of the audit log afterwards, and `target` behind a space */
    void (*check)(struct world *world, const struct answer *answer);

    int times;        /* the row is sent so often; 0: once */
    bool eventually;  /* it is sent again until it passes, for at most ten seconds */
    int64_t later;    /* the clock moves by so many microseconds before it */
};

struct suite {
    const struct scenario *rows;
    size_t count;
    const char *const *config;  /* options differing from the usual ones: name, value, …, NULL */
    void (*run)(struct world *world); /* after the rows: what a table cannot say */
};

#define SCENARIOS(table) .rows = (table), .count = COUNT(table)

/* --- for checks and for `.run` -------------------------------------------------------------------------------------------------- */

struct answer {
    int status;
    text head; /* lines with their CRLF */
    text body;
};

/* Sends one request and checks what holds for every answer. The answer lives until the world ends. */
struct answer ask(struct world *world, const char *as, const char *send, const char *body, const char *headers);

/* The same with a body of any bytes (absent: none). */
struct answer ask_bytes(struct world *world, const char *as, const char *send, text body, const char *headers);

text answer_header(const struct answer *answer, const char *name); /* absent when it is not there */
text answer_member(struct world *world, const struct answer *answer, const char *path); /* strings without quotes; absent */
bool answer_has(struct world *world, const struct answer *answer, const char *expectation); /* as in `.has` */

void keep(struct world *world, const char *name, text value);
text kept(struct world *world, const char *name);
const char *filled(struct world *world, const char *pattern); /* with its variables put in */

/* Counts one check; when it does not hold, says so with the suite, the row and what printf makes of the rest. */
bool expect(struct world *world, bool holds, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool expect_answer(struct world *world, const struct answer *answer, bool holds, const char *format, ...) __attribute__((format(printf, 4, 5)));

void run_row(struct world *world, const struct scenario *row);
void run_rows(struct world *world, const struct scenario *rows, size_t count);
#define ROWS_OF(world, ...)                                     \
    do {                                                        \
        static const struct scenario rows_[] = { __VA_ARGS__ }; \
        run_rows((world), rows_, COUNT(rows_));                 \
    } while (0)
struct answer ask_row(struct world *world, const struct scenario *row); /* sends it and checks no more than what always holds */

/* Requests that meet: sent at the same moment, each on a connection of its own; `status` is what it was answered with, `said`
   whether `says` stood in the answer. */
struct at_once {
    const char *as, *send, *body, *says;
    int status;
    bool said;
};
void ask_at_once(struct world *world, struct at_once *asked, size_t count);

/* The same in two steps, for what happens while they are under way; `asked` lives until the second. */
struct asking;
struct asking *ask_begin(struct world *world, struct at_once *asked, size_t count);
void ask_end(struct asking *asking);
size_t answered_with(const struct at_once *asked, size_t count, int status);

/* The same request `count` times at once; how many were answered with `status`. */
size_t same_at_once(struct world *world, size_t count, const char *send, const char *body, int status);

/* The newest letter to this address that holds `part` (absent when none comes within ten seconds), readable; and what stands
   behind `part` in it up to the next character that is in no token. */
text letter_to(struct world *world, const char *address, const char *part);
text letter_token(struct world *world, const char *address, const char *part);

struct arena *world_arena(struct world *world);
struct app *world_app(struct world *world);
const char *world_dir(struct world *world);
void world_about(struct world *world, const char *what); /* what is being tried, for messages */
void world_shift(struct world *world, int64_t by); /* moves the clock until the world ends */

/* --- suites ------------------------------------------------------------------------------------------------------------------------ */

/* The number of checks and of failures so far. */
struct tally {
    size_t checks, failures, requests;
};
extern struct tally tally;

/* Runs a suite in a world of its own. */
void suite_run(const char *name, const struct suite *suite);

/* Every feature's suite, NULL behind the last. */
extern const struct suite *const feature_suites[];

/* Writes the routes that no row was answered by with success; true when there is none. */
bool every_route_was_hit(void);

#endif
