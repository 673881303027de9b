/* Fuzzes the openai dialect's streams: hostile upstreams, cut anywhere. */
#include "stream_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_stream(&dialect_openai, data, size);
}
