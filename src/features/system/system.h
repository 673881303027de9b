/* What operators and machines ask: health, metrics, the API's description. */
#ifndef TENON_FEATURES_SYSTEM_H
#define TENON_FEATURES_SYSTEM_H

#include "core/module.h"

struct system_health {
    bool database, disk;
};

/* The last known state, without waiting; asked anew at most once a second. */
struct system_health system_health(const struct services *on);

extern const struct module system_module;

#endif
