#include "features/providers/providers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "bus/bus.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/providers/providers_api.h"
#include "features/providers/providers_store.h"

static const int64_t KEPT = MINUTE, KEPT_SHORTLY = SECOND; /* … what signals do not vouch for */
enum { MOST_LOADED = 4096 };

const struct event provider_changed = { "provider.changed", "A provider of the organization was connected, changed or removed." };

/* One provider an organization can use now. */
struct connected {
    const struct ai_provider *provider;
    text name, base_url;
    struct secret key;
};

struct loaded {
    struct arena arena;
    struct connected *rows;
    size_t len;
    int64_t at;
    bool doubtful; /* a change came while it was read */
};

static struct ai_catalogue *catalogue;
static const struct bus *bus; /* from start to stop */
static struct {
    pthread_mutex_t mutex;
    struct map by_organization; /* struct loaded, by the identifier's bytes */
    size_t count;
    uint64_t changes; /* grows with each news: what was read before it is not kept */
} cache = { .mutex = PTHREAD_MUTEX_INITIALIZER };

const struct ai_catalogue *providers_catalogue(void)
{
    return catalogue;
}

/* --- loading -------------------------------------------------------------------------------------------------------------- */

static text name_of(const uuid *id)
{
    return (text){ (const char *)id->bytes, sizeof id->bytes };
}

static void loaded_free(void *value)
{
    struct loaded *loaded = value;

    arena_free(&loaded->arena);
    free(loaded);
}

text provider_binding(struct arena *arena, uuid organization, uuid provider)
{
    return text_format(arena, "%.*s/ai_providers/%.*s", TEXT_ARG(uuid_text(arena, organization)), TEXT_ARG(uuid_text(arena, provider)));
}

static bool connect_row(struct call *call, struct loaded *loaded, const struct provider_row *row)
{
    const struct ai_provider *provider = ai_provider_find(catalogue, row->provider);
    struct connected *to = &loaded->rows[loaded->len];
    struct secret key = { TEXT_NONE };

    if (!provider || !row->is_active)
        return false;
    if (row->sealed_key.len && !unseal(&call->arena, row->sealed_key, provider_binding(&call->arena, call->organization, row->id), &key)) {
        LOG(ERROR, call, "a provider's key cannot be opened: ENCRYPTION_KEY is not the one it was sealed with", LT("provider", row->name));
        return false;
    }
    *to = (struct connected){ provider, text_copy(&loaded->arena, row->name), text_copy(&loaded->arena, row->base_url), { text_copy(&loaded->arena, key.value) } };
    loaded->len++;
    return true;
}

static bool has(const struct loaded *loaded, const struct ai_provider *provider)
{
    for (size_t i = 0; i < loaded->len; i++)
        if (loaded->rows[i].provider == provider)
            return true;
    return false;
}

/* The operator's own keys serve every organization that has not connected the service itself. */
static void add_operators(struct loaded *loaded, const struct ai_provider *providers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ai_provider *provider = &providers[i];
        struct secret key = config_provider_key(provider->key_env);

        if (!key.value.len && text_equal(provider->id, T("anthropic")))
            key = config_provider_key(T("CLAUDE_API_KEY"));
        if (key.value.len && provider->base_url.len && provider->dialect && !has(loaded, provider))
            loaded->rows[loaded->len++] = (struct connected){ provider, provider->id, provider->base_url, key };
    }
}

static enum result load(struct call *call, struct loaded **ret_loaded)
{
    struct loaded *loaded;
    size_t provider_count;
    const struct ai_provider *providers = ai_providers(catalogue, &provider_count);
    struct list rows;

    TRY(provider_list(call, &rows));
    loaded = xcalloc(1, sizeof *loaded);
    loaded->at = call->now;
    loaded->rows = arena_array(&loaded->arena, rows.len + provider_count, sizeof *loaded->rows);
    for (size_t i = 0; i < rows.len; i++)
        connect_row(call, loaded, (const struct provider_row *)rows.items + i);
    add_operators(loaded, providers, provider_count);
    *ret_loaded = loaded;
    return OK;
}

enum result providers_load(struct call *call)
{
    struct loaded *loaded, *before;
    uint64_t changes;

    pthread_mutex_lock(&cache.mutex);
    changes = cache.changes;
    pthread_mutex_unlock(&cache.mutex);
    TRY(load(call, &loaded));
    pthread_mutex_lock(&cache.mutex);
    loaded->doubtful = cache.changes != changes; /* good for this call, but not for many more */
    if (cache.count >= MOST_LOADED) {
        map_free(&cache.by_organization, loaded_free);
        cache.count = 0;
    }
    before = map_put(&cache.by_organization, name_of(&call->organization), loaded);
    cache.count += before == NULL;
    pthread_mutex_unlock(&cache.mutex);
    if (before)
        loaded_free(before);
    return OK;
}

static void on_changed(const struct services *on, uuid organization, text payload)
{
    struct loaded *loaded;

    (void)on;
    (void)payload;
    pthread_mutex_lock(&cache.mutex);
    loaded = map_remove(&cache.by_organization, name_of(&organization));
    cache.changes++;
    cache.count -= loaded != NULL;
    pthread_mutex_unlock(&cache.mutex);
    if (loaded)
        loaded_free(loaded);
}

static void on_bus_lost(const struct services *on, uuid organization, text payload)
{
    (void)on;
    (void)organization;
    (void)payload;
    pthread_mutex_lock(&cache.mutex);
    map_free(&cache.by_organization, loaded_free);
    cache.count = 0;
    cache.changes++;
    pthread_mutex_unlock(&cache.mutex);
}

/* --- finding ---------------------------------------------------------------------------------------------------------------- */

static bool goes_by(const struct connected *row, text prefix)
{
    return text_equal_nocase(row->name, prefix) || (row->provider->base_url.len && text_equal(row->provider->id, prefix));
}

static struct model_target target_of(struct arena *arena, const struct connected *row, text model)
{
    return (struct model_target){
        .provider = row->provider, .known = ai_model_find(catalogue, row->provider->id, model), .provider_name = text_copy(arena, row->name),
        .model = text_copy(arena, model), .base_url = text_copy(arena, row->base_url), .key = { text_copy(arena, row->key.value) },
    };
}

static enum model_found find_bare(struct arena *arena, const struct loaded *loaded, text name, struct model_target *ret_target)
{
    const struct connected *only = NULL;

    for (size_t i = 0; i < loaded->len; i++)
        if (ai_model_find(catalogue, loaded->rows[i].provider->id, name)) {
            if (only && only->provider != loaded->rows[i].provider)
                return MODEL_AMBIGUOUS;
            only = only ? only : &loaded->rows[i];
        }
    if (!only)
        return MODEL_UNKNOWN;
    *ret_target = target_of(arena, only, name);
    return MODEL_FOUND;
}

static enum model_found find_in(struct arena *arena, const struct loaded *loaded, text name, struct model_target *ret_target)
{
    text rest = name, prefix = text_cut(&rest, '/');

    for (size_t i = 0; rest.len && i < loaded->len; i++)
        if (goes_by(&loaded->rows[i], prefix)) {
            *ret_target = target_of(arena, &loaded->rows[i], rest);
            return MODEL_FOUND;
        }
    return find_bare(arena, loaded, name, ret_target);
}

static bool find_builtin(struct arena *arena, text name, struct model_target *ret_target)
{
    const struct ai_provider *provider = ai_provider_find(catalogue, T("builtin"));
    text model = text_starts(name, T("builtin/")) ? text_slice(name, 8, name.len) : name;
    const struct ai_model *known = ai_model_find(catalogue, T("builtin"), model);

    if (!known)
        return false;
    *ret_target = (struct model_target){ .provider = provider, .known = known, .provider_name = provider->id, .model = text_copy(arena, model) };
    return true;
}

enum model_found model_find(struct arena *arena, uuid organization, text name, struct model_target *ret_target)
{
    enum model_found found = MODEL_NOT_LOADED;
    struct loaded *loaded;

    if (find_builtin(arena, name, ret_target))
        return MODEL_FOUND;
    pthread_mutex_lock(&cache.mutex);
    loaded = map_get(&cache.by_organization, name_of(&organization));
    if (loaded && clock_now() - loaded->at < (bus_connected(bus) && !loaded->doubtful ? KEPT : KEPT_SHORTLY))
        found = find_in(arena, loaded, name, ret_target);
    pthread_mutex_unlock(&cache.mutex);
    return found;
}

enum result models_available(struct call *call, struct list *ret_rows)
{
    size_t count;
    const struct ai_model *models = ai_models(catalogue, &count);
    struct model_row *rows = arena_array(&call->arena, count * 2 + 1, sizeof *rows);
    struct loaded *loaded;
    size_t len = 0;

    TRY(load(call, &loaded));
    for (size_t i = 0; i < count; i++) {
        const struct ai_provider *provider = models[i].provider;

        if (provider->dialect ? !has(loaded, provider) : false)
            continue;
        rows[len++] = (struct model_row){ text_format(&call->arena, "%.*s/%.*s", TEXT_ARG(provider->id), TEXT_ARG(models[i].id)), provider->id, &models[i] };
    }
    loaded_free(loaded);
    *ret_rows = (struct list){ rows, len };
    return OK;
}

enum result providers_count(struct call *call, int64_t *ret_count)
{
    struct list rows;

    TRY(provider_list(call, &rows));
    *ret_count = (int64_t)rows.len;
    return OK;
}

/* --- module ----------------------------------------------------------------------------------------------------------------- */

static enum result start(struct call *call)
{
    char error[256] = "";

    bus = call->on->bus;
    catalogue = ai_catalogue_load(ai_data_providers(), ai_data_models(), error);
    return catalogue ? OK : fail(call, INTERNAL, "%s", error);
}

static void stop(const struct services *on)
{
    (void)on;
    pthread_mutex_lock(&cache.mutex);
    map_free(&cache.by_organization, loaded_free);
    cache.count = 0;
    pthread_mutex_unlock(&cache.mutex);
    ai_catalogue_free(catalogue);
    catalogue = NULL;
    bus = NULL;
}

static const struct event *const events[] = { &provider_changed, NULL };
static const struct event_handler handlers[] = { { &provider_changed, on_changed }, { &bus_lost, on_bus_lost }, { NULL, NULL } };

static const struct sample samples[] = {
    { "/api/providers/:id", "POST /api/providers", "{\"provider\":\"openai\",\"name\":\"{mark}\",\"api_key\":\"sk-0123456789\"}", "data.id", .table = "ai_providers" },
    { 0 },
};

const struct module providers_module = {
    .name = "providers", .doc = "AI services and their models.", .routes = providers_routes, .samples = samples, .queries = providers_queries, .events = events,
    .handlers = handlers, .start = start, .stop = stop,
};
