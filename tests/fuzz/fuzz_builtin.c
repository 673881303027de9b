/* The first line as a question, the rest as passages parted by form feeds: quotations stand in their passage. */
#include <stdlib.h>

#include "ai/builtin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena) struct arena arena = { 0 };
    text rest = { (const char *)data, size < 4000 ? size : 4000 }, question = text_cut(&rest, '\n');
    struct builtin_passage passages[4];
    struct builtin_answer answer;
    struct builtin_message message = { T("user"), { (const char *)data, size < 4000 ? size : 4000 } };
    size_t count = 0;

    while (rest.ptr && count < 4) {
        text content = text_cut(&rest, '\f');

        passages[count] = (struct builtin_passage){ (int)count + 1, T("Guide"), text_slice(content, 0, 10), content };
        count++;
    }
    builtin_answer(&arena, question, text_slice(question, 3, 10), passages, count, &answer);
    if (answer.text.len == 0 || answer.found != (answer.citation_count > 0))
        abort();
    for (size_t i = 0; i < answer.citation_count; i++)
        if (text_find(passages[answer.citations[i].index - 1].text, answer.citations[i].quote) == SIZE_MAX)
            abort();
    if (builtin_chat(&arena, &message, 1).len == 0)
        abort();
    return 0;
}
