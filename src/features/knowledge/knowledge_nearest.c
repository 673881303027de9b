#include "features/knowledge/knowledge_nearest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/map.h"
#include "core/log.h"
#include "core/metric.h"
#include "search/vectors.h"

enum { MANY = 16 /* missing indexes that are read in one pass over the space */, LOAD_LOCKS = 16, HUGE_PAGE = 2 << 20 };

static struct metric bytes_kept = { "tenon_vector_memory_bytes", METRIC_GAUGE, "Memory that holds vectors." };
struct metric *const nearest_metrics[] = { &bytes_kept, NULL };

/* The vectors of one index; never changed once they are whole. */
struct segment {
    _Atomic int holders;
    uuid index;
    size_t count, room, dimensions, bytes; /* full when count == room, and never written again */
    struct vector_scale *scales; /* in the same allocation, behind the codes */
    int8_t codes[];
};

/* What one version of a space consists of. `items[i]` NULL: it has no room and is read for each search. */
struct vector_set {
    int holders; /* the cache is one; under the cache's mutex */
    uuid organization, space;
    int64_t version, used;
    size_t len, bytes;
    struct embedded_index *indexes; /* in the order of their ids; their texts are not kept */
    struct segment **items;
};

static struct {
    pthread_mutex_t mutex;
    struct map by_organization; /* struct vector_set, by the identifier's bytes */
    size_t bytes;
} cache = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static pthread_mutex_t loading[LOAD_LOCKS] = { [0 ... LOAD_LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER }; /* so that an organization's vectors are read by one at a time */

/* --- segments ----------------------------------------------------------------------------------------------------------------- */

static struct segment *segment_new(const struct embedded_index *index)
{
    size_t count = (size_t)index->chunk_count, dimensions = (size_t)index->dimensions, codes = (count * dimensions + 15) / 16 * 16;
    size_t bytes = sizeof(struct segment) + codes + count * sizeof(struct vector_scale);
    struct segment *segment;
    void *place;

    if (bytes < HUGE_PAGE) {
        segment = xmalloc(bytes);
    } else {
        if (posix_memalign(&place, HUGE_PAGE, bytes) != 0)
            abort();
        segment = place;
        madvise(segment, bytes, MADV_HUGEPAGE); /* the scan is as fast as memory is */
    }
    *segment = (struct segment){ .holders = 1, .index = index->index_id, .room = count, .dimensions = dimensions, .bytes = bytes, .scales = (void *)(segment->codes + codes) };
    return segment;
}

static void segment_release(struct segment *segment)
{
    if (segment && atomic_fetch_sub(&segment->holders, 1) == 1)
        free(segment);
}

/* A row behind those that the segment has. */
static bool segment_take(struct segment *segment, const struct vector_row *row)
{
    size_t at = segment->count, count = (size_t)row->vector_count;

    if ((size_t)row->first_ordinal != at || count > segment->room - at ||
        !vector_block_unpack(row->codes, count, segment->dimensions, segment->scales + at, segment->codes + at * segment->dimensions))
        return false;
    segment->count += count;
    return true;
}

/* --- sets --------------------------------------------------------------------------------------------------------------------- */

static text key_of(const uuid *organization)
{
    return (text){ (const char *)organization->bytes, sizeof organization->bytes };
}

static void set_free(struct vector_set *set)
{
    for (size_t i = 0; i < set->len; i++)
        segment_release(set->items[i]);
    free(set->items);
    free(set->indexes);
    free(set);
}

/* Under the mutex. */
static void let_go(struct vector_set *set)
{
    if (set && --set->holders == 0)
        set_free(set);
}

/* Under the mutex: out of the cache. */
static void strike(struct vector_set *set)
{
    map_remove(&cache.by_organization, key_of(&set->organization));
    cache.bytes -= set->bytes;
    let_go(set);
}

static void set_release(struct vector_set *set)
{
    pthread_mutex_lock(&cache.mutex);
    let_go(set);
    pthread_mutex_unlock(&cache.mutex);
}

static struct vector_set *set_find(uuid organization)
{
    struct vector_set *set;

    pthread_mutex_lock(&cache.mutex);
    set = map_get(&cache.by_organization, key_of(&organization));
    if (set) {
        set->holders++;
        set->used = clock_ticks();
    }
    pthread_mutex_unlock(&cache.mutex);
    return set;
}

/* Under the mutex: the organization least recently searched makes room. */
static void make_room(size_t bytes)
{
    while (cache.bytes + bytes > (size_t)config.vector_memory) {
        struct vector_set *oldest = NULL;
        size_t place = 0;
        void *value;
        text key;

        while (map_next(&cache.by_organization, &place, &key, &value))
            if (!oldest || ((struct vector_set *)value)->used < oldest->used)
                oldest = value;
        if (!oldest)
            return;
        strike(oldest);
    }
}

static void set_keep(struct vector_set *set)
{
    struct vector_set *before;

    pthread_mutex_lock(&cache.mutex);
    before = map_get(&cache.by_organization, key_of(&set->organization));
    if (before)
        strike(before);
    make_room(set->bytes);
    set->holders++;
    map_put(&cache.by_organization, key_of(&set->organization), set);
    cache.bytes += set->bytes;
    metric_set(&bytes_kept, 0, (int64_t)cache.bytes);
    pthread_mutex_unlock(&cache.mutex);
}

void nearest_forget(void)
{
    size_t place;
    void *value;
    text key;

    pthread_mutex_lock(&cache.mutex);
    while (place = 0, map_next(&cache.by_organization, &place, &key, &value))
        strike(value);
    map_free(&cache.by_organization, NULL);
    metric_set(&bytes_kept, 0, 0);
    pthread_mutex_unlock(&cache.mutex);
}

/* --- reading -------------------------------------------------------------------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
    return memcmp(a, &((const struct embedded_index *)b)->index_id, sizeof(uuid));
}

static size_t place_of(const struct vector_set *set, uuid index)
{
    const struct embedded_index *found = set->len ? bsearch(&index, set->indexes, set->len, sizeof *set->indexes, by_index) : NULL;

    return found ? (size_t)(found - set->indexes) : SIZE_MAX;
}

struct filling {
    struct vector_set *set;
    bool damaged;
};

static enum result take_row(void *context, const void *item)
{
    struct filling *filling = context;
    const struct vector_row *row = item;
    size_t place = place_of(filling->set, row->index_id);
    struct segment *segment = place == SIZE_MAX ? NULL : filling->set->items[place];

    if (segment && segment->count < segment->room)
        filling->damaged |= !segment_take(segment, row);
    return OK;
}

/* As many of the missing ones as there is room for. */
static size_t begin_missing(struct vector_set *set)
{
    size_t missing = 0;

    for (size_t i = 0; i < set->len; i++) {
        size_t bytes = (size_t)set->indexes[i].chunk_count * ((size_t)set->indexes[i].dimensions + sizeof(struct vector_scale)) + sizeof(struct segment);

        if (set->items[i] || set->bytes + bytes > (size_t)config.vector_memory)
            continue;
        set->items[i] = segment_new(&set->indexes[i]);
        set->bytes += set->items[i]->bytes;
        missing++;
    }
    return missing;
}

static enum result read_missing(struct call *call, struct vector_set *set)
{
    struct filling filling = { .set = set };
    size_t missing = begin_missing(set);

    if (missing > MANY) {
        TRY(vector_each(call, set->space, take_row, &filling));
    } else if (missing) {
        for (size_t i = 0; i < set->len; i++)
            if (set->items[i] && set->items[i]->count < set->items[i]->room)
                TRY(vector_each_of(call, set->space, set->indexes[i].index_id, take_row, &filling));
    }
    if (filling.damaged)
        LOG(ERROR, call, "a block of vectors is damaged");
    return OK;
}

/* Others scan what is shared: only what is full, and still all of its index. */
static bool is_whole(const struct segment *segment, const struct embedded_index *index)
{
    return segment && segment->count == segment->room && segment->room == (size_t)index->chunk_count && segment->dimensions == (size_t)index->dimensions;
}

/* What the former version had and this one has too is shared. */
static struct vector_set *set_new(struct call *call, const struct embedding_settings *settings, const struct list *ready, const struct vector_set *before)
{
    struct vector_set *set = xcalloc(1, sizeof *set);

    *set = (struct vector_set){ .holders = 1, .organization = call->organization, .space = settings->live_space_id, .version = settings->version,
                                .used = clock_ticks(), .len = ready->len };
    set->indexes = xcalloc(ready->len + 1, sizeof *set->indexes);
    set->items = xcalloc(ready->len + 1, sizeof *set->items);
    for (size_t i = 0; i < ready->len; i++) {
        size_t place;

        set->indexes[i] = ((const struct embedded_index *)ready->items)[i];
        set->indexes[i].status = TEXT_NONE;
        place = before && uuid_equal(before->space, set->space) ? place_of(before, set->indexes[i].index_id) : SIZE_MAX;
        if (place == SIZE_MAX || !is_whole(before->items[place], &set->indexes[i]))
            continue;
        set->items[i] = before->items[place];
        atomic_fetch_add(&set->items[i]->holders, 1);
        set->bytes += set->items[i]->bytes;
    }
    return set;
}

static bool is_current(const struct vector_set *set, const struct embedding_settings *settings)
{
    return set && uuid_equal(set->space, settings->live_space_id) && set->version >= settings->version;
}

/* Vectors are listed after the version was read: what changes in between is taken in and asked for again next time. */
static enum result load(struct call *call, const struct embedding_settings *settings, struct vector_set *before, struct vector_set **ret_set)
{
    struct vector_set *set;
    struct list ready;
    enum result read;

    TRY(embedded_ready(call, settings->live_space_id, &ready));
    set = set_new(call, settings, &ready, before);
    read = read_missing(call, set);
    if (read != OK) {
        set_free(set);
        return read;
    }
    set_keep(set);
    *ret_set = set;
    return OK;
}

static enum result set_current(struct call *call, const struct embedding_settings *settings, struct vector_set **ret_set)
{
    pthread_mutex_t *mutex = &loading[call->organization.bytes[15] % LOAD_LOCKS];
    struct vector_set *set = set_find(call->organization);
    enum result result = OK;

    if (is_current(set, settings)) {
        *ret_set = set;
        return OK;
    }
    if (set)
        set_release(set);
    pthread_mutex_lock(mutex);
    set = set_find(call->organization); /* somebody may have read it meanwhile */
    if (is_current(set, settings)) {
        *ret_set = set;
    } else {
        result = load(call, settings, set, ret_set);
        if (set)
            set_release(set);
    }
    pthread_mutex_unlock(mutex);
    return result;
}

/* --- finding ------------------------------------------------------------------------------------------------------------------- */

struct passing {
    struct vector_scan *scan;
    uint32_t segment;
    size_t dimensions;
};

/* A segment that is not kept, block by block. */
static enum result scan_row(void *context, const void *item)
{
    struct passing *passing = context;
    const struct vector_row *row = item;
    struct vector_scale scales[VECTOR_BLOCK];
    int8_t *codes;

    if (row->vector_count < 1 || row->vector_count > VECTOR_BLOCK)
        return OK;
    codes = xmalloc((size_t)row->vector_count * passing->dimensions);
    if (vector_block_unpack(row->codes, (size_t)row->vector_count, passing->dimensions, scales, codes))
        vector_scan_add(passing->scan, passing->segment, (uint32_t)row->first_ordinal, codes, scales, (size_t)row->vector_count);
    free(codes);
    return OK;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(uuid));
}

static enum result scan_set(struct call *call, const struct vector_set *set, size_t dimensions, const uuid *live, size_t live_count, struct vector_scan *scan)
{
    for (size_t i = 0; i < set->len; i++) {
        const struct segment *segment = set->items[i];
        struct passing passing = { .scan = scan, .segment = (uint32_t)i, .dimensions = dimensions };

        if ((size_t)set->indexes[i].dimensions != dimensions || (live && !bsearch(&set->indexes[i].index_id, live, live_count, sizeof(uuid), compare_ids)))
            continue;
        if (segment)
            vector_scan_add(scan, (uint32_t)i, 0, segment->codes, segment->scales, segment->count);
        else
            TRY(vector_each_of(call, set->space, set->indexes[i].index_id, scan_row, &passing));
    }
    return OK;
}

static int nearest_first(const void *a, const void *b)
{
    const struct nearest *x = a, *y = b;
    int order;

    if (x->cosine != y->cosine)
        return x->cosine < y->cosine ? 1 : -1;
    order = memcmp(&x->index, &y->index, sizeof x->index);
    return order ? order : (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* The candidates' exact products; one whose row has gone is none. */
static enum result settle(struct call *call, const struct vector_set *set, const struct embeddings *question, const struct vector_candidate *candidates, size_t count,
                          struct nearest *exact, size_t *ret_count)
{
    float *values = arena_array(&call->arena, question->dimensions, sizeof *values);
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        const struct embedded_index *index = &set->indexes[candidates[i].segment];
        text bytes;
        enum result found = vector_exact(call, set->space, index->index_id, candidates[i].place, (int64_t)question->dimensions, &bytes);

        if (found == NOT_FOUND || (found == OK && bytes.len != question->dimensions * sizeof *values))
            continue;
        TRY(found);
        memcpy(values, bytes.ptr, bytes.len);
        exact[len++] = (struct nearest){ index->index_id, candidates[i].place, vector_dot(question->values, values, question->dimensions) };
    }
    qsort(exact, len, sizeof *exact, nearest_first);
    *ret_count = len;
    return OK;
}

static int highest_first(const void *a, const void *b)
{
    const struct vector_candidate *x = a, *y = b;

    return (x->high < y->high) - (x->high > y->high);
}

/* Exact products are read from the store one by one: of very many that are as good as equal, copies of one text, a part will do. */
static size_t enough(struct vector_candidate *candidates, size_t count, size_t k)
{
    size_t most = 8 * k + 256;

    if (count <= most)
        return count;
    qsort(candidates, count, sizeof *candidates, highest_first);
    return most;
}

static enum result find_in(struct call *call, const struct vector_set *set, const struct embeddings *question, const uuid *live, size_t live_count, size_t k,
                           struct nearest *ret_nearest, size_t *ret_count)
{
    struct vector_scan *scan = vector_scan_begin(question->values, question->dimensions, k);
    struct vector_candidate *candidates;
    struct nearest *exact;
    enum result result = scan_set(call, set, question->dimensions, live, live_count, scan);
    size_t count;

    vector_scan_end(scan, &candidates, &count);
    count = enough(candidates, count, k);
    exact = arena_array(&call->arena, count + 1, sizeof *exact);
    if (result == OK)
        result = settle(call, set, question, candidates, count, exact, &count);
    free(candidates);
    TRY(result);
    *ret_count = count < k ? count : k;
    memcpy(ret_nearest, exact, *ret_count * sizeof *exact);
    return OK;
}

/* --- the database's own vectors ------------------------------------------------------------------------------------------------ */

static _Atomic bool in_engine;

enum result nearest_start(struct call *call)
{
    bool present;

    TRY(vector_engine(call, &present));
    in_engine = present;
    return OK;
}

bool nearest_in_engine(void)
{
    return in_engine;
}

static void write_array(struct buffer *out, const float *values, size_t dimensions)
{
    for (size_t i = 0; i < dimensions; i++)
        buffer_format(out, "%c%.9g", i ? ',' : '{', (double)values[i]);
    buffer_char(out, '}');
}

text nearest_array(struct arena *arena, const float *values, size_t count, size_t dimensions)
{
    SCOPED(buffer) struct buffer out = { 0 };

    if (count == 0) {
        write_array(&out, values, dimensions);
        return text_copy(arena, buffer_view(&out));
    }
    for (size_t i = 0; i < count; i++) {
        buffer_char(&out, i ? ',' : '{');
        write_array(&out, values + i * dimensions, dimensions);
    }
    buffer_char(&out, '}');
    return text_copy(arena, buffer_view(&out));
}

static enum result ask_engine(struct call *call, uuid space, const struct embeddings *question, const uuid *live, size_t live_count, size_t k, struct nearest *ret_nearest, size_t *ret_count)
{
    struct uuid_list ids = { arena_array(&call->arena, live_count + 1, sizeof(uuid)), live_count };
    struct list rows;

    if (live)
        memcpy(ids.items, live, live_count * sizeof(uuid));
    TRY(vector_engine_nearest(call, space, nearest_array(&call->arena, question->values, 0, question->dimensions), (int64_t)k, live ? db_uuids(call, ids) : db_null(), &rows));
    for (size_t i = 0; i < rows.len; i++) {
        const struct engine_nearest *row = (const struct engine_nearest *)rows.items + i;

        ret_nearest[i] = (struct nearest){ row->index_id, (uint32_t)row->ordinal, row->cosine };
    }
    *ret_count = rows.len;
    return OK;
}

enum result nearest_find(struct call *call, const struct embedding_settings *settings, const struct embeddings *question, const uuid *live, size_t live_count, size_t k,
                         struct nearest *ret_nearest, size_t *ret_count)
{
    struct vector_set *set;
    enum result result;
    bool all = false;

    if (in_engine)
        TRY(vector_engine_holds(call, settings->live_space_id, &all));
    if (all && (!live || live_count))
        return ask_engine(call, settings->live_space_id, question, live, live_count, k, ret_nearest, ret_count);
    TRY(set_current(call, settings, &set));
    result = find_in(call, set, question, live, live_count, k, ret_nearest, ret_count);
    set_release(set);
    return result;
}
