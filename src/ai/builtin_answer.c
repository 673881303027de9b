/*
 * builtin/extract-1: which sentences answer the question, and whether any do.
 *
 * A sentence is worth what it covers of the question's words, each weighted by how rare it is among the sentences, whether
 * the words stand in it or around it; and whether it holds the kind of thing that is asked for. The best is taken, then
 * those that cover what is still open. When too little is covered the answer is that there is none.
 */
#include "ai/builtin.h"

#include <math.h>
#include <stdlib.h>

#include "ai/builtin_parts.h"

enum { PICKS_MAX = 4, LIST_MAX = 8 };

/* How much a word counts that stands not in the sentence but around it. */
static const double ASKED = 0.85, LED = 0.7, UNDER = 0.65, COLUMNS = 0.6, HEADING = 0.6, TITLE = 0.45, BEFORE = 0.35;

/* Of the question's weight that must be covered: less when the very kind of thing asked for stands in the answer, more when
   it is nowhere in it. */
static const double ENOUGH = 0.6, ENOUGH_WITH = 0.55, ENOUGH_WITHOUT = 0.93;

struct scored {
    size_t sentence;
    double score;
    double covers[QUESTION_TERMS]; /* of each term, 0 to 1 */
    double own;                    /* share of the question's weight that stands in the sentence itself */
    double evidence;
};

struct work {
    struct arena *arena;
    const struct builtin_passage *passages;
    struct question question;
    struct sentences sentences;
    struct scored *scored;
    size_t scored_len;
    double total; /* weight of the question */
    size_t picks[PICKS_MAX + LIST_MAX];
    size_t pick_count;
};

/* --- weights -------------------------------------------------------------------------------------------------------------------- */

static void weigh(struct work *w)
{
    double n = (double)w->sentences.len;

    for (size_t t = 0; t < w->question.len; t++) {
        struct question_term *term = &w->question.terms[t];
        double df = 0;

        for (size_t i = 0; i < w->sentences.len; i++)
            df += words_match(term->word, &w->sentences.items[i].terms) >= 0.8;
        /* a word that stands nowhere weighs like a rare one: what it asks for may be just what is missing */
        term->weight = df > 0 ? 0.7 + 0.9 * log(1 + n / df) / log(2 + n) : 1.4;
        if (term->weak)
            term->weight *= 0.3;
        if (term->proper)
            term->weight *= 1.5;
        if (term->earlier && w->question.stands_alone)
            term->weight *= 0.3;
        w->total += term->weight;
    }
}

/* --- scores --------------------------------------------------------------------------------------------------------------------- */

static void raise(double *value, double to)
{
    if (to > *value)
        *value = to;
}

static double around(const struct work *w, const struct sentence *s, text word)
{
    const struct sentence *items = w->sentences.items;
    double best = 0;

    if (s->asked >= 0)
        raise(&best, ASKED * words_match(word, &items[s->asked].terms));
    if (s->led_by >= 0)
        raise(&best, LED * words_match(word, &items[s->led_by].terms));
    if (s->under >= 0)
        raise(&best, UNDER * words_match(word, &items[s->under].terms));
    if (s->columns >= 0)
        raise(&best, COLUMNS * words_match(word, &items[s->columns].terms));
    raise(&best, HEADING * words_match(word, &w->sentences.headings[s->passage]));
    raise(&best, TITLE * words_match(word, &w->sentences.titles[s->passage]));
    if (s->joined && s->number > 0)
        raise(&best, BEFORE * words_match(word, &(s - 1)->terms));
    return best;
}

/* Two words of the question side by side in the sentence as well. */
static double adjacency(const struct work *w, const struct sentence *s)
{
    double pairs = 0;

    for (size_t t = 0; t + 1 < w->question.len; t++)
        for (size_t i = 0; i + 1 < s->terms.len; i++)
            if (text_equal(w->question.terms[t].word, s->terms.items[i].word) &&
                text_equal(w->question.terms[t + 1].word, s->terms.items[i + 1].word)) {
                pairs++;
                break;
            }
    return pairs > 2 ? 2 : pairs;
}

static double hint_worth(enum hint hint)
{
    switch (hint) {
    case HINT_AMOUNT:
    case HINT_NUMBER:
    case HINT_DURATION:
    case HINT_WHEN: return 0.3;
    case HINT_WHY: return 0.25;
    case HINT_WHO: return 0.2;
    case HINT_WHERE: return 0.2;
    case HINT_HOW: return 0.08;
    case HINT_YES: return 0.06;
    default: return 0;
    }
}

static bool wants_evidence(enum hint hint)
{
    return hint == HINT_AMOUNT || hint == HINT_NUMBER || hint == HINT_DURATION || hint == HINT_WHEN;
}

static struct scored score(struct work *w, size_t place)
{
    const struct sentence *s = &w->sentences.items[place];
    struct scored scored = { .sentence = place };
    double sum = 0, worth = hint_worth(w->question.hint);

    for (size_t t = 0; t < w->question.len; t++) {
        const struct question_term *term = &w->question.terms[t];
        double own = words_match(term->word, &s->terms);

        scored.covers[t] = own;
        if (own < 1)
            raise(&scored.covers[t], around(w, s, term->word));
        scored.own += own * term->weight / w->total;
        sum += scored.covers[t] * term->weight / w->total;
    }
    scored.evidence = question_evidence(w->arena, &w->question, s->text);
    scored.score = sum + worth * scored.evidence + 0.05 * adjacency(w, s) - 0.004 * (double)s->passage;
    if (scored.own == 0)
        scored.score -= 0.1;
    if (wants_evidence(w->question.hint) && scored.evidence == 0)
        scored.score -= 0.25;
    if (s->words > 60)
        scored.score -= 0.05;
    if (s->words < 3)
        scored.score -= 0.1;
    if (s->columns < 0 && s->row && place + 1 < w->sentences.len && w->sentences.items[place + 1].columns == (int)place)
        scored.score -= 0.3; /* the names of the columns answer nothing */
    return scored;
}

static int best_first(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->sentence > y->sentence) - (x->sentence < y->sentence);
}

static void score_all(struct work *w)
{
    w->scored = arena_array(w->arena, w->sentences.len + 1, sizeof *w->scored);
    for (size_t i = 0; i < w->sentences.len; i++)
        if (!w->sentences.items[i].heading && !w->sentences.items[i].asks)
            w->scored[w->scored_len++] = score(w, i);
    qsort(w->scored, w->scored_len, sizeof *w->scored, best_first);
}

/* --- choice --------------------------------------------------------------------------------------------------------------------- */

/* Share of words two sentences have in common. */
static double likeness(const struct sentence *a, const struct sentence *b)
{
    size_t common = 0, least = a->terms.len < b->terms.len ? a->terms.len : b->terms.len;

    for (size_t i = 0; i < a->terms.len; i++)
        for (size_t k = 0; k < b->terms.len; k++)
            if (text_equal(a->terms.items[i].word, b->terms.items[k].word)) {
                common++;
                break;
            }
    return least ? (double)common / (double)least : 1;
}

static bool is_picked(const struct work *w, size_t sentence)
{
    for (size_t i = 0; i < w->pick_count; i++)
        if (w->picks[i] == sentence)
            return true;
    return false;
}

static void pick(struct work *w, size_t sentence)
{
    if (!is_picked(w, sentence) && w->pick_count < PICKS_MAX + LIST_MAX)
        w->picks[w->pick_count++] = sentence;
}

/* What this one covers that is not yet covered. */
static double gain(const struct work *w, const struct scored *scored, const double *covered)
{
    double sum = 0;

    for (size_t t = 0; t < w->question.len; t++)
        if (scored->covers[t] > covered[t])
            sum += (scored->covers[t] - covered[t]) * w->question.terms[t].weight / w->total;
    return sum;
}

static bool is_new(const struct work *w, const struct scored *scored)
{
    for (size_t i = 0; i < w->pick_count; i++)
        if (likeness(&w->sentences.items[w->picks[i]], &w->sentences.items[scored->sentence]) > 0.6)
            return false;
    return true;
}

/* The rest of a list whose lead-in was picked. */
static void pick_list(struct work *w, size_t lead)
{
    size_t taken = 0;

    for (size_t i = lead + 1; i < w->sentences.len && taken < LIST_MAX; i++) {
        if (w->sentences.items[i].led_by != (int)lead || w->sentences.items[i].passage != w->sentences.items[lead].passage)
            break;
        pick(w, i);
        taken++;
    }
}

/* "It", "They": not to be read without the sentence before. */
static bool leans_back(struct work *w, const struct sentence *s)
{
    text plain = words_plain(w->arena, utf8_prefix(s->text, 40));

    return s->joined && s->number > 0 &&
        (text_starts(plain, T(" it ")) || text_starts(plain, T(" they ")) || text_starts(plain, T(" this ")) || text_starts(plain, T(" these ")) ||
            text_starts(plain, T(" he ")) || text_starts(plain, T(" she ")) || text_starts(plain, T(" otherwise ")) || text_starts(plain, T(" that ")));
}

static void choose(struct work *w)
{
    const struct scored *best = &w->scored[0];
    double covered[QUESTION_TERMS];
    bool pointed = wants_evidence(w->question.hint) || w->question.hint == HINT_WHO || w->question.hint == HINT_WHERE;

    memcpy(covered, best->covers, sizeof covered);
    pick(w, best->sentence);
    for (size_t i = 1; i < w->scored_len && w->pick_count < PICKS_MAX - 1; i++) {
        const struct scored *next = &w->scored[i];
        double gained = gain(w, next, covered);
        bool close = !pointed && next->score >= 0.85 * best->score && next->score >= 0.6 && next->own >= 0.4;

        if ((gained < (pointed && next->evidence == 0 ? 0.4 : 0.3) && !close) || next->own < 0.15 || !is_new(w, next) || next->score < 0.5 * best->score)
            continue;
        pick(w, next->sentence);
        for (size_t t = 0; t < w->question.len; t++)
            raise(&covered[t], next->covers[t]);
    }
    for (size_t i = 0, count = w->pick_count; i < count; i++) {
        const struct sentence *s = &w->sentences.items[w->picks[i]];

        if (s->lead_in)
            pick_list(w, w->picks[i]);
        else if (leans_back(w, s) && !(s - 1)->heading && !(s - 1)->asks && w->pick_count < PICKS_MAX)
            pick(w, w->picks[i] - 1);
    }
}

/* Share of the question that the picked sentences cover, or where a figure is asked for the best of them alone: it must be
   about the figure's own sentence. A word around a sentence counts nearly in full here: that a
   section is about it is all that can be asked. */
static double coverage(const struct work *w)
{
    double covered[QUESTION_TERMS] = { 0 }, sum = 0, total = 0;

    for (size_t i = 0; i < w->scored_len; i++) {
        if (!is_picked(w, w->scored[i].sentence) || (i > 0 && wants_evidence(w->question.hint)))
            continue;
        for (size_t t = 0; t < w->question.len; t++) {
            double c = w->scored[i].covers[t];

            raise(&covered[t], c >= 0.8 ? 1 : c >= 0.6 ? 0.9 : c >= 0.4 ? 0.8 : c > 0 ? 0.5 : 0);
        }
    }
    for (size_t t = 0; t < w->question.len; t++) {
        if (w->question.terms[t].earlier && w->question.stands_alone)
            continue;
        sum += covered[t] * w->question.terms[t].weight;
        total += w->question.terms[t].weight;
    }
    return total > 0 ? sum / total : 0;
}

static bool is_answered(const struct work *w)
{
    double enough = ENOUGH;

    if (wants_evidence(w->question.hint))
        enough = w->scored[0].evidence >= 1 ? ENOUGH_WITH : w->scored[0].evidence > 0 ? ENOUGH : ENOUGH_WITHOUT;
    return coverage(w) >= enough;
}

/* --- words ------------------------------------------------------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

/* Sentences of one passage keep their order; the passage of the best comes first. */
static void arrange(struct work *w)
{
    size_t first = w->sentences.items[w->picks[0]].passage, kept = 0;
    size_t arranged[PICKS_MAX + LIST_MAX];

    qsort(w->picks, w->pick_count, sizeof *w->picks, by_place);
    for (int rest = 0; rest < 2; rest++)
        for (size_t i = 0; i < w->pick_count; i++)
            if ((w->sentences.items[w->picks[i]].passage != first) == rest)
                arranged[kept++] = w->picks[i];
    memcpy(w->picks, arranged, kept * sizeof *arranged);
}

/* Without the list's own mark, on one line. */
static void put_sentence(struct buffer *out, const struct sentence *s)
{
    text t = s->text;

    if (text_starts(t, T("- ")) || text_starts(t, T("* ")) || text_starts(t, T("+ ")))
        t = text_slice(t, 2, t.len);
    else if (text_starts(t, T("\xe2\x80\xa2")))
        t = text_trim(text_slice(t, 3, t.len));
    for (size_t i = 0; i < t.len; i++)
        buffer_char(out, t.ptr[i] == '\n' ? ' ' : t.ptr[i]);
}

static void write_answer(struct work *w, struct builtin_answer *answer)
{
    SCOPED(buffer) struct buffer out = { 0 };

    arrange(w);
    answer->found = true;
    answer->citations = arena_array(w->arena, w->pick_count, sizeof *answer->citations);
    for (size_t i = 0; i < w->pick_count; i++) {
        const struct sentence *s = &w->sentences.items[w->picks[i]];
        int index = w->passages[s->passage].index;

        if (i)
            buffer_text(&out, s->led_by >= 0 ? T("\n- ") : T(" "));
        put_sentence(&out, s);
        buffer_format(&out, " [%d]", index);
        answer->citations[answer->citation_count++] = (struct builtin_citation){ index, s->text };
    }
    answer->text = text_copy(w->arena, buffer_view(&out));
}

static void write_nothing(struct work *w, struct builtin_answer *answer)
{
    const struct builtin_passage *near = NULL;
    text about;

    /* near: some of the question's own words stand in it */
    if (w->scored_len && w->scored[0].own >= 0.12)
        near = &w->passages[w->sentences.items[w->scored[0].sentence].passage];
    about = !near ? TEXT_NONE : near->heading.len ? near->heading : near->title;
    if (about.len)
        answer->text = text_format(w->arena,
            "I could not find an answer to that in the documents. The nearest passage is about \xe2\x80\x9c%.*s\xe2\x80\x9d, but it does not say.",
            TEXT_ARG(about));
    else
        answer->text = T("I could not find an answer to that in the documents.");
}

static text talk(enum small_talk kind)
{
    switch (kind) {
    case TALK_HELLO: return T("Hello! Ask me something, and I will look for the answer in your documents.");
    case TALK_THANKS: return T("You're welcome. Ask away if there is more.");
    case TALK_BYE: return T("Goodbye!");
    case TALK_HOW: return T("I am a small program and always the same, thank you. What would you like to know from your documents?");
    default:
        return T("I am Tenon's built-in model (builtin/extract-1). I work offline: I answer by finding sentences in your documents and quoting "
                 "them with their source. I do not write freely or know anything beyond that text.");
    }
}

void builtin_answer(struct arena *arena, text question, text earlier, const struct builtin_passage *passages, size_t count,
    struct builtin_answer *ret_answer)
{
    struct work w = { .arena = arena, .passages = passages };
    enum small_talk kind = small_talk_of(arena, question);
    struct builtin_answer answer = { 0 };
    struct tokenizer *tokenizer;

    if (kind) {
        *ret_answer = (struct builtin_answer){ .text = talk(kind) };
        return;
    }
    tokenizer = tokenizer_open();
    question_read(arena, tokenizer, question, earlier, &w.question);
    sentences_read(arena, tokenizer, passages, count, &w.sentences);
    tokenizer_close(tokenizer);
    weigh(&w);
    if (w.total > 0)
        score_all(&w);
    if (w.scored_len)
        choose(&w);
    if (w.pick_count && is_answered(&w))
        write_answer(&w, &answer);
    else if (count == 0)
        answer.text = T("I found no document to answer from. Add documents that cover this, then ask again.");
    else
        write_nothing(&w, &answer);
    *ret_answer = answer;
}
