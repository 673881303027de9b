#include "features/orgs/orgs_domains.h"

#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs_access.h"
#include "features/orgs/orgs_api.h"
#include "http/dns.h"

enum { VALUE_LETTERS = 32, MOST_DOMAINS = 20, MOST_SILENT = 5 /* of two seconds each, at a time */ };

struct domain {
    uuid id;
    text domain, txt_name, txt_value, status;
    bool auto_join;
    text role;
    int64_t created_at, verified_at, checked_at;
};

static const char *const statuses[] = { "pending", "verified", "lost", NULL };
static const char *const joining_roles[] = { "viewer", "member", NULL };

const struct field domain_view[] = {
    UUID(struct domain, id), TEXT(struct domain, domain), TEXT(struct domain, txt_name, .doc = "The name to which the TXT record is added."), TEXT(struct domain, txt_value),
    TEXT(struct domain, status, .one_of = statuses, .doc = "lost: the record is gone, and nobody joins until it is back."), BOOL(struct domain, auto_join),
    TEXT(struct domain, role, .one_of = joining_roles), TIME(struct domain, created_at), TIME(struct domain, verified_at, .nullable = true),
    TIME(struct domain, checked_at, .nullable = true), FIELDS_END,
};

static text txt_name(struct call *call, text domain)
{
    return text_format(&call->arena, "_tenon.%.*s", TEXT_ARG(domain));
}

static struct domain view_of(struct call *call, const struct domain_row *row)
{
    return (struct domain){ row->id, row->domain, txt_name(call, row->domain), row->txt_value, row->status, row->auto_join, row->role, row->created_at, row->verified_at, row->checked_at };
}

static enum result show(struct request *req, int status, const struct domain_row *row)
{
    struct domain view = view_of(&req->call, row);

    return respond(req, status, domain_view, &view);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

enum result domains_list(struct request *req, const void *in)
{
    struct domain *views;
    struct list rows;

    (void)in;
    TRY(org_is_current(req));
    TRY(domain_list(&req->call, &rows));
    views = arena_array(&req->call.arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of(&req->call, (const struct domain_row *)rows.items + i);
    return respond_list(req, domain_view, (struct list){ views, rows.len }, sizeof *views);
}

enum result domain_show(struct request *req, const void *in)
{
    struct domain_row row;

    (void)in;
    TRY(org_is_current(req));
    TRY(domain_read(&req->call, req->ids[1], &row));
    return show(req, 200, &row);
}

/* --- claiming ------------------------------------------------------------------------------------------------------------ */

const struct field domain_create_fields[] = { TEXT(struct domain_body, domain, .required = true, .min = 3, .max = 253, .check = check_domain), FIELDS_END };

static enum result keep_new(struct call *call, const struct domain_row *row)
{
    int64_t count;
    enum result inserted;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(domain_count(call, &count));
    if (count >= MOST_DOMAINS)
        return fail(call, CONFLICT, "An organization has %d domains at most.", MOST_DOMAINS);
    inserted = domain_insert(call, row);
    if (inserted == CONFLICT) {
        fail_field(call, "domain", "is there already");
        return CONFLICT;
    }
    TRY(inserted);
    TRY(audit_note(call, "domain.added", row->domain));
    return tx_commit(&tx);
}

enum result domain_create(struct request *req, const void *in)
{
    const struct domain_body *body = in;
    struct call *call = &req->call;
    struct domain_row row = { .id = uuid_new(), .domain = text_lower(&call->arena, body->domain), .status = T("pending"), .role = T("viewer"), .created_at = call->now };

    TRY(org_is_current(req));
    if (domain_is_public(row.domain))
        return fail_field(call, "domain", "is a public mail service's, where anybody may have an address");
    row.txt_value = text_format(&call->arena, "tenon-verify=%.*s", TEXT_ARG(random_token(&call->arena, VALUE_LETTERS)));
    TRY(keep_new(call, &row));
    return show(req, 201, &row);
}

static enum result look_for(struct call *call, const struct domain_row *row, bool *ret_found)
{
    struct text_list values;

    TRY(dns_txt(call, txt_name(call, row->domain), &values));
    *ret_found = false;
    for (size_t i = 0; i < values.len; i++)
        *ret_found |= text_equal(text_trim(values.items[i]), row->txt_value);
    return OK;
}

/* What is shown is read before the end, so that nothing can fail once it is stored. */
static enum result claim(struct call *call, struct domain_row *row)
{
    enum result claimed;
    SCOPED(tx) struct tx tx = tx_begin(call);

    claimed = domain_claim(call, row->domain);
    if (claimed == CONFLICT)
        return fail(call, CONFLICT, "Another organization has verified this domain.");
    TRY(claimed);
    TRY(domain_checked(call, row->id, T("verified"), call->now));
    TRY(audit_note(call, "domain.verified", row->domain));
    TRY(domain_read(call, row->id, row));
    return tx_commit(&tx);
}

enum result domain_verify(struct request *req, const void *in)
{
    struct call *call = &req->call;
    struct domain_row row;
    bool found;

    (void)in;
    TRY(org_is_current(req));
    TRY(domain_read(call, req->ids[1], &row));
    TRY(look_for(call, &row, &found)); /* before the transaction: a resolver may take its time */
    if (!found)
        return fail(call, CONFLICT, "There is no TXT record of %.*s with this value. What was added may take a while to be seen.", TEXT_ARG(txt_name(call, row.domain)));
    TRY(claim(call, &row));
    return show(req, 200, &row);
}

const struct field domain_change_fields[] = {
    BOOL(struct domain_body, auto_join, .given = offsetof(struct domain_body, has_auto_join), .doc = "Whoever has a verified address at the domain may join, and joins as they verify it."),
    TEXT(struct domain_body, role, .one_of = joining_roles, .doc = "As what."), FIELDS_END,
};

enum result domain_alter(struct request *req, const void *in)
{
    const struct domain_body *body = in;
    struct call *call = &req->call;
    struct domain_row row;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(domain_read(call, req->ids[1], &row));
    TRY(domain_change(call, row.id, body->has_auto_join, body->auto_join, body->role));
    TRY(audit_note_detail(call, "domain.changed", row.domain, audit_detail(call, "auto_join", !body->has_auto_join ? TEXT_NONE : body->auto_join ? T("true") : T("false"), "role", body->role)));
    TRY(domain_read(call, row.id, &row));
    TRY(tx_commit(&tx));
    return show(req, 200, &row);
}

enum result domain_remove(struct request *req, const void *in)
{
    struct call *call = &req->call;
    struct domain_row row;
    SCOPED(tx) struct tx tx = { 0 };

    (void)in;
    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(domain_read(call, req->ids[1], &row));
    TRY(domain_delete(call, row.id));
    TRY(domain_release(call, row.domain));
    TRY(audit_note(call, "domain.removed", row.domain));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- joining ------------------------------------------------------------------------------------------------------------- */

const struct field joinable_view[] = {
    UUID(struct joinable_row, id), TEXT(struct joinable_row, name), TEXT(struct joinable_row, domain), TEXT(struct joinable_row, role), FIELDS_END,
};

static text domain_of(text email)
{
    return text_slice(email, text_find_char(email, '@') + 1, email.len);
}

static enum result joinable_by(struct call *call, uuid user, text email, struct list *ret_rows)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "orgs.joinable");

    return domain_joinable(call, user, domain_of(email), ret_rows);
}

/* In the organization. */
static enum result admit(struct call *call, const struct joinable_row *row, const struct person_row *person)
{
    TRY(membership_insert_as(call, person->id, row->role, UUID_NONE));
    membership_changed(call, person->id);
    TRY(audit_note_detail(call, "member.joined", person->email, audit_detail(call, "domain", row->domain, "role", row->role)));
    return LETTER(call, "joined", person->email, { "name", one_line(call, person->name) }, { "organization", one_line(call, row->name) }, { "email", person->email }, { "role", row->role },
                  { "link", letter_link(call, "/", TEXT_NONE) });
}

static enum result admit_in(struct call *call, const struct joinable_row *row, const struct person_row *person)
{
    uuid before = call->organization;
    enum result result;

    call_enter(call, row->id);
    result = admit(call, row, person);
    call_enter(call, before);
    return result;
}

enum result orgs_join_by_domain(struct call *call, uuid user)
{
    struct person_row person;
    struct list rows;

    TRY(person_read(call, user, &person));
    TRY(joinable_by(call, user, person.email, &rows));
    for (size_t i = 0; i < rows.len; i++)
        TRY(admit_in(call, (const struct joinable_row *)rows.items + i, &person));
    return OK;
}

enum result orgs_joinable(struct request *req, const void *in)
{
    struct person_row me;
    struct list rows;

    (void)in;
    TRY(person_read(&req->call, req->call.user, &me));
    TRY(joinable_by(&req->call, me.id, me.email, &rows));
    return respond_list(req, joinable_view, rows, sizeof(struct joinable_row));
}

static enum result join(struct call *call, uuid id, struct org *ret_org)
{
    const struct joinable_row *row = NULL;
    struct person_row me;
    struct list rows;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(person_read(call, call->user, &me));
    TRY(joinable_by(call, me.id, me.email, &rows));
    for (size_t i = 0; i < rows.len; i++)
        if (uuid_equal(((const struct joinable_row *)rows.items)[i].id, id))
            row = (const struct joinable_row *)rows.items + i;
    if (!row)
        return NOT_FOUND;
    TRY(admit_in(call, row, &me));
    TRY(org_membership(call, id, call->user, ret_org));
    return tx_commit(&tx);
}

enum result org_join(struct request *req, const void *in)
{
    struct org_brief view;
    struct org org = { 0 };

    (void)in;
    TRY(join(&req->call, req->ids[0], &org));
    view = org_brief_of(&org);
    return respond(req, 200, org_brief_view, &view);
}

/* --- every day ----------------------------------------------------------------------------------------------------------- */

static enum result note_found(struct call *call, const struct domain_row *row, bool found)
{
    bool had = text_equal(row->status, T("verified"));
    enum result claimed = found ? OK : CONFLICT;
    SCOPED(tx) struct tx tx = tx_begin(call);

    if (found)
        claimed = domain_claim(call, row->domain); /* while it was lost another organization may have shown that it is theirs */
    else
        TRY(domain_release(call, row->domain));
    if (claimed != CONFLICT)
        TRY(claimed);
    TRY(domain_checked(call, row->id, claimed == OK ? T("verified") : T("lost"), call->now));
    if (had != (claimed == OK))
        TRY(audit_note(call, had ? "domain.lost" : "domain.found", row->domain));
    return tx_commit(&tx);
}

/* One that nobody answers for is as it was, and is asked for again an hour later: UNAVAILABLE. */
static enum result look_again(struct call *call, const struct due_row *due)
{
    struct domain_row row;
    enum result read, looked;
    bool found;

    call_enter(call, due->organization_id);
    read = domain_read(call, due->id, &row);
    if (read == NOT_FOUND)
        return OK;
    TRY(read);
    looked = look_for(call, &row, &found);
    if (looked == UNAVAILABLE)
        TRY(domain_checked(call, row.id, row.status, call->now - DAY + HOUR));
    TRY(looked);
    return AGAIN(call, note_found(call, &row, found));
}

static enum result look_for_due(struct call *call)
{
    struct list rows;
    int silent = 0;

    TRY(domains_due(call, call->now - DAY, &rows));
    for (size_t i = 0; i < rows.len && silent < MOST_SILENT; i++) {
        enum result looked = look_again(call, (const struct due_row *)rows.items + i);

        silent += looked == UNAVAILABLE;
        if (looked != UNAVAILABLE)
            TRY(looked);
    }
    return OK;
}

const struct chore orgs_domains = { .name = "orgs.domains", .every = 10 * MINUTE, .run = look_for_due, .doc = "Looks once a day whether the records by which domains were claimed are there still." };
