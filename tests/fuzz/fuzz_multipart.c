/* multipart/form-data: the first line is the Content-Type, the rest the body. */
#include <stdlib.h>

#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text body = { (const char *)data, size }, type = text_cut(&body, '\n');
    struct multipart multipart;
    struct part part;
    size_t seen = 0;

    if (!body.ptr || !multipart_open(type, body, &multipart))
        return 0;
    while (multipart_next(&multipart, &part)) {
        if (part.content.len > size || (part.content.len && (part.content.ptr < body.ptr || part.content.ptr + part.content.len > body.ptr + body.len)))
            abort();
        if (++seen > size)
            abort();
    }
    return 0;
}
