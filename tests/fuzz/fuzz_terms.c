/* Any bytes as a text: terms are bounded, valid, and within their source. */
#include <stdlib.h>

#include "search/terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tokenizer *tokenizer;
    SCOPED(arena) struct arena arena = { 0 };

    if (!tokenizer)
        tokenizer = tokenizer_open();
    for (enum term_use use = TERMS_INDEX; use <= TERMS_ALL; use++) {
        struct term_list terms = terms_of(tokenizer, &arena, (text){ (const char *)data, size }, use, 500);

        for (size_t i = 0; i < terms.len; i++) {
            const struct term *term = &terms.items[i];

            if (!term->word.len || term->word.len > TERM_MAX || !utf8_valid(term->word) || term->start >= term->end || term->end > size)
                abort();
        }
    }
    return 0;
}
