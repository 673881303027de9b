#include "features/audit/audit_store.h"

const struct field audit_columns[] = {
    UUID(struct audit_row, id), TEXT(struct audit_row, action), UUID(struct audit_row, actor_id, .nullable = true), TEXT(struct audit_row, actor_name, .nullable = true),
    UUID(struct audit_row, key_id, .nullable = true),
    UUID(struct audit_row, impersonator_id, .nullable = true, .doc = "The administrator who acted as the actor."),
    TEXT(struct audit_row, impersonator_name, .nullable = true), TEXT(struct audit_row, target), TEXT(struct audit_row, ip_address),
    JSON(struct audit_row, detail, .doc = "An object with what else there is to say."), TIME(struct audit_row, created_at), FIELDS_END,
};

static const struct query insert = {
    .name = "audit_insert",
    .sql = "INSERT INTO audit_log (organization_id, id, action, actor_id, key_id, target, ip_address, created_at, detail, impersonator_id) "
           "VALUES (:org, $1, $2, $3, $4, $5, $6, $7, $8, $9)",
};

enum result audit_insert(struct call *call, text action, text target, text detail)
{
    return db_run(call, &insert, ARGS(db_uuid(uuid_new()), db_text(action), db_uuid(call->user), db_uuid(call->key), db_text(target.ptr ? target : T("")),
                                      db_text(call->client.ptr ? call->client : T("")), db_time(call->now), db_text(detail.ptr ? detail : T("{}")),
                                      db_uuid(call->impersonator)));
}

static const struct query list = {
    .name = "audit_list",
    .sql = "SELECT a.id, a.action, a.actor_id, u.name AS actor_name, a.key_id, a.impersonator_id, i.name AS impersonator_name, a.target, a.ip_address, a.detail, "
           "a.created_at FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id LEFT JOIN users i ON i.id = a.impersonator_id WHERE a.organization_id = :org AND (a.id < $1 OR $1 IS NULL) AND (a.action = $3 OR $3 IS NULL) "
           "AND (a.actor_id = $4 OR $4 IS NULL) AND (a.created_at >= $5 OR $5 IS NULL) AND (a.created_at < $6 OR $6 IS NULL) "
           "AND (lower(a.target) LIKE $7 ESCAPE '!' OR lower(a.action) LIKE $7 ESCAPE '!' OR $7 IS NULL) ORDER BY a.id DESC LIMIT $2",
    ROWS(struct audit_row, audit_columns),
};

enum result audit_list(struct call *call, const struct audit_filter *filter, uuid before, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &list, ARGS(db_uuid(before), db_int(limit), db_text(filter->action), db_uuid(filter->actor_id), db_time(filter->from), db_time(filter->to),
                                    db_text(filter->pattern)), ret_rows);
}

struct owner {
    uuid organization;
};
static const struct field owner_columns[] = { UUID(struct owner, organization), FIELDS_END };

#define LOOK(table, whose)                                                                                                                            \
    { .name = #table, .sql = "SELECT " #whose " AS organization FROM " #table " WHERE id = $1 AND " #whose " <> $2 LIMIT 1", ROWS(struct owner, owner_columns), \
      .system = "an attempt on another organization's object is to be noted" }

/* Those that have an index by id alone: a look must not cost a walk through everybody's rows. */
static const struct query looks[] = {
    LOOK(organizations, id), LOOK(api_keys, organization_id), LOOK(ai_providers, organization_id), LOOK(collections, organization_id), LOOK(documents, organization_id),
    LOOK(conversations, organization_id), LOOK(organization_domains, organization_id), LOOK(budgets, organization_id),
};

enum result object_owner(struct call *call, const char *table, uuid id, uuid *ret_organization)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "audit.foreign");
    struct owner owner;

    for (size_t i = 0; i < COUNT(looks); i++)
        if (strcmp(looks[i].name, table) == 0) {
            TRY(db_one(call, &looks[i], ARGS(db_uuid(id), db_uuid(call->organization)), &owner));
            *ret_organization = owner.organization;
            return OK;
        }
    return NOT_FOUND;
}

/* --- what is kept of a person ------------------------------------------------------------------------------------------------ */

struct action_export {
    uuid organization_id;
    text action, target, ip_address, detail;
    int64_t created_at;
};
static const struct field export_columns[] = {
    UUID(struct action_export, organization_id), TEXT(struct action_export, action), TEXT(struct action_export, target), TEXT(struct action_export, ip_address),
    JSON(struct action_export, detail), TIME(struct action_export, created_at), FIELDS_END,
};
#define EXPORT(which) "SELECT organization_id, action, target, ip_address, detail, created_at FROM audit_log WHERE " which " = $1 ORDER BY created_at"
static const struct query export_actions = {
    .name = "export_actions", .sql = EXPORT("actor_id"), ROWS(struct action_export, export_columns), .system = "a person asks for what is kept of them",
};
static const struct query export_acting = {
    .name = "export_actions_as_others", .sql = EXPORT("impersonator_id"), ROWS(struct action_export, export_columns), .system = "a person asks for what is kept of them",
};
const struct export audit_exports[] = {
    { "actions", &export_actions, .covers = { "audit_log.actor_id" }, .doc = "What they did." },
    { "actions_as_others", &export_acting, .covers = { "audit_log.impersonator_id" }, .doc = "What they did while they acted as others." },
    { NULL },
};

const struct query *const audit_queries[] = { &insert, &list, &looks[0], &looks[1], &looks[2], &looks[3], &looks[4], &looks[5], &looks[6], &looks[7], &export_actions, &export_acting, NULL };
