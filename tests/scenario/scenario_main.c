/* Runs every suite, or those named on the command line; see scenario.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/db.h"
#include "bus/bus.h"
#include "tests/scenario/world.h"

/* The features' tables: one a `src/features/X/X_test.c`, as the build found them. */
#define DECLARE(name) extern const struct suite name##_scenarios;
SCENARIO_FEATURES(DECLARE)

/* Tables and loops about no single feature; attacks stand in tests/security/. */
#define CROSSING(X) \
    X(every_route)  \
    X(accounts)     \
    X(private)      \
    X(named_admins) \
    X(isolation)    \
    X(attacks)      \
    X(sessions)     \
    X(tokens)       \
    X(streams)      \
    X(exports)      \
    X(forgery)      \
    X(assignment)   \
    X(once)         \
    X(addresses)    \
    X(proxied)      \
    X(buckets)      \
    X(guessing)     \
    X(limits)       \
    X(faults)
CROSSING(DECLARE)

#define NAMED(name) { #name, &name##_scenarios },
static const struct {
    const char *name;
    const struct suite *suite;
} suites[] = { SCENARIO_FEATURES(NAMED) CROSSING(NAMED) };

#define FEATURE(name) &name##_scenarios,
const struct suite *const feature_suites[] = { SCENARIO_FEATURES(FEATURE) NULL };

/* --- routes hit ---------------------------------------------------------------------------------------------------------------------------- */

static const struct route *hits[1024];
static size_t hit_count;

enum method method_named(text name)
{
    static const char *const names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

    for (int method = GET; method < METHOD_COUNT; method++)
        if (text_equal(name, text_of(names[method])))
            return (enum method)method;
    return METHOD_NONE;
}

/* Number of literal segments when the path fits the pattern, else -1. */
static int fits(text pattern, text path)
{
    int literals = 0;

    while (pattern.ptr && path.ptr) {
        text wanted = text_cut(&pattern, '/'), given = text_cut(&path, '/');
        bool parameter = text_starts(wanted, T(":"));

        if (parameter ? !given.len : !text_equal(wanted, given))
            return -1;
        literals += !parameter;
    }
    return pattern.ptr || path.ptr ? -1 : literals;
}

const struct route *route_for(enum method method, text path)
{
    const struct route *best = NULL;
    int most = -1;

    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++) {
            int literals = route->method == method ? fits(text_of(route->path), path) : -1;

            if (literals > most) {
                most = literals;
                best = route;
            }
        }
    return best;
}

static bool was_hit(const struct route *route)
{
    for (size_t i = 0; i < hit_count; i++)
        if (hits[i] == route)
            return true;
    return false;
}

void note_hit(const char *method, text path, int status)
{
    const struct route *route = route_for(method_named(text_of(method)), path);

    if (route && status >= 200 && status < 400 && !was_hit(route) && hit_count < COUNT(hits))
        hits[hit_count++] = route;
}

bool every_route_was_hit(void)
{
    static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };
    bool all = true;

    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            if (!was_hit(route)) {
                fprintf(stderr, "no scenario was answered with success by %s %s\n", methods[route->method], route->path);
                all = false;
            }
    return all;
}

/* --- running ---------------------------------------------------------------------------------------------------------------------------------- */

/* A short suite may be over before the bus has said its first word. */
static bool comes_to(struct bus *bus, text cache)
{
    for (int64_t until = clock_ticks() + 5 * SECOND; clock_ticks() < until; clock_sleep(2 * MILLISECOND))
        if (text_equal(bus_health(bus).cache, cache))
            return true;
    return false;
}

static void check_app(struct world *world)
{
    SCOPED(buffer) struct buffer faults = { 0 };

    world->about = "the program's own check";
    expect(world, strcmp(db_engine(world->app.on.db), test_database_is_postgres() ? "postgresql" : "sqlite") == 0, "it runs on the engine that was asked for");
    expect(world, comes_to(world->app.on.bus, getenv("TENON_TEST_REDIS_URL") ? T("redis") : T("memory")), "and on the bus that was asked for");
    expect(world, app_check(&world->app, &faults), "queries prepare, the tenant rule holds, routes are whole: %.*s", TEXT_ARG(buffer_view(&faults)));
}

void suite_run(const char *name, const struct suite *suite)
{
    struct world *world = calloc(1, sizeof *world);
    struct tally before = tally;
    int64_t begun = clock_ticks();

    if (!world || !world_open(world, name, suite->config)) {
        tally.failures++;
        free(world);
        return;
    }
    for (size_t i = 0; i < suite->count; i++)
        run_row(world, &suite->rows[i]);
    if (suite->run)
        suite->run(world);
    check_app(world);
    world_close(world);
    free(world);
    printf("%-16s %5zu requests %6zu checks %3zu failed %6lld ms\n", name, tally.requests - before.requests, tally.checks - before.checks,
           tally.failures - before.failures, (long long)((clock_ticks() - begun) / MILLISECOND));
    fflush(stdout);
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    bool whole = true;

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < COUNT(suites); i++)
        if (wanted(suites[i].name, argc, argv))
            suite_run(suites[i].name, suites[i].suite);
    if (argc == 1)
        whole = every_route_was_hit();
    printf("%zu checks\n[  PASSED  ] %zu test(s).\n", tally.checks, tally.requests > tally.failures ? tally.requests - tally.failures : 0);
    if (tally.failures || !whole)
        printf("[  FAILED  ] %zu test(s).\n", tally.failures + !whole);
    return tally.failures == 0 && whole ? 0 : 1;
}
