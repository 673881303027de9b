/*
 * App: the program put together. `tenon serve` and the scenario tests start it the same way.
 */
#ifndef TENON_APP_APP_H
#define TENON_APP_APP_H

#include "base/buffer.h"
#include "core/module.h"

extern const struct module *const app_modules[];

struct app {
    struct services on;
};

/* The database alone, migrated: for commands. */
CHECKED enum result app_open(struct call *call, struct app *app);

/* Everything: listens when this returns OK. The configuration was loaded before. */
CHECKED enum result app_start(struct call *call, struct app *app);

/* Drains for at most `drain` microseconds and ends everything. */
void app_stop(struct app *app, int64_t drain);

/* Every route, view and query of every module is as it must be; else one line a fault. */
bool app_check(struct app *app, struct buffer *faults);

#endif
