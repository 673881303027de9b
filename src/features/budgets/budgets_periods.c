#include "features/budgets/budgets_periods.h"

#include "core/result.h"

static const int64_t NEVER = INT64_C(253402300799) * SECOND; /* the end of the year 9999 */

const char *const budget_scopes[] = { [SCOPE_ORGANIZATION] = "organization", [SCOPE_KEY] = "key", [SCOPE_USER] = "user", [SCOPE_COUNT] = NULL };
const char *const budget_periods[] = { [PERIOD_DAY] = "day", [PERIOD_MONTH] = "month", [PERIOD_TOTAL] = "total", [PERIOD_COUNT] = NULL };

static int place_of(const char *const *names, text name)
{
    int place = 0;

    while (names[place + 1] && !text_equal(name, text_of(names[place])))
        place++;
    return place;
}

enum budget_scope budget_scope_of(text name)
{
    return (enum budget_scope)place_of(budget_scopes, name);
}

enum budget_period budget_period_of(text name)
{
    return (enum budget_period)place_of(budget_periods, name);
}

/* The first of the month, as the calendar spells it. */
static int64_t month_of(int64_t at)
{
    char spelled[CLOCK_TEXT];
    int64_t begin = 0;

    clock_format(at, spelled);
    memcpy(spelled + 8, "01", 2);
    clock_parse((text){ spelled, 10 }, &begin);
    return begin;
}

struct span budget_span(enum budget_period period, int64_t at)
{
    int64_t day = at / DAY * DAY, month;

    if (period == PERIOD_DAY)
        return (struct span){ day, day + DAY };
    if (period == PERIOD_TOTAL)
        return (struct span){ 0, NEVER };
    month = month_of(at);
    return (struct span){ month, month_of(month + 32 * DAY) };
}
