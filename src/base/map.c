#include "base/map.h"

#include <stdlib.h>

#include "base/id.h"

struct map_slot {
    char *key; /* NULL: empty; TOMB: removed */
    size_t len;
    uint64_t hash;
    void *value;
};

static char TOMB[1];

void map_free(struct map *map, void (*free_value)(void *))
{
    for (size_t i = 0; i < map->size; i++)
        if (map->slots[i].key && map->slots[i].key != TOMB) {
            free(map->slots[i].key);
            if (free_value)
                free_value(map->slots[i].value);
        }
    free(map->slots);
    *map = (struct map){ 0 };
}

static uint64_t hash_of(const struct map *map, text key)
{
    uint64_t hash = map->seed;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static struct map_slot *find(const struct map *map, text key)
{
    uint64_t hash = hash_of(map, key);

    if (!map->size)
        return NULL;
    for (size_t i = hash & (map->size - 1);; i = (i + 1) & (map->size - 1)) {
        struct map_slot *slot = &map->slots[i];

        if (!slot->key)
            return NULL;
        if (slot->key != TOMB && slot->hash == hash && text_equal((text){ slot->key, slot->len }, key))
            return slot;
    }
}

void *map_get(const struct map *map, text key)
{
    struct map_slot *slot = find(map, key);

    return slot ? slot->value : NULL;
}

/* `count` includes tombs until the table is rebuilt, so that a probe always meets an empty slot. */
static void rebuild(struct map *map)
{
    struct map old = *map;
    size_t live = 0;

    for (size_t i = 0; i < old.size; i++)
        live += old.slots[i].key && old.slots[i].key != TOMB;
    map->size = 16;
    while (map->size < live * 4)
        map->size *= 2;
    map->slots = xcalloc(map->size, sizeof *map->slots);
    map->count = live;
    for (size_t i = 0; i < old.size; i++) {
        size_t place;

        if (!old.slots[i].key || old.slots[i].key == TOMB)
            continue;
        place = old.slots[i].hash & (map->size - 1);
        while (map->slots[place].key)
            place = (place + 1) & (map->size - 1);
        map->slots[place] = old.slots[i];
    }
    free(old.slots);
}

void *map_put(struct map *map, text key, void *value)
{
    struct map_slot *slot = find(map, key);
    size_t place;

    if (slot) {
        void *before = slot->value;

        slot->value = value;
        return before;
    }
    if (!map->seed)
        random_bytes(&map->seed, sizeof map->seed);
    if ((map->count + 1) * 2 > map->size)
        rebuild(map);
    place = hash_of(map, key) & (map->size - 1);
    while (map->slots[place].key && map->slots[place].key != TOMB)
        place = (place + 1) & (map->size - 1);
    if (!map->slots[place].key)
        map->count++;
    slot = &map->slots[place];
    *slot = (struct map_slot){ xmalloc(key.len + 1), key.len, hash_of(map, key), value };
    memcpy(slot->key, key.ptr ? key.ptr : "", key.len);
    slot->key[key.len] = '\0';
    return NULL;
}

void *map_remove(struct map *map, text key)
{
    struct map_slot *slot = find(map, key);
    void *value;

    if (!slot)
        return NULL;
    value = slot->value;
    free(slot->key);
    *slot = (struct map_slot){ .key = TOMB };
    return value;
}

bool map_next(const struct map *map, size_t *place, text *ret_key, void **ret_value)
{
    for (; *place < map->size; ++*place) {
        const struct map_slot *slot = &map->slots[*place];

        if (slot->key && slot->key != TOMB) {
            *ret_key = (text){ slot->key, slot->len };
            *ret_value = slot->value;
            ++*place;
            return true;
        }
    }
    return false;
}
