/*
 * Who runs the installation: its accounts and organizations, whoever's they are. Routes are for administrators alone, and to anybody
 * else are not there (ACCESS_ADMIN); the commands of the program use the same rules.
 */
#ifndef TENON_FEATURES_ADMIN_H
#define TENON_FEATURES_ADMIN_H

#include "core/module.h"

extern const struct module admin_module;

#endif
