/* The orgs feature's routes, and the handlers and shapes of the files that each treat one subject. */
#ifndef TENON_FEATURES_ORGS_API_H
#define TENON_FEATURES_ORGS_API_H

#include "http/http.h"

extern const struct route orgs_routes[];

/* --- orgs_members.c ------------------------------------------------------------------------------------------------------ */

struct member_query {
    int64_t page, page_size;
    text q;
};

/* Of a change of role, and of a hand-over. */
struct member_body {
    text role;
    uuid user_id;
};

extern const struct field member_view[], member_query_fields[], member_change_fields[], transfer_fields[];
CHECKED enum result members_list(struct request *req, const void *in);
CHECKED enum result member_show(struct request *req, const void *in);
CHECKED enum result member_change(struct request *req, const void *in);
CHECKED enum result member_remove(struct request *req, const void *in);
CHECKED enum result org_leave(struct request *req, const void *in);
CHECKED enum result org_transfer(struct request *req, const void *in);

/* --- orgs_roles.c -------------------------------------------------------------------------------------------------------- */

struct role_body {
    text name, description;
    bool has_permissions;
    struct text_list permissions;
};

extern const struct field role_view[], role_create_fields[], role_change_fields[];
CHECKED enum result roles_list(struct request *req, const void *in);
CHECKED enum result role_show(struct request *req, const void *in);
CHECKED enum result role_create(struct request *req, const void *in);
CHECKED enum result role_change(struct request *req, const void *in);
CHECKED enum result role_remove(struct request *req, const void *in);

/* --- orgs_invitations.c -------------------------------------------------------------------------------------------------- */

struct invitation_body {
    text email, role, token;
};

extern const struct field invitation_view[], preview_view[], invite_fields[], invitation_token_fields[];
CHECKED enum result invitations_list(struct request *req, const void *in);
CHECKED enum result invitation_show(struct request *req, const void *in);
CHECKED enum result invitation_create(struct request *req, const void *in);
CHECKED enum result invitation_resend(struct request *req, const void *in);
CHECKED enum result invitation_withdraw(struct request *req, const void *in);
CHECKED enum result invitation_preview(struct request *req, const void *in);
CHECKED enum result invitation_take_up(struct request *req, const void *in);

/* --- orgs_domains.c ------------------------------------------------------------------------------------------------------ */

struct domain_body {
    text domain, role;
    bool auto_join, has_auto_join;
};

const char *check_domain(text value); /* orgs_api.c */

extern const struct field domain_view[], domain_create_fields[], domain_change_fields[], joinable_view[];
extern const struct chore orgs_domains;
CHECKED enum result domains_list(struct request *req, const void *in);
CHECKED enum result domain_show(struct request *req, const void *in);
CHECKED enum result domain_create(struct request *req, const void *in);
CHECKED enum result domain_verify(struct request *req, const void *in);
CHECKED enum result domain_alter(struct request *req, const void *in);
CHECKED enum result domain_remove(struct request *req, const void *in);
CHECKED enum result orgs_joinable(struct request *req, const void *in);
CHECKED enum result org_join(struct request *req, const void *in);

/* --- orgs_deletion.c ----------------------------------------------------------------------------------------------------- */

struct deletion_body {
    text name;
};

struct deletion {
    uuid id;
    text name;
    int64_t deleted_at, removed_at;
};

/* The call's organization is marked, and back. In the open transaction; members and sessions are the caller's to think of. */
CHECKED enum result org_shut(struct call *call, text name, bool by_admin);
CHECKED enum result org_open_again(struct call *call, text name);

extern const struct field deletion_fields[], deletion_view[];
extern const struct chore orgs_purge;
CHECKED enum result org_delete(struct request *req, const void *in);
CHECKED enum result org_restore(struct request *req, const void *in);

#endif
