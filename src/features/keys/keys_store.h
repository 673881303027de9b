/* The keys feature's statements. */
#ifndef TENON_FEATURES_KEYS_STORE_H
#define TENON_FEATURES_KEYS_STORE_H

#include "core/module.h"
#include "store/db.h"

struct key_row {
    uuid id;
    text name, prefix;
    struct text_list scopes;
    int64_t expires_at, created_at, last_used;
    text key_hash;
    int64_t rate_limit; /* requests a minute, 0: the usual */
    text previous_hash; /* of the key before it was rotated */
    int64_t previous_until;
};

struct key_owner {
    uuid organization_id, id;
    struct text_list scopes;
    uuid made_by; /* none: nobody is left of whom it was */
    int64_t expires_at, last_used, rate_limit;
    bool is_previous;
};

CHECKED enum result key_insert(struct call *call, const struct key_row *row); /* made by the caller; by a key: by its maker */
CHECKED enum result key_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result key_read(struct call *call, uuid id, struct key_row *ret_row);
CHECKED enum result key_update(struct call *call, uuid id, text name, const struct text_list *scopes, int64_t rate_limit); /* absent, NULL, 0: unchanged */
CHECKED enum result key_rotate(struct call *call, uuid id, text prefix, text key_hash, text former_hash, int64_t former_until);
CHECKED enum result key_delete(struct call *call, uuid id);                                            /* NOT_FOUND */
CHECKED enum result key_touch(struct call *call, uuid id);

/* In a system scope: a person's keys, wherever they made them, and those that these made. */
struct made_key {
    uuid organization_id, id;
    text name, key_hash, previous_hash;
};
CHECKED enum result keys_made_by(struct call *call, uuid user, struct list *ret_keys);

/* In a system scope: the key itself names the organization. NOT_FOUND also while its maker's account is not active. */
CHECKED enum result key_by_hash(struct call *call, text hash, struct key_owner *ret_owner);

/* Whether it is there, its time not over and its maker active. */
CHECKED enum result key_is_good(struct call *call, uuid id); /* NOT_FOUND */

extern const struct export keys_exports[];
extern const struct query *const keys_queries[];

#endif
