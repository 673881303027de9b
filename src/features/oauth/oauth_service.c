#include "features/oauth/oauth_service.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"

enum { MOST_SERVICES = 8 };
static const int64_t KEPT = HOUR, AGAIN_AFTER = MINUTE;

/* --- which --------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const struct oauth_client *client;
    const text *issuer; /* where the configuration says it */
} configured[] = {
    { "google", &config.google, NULL },
    { "github", &config.github, &config.github_url },
    { "microsoft", &config.microsoft, NULL },
    { "oidc", &config.oidc, &config.oidc_issuer },
};

bool service_named(text name, struct service *ret_service)
{
    const struct oauth_provider *provider = oauth_provider_named(name);

    for (size_t i = 0; provider && i < COUNT(configured); i++)
        if (text_equal(name, text_of(configured[i].name)) && configured[i].client->id.len) {
            *ret_service = (struct service){ provider, configured[i].client, configured[i].issuer ? *configured[i].issuer : text_of(provider->issuer) };
            return true;
        }
    return false;
}

text service_discovery_url(struct arena *arena, const struct service *service)
{
    return service->provider->discovery ? text_of(service->provider->discovery) : oidc_discovery_url(arena, service->issuer);
}

text service_redirect_uri(struct arena *arena, const struct service *service)
{
    return text_format(arena, "%.*s/api/auth/oauth/%s/callback", TEXT_ARG(config.app_url), service->provider->name);
}

/* --- documents ------------------------------------------------------------------------------------------------------------------- */

static struct {
    struct kept {
        struct buffer bytes;
        int64_t at; /* clock_ticks() */
    } documents[SERVICE_DOCUMENTS];
    int64_t doubted; /* when the keys were last said to be stale, 0: never */
} kept[MOST_SERVICES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static size_t place_of(const struct service *service)
{
    size_t place = (size_t)(service->provider - oauth_providers);

    if (place >= MOST_SERVICES)
        abort();
    return place;
}

bool service_document_kept(struct arena *arena, const struct service *service, enum service_document kind, text *ret_document)
{
    struct kept *document = &kept[place_of(service)].documents[kind];
    bool good;

    pthread_mutex_lock(&mutex);
    good = document->bytes.len && clock_ticks() - document->at < KEPT;
    if (good)
        *ret_document = text_copy(arena, buffer_view(&document->bytes));
    pthread_mutex_unlock(&mutex);
    return good;
}

void service_document_keep(const struct service *service, enum service_document kind, text bytes)
{
    struct kept *document = &kept[place_of(service)].documents[kind];

    pthread_mutex_lock(&mutex);
    document->bytes.len = 0;
    buffer_text(&document->bytes, bytes);
    document->at = clock_ticks();
    pthread_mutex_unlock(&mutex);
}

bool service_keys_may_be_stale(const struct service *service)
{
    int64_t *doubted = &kept[place_of(service)].doubted, now = clock_ticks();
    bool may;

    pthread_mutex_lock(&mutex);
    may = !*doubted || now - *doubted >= AGAIN_AFTER;
    if (may)
        *doubted = now;
    pthread_mutex_unlock(&mutex);
    return may;
}

void services_forget(void)
{
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < MOST_SERVICES; i++) {
        kept[i].doubted = 0;
        for (size_t kind = 0; kind < SERVICE_DOCUMENTS; kind++)
            buffer_free(&kept[i].documents[kind].bytes);
    }
    pthread_mutex_unlock(&mutex);
}
