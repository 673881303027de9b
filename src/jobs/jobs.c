#include "jobs/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/log.h"
#include "jobs/jobs_store.h"

static const int64_t FIRST_WAIT = 2 * SECOND, LONGEST_WAIT = 10 * MINUTE, LONGEST_NAP = 5 * SECOND, KEPT = 7 * DAY;

static const char *const outcomes[] = { "done", "retried", "dead", NULL };
static struct metric ended = { "tenon_jobs_total", METRIC_COUNTER, "Job runs, by how they ended.", "outcome", outcomes };
static struct metric running = { "tenon_jobs_running", METRIC_GAUGE, "Jobs running now." };
struct metric *const jobs_metrics[] = { &ended, &running, NULL };

struct jobs {
    const struct services *on;
    pthread_mutex_t mutex;
    pthread_cond_t due;
    uint64_t added; /* grows with each job, so that one added while a runner looks is not slept over */
    _Atomic bool stopping;
    int runners;
    pthread_t threads[];
};

static void wake(void *context)
{
    struct jobs *jobs = context;

    pthread_mutex_lock(&jobs->mutex);
    jobs->added++;
    pthread_cond_signal(&jobs->due);
    pthread_mutex_unlock(&jobs->mutex);
}

enum result job_add(struct call *call, const struct job_kind *kind, text payload, int64_t delay)
{
    TRY(job_insert(call, uuid_new(), text_of(kind->name), payload, call->now + delay));
    if (call->on->jobs && delay == 0)
        tx_on_commit(call, wake, call->on->jobs);
    return OK;
}

static const struct job_kind *kind_of(const struct services *on, text name)
{
    for (const struct module *const *module = on->modules; *module; module++)
        for (const struct job_kind *const *kind = (*module)->jobs; kind && *kind; kind++)
            if (text_equal(text_of((*kind)->name), name))
                return *kind;
    return NULL;
}

static int64_t wait_before(int64_t attempt)
{
    int64_t wait = FIRST_WAIT;
    uint32_t jitter;

    while (--attempt > 0 && wait < LONGEST_WAIT)
        wait *= 4;
    random_bytes(&jitter, sizeof jitter);
    if (wait > LONGEST_WAIT)
        wait = LONGEST_WAIT;
    return wait / 2 + (int64_t)(jitter % (uint32_t)(wait / 2 / MILLISECOND)) * MILLISECOND;
}

static text reason_of(struct call *call, enum result result)
{
    return call->failure.message.ptr ? call->failure.message : text_of(result_message(result));
}

/* What becomes of the row after a run; in a system scope of a call of its own. */
static void settle(struct jobs *jobs, const struct job *job, uuid claim, const struct job_kind *kind, enum result result, text reason)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    bool last = !kind || job->attempts >= kind->attempts;
    enum result settled;

    call_open(&call, jobs->on);
    scope = system_scope_begin(&call, "jobs.settle");
    if (result == OK)
        settled = job_done(&call, job, claim);
    else if (last)
        settled = job_bury(&call, job, claim, reason);
    else
        settled = job_retry(&call, job, claim, jobs->stopping ? call.now : call.now + wait_before(job->attempts), reason);
    metric_add(&ended, result == OK ? 0 : last ? 2 : 1, 1);
    if (settled != OK) /* its claim runs out and it is run again */
        LOG(WARN, &call, "job not settled", LT("kind", job->kind));
}

static void run_one(struct jobs *jobs, const struct job *job, uuid claim)
{
    const struct job_kind *kind = kind_of(jobs->on, job->kind);
    enum result result = INTERNAL;
    SCOPED(call) struct call call;
    text reason = T("no such kind of job");

    call_open(&call, jobs->on);
    call_enter(&call, job->organization_id);
    call.actor = ACTOR_SYSTEM;
    call.request_id = uuid_text(&call.arena, job->id);
    metric_add(&running, 0, 1);
    if (kind) {
        result = kind->run(&call, job->payload);
        reason = reason_of(&call, result);
    }
    metric_add(&running, 0, -1);
    if (result != OK)
        LOG(WARN, &call, "job failed", LT("kind", job->kind), LI("attempt", job->attempts), LT("reason", reason));
    if (result != OK && kind && kind->dead && job->attempts >= kind->attempts)
        kind->dead(&call, job->payload, reason);
    settle(jobs, job, claim, kind, result, reason);
}

/* True when one was run; else `*ret_nap` is how long nothing will be due. */
static bool look(struct jobs *jobs, int64_t *ret_nap)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    const uuid claim = uuid_new(); /* of this run alone: one that has lost its claim settles nothing */
    struct job job;
    int64_t due = 0;
    enum result result;

    *ret_nap = LONGEST_NAP;
    call_open(&call, jobs->on);
    scope = system_scope_begin(&call, "jobs.claim");
    if (job_next_due(&call, &due) != OK || !due)
        return false;
    if (due > call.now) {
        *ret_nap = due - call.now < LONGEST_NAP ? due - call.now : LONGEST_NAP;
        return false;
    }
    result = job_claim(&call, claim, call.now + 15 * MINUTE, &job);
    if (result != OK)
        return false;
    run_one(jobs, &job, claim);
    return true;
}

static void *runner(void *context)
{
    struct jobs *jobs = context;

    while (!jobs->stopping) {
        struct timespec until;
        uint64_t seen;
        int64_t nap;

        pthread_mutex_lock(&jobs->mutex);
        seen = jobs->added;
        pthread_mutex_unlock(&jobs->mutex);
        if (look(jobs, &nap))
            continue;
        clock_gettime(CLOCK_MONOTONIC, &until);
        nap += until.tv_nsec / 1000;
        until.tv_sec += nap / SECOND;
        until.tv_nsec = nap % SECOND * 1000;
        pthread_mutex_lock(&jobs->mutex);
        while (!jobs->stopping && jobs->added == seen)
            if (pthread_cond_timedwait(&jobs->due, &jobs->mutex, &until) != 0)
                break;
        pthread_mutex_unlock(&jobs->mutex);
    }
    return NULL;
}

static void recover_claims(const struct services *on)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };

    call_open(&call, on);
    scope = system_scope_begin(&call, "jobs.recover");
    if (job_release_all(&call) != OK || job_forget(&call, call.now - KEPT) != OK)
        LOG(WARN, &call, "claims of the last run are not taken back");
}

struct jobs *jobs_start(struct services *on, int runners, bool recover)
{
    struct jobs *jobs = xcalloc(1, sizeof *jobs + (size_t)runners * sizeof(pthread_t));
    pthread_condattr_t monotonic;

    *jobs = (struct jobs){ .on = on, .runners = runners };
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->due, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (recover)
        recover_claims(on);
    on->jobs = jobs;
    for (int i = 0; i < runners; i++)
        if (pthread_create(&jobs->threads[i], NULL, runner, jobs) != 0)
            abort();
    return jobs;
}

void jobs_stop(struct jobs *jobs, int64_t wait)
{
    struct timespec until;
    bool all = true;

    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->mutex);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->due);
    pthread_mutex_unlock(&jobs->mutex);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait / SECOND;
    for (int i = 0; i < jobs->runners; i++)
        if (pthread_timedjoin_np(jobs->threads[i], NULL, &until) != 0) {
            LOG(WARN, NULL, "a job did not end in time; it will be run again");
            all = false;
        }
    if (!all)
        return; /* a runner still uses it; the process is about to end */
    pthread_mutex_destroy(&jobs->mutex);
    pthread_cond_destroy(&jobs->due);
    free(jobs);
}

bool jobs_stopping(const struct services *on)
{
    return on->jobs && on->jobs->stopping;
}
