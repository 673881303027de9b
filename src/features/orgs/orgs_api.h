/* The orgs feature's routes. */
#ifndef TENON_FEATURES_ORGS_API_H
#define TENON_FEATURES_ORGS_API_H

#include "http/http.h"

extern const struct route orgs_routes[];

#endif
