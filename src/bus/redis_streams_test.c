/* bus on Redis: streams that another instance reads, and what happens to them when Redis or their writer goes. */
#include "bus/instances_fixture.h"

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

/* Redis comes back empty, and a third instance asks for what was written before. */
static void a_stream_outlives_redis(void **state)
{
    static const struct services on;
    char name[64];
    text s = fresh(name, "s");
    struct reader there = { b.bus, s };

    (void)state;
    bus_stream_open(a.bus, s);
    append(a.bus, s, 1, 50);
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) == STREAM_OPEN));
    redis_server_kill(&server);
    assert_true(COMES_TRUE(IS_GONE(a)));
    assert_true(redis_server_run(&server));
    assert_true(COMES_TRUE(IS_HERE(a)));
    append(a.bus, s, 51, 60);
    bus_stream_end(a.bus, s);
    there.bus = open_bus(&on, server.url, NULL, true);
    assert_non_null(there.bus);
    assert_true(COMES_TRUE(bus_stream_find(there.bus, s) != STREAM_GONE));
    assert_true(COMES_TRUE(reads_to(&there, STREAM_ENDED)));
    has_all(&there, 1, 60);
    bus_close(there.bus);
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
        clock_sleep(100 * MILLISECOND);
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
        clock_sleep(20 * MILLISECOND);
    assert_true(reads_to(&there, STREAM_BROKEN));
    assert_in_range(clock_ticks() - since, 0, STREAM_SILENCE + 4 * SECOND);
    assert_true(woken > 0);
    assert_true(COMES_TRUE(bus_stream_find(b.bus, s) == STREAM_GONE));
    bus_stream_unwatch(b.bus, watch);
    buffer_free(&there.out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TWO(a_reader_goes_on_elsewhere), TWO(a_stream_bears_breaks_and_a_flush), TWO(a_stream_outlives_redis), TWO(a_large_one_crosses_too),
        TWO(a_dead_writer_s_stream_ends),
    };
    int failed;

    if (argc == 4)
        return write_and_hang(argv[2], argv[3]);
    if (!redis_server_start(&server, true)) {
        fprintf(stderr, "no Redis: redis-check-rdb is missing, or does not run as a server\n");
        return 1;
    }
    failed = cmocka_run_group_tests_name("streams on Redis, two instances", tests, NULL, NULL);
    redis_server_end(&server);
    return failed;
}
