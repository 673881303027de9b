/* bus on Redis: two buses stand for two instances; the server is stopped, paused, flushed and restarted under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "bus/bus_fixture.h"

#include <cmocka.h> /* last: it defines fail() */

enum { MOST = 512 };

static struct redis_server server;

/* --- two instances --------------------------------------------------------------------------------------------------------- */

static const struct event said = { "said", "" };
static struct instance {
    struct services on;
    struct bus *bus;
    _Atomic int heard[MOST]; /* how often, by the payload's number */
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

static void open_instance(struct instance *instance)
{
    memset(instance, 0, sizeof *instance);
    instance->on.modules = modules;
    instance->bus = open_bus(&instance->on, server.url, NULL, true);
    assert_non_null(instance->bus);
}

static int open_two(void **state)
{
    (void)state;
    if (server.pid == 0 && !redis_server_run(&server))
        return 1;
    open_instance(&a);
    open_instance(&b);
    return 0;
}

static int close_two(void **state)
{
    (void)state;
    if (server.pid > 0)
        kill(server.pid, SIGCONT);
    bus_close(a.bus);
    bus_close(b.bus);
    return 0;
}

static void emit(struct instance *from, int number)
{
    char payload[16];

    snprintf(payload, sizeof payload, "%d", number);
    bus_emit(from->bus, &said, UUID_NONE, text_of(payload));
}

static bool heard_all(struct instance *instance, int count)
{
    for (int i = 0; i < count; i++)
        if (!instance->heard[i])
            return false;
    return true;
}

static text fresh(char out[static 64], const char *name)
{
    char id[UUID_TEXT + 1];

    return (text){ out, (size_t)snprintf(out, 64, "%s:%s", name, uuid_format(uuid_new(), id).ptr) };
}

static bool says(struct bus *bus, const char *cache, const char *signals)
{
    struct bus_health health = bus_health(bus);

    return text_equal(health.cache, text_of(cache)) && text_equal(health.signals, text_of(signals));
}

#define IS_HERE(instance) says((instance).bus, "redis", "redis")
#define IS_GONE(instance) says((instance).bus, "memory (redis unavailable)", "unavailable")

/* --- limits ------------------------------------------------------------------------------------------------------------------- */

static void two_instances_share_a_limit(void **state)
{
    char name[64];
    text bucket = fresh(name, "shared");
    int allowed = 0;

    (void)state;
    for (int i = 0; i < 30; i++)
        allowed += bus_limit(i % 2 ? a.bus : b.bus, bucket, (struct rate){ 10, HOUR }, 1).allowed;
    assert_int_equal(allowed, 10);
}

struct hammer {
    struct bus *bus;
    text bucket;
    int allowed;
};

static void *hammer(void *context)
{
    struct hammer *h = context;

    for (int i = 0; i < 200; i++)
        h->allowed += bus_limit(h->bus, h->bucket, (struct rate){ 300, HOUR }, 1).allowed;
    return NULL;
}

static void many_threads_share_it_too(void **state)
{
    struct hammer hammers[6];
    pthread_t threads[6];
    char name[64];
    text bucket = fresh(name, "hammered");
    int allowed = 0;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        hammers[i] = (struct hammer){ i % 2 ? a.bus : b.bus, bucket, 0 };
        pthread_create(&threads[i], NULL, hammer, &hammers[i]);
    }
    for (size_t i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        allowed += hammers[i].allowed;
    }
    assert_int_equal(allowed, 300);
}

static void on_verdict(void *context, const struct limit_verdict *verdict)
{
    atomic_store((_Atomic int *)context, verdict->allowed ? 1 : 2);
}

/* Limits while Redis is gone: counted here, never open, and nobody waits twice. */
static void limits_hold_without_it(void)
{
    char name[64];
    text bucket = fresh(name, "alone");
    _Atomic int verdict = 0;
    struct limit_verdict at_once;
    int64_t begun = clock_ticks();
    int allowed = 0;

    if (bus_limit_ask(a.bus, bucket, (struct rate){ 3, HOUR }, 1, on_verdict, (void *)&verdict, &at_once))
        verdict = at_once.allowed ? 1 : 2;
    for (int i = 0; i < 10; i++)
        allowed += bus_limit(a.bus, bucket, (struct rate){ 3, HOUR }, 1).allowed;
    assert_true(COMES_TRUE(verdict == 1));
    assert_in_range(clock_ticks() - begun, 0, 2 * REDIS_PATIENCE + 200 * MILLISECOND);
    assert_in_range(allowed, 2, 3);
    begun = clock_ticks();
    for (int i = 0; i < 100; i++)
        assert_false(bus_limit(a.bus, bucket, (struct rate){ 3, HOUR }, 1).allowed);
    assert_in_range(clock_ticks() - begun, 0, 100 * MILLISECOND);
    assert_true(IS_GONE(a));
}

/* --- outages ------------------------------------------------------------------------------------------------------------------ */

static void nothing_else_works_without_it(void)
{
    SCOPED(buffer) struct buffer out = { 0 };
    int64_t token;

    assert_int_equal(bus_lock(a.bus, T("x"), SECOND, &token), UNAVAILABLE);
    bus_cache_put(a.bus, UUID_NONE, T("x"), T("1"), 0);
    assert_false(bus_cache_get(a.bus, UUID_NONE, T("x"), &out));
    assert_false(bus_connected(a.bus));
    assert_int_equal(bus_stream_find(a.bus, T("x")), STREAM_UNKNOWN);
}

static void comes_back(int64_t since)
{
    assert_true(COMES_TRUE(IS_HERE(a) && IS_HERE(b)));
    assert_in_range(clock_ticks() - since, 0, 2 * SECOND);
    assert_true(COMES_TRUE(bus_connected(a.bus) && bus_connected(b.bus)));
}

static void stopped_and_started(void **state)
{
    int lost = b.lost;
    int64_t since;

    (void)state;
    redis_server_kill(&server);
    limits_hold_without_it();
    nothing_else_works_without_it();
    emit(&a, 0);
    assert_int_equal(b.heard[0], 0);
    since = clock_ticks();
    assert_true(redis_server_run(&server));
    comes_back(since);
    assert_true(b.lost > lost); /* it is empty: something may be missing, and what was emitted meanwhile may come or not */
    emit(&b, 1);
    assert_true(COMES_TRUE(a.heard[1]));
    two_instances_share_a_limit(NULL);
}

static void paused(void **state)
{
    int lost = b.lost;
    int64_t since;

    (void)state;
    kill(server.pid, SIGSTOP);
    limits_hold_without_it();
    nothing_else_works_without_it();
    emit(&a, 0);
    assert_true(COMES_TRUE(IS_GONE(b)));
    rest(1200 * MILLISECOND); /* it tries, and is accepted by the kernel but not answered */
    assert_true(IS_GONE(a) && IS_GONE(b));
    since = clock_ticks();
    kill(server.pid, SIGCONT);
    comes_back(since);
    assert_true(COMES_TRUE(b.heard[0]));
    assert_int_equal(b.lost, lost); /* nothing was missed, and that is known */
    two_instances_share_a_limit(NULL);
}

/* Whoever keeps something in trust of signals must not wait until somebody asks Redis for something. */
static void a_pause_is_noticed_by_nobody_asking(void **state)
{
    int64_t since = clock_ticks();

    (void)state;
    kill(server.pid, SIGSTOP);
    assert_true(COMES_TRUE(!bus_connected(a.bus) && !bus_connected(b.bus)));
    assert_in_range(clock_ticks() - since, 0, 1500 * MILLISECOND);
    kill(server.pid, SIGCONT);
    comes_back(clock_ticks());
}

static void flushed(void **state)
{
    int a_lost = a.lost, b_lost = b.lost;

    (void)state;
    assert_true(redis_server_says(&server, "FLUSHALL"));
    assert_true(COMES_TRUE(a.lost > a_lost && b.lost > b_lost));
    assert_true(IS_HERE(a) && IS_HERE(b));
    emit(&a, 0);
    assert_true(COMES_TRUE(b.heard[0]));
    assert_true(redis_server_says(&server, "SCRIPT FLUSH"));
    two_instances_share_a_limit(NULL);
}

/* --- signals ------------------------------------------------------------------------------------------------------------------- */

static void signals_cross(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        emit(i % 2 ? &a : &b, i);
    assert_true(COMES_TRUE(heard_all(&a, 100) && heard_all(&b, 100)));
    for (int i = 0; i < 100; i++) /* once on each: its own does not come back */
        assert_true(a.heard[i] == 1 && b.heard[i] == 1);
}

static void a_short_break_loses_none(void **state)
{
    int lost = b.lost;

    (void)state;
    for (int i = 0; i < 200; i++) {
        if (i % 50 == 25)
            assert_true(redis_server_says(&server, "CLIENT KILL TYPE normal"));
        emit(&a, i);
        rest(5 * MILLISECOND);
    }
    assert_true(COMES_TRUE(heard_all(&b, 200)));
    assert_int_equal(b.lost, lost);
}

/* More than is kept for an instance that is away. */
static void a_long_absence_is_known(void **state)
{
    int lost = b.lost;

    (void)state;
    assert_true(redis_server_says(&server, "CLIENT KILL TYPE normal"));
    assert_true(redis_server_says(&server, "XTRIM tenon:signals MAXLEN 0"));
    assert_true(COMES_TRUE(b.lost > lost));
    comes_back(clock_ticks());
}

/* --- streams ------------------------------------------------------------------------------------------------------------------- */

struct reader {
    struct bus *bus;
    text name;
    int64_t after;
    struct buffer out;
};

static bool reads_to(struct reader *r, enum stream_state end)
{
    enum stream_state state;
    int64_t last;

    do {
        state = bus_stream_read(r->bus, r->name, r->after, 4096, &r->out, &last);
        if (last == r->after)
            break;
        r->after = last;
    } while (true);
    return state == end;
}

static void append(struct bus *bus, text name, int from, int to)
{
    char data[16];

    for (int i = from; i <= to; i++) {
        snprintf(data, sizeof data, "%d", i);
        assert_true(bus_stream_append(bus, name, T("e"), text_of(data), i * 10));
    }
}

/* Every event behind `from` once, in order, with its id. */
static void has_all(struct reader *r, int from, int to)
{
    SCOPED(buffer) struct buffer wanted = { 0 };

    for (int i = from; i <= to; i++)
        buffer_format(&wanted, "id: %d-%d\nevent: e\ndata: %d\n\n", i, i * 10, i);
    assert_true(text_equal(buffer_view(&r->out), buffer_view(&wanted)));
    buffer_free(&r->out);
}

static void count(void *context)
{
    ++*(_Atomic int *)context;
}

static void a_reader_goes_on_elsewhere(void **state)
{
    char name[64];
    text s = fresh(name, "s");
    struct reader here = { a.bus, s }, there = { b.bus, s, .after = 40 };
    struct stream_watch *watch;
    _Atomic int woken = 0;

    (void)state;
    bus_stream_open(a.bus, s);
    append(a.bus, s, 1, 60);
    assert_true(reads_to(&here, STREAM_OPEN));
    has_all(&here, 1, 60);
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) == STREAM_OPEN));
    watch = bus_stream_watch(b.bus, s, count, &woken);
    assert_true(COMES_TRUE(reads_to(&there, STREAM_OPEN) && there.after == 60));
    has_all(&there, 41, 60);
    append(a.bus, s, 61, 61);
    woken = 0;
    assert_true(COMES_TRUE(woken > 0 || there.after == 61 || (reads_to(&there, STREAM_OPEN) && there.after == 61)));
    append(a.bus, s, 62, 100);
    assert_false(bus_stream_append(b.bus, s, T("e"), T("no"), 0)); /* one writer */
    bus_stream_end(b.bus, s);                                     /* … ends it */
    assert_true(COMES_TRUE(reads_to(&there, STREAM_OPEN) && there.after == 100));
    bus_stream_end(a.bus, s);
    assert_true(COMES_TRUE(reads_to(&there, STREAM_ENDED)));
    has_all(&there, 61, 100);
    bus_stream_unwatch(b.bus, watch);
    assert_int_equal(bus_stream_find(b.bus, T("nowhere")), STREAM_GONE);
}

static void a_stream_bears_breaks_and_a_flush(void **state)
{
    char name[64];
    text s = fresh(name, "s");
    struct reader there = { b.bus, s };
    _Atomic int woken = 0;
    struct stream_watch *watch = bus_stream_watch(b.bus, s, count, &woken);

    (void)state;
    bus_stream_open(a.bus, s);
    append(a.bus, s, 1, 50);
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) == STREAM_OPEN)); /* until then it may be said to be gone */
    assert_true(COMES_TRUE(reads_to(&there, STREAM_OPEN) && there.after == 50));
    assert_true(redis_server_says(&server, "CLIENT KILL TYPE normal"));
    append(a.bus, s, 51, 100);
    assert_true(COMES_TRUE(reads_to(&there, STREAM_OPEN) && there.after == 100));
    kill(server.pid, SIGSTOP);
    append(a.bus, s, 101, 150);
    assert_true(COMES_TRUE(IS_GONE(a) && IS_GONE(b)));
    kill(server.pid, SIGCONT);
    assert_true(COMES_TRUE(reads_to(&there, STREAM_OPEN) && there.after == 150));
    assert_true(redis_server_says(&server, "FLUSHALL"));
    append(a.bus, s, 151, 200);
    bus_stream_end(a.bus, s);
    /* a reader may be cut by the flush; one that comes back goes on */
    assert_true(COMES_TRUE(reads_to(&there, STREAM_ENDED) || (reads_to(&there, STREAM_BROKEN) && bus_stream_find(b.bus, s) == STREAM_GONE)));
    has_all(&there, 1, 200);
    bus_stream_unwatch(b.bus, watch);
}

static void a_large_one_crosses_too(void **state)
{
    char name[64], *piece = malloc(64 << 10);
    text s = fresh(name, "s");
    struct reader there = { b.bus, s };
    int appended = 0;

    (void)state;
    memset(piece, 'x', 64 << 10);
    bus_stream_open(a.bus, s);
    while (bus_stream_append(a.bus, s, T("e"), (text){ piece, 64 << 10 }, 0))
        appended++;
    bus_stream_end(a.bus, s);
    assert_true(bus_limit(a.bus, T("large"), (struct rate){ 1000, HOUR }, 1).allowed);
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) != STREAM_GONE));
    assert_true(COMES_TRUE(reads_to(&there, STREAM_ENDED)));
    assert_int_equal(there.after, appended);
    buffer_free(&there.out);
    free(piece);
}

/* In a process of its own: begins a stream and never ends it. */
static int write_and_hang(const char *url, const char *name)
{
    static const struct services on;
    struct bus *bus;

    snprintf(server.url, sizeof server.url, "%s", url);
    bus = open_bus(&on, url, NULL, true);
    if (!bus)
        return 1;
    bus_stream_open(bus, text_of(name));
    for (;;) {
        bus_stream_append(bus, text_of(name), T("e"), T("x"), 1);
        rest(100 * MILLISECOND);
    }
}

static void a_dead_writer_s_stream_ends(void **state)
{
    char name[64];
    text s = fresh(name, "s");
    struct reader there = { b.bus, s };
    _Atomic int woken = 0;
    struct stream_watch *watch = bus_stream_watch(b.bus, s, count, &woken);
    int64_t since;
    pid_t writer = fork();

    (void)state;
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/proc/self/exe", "redis_test", "write", server.url, name, (char *)NULL);
        _exit(127);
    }
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) == STREAM_OPEN));
    assert_true(COMES_TRUE(reads_to(&there, STREAM_OPEN) && there.after > 3));
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    since = clock_ticks();
    woken = 0;
    while (!reads_to(&there, STREAM_BROKEN) && clock_ticks() - since < 2 * STREAM_SILENCE)
        rest(20 * MILLISECOND);
    assert_true(reads_to(&there, STREAM_BROKEN));
    assert_in_range(clock_ticks() - since, 0, STREAM_SILENCE + 4 * SECOND);
    assert_true(woken > 0);
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) == STREAM_GONE));
    bus_stream_unwatch(b.bus, watch);
    buffer_free(&there.out);
}

/* --- locks and cache -------------------------------------------------------------------------------------------------------------- */

static void a_lock_is_everybody_s(void **state)
{
    int64_t first, second;
    char name[64];
    text lock = fresh(name, "lock");

    (void)state;
    assert_int_equal(bus_lock(a.bus, lock, HOUR, &first), OK);
    assert_int_equal(bus_lock(b.bus, lock, HOUR, &second), CONFLICT);
    assert_true(redis_server_says(&server, "FLUSHALL")); /* with the last token */
    assert_int_equal(bus_lock(b.bus, lock, HOUR, &second), OK);
    assert_true(second > first);
    assert_int_equal(bus_lock_extend(a.bus, lock, first, HOUR), CONFLICT);
}

static void a_drop_is_made_up_for(void **state)
{
    SCOPED(buffer) struct buffer out = { 0 };
    uuid ours = uuid_new();

    (void)state;
    bus_cache_put(a.bus, ours, T("x"), T("1"), 0);
    assert_true(COMES_TRUE(bus_cache_get(b.bus, ours, T("x"), &out)));
    kill(server.pid, SIGSTOP);
    bus_cache_drop(a.bus, ours, T("x"));
    assert_true(COMES_TRUE(IS_GONE(a) && IS_GONE(b)));
    kill(server.pid, SIGCONT);
    comes_back(clock_ticks());
    assert_false(bus_cache_get(b.bus, ours, T("x"), &out));
}

/* --- a password ---------------------------------------------------------------------------------------------------------------------- */

static int free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), port = 0;

    if (bind(fd, (struct sockaddr *)&address, size) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    close(fd);
    return port;
}

static void a_password_is_used_and_a_wrong_one_refused(void **state)
{
    static const struct services on;
    char command[64], url[200];
    int port = free_port();
    struct bus *bus;

    (void)state;
    snprintf(command, sizeof command, "CONFIG SET port %d", port);
    assert_true(redis_server_says(&server, command));
    assert_true(redis_server_says(&server, "ACL SETUSER someone on >s:e@c/ret ~tenon:* &* +@all"));
    snprintf(url, sizeof url, "redis://someone:s%%3Ae%%40c%%2Fret@127.0.0.1:%d/3", port);
    bus = open_bus(&on, url, NULL, true);
    assert_non_null(bus);
    assert_true(bus_limit(bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    assert_true(bus_limit(a.bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed); /* another database, another count */
    bus_close(bus);
    assert_true(redis_server_says(&server, "ACL SETUSER someone -@admin -@dangerous -script -client")); /* no more than it needs */
    bus = open_bus(&on, url, NULL, true);
    assert_non_null(bus);
    assert_false(bus_limit(bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    assert_int_equal(bus_stream_find(bus, T("x")), STREAM_GONE);
    bus_close(bus);
    snprintf(url, sizeof url, "redis://someone:wrong@127.0.0.1:%d/3", port);
    bus = open_bus(&on, url, NULL, false);
    assert_non_null(bus);
    rest(300 * MILLISECOND);
    assert_true(says(bus, "memory (redis unavailable)", "unavailable"));
    assert_true(bus_limit(bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    bus_close(bus);
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, open_two, close_two)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TWO(two_instances_share_a_limit), TWO(many_threads_share_it_too), TWO(signals_cross), TWO(a_short_break_loses_none), TWO(a_long_absence_is_known),
        TWO(stopped_and_started), TWO(paused), TWO(a_pause_is_noticed_by_nobody_asking), TWO(flushed), TWO(a_reader_goes_on_elsewhere),
        TWO(a_stream_bears_breaks_and_a_flush), TWO(a_large_one_crosses_too), TWO(a_dead_writer_s_stream_ends), TWO(a_lock_is_everybody_s), TWO(a_drop_is_made_up_for),
        TWO(a_password_is_used_and_a_wrong_one_refused),
    };
    int failed;

    if (argc == 4)
        return write_and_hang(argv[2], argv[3]);
    if (!redis_server_start(&server, true)) {
        fprintf(stderr, "no Redis: redis-check-rdb is missing, or does not run as a server\n");
        return 1;
    }
    failed = cmocka_run_group_tests_name("bus on Redis, two instances", tests, NULL, NULL);
    redis_server_end(&server);
    return failed;
}
