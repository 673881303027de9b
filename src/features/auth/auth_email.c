#include "features/auth/auth_email.h"

#include <stdlib.h>

#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth.h"
#include "features/auth/auth_lockout.h"
#include "features/auth/auth_session.h"
#include "features/factors/factors.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"
#include "identity/password.h"

enum { TOKEN_LETTERS = 43 };

/* A kind of link: where it leads, for how long it is good, and what it is to the one who gets it. */
struct link_kind {
    const char *name, *path, *letter, *life_said;
    int64_t life;
};
static const struct link_kind verify_link = { "verify", "/verify", "verify_email", "one day", DAY };
static const struct link_kind reset_link = { "reset", "/reset", "password_reset", "30 minutes", 30 * MINUTE };
static const struct link_kind email_link = { "email", "/verify", "email_changed_to", "one day", DAY };
static const struct link_kind deletion_link = { "delete", "/delete", "delete_account", "30 minutes", 30 * MINUTE };

/* --- addresses -------------------------------------------------------------------------------------------------------------- */

static bool is_email_letter(char c)
{
    return (unsigned char)c > 0x20 && c != 0x7f && c != '@' && c != ',' && c != ';' && c != '<' && c != '>' && c != '"' && c != '(' && c != ')';
}

/* What mail servers take in practice, not all of RFC 5322: one `@`, a local part of 1 to 64, a domain with a dot. */
const char *check_email(text value)
{
    static const char fault[] = "must be an e-mail address";
    text domain = value, local = text_cut(&domain, '@');

    if (!domain.ptr || local.len < 1 || local.len > 64 || domain.len < 3 || value.len > 254)
        return fault;
    for (size_t i = 0; i < value.len; i++)
        if (i != local.len && !is_email_letter(value.ptr[i]))
            return fault;
    if (text_find_char(domain, '.') == SIZE_MAX || domain.ptr[0] == '.' || domain.ptr[0] == '-' || domain.ptr[domain.len - 1] == '.' ||
        text_find(domain, T("..")) != SIZE_MAX || local.ptr[0] == '.' || local.ptr[local.len - 1] == '.')
        return fault;
    return NULL;
}

/* --- proven ------------------------------------------------------------------------------------------------------------------ */

enum result email_proven(struct call *call, uuid user)
{
    TRY(user_set_verified(call, user));
    sessions_changed(call, user); /* ADMIN_EMAILS may name it */
    return orgs_join_by_domain(call, user);
}

/* --- links --------------------------------------------------------------------------------------------------------------------- */

/* A new link of the kind; those before it are void. Gives what goes into the letter. */
static enum result make_link(struct call *call, const struct link_kind *kind, uuid user, text email, text *ret_link)
{
    text token = random_token(&call->arena, TOKEN_LETTERS);
    struct link_row row = { sha256(&call->arena, token), user, text_of(kind->name), email, call->now + kind->life };

    TRY(link_drop_all(call, user, row.kind));
    TRY(link_insert(call, &row));
    *ret_link = letter_link(call, kind->path, token);
    return OK;
}

static enum result not_good(struct call *call)
{
    fail_field(call, "token", "is not good any more: ask for a new link");
    return VALIDATION_ERROR;
}

static enum result find_link(struct call *call, const struct link_kind *kind, text token, struct link_row *ret_row)
{
    enum result found = link_read(call, sha256(&call->arena, token), text_of(kind->name), ret_row);

    return found == NOT_FOUND ? not_good(call) : found;
}

/* In the transaction that does what the link is for: of many who bring it at once, one gets through. */
static enum result use_link(struct call *call, const struct link_row *row)
{
    enum result used = link_use(call, row->token_hash);

    return used == NOT_FOUND ? not_good(call) : used;
}

static enum result send_link(struct call *call, const struct link_kind *kind, const struct user_row *user, text email)
{
    text link;

    TRY(make_link(call, kind, user->id, email, &link));
    if (kind == &reset_link || kind == &deletion_link)
        return LETTER(call, kind->letter, email, { "name", user->name }, { "life", text_of(kind->life_said) }, { "link", link });
    return LETTER(call, kind->letter, email, { "name", user->name }, { "email", email }, { "life", text_of(kind->life_said) }, { "link", link });
}

enum result verify_send(struct call *call, const struct user_row *user)
{
    return send_link(call, &verify_link, user, user->email);
}

enum result deletion_link_send(struct call *call, const struct user_row *user)
{
    return send_link(call, &deletion_link, user, user->email);
}

enum result deletion_link_use(struct call *call, uuid user, text token)
{
    struct link_row link;

    TRY(find_link(call, &deletion_link, token, &link));
    return uuid_equal(link.user_id, user) ? use_link(call, &link) : not_good(call);
}

/* --- behind the answer ------------------------------------------------------------------------------------------------------------ */

struct errand {
    struct call call;
    text email;
    enum result (*run)(struct call *call, text email);
};

static void run_errand(void *context)
{
    struct errand *errand = context;

    if (AGAIN(&errand->call, errand->run(&errand->call, errand->email)) != OK)
        LOG(ERROR, &errand->call, "what an e-mail was asked for was not done");
    call_close(&errand->call);
    free(errand);
}

static void later(const struct call *call, enum result (*run)(struct call *call, text email), text email)
{
    struct errand *errand = xcalloc(1, sizeof *errand);

    call_open(&errand->call, call->on);
    errand->call.client = text_copy(&errand->call.arena, call->client);
    errand->email = text_copy(&errand->call.arena, text_trim(email));
    errand->run = run;
    http_work_later(call->on->http, run_errand, errand);
}

/* --- forgotten ---------------------------------------------------------------------------------------------------------------------- */

const struct field email_forgot_fields[] = { TEXT(struct email_body, email, .required = true, .max = 254), FIELDS_END };

static enum result send_reset(struct call *call, text email)
{
    struct user_row user;
    enum result found = user_by_email(call, email, &user);
    SCOPED(tx) struct tx tx = { 0 };

    if (found == NOT_FOUND)
        return OK;
    TRY(found);
    if (!user.is_active)
        return OK;
    TRY(account_enter(call, user.id));
    tx = tx_begin(call);
    TRY(send_link(call, &reset_link, &user, user.email));
    TRY(audit_note(call, "auth.reset_asked", user.email));
    return tx_commit(&tx);
}

enum result email_forgot(struct request *req, const void *in)
{
    const struct email_body *body = in;

    later(&req->call, send_reset, body->email);
    return respond_accepted(req);
}

const struct field email_reset_fields[] = {
    TEXT(struct token_body, token, .required = true, .max = 100), TEXT(struct token_body, password, .required = true, .max = 1000), FIELDS_END,
};

static enum result store_reset(struct call *call, const struct link_row *link, const struct user_row *user, text hash)
{
    char spelled[CLOCK_TEXT];
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(use_link(call, link));
    TRY(user_set_password(call, user->id, hash));
    if (!user->email_verified) /* who linked them had not proven the address */
        TRY(identity_drop_all(call, user->id));
    if (text_equal_nocase(link->email, user->email)) /* whoever read the letter has the address */
        TRY(email_proven(call, user->id));
    TRY(link_drop_all(call, user->id, text_of(email_link.name))); /* whoever asked to move the account elsewhere may not have been its owner */
    TRY(challenges_drop(call, user->id));
    TRY(session_delete_all(call, user->id));
    sessions_changed(call, user->id);
    TRY(attempts_forgive(call, user->email));
    TRY(audit_note(call, "auth.password_reset", user->email));
    TRY(LETTER(call, "password_changed", user->email, { "name", user->name }, { "time", clock_format(call->now, spelled) }, { "link", letter_link(call, "/forgot", TEXT_NONE) }));
    return tx_commit(&tx);
}

/* Nobody is signed in by it: a second factor, where there is one, is still asked for. */
enum result email_reset(struct request *req, const void *in)
{
    const struct token_body *body = in;
    struct call *call = &req->call;
    struct link_row link;
    struct user_row user;
    text hash;

    TRY(find_link(call, &reset_link, body->token, &link));
    TRY(user_by_id(call, link.user_id, &user));
    if (!user.is_active)
        return not_good(call);
    TRY(password_fault(call, "password", body->password, &(struct password_context){ user.email, user.name, TEXT_NONE }));
    TRY(password_hash(call, body->password, &hash));
    TRY(account_enter(call, user.id));
    TRY(store_reset(call, &link, &user, hash));
    return respond_empty(req);
}

/* --- verified, changed ---------------------------------------------------------------------------------------------------------------- */

const struct field email_verify_fields[] = { TEXT(struct token_body, token, .required = true, .max = 100), FIELDS_END };

static enum result store_verified(struct call *call, const struct link_row *link, const struct user_row *user)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(use_link(call, link));
    if (text_equal_nocase(link->email, user->email)) /* else it was changed meanwhile, and this proves nothing */
        TRY(email_proven(call, user->id));
    TRY(audit_note(call, "auth.email_verified", link->email));
    return tx_commit(&tx);
}

static enum result store_email(struct call *call, const struct link_row *link, const struct user_row *user)
{
    enum result changed;
    char spelled[CLOCK_TEXT];
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(use_link(call, link));
    changed = user_set_email(call, user->id, link->email);
    if (changed == CONFLICT)
        return not_good(call); /* somebody else has it by now; nothing is said of them */
    TRY(changed);
    TRY(email_proven(call, user->id));
    TRY(link_drop_all(call, user->id, text_of(reset_link.name))); /* they went to the old address */
    TRY(audit_note(call, "auth.email_changed", link->email));
    TRY(LETTER(call, "email_changed_from", user->email, { "name", user->name }, { "email", link->email }, { "time", clock_format(call->now, spelled) }));
    return tx_commit(&tx);
}

enum result email_verify(struct request *req, const void *in)
{
    const struct token_body *body = in;
    struct call *call = &req->call;
    text hash = sha256(&call->arena, body->token);
    struct link_row link;
    struct user_row user;
    enum result found = link_read(call, hash, text_of(verify_link.name), &link);
    bool changes = found == NOT_FOUND;

    if (changes)
        found = link_read(call, hash, text_of(email_link.name), &link);
    if (found == NOT_FOUND)
        return not_good(call);
    TRY(found);
    TRY(user_by_id(call, link.user_id, &user));
    TRY(account_enter(call, user.id));
    TRY(changes ? store_email(call, &link, &user) : store_verified(call, &link, &user));
    return respond_empty(req);
}

enum result email_resend(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct user_row user;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(user_by_id(call, call->user, &user));
    if (user.email_verified)
        return respond_empty(req);
    TRY(verify_send(call, &user));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

const struct field email_change_fields[] = {
    TEXT(struct email_body, email, .required = true, .min = 3, .max = 254, .check = check_email), TEXT(struct email_body, current_password, .required = true, .max = 1000), FIELDS_END,
};

/* The address is changed when the new one is proven; an address that somebody has looks like any other here. */
enum result email_change(struct request *req, const void *in)
{
    const struct email_body *body = in;
    struct call *call = &req->call;
    text email = text_lower(&call->arena, body->email);
    struct user_row user, other;
    enum result taken;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(user_by_id(call, call->user, &user));
    if (!password_matches(user.password_hash, body->current_password))
        return fail_field(call, "current_password", "is not right");
    taken = user_by_email(call, email, &other);
    if (taken != OK && taken != NOT_FOUND)
        return taken;
    tx = tx_begin(call);
    TRY(session_still(call, user.password_hash));
    if (taken == NOT_FOUND)
        TRY(send_link(call, &email_link, &user, email));
    TRY(audit_note(call, "auth.email_change_asked", email));
    TRY(tx_commit(&tx));
    return respond_accepted(req);
}
