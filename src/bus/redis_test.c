/* bus on Redis: two buses stand for two instances; the server is stopped, paused, flushed and restarted under them. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "bus/instances_fixture.h"

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

/* It comes back with what it had saved: our last signal is there, and what came behind it may not be. */
static void restarted_with_what_it_saved(void **state)
{
    int lost = b.lost;

    (void)state;
    emit(&a, 0);
    assert_true(COMES_TRUE(b.heard[0]));
    assert_true(redis_server_says(&server, "SAVE"));
    redis_server_kill(&server);
    assert_true(COMES_TRUE(IS_GONE(b)));
    assert_true(redis_server_run(&server));
    assert_true(COMES_TRUE(IS_HERE(b)));
    assert_true(b.lost > lost);
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
    clock_sleep(1200 * MILLISECOND); /* it tries, and is accepted by the kernel but not answered */
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
        clock_sleep(5 * MILLISECOND);
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
    clock_sleep(300 * MILLISECOND);
    assert_true(says(bus, "memory (redis unavailable)", "unavailable"));
    assert_true(bus_limit(bus, T("x"), (struct rate){ 1, HOUR }, 1).allowed);
    bus_close(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO(two_instances_share_a_limit), TWO(many_threads_share_it_too), TWO(signals_cross), TWO(a_short_break_loses_none), TWO(a_long_absence_is_known),
        TWO(stopped_and_started), TWO(restarted_with_what_it_saved), TWO(paused), TWO(a_pause_is_noticed_by_nobody_asking), TWO(flushed),
        TWO(a_lock_is_everybody_s), TWO(a_drop_is_made_up_for), TWO(a_password_is_used_and_a_wrong_one_refused),
    };
    int failed;

    if (!redis_server_start(&server, true)) {
        fprintf(stderr, "no Redis: redis-check-rdb is missing, or does not run as a server\n");
        return 1;
    }
    failed = cmocka_run_group_tests_name("bus on Redis, two instances", tests, NULL, NULL);
    redis_server_end(&server);
    return failed;
}
