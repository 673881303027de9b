/* The budgets feature's routes. */
#ifndef TENON_FEATURES_BUDGETS_API_H
#define TENON_FEATURES_BUDGETS_API_H

#include "http/http.h"

extern const struct event budget_changed;
extern const struct route budgets_routes[];

#endif
