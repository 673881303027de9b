/*
 * Lockout: how often an account may be tried. Five failures lock the place that the attempts came from, for 15 minutes and then
 * twice as long each time, up to a day. A place is a device or a network that the account was signed in to from before, or
 * everywhere else taken together: so a stranger, from however many addresses, locks out strangers and not the owner at home.
 * Accounts that do not exist are counted like those that do.
 *
 * Besides, more than 100 failures a minute over all accounts turn away whoever is not known (RATE_LIMIT_AUTH=0 turns it off).
 */
#ifndef TENON_FEATURES_AUTH_LOCKOUT_H
#define TENON_FEATURES_AUTH_LOCKOUT_H

#include "http/http.h"

struct attempt {
    text account; /* keyed hash of the e-mail */
    text place;
    text network;
    text device; /* the one that the cookie names, or absent */
};

/* Counts an attempt and says whether it may be made: ACCOUNT_LOCKED or RATE_LIMITED, both with how long. At most five of a place are
   being decided at once; one more waits for them, for two seconds at most: not in a fiber, and not in a transaction. */
CHECKED enum result attempt_begin(struct request *req, text email, struct attempt *ret_attempt);

/* Once the sign-in is committed, for who waits in line writes to the same row: this place is known from here on. */
void attempt_succeeded(struct call *call, const struct attempt *attempt);

/* On the answer to a browser: so is this device. */
void attempt_mark_device(struct request *req, const struct attempt *attempt);

/* Nothing was decided (the store failed, say): it is as if it had not been made. */
void attempt_undecided(struct call *call, const struct attempt *attempt);

/* After a failure; `*ret_locked_until` is when it locked the place, else 0. In a call of its own, behind the answer. */
CHECKED enum result attempt_failed(struct call *call, text account, text place, int64_t *ret_locked_until);

/* Whoever has the e-mail has the account: nothing is locked any more. */
CHECKED enum result attempts_forgive(struct call *call, text email);

/* At the program's end: nothing is remembered beside the store. */
void attempts_stop(void);

/* Under what an address's places are kept. */
text attempts_account(struct arena *arena, text email);

/* Where it was signed in from, of an address whose account goes. */
CHECKED enum result attempts_forget(struct call *call, text email);

#endif
