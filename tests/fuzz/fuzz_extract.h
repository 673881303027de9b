/* Runs one parser on the input and reads its blocks back: a stream it wrote must be whole and clean. */
#ifndef TENON_TESTS_FUZZ_EXTRACT_H
#define TENON_TESTS_FUZZ_EXTRACT_H

#include <stdlib.h>

#include "extract/parse.h"

static inline void fuzz_extract(bool (*parser)(struct parse *), const uint8_t *data, size_t size)
{
    SCOPED(arena) struct arena arena = { 0 };
    SCOPED(buffer) struct buffer out = { .max = 4 << 20 };
    struct parse parse = { .arena = &arena, .source = { (const char *)data, size }, .out = &out };
    struct block_reader reader;
    struct block block;

    blocks_begin(&out);
    if (!parser(&parse)) {
        if (!parse.reason[0])
            abort();
        return;
    }
    blocks_end(&out);
    if (out.failed)
        return;
    reader = (struct block_reader){ .rest = buffer_view(&out) };
    while (block_next(&reader, &block))
        ;
    if (!reader.ended)
        abort();
}

#endif
