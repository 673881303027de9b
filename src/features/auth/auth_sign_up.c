#include <stdlib.h>

#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_sign_in.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"
#include "identity/password.h"

const char *const session_kinds[] = { "token", "cookie", NULL };

/* --- sign-up ------------------------------------------------------------------------------------------------------------- */

const struct field signup_fields[] = {
    TEXT(struct sign_body, name, .required = true, .min = 1, .max = 100, .check = check_line),
    TEXT(struct sign_body, email, .required = true, .min = 3, .max = 254, .check = check_email),
    TEXT(struct sign_body, password, .required = true, .max = 1000),
    TEXT(struct sign_body, organization, .min = 1, .max = 255, .check = check_line, .doc = "Name of the first organization; made from the name where absent."),
    TEXT(struct sign_body, invitation, .min = 1, .max = 100, .doc = "An invitation's token: the account begins in the organization that invited it."),
    TEXT(struct sign_body, session, .one_of = session_kinds, .doc = "cookie: the answer sets the session cookie and holds no token."),
    FIELDS_END,
};

/* Whoever was invited begins in the organization that invited them; the token came by letter, so the address is proven. */
static enum result join_invited(struct call *call, text token, struct user_row *row, struct org *ret_org)
{
    enum result joined = invitation_accept(call, token, row->id, row->email, ret_org);

    if (joined == NOT_FOUND || joined == FORBIDDEN)
        return fail_field(call, "invitation", "is not good any more, or was sent to another address");
    TRY(joined);
    row->email_verified = true;
    return email_proven(call, row->id);
}

static enum result insert_account(struct call *call, const struct sign_body *body, struct user_row *row, struct org *ret_org)
{
    text organization = body->organization.len ? body->organization : text_format(&call->arena, "%.*s’s organization", TEXT_ARG(row->name));
    enum result inserted = user_insert(call, row);

    if (inserted == CONFLICT) {
        fail_field(call, "email", "is already registered");
        return CONFLICT;
    }
    TRY(inserted);
    call->user = row->id;
    if (body->invitation.len)
        TRY(join_invited(call, body->invitation, row, ret_org));
    else
        TRY(org_open(call, organization, TEXT_NONE, row->id, ret_org));
    TRY(audit_note(call, "auth.signup", row->email));
    return row->email_verified ? OK : verify_send(call, row);
}

enum { NAME_MOST = 100 };

/* What another service calls somebody need not be a name here. */
static text fit_name(struct arena *arena, text name, text email)
{
    text rest = email;

    name = text_trim(utf8_prefix(name, NAME_MOST));
    return name.len && !check_line(name) ? name : text_copy(arena, text_cut(&rest, '@'));
}

enum result account_open(struct call *call, text name, text email, struct account *ret_account)
{
    struct user_row row = { .id = uuid_new(), .name = fit_name(&call->arena, name, email), .email = text_lower(&call->arena, email), .email_verified = true, .is_active = true,
                            .created_at = call->now };
    struct org org = { 0 };

    if (check_email(email) || !mail_address_valid(email))
        return fail_field(call, "email", "must be an e-mail address");
    TRY(insert_account(call, &(struct sign_body){ .email = row.email }, &row, &org));
    TRY(email_proven(call, row.id));
    *ret_account = (struct account){ row.id, row.name, row.email, true, true };
    return OK;
}

/* What a sign-up leaves to be done behind its answer, so that neither the answer nor its time tells whether the e-mail was taken. */
struct private_signup {
    struct call call;
    struct sign_body body;
    struct user_row user;
};

static enum result tell_owner(struct call *call, const struct user_row *user)
{
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_home(call, user->id, &org));
    tx = tx_begin(call);
    TRY(LETTER(call, "signup_exists", user->email, { "name", user->name }, { "link", letter_link(call, "/login", TEXT_NONE) }));
    return tx_commit(&tx);
}

static enum result sign_up_privately(struct private_signup *p)
{
    struct call *call = &p->call;
    struct user_row taken;
    struct org org = { 0 };
    enum result found = user_by_email(call, p->user.email, &taken);
    SCOPED(tx) struct tx tx = { 0 };

    if (found == OK)
        return tell_owner(call, &taken);
    if (found != NOT_FOUND)
        return found;
    tx = tx_begin(call);
    TRY(insert_account(call, &p->body, &p->user, &org));
    return tx_commit(&tx);
}

static void sign_up_now(void *context)
{
    struct private_signup *p = context;

    if (AGAIN(&p->call, sign_up_privately(p)) != OK)
        LOG(ERROR, &p->call, "a sign-up was not done");
    call_close(&p->call);
    free(p);
}

static enum result signup_privately(struct request *req, const struct sign_body *body, const struct user_row *row)
{
    struct private_signup *p = xcalloc(1, sizeof *p);
    struct arena *arena = &p->call.arena;

    call_open(&p->call, req->call.on);
    p->call.client = text_copy(arena, req->call.client);
    p->body.organization = text_copy(arena, body->organization);
    p->body.invitation = text_copy(arena, body->invitation);
    p->user = (struct user_row){ .id = row->id, .name = text_copy(arena, row->name), .email = text_copy(arena, row->email), .password_hash = text_copy(arena, row->password_hash),
                                 .created_at = row->created_at };
    http_work_later(req->call.on->http, sign_up_now, p);
    return respond_accepted(req);
}

enum result signup(struct request *req, const void *in)
{
    const struct sign_body *body = in;
    struct call *call = &req->call;
    struct password_context context = { body->email, body->name, body->organization };
    struct user_row row = { .id = uuid_new(), .name = text_trim(body->name), .email = text_lower(&call->arena, body->email), .created_at = call->now };
    struct session_grant grant;
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = { 0 };

    TRY(password_fault(call, "password", body->password, &context));
    TRY(password_hash(call, body->password, &row.password_hash));
    if (config.signup_private)
        return signup_privately(req, body, &row);
    tx = tx_begin(call);
    TRY(insert_account(call, body, &row, &org));
    TRY(session_open(req, row.id, org.id, org.role, wants_cookie(body), &grant));
    TRY(tx_commit(&tx));
    return respond_grant(req, 201, &row, &grant);
}
