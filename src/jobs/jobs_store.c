#include "jobs/jobs_store.h"

#include "jobs/jobs.h"

#define SPANS "a runner serves all organizations"

static const struct field job_columns[] = {
    UUID(struct job, organization_id), UUID(struct job, id), TEXT(struct job, kind), TEXT(struct job, payload), INT(struct job, attempts), FIELDS_END,
};

static const struct query insert = {
    .name = "job_insert",
    .sql = "INSERT INTO jobs (organization_id, id, kind, payload, state, run_at, created_at) VALUES (:org, $1, $2, $3, 'queued', $4, $5)",
};

enum result job_insert(struct call *call, uuid id, text kind, text payload, int64_t run_at)
{
    return db_run(call, &insert, ARGS(db_uuid(id), db_text(kind), db_text(payload), db_time(run_at), db_time(call->now)));
}

/* A claim that ran out counts as queued again. Several instances look at once: a row that another is taking is passed over. */
#define DUE "SELECT organization_id, id FROM jobs WHERE (state = 'queued' AND run_at <= $3) OR (state = 'running' AND claimed_until < $3) ORDER BY run_at LIMIT 1"
#define CLAIM(due)                                                                                                \
    "UPDATE jobs SET state = 'running', claimed_by = $1, claimed_until = $2, attempts = attempts + 1 "            \
    "WHERE (organization_id, id) = (" due ") RETURNING organization_id, id, kind, payload, attempts"

static const struct query claim = {
    .name = "job_claim", .sql = CLAIM(DUE), .postgres = CLAIM(DUE " FOR UPDATE SKIP LOCKED"), ROWS(struct job, job_columns), .system = SPANS,
};

enum result job_claim(struct call *call, uuid runner, int64_t until, struct job *ret_job)
{
    struct list rows;

    TRY(db_returning(call, &claim, ARGS(db_uuid(runner), db_time(until), db_time(call->now)), &rows));
    if (rows.len == 0)
        return NOT_FOUND;
    *ret_job = *(struct job *)rows.items;
    return OK;
}

struct due {
    int64_t run_at;
};

static const struct field due_columns[] = { TIME(struct due, run_at), FIELDS_END };
static const struct query next_due = {
    .name = "job_next_due",
    .sql = "SELECT min(at) AS run_at FROM (SELECT min(run_at) AS at FROM jobs WHERE state = 'queued' "
           "UNION ALL SELECT min(claimed_until) FROM jobs WHERE state = 'running') due",
    ROWS(struct due, due_columns),
    .system = SPANS,
};

enum result job_next_due(struct call *call, int64_t *ret_run_at)
{
    struct due due;

    TRY(db_one(call, &next_due, NO_ARGS, &due));
    *ret_run_at = due.run_at;
    return OK;
}

static const struct query done = {
    .name = "job_done",
    .sql = "UPDATE jobs SET state = 'done', finished_at = $4, claimed_by = NULL, claimed_until = NULL WHERE organization_id = $1 AND id = $2 AND claimed_by = $3",
    .system = SPANS,
};

enum result job_done(struct call *call, const struct job *job, uuid runner)
{
    return db_run(call, &done, ARGS(db_uuid(job->organization_id), db_uuid(job->id), db_uuid(runner), db_time(call->now)));
}

static const struct query retry = {
    .name = "job_retry",
    .sql = "UPDATE jobs SET state = 'queued', run_at = $4, last_error = $5, attempts = attempts - $6, claimed_by = NULL, claimed_until = NULL "
           "WHERE organization_id = $1 AND id = $2 AND claimed_by = $3",
    .system = SPANS,
};

enum result job_retry(struct call *call, const struct job *job, uuid runner, int64_t run_at, bool uncounted, text error)
{
    return db_run(call, &retry, ARGS(db_uuid(job->organization_id), db_uuid(job->id), db_uuid(runner), db_time(run_at), db_text(error), db_int(uncounted)));
}

static const struct query bury = {
    .name = "job_bury",
    .sql = "UPDATE jobs SET state = 'dead', finished_at = $4, last_error = $5, claimed_by = NULL, claimed_until = NULL "
           "WHERE organization_id = $1 AND id = $2 AND claimed_by = $3",
    .system = SPANS,
};

enum result job_bury(struct call *call, const struct job *job, uuid runner, text error)
{
    return db_run(call, &bury, ARGS(db_uuid(job->organization_id), db_uuid(job->id), db_uuid(runner), db_time(call->now), db_text(error)));
}

static const struct query release_all = {
    .name = "job_release_all",
    .sql = "UPDATE jobs SET state = 'queued', claimed_by = NULL, claimed_until = NULL WHERE state = 'running'",
    .system = "the only process takes back what it had claimed before it died",
};

enum result job_release_all(struct call *call)
{
    return db_run(call, &release_all, NO_ARGS);
}

static const struct query renew = {
    .name = "job_renew",
    .sql = "UPDATE jobs SET claimed_until = $4 WHERE organization_id = $1 AND id = $2 AND claimed_by = $3 AND state = 'running'",
    .system = SPANS,
};

enum result job_renew(struct call *call, uuid organization, uuid id, uuid runner, int64_t until, bool *ret_held)
{
    int64_t changed;

    TRY(db_change(call, &renew, ARGS(db_uuid(organization), db_uuid(id), db_uuid(runner), db_time(until)), &changed));
    *ret_held = changed > 0;
    return OK;
}

static const struct query take_chore = {
    .name = "chore_take",
    .sql = "INSERT INTO ticks (name, fired_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET fired_at = $2 WHERE ticks.fired_at <= $3",
    .system = "chores belong to no organization",
};

/* A little early is on time: clocks differ, and the one who asks first must not wait another period. */
enum result chore_take(struct call *call, text name, int64_t every, bool *ret_mine)
{
    int64_t changed;

    TRY(db_change(call, &take_chore, ARGS(db_text(name), db_time(call->now), db_time(call->now - every + every / 20)), &changed));
    *ret_mine = changed > 0;
    return OK;
}

static const struct query forget = {
    .name = "job_forget", .sql = "DELETE FROM jobs WHERE state = 'done' AND finished_at < $1", .system = "what is done is kept for a while only",
};

enum result job_forget(struct call *call, int64_t finished_before)
{
    return db_run(call, &forget, ARGS(db_time(finished_before)));
}

const struct query *const jobs_queries[] = { &insert, &claim, &next_due, &done, &retry, &bury, &renew, &take_chore, &release_all, &forget, NULL };
