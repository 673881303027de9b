#include "ai/builtin.h"

#include <math.h>
#include <stdlib.h>

#include "search/terms.h"

enum { TERMS = 20000, GRAM_MIN = 3, GRAM_MAX = 5 };

/* How often each feature stands in the text, by its hash. */
struct features {
    struct { uint64_t hash; uint32_t count; bool gram; } *slots;
    size_t size; /* power of two, at least twice the features */
};

static void count_feature(struct features *f, uint64_t hash, bool gram)
{
    size_t i = (hash ^ hash >> 32) & (f->size - 1);

    while (f->slots[i].count && f->slots[i].hash != hash)
        i = (i + 1) & (f->size - 1);
    f->slots[i].hash = hash;
    f->slots[i].gram = gram;
    f->slots[i].count++;
}

/* FNV leaves the high bits of short inputs alike; place and sign come from them. */
static uint64_t mixed(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

/* The word between two marks, so that its ends are features too. */
static void count_word(struct features *f, text word)
{
    char marked[TERM_MAX + 2];
    text all = { marked, word.len + 2 };
    size_t places[TERM_MAX + 3], codes = 0;

    marked[0] = '<';
    memcpy(marked + 1, word.ptr, word.len);
    marked[word.len + 1] = '>';
    for (size_t i = 0; i < all.len; utf8_next(all, &i))
        places[codes++] = i;
    places[codes] = all.len;
    count_feature(f, mixed(text_hash(all)), false);
    for (size_t size = GRAM_MIN; size <= GRAM_MAX && size < codes; size++)
        for (size_t i = 0; i + size <= codes; i++)
            count_feature(f, mixed(text_hash(text_slice(all, places[i], places[i + size] - places[i])) + size), true);
}

static size_t power_above(size_t n)
{
    size_t size = 64;

    while (size < n)
        size *= 2;
    return size;
}

static void add_features(const struct features *f, float vector[static BUILTIN_DIMENSIONS])
{
    for (size_t i = 0; i < f->size; i++) {
        uint64_t hash = f->slots[i].hash;
        float weight;

        if (!f->slots[i].count)
            continue;
        weight = (1 + logf((float)f->slots[i].count)) * (f->slots[i].gram ? 0.3f : 1.0f);
        vector[hash % BUILTIN_DIMENSIONS] += hash >> 63 ? -weight : weight;
    }
}

void builtin_embed(text source, float ret_vector[static BUILTIN_DIMENSIONS])
{
    SCOPED(arena) struct arena arena = { 0 };
    struct tokenizer *tokenizer = tokenizer_open();
    struct term_list terms = terms_of(tokenizer, &arena, source, TERMS_INDEX, TERMS);
    struct features features = { 0 };
    size_t bytes = 0;
    float sum = 0;

    if (terms.len == 0)
        terms = terms_of(tokenizer, &arena, source, TERMS_ALL, TERMS);
    tokenizer_close(tokenizer);
    for (size_t i = 0; i < terms.len; i++)
        bytes += terms.items[i].word.len + 4;
    features.size = power_above(bytes * 2 * (GRAM_MAX - GRAM_MIN + 2));
    features.slots = xcalloc(features.size, sizeof *features.slots);
    for (size_t i = 0; i < terms.len; i++)
        count_word(&features, terms.items[i].word);
    memset(ret_vector, 0, BUILTIN_DIMENSIONS * sizeof *ret_vector);
    add_features(&features, ret_vector);
    free(features.slots);
    for (size_t i = 0; i < BUILTIN_DIMENSIONS; i++)
        sum += ret_vector[i] * ret_vector[i];
    if (sum <= 0) {
        ret_vector[0] = 1;
        return;
    }
    for (size_t i = 0; i < BUILTIN_DIMENSIONS; i++)
        ret_vector[i] /= sqrtf(sum);
}

/* --- tokens --------------------------------------------------------------------------------------------------------------- */

enum run { RUN_BLANK, RUN_LETTERS, RUN_DIGITS, RUN_OTHER, RUN_WIDE };

static enum run run_of(uint32_t code)
{
    if ((code | 32) >= 'a' && (code | 32) <= 'z' && code < 0x80)
        return RUN_LETTERS;
    if (code >= '0' && code <= '9')
        return RUN_DIGITS;
    if (code <= ' ')
        return RUN_BLANK;
    if (code < 0x80)
        return RUN_OTHER;
    return code < 0x600 ? RUN_LETTERS : RUN_WIDE;
}

size_t builtin_count_tokens(text source)
{
    static const size_t per_token[] = { [RUN_BLANK] = SIZE_MAX, [RUN_LETTERS] = 6, [RUN_DIGITS] = 3, [RUN_OTHER] = 1, [RUN_WIDE] = 1 };
    enum run last = RUN_BLANK;
    size_t tokens = 0, length = 0;

    for (size_t i = 0; i < source.len;) {
        enum run run = run_of(utf8_next(source, &i));

        length = run == last ? length + 1 : 1;
        if (run != RUN_BLANK && (length - 1) % per_token[run] == 0)
            tokens++;
        last = run;
    }
    return tokens;
}
