/* builtin: answers by extraction, embeddings, tokens. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ai/builtin.h"
#include "ai/builtin_held_out.h"
#include "ai/builtin_tuned.h"

static bool has(text t, const char *part)
{
    return text_find(t, text_of(part)) != SIZE_MAX;
}

static void ask(struct arena *arena, const struct question_row *row, struct builtin_answer *answer)
{
    struct builtin_passage *passages = arena_array(arena, row->count, sizeof *passages);

    for (size_t i = 0; i < row->count; i++)
        passages[i] = (struct builtin_passage){ (int)i + 1, text_of(row->passages[i].title), text_of(row->passages[i].heading),
            text_of(row->passages[i].text) };
    builtin_answer(arena, text_of(row->question), text_of(row->earlier), passages, row->count, answer);
}

/* Whatever is answered: every quotation stands in its passage as it is, and every mark has its citation. */
static void assert_honest(const struct question_row *row, const struct builtin_answer *answer)
{
    assert_true(answer->text.len > 0);
    assert_int_equal(answer->found, answer->citation_count > 0);
    assert_true(answer->citation_count <= 9);
    for (size_t i = 0; i < answer->citation_count; i++) {
        const struct builtin_citation *citation = &answer->citations[i];
        char mark[16];

        assert_true(citation->index >= 1 && (size_t)citation->index <= row->count);
        assert_true(text_find(text_of(row->passages[citation->index - 1].text), citation->quote) != SIZE_MAX);
        snprintf(mark, sizeof mark, "[%d]", citation->index);
        assert_true(has(answer->text, mark));
    }
}

/* How many rows come out right; the others are printed. */
static size_t rows_right(const struct question_row *rows, size_t count)
{
    size_t right = 0, quotes = 0, found = 0;

    for (size_t i = 0; i < count; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct builtin_answer answer;
        bool good;

        ask(&arena, &rows[i], &answer);
        assert_honest(&rows[i], &answer);
        good = rows[i].expected ? answer.found && has(answer.text, rows[i].expected) : !answer.found;
        right += good;
        found += answer.found;
        quotes += answer.citation_count;
        if (!good || getenv("SHOW_ANSWERS"))
            printf("%s %s\n      %.*s\n", good ? "  ok " : "  no ", rows[i].question, TEXT_ARG(answer.text));
    }
    printf("  %zu of %zu right, %.1f sentences an answer\n", right, count, found ? (double)quotes / (double)found : 0);
    return right;
}

static void questions_are_answered(void **state)
{
    (void)state;
    assert_true(rows_right(TUNED, TUNED_COUNT) * 100 >= TUNED_COUNT * 95);
}

static void unseen_questions_are_answered(void **state)
{
    (void)state;
    if (getenv("SKIP_HELD_OUT"))
        skip();
    assert_true(rows_right(HELD_OUT, HELD_OUT_COUNT) * 100 >= HELD_OUT_COUNT * 85);
}

static void the_same_question_has_the_same_answer(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct builtin_answer first, second;

    (void)state;
    ask(&arena, &TUNED[0], &first);
    ask(&arena, &TUNED[0], &second);
    assert_true(text_equal(first.text, second.text));
}

static void small_talk_is_answered_honestly(void **state)
{
    static const struct { const char *message, *has; } rows[] = {
        { "hello", "Hello" }, { "Hi there!", "Hello" }, { "Thanks a lot!", "welcome" }, { "what can you do?", "builtin/extract-1" },
        { "Who are you?", "builtin/extract-1" }, { "Are you a human?", "builtin/extract-1" }, { "bye", "Goodbye" }, { "How are you today?", "program" },
        { "What is the capital of France?", "no document" }, { "", "no document" }, { "???", "no document" }, { "what is it", "no document" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct builtin_answer answer;

        builtin_answer(&arena, text_of(rows[i].message), TEXT_NONE, NULL, 0, &answer);
        if (answer.found || answer.citation_count || !has(answer.text, rows[i].has))
            fail_msg("%s gave %.*s", rows[i].message, TEXT_ARG(answer.text));
    }
}

static void what_is_near_is_named(void **state)
{
    const struct builtin_passage passage = { 3, T("Guide"), T("Guide \xe2\x80\xba Parking"), T("Parking is free for guests on weekends.") };
    SCOPED(arena) struct arena arena = { 0 };
    struct builtin_answer answer;

    (void)state;
    builtin_answer(&arena, T("How many electric charging stations does the parking garage have?"), TEXT_NONE, &passage, 1, &answer);
    assert_false(answer.found);
    assert_true(has(answer.text, "Parking"));
    builtin_answer(&arena, T("Is parking free on weekends?"), TEXT_NONE, &passage, 1, &answer);
    assert_true(answer.found);
    assert_true(text_equal(answer.text, T("Parking is free for guests on weekends. [3]")));
    assert_int_equal(answer.citations[0].index, 3);
}

static void any_bytes_are_survived(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    char noise[4000];
    uint32_t seed = 5;

    (void)state;
    for (int pass = 0; pass < 50; pass++) {
        struct builtin_passage passage = { 1, { noise, 30 }, { noise + 5, 40 }, { noise, sizeof noise } };
        struct builtin_answer answer;

        for (size_t i = 0; i < sizeof noise; i++) {
            static const char letters[] = "ab .?!:\n|-#1\xc3\xa9\xe3\x80\x82[]";

            seed = seed * 1664525u + 1013904223u;
            noise[i] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        builtin_answer(&arena, (text){ noise + 100, 60 }, (text){ noise + 200, 40 }, &passage, 1, &answer);
        assert_true(answer.text.len > 0);
    }
}

static void chat_answers_from_the_conversation(void **state)
{
    static const struct { struct builtin_message messages[4]; size_t count; const char *has, *has_not; } rows[] = {
        { { { T("user"), T("The bell rings at 8:15 every day. When does the bell ring?") } }, 1, "The bell rings at 8:15 every day.", "[1]" },
        { { { T("system"), T("You are a helpful assistant. Answer briefly.\n\nThe office is on Elm Street. The office dog is called Max.") },
              { T("user"), T("What is the dog called?") } },
            2, "Max", "helpful" },
        { { { T("user"), T("Use this text:\n\nShipping takes 3 days. Returns take 10 days.\n\nHow long do returns take?") } }, 1, "Returns take 10 days", NULL },
        { { { T("user"), T("Returns take 10 days.") }, { T("assistant"), T("Noted.") }, { T("user"), T("How long do returns take?") } }, 3, "10 days", NULL },
        { { { T("user"), T("Write me a poem about the sea") } }, 1, "builtin/extract-1", NULL },
        { { { T("system"), T("You are a helpful assistant.") }, { T("user"), T("Hello!") } }, 2, "Hello", NULL },
        { { { T("system"), T("You are a helpful assistant.") } }, 1, "builtin/extract-1", NULL },
        { { { T("user"), T("") } }, 1, "builtin/extract-1", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        text answer = builtin_chat(&arena, rows[i].messages, rows[i].count);

        if (!has(answer, rows[i].has) || (rows[i].has_not && has(answer, rows[i].has_not)))
            fail_msg("row %zu gave %.*s", i, TEXT_ARG(answer));
    }
}

static float cosine(const char *a, const char *b)
{
    float x[BUILTIN_DIMENSIONS], y[BUILTIN_DIMENSIONS], dot = 0, length = 0;

    builtin_embed(text_of(a), x);
    builtin_embed(text_of(b), y);
    for (size_t i = 0; i < BUILTIN_DIMENSIONS; i++) {
        dot += x[i] * y[i];
        length += x[i] * x[i];
    }
    assert_true(fabsf(length - 1) < 1e-3f);
    return dot;
}

static void embeddings_tell_like_from_unlike(void **state)
{
    (void)state;
    assert_true(cosine("refund policy", "Refund policies") > 0.85f);
    assert_true(cosine("caf\xc3\xa9 menu", "CAFE MENU") > 0.99f);
    assert_true(cosine("how do I get a refund", "refunds are paid within five days") > cosine("how do I get a refund", "the coffee machine blinks") + 0.15f);
    assert_true(fabsf(cosine("zebra stripes", "quantum foam")) < 0.3f);
    assert_true(cosine("", "") > 0.99f);
    assert_true(cosine("\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe4\xba\xac") > 0.4f);
}

static void tokens_are_counted(void **state)
{
    (void)state;
    assert_int_equal(builtin_count_tokens(T("")), 0);
    assert_int_equal(builtin_count_tokens(T("Hello, world!")), 4);
    assert_int_equal(builtin_count_tokens(T("internationalization 2024")), 4 + 2);
    assert_int_equal(builtin_count_tokens(T("\xe6\x9d\xb1\xe4\xba\xac")), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_answered), cmocka_unit_test(unseen_questions_are_answered),
        cmocka_unit_test(the_same_question_has_the_same_answer), cmocka_unit_test(small_talk_is_answered_honestly),
        cmocka_unit_test(what_is_near_is_named), cmocka_unit_test(any_bytes_are_survived), cmocka_unit_test(chat_answers_from_the_conversation),
        cmocka_unit_test(embeddings_tell_like_from_unlike), cmocka_unit_test(tokens_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
