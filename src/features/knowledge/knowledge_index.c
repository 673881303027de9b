/*
 * The index is written in small transactions, because there is one writer: a long document must not keep everybody else
 * waiting. Until the last of them nothing of it is seen; a job that was cut off begins by removing what it had written.
 */
#include "features/knowledge/knowledge_index.h"

#include <unistd.h>

#include "blob/blob.h"
#include "core/log.h"
#include "extract/extract.h"
#include "features/knowledge/knowledge_store.h"
#include "features/knowledge/knowledge_vectors.h"
#include "jobs/jobs.h"
#include "search/chunks.h"
#include "search/postings.h"

enum { CHUNK_BATCH = 64, POSTING_BATCH = 512, TERMS_OF_CHUNK = 100000 };

/* --- terms ------------------------------------------------------------------------------------------------------------ */

/* What of a chunk is searched: its words, and those of the headings it stands under. The document's title is looked up by
   its name and would weigh on every chunk alike. */
static struct term_list chunk_terms(struct arena *arena, text heading, text words)
{
    return terms_of(tokenizer_of_thread(), arena, chunk_words(arena, heading, words), TERMS_INDEX, TERMS_OF_CHUNK);
}

/* --- removing ------------------------------------------------------------------------------------------------------------ */

static enum result remove_terms(struct call *call, uuid index_id, const struct chunk_row *row, int64_t *ret_terms)
{
    struct term_list terms = chunk_terms(&call->arena, row->heading, row->text);

    for (size_t i = 0; i < terms.len; i++)
        TRY(posting_delete(call, terms.items[i].word, index_id));
    *ret_terms += (int64_t)terms.len;
    return OK;
}

/* One batch; `*ret_more` when there was one. `counted`: its chunks are part of the totals. */
static enum result remove_batch(struct call *call, uuid index_id, bool counted, bool *ret_more)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    struct list rows;
    int64_t terms = 0, last = 0;

    TRY(tx.fault);
    TRY(chunk_of_index(call, index_id, 0, CHUNK_BATCH, &rows));
    *ret_more = rows.len > 0;
    if (rows.len == 0)
        return OK;
    for (size_t i = 0; i < rows.len; i++) {
        const struct chunk_row *row = (const struct chunk_row *)rows.items + i;

        TRY(remove_terms(call, index_id, row, &terms));
        last = row->ordinal;
    }
    TRY(chunk_delete_index(call, index_id, 0, last + 1));
    if (counted)
        TRY(totals_add(call, -(int64_t)rows.len, -terms));
    return tx_commit(&tx);
}

static enum result remove_index(struct call *outer, uuid index_id, bool counted)
{
    bool more = !uuid_is_none(index_id);

    while (more) {
        SCOPED(call) struct call call;

        call_open(&call, outer->on);
        call_enter(&call, outer->organization);
        TRY(AGAIN(&call, remove_batch(&call, index_id, counted, &more)));
    }
    return uuid_is_none(index_id) ? OK : AGAIN(outer, vectors_remove(outer, index_id));
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

struct work {
    struct call *call;
    uuid document, file, index;
    struct chunk_list chunks;
    int64_t terms;
    bool lost; /* the document was deleted or replaced meanwhile */
};

/* In the transaction of a batch, which is rolled back when the document is no longer this job's: nothing is written beside
   a removal that is under way. */
static enum result go_on(struct work *work, double progress)
{
    bool mine;

    TRY(document_progress(work->call, work->document, work->file, progress, &mine));
    work->lost = !mine;
    return mine ? OK : CONFLICT;
}

static enum result write_chunks(struct work *work, size_t from, size_t to)
{
    SCOPED(tx) struct tx tx = tx_begin(work->call);

    TRY(tx.fault);
    for (size_t i = from; i < to; i++) {
        const struct chunk *chunk = &work->chunks.items[i];

        TRY(chunk_insert(work->call, &(struct chunk_row){ .id = uuid_new(), .document_id = work->document, .index_id = work->index, .ordinal = chunk->ordinal,
                                                          .heading = chunk->heading.len ? chunk->heading : TEXT_NONE, .text = chunk->text,
                                                          .start = (int64_t)chunk->start, .end = (int64_t)chunk->end }));
    }
    TRY(go_on(work, 0.3 + 0.3 * (double)to / (double)work->chunks.len));
    return tx_commit(&tx);
}

static enum result write_postings(struct work *work, const struct posting_row *rows, size_t count, size_t from, size_t to)
{
    SCOPED(tx) struct tx tx = tx_begin(work->call);

    TRY(tx.fault);
    for (size_t i = from; i < to; i++)
        TRY(posting_insert(work->call, rows[i].term, work->index, rows[i].blob));
    TRY(go_on(work, 0.6 + 0.39 * (double)to / (double)count));
    return tx_commit(&tx);
}

static enum result write_index(struct work *work)
{
    struct posting_builder *builder = postings_begin(&work->call->arena);
    struct posting_row *rows;
    size_t count;

    for (size_t i = 0; i < work->chunks.len; i += CHUNK_BATCH) {
        size_t to = i + CHUNK_BATCH < work->chunks.len ? i + CHUNK_BATCH : work->chunks.len;

        if (jobs_stopping(work->call->on))
            return UNAVAILABLE;
        TRY(AGAIN(work->call, write_chunks(work, i, to)));
    }
    for (size_t i = 0; i < work->chunks.len; i++) {
        const struct chunk *chunk = &work->chunks.items[i];
        struct term_list *terms = arena_new(&work->call->arena, struct term_list);

        *terms = chunk_terms(&work->call->arena, chunk->heading, chunk->text);
        work->terms += (int64_t)terms->len;
        postings_chunk(builder, chunk->ordinal, terms);
    }
    rows = postings_rows(builder, &count);
    for (size_t i = 0; i < count; i += POSTING_BATCH) {
        if (jobs_stopping(work->call->on))
            return UNAVAILABLE;
        TRY(AGAIN(work->call, write_postings(work, rows, count, i, i + POSTING_BATCH < count ? i + POSTING_BATCH : count)));
    }
    return OK;
}

/* The new index takes the old one's place, all at once; what becomes of the old one is a job of its own, so that it is not
   forgotten whatever happens next. So are the new one's vectors: it is found by its words until it has them. */
static enum result publish(struct work *work, uuid old_index)
{
    SCOPED(tx) struct tx tx = tx_begin(work->call);
    bool mine;

    TRY(tx.fault);
    TRY(document_ready(work->call, work->document, work->file, work->index, (int64_t)work->chunks.len, &mine));
    work->lost = !mine;
    if (!mine)
        return CONFLICT;
    if (!uuid_is_none(old_index))
        TRY(job_add(work->call, &retire_job, uuid_text(&work->call->arena, old_index), 0));
    TRY(totals_add(work->call, (int64_t)work->chunks.len, work->terms));
    TRY(embed_later(work->call, work->document, work->index));
    return tx_commit(&tx);
}

/* --- reading the document ---------------------------------------------------------------------------------------------------- */

static enum result give_up(struct work *work, const char *reason)
{
    LOG(INFO, work->call, "document refused", LZ("reason", reason));
    return document_failed(work->call, work->document, work->file, text_of(reason));
}

static bool type_of(const struct document_row *row, enum extract_type *ret_type)
{
    for (int type = EXTRACT_TXT; type <= EXTRACT_DOCX; type++)
        if (text_equal(row->mime_type, text_of(extract_type_name((enum extract_type)type)))) {
            *ret_type = (enum extract_type)type;
            return true;
        }
    return false;
}

/* `*ret_done`: nothing more is to be done, the document is marked. */
static enum result read_blocks(struct work *work, const struct document_row *row, struct buffer *blocks, bool *ret_done)
{
    struct extract_job job = { 0 };
    char reason[EXTRACT_REASON];
    enum extract_result extracted;
    enum result opened = blob_open(work->call, row->file_id, &job.file);

    *ret_done = true;
    if (opened == NOT_FOUND || !type_of(row, &job.type)) {
        if (opened == OK)
            close(job.file);
        return give_up(work, "The stored file is gone.");
    }
    TRY(opened);
    extracted = extract_run(&job, blocks, reason);
    close(job.file);
    if (extracted == EXTRACT_UNAVAILABLE)
        return fail(work->call, UNAVAILABLE, "%s", reason);
    if (extracted != EXTRACT_OK)
        return give_up(work, reason);
    if (!chunks_of(&work->call->arena, buffer_view(blocks), &work->chunks))
        return give_up(work, "The document could not be read.");
    if (work->chunks.len == 0)
        return give_up(work, "There is no text in this document. A scan needs text recognition first.");
    *ret_done = false;
    return OK;
}

/* --- jobs --------------------------------------------------------------------------------------------------------------------- */

static enum result write_all(struct work *work, uuid old_index)
{
    TRY(go_on(work, 0.3));
    TRY(write_index(work));
    return AGAIN(work->call, publish(work, old_index));
}

static enum result index_document(struct work *work, const struct document_row *row)
{
    SCOPED(buffer) struct buffer blocks = { 0 };
    enum result written;
    bool done, mine;

    TRY(remove_index(work->call, row->pending_index, false)); /* of a run that was cut off */
    TRY(document_begin(work->call, work->document, work->file, work->index, &mine));
    if (!mine)
        return OK;
    TRY(read_blocks(work, row, &blocks, &done));
    if (done)
        return OK;
    written = write_all(work, row->index_id);
    return work->lost ? remove_index(work->call, work->index, false) : written;
}

static bool read_ids(text payload, uuid *ret_first, uuid *ret_second)
{
    text second = payload, first = text_cut(&second, ' ');

    return uuid_parse(first, ret_first) && (!ret_second || uuid_parse(second, ret_second));
}

static enum result run_index(struct call *call, text payload)
{
    struct work work = { .call = call, .index = uuid_new() };
    struct document_row row;
    enum result found;

    if (!read_ids(payload, &work.document, &work.file))
        return INTERNAL;
    found = document_read(call, work.document, &row);
    if (found == NOT_FOUND || (found == OK && !uuid_equal(row.file_id, work.file)))
        return OK; /* deleted or replaced meanwhile */
    TRY(found);
    return index_document(&work, &row);
}

static void index_dead(struct call *call, text payload, text reason)
{
    uuid document, file;

    (void)reason;
    if (read_ids(payload, &document, &file) && document_failed(call, document, file, T("It could not be processed. Upload it again.")) != OK)
        LOG(ERROR, call, "a document stays unmarked");
}

static enum result run_purge(struct call *call, text payload)
{
    struct document_row row;
    enum result found;
    uuid document;

    if (!read_ids(payload, &document, NULL))
        return INTERNAL;
    found = document_read_deleted(call, document, &row);
    if (found == NOT_FOUND)
        return OK;
    TRY(found);
    TRY(remove_index(call, row.pending_index, false));
    TRY(remove_index(call, row.index_id, true));
    TRY(document_remove(call, document));
    blob_delete(call, row.file_id);
    return OK;
}

static enum result run_retire(struct call *call, text payload)
{
    uuid index;

    return read_ids(payload, &index, NULL) ? remove_index(call, index, true) : INTERNAL;
}

const struct job_kind retire_job = { .name = "knowledge.retire", .run = run_retire, .attempts = 20, .doc = "Removes an index that another has replaced." };
const struct job_kind index_job = { .name = "knowledge.index", .run = run_index, .attempts = 5, .dead = index_dead, .doc = "Reads and indexes a document." };
const struct job_kind purge_job = { .name = "knowledge.purge", .run = run_purge, .attempts = 20, .doc = "Removes what is left of a deleted document." };

enum result index_later(struct call *call, uuid document, uuid file)
{
    text payload = text_format(&call->arena, "%.*s %.*s", TEXT_ARG(uuid_text(&call->arena, document)), TEXT_ARG(uuid_text(&call->arena, file)));

    return job_add(call, &index_job, payload, 0);
}

enum result purge_later(struct call *call, uuid document)
{
    return job_add(call, &purge_job, uuid_text(&call->arena, document), 0);
}
