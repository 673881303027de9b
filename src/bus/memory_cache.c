/* The cache within one process: bounded in bytes and entries, the one least recently used goes first. */
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "bus/driver.h"

struct entry {
    struct entry *newer, *older;
    int64_t ends; /* clock_now() */
    text key, value; /* in this allocation, behind the struct */
};

struct memory_cache {
    pthread_mutex_t mutex;
    struct map by_key; /* the organization's bytes and the name */
    struct entry *newest, *oldest;
    size_t bytes, count;
};

struct memory_cache *memory_cache_new(void)
{
    struct memory_cache *cache = xcalloc(1, sizeof *cache);

    pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void memory_cache_free(struct memory_cache *cache)
{
    if (!cache)
        return;
    map_free(&cache->by_key, free);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

static text key_of(struct arena *arena, uuid organization, text name)
{
    char *key = arena_alloc(arena, sizeof organization.bytes + name.len);

    memcpy(key, organization.bytes, sizeof organization.bytes);
    if (name.len)
        memcpy(key + sizeof organization.bytes, name.ptr, name.len);
    return (text){ key, sizeof organization.bytes + name.len };
}

static size_t size_of(const struct entry *entry)
{
    return sizeof *entry + 2 * entry->key.len + entry->value.len; /* the map copies the key */
}

static void unlink_entry(struct memory_cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct memory_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(struct memory_cache *cache, struct entry *entry)
{
    if (!entry)
        return;
    unlink_entry(cache, entry);
    map_remove(&cache->by_key, entry->key);
    cache->bytes -= size_of(entry);
    cache->count--;
    free(entry);
}

void memory_cache_put(struct memory_cache *cache, uuid organization, text name, text value, int64_t ttl)
{
    SCOPED(arena) struct arena arena = { 0 };
    text key = key_of(&arena, organization, name);
    struct entry *entry = xmalloc(sizeof *entry + key.len + value.len + 1);
    char *bytes = (char *)(entry + 1);

    memcpy(bytes, key.ptr, key.len);
    if (value.len)
        memcpy(bytes + key.len, value.ptr, value.len);
    *entry = (struct entry){ .ends = clock_now() + ttl, .key = { bytes, key.len }, .value = { bytes + key.len, value.len } };
    pthread_mutex_lock(&cache->mutex);
    drop(cache, map_get(&cache->by_key, key));
    map_put(&cache->by_key, key, entry);
    link_newest(cache, entry);
    cache->bytes += size_of(entry);
    cache->count++;
    while (cache->bytes > MEMORY_CACHE_MAX || cache->count > MEMORY_CACHE_ENTRIES)
        drop(cache, cache->oldest);
    pthread_mutex_unlock(&cache->mutex);
}

void memory_cache_drop(struct memory_cache *cache, uuid organization, text name)
{
    SCOPED(arena) struct arena arena = { 0 };
    text key = key_of(&arena, organization, name);

    pthread_mutex_lock(&cache->mutex);
    drop(cache, map_get(&cache->by_key, key));
    pthread_mutex_unlock(&cache->mutex);
}

bool memory_cache_get(struct memory_cache *cache, uuid organization, text name, struct buffer *out)
{
    SCOPED(arena) struct arena arena = { 0 };
    text key = key_of(&arena, organization, name);
    struct entry *entry;

    pthread_mutex_lock(&cache->mutex);
    entry = map_get(&cache->by_key, key);
    if (entry && entry->ends <= clock_now()) {
        drop(cache, entry);
        entry = NULL;
    }
    if (entry) {
        unlink_entry(cache, entry);
        link_newest(cache, entry);
        buffer_text(out, entry->value);
    }
    pthread_mutex_unlock(&cache->mutex);
    return entry != NULL;
}
