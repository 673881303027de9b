/* The knowledge feature's statements. */
#ifndef TENON_FEATURES_KNOWLEDGE_STORE_H
#define TENON_FEATURES_KNOWLEDGE_STORE_H

#include "features/knowledge/knowledge.h"
#include "store/db.h"

/* --- collections ----------------------------------------------------------------------------------------------------------- */

struct collection_row {
    uuid id;
    text name, description;
    int64_t document_count, created_at;
};

extern const struct field collection_columns[]; /* fit to be shown too */

CHECKED enum result collection_insert(struct call *call, const struct collection_row *row); /* CONFLICT: the name is taken */
CHECKED enum result collection_update(struct call *call, uuid id, text name, text description);
CHECKED enum result collection_read(struct call *call, uuid id, struct collection_row *ret_row);
CHECKED enum result collection_delete(struct call *call, uuid id); /* its documents stay, in no collection */
CHECKED enum result collection_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);

/* --- documents --------------------------------------------------------------------------------------------------------------- */

struct document_row {
    uuid id, collection_id;
    text title, file_name, mime_type;
    uuid file_id, index_id, pending_index;
    text status; /* queued, processing, ready, failed */
    double progress;
    text error;
    int64_t bytes, chunk_count;
    text vectors, vectors_error; /* none (no model is chosen), queued, processing, ready, failed, refused */
    int64_t created_at, updated_at;
};

struct document_filter {
    uuid collection_id;
    text status;
};

CHECKED enum result document_insert(struct call *call, const struct document_row *row);
CHECKED enum result document_replace(struct call *call, const struct document_row *row); /* a new file, queued again */
CHECKED enum result document_change(struct call *call, uuid id, text title, uuid collection_id, bool set_collection);
CHECKED enum result document_read(struct call *call, uuid id, struct document_row *ret_row);
CHECKED enum result document_read_deleted(struct call *call, uuid id, struct document_row *ret_row);
CHECKED enum result document_list(struct call *call, const struct document_filter *filter, int64_t page, int64_t page_size, struct list *ret_rows,
                                  int64_t *ret_total);
CHECKED enum result document_hide(struct call *call, uuid id); /* NOT_FOUND; the purge job does the rest */
CHECKED enum result document_remove(struct call *call, uuid id);

/* Only while the document still has this file: a replacement has its own job. False in `*ret_mine` otherwise. */
CHECKED enum result document_begin(struct call *call, uuid id, uuid file_id, uuid pending_index, bool *ret_mine);
CHECKED enum result document_progress(struct call *call, uuid id, uuid file_id, double progress, bool *ret_mine);
CHECKED enum result document_ready(struct call *call, uuid id, uuid file_id, uuid index_id, int64_t chunk_count, bool *ret_mine);
CHECKED enum result document_failed(struct call *call, uuid id, uuid file_id, text error);

/* --- the index ------------------------------------------------------------------------------------------------------------------ */

struct chunk_row {
    uuid id, document_id, index_id;
    int64_t ordinal;
    text heading, text;
    int64_t start, end;
    text title; /* of the document */
};

struct posting_bytes {
    uuid index_id;
    text data;
};

CHECKED enum result chunk_insert(struct call *call, const struct chunk_row *row);
CHECKED enum result chunk_list(struct call *call, uuid document, int64_t from, int64_t limit, struct list *ret_rows); /* of the live index */
CHECKED enum result chunk_ordinal(struct call *call, uuid document, uuid id, int64_t *ret_ordinal);                         /* NOT_FOUND: not of the live index */
CHECKED enum result chunk_of_index(struct call *call, uuid index_id, int64_t from, int64_t limit, struct list *ret_rows);
CHECKED enum result chunk_found(struct call *call, uuid index_id, int64_t ordinal, struct chunk_row *ret_row); /* NOT_FOUND: not live */
CHECKED enum result chunk_delete_index(struct call *call, uuid index_id, int64_t from, int64_t to);
CHECKED enum result posting_insert(struct call *call, text term, uuid index_id, text data);
CHECKED enum result posting_delete(struct call *call, text term, uuid index_id);
CHECKED enum result posting_each(struct call *call, text term, db_sink *sink, void *context); /* struct posting_bytes, by index */
CHECKED enum result index_live_in(struct call *call, struct uuid_list collections, struct list *ret_ids); /* of uuid */

struct search_totals {
    int64_t chunk_count, term_count;
};
CHECKED enum result totals_add(struct call *call, int64_t chunks, int64_t terms);
CHECKED enum result totals_read(struct call *call, struct search_totals *ret_totals); /* zeros when there is nothing */

extern const struct query *const knowledge_queries[];

#endif
