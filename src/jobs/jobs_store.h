/* The statements of the jobs room. */
#ifndef TENON_JOBS_JOBS_STORE_H
#define TENON_JOBS_JOBS_STORE_H

#include "store/db.h"

struct job {
    uuid organization_id, id;
    text kind, payload;
    int64_t attempts;
};

CHECKED enum result job_insert(struct call *call, uuid id, text kind, text payload, int64_t run_at);

/* The rest spans organizations and runs in a system scope. */
CHECKED enum result job_claim(struct call *call, uuid runner, int64_t until, struct job *ret_job); /* NOT_FOUND: none is due */
CHECKED enum result job_next_due(struct call *call, int64_t *ret_run_at);                           /* 0: none waits */
CHECKED enum result job_done(struct call *call, const struct job *job, uuid runner);
CHECKED enum result job_retry(struct call *call, const struct job *job, uuid runner, int64_t run_at, bool uncounted, text error);
CHECKED enum result job_bury(struct call *call, const struct job *job, uuid runner, text error);
CHECKED enum result job_release_all(struct call *call);
/* `*ret_held`: the claim was still this one. */
CHECKED enum result job_renew(struct call *call, uuid organization, uuid id, uuid runner, int64_t until, bool *ret_held);

/* Whether this call is the one that does the chore now: the first to ask in a period of `every`. */
CHECKED enum result chore_take(struct call *call, text name, int64_t every, bool *ret_mine);
CHECKED enum result job_forget(struct call *call, int64_t finished_before);

#endif
