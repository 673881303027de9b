/*
 * HTML through libxml2's SAX events: no tree is built, so memory does not grow with the document. What is not read as
 * text by a person (scripts, styles, navigation, controls, hidden elements) is left out.
 */
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include "extract/parse.h"

enum { NEST_MAX = 2000 };

struct html {
    struct parse *parse;
    htmlParserCtxtPtr parser;
    struct buffer content;
    size_t depth;
    size_t skip; /* depth of the element that is being left out, 0: none */
    size_t pre;
    size_t table;
    bool title, item, row, cell;
    uint32_t heading;
    bool refused;
};

static bool is_any(const xmlChar *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp((const char *)name, names[i]) == 0)
            return true;
    return false;
}

#define IS_ANY(name, ...) is_any((name), (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static bool is_skipped(const xmlChar *name, const xmlChar **attributes)
{
    if (IS_ANY(name, "script", "style", "noscript", "template", "nav", "svg", "iframe", "object", "select", "button", "canvas", "audio",
               "video", "head"))
        return strcmp((const char *)name, "head") != 0;
    for (size_t i = 0; attributes && attributes[i]; i += 2) {
        const char *value = (const char *)attributes[i + 1];

        if (strcmp((const char *)attributes[i], "hidden") == 0)
            return true;
        if (value && strcmp((const char *)attributes[i], "aria-hidden") == 0 && strcmp(value, "true") == 0)
            return true;
        if (value && strcmp((const char *)attributes[i], "style") == 0 && (strstr(value, "display:none") || strstr(value, "display: none")))
            return true;
    }
    return false;
}

static bool is_block(const xmlChar *name)
{
    return IS_ANY(name, "p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "figure", "figcaption", "address",
        "dl", "dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "pre", "h1", "h2", "h3", "h4", "h5",
        "h6", "hr", "body", "form", "fieldset", "details", "summary", "title", "center");
}

static uint32_t heading_level(const xmlChar *name)
{
    return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2] ? (uint32_t)(name[1] - '0') : 0;
}

static void flush(struct html *h)
{
    text content = buffer_view(&h->content);

    if (h->title)
        parse_block(h->parse, BLOCK_TITLE, 0, content);
    else if (h->heading)
        parse_block(h->parse, BLOCK_HEADING, h->heading, content);
    else if (h->row)
        parse_block(h->parse, BLOCK_ROW, 0, content);
    else if (h->pre)
        parse_block(h->parse, BLOCK_CODE, 0, content);
    else
        parse_block(h->parse, h->item ? BLOCK_ITEM : BLOCK_PARAGRAPH, 0, content);
    h->content.len = 0;
}

static void refuse(struct html *h, const char *reason)
{
    if (!h->refused)
        parse_refuse(h->parse, "%s", reason);
    h->refused = true;
    xmlStopParser(h->parser);
}

/* Rows stay whole: a block inside a cell only parts words. */
static void block_edge(struct html *h)
{
    if (h->row)
        buffer_char(&h->content, ' ');
    else
        flush(h);
}

static void start_cell(struct html *h)
{
    if (h->cell)
        buffer_text(&h->content, T(" | "));
    h->cell = true;
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
    struct html *h = context;

    if (h->refused || h->parse->out->failed)
        return;
    if (++h->depth > NEST_MAX) {
        refuse(h, "The HTML is nested too deeply.");
        return;
    }
    if (h->skip)
        return;
    if (is_skipped(name, attributes)) {
        h->skip = h->depth;
        return;
    }
    if (strcmp((const char *)name, "br") == 0)
        buffer_char(&h->content, h->heading || h->row ? ' ' : '\n');
    else if (IS_ANY(name, "td", "th") && h->row)
        start_cell(h);
    else if (is_block(name))
        block_edge(h);
    if (IS_ANY(name, "tr") && !h->row) {
        h->row = true;
        h->cell = false;
        h->table = h->depth;
    } else if (IS_ANY(name, "li")) {
        h->item = true;
    } else if (IS_ANY(name, "pre")) {
        h->pre++;
    } else if (IS_ANY(name, "title")) {
        h->title = true;
    } else if (heading_level(name) && !h->row) {
        h->heading = heading_level(name);
    }
}

static void on_end(void *context, const xmlChar *name)
{
    struct html *h = context;

    if (h->refused || h->parse->out->failed)
        return;
    if (!h->skip) {
        bool closes_row = IS_ANY(name, "tr") && h->row && h->depth <= h->table;

        if (closes_row)
            flush(h);
        else if (is_block(name) && !(h->row && IS_ANY(name, "td", "th")))
            block_edge(h);
        if (closes_row)
            h->row = false;
        else if (IS_ANY(name, "li"))
            h->item = false;
        else if (IS_ANY(name, "pre"))
            h->pre -= h->pre > 0;
        else if (IS_ANY(name, "title"))
            h->title = false;
        else if (heading_level(name))
            h->heading = 0;
    }
    if (h->depth == h->skip)
        h->skip = 0;
    if (h->depth)
        h->depth--;
}

static void on_text(void *context, const xmlChar *bytes, int len)
{
    struct html *h = context;

    if (h->skip || h->refused || len <= 0)
        return;
    if (h->pre) {
        buffer_append(&h->content, bytes, (size_t)len);
        return;
    }
    for (int i = 0; i < len; i++) /* a line feed in the source is only a blank; <br> writes its own */
        buffer_char(&h->content, bytes[i] == '\n' || bytes[i] == '\t' ? ' ' : (char)bytes[i]);
}

static xmlEntityPtr no_entity(void *context, const xmlChar *name)
{
    (void)context;
    (void)name;
    return NULL;
}

static bool run(struct html *h, text source)
{
    htmlSAXHandler sax = { .startElement = on_start, .endElement = on_end, .characters = on_text, .cdataBlock = NULL,
        .ignorableWhitespace = on_text, .getEntity = no_entity, .initialized = 1 };
    htmlParserCtxtPtr parser;

    parser = htmlCreateMemoryParserCtxt(source.ptr, (int)source.len);
    if (!parser)
        return parse_refuse(h->parse, "The HTML needs too much memory to read.");
    h->parser = parser;
    /* the parser's own copy is freed with it, ours is on the stack */
    if (parser->sax)
        *parser->sax = sax;
    parser->userData = h;
    htmlCtxtUseOptions(parser, HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC);
    xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
    htmlParseDocument(parser);
    if (!h->refused && parser->errNo == XML_ERR_NO_MEMORY) {
        h->refused = true;
        parse_refuse(h->parse, "The HTML needs too much memory to read.");
    }
    xmlFreeDoc(parser->myDoc);
    htmlFreeParserCtxt(parser);
    return !h->refused;
}

bool parse_html(struct parse *parse)
{
    struct html h = { .parse = parse };
    bool ok = true;
    text source;

    if (!parse_decode(parse, &source))
        return false;
    if (source.len > INT32_MAX)
        return parse_refuse(parse, "The HTML is too large.");
    if (source.len)
        ok = run(&h, source);
    if (ok)
        flush(&h);
    buffer_free(&h.content);
    return ok;
}
