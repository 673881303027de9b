/* Any bytes as a block stream, read and cut into chunks; what chunks_of promises of its slices must hold. */
#include <stdlib.h>

#include "search/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct chunk_list chunks;
    size_t byte = 0, code = 0;

    if (!chunks_of(&arena, (text){ (const char *)data, size }, &chunks))
        return 0;
    for (size_t i = 0; i < chunks.len; i++) {
        const struct chunk *chunk = &chunks.items[i];
        size_t at = (size_t)(chunk->text.ptr - chunks.whole.ptr);

        if (at < byte || at + chunk->text.len > chunks.whole.len || chunk->ordinal != i || chunk->words > CHUNK_WORDS_MAX)
            abort();
        code += utf8_count(text_slice(chunks.whole, byte, at - byte));
        if (chunk->start != code || !utf8_valid(chunk->text) || chunk->heading.len > CHUNK_HEADING_MAX)
            abort();
        code += utf8_count(chunk->text);
        byte = at + chunk->text.len;
        if (chunk->end != code)
            abort();
    }
    return 0;
}
