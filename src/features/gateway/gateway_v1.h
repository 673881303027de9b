/* The routes of /v1, OpenAI's API. */
#ifndef TENON_FEATURES_GATEWAY_V1_H
#define TENON_FEATURES_GATEWAY_V1_H

#include "http/http.h"

extern const struct route gateway_routes[];

#endif
