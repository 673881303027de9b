/*
 * Vector search: 100,000 vectors of 768 numbers, fixed seed, in documents of 20 passages, and the ten nearest to 400 questions.
 * First the scan alone with the exact products of its candidates from memory, held against products of all as doubles; then
 * all of nearest_find with a database (SQLite, or the PostgreSQL of tests/servers/with), where exact products are read.
 *
 * The vectors lie in 2,000 clusters, as passages about the same things do; a question is near to one passage.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "features/knowledge/knowledge_nearest.h"
#include "search/vectors.h"
#include "store/db.h"
#include "tests/servers/database.h"

enum { VECTORS = 100000, DIMENSIONS = 768, CLUSTERS = 2000, PASSAGES = 20, DOCUMENTS = VECTORS / PASSAGES, QUESTIONS = 400, TOP = 10 };

static uint64_t seed = 20261121;

static float next_normal(void)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        sum += (double)(seed >> 11) / 9007199254740992.0;
    }
    return (float)sum;
}

static float *vectors, *questions;

static void near_to(float *out, const float *middle, float spread)
{
    for (size_t d = 0; d < DIMENSIONS; d++)
        out[d] = (middle ? middle[d] * sqrtf(DIMENSIONS) : 0) + spread * next_normal();
    if (!vector_unit(out, DIMENSIONS))
        abort();
}

static void make_vectors(void)
{
    float *middles = xcalloc((size_t)CLUSTERS * DIMENSIONS, sizeof *middles);

    vectors = xcalloc((size_t)VECTORS * DIMENSIONS, sizeof *vectors);
    questions = xcalloc((size_t)QUESTIONS * DIMENSIONS, sizeof *questions);
    for (size_t i = 0; i < CLUSTERS; i++)
        near_to(middles + i * DIMENSIONS, NULL, 1);
    for (size_t i = 0; i < VECTORS; i++)
        near_to(vectors + i * DIMENSIONS, middles + i % CLUSTERS * DIMENSIONS, 0.8f);
    for (size_t i = 0; i < QUESTIONS; i++)
        near_to(questions + i * DIMENSIONS, vectors + i * 241 % VECTORS * DIMENSIONS, 0.8f);
    free(middles);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(const char *what, double *times)
{
    qsort(times, QUESTIONS, sizeof *times, by_number);
    printf("%s: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", what, times[QUESTIONS / 2], times[QUESTIONS * 99 / 100], times[QUESTIONS - 1]);
}

/* --- the scan ---------------------------------------------------------------------------------------------------------------- */

struct document {
    struct vector_scale scales[PASSAGES];
    int8_t codes[PASSAGES * DIMENSIONS];
};

static struct document **documents;

static void pack(void)
{
    documents = xcalloc(DOCUMENTS, sizeof *documents);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        documents[i] = xmalloc(sizeof **documents);
        for (size_t p = 0; p < PASSAGES; p++)
            documents[i]->scales[p] = vector_pack(vectors + (i * PASSAGES + p) * DIMENSIONS, DIMENSIONS, documents[i]->codes + p * DIMENSIONS);
    }
}

/* The products of the ten nearest, greatest first. */
static size_t scan(const float *question, double *ret_products)
{
    struct vector_scan *scan = vector_scan_begin(question, DIMENSIONS, TOP);
    struct vector_candidate *candidates;
    double *products;
    size_t count;

    for (uint32_t i = 0; i < DOCUMENTS; i++)
        vector_scan_add(scan, i, 0, documents[i]->codes, documents[i]->scales, PASSAGES);
    vector_scan_end(scan, &candidates, &count);
    products = xcalloc(count, sizeof *products);
    for (size_t i = 0; i < count; i++)
        products[i] = vector_dot(question, vectors + ((size_t)candidates[i].segment * PASSAGES + candidates[i].place) * DIMENSIONS, DIMENSIONS);
    qsort(products, count, sizeof *products, by_number);
    for (size_t i = 0; i < TOP; i++)
        ret_products[i] = products[count - 1 - i];
    free(products);
    free(candidates);
    return count;
}

static void measure_scan(void)
{
    static double found[QUESTIONS][TOP], times[QUESTIONS];
    double *all = xcalloc(VECTORS, sizeof *all);
    size_t candidates = 0, right = 0, compared = 0;

    for (size_t q = 0; q < QUESTIONS; q++) {
        int64_t begun = clock_ticks();

        candidates += scan(questions + q * DIMENSIONS, found[q]);
        times[q] = (double)(clock_ticks() - begun) / 1000;
    }
    report("scan and exact products in memory", times);
    for (size_t q = 0; q < QUESTIONS; q += 20) {
        for (size_t i = 0; i < VECTORS; i++)
            all[i] = vector_dot(questions + q * DIMENSIONS, vectors + i * DIMENSIONS, DIMENSIONS);
        qsort(all, VECTORS, sizeof *all, by_number);
        for (size_t i = 0; i < TOP; i++, compared++)
            right += found[q][i] == all[VECTORS - 1 - i];
    }
    printf("candidates %.1f a question; %zu of %zu as by products of everything\n", (double)candidates / QUESTIONS, right, compared);
    free(all);
}

/* --- with a database ------------------------------------------------------------------------------------------------------------ */

#define SYSTEM "a measurement makes its organization"
static const struct query add_organization = {
    .name = "bench_organization", .sql = "INSERT INTO organizations (id, name, created_at, updated_at) VALUES ($1, 'bench', $2, $2)", .system = SYSTEM,
};
static const struct query add_document = {
    .name = "bench_document",
    .sql = "INSERT INTO documents (organization_id, id, title, mime_type, file_id, index_id, status, bytes, created_at, updated_at) VALUES (:org, $1, 'bench', 'txt', $1, $1, 'ready', 1, $2, $2)",
};

static void must(struct call *call, enum result result)
{
    if (result == OK)
        return;
    fprintf(stderr, "vector_bench: %s %.*s\n", result_code(result), TEXT_ARG(call->failure.message));
    abort();
}

static void store_document(struct call *call, const struct embedding_settings *settings, size_t place)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    const uuid id = uuid_new();
    struct embedded_index index;
    text codes, exact;
    bool mine;

    vector_block_pack(&call->arena, vectors + place * PASSAGES * DIMENSIONS, PASSAGES, DIMENSIONS, &codes, &exact);
    must(call, db_run(call, &add_document, ARGS(db_uuid(id), db_time(call->now))));
    must(call, embedded_begin(call, settings->space_id, id, id, false, &index));
    must(call, embedded_progress(call, settings->space_id, id, PASSAGES, DIMENSIONS, &mine));
    must(call, vector_insert(call, settings->space_id, id, 0, PASSAGES, codes, exact));
    must(call, embedded_end(call, settings->space_id, id, T("ready"), TEXT_NONE, &mine));
    must(call, tx_commit(&tx));
}

static double ask(const struct services *on, uuid organization, const struct embedding_settings *settings, size_t question)
{
    struct embeddings asked = { questions + question % QUESTIONS * DIMENSIONS, DIMENSIONS };
    int64_t begun = clock_ticks();
    struct nearest nearest[TOP];
    SCOPED(call) struct call call;
    size_t count;

    call_open(&call, on);
    call_enter(&call, organization);
    must(&call, nearest_find(&call, settings, &asked, NULL, 0, TOP, nearest, &count));
    if (count != TOP)
        abort();
    return (double)(clock_ticks() - begun) / 1000;
}

static void fill(const struct services *on, uuid organization, struct embedding_settings *settings)
{
    struct call call;
    struct system_scope scope;

    call_open(&call, on);
    scope = system_scope_begin(&call, "bench");
    must(&call, db_run(&call, &add_organization, ARGS(db_uuid(organization), db_time(call.now))));
    system_scope_end(&scope);
    call_enter(&call, organization);
    must(&call, embedding_settings_write(&call, settings));
    for (size_t i = 0; i < DOCUMENTS; i++) {
        SCOPED(call) struct call inner;

        call_open(&inner, on);
        call_enter(&inner, organization);
        store_document(&inner, settings, i);
    }
    must(&call, embedding_settings_read(&call, settings));
    call_close(&call);
}

static void measure_store(void)
{
    static double times[QUESTIONS];
    const uuid organization = uuid_new();
    struct embedding_settings settings = { .model = T("bench"), .space_id = uuid_new(), .live_model = T("bench") };
    struct test_store store = { 0 };
    int64_t begun;

    settings.live_space_id = settings.space_id;
    test_store_open(&store);
    config_set("VECTOR_MEMORY", "268435456");
    begun = clock_ticks();
    fill(&store.on, organization, &settings);
    printf("%s: %d documents stored in %.1f s\n", db_engine(store.on.db), DOCUMENTS, (double)(clock_ticks() - begun) / 1e6);
    printf("first question, which reads all codes: %.0f ms\n", ask(&store.on, organization, &settings, 0));
    for (size_t q = 0; q < QUESTIONS; q++)
        times[q] = ask(&store.on, organization, &settings, q);
    report("nearest_find", times);
    settings.version++; /* as after a change */
    printf("first question after a change: %.1f ms\n", ask(&store.on, organization, &settings, 1));
    config_set("VECTOR_MEMORY", "0");
    settings.version++;
    nearest_forget();
    printf("a question without memory for vectors: %.0f ms\n", ask(&store.on, organization, &settings, 2));
    nearest_forget();
    test_store_close(&store);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_vectors();
    pack();
    measure_scan();
    measure_store();
    return 0;
}
