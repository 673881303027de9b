/* Two buses on a Redis of their own that stand for two instances; what they hear is counted. */
#ifndef TENON_BUS_INSTANCES_FIXTURE_H
#define TENON_BUS_INSTANCES_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

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

static inline struct instance *instance_of(const struct services *on)
{
    return on == &a.on ? &a : &b;
}

static inline void on_said(const struct services *on, uuid organization, text payload)
{
    int64_t number;

    (void)organization;
    if (text_int(payload, &number) && number >= 0 && number < MOST)
        instance_of(on)->heard[number]++;
}

static inline void on_lost(const struct services *on, uuid organization, text payload)
{
    (void)organization;
    (void)payload;
    instance_of(on)->lost++;
}

static const struct event_handler handlers[] = { { &said, on_said }, { &bus_lost, on_lost }, { NULL, NULL } };
static const struct module module = { .name = "m", .handlers = handlers };
static const struct module *const modules[] = { &module, NULL };

static inline void open_instance(struct instance *instance)
{
    memset(instance, 0, sizeof *instance);
    instance->on.modules = modules;
    instance->bus = open_bus(&instance->on, server.url, NULL, true);
    assert_non_null(instance->bus);
}

static inline int open_two(void **state)
{
    (void)state;
    if (server.pid == 0 && !redis_server_run(&server))
        return 1;
    open_instance(&a);
    open_instance(&b);
    return 0;
}

static inline int close_two(void **state)
{
    (void)state;
    if (server.pid > 0)
        kill(server.pid, SIGCONT);
    bus_close(a.bus);
    bus_close(b.bus);
    return 0;
}

static inline void emit(struct instance *from, int number)
{
    char payload[16];

    snprintf(payload, sizeof payload, "%d", number);
    bus_emit(from->bus, &said, UUID_NONE, text_of(payload));
}

static inline bool heard_all(struct instance *instance, int count)
{
    for (int i = 0; i < count; i++)
        if (!instance->heard[i])
            return false;
    return true;
}

static inline text fresh(char out[static 64], const char *name)
{
    char id[UUID_TEXT + 1];

    return (text){ out, (size_t)snprintf(out, 64, "%s:%s", name, uuid_format(uuid_new(), id).ptr) };
}

static inline bool says(struct bus *bus, const char *cache, const char *signals)
{
    struct bus_health health = bus_health(bus);

    return text_equal(health.cache, text_of(cache)) && text_equal(health.signals, text_of(signals));
}

#define IS_HERE(instance) says((instance).bus, "redis", "redis")
#define IS_GONE(instance) says((instance).bus, "memory (redis unavailable)", "unavailable")

static inline void comes_back(int64_t since)
{
    assert_true(COMES_TRUE(IS_HERE(a) && IS_HERE(b)));
    assert_in_range(clock_ticks() - since, 0, 2 * SECOND);
    assert_true(COMES_TRUE(bus_connected(a.bus) && bus_connected(b.bus)));
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, open_two, close_two)

#endif
