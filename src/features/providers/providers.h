/*
 * Providers: which AI services an organization has connected, their keys, and which model a name means.
 *
 * A key is sealed at rest, bound to organization and row, never shown again, and sent to no base URL but the one stored
 * beside it: changing that clears the key. The operator's own keys from the environment go to the catalogue's URLs only.
 */
#ifndef TENON_FEATURES_PROVIDERS_H
#define TENON_FEATURES_PROVIDERS_H

#include "ai/catalogue.h"
#include "core/config.h"
#include "core/module.h"

/* The shipped catalogue, from start to stop. */
const struct ai_catalogue *providers_catalogue(void);

/* What a model's name came to. Texts are in the arena it was found with. */
struct model_target {
    const struct ai_provider *provider;
    const struct ai_model *known; /* NULL: not in the catalogue; its cost is not known */
    text provider_name;           /* as the ledger shows it: what stands before the slash */
    text model;                   /* the upstream's id */
    text base_url;
    struct secret key;
};

enum model_found { MODEL_FOUND, MODEL_UNKNOWN, MODEL_AMBIGUOUS, MODEL_NOT_LOADED };

/*
 * `provider/model`, or a bare id that exactly one active provider of the organization has. Looks in memory only and never
 * blocks; MODEL_NOT_LOADED: call providers_load on a worker and ask again.
 */
enum model_found model_find(struct arena *arena, uuid organization, text name, struct model_target *ret_target);

/* Reads the call's organization's providers into memory. */
CHECKED enum result providers_load(struct call *call);

/* Every model the call's organization can name now, as an array of struct model_row: builtin ones first. */
struct model_row {
    text id, provider; /* id with its provider before the slash */
    const struct ai_model *model;
};
CHECKED enum result models_available(struct call *call, struct list *ret_rows);

/* How many services the organization has connected. */
CHECKED enum result providers_count(struct call *call, int64_t *ret_count);

extern const struct event provider_changed; /* payload: nothing; the organization says which */
extern const struct module providers_module;

#endif
