/* bus: signals by LISTEN and NOTIFY, on a PostgreSQL of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/stat.h>

#include "bus/bus_fixture.h"

#include <cmocka.h> /* last: it defines fail() */

enum { MOST = 256 };

/* --- the server ------------------------------------------------------------------------------------------------------------- */

static struct {
    pid_t pid;
    char dir[64], data[80], bin[128], url[160];
} server;

/* PostgreSQL does not run as root. */
static void become_nobody(void)
{
    const struct passwd *user = getpwnam("postgres");

    user = user ? user : getpwnam("nobody");
    if (geteuid() == 0 && (!user || setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
}

static pid_t run(char **argv)
{
    char path[160];
    pid_t pid;

    snprintf(path, sizeof path, "%s/%s", server.bin, argv[0]);
    argv[0] = path; /* initdb looks for postgres beside itself, by this name */
    pid = fork();
    if (pid == 0) {
        int log = open("/dev/null", O_WRONLY);

        dup2(log, 1);
        dup2(log, 2);
        become_nobody();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(server.dir) != 0)
            _exit(126);
        execv(path, argv);
        _exit(127);
    }
    return pid;
}

static bool query(const char *statement)
{
    PGconn *pg = PQconnectdb(server.url);
    PGresult *result = PQexec(pg, statement);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    PQfinish(pg);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static bool server_run(void)
{
    server.pid = run((char *[]){ "postgres", "-D", server.data, "-k", server.dir, "-c", "listen_addresses=", "-c", "fsync=off", NULL });
    return server.pid > 0 && COMES_TRUE(query("SELECT 1"));
}

static void server_kill(void)
{
    if (server.pid > 0) {
        kill(server.pid, SIGQUIT); /* at once, and with all of its children */
        waitpid(server.pid, NULL, 0);
    }
    server.pid = 0;
}

static bool server_start(void)
{
    const struct passwd *user = getpwnam("postgres");
    glob_t found;
    int status = -1;

    if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) != 0)
        return false;
    snprintf(server.bin, sizeof server.bin, "%.*s", (int)(strlen(found.gl_pathv[0]) - strlen("/postgres")), found.gl_pathv[0]);
    globfree(&found);
    snprintf(server.dir, sizeof server.dir, "/tmp/tenon-notify-XXXXXX");
    if (!mkdtemp(server.dir))
        return false;
    user = user ? user : getpwnam("nobody");
    if (geteuid() == 0 && (!user || chown(server.dir, user->pw_uid, user->pw_gid) != 0))
        return false;
    snprintf(server.data, sizeof server.data, "%s/data", server.dir);
    snprintf(server.url, sizeof server.url, "postgresql://tenon@/postgres?host=%s", server.dir);
    waitpid(run((char *[]){ "initdb", "-D", server.data, "-A", "trust", "-U", "tenon", "--no-sync", "--no-instructions", NULL }), &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && server_run();
}

static void server_end(void)
{
    char command[128];

    server_kill();
    snprintf(command, sizeof command, "rm -rf '%s'", server.dir);
    if (server.dir[0] && system(command) != 0)
        fprintf(stderr, "%s stays behind\n", server.dir);
}

/* Every backend that serves a bus. */
static void signal_backends(int number)
{
    PGconn *pg = PQconnectdb(server.url);
    PGresult *rows = PQexec(pg, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");

    for (int i = 0; i < PQntuples(rows); i++)
        kill(atoi(PQgetvalue(rows, i, 0)), number);
    PQclear(rows);
    PQfinish(pg);
}

/* --- two instances ------------------------------------------------------------------------------------------------------------- */

static const struct event said = { "said", "" };
static struct instance {
    struct services on;
    struct bus *bus;
    _Atomic int heard[MOST];
    _Atomic int lost;
} a, b;

static struct instance *instance_of(const struct services *on)
{
    return on == &a.on ? &a : &b;
}

static void on_said(const struct services *on, uuid organization, text payload)
{
    int64_t number;

    (void)organization;
    if (text_int(payload, &number) && number >= 0 && number < MOST)
        instance_of(on)->heard[number]++;
}

static void on_lost(const struct services *on, uuid organization, text payload)
{
    (void)organization;
    (void)payload;
    instance_of(on)->lost++;
}

static const struct event_handler handlers[] = { { &said, on_said }, { &bus_lost, on_lost }, { NULL, NULL } };
static const struct module module = { .name = "m", .handlers = handlers };
static const struct module *const modules[] = { &module, NULL };

static int open_two(void **state)
{
    (void)state;
    if (server.pid == 0 && !server_run())
        return 1;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.on.modules = b.on.modules = modules;
    a.bus = open_bus(&a.on, NULL, server.url, true);
    b.bus = open_bus(&b.on, NULL, server.url, true);
    return a.bus && b.bus ? 0 : 1;
}

static int close_two(void **state)
{
    (void)state;
    bus_close(a.bus);
    bus_close(b.bus);
    return 0;
}

static void emit(struct instance *from, int number)
{
    char payload[16];

    snprintf(payload, sizeof payload, "%d", number);
    bus_emit(from->bus, &said, uuid_new(), text_of(payload));
}

static bool heard_all(const struct instance *instance, int count)
{
    for (int i = 0; i < count; i++)
        if (!instance->heard[i])
            return false;
    return true;
}

static bool hears(struct bus *bus, const char *how)
{
    return text_equal(bus_health(bus).signals, text_of(how)) && text_equal(bus_health(bus).cache, T("memory"));
}

static void signals_cross(void **state)
{
    (void)state;
    assert_true(hears(a.bus, "postgresql") && hears(b.bus, "postgresql"));
    assert_true(bus_shared(a.bus));
    for (int i = 0; i < 200; i++)
        emit(i % 2 ? &a : &b, i);
    assert_true(COMES_TRUE(heard_all(&a, 200) && heard_all(&b, 200)));
    for (int i = 0; i < 200; i++)
        assert_true(a.heard[i] == 1 && b.heard[i] == 1);
}

static void the_rest_stays_with_each(void **state)
{
    (void)state;
    assert_true(bus_limit(a.bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    assert_true(bus_limit(b.bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    assert_false(bus_limit(b.bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    bus_stream_open(a.bus, T("s"));
    assert_int_equal(bus_stream_find(a.bus, T("s")), STREAM_OPEN);
    assert_int_equal(bus_stream_find(b.bus, T("s")), STREAM_UNKNOWN); /* another instance may well have it */
}

static void a_new_connection_may_have_missed_some(void **state)
{
    int lost = b.lost;

    (void)state;
    signal_backends(SIGTERM);
    assert_true(COMES_TRUE(!bus_connected(b.bus)));
    assert_true(COMES_TRUE(b.lost > lost && bus_connected(a.bus) && bus_connected(b.bus)));
    emit(&a, 0);
    assert_true(COMES_TRUE(b.heard[0]));
}

static void stopped_and_started(void **state)
{
    int lost = b.lost;

    (void)state;
    server_kill();
    assert_true(COMES_TRUE(hears(a.bus, "unavailable") && hears(b.bus, "unavailable")));
    emit(&a, 0);
    assert_int_equal(a.heard[0], 1); /* here at once, whatever */
    assert_true(server_run());
    assert_true(COMES_TRUE(hears(a.bus, "postgresql") && hears(b.bus, "postgresql")));
    assert_true(b.lost > lost); /* so it matters not whether what was emitted meanwhile came before b listened */
    emit(&a, 1);
    assert_true(COMES_TRUE(b.heard[1]));
}

static void paused(void **state)
{
    int64_t since = clock_ticks();
    int lost = b.lost;

    (void)state;
    signal_backends(SIGSTOP);
    assert_true(COMES_TRUE(!bus_connected(a.bus) && !bus_connected(b.bus)));
    assert_in_range(clock_ticks() - since, 0, 1500 * MILLISECOND);
    since = clock_ticks();
    for (int i = 0; i < 50; i++)
        emit(&a, i);
    assert_in_range(clock_ticks() - since, 0, 100 * MILLISECOND);
    signal_backends(SIGCONT);
    assert_true(COMES_TRUE(bus_connected(a.bus) && bus_connected(b.bus)));
    assert_true(COMES_TRUE(heard_all(&b, 50)));
    assert_int_equal(b.lost, lost); /* the connection is the same: it kept them */
}

static void what_is_too_long_drops_everything(void **state)
{
    char *payload = malloc(9000);
    int lost = b.lost;

    (void)state;
    memset(payload, 'x', 9000);
    bus_emit(a.bus, &said, UUID_NONE, (text){ payload, 9000 });
    assert_true(COMES_TRUE(b.lost > lost));
    free(payload);
}

/* A function that takes pg_notify's place and says nothing stands for a pooler behind which LISTEN hears nothing. */
static void unheard_is_unavailable(void **state)
{
    char url[256];
    struct bus *bus;

    (void)state;
    assert_true(query("CREATE SCHEMA mute"));
    assert_true(query("CREATE FUNCTION mute.pg_notify(text, text) RETURNS void LANGUAGE sql AS ''"));
    snprintf(url, sizeof url, "%s&options=-csearch_path%%3Dmute,pg_catalog", server.url);
    bus = open_bus(&a.on, NULL, url, false);
    assert_non_null(bus);
    clock_sleep(SECOND);
    assert_true(hears(bus, "unavailable"));
    assert_false(bus_connected(bus));
    bus_close(bus);
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, open_two, close_two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO(signals_cross), TWO(the_rest_stays_with_each), TWO(a_new_connection_may_have_missed_some), TWO(stopped_and_started), TWO(paused),
        TWO(what_is_too_long_drops_everything), TWO(unheard_is_unavailable),
    };
    int failed = 1;

    if (server_start())
        failed = cmocka_run_group_tests_name("bus on PostgreSQL", tests, NULL, NULL);
    else
        fprintf(stderr, "no PostgreSQL: it is not in /usr/lib/postgresql, or does not start\n");
    server_end();
    return failed;
}
