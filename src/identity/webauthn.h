/*
 * Passkeys: W3C Web Authentication Level 3, the relying party's side. Options for `navigator.credentials.create` and `get`
 * in the JSON that `parseCreationOptionsFromJSON` takes, and the checks of what `toJSON` of their answers gives (§7.1, §7.2).
 *
 * Attestation is not asked for (conveyance "none"), so no statement is verified and none says anything: what an authenticator
 * is made of is not known here. The challenge is the caller's: 32 random bytes, bound to the session, used once, short-lived.
 */
#ifndef TENON_IDENTITY_WEBAUTHN_H
#define TENON_IDENTITY_WEBAUTHN_H

#include "core/fields.h"

enum { WEBAUTHN_CHALLENGE_BYTES = 32 };

/* Who asks. A credential is bound to `id`, so a change of APP_URL's host makes every passkey useless. */
struct webauthn_party {
    text id;     /* the host: example.org */
    text origin; /* https://example.org, with the port where it is not the scheme's own */
    text name;   /* shown by some browsers */
};

/* From APP_URL. False when passkeys cannot work there: an address instead of a name, or no TLS and not localhost. */
bool webauthn_party_of(struct arena *arena, text app_url, text name, struct webauthn_party *ret_party);

struct webauthn_user {
    text handle; /* 1 to 64 bytes that say nothing of the person (§14.6.1): the user's id */
    text name;   /* e-mail */
    text display_name;
};

/* What is kept of a registered credential. Texts are bytes. */
struct webauthn_credential {
    text id;
    text public_key; /* COSE */
    int64_t algorithm;
    int64_t sign_count; /* 0: the authenticator does not count */
    text aaguid;        /* 16 bytes: the model of the authenticator, unproven */
    bool user_verified;
    bool backup_eligible, backed_up; /* it is, or may be, on several devices */
};

/* --- options (JSON) -------------------------------------------------------------------------------------------------------- */

/* `known` are the user's credential ids (bytes). `verify`: a PIN or a finger is required, where the passkey stands alone. */
text webauthn_create_options(struct arena *arena, const struct webauthn_party *party, const struct webauthn_user *user, text challenge,
                             const struct text_list *known, bool verify);
text webauthn_get_options(struct arena *arena, const struct webauthn_party *party, text challenge, const struct text_list *known, bool verify);

/* --- answers: bodies as `toJSON` makes them; members bear the wire's names -------------------------------------------------- */

struct webauthn_attestation {
    text clientDataJSON, attestationObject, authenticatorData, publicKey;
    int64_t publicKeyAlgorithm;
    struct text_list transports;
};

struct webauthn_registration {
    text id, rawId, type, authenticatorAttachment, clientExtensionResults;
    struct webauthn_attestation response;
};

struct webauthn_signed {
    text clientDataJSON, authenticatorData, signature, userHandle, attestationObject;
};

struct webauthn_assertion {
    text id, rawId, type, authenticatorAttachment, clientExtensionResults;
    struct webauthn_signed response;
};

extern const struct field webauthn_registration_fields[];
extern const struct field webauthn_assertion_fields[];

/* --- checks ---------------------------------------------------------------------------------------------------------------- */

/* Why an answer is not taken. For the log and for tests; people are told one sentence for all of them. */
#define WEBAUTHN_FAULTS(X)                                                                        \
    X(WEBAUTHN_OK, "ok")                                                                          \
    X(WEBAUTHN_MALFORMED, "something cannot be read")                                             \
    X(WEBAUTHN_TYPE, "the client data is of another ceremony")                                    \
    X(WEBAUTHN_CHALLENGE, "another challenge")                                                    \
    X(WEBAUTHN_ORIGIN, "another origin, or inside another's frame")                               \
    X(WEBAUTHN_PARTY, "made for another relying party")                                           \
    X(WEBAUTHN_ABSENT, "nobody was present")                                                      \
    X(WEBAUTHN_UNVERIFIED, "the person was not verified")                                         \
    X(WEBAUTHN_FLAGS, "flags that contradict each other or the credential")                       \
    X(WEBAUTHN_CREDENTIAL, "another credential, or none")                                         \
    X(WEBAUTHN_KEY, "a key that is not taken")                                                    \
    X(WEBAUTHN_SIGNATURE, "the signature is wrong")                                               \
    X(WEBAUTHN_COUNT, "the counter went back: the credential may have been copied")

enum webauthn_fault {
#define WEBAUTHN_FAULT_NAME(name, words) name,
    WEBAUTHN_FAULTS(WEBAUTHN_FAULT_NAME)
#undef WEBAUTHN_FAULT_NAME
    WEBAUTHN_FAULT_COUNT
};

const char *webauthn_fault_words(enum webauthn_fault fault);

/* The new credential. Whether its id is known already, anybody's, is the caller's to check: then it is refused. */
CHECKED enum webauthn_fault webauthn_register(struct arena *arena, const struct webauthn_party *party, text challenge, bool verify,
                                              const struct webauthn_registration *in, struct webauthn_credential *ret_credential);

/* Which credential an answer is from, to look it up. False when it cannot be read. */
bool webauthn_credential_id(struct arena *arena, const struct webauthn_assertion *in, text *ret_id);

/* Which challenge a registration answers, to look it up: the bytes. False when it cannot be read. */
bool webauthn_registration_challenge(struct arena *arena, const struct webauthn_registration *in, text *ret_challenge);

struct webauthn_use {
    int64_t sign_count; /* to be stored, in a statement that sees that it has not changed meanwhile */
    bool user_verified, backed_up;
    text user_handle; /* bytes; absent where the authenticator keeps none. Where it is there it must be the owner's. */
};

CHECKED enum webauthn_fault webauthn_assert(struct arena *arena, const struct webauthn_party *party, text challenge, bool verify,
                                            const struct webauthn_assertion *in, const struct webauthn_credential *credential,
                                            struct webauthn_use *ret_use);

/* Authenticator data (§6.1), in the bytes that it points into. */
struct webauthn_data {
    text party_hash;
    unsigned char flags;
    int64_t sign_count;
    text aaguid, credential_id, public_key; /* absent without attested credential data */
};

/* The whole of it, extensions included, or false. For the checks above and the fuzzer. */
bool webauthn_read_data(text bytes, struct webauthn_data *ret_data);

#endif
