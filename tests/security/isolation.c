/* The program's own selftest, on this server; and that it sees what crosses. */
#include "app/selftest.h"
#include "store/db.h"
#include "tests/scenario/world.h"

static void run(struct world *world)
{
    SCOPED(buffer) struct buffer report = { 0 };
    struct selftest_sums sums = { 0 };
    struct call call;
    enum result result;

    call_open(&call, &world_app(world)->on);
    result = selftest_isolation(&call, text_format(&call.arena, "http://127.0.0.1:%d", http_port(world_app(world)->on.http)), &report, &sums);
    world_about(world, "tenon selftest isolation");
    expect(world, result == OK, "it runs: %.*s", TEXT_ARG(call.failure.message));
    expect(world, sums.requests > 100, "it tries %zu requests", sums.requests);
    expect(world, sums.crossed == 0, "nothing crosses:\n%.*s", TEXT_ARG(buffer_view(&report)));
    expect(world, text_find(buffer_view(&report), T("left behind")) == SIZE_MAX, "nothing is left behind");
    if (db_is_shared(world_app(world)->on.db))
        expect(world, sums.tables >= 14, "every table is tried behind the program's back: %zu", sums.tables);
    call_close(&call);
}

const struct suite isolation_scenarios = { .run = run };
