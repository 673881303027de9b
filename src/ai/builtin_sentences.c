/*
 * The sentences of the passages, and for each what stands around it: the heading above, the question it answers, the line
 * that leads into its list, the first row of its table. What a sentence is about often stands only there.
 */
#include "ai/builtin_parts.h"
#include "search/sentences.h"

enum { HEADING_WORDS = 10, ITEM_WORDS = 30, PASSAGE_BYTES = 20000 };

struct reader {
    struct arena *arena;
    struct tokenizer *tokenizer;
    struct sentences *out;
    int under, asked, led_by, columns;
};

static size_t count_words(text t)
{
    size_t words = 0;
    bool inside = false;

    for (size_t i = 0; i < t.len; i++) {
        bool blank = t.ptr[i] == ' ' || t.ptr[i] == '\n' || t.ptr[i] == '\t';

        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

/* Alone on its line, or lines. */
static bool is_alone(text all, text sentence)
{
    size_t start = (size_t)(sentence.ptr - all.ptr), end = start + sentence.len;

    while (start > 0 && (all.ptr[start - 1] == ' ' || all.ptr[start - 1] == '\t'))
        start--;
    while (end < all.len && (all.ptr[end] == ' ' || all.ptr[end] == '\t' || all.ptr[end] == '\r'))
        end++;
    return (start == 0 || all.ptr[start - 1] == '\n') && (end == all.len || all.ptr[end] == '\n');
}

static bool has_bullet(text t)
{
    size_t digits = 0;

    if (text_starts(t, T("- ")) || text_starts(t, T("* ")) || text_starts(t, T("\xe2\x80\xa2")) || text_starts(t, T("+ ")))
        return true;
    while (digits < t.len && t.ptr[digits] >= '0' && t.ptr[digits] <= '9')
        digits++;
    return digits > 0 && digits < 3 && digits + 1 < t.len && (t.ptr[digits] == '.' || t.ptr[digits] == ')') && t.ptr[digits + 1] == ' ';
}

static bool is_row(text t)
{
    return text_find(t, T(" | ")) != SIZE_MAX;
}

static bool ends_like_sentence(text t)
{
    return t.len && strchr(".!?:;", t.ptr[t.len - 1]);
}

static bool looks_like_heading(const struct sentence *s)
{
    return s->words <= HEADING_WORDS && !ends_like_sentence(s->text) && !s->row && !s->item && text_find(s->text, T(": ")) == SIZE_MAX;
}

static bool opens_paragraph(text all, text sentence)
{
    size_t start = (size_t)(sentence.ptr - all.ptr);
    size_t feeds = 0;

    while (start > 0 && (all.ptr[start - 1] == ' ' || all.ptr[start - 1] == '\n' || all.ptr[start - 1] == '\r'))
        feeds += all.ptr[--start] == '\n';
    return start == 0 || feeds >= 2;
}

static struct sentence read_one(struct reader *r, text all, text piece, size_t passage, size_t number)
{
    struct sentence s = { .text = piece, .passage = passage, .number = number, .under = -1, .asked = -1, .led_by = -1, .columns = -1 };

    while (text_starts(s.text, T("#")))
        s.text = text_trim(text_slice(s.text, 1, s.text.len));
    s.words = count_words(s.text);
    s.terms = terms_of(r->tokenizer, r->arena, s.text, TERMS_INDEX, SENTENCE_TERMS);
    s.row = is_row(s.text);
    s.item = has_bullet(s.text);
    s.joined = !opens_paragraph(all, piece);
    s.lead_in = text_ends(s.text, T(":"));
    s.asks = text_ends(s.text, T("?"));
    s.heading = piece.len != s.text.len || (is_alone(all, piece) && looks_like_heading(&s));
    return s;
}

/* Three short lines one after another are a list, and only what stands before them may be its heading. */
static void unmask_lists(struct sentence *items, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t end = i;

        while (end < len && items[end].heading)
            end++;
        for (size_t k = i + 1; end - i >= 4 && k < end; k++) {
            items[k].heading = false;
            items[k].item = true;
        }
        i = end;
    }
}

/* Ties a sentence to what came before it in its passage. `self` is its place in the whole list. */
static void tie(struct reader *r, struct sentence *s, int self)
{
    const struct sentence *lead = r->led_by >= 0 ? &r->out->items[r->led_by] : NULL;
    bool listed = lead && !s->lead_in && (s->item || s->row || (!s->joined && s->words <= ITEM_WORDS) || (s->joined && r->led_by == self - 1));

    if (listed && s->heading) { /* a short line behind a colon is an item */
        s->heading = false;
        s->item = true;
    }
    if (s->heading) {
        r->under = self;
        r->asked = r->led_by = r->columns = -1;
        return;
    }
    s->under = r->under;
    if (s->asks) {
        r->asked = self;
        r->led_by = -1;
        return;
    }
    s->asked = r->asked;
    if (!s->joined && r->asked >= 0 && self - r->asked > 1 && !s->item && !listed)
        s->asked = r->asked = -1; /* the answer is the paragraph below the question */
    if (s->row) {
        s->columns = r->columns;
        if (r->columns < 0)
            r->columns = self;
    } else {
        r->columns = -1;
    }
    if (s->lead_in)
        r->led_by = self;
    else if (listed)
        s->led_by = r->led_by, s->item = true;
    else
        r->led_by = -1;
}

static void read_passage(struct reader *r, const struct builtin_passage *passage, size_t place)
{
    text all = utf8_prefix(passage->text, PASSAGE_BYTES);
    struct sentence_walk walk = { .all = all };
    size_t first = r->out->len;
    text piece;

    r->out->titles[place] = terms_of(r->tokenizer, r->arena, passage->title, TERMS_INDEX, SENTENCE_TERMS);
    r->out->headings[place] = terms_of(r->tokenizer, r->arena, passage->heading, TERMS_INDEX, SENTENCE_TERMS);
    while (r->out->len < SENTENCES_MAX && sentence_next(&walk, &piece)) {
        r->out->items[r->out->len] = read_one(r, all, piece, place, r->out->len - first);
        r->out->len++;
    }
    unmask_lists(r->out->items + first, r->out->len - first);
    r->under = r->asked = r->led_by = r->columns = -1;
    for (size_t i = first; i < r->out->len; i++)
        tie(r, &r->out->items[i], (int)i);
}

void sentences_read(struct arena *arena, struct tokenizer *tokenizer, const struct builtin_passage *passages, size_t count,
    struct sentences *ret_sentences)
{
    struct sentences sentences = { .items = arena_array(arena, SENTENCES_MAX, sizeof *sentences.items),
        .titles = arena_array(arena, count + 1, sizeof *sentences.titles), .headings = arena_array(arena, count + 1, sizeof *sentences.headings) };
    struct reader reader = { .arena = arena, .tokenizer = tokenizer, .out = &sentences };

    for (size_t i = 0; i < count; i++)
        read_passage(&reader, &passages[i], i);
    *ret_sentences = sentences;
}
