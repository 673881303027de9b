/*
 * Organizations and who belongs to them. A user has one from sign-up on and may belong to several.
 */
#ifndef TENON_FEATURES_ORGS_H
#define TENON_FEATURES_ORGS_H

#include "core/fields.h"
#include "core/module.h"

struct org {
    uuid id;
    text name, domain;
    enum role role; /* of the one who asks */
    int64_t created_at;
};

/* Opens one owned by `owner` and enters it: the call acts for it from here on. In the open transaction. CONFLICT with the
   field named when the domain is taken. */
CHECKED enum result org_open(struct call *call, text name, text domain, uuid owner, struct org *ret_org);

/* A person's own organizations, oldest first, as an array of struct org. */
CHECKED enum result orgs_of(struct call *call, uuid user, struct list *ret_orgs);

/* The person's role there; NOT_FOUND when not a member, whether or not it exists. */
CHECKED enum result org_membership(struct call *call, uuid org, uuid user, struct org *ret_org);

/* `{id, name, role}`, as others show an organization. */
struct org_brief {
    uuid id;
    text name, role;
};
extern const struct field org_brief_view[];
struct org_brief org_brief_of(const struct org *org);

extern const struct module orgs_module;

#endif
