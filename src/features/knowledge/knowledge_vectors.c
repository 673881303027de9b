/*
 * A space is filled by one job that goes from document to document; documents that become ready meanwhile have jobs of their
 * own. Both do the same to an index, a block at a time, and bear meeting each other: a block is written once.
 */
#include "features/knowledge/knowledge_vectors.h"

#include "core/log.h"
#include "features/audit/audit.h"
#include "features/knowledge/knowledge_embed.h"
#include "features/knowledge/knowledge_nearest.h"
#include "features/knowledge/knowledge_store.h"
#include "features/knowledge/knowledge_vectors_store.h"
#include "jobs/jobs.h"
#include "search/vectors.h"

enum { LOOK_AHEAD = 50, FORGET_BATCH = 20 };

text chunk_words(struct arena *arena, text heading, text words)
{
    return heading.len ? text_format(arena, "%.*s\n%.*s", TEXT_ARG(heading), TEXT_ARG(words)) : words;
}

/* --- one index ------------------------------------------------------------------------------------------------------------ */

struct embedding_work {
    struct call *call;
    uuid space, document, index;
    text model;
    bool in_engine; /* kept there too */
    bool lost;      /* the index or the space has gone meanwhile */
};

static enum result write_block(struct embedding_work *work, struct call *call, int64_t first, size_t count, const struct embeddings *made)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    text codes, exact;
    bool mine;

    TRY(tx.fault);
    vector_block_pack(&call->arena, made->values, count, made->dimensions, &codes, &exact);
    TRY(embedded_progress(call, work->space, work->index, first + (int64_t)count, (int64_t)made->dimensions, &mine));
    work->lost = !mine;
    if (!mine)
        return OK;
    TRY(vector_insert(call, work->space, work->index, first, (int64_t)count, codes, exact));
    if (work->in_engine)
        TRY(vector_engine_keep(call, work->space, work->index, first, nearest_array(&call->arena, made->values, count, made->dimensions)));
    return tx_commit(&tx);
}

/* The failure's message outlives the inner call. */
static enum result passed_on(struct call *outer, const struct call *inner, enum result result)
{
    if (result != OK && inner->failure.message.ptr)
        outer->failure.message = text_copy(&outer->arena, inner->failure.message);
    return result;
}

/* One block; `*ret_next` is behind it. Its memory is its own. */
static enum result embed_block(struct embedding_work *work, struct call *call, int64_t from, int64_t dimensions, int64_t *ret_next, int64_t *ret_dimensions)
{
    struct embeddings made;
    struct list rows;
    text *texts;

    TRY(chunk_of_index(call, work->index, from, VECTOR_BLOCK, &rows));
    *ret_next = from + (int64_t)rows.len;
    if (rows.len == 0)
        return OK;
    texts = arena_array(&call->arena, rows.len, sizeof *texts);
    for (size_t i = 0; i < rows.len; i++) {
        const struct chunk_row *row = (const struct chunk_row *)rows.items + i;

        if (row->ordinal != from + (int64_t)i)
            return fail(call, INTERNAL, "The document's passages are not in order.");
        texts[i] = chunk_words(&call->arena, row->heading, row->text);
    }
    TRY(embed_texts(call, &(struct embed_request){ work->model, T("/api/knowledge/documents"), texts, rows.len, config.gateway_total_timeout }, &made));
    *ret_dimensions = (int64_t)made.dimensions;
    if (dimensions && dimensions != *ret_dimensions)
        return fail(call, UPSTREAM_ERROR, "The embedding model's vectors have changed their length.");
    return AGAIN(call, write_block(work, call, from, rows.len, &made));
}

static enum result embed_blocks(struct embedding_work *work, const struct embedded_index *begun)
{
    int64_t at = begun->chunk_count, dimensions = begun->dimensions, next;

    for (;;) {
        SCOPED(call) struct call call;

        call_open(&call, work->call->on);
        if (jobs_stopping(call.on))
            return UNAVAILABLE;
        call_enter(&call, work->call->organization);
        call.actor = work->call->actor;
        call.request_id = work->call->request_id;
        TRY(passed_on(work->call, &call, embed_block(work, &call, at, dimensions, &next, &dimensions)));
        if (work->lost || next == at)
            return OK;
        at = next;
    }
}

static enum result end_index(struct embedding_work *work, text status, text error)
{
    SCOPED(tx) struct tx tx = tx_begin(work->call);
    bool mine;

    TRY(tx.fault);
    TRY(embedded_end(work->call, work->space, work->index, status, error, &mine));
    TRY(embedding_version_up(work->call));
    return tx_commit(&tx);
}

/* OK also when there is nothing to do, or the model refuses this document for good: that is on its row. */
static enum result embed_index(struct embedding_work *work)
{
    struct call *call = work->call;
    struct embedded_index begun;
    enum result result = AGAIN(call, embedded_begin(call, work->space, work->document, work->index, nearest_in_engine(), &begun));
    text reason;

    if (result == NOT_FOUND)
        return OK;
    TRY(result);
    if (text_equal(begun.status, T("ready")) || text_equal(begun.status, T("refused")))
        return OK;
    work->in_engine = begun.in_engine;
    result = embed_blocks(work, &begun);
    if (work->lost)
        return OK;
    if (result == OK)
        return AGAIN(call, end_index(work, T("ready"), TEXT_NONE));
    if (jobs_stopping(call->on))
        return result;
    reason = call->failure.message.ptr ? call->failure.message : text_of(result_message(result));
    if (AGAIN(call, end_index(work, result == VALIDATION_ERROR ? T("refused") : T("failed"), reason)) != OK)
        LOG(WARN, call, "a document's failed vectors stay unmarked");
    call->failure.message = reason;
    return result == VALIDATION_ERROR ? OK : result;
}

/* --- jobs ------------------------------------------------------------------------------------------------------------------- */

static bool next_id(text *rest, uuid *ret_id)
{
    return uuid_parse(text_cut(rest, ' '), ret_id);
}

/* The model of a space that is still chosen or searched; absent when it is neither. */
static text model_of(const struct embedding_settings *settings, uuid space)
{
    if (uuid_equal(space, settings->space_id))
        return settings->model;
    return uuid_equal(space, settings->live_space_id) ? settings->live_model : TEXT_NONE;
}

static enum result run_embed(struct call *call, text payload)
{
    struct embedding_work work = { .call = call };
    struct embedding_settings settings;

    if (!next_id(&payload, &work.space) || !next_id(&payload, &work.document) || !next_id(&payload, &work.index))
        return INTERNAL;
    TRY(embedding_settings_read(call, &settings));
    work.model = model_of(&settings, work.space);
    return work.model.ptr ? embed_index(&work) : OK;
}

static enum result queue_space(struct call *call, const struct job_kind *kind, uuid space)
{
    return uuid_is_none(space) ? OK : job_add(call, kind, uuid_text(&call->arena, space), 0);
}

/* Where nothing is missing the space is searched from now on. `*ret_over`: so it is, or it is no longer the chosen one. */
static enum result go_live(struct call *call, uuid space, bool *ret_over)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    struct embedding_settings settings;
    struct embedding_count count;
    bool live;

    TRY(tx.fault);
    *ret_over = false;
    TRY(embedding_count(call, space, &count));
    if (count.embedded < count.documents)
        return OK;
    if (count.documents && !count.ready)
        return fail(call, UPSTREAM_ERROR, "The embedding model refuses every document.");
    TRY(embedding_settings_read(call, &settings));
    TRY(embedding_space_live(call, space, &live));
    if (live && !uuid_equal(settings.live_space_id, space))
        TRY(queue_space(call, &forget_job, settings.live_space_id));
    *ret_over = true;
    return tx_commit(&tx);
}

/* The next few documents that lack vectors. Stops at the first that fails: so would the next. */
static enum result fill_some(struct call *call, uuid space, text model)
{
    struct list lacking;

    TRY(embedded_lacking(call, space, LOOK_AHEAD, &lacking));
    for (size_t i = 0; i < lacking.len; i++) {
        const struct embedded_index *index = (const struct embedded_index *)lacking.items + i;
        struct embedding_work work = { .call = call, .space = space, .document = index->document_id, .index = index->index_id, .model = model };

        TRY(embed_index(&work));
    }
    return OK;
}

static enum result fill(struct call *call, uuid space, bool *ret_over)
{
    struct embedding_settings settings;

    *ret_over = true;
    TRY(embedding_settings_read(call, &settings));
    if (!uuid_equal(settings.space_id, space))
        return OK; /* another was chosen meanwhile */
    TRY(fill_some(call, space, settings.model));
    return AGAIN(call, go_live(call, space, ret_over));
}

static enum result run_fill(struct call *outer, text payload)
{
    enum result result = OK;
    bool over = false;
    uuid space;

    if (!next_id(&payload, &space))
        return INTERNAL;
    while (result == OK && !over) {
        SCOPED(call) struct call call;

        call_open(&call, outer->on);
        call_enter(&call, outer->organization);
        call.actor = outer->actor;
        call.request_id = outer->request_id;
        result = passed_on(outer, &call, fill(&call, space, &over));
    }
    if (result != OK && !jobs_stopping(outer->on) &&
        embedding_settings_trouble(outer, space, outer->failure.message.ptr ? outer->failure.message : text_of(result_message(result))) != OK)
        LOG(WARN, outer, "why a space is not filled stays unsaid");
    return result;
}

static enum result forget_some(struct call *call, uuid space, bool *ret_more)
{
    int64_t removed;

    TRY(embedded_forget_space(call, space, FORGET_BATCH, &removed));
    *ret_more = removed > 0;
    return OK;
}

static enum result run_forget(struct call *call, text payload)
{
    bool more = true;
    uuid space;

    if (!next_id(&payload, &space))
        return INTERNAL;
    while (more) {
        if (jobs_stopping(call->on))
            return UNAVAILABLE;
        TRY(AGAIN(call, forget_some(call, space, &more)));
    }
    return OK;
}

const struct job_kind embed_job = { .name = "knowledge.embed", .run = run_embed, .attempts = 12, .doc = "Makes the vectors of a document." };
const struct job_kind fill_job = { .name = "knowledge.fill", .run = run_fill, .attempts = 12, .doc = "Makes the vectors of all documents by a newly chosen model." };
const struct job_kind forget_job = { .name = "knowledge.forget", .run = run_forget, .attempts = 20, .doc = "Removes the vectors of a model that is no longer used." };

/* --- what others ask for -------------------------------------------------------------------------------------------------------- */

static enum result queue_index(struct call *call, uuid space, uuid document, uuid index)
{
    struct arena *arena = &call->arena;

    if (uuid_is_none(space))
        return OK;
    return job_add(call, &embed_job, text_format(arena, "%.*s %.*s %.*s", TEXT_ARG(uuid_text(arena, space)), TEXT_ARG(uuid_text(arena, document)), TEXT_ARG(uuid_text(arena, index))), 0);
}

enum result embed_later(struct call *call, uuid document, uuid index)
{
    struct embedding_settings settings;

    TRY(embedding_settings_read(call, &settings));
    TRY(queue_index(call, settings.live_space_id, document, index));
    return uuid_equal(settings.space_id, settings.live_space_id) ? OK : queue_index(call, settings.space_id, document, index);
}

enum result vectors_remove(struct call *call, uuid index)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    int64_t removed;

    TRY(tx.fault);
    TRY(embedded_forget_index(call, index, &removed));
    if (removed)
        TRY(embedding_version_up(call));
    return tx_commit(&tx);
}

/* A space that is given up while it was being filled. */
static enum result give_up_chosen(struct call *call, const struct embedding_settings *before)
{
    return uuid_equal(before->space_id, before->live_space_id) ? OK : queue_space(call, &forget_job, before->space_id);
}

enum result embedding_choose(struct call *call, text model)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    struct embedding_settings settings, before;

    TRY(tx.fault);
    TRY(embedding_settings_read(call, &before));
    settings = before;
    if (model.ptr && text_equal(model, before.model)) {
        TRY(embedding_settings_trouble(call, before.space_id, TEXT_NONE));
        TRY(queue_space(call, &fill_job, before.space_id));
        return tx_commit(&tx);
    }
    TRY(give_up_chosen(call, &before));
    settings.model = model;
    if (!model.ptr) {
        TRY(queue_space(call, &forget_job, before.live_space_id));
        settings.space_id = settings.live_space_id = UUID_NONE;
        settings.live_model = TEXT_NONE;
    } else if (text_equal(model, before.live_model)) { /* back to the one that is searched */
        settings.space_id = before.live_space_id;
    } else {
        settings.space_id = uuid_new();
    }
    TRY(embedding_settings_write(call, &settings));
    TRY(queue_space(call, &fill_job, settings.space_id));
    TRY(audit_note(call, "knowledge.embedding_model_changed", model.ptr ? model : T("none")));
    return tx_commit(&tx);
}
