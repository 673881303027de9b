/*
 * Map: text keys to pointers, open addressing, no order. It copies its keys and leaves values to the caller. Not safe
 * from several threads.
 */
#ifndef TENON_BASE_MAP_H
#define TENON_BASE_MAP_H

#include "base/text.h"

struct map_slot;

struct map {
    struct map_slot *slots; /* zeroed struct: an empty map */
    size_t size;
    size_t count;
    uint64_t seed; /* mixed into the hash, so that keys from outside cannot be made to collide */
};

void map_free(struct map *map, void (*free_value)(void *));
void *map_get(const struct map *map, text key); /* NULL when there is none */
void *map_put(struct map *map, text key, void *value); /* returns the value that stood there, or NULL */
void *map_remove(struct map *map, text key);

/* Walks the slots: start with 0; false at the end. Removing the current key while walking is allowed. */
bool map_next(const struct map *map, size_t *place, text *ret_key, void **ret_value);

#endif
