/* Any bytes as posting lists, walked and ranked: ordinals rise, scores are numbers. */
#include <math.h>
#include <stdlib.h>

#include "search/bm25.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct posting_walk walk = posting_walk((text){ (const char *)data, size });
    struct bm25 *search = bm25_begin((struct bm25_corpus){ size, 20 }, 2, 1000);
    struct bm25_hit hits[10];
    struct posting posting;
    int64_t last = -1;
    size_t count;

    while (posting_next(&walk, &posting)) {
        if (posting.ordinal <= last || posting.frequency == 0)
            abort();
        last = posting.ordinal;
    }
    for (size_t term = 0; term < 2; term++) {
        bm25_term(search, term);
        for (size_t at = 0; at + 8 <= size; at += 8) {
            uuid id = UUID_NONE;

            id.bytes[15] = data[at];
            bm25_add(search, id, (text){ (const char *)data + at + 1, 7 });
        }
    }
    bm25_end(search, 10, hits, &count);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(hits[i].score) || (i && hits[i].score > hits[i - 1].score))
            abort();
    return 0;
}
