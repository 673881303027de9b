/*
 * Usage: one row for every call to a model, whether it worked or not: the ledger that cost, dashboards and budgets are read
 * from.
 *
 * A call is on record before anybody is told of its end, without waiting for the disk: usage_record puts it into a journal,
 * a file of fixed places mapped into memory, which survives the process being killed at any moment; a thread moves journal
 * places into usage_events and frees them only after the commit. A place is reserved before a call begins, so that a call
 * that was let in can always be recorded.
 */
#ifndef TENON_FEATURES_USAGE_H
#define TENON_FEATURES_USAGE_H

#include "core/module.h"

struct usage_event {
    uuid id, organization;
    int64_t created_at;
    text endpoint; /* `/v1/chat/completions` */
    text feature;  /* `gateway`, `conversations` */
    text provider, model;
    uuid key, user;
    int64_t status; /* as answered */
    text error;     /* a code, absent when it worked */
    int64_t input_tokens, output_tokens, cached_tokens;
    int64_t cost_micros, baseline_micros;
    int64_t latency_micros, first_token_micros; /* first_token 0: there was none */
    bool streamed;
    text request_id;
};

/* A place in the journal; negative when there is none left, and then the call must not begin. */
int usage_reserve(void);

/* Fills the place; never blocks. Texts longer than their place are cut. */
void usage_record(int place, const struct usage_event *event);

/* Gives a place back unused. */
void usage_release(int place);

/* Waits until everything recorded so far is in usage_events. UNAVAILABLE after two seconds. */
CHECKED enum result usage_settle(struct call *call);

struct usage_sum {
    text group, label;
    int64_t requests, input_tokens, output_tokens, cost_micros, baseline_micros, saved_micros, errors;
};

/* The sums of a period in the call's organization. */
CHECKED enum result usage_total(struct call *call, int64_t from, int64_t to, struct usage_sum *ret_sum);

/* What the calls that began in [from, to) have cost the call's organization; of one key or one member alone when given. */
CHECKED enum result usage_spent(struct call *call, int64_t from, int64_t to, uuid key, uuid user, int64_t *ret_micros);

/* The newest calls, for an overview: an array of struct usage_brief. */
struct usage_brief {
    uuid id;
    text model, endpoint, error;
    int64_t created_at;
};
CHECKED enum result usage_recent(struct call *call, int64_t limit, struct list *ret_briefs);

extern const struct module usage_module;

#endif
