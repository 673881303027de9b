/*
 * Organizations and who belongs to them. A user has one from sign-up on and may belong to several; in each they hold a role: one
 * of those that every organization has (core/access.h), or one of the organization's own.
 */
#ifndef TENON_FEATURES_ORGS_H
#define TENON_FEATURES_ORGS_H

#include "core/fields.h"
#include "core/module.h"

struct org {
    uuid id;
    text name, domain;
    enum role role; /* of the one who asks */
    text role_name; /* as people read it: of ROLE_CUSTOM the name that the organization gave it */
    unsigned permissions;
    int64_t created_at;
    int64_t deleted_at; /* 0: it is not deleted */
};

/* Opens one owned by `owner` and enters it: the call acts for it from here on. In the open transaction. CONFLICT with the
   field named when the domain is taken. */
CHECKED enum result org_open(struct call *call, text name, text domain, uuid owner, struct org *ret_org);

/* A person's own organizations, oldest first, as an array of struct org. Not those that are deleted. */
CHECKED enum result orgs_of(struct call *call, uuid user, struct list *ret_orgs);

/* The person's role there; NOT_FOUND when not a member, whether or not it exists. */
CHECKED enum result org_membership(struct call *call, uuid org, uuid user, struct org *ret_org);

/* Where a person is at home: the organization in which a session of theirs begins. The oldest membership; who was removed from
   their last one gets a new one of their own. Enters it. */
CHECKED enum result org_home(struct call *call, uuid user, struct org *ret_org);

/*
 * Takes up the invitation with this token for a person with this address, in the open transaction: they are a member then, and
 * the call acts for that organization. The token came by letter, so who has it reads mail at that address: a sign-up that brings
 * one may take the address for verified. Once, however many try at the same moment.
 *
 * NOT_FOUND: used, withdrawn, expired, unknown, or its inviter may no longer give the role; FORBIDDEN: sent to another address;
 * CONFLICT: a member already. Each with a message fit to be shown.
 */
CHECKED enum result invitation_accept(struct call *call, text token, uuid user, text email, struct org *ret_org);

/* Who somebody is, to write to them. */
struct person_row {
    uuid id;
    text name, email;
};
CHECKED enum result person_read(struct call *call, uuid id, struct person_row *ret_row);

/* Withdraws what a person invited others to, in every organization and in the open transaction. */
CHECKED enum result invitations_withdraw_of(struct call *call, uuid user);

/*
 * A person goes for good, in the open transaction and before their row does. CONFLICT, with each organization named as a failure of
 * the field `organizations`, where they are the last owner whose account is active while others are members. Those that were theirs
 * alone are deleted as an owner deletes one; in the others it is noted.
 */
CHECKED enum result orgs_release(struct call *call, uuid user, text email);

/* Deletes an organization, or restores it, as whoever runs the installation: its owners cannot undo it. In the open transaction;
   the call is where it was. NOT_FOUND: it is so already. */
CHECKED enum result org_close(struct call *call, text name, uuid organization);
CHECKED enum result org_reopen(struct call *call, text name, uuid organization);

/* For a person whose address has just been verified: they join the organization that its domain belongs to, where that lets them. In the
   open transaction; the call is where it was. */
CHECKED enum result orgs_join_by_domain(struct call *call, uuid user);

/* A membership, or what a role of the organization may do, is not what it was, or the organization was deleted. Payload: the
   person's id, or nothing for all of the organization. */
extern const struct event membership_event;

/* `{id, name, role}`, as others show an organization. */
struct org_brief {
    uuid id;
    text name, role;
};
extern const struct field org_brief_view[];
struct org_brief org_brief_of(const struct org *org);

extern const struct module orgs_module;

#endif
