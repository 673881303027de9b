/* The knowledge feature's routes. */
#ifndef TENON_FEATURES_KNOWLEDGE_API_H
#define TENON_FEATURES_KNOWLEDGE_API_H

#include "http/http.h"

extern const struct route knowledge_routes[];

#endif
