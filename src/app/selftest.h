/*
 * The selftest of isolation: makes two organizations on a running server, fills them by the modules' samples, and tries from
 * one everything that could reach the other — every route that has an id in its path, by session and by key; every list,
 * search and overview; and, where the engine has a wall of its own, every table behind the program's back. Removes both again.
 */
#ifndef TENON_APP_SELFTEST_H
#define TENON_APP_SELFTEST_H

#include "base/buffer.h"
#include "core/module.h"

struct selftest_sums {
    size_t requests, tables; /* tried */
    size_t crossed;          /* reached what is another's, or could not be tried */
};

/* `url` is the server's, whose database the call has open. One line a route goes to `report`; UNAVAILABLE when the server does
   not take part. */
CHECKED enum result selftest_isolation(struct call *call, text url, struct buffer *report, struct selftest_sums *ret_sums);

#endif
