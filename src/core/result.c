#include "core/result.h"

static const struct { const char *code; int status; const char *message; } rows[] = {
    [OK] = { "OK", 200, "" },
#define RESULT_ROW(name, status, message) [name] = { #name, status, message },
    RESULTS(RESULT_ROW)
#undef RESULT_ROW
};

const char *result_code(enum result result) { return rows[result].code; }
int result_status(enum result result) { return rows[result].status; }
const char *result_message(enum result result) { return rows[result].message; }
