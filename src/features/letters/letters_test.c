/* The outbox, which development shows; what is in it comes with the features that write letters. */
#include "tests/scenario/scenario.h"

static const struct scenario rows[] = {
    { "an outbox without letters", .send = "GET /api/outbox", .has = { "success=true" } },
    { "a letter that is not there", .send = "GET /api/outbox/01890000-0000-7000-8000-000000000000", .error = "NOT_FOUND" },
    { "it is not for the world", .send = "GET /api/outbox", .headers = "X-Forwarded-For: 203.0.113.7", .error = "FORBIDDEN" },
};

const struct suite letters_scenarios = { SCENARIOS(rows) };
