/* A PDF's pages as pdftotext gave them. */
#include "extract/parse.h"

bool parse_pdf(struct parse *parse)
{
    size_t before = parse->out->len;
    bool words = false;
    text rest;

    if (!parse_decode(parse, &rest))
        return false;
    for (uint32_t page = 1; rest.ptr && !parse->out->failed; page++) {
        text content = text_cut(&rest, '\f');

        if (text_trim(content).len == 0)
            continue;
        words = true;
        parse_block(parse, BLOCK_PAGE, page, T(""));
        parse_flow(parse, content, FLOW_PAGE);
    }
    if (!words && !parse->out->failed) {
        parse->out->len = before;
        return parse_refuse(parse, "The PDF holds no text; it may be a scan.");
    }
    return true;
}
