/*
 * The tokenizer. What always holds: a term is a pure function of its word and the joints around it, never of what came
 * before, so that a query meets the index. The one exception is said at `is_shouted`.
 *
 * ASCII is the fast path: one table, one copy in lower case, one probe of the stem memory. Anything else goes word by
 * word through libunistring.
 */
#include "search/terms.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

enum {
    MEMORY_SLOTS = 4096, /* power of two */
    MEMORY_WORD = 24,    /* longer words are stemmed each time */
    FOLD_MAX = 256,      /* bytes of a word that are looked at */
    PARTS_MAX = 16,
    CHARS_BLOCK = 2048,
};

struct memory_slot {
    uint8_t len;
    uint8_t stem_len;
    bool stop;
    char word[MEMORY_WORD];
    char stem[MEMORY_WORD];
};

struct tokenizer {
    struct sb_stemmer *stemmer;
    struct memory_slot memory[MEMORY_SLOTS];
};

/* One unbroken run of letters and digits. */
struct part {
    size_t start, end; /* bytes in the source; an apostrophe and what hangs on it excluded */
    char joint;        /* what joins the next part to this one, NUL behind the last */
    bool digits_only, has_digit, high;
    bool negated; /* `n't`: a t is added */
};

struct run {
    struct tokenizer *tokenizer;
    struct arena *arena;
    text source;
    enum term_use use;
    bool keep_stops;
    int shouted; /* does the whole source stand in capitals? -1: not looked yet */
    size_t max, cap;
    struct term_list out;
    char *chars; /* tail of the current block for words */
    size_t chars_left;
};

struct tokenizer *tokenizer_open(void)
{
    struct tokenizer *tokenizer = xcalloc(1, sizeof *tokenizer);

    tokenizer->stemmer = sb_stemmer_new("english", NULL);
    if (!tokenizer->stemmer)
        abort(); /* the library is built with English or it is not the library */
    return tokenizer;
}

void tokenizer_close(struct tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    sb_stemmer_delete(tokenizer->stemmer);
    free(tokenizer);
}

/* --- classes of characters ------------------------------------------------------------------------------------------ */

static bool is_ascii_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_high(char c)
{
    return (unsigned char)c >= 0x80;
}

static bool is_word(uint32_t code)
{
    if (code < 0x80)
        return is_ascii_word((char)code);
    return uc_is_general_category_withtable(code, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M);
}

/* Scripts written without blanks between words. */
static bool is_wide(uint32_t code)
{
    static const struct { uint32_t from, to; } ranges[] = {
        { 0x0e00, 0x0eff }, { 0x1000, 0x109f }, { 0x1100, 0x11ff }, { 0x1780, 0x17ff }, { 0x2e80, 0x2fdf }, { 0x3005, 0x3007 },
        { 0x3040, 0x30ff }, { 0x3100, 0x312f }, { 0x31f0, 0x31ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xa960, 0xa97f },
        { 0xac00, 0xd7ff }, { 0xf900, 0xfaff }, { 0xff66, 0xff9d }, { 0x20000, 0x3ffff },
    };

    if (code < ranges[0].from)
        return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].from && code <= ranges[i].to)
            return is_word(code);
    return false;
}

/* Does a word (not a wide one) go on at `i`? */
static bool word_at(text source, size_t i)
{
    uint32_t code;

    if (i >= source.len)
        return false;
    if (!is_high(source.ptr[i]))
        return is_ascii_word(source.ptr[i]);
    code = utf8_next(source, &i);
    return is_word(code) && !is_wide(code);
}

/* --- folding --------------------------------------------------------------------------------------------------------- */

/* Letters that Unicode does not take apart but people type without their stroke. */
static uint32_t unstroke(uint32_t code, uint32_t *ret_second)
{
    *ret_second = 0;
    switch (code) {
    case 0xf8: return 'o';
    case 0x142: return 'l';
    case 0x111: return 'd';
    case 0x131: return 'i';
    case 0xe6: *ret_second = 'e'; return 'a';
    case 0x153: *ret_second = 'e'; return 'o';
    default: return code;
    }
}

static size_t fold_ascii(text word, char out[static TERM_MAX])
{
    size_t len = word.len < TERM_MAX ? word.len : TERM_MAX;

    for (size_t i = 0; i < len; i++)
        out[i] = (char)(word.ptr[i] >= 'A' && word.ptr[i] <= 'Z' ? word.ptr[i] + 32 : word.ptr[i]);
    return len;
}

/* Without case and Latin marks; compatible forms become one. */
static size_t fold_unicode(text word, char out[static TERM_MAX])
{
    uint8_t folded_in[FOLD_MAX * 4], *folded, *composed;
    char bare[FOLD_MAX * 8];
    size_t folded_len = sizeof folded_in, bare_len = 0, composed_len;
    text pieces;

    word = utf8_prefix(word, FOLD_MAX);
    folded = u8_casefold((const uint8_t *)word.ptr, word.len, NULL, UNINORM_NFKD, folded_in, &folded_len);
    if (!folded)
        return 0;
    pieces = (text){ (const char *)folded, folded_len };
    for (size_t i = 0; i < pieces.len && bare_len < sizeof bare - 8;) {
        uint32_t second, code = unstroke(utf8_next(pieces, &i), &second);

        if (!is_word(code) || (code >= 0x300 && code <= 0x36f))
            continue;
        bare_len += utf8_put(bare + bare_len, code);
        if (second)
            bare_len += utf8_put(bare + bare_len, second);
    }
    if (folded != folded_in)
        free(folded);
    composed = u8_normalize(UNINORM_NFC, (const uint8_t *)bare, bare_len, NULL, &composed_len);
    if (!composed)
        return 0;
    pieces = utf8_prefix((text){ (const char *)composed, composed_len }, TERM_MAX);
    memcpy(out, pieces.ptr, pieces.len);
    free(composed);
    return pieces.len;
}

static size_t fold(text word, bool high, char out[static TERM_MAX])
{
    return high ? fold_unicode(word, out) : fold_ascii(word, out);
}

/* --- writing terms --------------------------------------------------------------------------------------------------- */

static void put(struct run *run, text word, size_t start, size_t end, bool part)
{
    struct term_list *out = &run->out;

    if (word.len == 0)
        return;
    if (out->len == run->max) {
        out->cut = true;
        return;
    }
    if (out->len == run->cap) {
        struct term *more = arena_array(run->arena, run->cap * 2, sizeof *more);

        memcpy(more, out->items, out->len * sizeof *more);
        out->items = more;
        run->cap *= 2;
    }
    if (run->chars_left < word.len) {
        run->chars = arena_alloc(run->arena, CHARS_BLOCK);
        run->chars_left = CHARS_BLOCK;
    }
    memcpy(run->chars, word.ptr, word.len);
    out->items[out->len++] = (struct term){ { run->chars, word.len }, (uint32_t)start, (uint32_t)end, part };
    run->chars += word.len;
    run->chars_left -= word.len;
}

static text stem_of(struct tokenizer *tokenizer, text word)
{
    const sb_symbol *stem = sb_stemmer_stem(tokenizer->stemmer, (const sb_symbol *)word.ptr, (int)word.len);

    return stem ? (text){ (const char *)stem, (size_t)sb_stemmer_length(tokenizer->stemmer) } : word;
}

/* Stem of a lower-case word of ASCII letters; lives until the next call. */
static text recall(struct tokenizer *tokenizer, text word, bool *ret_stop)
{
    struct memory_slot *slot;
    uint64_t hash;
    text stem;

    if (word.len > MEMORY_WORD) {
        *ret_stop = false;
        return stem_of(tokenizer, word);
    }
    hash = text_hash(word);
    slot = &tokenizer->memory[(hash ^ hash >> 32) & (MEMORY_SLOTS - 1)];
    if (slot->len != word.len || memcmp(slot->word, word.ptr, word.len) != 0) {
        stem = word.len > 2 ? stem_of(tokenizer, word) : word;
        if (stem.len > MEMORY_WORD) {
            *ret_stop = false;
            return stem;
        }
        slot->len = (uint8_t)word.len;
        memcpy(slot->word, word.ptr, word.len);
        slot->stem_len = (uint8_t)stem.len;
        memcpy(slot->stem, stem.ptr, stem.len);
        slot->stop = stop_word(word);
    }
    *ret_stop = slot->stop;
    return (text){ slot->stem, slot->stem_len };
}

/* `IT`, `US` and `WHO` among small letters are names, not stop words; in a text that is all capitals nothing can be
   said. This looks at the whole source, once. */
static bool is_shouted(struct run *run)
{
    if (run->shouted < 0) {
        run->shouted = 1;
        for (size_t i = 0; i < run->source.len; i++)
            if (run->source.ptr[i] >= 'a' && run->source.ptr[i] <= 'z') {
                run->shouted = 0;
                break;
            }
    }
    return run->shouted;
}

static bool is_name(struct run *run, text written)
{
    if (written.len < 2 || written.len > 3)
        return false;
    for (size_t i = 0; i < written.len; i++)
        if (written.ptr[i] < 'A' || written.ptr[i] > 'Z')
            return false;
    return !is_shouted(run);
}

static bool is_letters(text word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] < 'a' || word.ptr[i] > 'z')
            return false;
    return true;
}

static void put_word(struct run *run, const struct part *part, bool is_part)
{
    text written = text_slice(run->source, part->start, part->end - part->start);
    char folded[TERM_MAX];
    text word = { folded, fold(written, part->high, folded) };
    bool stop = false;

    if (part->negated && word.len < TERM_MAX)
        folded[word.len++] = 't';
    if (!part->has_digit && is_letters(word)) {
        word = recall(run->tokenizer, word, &stop);
        if (stop && !run->keep_stops && !is_name(run, written))
            return;
    }
    put(run, word, part->start, part->end, is_part);
}

/* --- compounds ------------------------------------------------------------------------------------------------------- */

/* The whole compound as one term, with the joints in `keep` and without the others. */
static void put_whole(struct run *run, const struct part *parts, size_t count, const char *keep)
{
    char whole[TERM_MAX], folded[TERM_MAX];
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        text written = text_slice(run->source, parts[i].start, parts[i].end - parts[i].start);
        size_t more = fold(written, parts[i].high, folded);

        if (len + more + 1 > TERM_MAX)
            break; /* what fits still tells it from others */
        memcpy(whole + len, folded, more);
        len += more;
        if (parts[i].joint && strchr(keep, parts[i].joint) && i + 1 < count)
            whole[len++] = parts[i].joint;
    }
    put(run, (text){ whole, len }, parts[0].start, parts[count - 1].end, false);
}

struct shape {
    bool digits, any_digit, any_single, all_single, grouped, named;
    size_t points;
};

static struct shape shape_of(const struct part *parts, size_t count)
{
    struct shape shape = { .digits = true, .all_single = true };

    for (size_t i = 0; i < count; i++) {
        bool single = parts[i].end - parts[i].start == 1;

        shape.digits &= parts[i].digits_only;
        shape.any_digit |= parts[i].has_digit;
        shape.any_single |= single;
        shape.all_single &= single;
        shape.points += parts[i].joint == '.';
        shape.named |= parts[i].joint == '_' || parts[i].joint == '@' || parts[i].joint == '.';
        shape.grouped |= parts[i].joint == '-' || parts[i].joint == '_' || parts[i].joint == '@';
    }
    return shape;
}

static void put_parts(struct run *run, const struct part *parts, size_t count, bool is_part)
{
    for (size_t i = 0; i < count; i++)
        put_word(run, &parts[i], is_part);
}

static void put_compound(struct run *run, const struct part *parts, size_t count)
{
    struct shape shape = shape_of(parts, count);
    const struct part *last = &parts[count - 1];

    if (count == 1) {
        put_word(run, parts, false);
    } else if (shape.digits && !shape.grouped) { /* a number: 1,000.50 — or a version: 1.2.3 */
        bool round = shape.points == 1 && last->end - last->start == 2 && memcmp(run->source.ptr + last->start, "00", 2) == 0;

        put_whole(run, parts, count - (round ? 1 : 0), ".");
    } else if (!shape.any_digit && shape.all_single && shape.named) { /* U.S.A. */
        put_whole(run, parts, count, "");
    } else if (shape.any_digit || shape.named) {
        put_whole(run, parts, count, "-_@.");
        put_parts(run, parts, count, true);
    } else {
        if (shape.any_single)
            put_whole(run, parts, count, "");
        put_parts(run, parts, count, shape.any_single);
    }
}

/* `'s`, `'re` and the like at `i`: their length with the apostrophe, else 0. */
static size_t contraction(text source, size_t i, bool *ret_negated)
{
    static const char *const tails[] = { "s", "t", "re", "ve", "ll", "d", "m" };
    size_t quote = text_starts(text_slice(source, i, 3), T("\xe2\x80\x99")) ? 3 : i < source.len && source.ptr[i] == '\'' ? 1 : 0;

    *ret_negated = false;
    if (!quote)
        return 0;
    for (size_t t = 0; t < sizeof tails / sizeof *tails; t++) {
        size_t len = strlen(tails[t]);

        if (text_equal_nocase(text_slice(source, i + quote, len), text_of(tails[t])) && !word_at(source, i + quote + len)) {
            *ret_negated = tails[t][0] == 't';
            return quote + len;
        }
    }
    return 0;
}

/* Reads letters and digits from `*at`. */
static struct part read_part(text source, size_t *at)
{
    struct part part = { .start = *at, .digits_only = true };
    size_t i = *at;

    for (;;) {
        if (i < source.len && !is_high(source.ptr[i])) {
            if (!is_ascii_word(source.ptr[i]))
                break;
            part.has_digit |= is_digit(source.ptr[i]);
            part.digits_only &= is_digit(source.ptr[i]);
            i++;
        } else if (word_at(source, i)) {
            part.high = true;
            part.digits_only = false;
            utf8_next(source, &i);
        } else {
            break;
        }
    }
    part.end = i;
    *at = i + contraction(source, i, &part.negated);
    return part;
}

/* A comma joins only the thousands of a number. */
static bool groups_thousands(text source, const struct part *part, size_t comma)
{
    return part->digits_only && part->end - part->start <= 3 && comma + 3 < source.len && is_digit(source.ptr[comma + 1]) &&
        is_digit(source.ptr[comma + 2]) && is_digit(source.ptr[comma + 3]) && !word_at(source, comma + 4);
}

static size_t read_compound(text source, size_t *at, struct part parts[static PARTS_MAX])
{
    size_t count = 0;

    for (;;) {
        struct part *part = &parts[count++];
        char joint;

        *part = read_part(source, at);
        joint = *at < source.len ? source.ptr[*at] : '\0';
        if (count == PARTS_MAX || *at != part->end || !joint || !strchr("-_.@,", joint) || !word_at(source, *at + 1))
            return count;
        if (joint == ',' && !groups_thousands(source, part, *at))
            return count;
        part->joint = joint;
        ++*at;
    }
}

/* Overlapping pairs of a run of wide characters; one alone stands for itself. */
static void put_wide(struct run *run, size_t *at)
{
    size_t before = *at, here = *at, next;
    char folded[TERM_MAX];

    utf8_next(run->source, &here);
    for (next = here; next < run->source.len; before = here, here = next) {
        uint32_t code = utf8_next(run->source, &next);

        if (!is_wide(code))
            break;
        put(run, (text){ folded, fold_unicode(text_slice(run->source, before, next - before), folded) }, before, next, false);
    }
    if (before == *at)
        put(run, (text){ folded, fold_unicode(text_slice(run->source, before, here - before), folded) }, before, here, false);
    *at = here;
}

static void scan(struct run *run)
{
    text source = run->source;
    struct part parts[PARTS_MAX];

    for (size_t i = 0; i < source.len && !run->out.cut;) {
        if (!is_high(source.ptr[i]) && !is_ascii_word(source.ptr[i])) {
            i++;
        } else if (word_at(source, i)) {
            put_compound(run, parts, read_compound(source, &i, parts));
        } else {
            size_t next = i;

            if (is_wide(utf8_next(source, &next)))
                put_wide(run, &i);
            else
                i = next;
        }
    }
}

/* Queries are short: the quadratic walk costs nothing. */
static void once_each(struct term_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->len; i++) {
        bool seen = false;

        for (size_t k = 0; k < kept && !seen; k++)
            seen = text_equal(list->items[k].word, list->items[i].word);
        if (!seen)
            list->items[kept++] = list->items[i];
    }
    list->len = kept;
}

struct term_list terms_of(struct tokenizer *tokenizer, struct arena *arena, text source, enum term_use use, size_t max)
{
    struct run run = { .tokenizer = tokenizer, .arena = arena, .use = use, .keep_stops = use == TERMS_ALL, .shouted = -1, .max = max };

    run.source = text_slice(source, 0, UINT32_MAX - 1);
    run.cap = run.source.len / 6 + 8;
    if (run.cap > max)
        run.cap = max ? max : 1;
    run.out.items = arena_array(arena, run.cap, sizeof *run.out.items);
    scan(&run);
    if (use == TERMS_QUERY && run.out.len == 0) {
        run.keep_stops = true;
        scan(&run);
    }
    if (use == TERMS_QUERY)
        once_each(&run.out);
    return run.out;
}
