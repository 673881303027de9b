/*
 * The services that are configured, and what is remembered of the documents they publish: in memory, for an hour, one of each kind a
 * service.
 */
#ifndef TENON_FEATURES_OAUTH_SERVICE_H
#define TENON_FEATURES_OAUTH_SERVICE_H

#include "identity/oauth.h"

struct service {
    const struct oauth_provider *provider;
    const struct oauth_client *client;
    text issuer; /* whose the subjects are: with another issuer the same subject is somebody else */
};

bool service_named(text name, struct service *ret_service); /* false: there is none, or it is not configured */
text service_discovery_url(struct arena *arena, const struct service *service);

/* Where the service sends people back to: below APP_URL, whatever the request's Host says. */
text service_redirect_uri(struct arena *arena, const struct service *service);

enum service_document { SERVICE_DISCOVERY, SERVICE_KEYS, SERVICE_DOCUMENTS };

bool service_document_kept(struct arena *arena, const struct service *service, enum service_document kind, text *ret_document);
void service_document_keep(const struct service *service, enum service_document kind, text document);

/* True once a minute for all requests together: a token names a key that is not among those kept, and anybody can name one. */
bool service_keys_may_be_stale(const struct service *service);

void services_forget(void);

#endif
