/* The usage feature's routes. */
#ifndef TENON_FEATURES_USAGE_API_H
#define TENON_FEATURES_USAGE_API_H

#include "http/http.h"

extern const struct route usage_routes[];

#endif
