/* What a call may cost before it is made. */
#ifndef TENON_FEATURES_GATEWAY_COST_H
#define TENON_FEATURES_GATEWAY_COST_H

#include "features/gateway/gateway.h"

/* False for what costs nothing whatever is asked: the builtin models, and those that the catalogue has for free. A model that
   the catalogue does not have may cost: nobody knows what. */
bool gateway_may_cost(const struct model_target *target, int64_t at);

/*
 * The most that it may cost, in micro-dollars by the prices at `at`: input tokens bounded by the body's bytes, or where it brings
 * images, sound or files by the context window; output by what the request allows, times its choices, else by the model's
 * largest output. 0 for a model whose price is not known.
 */
int64_t gateway_most_cost(const struct gateway_request *request, int64_t at);

#endif
