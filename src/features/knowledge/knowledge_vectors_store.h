/* The statements about vectors. */
#ifndef TENON_FEATURES_KNOWLEDGE_VECTORS_STORE_H
#define TENON_FEATURES_KNOWLEDGE_VECTORS_STORE_H

#include "store/db.h"

/* --- the choice of a model ---------------------------------------------------------------------------------------------------- */

struct embedding_settings {
    text model;       /* chosen; absent: none */
    uuid space_id;
    text live_model;  /* whose vectors are searched: of the last space that was whole */
    uuid live_space_id;
    text error;       /* why the chosen one does not get on */
    int64_t version;  /* grows with each change to the vectors */
};

CHECKED enum result embedding_settings_read(struct call *call, struct embedding_settings *ret_settings); /* all absent where there is no row */
CHECKED enum result embedding_settings_write(struct call *call, const struct embedding_settings *settings);
CHECKED enum result embedding_settings_trouble(struct call *call, uuid space, text error); /* absent: none any more */

/* The chosen space takes the place of the searched one, if it is still the chosen one. */
CHECKED enum result embedding_space_live(struct call *call, uuid space, bool *ret_done);
CHECKED enum result embedding_version_up(struct call *call);

struct embedding_count {
    int64_t documents, embedded, ready; /* live ones; of them with all their vectors in the space, or refused for good; with them */
};
CHECKED enum result embedding_count(struct call *call, uuid space, struct embedding_count *ret_count);

/* --- vectors of an index -------------------------------------------------------------------------------------------------------- */

struct embedded_index {
    uuid index_id, document_id;
    text status; /* processing, ready, failed (tried again), refused (for good) */
    int64_t chunk_count, dimensions;
    bool in_engine; /* the database's vector type holds them too */
};

/* At most `limit` live documents that lack vectors in the space: index and document alone are filled in. */
CHECKED enum result embedded_lacking(struct call *call, uuid space, int64_t limit, struct list *ret_indexes);

/* From here on the index may get vectors in the space. NOT_FOUND: it is not live, or the space is neither chosen nor searched. */
CHECKED enum result embedded_begin(struct call *call, uuid space, uuid document, uuid index, bool in_engine, struct embedded_index *ret_index);

/* False in `*ret_mine`: the index or the space has gone meanwhile; nothing was changed. */
CHECKED enum result embedded_progress(struct call *call, uuid space, uuid index, int64_t chunks, int64_t dimensions, bool *ret_mine);
CHECKED enum result embedded_end(struct call *call, uuid space, uuid index, text status, text error, bool *ret_mine);

CHECKED enum result embedded_ready(struct call *call, uuid space, struct list *ret_indexes); /* in the order of their ids */
CHECKED enum result embedded_forget_index(struct call *call, uuid index, int64_t *ret_removed);
CHECKED enum result embedded_forget_space(struct call *call, uuid space, int64_t limit, int64_t *ret_removed);

/* --- the vectors -------------------------------------------------------------------------------------------------------------------- */

struct vector_row {
    uuid index_id;
    int64_t first_ordinal, vector_count;
    text codes;
};

CHECKED enum result vector_insert(struct call *call, uuid space, uuid index, int64_t first, int64_t count, text codes, text exact);
CHECKED enum result vector_each(struct call *call, uuid space, db_sink *sink, void *context);                 /* struct vector_row, by index and ordinal */
CHECKED enum result vector_each_of(struct call *call, uuid space, uuid index, db_sink *sink, void *context);
CHECKED enum result vector_exact(struct call *call, uuid space, uuid index, int64_t ordinal, int64_t dimensions, text *ret_bytes); /* NOT_FOUND */

/* --- vectors in the engine ------------------------------------------------------------------------------------------------------------- */

/* PostgreSQL with the extension `vector`, since before the last `tenon migrate`. */
CHECKED enum result vector_engine(struct call *call, bool *ret_present);
CHECKED enum result vector_engine_holds(struct call *call, uuid space, bool *ret_all); /* every index that is ready */

/* `numbers`: PostgreSQL's text form of an array of arrays, or for one question of an array. */
CHECKED enum result vector_engine_keep(struct call *call, uuid space, uuid index, int64_t first, text numbers);

struct engine_nearest {
    uuid index_id;
    int64_t ordinal;
    double cosine;
};
CHECKED enum result vector_engine_nearest(struct call *call, uuid space, text question, int64_t limit, struct arg within, struct list *ret_nearest); /* `within`: db_uuids or null */

/* Part of the feature's list (knowledge_store.c). */
extern const struct query embedding_settings_read_query, embedding_settings_write_query, embedding_settings_trouble_query,
    embedding_space_live_query, embedding_version_up_query, embedding_count_query, embedded_lacking_query, embedded_begin_query, embedded_read_query,
    embedded_progress_query, embedded_end_query, embedded_ready_query, embedded_forget_index_query, embedded_forget_space_query, vector_insert_query,
    vector_each_query, vector_each_of_query, vector_exact_query,
    vector_engine_query, vector_engine_holds_query, vector_engine_keep_query, vector_engine_nearest_query;
#define EMBEDDING_QUERIES \
    &embedding_settings_read_query, &embedding_settings_write_query, &embedding_settings_trouble_query, &embedding_space_live_query, \
    &embedding_version_up_query, &embedding_count_query, &embedded_lacking_query, &embedded_begin_query, &embedded_read_query, \
    &embedded_progress_query, &embedded_end_query, &embedded_ready_query, &embedded_forget_index_query, &embedded_forget_space_query, \
    &vector_insert_query, &vector_each_query, &vector_each_of_query, &vector_exact_query, \
    &vector_engine_query, &vector_engine_holds_query, &vector_engine_keep_query, &vector_engine_nearest_query

#endif
