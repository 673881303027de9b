/*
 * Trusted: what one instance remembers of the store in trust of signals — who a key or a session is — so that a request need
 * not ask for it. Forgotten when a signal says that it changed, when signals may have been missed, and after a while anyway;
 * while signals do not arrive nothing is recalled. Values have one size and hold no pointers. Safe from any thread.
 */
#ifndef TENON_BUS_TRUSTED_H
#define TENON_BUS_TRUSTED_H

#include <pthread.h>

#include "base/map.h"
#include "bus/bus.h"

struct trusted {
    size_t size;  /* of a value */
    size_t most;  /* entries; past it all are forgotten */
    int64_t life; /* of an entry, microseconds; a second at most where there are other instances */

    pthread_mutex_t mutex;
    struct map map;
    size_t count;
    uint64_t changes; /* grows with each news: what was read before it is not kept */
};

/* For statics: TRUSTED(struct known, 10000, MINUTE). */
#define TRUSTED(type, entries, lifetime) { .size = sizeof(type), .most = (entries), .life = (lifetime), .mutex = PTHREAD_MUTEX_INITIALIZER }

bool trusted_recall(struct trusted *trusted, const struct bus *bus, text name, void *ret_value);

/* Taken before the store is read, for trusted_remember: what changed meanwhile is not remembered. */
uint64_t trusted_changes(struct trusted *trusted);
void trusted_remember(struct trusted *trusted, text name, const void *value, uint64_t changes);

void trusted_forget(struct trusted *trusted, text name);
void trusted_forget_if(struct trusted *trusted, bool (*is)(const void *value, const void *context), const void *context);
void trusted_forget_all(struct trusted *trusted);

#endif
