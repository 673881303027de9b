/* bus: the contract every driver keeps, in memory and on Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "bus/bus_fixture.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct services nothing;
static struct redis_server server;
static const char *redis_url; /* of the driver under test; NULL: memory */

static struct bus *open_one(void)
{
    struct bus *bus = open_bus(&nothing, redis_url, NULL, true);

    assert_non_null(bus);
    return bus;
}

/* Names nobody used before: a Redis that was given keeps what former runs left. */
static text fresh(char out[static 64], const char *name)
{
    char id[UUID_TEXT + 1];

    return (text){ out, (size_t)snprintf(out, 64, "%s:%s", name, uuid_format(uuid_new(), id).ptr) };
}

/* --- limits --------------------------------------------------------------------------------------------------------------- */

static void limits_slide(void **state)
{
    struct bus *bus = open_one();
    struct rate rate = { 5, MINUTE };
    struct limit_verdict v;
    char names[2][64];
    text a = fresh(names[0], "a"), b = fresh(names[1], "b");

    (void)state;
    for (int i = 0; i < 5; i++) {
        v = bus_limit(bus, a, rate, 1);
        assert_true(v.allowed);
        assert_int_equal(v.limit, 5);
        assert_int_equal(v.remaining, 4 - i);
    }
    v = bus_limit(bus, a, rate, 1);
    assert_false(v.allowed);
    assert_in_range(v.retry_after, 1, 60);
    assert_true(bus_limit(bus, b, rate, 1).allowed);

    clock_shift(61 * SECOND); /* most of the former window still counts */
    assert_true(bus_limit(bus, a, rate, 1).allowed);
    v = bus_limit(bus, a, rate, 1);
    assert_false(v.allowed);
    assert_in_range(v.retry_after, 1, 30);
    clock_shift(v.retry_after * SECOND);
    assert_true(bus_limit(bus, a, rate, 1).allowed);

    clock_shift(3 * MINUTE);
    assert_int_equal(bus_limit(bus, a, rate, 0).remaining, 5);
    assert_true(bus_limit(bus, a, (struct rate){ 0, 0 }, 1).allowed);
    bus_close(bus);
}

static void what_is_refused_is_not_counted(void **state)
{
    struct bus *bus = open_one();
    struct rate rate = { 10, HOUR };
    char name[64];
    text a = fresh(name, "a");

    (void)state;
    assert_true(bus_limit(bus, a, rate, 7).allowed);
    for (int i = 0; i < 5; i++)
        assert_false(bus_limit(bus, a, rate, 4).allowed);
    assert_int_equal(bus_limit(bus, a, rate, 3).remaining, 0);
    assert_false(bus_limit(bus, a, rate, 11).allowed);
    bus_close(bus);
}

struct asked {
    _Atomic bool there;
    struct limit_verdict verdict;
};

static void on_verdict(void *context, const struct limit_verdict *verdict)
{
    struct asked *asked = context;

    asked->verdict = *verdict;
    asked->there = true;
}

static void a_limit_can_be_asked_without_waiting(void **state)
{
    struct bus *bus = open_one();
    char name[64];
    text a = fresh(name, "a");

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct asked asked = { 0 };

        if (bus_limit_ask(bus, a, (struct rate){ 3, HOUR }, 1, on_verdict, &asked, &asked.verdict))
            asked.there = true;
        else
            assert_non_null(redis_url);
        assert_true(COMES_TRUE(asked.there));
        assert_int_equal(asked.verdict.allowed, i < 3);
        assert_int_equal(asked.verdict.remaining, i < 3 ? 2 - i : 0);
    }
    bus_close(bus);
}

/* --- streams ------------------------------------------------------------------------------------------------------------- */

static void count(void *context)
{
    ++*(_Atomic int *)context;
}

static void streams_go_on_where_they_were(void **state)
{
    struct bus *bus = open_one();
    SCOPED(buffer) struct buffer out = { 0 };
    struct stream_watch *watch;
    int64_t last;
    _Atomic int woken = 0;
    char names[2][64];
    text s = fresh(names[0], "s"), other = fresh(names[1], "other");

    (void)state;
    assert_false(bus_stream_append(bus, s, T("x"), T("1"), 7));
    assert_int_equal(bus_stream_find(bus, s), STREAM_GONE);
    assert_int_equal(bus_stream_read(bus, s, 0, 1000, &out, &last), STREAM_GONE);
    bus_stream_open(bus, s);
    watch = bus_stream_watch(bus, s, count, &woken);
    assert_int_equal(woken, 0);
    assert_true(bus_stream_append(bus, s, T("delta"), T("one"), 7));
    assert_true(bus_stream_append(bus, s, T("delta"), T("two\nlines"), 7));
    assert_int_equal(woken, 2);
    assert_int_equal(bus_stream_read(bus, s, 1, 1000, &out, &last), STREAM_OPEN);
    assert_int_equal(last, 2);
    assert_true(text_equal(buffer_view(&out), T("id: 2-7\nevent: delta\ndata: two\ndata: lines\n\n")));
    assert_int_equal(bus_stream_find(bus, s), STREAM_OPEN);
    bus_stream_end(bus, s);
    assert_int_equal(woken, 3);
    assert_int_equal(bus_stream_find(bus, s), STREAM_ENDED);
    assert_false(bus_stream_append(bus, s, T("delta"), T("late"), 7));
    assert_int_equal(bus_stream_read(bus, s, 0, 1, &out, &last), STREAM_OPEN);
    assert_int_equal(last, 1);
    assert_int_equal(bus_stream_read(bus, s, 2, 1000, &out, &last), STREAM_ENDED);
    bus_stream_unwatch(bus, watch);
    if (!redis_url) { /* Redis has its own clock for this */
        clock_shift(HOUR);
        bus_stream_open(bus, other);
        assert_int_equal(bus_stream_read(bus, s, 0, 1000, &out, &last), STREAM_GONE);
    }
    bus_close(bus);
}

static void a_full_stream_refuses(void **state)
{
    struct bus *bus = open_one();
    char *piece = calloc(1, 1 << 20), name[64];
    text s = fresh(name, "s");
    int appended = 0;

    (void)state;
    bus_stream_open(bus, s);
    while (bus_stream_append(bus, s, T("x"), (text){ piece, 1 << 20 }, 7))
        appended++;
    assert_int_equal(appended, STREAM_MAX >> 20);
    free(piece);
    bus_close(bus);
}

/* --- signals ------------------------------------------------------------------------------------------------------------- */

static uuid heard_by;
static int heard;

static void hear(const struct services *on, uuid organization, text payload)
{
    (void)on;
    heard += text_equal(payload, T("p"));
    heard_by = organization;
}

static void signals_reach_handlers(void **state)
{
    static const struct event said = { "said", "" }, other = { "other", "" };
    static const struct event_handler handlers[] = { { &said, hear }, { NULL, NULL } };
    static const struct module module = { .name = "m", .handlers = handlers };
    static const struct module *const modules[] = { &module, NULL };
    struct services on = { .modules = modules };
    struct bus *bus = open_bus(&on, redis_url, NULL, true);
    uuid organization = uuid_new();

    (void)state;
    assert_non_null(bus);
    heard = 0;
    bus_emit(bus, &said, organization, T("p"));
    bus_emit(bus, &other, organization, T("p"));
    assert_int_equal(heard, 1); /* before it returned */
    assert_true(uuid_equal(heard_by, organization));
    bus_close(bus);
    assert_int_equal(heard, 1); /* and not once more by way of Redis */
}

/* --- locks --------------------------------------------------------------------------------------------------------------- */

static void a_lock_has_one_holder(void **state)
{
    struct bus *bus = open_one();
    int64_t first = 0, second = 0, third = 0;
    char name[64];
    text a = fresh(name, "a");

    (void)state;
    assert_int_equal(bus_lock(bus, a, HOUR, &first), OK);
    assert_int_equal(bus_lock(bus, a, HOUR, &second), CONFLICT);
    assert_int_equal(second, 0);
    assert_int_equal(bus_lock_extend(bus, a, first, HOUR), OK);
    assert_int_equal(bus_lock_extend(bus, a, first + 1, HOUR), CONFLICT);
    bus_lock_release(bus, a, first - 1); /* not the holder's */
    assert_int_equal(bus_lock(bus, a, HOUR, &second), CONFLICT);
    bus_lock_release(bus, a, first);
    assert_int_equal(bus_lock(bus, a, 30 * MILLISECOND, &second), OK);
    assert_true(second > first);
    assert_true(COMES_TRUE(bus_lock(bus, a, HOUR, &third) == OK)); /* it ends by itself */
    assert_true(third > second);
    assert_int_equal(bus_lock_extend(bus, a, second, HOUR), CONFLICT);
    bus_lock_release(bus, a, second); /* too late: it is another's now */
    assert_int_equal(bus_lock(bus, a, HOUR, &second), CONFLICT);
    bus_close(bus);
}

/* --- cache --------------------------------------------------------------------------------------------------------------- */

static bool cached(struct bus *bus, uuid organization, text name, text value)
{
    SCOPED(buffer) struct buffer out = { 0 };

    return bus_cache_get(bus, organization, name, &out) && text_equal(buffer_view(&out), value);
}

static bool missing(struct bus *bus, uuid organization, text name)
{
    SCOPED(buffer) struct buffer out = { 0 };

    return !bus_cache_get(bus, organization, name, &out) && out.len == 0;
}

static void the_cache_keeps_organizations_apart(void **state)
{
    struct bus *bus = open_one();
    uuid ours = uuid_new(), theirs = uuid_new();
    char *large = calloc(1, CACHE_VALUE_MAX + 1);

    (void)state;
    assert_true(missing(bus, ours, T("a")));
    bus_cache_put(bus, ours, T("a"), T("1"), 0);
    assert_true(cached(bus, ours, T("a"), T("1")));
    assert_true(missing(bus, theirs, T("a")));
    bus_cache_put(bus, theirs, T("a"), T("2"), 0);
    bus_cache_put(bus, ours, T("a"), T("3\r\n$0\r\n"), 0);
    bus_cache_put(bus, ours, T("empty"), T(""), 0);
    assert_true(cached(bus, ours, T("a"), T("3\r\n$0\r\n")));
    assert_true(cached(bus, theirs, T("a"), T("2")));
    assert_true(cached(bus, ours, T("empty"), T("")));
    bus_cache_drop(bus, ours, T("a"));
    assert_true(missing(bus, ours, T("a")));
    assert_true(cached(bus, theirs, T("a"), T("2")));
    bus_cache_put(bus, ours, T("large"), (text){ large, CACHE_VALUE_MAX + 1 }, 0);
    assert_true(missing(bus, ours, T("large")));
    bus_cache_put(bus, ours, T("large"), (text){ large, CACHE_VALUE_MAX }, 0);
    assert_false(missing(bus, ours, T("large")));
    bus_cache_put(bus, ours, T("short"), T("1"), 30 * MILLISECOND);
    assert_true(COMES_TRUE(missing(bus, ours, T("short"))));
    free(large);
    bus_close(bus);
}

/* --- memory alone -------------------------------------------------------------------------------------------------------- */

static void a_flood_of_names_is_bounded(void **state)
{
    struct bus *bus = open_one();
    char name[32];
    int allowed = 0;

    (void)state;
    for (int i = 0; i < 400000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        allowed += bus_limit(bus, text_of(name), (struct rate){ 2, HOUR }, 1).allowed;
    }
    assert_in_range(allowed, 16 * 16384, 16 * 16384 + 16 * 2);
    bus_close(bus);
}

static void the_cache_is_bounded(void **state)
{
    struct bus *bus = open_one();
    uuid ours = uuid_new();
    char name[32], *large = calloc(1, CACHE_VALUE_MAX);
    int kept = 0;

    (void)state;
    bus_cache_put(bus, ours, T("used"), T("1"), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%d", i);
        bus_cache_put(bus, ours, text_of(name), (text){ large, CACHE_VALUE_MAX }, 0);
        assert_false(missing(bus, ours, T("used"))); /* what is used stays */
    }
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%d", i);
        kept += !missing(bus, ours, text_of(name));
    }
    assert_in_range(kept, 60, 64); /* 16 MB */
    for (int i = 0; i < 40000; i++) {
        snprintf(name, sizeof name, "m%d", i);
        bus_cache_put(bus, ours, text_of(name), T(""), 0);
    }
    kept = 0;
    for (int i = 0; i < 40000; i++) {
        snprintf(name, sizeof name, "m%d", i);
        kept += !missing(bus, ours, text_of(name));
    }
    assert_in_range(kept, 1, 16384);
    free(large);
    bus_close(bus);
}

static void alone_it_says_so(void **state)
{
    struct bus *bus = open_one();
    struct bus_health health = bus_health(bus);

    (void)state;
    assert_true(text_equal(health.cache, T("memory")));
    assert_true(text_equal(health.signals, T("this instance")));
    assert_false(bus_shared(bus));
    assert_true(bus_connected(bus));
    assert_true(bus_connected(NULL));
    bus_close(bus);
}

/* --- both at once -------------------------------------------------------------------------------------------------------- */

/* The same requests at the same times: the same verdicts. */
static void verdicts_are_the_same(void **state)
{
    struct bus *memory = open_bus(&nothing, NULL, NULL, true), *redis = open_bus(&nothing, server.url, NULL, true);
    unsigned seed = 20260711;
    char names[6][64];
    int allowed = 0;

    (void)state;
    assert_true(memory && redis);
    for (size_t i = 0; i < 6; i++)
        fresh(names[i], "same");
    for (int i = 0; i < 3000; i++) {
        size_t which = (size_t)rand_r(&seed) % 6;
        struct rate rate = { 1 + (int64_t)which * 7, (int64_t)(1 + which) * HOUR };
        int64_t cost = rand_r(&seed) % 10 == 0 ? (int64_t)which + 1 : rand_r(&seed) % 3;
        struct limit_verdict a = bus_limit(memory, text_of(names[which]), rate, cost), b = bus_limit(redis, text_of(names[which]), rate, cost);

        if (a.allowed != b.allowed || a.remaining != b.remaining || llabs(a.reset - b.reset) > 1 || llabs(a.retry_after - b.retry_after) > 1)
            fail_msg("request %d of %s: allowed %d %d, remaining %lld %lld, reset %lld %lld, retry %lld %lld", i, names[which], a.allowed, b.allowed, (long long)a.remaining,
                     (long long)b.remaining, (long long)a.reset, (long long)b.reset, (long long)a.retry_after, (long long)b.retry_after);
        allowed += a.allowed;
        clock_shift((int64_t)(rand_r(&seed) % 20) * 37 * SECOND + 1234567);
    }
    assert_in_range(allowed, 300, 2900); /* else it proves little */
    bus_close(memory);
    bus_close(redis);
}

static void a_url_that_names_no_place_is_refused(void **state)
{
    static const char *const wrong[] = { "redis://", "redis://host:0", "redis://host:99999", "redis://host:port", "redis://host/x", "redis://:%zz@host", "unix:relative",
                                         "unix:/a?b=1", "redis://host/-1" };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct bus *bus = NULL;
        struct call call;

        assert_true(config_set("REDIS_URL", wrong[i]));
        call_open(&call, &nothing);
        assert_int_equal(bus_open(&call, &nothing, &bus), VALIDATION_ERROR);
        assert_null(bus);
        call_close(&call);
    }
    assert_false(config_set("REDIS_URL", "rediss://host"));
    assert_false(config_set("REDIS_URL", "http://host"));
    assert_false(config_set("DATABASE_LISTEN_URL", "mysql://host"));
}

int main(void)
{
    const struct CMUnitTest contract[] = {
        cmocka_unit_test(limits_slide), cmocka_unit_test(what_is_refused_is_not_counted), cmocka_unit_test(a_limit_can_be_asked_without_waiting),
        cmocka_unit_test(streams_go_on_where_they_were), cmocka_unit_test(a_full_stream_refuses), cmocka_unit_test(signals_reach_handlers),
        cmocka_unit_test(a_lock_has_one_holder), cmocka_unit_test(the_cache_keeps_organizations_apart),
    };
    const struct CMUnitTest memory[] = { cmocka_unit_test(a_flood_of_names_is_bounded), cmocka_unit_test(the_cache_is_bounded), cmocka_unit_test(alone_it_says_so) };
    const struct CMUnitTest both[] = { cmocka_unit_test(verdicts_are_the_same), cmocka_unit_test(a_url_that_names_no_place_is_refused) };
    int failed;

    failed = cmocka_run_group_tests_name("bus in memory", contract, NULL, NULL);
    failed += cmocka_run_group_tests_name("bus in memory alone", memory, NULL, NULL);
    if (!redis_server_start(&server, false)) {
        fprintf(stderr, "no Redis: redis-check-rdb is missing, or does not run as a server\n");
        return 1;
    }
    redis_url = server.url;
    failed += cmocka_run_group_tests_name("bus on Redis", contract, NULL, NULL);
    failed += cmocka_run_group_tests_name("bus on both", both, NULL, NULL);
    redis_server_end(&server);
    return failed;
}
