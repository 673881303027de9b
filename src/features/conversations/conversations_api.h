/* The conversations feature's routes. */
#ifndef TENON_FEATURES_CONVERSATIONS_API_H
#define TENON_FEATURES_CONVERSATIONS_API_H

#include "http/http.h"

extern const struct route conversations_routes[];

#endif
