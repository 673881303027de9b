/* Plain text, and the lines that come from a PDF's pages. */
#include "extract/parse.h"

enum { WRAPPED = 50 /* bytes: a line as long as this went on below because its editor wrapped it */, HEADING_LINE = 80 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

size_t parse_bullet(text line, bool *ret_number)
{
    static const char *const bullets[] = { "-", "*", "+", "\xe2\x80\xa2", "\xe2\x80\x93", "\xe2\x97\xa6", "\xe2\x96\xaa", "\xc2\xb7",
        "\xef\x82\xb7" };
    size_t digits = 0;

    *ret_number = false;
    for (size_t b = 0; b < sizeof bullets / sizeof *bullets; b++) {
        size_t len = strlen(bullets[b]);

        if (text_starts(line, text_of(bullets[b])) && len < line.len && (line.ptr[len] == ' ' || line.ptr[len] == '\t'))
            return len + 1;
    }
    while (digits < line.len && digits < 4 && is_digit(line.ptr[digits]))
        digits++;
    if (!digits || digits > 3 || digits + 1 >= line.len || (line.ptr[digits] != '.' && line.ptr[digits] != ')') ||
        line.ptr[digits + 1] != ' ')
        return 0;
    *ret_number = true;
    return digits + 2;
}

/* A paragraph or item as its lines come in. */
struct gathered {
    struct parse *parse;
    struct buffer content;
    size_t lines;
    size_t last_len; /* of the line before, to tell a wrapped one */
    bool item;
    enum flow flow;
};

static bool has_capitals_only(text line)
{
    size_t letters = 0;

    for (size_t i = 0; i < line.len; i++) {
        if (is_lower(line.ptr[i]))
            return false;
        letters += is_letter(line.ptr[i]);
    }
    return letters >= 3;
}

/* `2.3 Returns`: a number with points, then a capital. */
static bool is_numbered_title(text line)
{
    size_t i = 0;

    while (i < line.len && (is_digit(line.ptr[i]) || line.ptr[i] == '.'))
        i++;
    return i > 0 && i + 1 < line.len && is_digit(line.ptr[0]) && line.ptr[i] == ' ' && is_letter(line.ptr[i + 1]) && !is_lower(line.ptr[i + 1]);
}

/* A lone line that reads like a heading. On a page any short line that begins with a capital and does not end like a
   sentence is taken for one, as the size of its letters is lost. */
static bool is_heading(text line, enum flow flow)
{
    char last;

    if (line.len < 3 || line.len > HEADING_LINE)
        return false;
    last = line.ptr[line.len - 1];
    if (strchr(".,;:!?|", last) || text_find(line, T(": ")) != SIZE_MAX)
        return false;
    if (has_capitals_only(line) || is_numbered_title(line))
        return true;
    return flow == FLOW_PAGE && !is_lower(line.ptr[0]) && is_letter(line.ptr[0]) && line.len < 60;
}

static void flush(struct gathered *g)
{
    text content = text_trim(buffer_view(&g->content));

    if (content.len) {
        if (g->lines == 1 && !g->item && is_heading(content, g->flow))
            parse_block(g->parse, BLOCK_HEADING, g->flow == FLOW_PAGE ? 3 : 2, content);
        else
            parse_block(g->parse, g->item ? BLOCK_ITEM : BLOCK_PARAGRAPH, 0, content);
    }
    g->content.len = 0;
    g->lines = 0;
    g->item = false;
}

static void join(struct gathered *g, text line)
{
    struct buffer *content = &g->content;
    bool broken_word = g->flow == FLOW_PAGE && content->len > 1 && content->ptr[content->len - 1] == '-' &&
        is_lower(content->ptr[content->len - 2]) && line.len && is_lower(line.ptr[0]);

    if (broken_word)
        content->len--;
    else if (content->len)
        buffer_char(content, g->last_len >= WRAPPED || is_lower(line.ptr[0]) ? ' ' : '\n');
    buffer_text(content, line);
    g->last_len = line.len;
    g->lines++;
}

/* On a page a heading may have no blank line below it, and paragraphs none between them: what the eye tells by space is
   told here by a short line and a capital after it. */
static bool page_breaks(const struct gathered *g, text line)
{
    text before = buffer_view(&g->content);

    if (g->flow != FLOW_PAGE || !g->lines || is_lower(line.ptr[0]) || g->last_len >= WRAPPED)
        return false;
    if (g->lines == 1 && !g->item)
        return is_heading(before, g->flow) && is_letter(line.ptr[0]);
    return strchr(".!?:", before.ptr[before.len - 1]) != NULL;
}

/* `====` or `----` under a line of text. */
static bool is_underline(text line)
{
    if (line.len < 3 || (line.ptr[0] != '=' && line.ptr[0] != '-'))
        return false;
    for (size_t i = 1; i < line.len; i++)
        if (line.ptr[i] != line.ptr[0])
            return false;
    return true;
}

static void flow_line(struct gathered *g, text line)
{
    bool number;
    size_t bullet = parse_bullet(line, &number);

    if (line.len == 0) {
        flush(g);
    } else if (is_underline(line)) {
        if (g->lines == 1 && !g->item) {
            parse_block(g->parse, BLOCK_HEADING, line.ptr[0] == '=' ? 1 : 2, buffer_view(&g->content));
            g->content.len = 0;
        }
        flush(g);
    } else if (bullet && !(number && g->lines && !g->item)) { /* a year may open a wrapped line; a list begins a block */
        flush(g);
        g->item = true;
        join(g, number ? line : text_slice(line, bullet, line.len));
    } else {
        if (page_breaks(g, line))
            flush(g);
        join(g, line);
    }
}

void parse_flow(struct parse *parse, text lines, enum flow flow)
{
    struct gathered g = { .parse = parse, .flow = flow };
    text rest = lines;

    while (rest.ptr && !parse->out->failed)
        flow_line(&g, text_trim(text_cut(&rest, '\n')));
    flush(&g);
    buffer_free(&g.content);
}

bool parse_txt(struct parse *parse)
{
    text source;

    if (!parse_decode(parse, &source))
        return false;
    parse_flow(parse, source, FLOW_TEXT);
    return true;
}
