#include "app/app.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/bus.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/auth/auth.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "store/migrate.h"

static enum result make_data_dir(struct call *call)
{
    char *dir = text_z(&call->arena, config.data_dir);

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(call, UNAVAILABLE, "Cannot make DATA_DIR %s: %s.", dir, strerror(errno));
    return OK;
}

enum result app_open(struct call *call, struct app *app)
{
    int applied;

    *app = (struct app){ .on = { .modules = app_modules, .started = clock_now() } };
    call->on = &app->on;
    TRY(make_data_dir(call));
    TRY(crypto_start(call));
    TRY(db_open(call, config.database_url, &app->on.db));
    return migrate_up(call, &applied);
}

static enum result start_modules(struct call *call)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "app.start");

    for (const struct module *const *module = call->on->modules; *module; module++)
        if ((*module)->start)
            TRY((*module)->start(call));
    return OK;
}

enum result app_start(struct call *call, struct app *app)
{
    static const struct http_setup setup = { auth_identify, auth_csrf };
    enum { RUNNERS = 2 };
    SCOPED(buffer) struct buffer faults = { 0 };

    if (!http_check_routes(app_modules, &faults))
        return fail(call, INTERNAL, "%.*s", TEXT_ARG(buffer_view(&faults)));
    TRY(app_open(call, app));
    TRY(bus_open(call, &app->on, &app->on.bus));
    TRY(start_modules(call));
    TRY(http_start(call, &app->on, &setup));
    jobs_start(&app->on, RUNNERS, true);
    LOG(INFO, NULL, "listening", LI("port", http_port(app->on.http)), LZ("database", db_engine(app->on.db)));
    return OK;
}

void app_stop(struct app *app, int64_t drain)
{
    struct jobs *jobs = app->on.jobs;

    http_stop(app->on.http, drain);
    app->on.http = NULL;
    jobs_stop(jobs, drain);
    app->on.jobs = NULL;
    for (const struct module *const *module = app->on.modules; module && *module; module++)
        if ((*module)->stop)
            (*module)->stop(&app->on);
    bus_close(app->on.bus);
    db_close(app->on.db);
    *app = (struct app){ 0 };
}

static bool check_queries(struct app *app, const struct query *const *queries, struct buffer *faults)
{
    char fault[512];
    bool ok = true;

    for (; queries && *queries; queries++)
        if (!db_check(app->on.db, *queries, fault)) {
            buffer_format(faults, "query %s\n", fault);
            ok = false;
        }
    return ok;
}

bool app_check(struct app *app, struct buffer *faults)
{
    bool ok = http_check_routes(app_modules, faults);

    ok &= check_queries(app, jobs_queries, faults);
    for (const struct module *const *module = app_modules; *module; module++)
        ok &= check_queries(app, (*module)->queries, faults);
    return ok;
}
