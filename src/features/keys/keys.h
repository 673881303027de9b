/*
 * API keys: `tn_live_` and 38 letters, of which the last six are a checksum, so that a typing error and a scanner's find
 * are told without asking the store. Shown once; kept as SHA-256.
 */
#ifndef TENON_FEATURES_KEYS_H
#define TENON_FEATURES_KEYS_H

#include "core/module.h"

/* True when the text has the shape of a key. */
bool key_is(text token);

/*
 * Makes the call the key's: organization, key, permissions. UNAUTHENTICATED when it is unknown, expired or revoked. Without
 * `may_block` only keys in memory are known; false then says that the store must be asked.
 */
bool key_identify(struct call *call, text token, bool may_block, enum result *ret_result);

/* Whether the call's key would be let in still; anything but OK: no. */
CHECKED enum result key_still_there(struct call *call);

/* A person's account was shut or opened again: on commit every instance forgets what it knows of the keys they made. */
void keys_maker_changed(struct call *call, uuid user);

/* Revokes one of the call's organization, whoever asks; on record. In the open transaction. NOT_FOUND. */
CHECKED enum result key_end(struct call *call, uuid id);

/* How many keys the organization has. */
CHECKED enum result keys_count(struct call *call, int64_t *ret_count);

/* Revokes the keys that a person made, in every organization and in the open transaction, which goes on in the call's own. */
CHECKED enum result keys_revoke_of(struct call *call, uuid user);

extern const struct event key_changed; /* payload: the key's SHA-256 in hex */
extern const struct event key_maker_changed; /* payload: the person's id */
extern const struct module keys_module;

#endif
