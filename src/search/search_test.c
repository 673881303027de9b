/* search: sentences, terms, postings, ranking and chunks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "extract/blocks.h"
#include "search/bm25.h"
#include "search/chunks.h"
#include "search/sentences.h"

/* --- sentences ---------------------------------------------------------------------------------------------------------- */

static void sentences_end_where_a_reader_says(void **state)
{
    static const struct { const char *source, *expected; } rows[] = {
        { "", "" },
        { "One. Two! Three? Four", "One.|Two!|Three?|Four" },
        { "Dr. Miller paid $3.50 to Acme Inc. for it. Fine.", "Dr. Miller paid $3.50 to Acme Inc. for it.|Fine." },
        { "Use tools, e.g. Hammers. See Fig. 3 and No. 7.", "Use tools, e.g. Hammers.|See Fig. 3 and No. 7." },
        { "It opens at 9 a.m. on weekdays. J. R. Smith said so.", "It opens at 9 a.m. on weekdays.|J. R. Smith said so." },
        { "He asked \"Why?\" and left. (She stayed.) End", "He asked \"Why?\" and left.|(She stayed.)|End" },
        { "Wait... what? Really?! Yes.", "Wait... what?|Really?!|Yes." },
        { "A line that wraps\nin the middle. Next.", "A line that wraps\nin the middle.|Next." },
        { "Steps:\n1. Unplug it.\n2. Wait ten seconds.\n- done", "Steps:|1. Unplug it.|2. Wait ten seconds.|- done" },
        { "Price: 10\nStock: 5", "Price: 10|Stock: 5" },
        { "First paragraph\n\nsecond", "First paragraph|second" },
        { "\xe8\xbf\x99\xe6\x98\xaf\xe4\xb8\x80\xe3\x80\x82\xe4\xba\x8c\xef\xbc\x9f\xe4\xb8\x89",
            "\xe8\xbf\x99\xe6\x98\xaf\xe4\xb8\x80\xe3\x80\x82|\xe4\xba\x8c\xef\xbc\x9f|\xe4\xb8\x89" },
        { "Version 2.1.3 is out. Get it at example.com now.", "Version 2.1.3 is out.|Get it at example.com now." },
        { "The answer is no. We checked. Due Jan. 5 at the latest.", "The answer is no.|We checked.|Due Jan. 5 at the latest." },
        { "  \n ", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sentence_walk walk = { .all = text_of(rows[i].source) };
        SCOPED(buffer) struct buffer got = { 0 };
        text sentence;

        while (sentence_next(&walk, &sentence)) {
            if (got.len)
                buffer_char(&got, '|');
            buffer_text(&got, sentence);
        }
        if (!text_equal(buffer_view(&got), text_of(rows[i].expected)))
            fail_msg("%s\n  gave %.*s", rows[i].source, TEXT_ARG(buffer_view(&got)));
    }
}

/* --- terms -------------------------------------------------------------------------------------------------------------- */

static void join_terms(struct tokenizer *tokenizer, text source, enum term_use use, struct buffer *out)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct term_list list = terms_of(tokenizer, &arena, source, use, 1000);

    for (size_t i = 0; i < list.len; i++) {
        assert_true(list.items[i].start < list.items[i].end && list.items[i].end <= source.len);
        if (i)
            buffer_char(out, ' ');
        buffer_text(out, list.items[i].word);
    }
}

static void words_become_terms(void **state)
{
    static const struct { const char *source; enum term_use use; const char *expected; } rows[] = {
        { "The customers were refunded quickly.", TERMS_INDEX, "custom refund quick" },
        { "Caf\xc3\xa9 CAFE cafe\xcc\x81", TERMS_INDEX, "cafe cafe cafe" },
        { "Stra\xc3\x9f" "e \xc3\x98re \xef\xac\x81sh \xef\xbc\xa1\xef\xbc\xa2", TERMS_INDEX, "strass ore fish ab" },
        { "see ERR-4711 or v2.1", TERMS_INDEX, "see err-4711 err 4711 v2.1 v2 1" },
        { "1,000 and 3.14 and 29.00 and 12,34", TERMS_INDEX, "1000 3.14 29 12 34" },
        { "due 2024-05-01", TERMS_INDEX, "due 2024-05-01 2024 05 01" },
        { "e-mail well-known U.S.A.", TERMS_INDEX, "email e mail well known usa" },
        { "ask help@example.com", TERMS_INDEX, "ask help@example.com help exampl com" },
        { "don't can\xe2\x80\x99t it's customer's l'homme", TERMS_INDEX, "custom l homm" },
        { "What is it?", TERMS_QUERY, "what is it" },
        { "What is the refund policy refund?", TERMS_QUERY, "refund polici" },
        { "the IT team of WHO", TERMS_INDEX, "it team who" },
        { "WHAT IS THE IT TEAM", TERMS_INDEX, "team" },
        { "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97 \xe5\xad\x97", TERMS_INDEX,
            "\xe4\xb8\xad\xe6\x96\x87 \xe6\x96\x87\xe5\xad\x97 \xe5\xad\x97" },
        { "a\xff" "b \xe4\xb8", TERMS_INDEX, "b" },
        { "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0", TERMS_INDEX, "\xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0" },
        { "", TERMS_QUERY, "" },
    };
    struct tokenizer *tokenizer = tokenizer_open();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(buffer) struct buffer got = { 0 };

        join_terms(tokenizer, text_of(rows[i].source), rows[i].use, &got);
        if (!text_equal(buffer_view(&got), text_of(rows[i].expected)))
            fail_msg("%s\n  gave %.*s", rows[i].source, TEXT_ARG(buffer_view(&got)));
    }
    tokenizer_close(tokenizer);
}

static void terms_are_bounded(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct tokenizer *tokenizer = tokenizer_open();
    char *run = arena_alloc(&arena, 100000);
    struct term_list list;

    (void)state;
    memset(run, 'x', 100000);
    list = terms_of(tokenizer, &arena, (text){ run, 100000 }, TERMS_INDEX, 10);
    assert_int_equal(list.len, 1);
    assert_true(list.items[0].word.len <= TERM_MAX);
    for (size_t i = 1; i < 100000; i += 2)
        run[i] = ' ';
    list = terms_of(tokenizer, &arena, (text){ run, 100000 }, TERMS_INDEX, 10);
    assert_int_equal(list.len, 10);
    assert_true(list.cut);
    for (size_t i = 1; i < 100000; i += 2)
        run[i] = '-';
    list = terms_of(tokenizer, &arena, (text){ run, 100000 }, TERMS_INDEX, 100000);
    assert_false(list.cut);
    tokenizer_close(tokenizer);
}

/* --- postings ----------------------------------------------------------------------------------------------------------- */

static void postings_come_back(void **state)
{
    static const struct posting rows[] = { { 0, 1, 50 }, { 1, 2, 127 }, { 7, 300, 128 }, { 200, 1, 40000 }, { UINT32_MAX - 2, UINT32_MAX, 0 } };
    SCOPED(buffer) struct buffer blob = { 0 };
    uint32_t last = POSTINGS_FIRST;
    struct posting_walk walk;
    struct posting got;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        posting_write(&blob, last, &rows[i]);
        last = rows[i].ordinal;
    }
    walk = posting_walk(buffer_view(&blob));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(posting_next(&walk, &got));
        assert_memory_equal(&got, &rows[i], sizeof got);
    }
    assert_false(posting_next(&walk, &got));
    assert_false(walk.damaged);
}

static void damaged_postings_are_told(void **state)
{
    static const text rows[] = {
        { "\x80", 1 }, { "\x00", 1 }, { "\x00\x00", 2 }, { "\xff\xff\xff\xff\xff\x00\x00", 7 }, { "\xff\xff\xff\xff\x0f\x00\x00", 7 },
        { "\x00\xff\xff\xff\xff\x0f\x00", 7 }, { "\x05\x00\x01\xfa\xff\xff\xff\x0f\x00\x01", 10 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct posting_walk walk = posting_walk(rows[i]);
        struct posting got;

        while (posting_next(&walk, &got))
            ;
        if (!walk.damaged)
            fail_msg("row %zu passed", i);
    }
}

static void a_document_gives_sorted_rows(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct tokenizer *tokenizer = tokenizer_open();
    struct posting_builder *builder = postings_begin(&arena);
    static const char *const chunks[] = { "zebra apple apple", "apple mango", "mango mango mango zebra" };
    struct posting_row *rows;
    struct posting_walk walk;
    struct posting got;
    size_t count;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct term_list terms = terms_of(tokenizer, &arena, text_of(chunks[i]), TERMS_INDEX, 100);

        postings_chunk(builder, i, &terms);
    }
    rows = postings_rows(builder, &count);
    assert_int_equal(count, 3);
    assert_true(text_equal(rows[0].term, T("appl")) && text_equal(rows[1].term, T("mango")) && text_equal(rows[2].term, T("zebra")));
    walk = posting_walk(rows[0].blob);
    assert_true(posting_next(&walk, &got) && got.ordinal == 0 && got.frequency == 2 && got.length == 3);
    assert_true(posting_next(&walk, &got) && got.ordinal == 1 && got.frequency == 1 && got.length == 2);
    assert_false(posting_next(&walk, &got) || walk.damaged);
    tokenizer_close(tokenizer);
}

/* --- BM25 --------------------------------------------------------------------------------------------------------------- */

static uuid document(unsigned n)
{
    uuid id = UUID_NONE;

    id.bytes[0] = (uint8_t)(n >> 8);
    id.bytes[15] = (uint8_t)n;
    return id;
}

static void add(struct bm25 *search, unsigned n, uint32_t ordinal, uint32_t frequency, uint32_t length)
{
    SCOPED(buffer) struct buffer blob = { 0 };

    posting_write(&blob, POSTINGS_FIRST, &(struct posting){ ordinal, frequency, length });
    assert_true(bm25_add(search, document(n), buffer_view(&blob)));
}

static void scores_follow_the_formula(void **state)
{
    struct bm25 *search = bm25_begin((struct bm25_corpus){ 10, 20 }, 2, 0);
    struct bm25_hit hits[5];
    double idf_a = log(1 + (10 - 2 + 0.5) / 2.5), idf_b = log(1 + (10 - 3 + 0.5) / 3.5);
    double both = (idf_a * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 0.5)) + idf_b * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.5))) * 1.1;
    size_t count;

    (void)state;
    bm25_term(search, 0);
    add(search, 5, 1, 2, 10);
    add(search, 2, 0, 1, 20); /* out of order */
    bm25_term(search, 1);
    add(search, 1, 0, 1, 20);
    add(search, 3, 0, 1, 20);
    add(search, 5, 1, 1, 10);
    bm25_end(search, 5, hits, &count);
    assert_int_equal(count, 4);
    assert_true(uuid_equal(hits[0].document, document(5)) && hits[0].terms == 3 && hits[0].ordinal == 1);
    assert_true(fabs(hits[0].score - both) < 1e-5);
    assert_true(uuid_equal(hits[1].document, document(2)) && hits[1].terms == 1 && fabs(hits[1].score - idf_a) < 1e-5);
    assert_true(uuid_equal(hits[2].document, document(1)) && uuid_equal(hits[3].document, document(3)) && hits[3].terms == 2);
}

static int best_first(const void *a, const void *b)
{
    const struct bm25_hit *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return memcmp(x->document.bytes, y->document.bytes, 16);
}

static void the_best_k_are_those_of_a_full_sort(void **state)
{
    enum { DOCUMENTS = 500, K = 17 };
    struct bm25_hit all[DOCUMENTS], best[K];
    uint32_t seed = 1;
    size_t count, few;

    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        struct bm25 *search = bm25_begin((struct bm25_corpus){ DOCUMENTS, 30 }, 3, 0);

        seed = 7;
        for (size_t term = 0; term < 3; term++) {
            bm25_term(search, term);
            for (unsigned n = 0; n < DOCUMENTS; n++) {
                seed = seed * 1664525u + 1013904223u;
                if ((seed >> 16) % (term + 2) == 0)
                    add(search, n, 0, 1 + (seed >> 20) % 3, 20 + (seed >> 24) % 3);
            }
        }
        if (pass == 0)
            bm25_end(search, DOCUMENTS, all, &count);
        else
            bm25_end(search, K, best, &few);
    }
    qsort(all, count, sizeof *all, best_first);
    assert_int_equal(few, K);
    for (size_t i = 0; i < K; i++) {
        assert_true(uuid_equal(all[i].document, best[i].document));
        assert_true(all[i].score == best[i].score);
    }
}

static void memory_and_damage_are_bounded(void **state)
{
    struct bm25 *search = bm25_begin((struct bm25_corpus){ 0, 0 }, 1, 3);
    struct bm25_hit hits[10];
    size_t count;

    (void)state;
    assert_true(bm25_add(search, document(1), T("\x00\x00\x01"))); /* before any term: ignored */
    bm25_term(search, 0);
    for (unsigned n = 0; n < 6; n++)
        add(search, n, 0, 1, 1);
    assert_false(bm25_add(search, document(9), T("\x80")));
    assert_true(bm25_was_cut(search));
    bm25_end(search, 10, hits, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_true(isfinite(hits[i].score) && hits[i].score >= 0);
    bm25_free(NULL);
    bm25_end(bm25_begin((struct bm25_corpus){ 5, 5 }, 1, 0), 0, NULL, &count);
    assert_int_equal(count, 0);
}

/* --- chunks ------------------------------------------------------------------------------------------------------------- */

static void words(struct buffer *out, const char *word, int count)
{
    for (int i = 0; i < count; i++)
        buffer_format(out, "%s%s%d%s", i ? " " : "", word, i, i % 10 == 9 ? "." : "");
}

static void paragraph(struct buffer *blocks, const char *word, int count)
{
    SCOPED(buffer) struct buffer content = { 0 };

    words(&content, word, count);
    block_write(blocks, BLOCK_PARAGRAPH, 0, buffer_view(&content));
}

/* What must hold of any chunks: slices of the whole text, in order, with true offsets. */
static void assert_sound(const struct chunk_list *chunks)
{
    size_t code = 0, byte = 0;

    for (size_t i = 0; i < chunks->len; i++) {
        const struct chunk *chunk = &chunks->items[i];
        size_t at = (size_t)(chunk->text.ptr - chunks->whole.ptr);

        assert_int_equal(chunk->ordinal, i);
        assert_true(at >= byte && chunk->text.len > 0 && at + chunk->text.len <= chunks->whole.len);
        code += utf8_count(text_slice(chunks->whole, byte, at - byte));
        assert_int_equal(chunk->start, code);
        code += utf8_count(chunk->text);
        assert_int_equal(chunk->end, code);
        assert_true(chunk->words <= CHUNK_WORDS_MAX);
        byte = at + chunk->text.len;
    }
}

static struct chunk_list chunked(struct arena *arena, struct buffer *blocks)
{
    struct chunk_list chunks;

    blocks_end(blocks);
    assert_true(chunks_of(arena, buffer_view(blocks), &chunks));
    assert_sound(&chunks);
    return chunks;
}

static void chunks_follow_the_structure(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    SCOPED(buffer) struct buffer blocks = { 0 };
    struct chunk_list chunks;

    (void)state;
    blocks_begin(&blocks);
    block_write(&blocks, BLOCK_TITLE, 0, T("Handbook"));
    block_write(&blocks, BLOCK_PAGE, 1, T(""));
    block_write(&blocks, BLOCK_HEADING, 1, T("Guide"));
    block_write(&blocks, BLOCK_HEADING, 2, T("Refunds"));
    paragraph(&blocks, "r\xc3\xa9", 60);
    block_write(&blocks, BLOCK_HEADING, 3, T("Exceptions"));
    paragraph(&blocks, "x", 30);
    block_write(&blocks, BLOCK_PAGE, 2, T(""));
    block_write(&blocks, BLOCK_HEADING, 2, T("Shipping"));
    paragraph(&blocks, "s", 190);
    paragraph(&blocks, "t", 40);
    chunks = chunked(&arena, &blocks);
    assert_true(text_equal(chunks.title, T("Handbook")));
    assert_int_equal(chunks.len, 3);
    assert_true(text_equal(chunks.items[0].heading, T("Guide \xe2\x80\xba Refunds")));
    assert_true(text_starts(chunks.items[0].text, T("Guide\n\nRefunds\n\nr\xc3\xa9" "0 ")));
    assert_int_equal(chunks.items[0].page, 1);
    assert_int_equal(chunks.items[0].start, 10);
    assert_true(text_find(chunks.items[0].text, T("Exceptions")) != SIZE_MAX);
    assert_true(text_starts(chunks.items[1].text, T("Shipping\n\ns0")));
    assert_int_equal(chunks.items[1].page, 2);
    assert_true(text_starts(chunks.items[2].text, T("t0")));
    assert_true(text_equal(chunks.items[2].heading, T("Guide \xe2\x80\xba Shipping")));
}

static void long_blocks_are_cut_between_sentences(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    SCOPED(buffer) struct buffer blocks = { 0 }, endless = { 0 };
    struct chunk_list chunks;

    (void)state;
    blocks_begin(&blocks);
    paragraph(&blocks, "w", 900);
    for (int i = 0; i < 700; i++)
        buffer_format(&endless, "n%d ", i);
    block_write(&blocks, BLOCK_PARAGRAPH, 0, buffer_view(&endless));
    for (int i = 0; i < 200; i++)
        block_write(&blocks, BLOCK_ROW, 0, T("name: bolt; size: M8; price: 2"));
    chunks = chunked(&arena, &blocks);
    for (size_t i = 0; i < 3; i++)
        assert_true(text_ends(chunks.items[i].text, T("9.")) && chunks.items[i].words >= 180);
    for (size_t i = 4; i + 1 < chunks.len; i++)
        assert_true(chunks.items[i].words >= 60);
    assert_true(chunks.len >= 4 + 2 + 4);
}

static void a_cut_stream_is_refused(void **state)
{
    SCOPED(buffer) struct buffer blocks = { 0 };
    struct chunk_list chunks = { 0 };

    (void)state;
    blocks_begin(&blocks);
    paragraph(&blocks, "w", 20);
    blocks_end(&blocks);
    for (size_t len = 0; len < blocks.len; len++) {
        SCOPED(arena) struct arena arena = { 0 };

        assert_false(chunks_of(&arena, text_slice(buffer_view(&blocks), 0, len), &chunks));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_end_where_a_reader_says), cmocka_unit_test(words_become_terms), cmocka_unit_test(terms_are_bounded),
        cmocka_unit_test(postings_come_back), cmocka_unit_test(damaged_postings_are_told), cmocka_unit_test(a_document_gives_sorted_rows),
        cmocka_unit_test(scores_follow_the_formula), cmocka_unit_test(the_best_k_are_those_of_a_full_sort),
        cmocka_unit_test(memory_and_damage_are_bounded), cmocka_unit_test(chunks_follow_the_structure),
        cmocka_unit_test(long_blocks_are_cut_between_sentences), cmocka_unit_test(a_cut_stream_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
