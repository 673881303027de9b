/* What the factors feature's files share: secrets, the relying party, and what every change of a factor has in common. */
#ifndef TENON_FEATURES_FACTORS_RULES_H
#define TENON_FEATURES_FACTORS_RULES_H

#include "core/config.h"
#include "features/factors/factors_store.h"
#include "http/http.h"
#include "identity/totp.h"

#define FACTORS_APP T("Tenon") /* as authenticators show it */

/* A one-time code's secret, sealed for its row and opened again. UNAVAILABLE: ENCRYPTION_KEY is another. */
text totp_seal(struct call *call, const struct factor_row *row, struct secret secret);
CHECKED enum result totp_unseal(struct call *call, const struct factor_row *row, struct secret *ret_secret);

/* CONFLICT where passkeys cannot work: APP_URL is an address, or has no TLS. */
CHECKED enum result passkey_party(struct call *call, struct webauthn_party *ret_party);
text passkey_handle(struct call *call, uuid user); /* what an authenticator keeps of whose it is */
CHECKED enum result challenge_bytes(struct call *call, text token, text *ret_bytes); /* what a passkey signs */
CHECKED enum result challenge_look(struct call *call, text token, struct challenge *ret_challenge); /* as challenge_take, without counting */
struct text_list credential_ids(struct call *call, struct list passkeys);

/* In the transaction of a change: UNAUTHENTICATED when the session has ended since the gate, as it has when the password was
   changed while codes were hashed. */
CHECKED enum result change_begin(struct call *call);

/* On record, and in a letter to whose it is. `change` is a part of a sentence. */
CHECKED enum result change_tell(struct call *call, const char *action, text target, text change);

/* In the transaction: a new set; the one before is dead. */
CHECKED enum result recovery_replace(struct call *call, const struct recovery_codes *codes);

/* --- routes: factors_passkeys.c ------------------------------------------------------------------------------------------ */

struct passkey_body {
    text name, challenge;
    struct webauthn_registration credential;
};

extern const struct field passkey_view[], new_passkey_view[], passkey_create_fields[], passkey_change_fields[], passkey_challenge_fields[], passkey_sign_in_view[];
enum result passkey_options(struct request *req, const void *body);
enum result passkey_create(struct request *req, const void *body);
enum result passkeys_list(struct request *req, const void *body);
enum result passkey_show(struct request *req, const void *body);
enum result passkey_change(struct request *req, const void *body);
enum result passkey_remove(struct request *req, const void *body);
enum result passkey_sign_in_options(struct request *req, const void *body);
enum result passkey_answer_options(struct request *req, const void *body);

/* For the selftest: one that nobody can use. */
CHECKED enum result passkey_sample(struct call *call, uuid user, text mark, uuid *ret_id);

extern const struct route factors_routes[];

#endif
