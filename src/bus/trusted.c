#include "bus/trusted.h"

#include <stdlib.h>

struct entry {
    int64_t loaded; /* clock_now() */
    _Alignas(max_align_t) char value[];
};

bool trusted_recall(struct trusted *t, const struct bus *bus, text name, void *ret_value)
{
    int64_t now = clock_now(), life = bus_shared(bus) && t->life > SECOND ? SECOND : t->life; /* an instance that lost its way to us tells us nothing */
    const struct entry *entry;
    bool fresh;

    if (!bus_connected(bus)) /* another instance may have changed it, and we would not know */
        return false;
    pthread_mutex_lock(&t->mutex);
    entry = map_get(&t->map, name);
    fresh = entry && now >= entry->loaded && now - entry->loaded < life;
    if (fresh)
        memcpy(ret_value, entry->value, t->size);
    pthread_mutex_unlock(&t->mutex);
    return fresh;
}

uint64_t trusted_changes(struct trusted *t)
{
    uint64_t changes;

    pthread_mutex_lock(&t->mutex);
    changes = t->changes;
    pthread_mutex_unlock(&t->mutex);
    return changes;
}

static void clear(struct trusted *t)
{
    map_free(&t->map, free);
    t->count = 0;
}

void trusted_remember(struct trusted *t, text name, const void *value, uint64_t changes)
{
    struct entry *entry = xmalloc(sizeof *entry + t->size), *before = NULL;

    entry->loaded = clock_now();
    memcpy(entry->value, value, t->size);
    pthread_mutex_lock(&t->mutex);
    if (t->changes != changes) {
        before = entry;
    } else {
        if (t->count >= t->most)
            clear(t);
        before = map_put(&t->map, name, entry);
        t->count += before == NULL;
    }
    pthread_mutex_unlock(&t->mutex);
    free(before);
}

void trusted_forget(struct trusted *t, text name)
{
    struct entry *entry;

    pthread_mutex_lock(&t->mutex);
    entry = map_remove(&t->map, name);
    t->count -= entry != NULL;
    t->changes++;
    pthread_mutex_unlock(&t->mutex);
    free(entry);
}

void trusted_forget_if(struct trusted *t, bool (*is)(const void *value, const void *context), const void *context)
{
    size_t place = 0;
    text name;
    void *entry;

    pthread_mutex_lock(&t->mutex);
    while (map_next(&t->map, &place, &name, &entry))
        if (is(((struct entry *)entry)->value, context)) {
            map_remove(&t->map, name);
            t->count--;
            free(entry);
        }
    t->changes++;
    pthread_mutex_unlock(&t->mutex);
}

void trusted_forget_all(struct trusted *t)
{
    pthread_mutex_lock(&t->mutex);
    clear(t);
    t->changes++;
    pthread_mutex_unlock(&t->mutex);
}
