/* The providers feature's routes, and what they share with its rules. */
#ifndef TENON_FEATURES_PROVIDERS_API_H
#define TENON_FEATURES_PROVIDERS_API_H

#include "features/providers/providers_store.h"
#include "http/http.h"

/* What a sealed key is bound to. */
text provider_binding(struct arena *arena, uuid organization, uuid provider);

extern const struct route providers_routes[];

#endif
