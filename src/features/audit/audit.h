/*
 * Audit: who did what, to what, from where, in an organization. Rows are only added.
 */
#ifndef TENON_FEATURES_AUDIT_H
#define TENON_FEATURES_AUDIT_H

#include "core/module.h"

/* Adds a row in the call's organization and open transaction. `action` is `thing.verb`; `target` names what was acted on. */
CHECKED enum result audit_note(struct call *call, const char *action, text target);

/* The same with more to say, as a JSON object: what it was before and is now. */
CHECKED enum result audit_note_detail(struct call *call, const char *action, text target, text detail);

extern const struct module audit_module;

#endif
