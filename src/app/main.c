/* The command line: one row a command. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "app/people.h"
#include "app/selftest.h"
#include "blob/blob.h"
#include "core/config.h"
#include "core/log.h"
#include "http/http.h"
#include "store/copy.h"
#include "store/db.h"
#include "store/migrate.h"

static int complain(const struct call *call, enum result result)
{
    text message = call->failure.message.ptr ? call->failure.message : text_of(result_message(result));

    fprintf(stderr, "tenon: %.*s\n", TEXT_ARG(message));
    return 1;
}

static int print(struct buffer *out)
{
    bool ok = fwrite(buffer_view(out).ptr, 1, out->len, stdout) == out->len && fflush(stdout) == 0;

    buffer_free(out);
    return ok ? 0 : 1;
}

/* --- serve -------------------------------------------------------------------------------------------------------------- */

/* Signals are taken by this thread alone, in order, and not in the middle of anything. */
static int wait_for_stop(void)
{
    sigset_t set;
    int taken;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigwait(&set, &taken);
    return taken;
}

static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int serve(int argc, char **argv)
{
    struct app app = { 0 };
    struct call call;
    enum result result;
    int stop_signal;

    (void)argc;
    (void)argv;
    block_signals();
    call_open(&call, NULL);
    result = app_start(&call, &app);
    if (result != OK) {
        complain(&call, result);
        call_close(&call);
        return 1;
    }
    call_close(&call);
    show_setup_link(&app);
    stop_signal = wait_for_stop();
    LOG(INFO, NULL, "stopping", LI("signal", stop_signal));
    app_stop(&app, 30 * SECOND);
    LOG(INFO, NULL, "stopped");
    return 0;
}

/* --- the database --------------------------------------------------------------------------------------------------------- */

static int with_database(enum result (*run)(struct call *call, struct app *app, int argc, char **argv), bool migrated, int argc, char **argv)
{
    struct app app = { .on = { .modules = app_modules } };
    struct call call;
    enum result result;

    log_set_level(LOG_WARN);
    call_open(&call, &app.on);
    result = migrated ? app_open(&call, &app) : db_open_owner(&call, &app.on.db);
    if (result == OK)
        result = run(&call, &app, argc, argv);
    if (result != OK)
        complain(&call, result);
    db_close(app.on.db);
    call_close(&call);
    return result == OK ? 0 : 1;
}

/* The program's statements, prepared on a copy of the database. */
static bool check_copy(struct db *copy, struct buffer *faults)
{
    struct app beside = { .on = { .modules = app_modules, .db = copy } };

    return app_check(&beside, faults);
}

static enum result run_migrate(struct call *call, struct app *app, int argc, char **argv)
{
    const char *way = argc > 0 ? argv[0] : "up";
    struct buffer out = { 0 };
    int count = 0;

    (void)app;
    if (strcmp(way, "up") == 0) {
        TRY(migrate_up(call, &count));
        printf("%d applied\n", count);
        return OK;
    }
    if (strcmp(way, "--rehearse") == 0 || strcmp(way, "rehearse") == 0) {
        TRY(migrate_rehearse(call, check_copy, &out));
        return print(&out) == 0 ? OK : INTERNAL;
    }
    if (strcmp(way, "down") == 0) {
        int64_t steps = 1;

        if (argc > 1 && (!text_int(text_of(argv[1]), &steps) || steps < 1 || steps > 1000))
            return fail(call, VALIDATION_ERROR, "migrate down takes a number of steps");
        TRY(migrate_down(call, (int)steps, &count));
        printf("%d taken back\n", count);
        return OK;
    }
    if (strcmp(way, "status") != 0)
        return fail(call, VALIDATION_ERROR, "migrate takes up, down [STEPS], status or --rehearse");
    TRY(migrate_status(call, &out));
    return print(&out) == 0 ? OK : INTERNAL;
}

static int migrate(int argc, char **argv)
{
    return with_database(run_migrate, false, argc, argv);
}

static enum result run_doctor(struct call *call, struct app *app, int argc, char **argv)
{
    SCOPED(buffer) struct buffer faults = { 0 }, wall = { 0 };

    (void)argc;
    (void)argv;
    if (!app_check(app, &faults))
        fprintf(stderr, "%.*s", TEXT_ARG(buffer_view(&faults)));
    if (faults.len)
        return fail(call, INTERNAL, "the doctor found faults");
    printf("database   %s, migrated\nroutes     checked\nqueries    prepared, tenant rule holds\n", db_engine(app->on.db));
    TRY(db_describe(call, &wall));
    if (wall.len)
        printf("row-level security\n%.*s", TEXT_ARG(buffer_view(&wall)));
    return OK;
}

static int doctor(int argc, char **argv)
{
    return with_database(run_doctor, true, argc, argv);
}

static int user(int argc, char **argv)
{
    return with_database(run_user, true, argc, argv);
}

static int org(int argc, char **argv)
{
    return with_database(run_org, true, argc, argv);
}

static int key(int argc, char **argv)
{
    return with_database(run_key, true, argc, argv);
}

/* The value behind `name` among the arguments, or absent. */
static text argument(int argc, char **argv, const char *name)
{
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return text_of(argv[i + 1]);
    return TEXT_NONE;
}

static enum result copy_into(struct call *call, text path, text data_dir)
{
    struct buffer report = { 0 };
    int64_t files;

    TRY(copy_rows(call, path, &report));
    TRY(blob_take_over(call, data_dir, &files));
    buffer_format(&report, "%-20s %10lld taken over from %.*s\n", "files", (long long)files, TEXT_ARG(data_dir));
    return print(&report) == 0 ? OK : INTERNAL;
}

static int copy(int argc, char **argv)
{
    text from = argument(argc, argv, "--from"), to = argument(argc, argv, "--to"), data_dir = argument(argc, argv, "--data-dir");
    struct app app = { .on = { .modules = app_modules } };
    struct call call;
    enum result result;

    log_set_level(LOG_WARN);
    call_open(&call, &app.on);
    if (!text_starts(from, T("sqlite:")) || !text_starts(to, T("postgres")))
        result = fail(&call, VALIDATION_ERROR, "copy takes --from sqlite:PATH and --to postgresql://… (and --data-dir DIR, where the source keeps its files)");
    else
        result = db_open_url(&call, to, &app.on.db);
    if (result == OK)
        result = copy_into(&call, text_slice(from, 7, from.len), data_dir.len ? data_dir : config.data_dir);
    if (result != OK)
        complain(&call, result);
    db_close(app.on.db);
    call_close(&call);
    return result == OK ? 0 : 1;
}

/* --- selftest --------------------------------------------------------------------------------------------------------------- */

/* A server of this process: on the configured database where others may use it too, else on a new one in a directory that is
   removed afterwards. */
static enum result start_own(struct call *call, struct app *app, char dir[static 32])
{
    static const char *const set[] = { "PORT", "0", "HOST", "127.0.0.1", "RATE_LIMIT_AUTH", "0", "RATE_LIMIT_SENSITIVE", "0", "RATE_LIMIT_PUBLIC", "0",
                                       "RATE_LIMIT_USER", "0", "RATE_LIMIT_KEY", "0", "RATE_LIMIT_WIDGET", "0", NULL };

    strcpy(dir, "/tmp/tenon-selftest-XXXXXX");
    if (!mkdtemp(dir))
        return fail(call, UNAVAILABLE, "No temporary directory can be made.");
    for (const char *const *option = set; *option; option += 2)
        config_set(option[0], option[1]);
    config_set("DATA_DIR", dir);
    if (!text_starts(config.database_url, T("postgres")))
        config_set("DATABASE_URL", text_z(&call->arena, text_format(&call->arena, "sqlite:%s/tenon.db", dir)));
    return app_start(call, app);
}

static void remove_directory(const char *dir)
{
    pid_t child = *dir ? fork() : -1;

    if (child == 0) {
        execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
        _exit(127);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}

static enum result run_isolation(struct call *call, struct app *app, text url)
{
    struct buffer report = { 0 };
    struct selftest_sums sums = { 0 };
    enum result result = selftest_isolation(call, url.len ? url : text_format(&call->arena, "http://127.0.0.1:%d", http_port(app->on.http)), &report, &sums);

    if (sums.tables)
        buffer_format(&report, "%zu requests and %zu tables tried, %zu crossed\n", sums.requests, sums.tables, sums.crossed);
    else
        buffer_format(&report, "%zu requests tried, %zu crossed\n", sums.requests, sums.crossed);
    print(&report);
    TRY(result);
    return sums.crossed ? fail(call, INTERNAL, "organizations are not apart") : OK;
}

static int selftest(int argc, char **argv)
{
    text url = argument(argc, argv, "--url");
    struct app app = { .on = { .modules = app_modules } };
    char dir[32] = "";
    struct call call;
    enum result result;

    if (argc < 1 || strcmp(argv[0], "isolation") != 0) {
        fputs("tenon: selftest takes isolation [--url URL]\n", stderr);
        return 2;
    }
    block_signals();
    log_set_level(LOG_ERROR);
    call_open(&call, &app.on);
    result = url.len ? db_open(&call, &app.on.db) : start_own(&call, &app, dir);
    if (result == OK)
        result = run_isolation(&call, &app, url);
    if (result != OK)
        complain(&call, result);
    call_close(&call);
    if (url.len)
        db_close(app.on.db);
    else
        app_stop(&app, SECOND);
    remove_directory(dir);
    return result == OK ? 0 : 1;
}

/* --- tables --------------------------------------------------------------------------------------------------------------- */

static int show_config(int argc, char **argv)
{
    struct buffer out = { 0 };

    if (argc > 0 && strcmp(argv[0], "--example") == 0)
        config_print_example(&out);
    else if (argc > 0 && strcmp(argv[0], "--page") == 0)
        config_print_page(&out);
    else
        config_print(&out);
    return print(&out);
}

static int show_openapi(int argc, char **argv)
{
    struct buffer out = { 0 };

    (void)argc;
    (void)argv;
    openapi_write(&out, app_modules);
    buffer_char(&out, '\n');
    return print(&out);
}

static int show_routes(int argc, char **argv)
{
    struct buffer out = { 0 };

    (void)argc;
    (void)argv;
    routes_print(&out, app_modules);
    return print(&out);
}

static int show_metrics(int argc, char **argv)
{
    struct buffer out = { 0 };

    (void)argc;
    (void)argv;
    metrics_write(&out, http_metrics);
    for (const struct module *const *module = app_modules; *module; module++)
        if ((*module)->metrics)
            metrics_write(&out, (*module)->metrics);
    return print(&out);
}

static int show_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("tenon " TENON_VERSION);
    return 0;
}

static const struct command {
    const char *name, *usage, *doc;
    int (*run)(int argc, char **argv);
    bool needs_config;
    const char *more; /* what --help says besides */
} commands[] = {
    { "serve", "serve", "run the server until SIGTERM", serve, true },
    { "migrate", "migrate [up|down [STEPS]|status|--rehearse]", "bring the database to this version, take steps back, show them, or try them on a copy", migrate, true },
    { "copy", "copy --from sqlite:PATH --to postgresql://…", "copy an installation from SQLite to PostgreSQL; may be repeated until the copy is in use", copy, true },
    { "user", USER_USAGE, "make, list, shut, open and delete accounts, and say who administers the installation", user, true, user_help },
    { "org", ORG_USAGE, "list organizations, or delete one", org, true, org_help },
    { "key", KEY_USAGE, "list API keys, or revoke one", key, true, key_help },
    { "doctor", "doctor", "check configuration, database, routes and queries", doctor, true },
    { "selftest", "selftest isolation [--url URL]", "try to cross from one organization to another on every route; on a running server, or one of its own", selftest, true },
    { "config", "config [--example|--page]", "print every option with its value, source and meaning; or a .env.example; or as a page", show_config, true },
    { "openapi", "openapi", "print the API's description (OpenAPI 3.1)", show_openapi, false },
    { "routes", "routes", "print every route with who may call it", show_routes, false },
    { "metrics", "metrics", "print every metric", show_metrics, false },
    { "version", "version", "print the version", show_version, false },
};

static int help(FILE *out)
{
    fputs("Tenon, the server under a multi-tenant AI product.\n\nusage: tenon COMMAND\n\n", out);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(out, "  %-36s %s\n", commands[i].usage, commands[i].doc);
    fputs("\nOptions are environment variables, or lines of a .env file; tenon config shows them.\n", out);
    return out == stdout ? 0 : 2;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    SCOPED(buffer) struct buffer faults = { 0 };

    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        printf("usage: tenon %s\n\n%s\n%s%s", command->usage, command->doc, command->more ? "\n" : "", command->more ? command->more : "");
        return 0;
    }
    if (command->needs_config && config_load(&faults) > 0) {
        text rest = buffer_view(&faults);

        while (rest.len) {
            text line = text_cut(&rest, '\n');

            fprintf(stderr, "tenon: %.*s\n", TEXT_ARG(line));
        }
        return 1;
    }
    return command->run(argc, argv);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout);
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run_command(&commands[i], argc - 2, argv + 2);
    fprintf(stderr, "tenon: no command named %s; tenon --help lists them\n", argv[1]);
    return 2;
}
