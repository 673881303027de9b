/* What is in this program: one line a feature. */
#define MODULES(X) \
    X(system)      \
    X(auth)        \
    X(factors)     \
    X(oauth)       \
    X(orgs)        \
    X(keys)        \
    X(audit)       \
    X(admin)       \
    X(letters)     \
    X(usage)       \
    X(budgets)     \
    X(providers)   \
    X(gateway)     \
    X(knowledge)   \
    X(conversations) \
    X(dashboard)

#include "app/app.h"

#define DECLARE(name) extern const struct module name##_module;
MODULES(DECLARE)

#define LINE(name) &name##_module,
const struct module *const app_modules[] = { MODULES(LINE) NULL };
