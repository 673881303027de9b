/* bus: the contract every bus keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/bus.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct services nothing;

static void limits_slide(void **state)
{
    struct bus *bus = bus_open(&nothing);
    struct rate rate = { 5, MINUTE };
    struct limit_verdict v;

    (void)state;
    for (int i = 0; i < 5; i++) {
        v = bus_limit(bus, T("a"), rate, 1);
        assert_true(v.allowed);
        assert_int_equal(v.remaining, 4 - i);
    }
    v = bus_limit(bus, T("a"), rate, 1);
    assert_false(v.allowed);
    assert_in_range(v.retry_after, 1, 60);
    assert_true(bus_limit(bus, T("b"), rate, 1).allowed);

    clock_shift(61 * SECOND); /* most of the former window still counts */
    assert_true(bus_limit(bus, T("a"), rate, 1).allowed);
    v = bus_limit(bus, T("a"), rate, 1);
    assert_false(v.allowed);
    assert_in_range(v.retry_after, 1, 30);
    clock_shift(v.retry_after * SECOND);
    assert_true(bus_limit(bus, T("a"), rate, 1).allowed);

    clock_shift(3 * MINUTE);
    assert_int_equal(bus_limit(bus, T("a"), rate, 0).remaining, 5);
    assert_true(bus_limit(bus, T("a"), (struct rate){ 0, 0 }, 1).allowed);
    bus_close(bus);
}

static void a_flood_of_names_is_bounded(void **state)
{
    struct bus *bus = bus_open(&nothing);
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

static void count(void *context)
{
    ++*(int *)context;
}

static void streams_go_on_where_they_were(void **state)
{
    struct bus *bus = bus_open(&nothing);
    SCOPED(buffer) struct buffer out = { 0 };
    struct stream_watch *watch;
    int64_t last;
    int woken = 0;

    (void)state;
    assert_false(bus_stream_append(bus, T("s"), T("x"), T("1"), 7));
    assert_int_equal(bus_stream_read(bus, T("s"), 0, 1000, &out, &last), STREAM_GONE);
    bus_stream_open(bus, T("s"));
    watch = bus_stream_watch(bus, T("s"), count, &woken);
    assert_int_equal(woken, 0);
    assert_true(bus_stream_append(bus, T("s"), T("delta"), T("one"), 7));
    assert_true(bus_stream_append(bus, T("s"), T("delta"), T("two\nlines"), 7));
    assert_int_equal(woken, 2);
    assert_int_equal(bus_stream_read(bus, T("s"), 1, 1000, &out, &last), STREAM_OPEN);
    assert_int_equal(last, 2);
    assert_true(text_equal(buffer_view(&out), T("id: 2-7\nevent: delta\ndata: two\ndata: lines\n\n")));
    bus_stream_end(bus, T("s"));
    assert_int_equal(woken, 3);
    assert_false(bus_stream_append(bus, T("s"), T("delta"), T("late"), 7));
    assert_int_equal(bus_stream_read(bus, T("s"), 0, 1, &out, &last), STREAM_OPEN);
    assert_int_equal(last, 1);
    assert_int_equal(bus_stream_read(bus, T("s"), 2, 1000, &out, &last), STREAM_ENDED);
    bus_stream_unwatch(bus, watch);
    clock_shift(HOUR);
    bus_stream_open(bus, T("other"));
    assert_int_equal(bus_stream_read(bus, T("s"), 0, 1000, &out, &last), STREAM_GONE);
    bus_close(bus);
}

static void a_full_stream_refuses(void **state)
{
    struct bus *bus = bus_open(&nothing);
    char *piece = calloc(1, 1 << 20);
    int appended = 0;

    (void)state;
    bus_stream_open(bus, T("s"));
    while (bus_stream_append(bus, T("s"), T("x"), (text){ piece, 1 << 20 }, 7))
        appended++;
    assert_int_equal(appended, STREAM_MAX >> 20);
    free(piece);
    bus_close(bus);
}

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
    struct bus *bus = bus_open(&on);
    uuid organization = uuid_new();

    (void)state;
    bus_emit(bus, &said, organization, T("p"));
    bus_emit(bus, &other, organization, T("p"));
    assert_int_equal(heard, 1);
    assert_true(uuid_equal(heard_by, organization));
    bus_close(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_slide), cmocka_unit_test(a_flood_of_names_is_bounded), cmocka_unit_test(streams_go_on_where_they_were),
        cmocka_unit_test(a_full_stream_refuses), cmocka_unit_test(signals_reach_handlers),
    };

    return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
