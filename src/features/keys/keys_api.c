#include "features/keys/keys_api.h"

#include "bus/bus.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/keys/keys.h"
#include "features/keys/keys_store.h"

struct key_view {
    uuid id;
    text name, key, prefix;
    struct text_list scopes;
    int64_t expires_at, created_at, last_used, rate_limit, previous_until;
};

static const struct field key_view[] = {
    UUID(struct key_view, id), TEXT(struct key_view, name), TEXT(struct key_view, prefix), TEXTS(struct key_view, scopes), TIME(struct key_view, expires_at, .nullable = true),
    TIME(struct key_view, created_at), TIME(struct key_view, last_used, .nullable = true), INT(struct key_view, rate_limit, .nullable = true, .doc = "Requests a minute; null: the usual limit."),
    TIME(struct key_view, previous_until, .nullable = true, .doc = "How long the key before the last rotation is still good."), FIELDS_END,
};

static const struct field new_key_view[] = {
    UUID(struct key_view, id), TEXT(struct key_view, name), TEXT(struct key_view, key, .doc = "Shown this once."), TEXT(struct key_view, prefix),
    TEXTS(struct key_view, scopes), TIME(struct key_view, expires_at, .nullable = true), TIME(struct key_view, created_at), INT(struct key_view, rate_limit, .nullable = true),
    TIME(struct key_view, previous_until, .nullable = true), FIELDS_END,
};

static struct key_view view_of(const struct key_row *row)
{
    return (struct key_view){ .id = row->id, .name = row->name, .prefix = row->prefix, .scopes = row->scopes, .expires_at = row->expires_at,
                              .created_at = row->created_at, .last_used = row->last_used, .rate_limit = row->rate_limit, .previous_until = row->previous_until };
}

static const char *check_scope(text value)
{
    return permission_of(value) ? NULL : "is not a known permission";
}

struct key_body {
    text name;
    struct text_list scopes;
    bool has_scopes;
    int64_t expires_at, rate_limit, overlap_seconds;
    bool has_overlap;
};

enum { MOST_A_MINUTE = 1000000, MOST_OVERLAP = 30 * 24 * 3600 };

static struct text_list default_scopes(struct call *call)
{
    struct text_list scopes = { arena_array(&call->arena, PERMISSION_COUNT, sizeof(text)), 0 };

    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (permission_rows[i].by_default)
            scopes.items[scopes.len++] = permission_rows[i].name;
    return scopes;
}

/* A key never may more than the one who makes it. */
static enum result check_scopes(struct call *call, struct text_list scopes)
{
    if (key_permissions(scopes) & ~call->permissions)
        return fail_field(call, "scopes", "must not go beyond your own permissions");
    return OK;
}

/* Nor does anybody change or end one that may more than they do. */
static enum result may_touch(struct call *call, const struct key_row *row)
{
    return key_permissions(row->scopes) & ~call->permissions ? fail(call, FORBIDDEN, "This key has permissions that you do not have.") : OK;
}

/* A key that makes keys does not outlive itself by them. */
static enum result check_end(struct call *call, int64_t expires_at)
{
    struct key_row maker;

    if (expires_at && expires_at <= call->now)
        return fail_field(call, "expires_at", "must lie in the future");
    if (call->actor != ACTOR_KEY)
        return OK;
    TRY(key_read(call, call->key, &maker));
    if (maker.expires_at && (!expires_at || expires_at > maker.expires_at))
        return fail_field(call, "expires_at", "must not be later than that of the key that makes it");
    return OK;
}

static const struct field key_create_fields[] = {
    TEXT(struct key_body, name, .required = true, .min = 1, .max = 100),
    TEXTS(struct key_body, scopes, .max = PERMISSION_COUNT, .check = check_scope, .given = offsetof(struct key_body, has_scopes)),
    TIME(struct key_body, expires_at),
    INT(struct key_body, rate_limit, .min = 1, .max = MOST_A_MINUTE, .doc = "Requests a minute; the usual limit where absent."),
    FIELDS_END,
};

static enum result create(struct request *req, const void *in)
{
    const struct key_body *body = in;
    struct call *call = &req->call;
    struct text_list scopes = body->has_scopes ? body->scopes : default_scopes(call);
    text key = key_make(&call->arena);
    struct key_row row = { .id = uuid_new(), .name = body->name, .prefix = text_slice(key, 0, 12), .scopes = scopes, .expires_at = body->expires_at,
                           .created_at = call->now, .key_hash = sha256(&call->arena, key), .rate_limit = body->rate_limit };
    struct key_view view;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(check_scopes(call, scopes));
    TRY(check_end(call, body->expires_at));
    tx = tx_begin(call);
    TRY(key_insert(call, &row));
    TRY(audit_note(call, "key.created", row.name));
    TRY(tx_commit(&tx));
    view = view_of(&row);
    view.key = key;
    return respond(req, 201, new_key_view, &view);
}

static enum result list(struct request *req, const void *body)
{
    const struct page_query *query = req->query;
    struct key_view *views;
    struct list rows;
    int64_t total;

    (void)body;
    TRY(key_list(&req->call, page_of(query), page_size_of(query), &rows, &total));
    views = arena_array(&req->call.arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of((const struct key_row *)rows.items + i);
    return respond_page(req, key_view, (struct list){ views, rows.len }, sizeof *views, page_of(query), page_size_of(query), total);
}

static enum result show(struct request *req, uuid id)
{
    struct key_row row;
    struct key_view view;

    TRY(key_read(&req->call, id, &row));
    view = view_of(&row);
    return respond(req, 200, key_view, &view);
}

static enum result read_one(struct request *req, const void *body)
{
    (void)body;
    return show(req, req->ids[0]);
}

struct changed_key {
    const struct services *on;
    uuid organization;
    text hash;
};

static void tell(void *context)
{
    struct changed_key *changed = context;

    bus_emit(changed->on->bus, &key_changed, changed->organization, changed->hash);
}

/* Every instance forgets the key as soon as the change is durable. */
static void tell_on_commit(struct call *call, text hash)
{
    struct changed_key *changed = arena_new(&call->arena, struct changed_key);

    *changed = (struct changed_key){ call->on, call->organization, hex_encode(&call->arena, hash.ptr, hash.len) };
    tx_on_commit(call, tell, changed);
}

static void tell_of(struct call *call, text hash, text previous_hash)
{
    tell_on_commit(call, hash);
    if (previous_hash.len)
        tell_on_commit(call, previous_hash);
}

static const struct field key_change_fields[] = {
    TEXT(struct key_body, name, .min = 1, .max = 100),
    TEXTS(struct key_body, scopes, .max = PERMISSION_COUNT, .check = check_scope, .given = offsetof(struct key_body, has_scopes)),
    INT(struct key_body, rate_limit, .min = 1, .max = MOST_A_MINUTE),
    FIELDS_END,
};

static enum result change(struct request *req, const void *in)
{
    const struct key_body *body = in;
    struct call *call = &req->call;
    struct key_row row;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(check_scopes(call, body->scopes));
    tx = tx_begin(call);
    TRY(key_read(call, req->ids[0], &row));
    TRY(may_touch(call, &row));
    TRY(key_update(call, req->ids[0], body->name, body->has_scopes ? &body->scopes : NULL, body->rate_limit));
    TRY(audit_note(call, "key.changed", row.name));
    tell_of(call, row.key_hash, row.previous_hash);
    TRY(tx_commit(&tx));
    return show(req, req->ids[0]);
}

static const struct field key_rotate_fields[] = {
    INT(struct key_body, overlap_seconds, .min = 0, .max = MOST_OVERLAP, .given = offsetof(struct key_body, has_overlap),
        .doc = "How long the former key is good beside the new one: a day where absent, 0: not at all."),
    FIELDS_END,
};

/* The key stays the same to everything that names it: its id, its scopes, its usage. */
static enum result rotate(struct request *req, const void *in)
{
    const struct key_body *body = in;
    struct call *call = &req->call;
    int64_t overlap = body->has_overlap ? body->overlap_seconds * SECOND : DAY;
    text key = key_make(&call->arena), hash = sha256(&call->arena, key);
    struct key_view view;
    struct key_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(key_read(call, req->ids[0], &row));
    TRY(may_touch(call, &row));
    TRY(key_rotate(call, row.id, text_slice(key, 0, 12), hash, row.key_hash, overlap ? call->now + overlap : 0));
    TRY(audit_note(call, "key.rotated", row.name));
    tell_of(call, row.key_hash, row.previous_hash);
    TRY(tx_commit(&tx));
    view = view_of(&row);
    view.key = key;
    view.prefix = text_slice(key, 0, 12);
    view.previous_until = overlap ? call->now + overlap : 0;
    return respond(req, 200, new_key_view, &view);
}

enum result key_end(struct call *call, uuid id)
{
    struct key_row row;

    TRY(key_read(call, id, &row));
    TRY(key_delete(call, id));
    tell_of(call, row.key_hash, row.previous_hash);
    return audit_note(call, "key.revoked", row.name);
}

static enum result revoke(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct key_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(key_read(call, req->ids[0], &row));
    TRY(may_touch(call, &row));
    TRY(key_end(call, req->ids[0]));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- of a person -------------------------------------------------------------------------------------------------------------- */

static enum result revoke_made(struct call *call, const struct made_key *key)
{
    call_enter(call, key->organization_id);
    TRY(key_delete(call, key->id));
    TRY(audit_note(call, "key.revoked", key->name));
    tell_of(call, key->key_hash, key->previous_hash);
    return OK;
}

static enum result find_made(struct call *call, uuid user, struct list *ret_keys)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "keys.of_user");

    return keys_made_by(call, user, ret_keys);
}

enum result keys_revoke_of(struct call *call, uuid user)
{
    uuid organization = call->organization;
    struct list keys;

    TRY(find_made(call, user, &keys));
    for (size_t i = 0; i < keys.len; i++)
        TRY(revoke_made(call, (const struct made_key *)keys.items + i));
    call_enter(call, organization);
    return OK;
}

const struct route keys_routes[] = {
    { POST, "/api/keys", create, .access = ACCESS_MEMBER, .permission = KEYS_MANAGE, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .body = BODY(struct key_body, key_create_fields),
      .view = new_key_view, .status = 201, .light = true, .doc = "Make an API key; it is shown this once." },
    { GET, "/api/keys", list, .access = ACCESS_MEMBER, .permission = KEYS_MANAGE, .query = QUERY(struct page_query, page_query_fields), .view = key_view,
      .answer = ANSWER_PAGE, .light = true, .doc = "The organization's API keys, newest first." },
    { GET, "/api/keys/:id", read_one, .access = ACCESS_MEMBER, .permission = KEYS_MANAGE, .view = key_view, .light = true, .doc = "One API key." },
    { PATCH, "/api/keys/:id", change, .access = ACCESS_MEMBER, .permission = KEYS_MANAGE, .in_person = true, .body = BODY(struct key_body, key_change_fields), .view = key_view,
      .light = true, .doc = "Rename a key, or change what it may do and how often." },
    { POST, "/api/keys/:id/rotate", rotate, .access = ACCESS_MEMBER, .permission = KEYS_MANAGE, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .body = BODY(struct key_body, key_rotate_fields),
      .view = new_key_view, .light = true, .doc = "A new secret for a key, shown this once; the former one is good for a while." },
    { DELETE, "/api/keys/:id", revoke, .access = ACCESS_MEMBER, .permission = KEYS_MANAGE, .in_person = true, .answer = ANSWER_EMPTY, .light = true, .doc = "Revoke a key, at once and everywhere." },
    { 0 },
};
