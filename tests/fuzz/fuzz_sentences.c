/* Any bytes as a text: sentences lie in order, and nothing visible is lost between them. */
#include <stdlib.h>

#include "search/sentences.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text all = { (const char *)data, size };
    struct sentence_walk walk = { .all = all };
    size_t end = 0;
    text sentence;

    while (sentence_next(&walk, &sentence)) {
        size_t start = (size_t)(sentence.ptr - all.ptr);

        if (start < end || !sentence.len || start + sentence.len > size || text_trim(text_slice(all, end, start - end)).len)
            abort();
        end = start + sentence.len;
    }
    if (text_trim(text_slice(all, end, size)).len)
        abort();
    return 0;
}
