/* Budgets' words: scopes, periods, and when a period begins and ends. */
#ifndef TENON_FEATURES_BUDGETS_PERIODS_H
#define TENON_FEATURES_BUDGETS_PERIODS_H

#include "base/clock.h"

enum budget_scope { SCOPE_ORGANIZATION, SCOPE_KEY, SCOPE_USER, SCOPE_COUNT };
enum budget_period { PERIOD_DAY, PERIOD_MONTH, PERIOD_TOTAL, PERIOD_COUNT };

extern const char *const budget_scopes[];  /* as spelled on the wire, NULL behind the last */
extern const char *const budget_periods[];

enum budget_scope budget_scope_of(text name); /* of one that is in the list */
enum budget_period budget_period_of(text name);

/* The period that `at` lies in, by UTC: from its first microsecond to that of the next. A total has begun with the ledger and
   does not end: 0, and a time that no ledger reaches. */
struct span {
    int64_t from, to;
};
struct span budget_span(enum budget_period period, int64_t at);

#endif
