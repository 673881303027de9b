/* The auth feature's routes. */
#ifndef TENON_FEATURES_AUTH_API_H
#define TENON_FEATURES_AUTH_API_H

#include "http/http.h"

extern const struct route auth_routes[];

#endif
