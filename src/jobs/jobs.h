/*
 * Jobs: durable background work. A job is a row: queued in the transaction that needs it, claimed by one runner at a time,
 * tried again with growing waits, dead after its kind's last attempt. A claim runs out by itself, so that a job whose
 * runner was killed is taken up by another; runs must therefore bear being repeated.
 */
#ifndef TENON_JOBS_JOBS_H
#define TENON_JOBS_JOBS_H

#include "core/metric.h"
#include "core/module.h"

/* Queues a job in the call's organization, in the open transaction when there is one. `delay` in microseconds. */
CHECKED enum result job_add(struct call *call, const struct job_kind *kind, text payload, int64_t delay);

/* Starts the runners; `recover` takes back at once what this only process had claimed before it died. */
struct jobs *jobs_start(struct services *on, int runners, bool recover);

/* Lets running jobs end for at most `wait` microseconds; jobs may still be queued. False: one runs on, and the process must end
   without jobs_free. */
bool jobs_stop(struct jobs *jobs, int64_t wait);
void jobs_free(struct jobs *jobs); /* after everybody who queues */

/* True when a stop was asked for: long jobs hand themselves back by returning UNAVAILABLE. */
bool jobs_stopping(const struct services *on);

extern const struct query *const jobs_queries[];
extern struct metric *const jobs_metrics[];

#endif
