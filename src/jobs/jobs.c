#include "jobs/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/log.h"
#include "jobs/jobs_store.h"

/* By the database's clock, which all instances share. */
static const int64_t LEASE = MINUTE, LEASE_RENEWED = 15 * SECOND; /* a job of an instance that was killed is taken up by another after a lease */
static const int64_t FIRST_WAIT = 2 * SECOND, LONGEST_WAIT = 10 * MINUTE, LONGEST_NAP = 5 * SECOND, SHORT_NAP = 200 * MILLISECOND, KEPT = 7 * DAY;

static const char *const outcomes[] = { "done", "retried", "dead", NULL };
static struct metric ended = { "tenon_jobs_total", METRIC_COUNTER, "Job runs, by how they ended.", "outcome", outcomes };
static struct metric running = { "tenon_jobs_running", METRIC_GAUGE, "Jobs running now." };
struct metric *const jobs_metrics[] = { &ended, &running, NULL };

struct runner {
    struct jobs *jobs;
    pthread_t thread;
    bool busy;      /* these are its job: */
    uuid organization, job, claim;
};

/* When this process next asks whether a chore is due; whether it is, the store says. */
struct chore_look {
    const struct chore *chore;
    int64_t next; /* clock_now() */
};

enum { MOST_CHORES = 64 };

struct jobs {
    const struct services *on;
    pthread_mutex_t mutex;
    pthread_cond_t due, ended;
    uint64_t added; /* grows with each job, so that one added while a runner looks is not slept over */
    _Atomic bool stopping;
    struct chore_look chores[MOST_CHORES];
    size_t chore_count;
    pthread_t keeper;
    int runner_count;
    struct runner runners[];
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
    TRY(job_insert(call, uuid_new(), text_of(kind->name), payload, db_now(call) + delay));
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
    bool stopped = result != OK && jobs->stopping, last = !stopped && (!kind || job->attempts >= kind->attempts);
    enum result settled;

    call_open(&call, jobs->on);
    scope = system_scope_begin(&call, "jobs.settle");
    call.now = db_now(&call);
    if (result == OK)
        settled = job_done(&call, job, claim);
    else if (last)
        settled = job_bury(&call, job, claim, reason);
    else
        settled = job_retry(&call, job, claim, stopped ? call.now : call.now + wait_before(job->attempts), stopped, reason);
    metric_add(&ended, result == OK ? 0 : last ? 2 : 1, 1);
    if (settled != OK) /* its claim runs out and it is run again */
        LOG(WARN, &call, "job not settled", LT("kind", job->kind));
}

static void set_busy(struct runner *runner, const struct job *job, uuid claim)
{
    pthread_mutex_lock(&runner->jobs->mutex);
    runner->busy = job != NULL;
    if (job) {
        runner->organization = job->organization_id;
        runner->job = job->id;
        runner->claim = claim;
    }
    pthread_mutex_unlock(&runner->jobs->mutex);
}

/* False: another instance has taken it over meanwhile, and what becomes of it is no longer ours to say. */
static bool still_ours(struct jobs *jobs, const struct job *job, uuid claim)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    bool held = false;

    call_open(&call, jobs->on);
    scope = system_scope_begin(&call, "jobs.renew");
    return job_renew(&call, job->organization_id, job->id, claim, db_now(&call) + LEASE, &held) == OK && held;
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
    if (kind && job->attempts > kind->attempts) {
        reason = T("it ended its process each time"); /* whoever claimed it never said what became of it */
    } else if (kind) {
        do
            result = kind->run(&call, job->payload);
        while (call.committed == 0 && db_again(&call, result)); /* it met another, and has changed nothing */
        reason = reason_of(&call, result);
    }
    metric_add(&running, 0, -1);
    if (result != OK)
        LOG(WARN, &call, "job failed", LT("kind", job->kind), LI("attempt", job->attempts), LT("reason", reason));
    if (result != OK && !jobs->stopping && kind && kind->dead && job->attempts >= kind->attempts && still_ours(jobs, job, claim))
        kind->dead(&call, job->payload, reason);
    settle(jobs, job, claim, kind, result, reason);
}

/* --- chores ---------------------------------------------------------------------------------------------------------------- */

/* The next one that this process should ask about, or NULL. */
static const struct chore *next_chore(struct jobs *jobs, int64_t now)
{
    const struct chore *due = NULL;

    pthread_mutex_lock(&jobs->mutex);
    for (size_t i = 0; i < jobs->chore_count && !due; i++)
        if (jobs->chores[i].next <= now) {
            due = jobs->chores[i].chore;
            jobs->chores[i].next = now + due->every;
        }
    pthread_mutex_unlock(&jobs->mutex);
    return due;
}

static void run_chore(struct jobs *jobs, const struct chore *chore)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    bool mine;

    call_open(&call, jobs->on);
    call.actor = ACTOR_SYSTEM;
    scope = system_scope_begin(&call, chore->name);
    call.now = db_now(&call);
    if (chore_take(&call, text_of(chore->name), chore->every, &mine) != OK || !mine)
        return;
    if (AGAIN(&call, chore->run(&call)) != OK)
        LOG(WARN, &call, "chore failed; it comes again", LZ("chore", chore->name), LT("reason", reason_of(&call, UNAVAILABLE)));
}

/* What is done is kept for a while only. */
static enum result forget_done(struct call *call)
{
    return job_forget(call, call->now - KEPT);
}

static const struct chore forget = { .name = "jobs.forget", .every = HOUR, .run = forget_done, .doc = "Removes jobs that were done a week ago." };

static void add_chore(struct jobs *jobs, const struct chore *chore)
{
    if (jobs->chore_count == MOST_CHORES)
        abort();
    jobs->chores[jobs->chore_count++].chore = chore;
}

static void gather_chores(struct jobs *jobs)
{
    add_chore(jobs, &forget);
    for (const struct module *const *module = jobs->on->modules; module && *module; module++)
        for (const struct chore *const *chore = (*module)->chores; chore && *chore; chore++)
            add_chore(jobs, *chore);
}

/* --- runners ---------------------------------------------------------------------------------------------------------------- */

/* True when one was run; else `*ret_nap` is how long nothing will be due. */
static bool look_for_job(struct runner *runner, int64_t *ret_nap)
{
    struct jobs *jobs = runner->jobs;
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    const uuid claim = uuid_new(); /* of this run alone: one that has lost its claim settles nothing */
    struct job job;
    int64_t due = 0;

    *ret_nap = LONGEST_NAP;
    call_open(&call, jobs->on);
    scope = system_scope_begin(&call, "jobs.claim");
    call.now = db_now(&call);
    if (job_next_due(&call, &due) != OK || !due)
        return false;
    if (due > call.now) {
        *ret_nap = due - call.now < LONGEST_NAP ? due - call.now : LONGEST_NAP;
        return false;
    }
    *ret_nap = SHORT_NAP;
    if (job_claim(&call, claim, call.now + LEASE, &job) != OK) /* another has it, or the store was busy: there may be more */
        return false;
    set_busy(runner, &job, claim);
    run_one(jobs, &job, claim);
    set_busy(runner, NULL, claim);
    return true;
}

static bool look(struct runner *runner, int64_t *ret_nap)
{
    const struct chore *chore = next_chore(runner->jobs, clock_now());

    if (!chore)
        return look_for_job(runner, ret_nap);
    run_chore(runner->jobs, chore);
    return true;
}

static struct timespec ticks_in(int64_t micros)
{
    int64_t at = clock_ticks() + micros;

    return (struct timespec){ at / SECOND, at % SECOND * 1000 };
}

static void *run_jobs(void *context)
{
    struct runner *runner = context;
    struct jobs *jobs = runner->jobs;

    while (!jobs->stopping) {
        struct timespec until;
        uint64_t seen;
        int64_t nap;

        pthread_mutex_lock(&jobs->mutex);
        seen = jobs->added;
        pthread_mutex_unlock(&jobs->mutex);
        if (look(runner, &nap))
            continue;
        until = ticks_in(nap);
        pthread_mutex_lock(&jobs->mutex);
        while (!jobs->stopping && jobs->added == seen)
            if (pthread_cond_timedwait(&jobs->due, &jobs->mutex, &until) != 0)
                break;
        pthread_mutex_unlock(&jobs->mutex);
    }
    return NULL;
}

static void renew(struct jobs *jobs, uuid organization, uuid id, uuid claim)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    bool held = true;

    call_open(&call, jobs->on);
    scope = system_scope_begin(&call, "jobs.renew");
    if (job_renew(&call, organization, id, claim, db_now(&call) + LEASE, &held) == OK && !held)
        LOG(WARN, &call, "a running job was taken over by another instance");
}

/* Renews the claims of what is running here. */
static void *keep_claims(void *context)
{
    struct jobs *jobs = context;

    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->stopping) {
        struct timespec until = ticks_in(LEASE_RENEWED);

        if (pthread_cond_timedwait(&jobs->ended, &jobs->mutex, &until) == 0)
            continue;
        for (int i = 0; i < jobs->runner_count; i++) {
            struct runner now = jobs->runners[i];

            pthread_mutex_unlock(&jobs->mutex);
            if (now.busy)
                renew(jobs, now.organization, now.job, now.claim);
            pthread_mutex_lock(&jobs->mutex);
        }
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

static void recover_claims(const struct services *on)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };

    call_open(&call, on);
    scope = system_scope_begin(&call, "jobs.recover");
    if (job_release_all(&call) != OK)
        LOG(WARN, &call, "claims of the last run are not taken back");
}

struct jobs *jobs_start(struct services *on, int runners, bool recover)
{
    struct jobs *jobs = xcalloc(1, sizeof *jobs + (size_t)runners * sizeof(struct runner));
    pthread_condattr_t monotonic;

    jobs->on = on;
    jobs->runner_count = runners;
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->due, &monotonic);
    pthread_cond_init(&jobs->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    gather_chores(jobs);
    if (recover)
        recover_claims(on);
    on->jobs = jobs;
    for (int i = 0; i < runners; i++) {
        jobs->runners[i].jobs = jobs;
        if (pthread_create(&jobs->runners[i].thread, NULL, run_jobs, &jobs->runners[i]) != 0)
            abort();
    }
    if (pthread_create(&jobs->keeper, NULL, keep_claims, jobs) != 0)
        abort();
    return jobs;
}

bool jobs_stop(struct jobs *jobs, int64_t wait)
{
    struct timespec until;
    bool all = true;

    if (!jobs)
        return true;
    pthread_mutex_lock(&jobs->mutex);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->due);
    pthread_cond_broadcast(&jobs->ended);
    pthread_mutex_unlock(&jobs->mutex);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait / SECOND;
    pthread_join(jobs->keeper, NULL);
    for (int i = 0; i < jobs->runner_count; i++)
        if (pthread_timedjoin_np(jobs->runners[i].thread, NULL, &until) != 0) {
            LOG(WARN, NULL, "a job did not end in time; it will be run again");
            all = false;
        }
    return all;
}

void jobs_free(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_destroy(&jobs->mutex);
    pthread_cond_destroy(&jobs->due);
    pthread_cond_destroy(&jobs->ended);
    free(jobs);
}

bool jobs_stopping(const struct services *on)
{
    return on->jobs && on->jobs->stopping;
}
