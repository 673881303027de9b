/* The keys feature's routes, and what they share with its rules. */
#ifndef TENON_FEATURES_KEYS_API_H
#define TENON_FEATURES_KEYS_API_H

#include "http/http.h"

text key_make(struct arena *arena);
unsigned key_permissions(struct text_list scopes);

extern const struct route keys_routes[];

#endif
