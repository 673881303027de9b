#include "app/app.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "blob/blob.h"
#include "bus/bus.h"
#include "core/config.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "crypto/hashing.h"
#include "features/audit/audit_watch.h"
#include "features/auth/auth.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "store/db.h"
#include "store/migrate.h"

static enum result make_data_dir(struct call *call)
{
    char *dir = text_z(&call->arena, config.data_dir);

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(call, UNAVAILABLE, "Cannot make DATA_DIR %s: %s.", dir, strerror(errno));
    return OK;
}

/* Migrates where this process may: with the owner's URL, or on an engine that has no owner. */
static enum result migrate_as_owner(struct call *call, struct app *app)
{
    enum result result;
    int applied;

    TRY(db_open_owner(call, &app->on.db));
    result = migrate_up(call, &applied);
    if (result == OK && !db_is_shared(app->on.db))
        return OK; /* the same handle serves */
    db_close(app->on.db);
    app->on.db = NULL;
    return result;
}

/* The program serves from no database that is behind, or where one organization's rows could reach another. */
static enum result check_database(struct call *call)
{
    SCOPED(buffer) struct buffer faults = { 0 };
    int pending = 0;

    TRY(db_inspect(call, &faults));
    if (faults.len)
        return fail(call, UNAVAILABLE, "The database keeps organizations not apart, so nothing is served from it:\n%.*s", TEXT_ARG(buffer_view(&faults)));
    TRY(migrate_pending(call, &pending));
    if (pending)
        return fail(call, UNAVAILABLE, "The database is behind by %d migrations: run `tenon migrate` with DATABASE_OWNER_URL set.", pending);
    return OK;
}

enum result app_open(struct call *call, struct app *app)
{
    bool may_migrate = config.database_owner_url.len || !text_starts(config.database_url, T("postgres"));

    *app = (struct app){ .on = { .modules = app_modules, .started = clock_now() } };
    call->on = &app->on;
    TRY(make_data_dir(call));
    TRY(crypto_start(call));
    if (may_migrate)
        TRY(migrate_as_owner(call, app));
    if (!app->on.db)
        TRY(db_open(call, &app->on.db));
    return check_database(call);
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
    static const struct http_setup setup = { auth_identify, auth_csrf, auth_proven, auth_still, watch_refused, watch_missed };
    enum { RUNNERS = 2 };
    SCOPED(buffer) struct buffer faults = { 0 };

    if (!http_check_routes(app_modules, &faults))
        return fail(call, INTERNAL, "%.*s", TEXT_ARG(buffer_view(&faults)));
    TRY(app_open(call, app));
    hashing_start((size_t)config.hash_slots);
    TRY(bus_open(call, &app->on, &app->on.bus));
    TRY(start_modules(call));
    TRY(http_start(call, &app->on, &setup));
    jobs_start(&app->on, RUNNERS, !db_is_shared(app->on.db));
    LOG(INFO, NULL, "listening", LI("port", http_port(app->on.http)), LZ("database", db_engine(app->on.db)));
    return OK;
}

void app_stop(struct app *app, int64_t drain)
{
    bool ended = jobs_stop(app->on.jobs, drain); /* before the loops, which a job may wait for */

    http_stop(app->on.http, drain);
    if (!ended) { /* a job still uses all of this, and the process is about to end: it is run again by whoever comes next */
        app->on.http = NULL;
        app->on.jobs = NULL;
        return;
    }
    hashing_stop();
    jobs_free(app->on.jobs);
    app->on.jobs = NULL;
    for (const struct module *const *module = app->on.modules; module && *module; module++)
        if ((*module)->stop)
            (*module)->stop(&app->on);
    bus_close(app->on.bus);
    http_free(app->on.http);
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

/* What a person is given of themselves may be shown as it is. */
static bool check_exports(const struct module *module, struct buffer *faults)
{
    bool ok = true;

    for (const struct export *export = module->exports; export && export->name; export++) {
        const char *unfit = fields_unfit_view(export->query->row);

        if (!unfit && export->query->system)
            continue;
        buffer_format(faults, "export %s: %s%s\n", export->name, unfit ? "would show " : "its query is none of the system's", unfit ? unfit : "");
        ok = false;
    }
    return ok;
}

bool app_check(struct app *app, struct buffer *faults)
{
    bool ok = http_check_routes(app_modules, faults);

    ok &= check_queries(app, jobs_queries, faults);
    if (db_is_shared(app->on.db))
        ok &= check_queries(app, blob_shared_queries, faults);
    for (const struct module *const *module = app_modules; *module; module++) {
        ok &= check_queries(app, (*module)->queries, faults);
        ok &= check_exports(*module, faults);
    }
    return ok;
}
