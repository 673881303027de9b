#include "features/orgs/orgs_domains.h"

static const struct field domain_columns[] = {
    UUID(struct domain_row, id), TEXT(struct domain_row, domain), TEXT(struct domain_row, txt_value), TEXT(struct domain_row, status), BOOL(struct domain_row, auto_join),
    TEXT(struct domain_row, role), TIME(struct domain_row, created_at), TIME(struct domain_row, verified_at), TIME(struct domain_row, checked_at), FIELDS_END,
};
#define DOMAINS "SELECT id, domain, txt_value, status, auto_join, role, created_at, verified_at, checked_at FROM organization_domains WHERE organization_id = :org "

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };

static enum result one_changed(struct call *call, const struct query *query, struct args args)
{
    int64_t changed;

    TRY(db_change(call, query, args, &changed));
    return changed ? OK : NOT_FOUND;
}

/* --- the call's organization's ------------------------------------------------------------------------------------------- */

const struct query domain_insert_query = {
    .name = "domain_insert",
    .sql = "INSERT INTO organization_domains (organization_id, id, domain, txt_value, status, role, created_at) VALUES (:org, $1, $2, $3, $4, $5, $6)",
};

enum result domain_insert(struct call *call, const struct domain_row *row)
{
    return db_run(call, &domain_insert_query, ARGS(db_uuid(row->id), db_text(row->domain), db_text(row->txt_value), db_text(row->status), db_text(row->role), db_time(row->created_at)));
}

const struct query domain_read_query = { .name = "domain_read", .sql = DOMAINS "AND id = $1", ROWS(struct domain_row, domain_columns) };

enum result domain_read(struct call *call, uuid id, struct domain_row *ret_row)
{
    return db_one(call, &domain_read_query, ARGS(db_uuid(id)), ret_row);
}

const struct query domain_list_query = { .name = "domain_list", .sql = DOMAINS "ORDER BY created_at, id LIMIT 100", ROWS(struct domain_row, domain_columns) };

enum result domain_list(struct call *call, struct list *ret_rows)
{
    return db_all(call, &domain_list_query, NO_ARGS, ret_rows);
}

const struct query domain_count_query = {
    .name = "domain_count", .sql = "SELECT count(*) AS total FROM organization_domains WHERE organization_id = :org", ROWS(struct total, total_columns),
};

enum result domain_count(struct call *call, int64_t *ret_count)
{
    struct total total;

    TRY(db_one(call, &domain_count_query, NO_ARGS, &total));
    *ret_count = total.total;
    return OK;
}

const struct query domain_change_query = {
    .name = "domain_change",
    .sql = "UPDATE organization_domains SET auto_join = CASE WHEN $2 THEN $3 ELSE auto_join END, role = coalesce($4, role) WHERE organization_id = :org AND id = $1",
};

enum result domain_change(struct call *call, uuid id, bool has_auto_join, bool auto_join, text role)
{
    return one_changed(call, &domain_change_query, ARGS(db_uuid(id), db_bool(has_auto_join), db_bool(auto_join), db_text(role)));
}

const struct query domain_checked_query = {
    .name = "domain_checked",
    .sql = "UPDATE organization_domains SET status = $2, checked_at = $3, verified_at = CASE WHEN verified_at IS NULL AND $2 = 'verified' THEN $3 ELSE verified_at END "
           "WHERE organization_id = :org AND id = $1",
};

enum result domain_checked(struct call *call, uuid id, text status, int64_t checked_at)
{
    return one_changed(call, &domain_checked_query, ARGS(db_uuid(id), db_text(status), db_time(checked_at)));
}

const struct query domain_delete_query = { .name = "domain_delete", .sql = "DELETE FROM organization_domains WHERE organization_id = :org AND id = $1" };

enum result domain_delete(struct call *call, uuid id)
{
    return one_changed(call, &domain_delete_query, ARGS(db_uuid(id)));
}

/* --- whose a domain is ------------------------------------------------------------------------------------------------------ */

const struct query domain_claim_query = {
    .name = "domain_claim", .sql = "INSERT INTO claimed_domains (domain, claimed_by, claimed_at) VALUES ($1, :org, $2) ON CONFLICT (domain) DO NOTHING",
};
const struct query domain_claimant_query = {
    .name = "domain_claimant", .sql = "SELECT count(*) AS total FROM claimed_domains WHERE domain = $1 AND claimed_by = :org", ROWS(struct total, total_columns),
};

enum result domain_claim(struct call *call, text domain)
{
    struct total own;

    TRY(db_run(call, &domain_claim_query, ARGS(db_text(domain), db_time(call->now))));
    TRY(db_one(call, &domain_claimant_query, ARGS(db_text(domain)), &own));
    return own.total ? OK : CONFLICT;
}

const struct query domain_release_query = { .name = "domain_release", .sql = "DELETE FROM claimed_domains WHERE domain = $1 AND claimed_by = :org" };

enum result domain_release(struct call *call, text domain)
{
    return db_run(call, &domain_release_query, ARGS(db_text(domain)));
}

/* --- who joins ----------------------------------------------------------------------------------------------------------- */

static const struct field joinable_columns[] = {
    UUID(struct joinable_row, id), TEXT(struct joinable_row, name), TEXT(struct joinable_row, domain), TEXT(struct joinable_row, role), FIELDS_END,
};
const struct query domain_joinable_query = {
    .name = "domain_joinable",
    .sql = "SELECT o.id, o.name, d.domain, d.role FROM claimed_domains c JOIN organization_domains d ON d.organization_id = c.claimed_by AND d.domain = c.domain "
           "AND d.status = 'verified' AND d.auto_join JOIN organizations o ON o.id = c.claimed_by AND o.deleted_at IS NULL "
           "JOIN users u ON u.id = $1 AND u.email_verified AND u.is_active WHERE c.domain = $2 "
           "AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.organization_id = o.id AND m.user_id = $1) "
           "AND NOT EXISTS (SELECT 1 FROM membership_removals r WHERE r.organization_id = o.id AND r.user_id = $1)",
    ROWS(struct joinable_row, joinable_columns),
    .system = "what a person may join by their address",
};

enum result domain_joinable(struct call *call, uuid user, text domain, struct list *ret_rows)
{
    return db_all(call, &domain_joinable_query, ARGS(db_uuid(user), db_text(domain)), ret_rows);
}

const struct query removal_note_query = {
    .name = "removal_note",
    .sql = "INSERT INTO membership_removals (organization_id, user_id, removed_at) VALUES (:org, $1, $2) ON CONFLICT (organization_id, user_id) DO UPDATE SET removed_at = $2",
};

enum result removal_note(struct call *call, uuid user)
{
    return db_run(call, &removal_note_query, ARGS(db_uuid(user), db_time(call->now)));
}

const struct query removal_forget_query = { .name = "removal_forget", .sql = "DELETE FROM membership_removals WHERE organization_id = :org AND user_id = $1" };

enum result removal_forget(struct call *call, uuid user)
{
    return db_run(call, &removal_forget_query, ARGS(db_uuid(user)));
}

static const struct field due_columns[] = { UUID(struct due_row, organization_id), UUID(struct due_row, id), FIELDS_END };
const struct query domains_due_query = {
    .name = "domains_due",
    .sql = "SELECT organization_id, id FROM organization_domains WHERE verified_at IS NOT NULL AND checked_at < $1 ORDER BY checked_at LIMIT 200",
    ROWS(struct due_row, due_columns),
    .system = "domains are looked for again every day",
};

enum result domains_due(struct call *call, int64_t before, struct list *ret_rows)
{
    return db_all(call, &domains_due_query, ARGS(db_time(before)), ret_rows);
}
