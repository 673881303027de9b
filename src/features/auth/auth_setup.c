/* The first administrator: whoever starts the program where nobody has an account yet is shown a link that makes one. */
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth_admin.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_sign_in.h"
#include "features/letters/letters.h"

enum { TOKEN_LETTERS = 43 };

enum result setup_link(struct call *call, text *ret_link)
{
    text token = random_token(&call->arena, TOKEN_LETTERS);
    bool somebody;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(users_exist(call, &somebody));
    TRY(setup_forget_ended(call));
    if (!somebody)
        TRY(setup_insert(call, sha256(&call->arena, token), call->now + DAY));
    TRY(tx_commit(&tx));
    *ret_link = somebody ? TEXT_NONE : letter_link(call, "/setup", token);
    return OK;
}

const struct field setup_fields[] = {
    TEXT(struct sign_body, token, .required = true, .min = 1, .max = 100, .doc = "Of the link that the program showed when it was started."),
    TEXT(struct sign_body, name, .required = true, .min = 1, .max = 100, .check = check_line),
    TEXT(struct sign_body, email, .required = true, .min = 3, .max = 254, .check = check_email),
    TEXT(struct sign_body, password, .required = true, .max = 1000),
    TEXT(struct sign_body, session, .one_of = session_kinds, .doc = "cookie: the answer sets the session cookie and holds no token."),
    FIELDS_END,
};

static enum result not_good(struct call *call)
{
    return fail_field(call, "token", "is not good any more: start the program anew for another link, or use tenon user grant-admin");
}

/* Of many who bring a link, or several, at once one gets through: the statement looks for an administrator as it uses the link up. */
static enum result use(struct call *call, text hash)
{
    enum result used;
    bool there;

    TRY(any_admin(call, &there));
    if (there)
        return not_good(call);
    used = setup_use(call, hash);
    return used == NOT_FOUND ? not_good(call) : used;
}

enum result setup(struct request *req, const void *in)
{
    const struct sign_body *body = in;
    struct call *call = &req->call;
    const struct new_account account = { body->name, body->email, body->password, true };
    text hash, token = sha256(&call->arena, body->token);
    struct session_grant grant;
    struct user_row row;
    struct user user;
    enum result good;
    SCOPED(tx) struct tx tx = { 0 };

    good = setup_is_good(call, token); /* before a password is hashed for anybody who asks */
    if (good == NOT_FOUND)
        return not_good(call);
    TRY(good);
    TRY(account_check(call, &account, &hash));
    tx = tx_begin(call);
    TRY(use(call, token));
    TRY(account_make(call, &account, hash, &user));
    TRY(user_by_id(call, user.id, &row));
    TRY(sign_in_proven(req, &row, wants_cookie(body), "auth.setup", TEXT_NONE, &grant));
    TRY(tx_commit(&tx));
    return respond_grant(req, 201, &row, &grant);
}
