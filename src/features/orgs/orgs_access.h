/*
 * Who may do what to whom in the call's organization. Two rules hold for members, roles and invitations alike: nobody gives or takes
 * what they may not do themselves, and only an owner touches an owner. What the gate found is read anew inside the transaction:
 * by then it may be otherwise.
 */
#ifndef TENON_FEATURES_ORGS_ACCESS_H
#define TENON_FEATURES_ORGS_ACCESS_H

#include "features/orgs/orgs_store.h"
#include "http/http.h"

/* A role as somebody holds it, or would. */
struct held_role {
    enum role role;
    uuid id; /* of ROLE_CUSTOM */
    text name;
    unsigned permissions;
};

/* NOT_FOUND unless the path's organization is the one that the call acts for. */
CHECKED enum result org_is_current(struct request *req);

/* What a row says; an unknown word lets its holder do nothing. */
struct held_role held_role(text role, uuid id, text name, struct text_list permissions);

/* The role of this name, built in or the organization's own. VALIDATION_ERROR for the field `role` when there is none. */
CHECKED enum result held_role_named(struct call *call, text name, struct held_role *ret_role);

/* What the caller holds now. FORBIDDEN without `needed`. */
CHECKED enum result callers_role(struct call *call, enum permission needed, struct held_role *ret_role);

/* FORBIDDEN unless who holds `mine` may give or take `other`. */
CHECKED enum result role_covers(struct call *call, const struct held_role *mine, const struct held_role *other);

/* CONFLICT unless there is an owner besides this one, who can sign in. */
CHECKED enum result other_owner(struct call *call, uuid user);

/* News for every instance when the transaction is committed; of everybody there: UUID_NONE. */
void membership_changed(struct call *call, uuid user);

/* A name as a field of a letter must be. */
text one_line(struct call *call, text name);
text time_in_words(struct call *call, int64_t time); /* `21 November 2026, 12:00 UTC` */

/* `{"key": value, …}` for the audit log; an absent value is left out. */
text audit_detail(struct call *call, const char *key, text value, const char *key2, text value2);

#endif
