/* The overview: what there is, what was used, what happened last. */
#ifndef TENON_FEATURES_DASHBOARD_H
#define TENON_FEATURES_DASHBOARD_H

#include "core/module.h"

extern const struct module dashboard_module;

#endif
