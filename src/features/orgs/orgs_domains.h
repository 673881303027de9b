/*
 * Domains of organizations: whoever has a verified address at one may join. A domain is shown to be the organization's by a TXT record,
 * looked for again every day; while it is gone nobody joins by it. One organization has a domain at a time.
 */
#ifndef TENON_FEATURES_ORGS_DOMAINS_H
#define TENON_FEATURES_ORGS_DOMAINS_H

#include "features/orgs/orgs_store.h"

struct domain_row {
    uuid id;
    text domain, txt_value, status; /* pending, verified, lost */
    bool auto_join;
    text role;
    int64_t created_at, verified_at, checked_at;
};

/* What somebody may join by their address. */
struct joinable_row {
    uuid id;
    text name, domain, role;
};

struct due_row {
    uuid organization_id, id;
};

/* True of gmail.com and its like. */
bool domain_is_public(text domain);

/* --- the call's organization's ------------------------------------------------------------------------------------------- */

CHECKED enum result domain_insert(struct call *call, const struct domain_row *row); /* CONFLICT: it is there already */
CHECKED enum result domain_read(struct call *call, uuid id, struct domain_row *ret_row);
CHECKED enum result domain_list(struct call *call, struct list *ret_rows); /* 100 at most */
CHECKED enum result domain_count(struct call *call, int64_t *ret_count);
CHECKED enum result domain_change(struct call *call, uuid id, bool has_auto_join, bool auto_join, text role); /* absent: as it is */
CHECKED enum result domain_checked(struct call *call, uuid id, text status, int64_t checked_at);
CHECKED enum result domain_delete(struct call *call, uuid id); /* NOT_FOUND */

/* Makes it the call's organization's, unless it is another's: CONFLICT. One of many at once gets through. */
CHECKED enum result domain_claim(struct call *call, text domain);
CHECKED enum result domain_release(struct call *call, text domain);

/* --- who joins ----------------------------------------------------------------------------------------------------------- */

/* In a system scope: what the person, whose verified address is at `domain`, may join; without those they belong to or were removed
   from. One row or none. */
CHECKED enum result domain_joinable(struct call *call, uuid user, text domain, struct list *ret_rows);

CHECKED enum result removal_note(struct call *call, uuid user);   /* from the call's organization */
CHECKED enum result removal_forget(struct call *call, uuid user); /* somebody asked them back */

/* In a system scope: verified or lost ones that were last looked for before then, those first that wait longest. */
CHECKED enum result domains_due(struct call *call, int64_t before, struct list *ret_rows);

/* For the module's list. */
extern const struct query domain_insert_query, domain_read_query, domain_list_query, domain_count_query, domain_change_query, domain_checked_query, domain_delete_query,
    domain_claim_query, domain_claimant_query, domain_release_query, domain_joinable_query, domains_due_query, removal_note_query, removal_forget_query;
#define DOMAIN_QUERIES                                                                                                                        \
    &domain_insert_query, &domain_read_query, &domain_list_query, &domain_count_query, &domain_change_query, &domain_checked_query,            \
        &domain_delete_query, &domain_claim_query, &domain_claimant_query, &domain_release_query, &domain_joinable_query, &domains_due_query,  \
        &removal_note_query, &removal_forget_query

#endif
