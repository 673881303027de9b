#include "features/oauth/oauth_arrival.h"

#include "features/audit/audit.h"
#include "features/letters/letters.h"
#include "store/db.h"

const char *outcome_code(enum outcome outcome)
{
    static const char *const codes[] = {
#define OUTCOME_CODE(name, code, words) code,
        OUTCOMES(OUTCOME_CODE)
#undef OUTCOME_CODE
    };

    return codes[outcome];
}

const char *outcome_words(enum outcome outcome)
{
    static const char *const words[] = {
#define OUTCOME_WORDS(name, code, words) words,
        OUTCOMES(OUTCOME_WORDS)
#undef OUTCOME_WORDS
    };

    return words[outcome];
}

static text label_of(const struct arrival *arrival)
{
    return text_of(arrival->service->provider->label);
}

static enum result find_identity(struct call *call, const struct arrival *arrival, struct account_identity *ret_identity)
{
    return account_identity_find(call, text_of(arrival->service->provider->name), arrival->service->issuer, arrival->identity.subject, ret_identity);
}

/* Of a person whose account the call has entered. */
static enum result add_identity(struct call *call, const struct arrival *arrival)
{
    const struct account_identity row = { .id = uuid_new(), .user_id = call->user, .provider = text_of(arrival->service->provider->name), .issuer = arrival->service->issuer,
                                          .subject = arrival->identity.subject, .email = arrival->identity.email, .created_at = call->now };

    TRY(account_identity_add(call, &row));
    return audit_note(call, "auth.identity_linked", label_of(arrival));
}

static enum result tell_of_link(struct call *call, const struct arrival *arrival, const struct account *account)
{
    char spelled[CLOCK_TEXT];

    return LETTER(call, "signin_linked", account->email, { "name", account->name }, { "service", label_of(arrival) }, { "time", clock_format(call->now, spelled) },
                  { "link", letter_link(call, "/settings", TEXT_NONE) });
}

static enum result tell_of_claim(struct call *call, const struct arrival *arrival, const struct account *account)
{
    char spelled[CLOCK_TEXT];

    return LETTER(call, "account_claimed", account->email, { "name", account->name }, { "service", label_of(arrival) }, { "email", account->email },
                  { "time", clock_format(call->now, spelled) }, { "link", letter_link(call, "/settings", TEXT_NONE) });
}

/* --- signing in ------------------------------------------------------------------------------------------------------------------ */

/* The account has nothing of whoever made it: they never proved that the address is theirs. */
static enum result claim(struct call *call, const struct arrival *arrival, struct account *account)
{
    TRY(account_take_over(call, account));
    TRY(audit_note(call, "auth.taken_over", account->email));
    TRY(add_identity(call, arrival));
    return tell_of_claim(call, arrival, account);
}

static enum result join(struct call *call, const struct arrival *arrival, struct account *account)
{
    if (!account->email_verified)
        return claim(call, arrival, account);
    TRY(account_enter(call, account->id));
    TRY(add_identity(call, arrival));
    return tell_of_link(call, arrival, account);
}

static enum result open_account(struct call *call, const struct arrival *arrival, struct account *ret_account, enum outcome *ret_outcome)
{
    enum result opened = account_open(call, arrival->identity.name, arrival->identity.email, ret_account);

    if (opened == VALIDATION_ERROR) { /* an address that none of our letters would reach */
        *ret_outcome = OUTCOME_EMAIL_MISSING;
        return OK;
    }
    TRY(opened);
    return add_identity(call, arrival);
}

/* Nobody learns by an unproven address whether it has an account: that is refused before it is looked for. */
static enum result by_email(struct call *call, const struct arrival *arrival, struct account *ret_account, enum outcome *ret_outcome)
{
    enum result found;

    if (!arrival->identity.email.len)
        *ret_outcome = OUTCOME_EMAIL_MISSING;
    else if (!arrival->identity.email_verified)
        *ret_outcome = OUTCOME_EMAIL_UNVERIFIED;
    if (*ret_outcome != OUTCOME_IN)
        return OK;
    found = account_by_email(call, arrival->identity.email, ret_account);
    if (found == NOT_FOUND)
        return open_account(call, arrival, ret_account, ret_outcome);
    TRY(found);
    if (ret_account->is_active)
        return join(call, arrival, ret_account);
    *ret_outcome = OUTCOME_INACTIVE;
    return OK;
}

static enum result find_account(struct call *call, const struct arrival *arrival, struct account *ret_account, enum outcome *ret_outcome)
{
    struct account_identity known;
    enum result found = find_identity(call, arrival, &known);

    *ret_outcome = OUTCOME_IN;
    if (found == NOT_FOUND)
        return by_email(call, arrival, ret_account, ret_outcome);
    TRY(found);
    TRY(account_by_id(call, known.user_id, ret_account));
    if (!ret_account->is_active)
        *ret_outcome = OUTCOME_INACTIVE;
    return account_identity_used(call, known.id);
}

static enum result note_refusal(struct call *call, const struct arrival *arrival, uuid user)
{
    if (uuid_is_none(user))
        return OK; /* nobody's log to write it in */
    TRY(account_enter(call, user));
    return audit_note(call, "auth.oauth_failed", label_of(arrival));
}

static enum result sign_in(struct request *req, const struct arrival *arrival, enum outcome *ret_outcome, struct sign_in **ret_sign_in)
{
    struct account account = { .id = UUID_NONE };
    SCOPED(tx) struct tx tx = tx_begin(&req->call);

    TRY(find_account(&req->call, arrival, &account, ret_outcome));
    if (*ret_outcome == OUTCOME_IN)
        TRY(auth_enter(req, account.id, "auth.oauth_login", ret_sign_in));
    else
        TRY(note_refusal(&req->call, arrival, account.id));
    return tx_commit(&tx);
}

enum result arrival_sign_in(struct request *req, const struct arrival *arrival, enum outcome *ret_outcome, struct sign_in **ret_sign_in)
{
    enum result result = AGAIN(&req->call, sign_in(req, arrival, ret_outcome, ret_sign_in));

    /* two arrivals of the same new person: the second finds what the first has made */
    return result == CONFLICT ? AGAIN(&req->call, sign_in(req, arrival, ret_outcome, ret_sign_in)) : result;
}

/* --- linking ---------------------------------------------------------------------------------------------------------------------- */

static enum result link_once(struct call *call, const struct arrival *arrival, enum outcome *ret_outcome)
{
    struct account_identity known;
    struct account account;
    enum result found;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(account_still_signed_in(call));
    TRY(account_by_id(call, call->user, &account));
    found = find_identity(call, arrival, &known);
    *ret_outcome = found == OK && !uuid_equal(known.user_id, call->user) ? OUTCOME_TAKEN : OUTCOME_IN;
    if (found == NOT_FOUND) {
        TRY(add_identity(call, arrival));
        TRY(tell_of_link(call, arrival, &account));
    } else {
        TRY(found);
    }
    if (*ret_outcome == OUTCOME_TAKEN)
        TRY(audit_note(call, "auth.oauth_failed", label_of(arrival)));
    return tx_commit(&tx);
}

enum result arrival_link(struct call *call, const struct arrival *arrival, enum outcome *ret_outcome)
{
    enum result result = AGAIN(call, link_once(call, arrival, ret_outcome));

    if (result == CONFLICT) /* somebody linked it at this very moment */
        result = AGAIN(call, link_once(call, arrival, ret_outcome));
    if (result != UNAUTHENTICATED)
        return result;
    *ret_outcome = OUTCOME_SIGNED_OUT;
    return OK;
}
