/*
 * DOCX (ECMA-376): word/document.xml out of the ZIP container, streamed through libxml2's SAX events. What holds: no tree,
 * no entity but the five of XML, any DTD refused; of what the container inflates to no more than INFLATED_MAX is read, and
 * no member may grow beyond RATIO_MAX times its size.
 */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <zip.h>

#include "extract/parse.h"

enum { INFLATED_MAX = 64 << 20, RATIO_MAX = 200, RATIO_FREE = 4 << 20, STYLES_MAX = 4096, PIECE = 16384, NEST_MAX = 250 };

struct style {
    text id;
    uint32_t heading; /* level 1 to 6 */
    bool title;
    bool list;
};

/* One file of the container while it is parsed, and what the files before it taught. */
struct docx {
    struct parse *parse;
    zip_t *zip;
    size_t inflated;
    bool refused;

    struct style *styles; /* sorted by nothing: documents have a few dozen */
    size_t style_count;
    struct style style; /* the one being read */

    struct buffer content; /* of the paragraph, or of the row */
    size_t depth;
    size_t skip;
    size_t tables; /* nesting */
    size_t cells;  /* of the current row of the outermost table */
    bool in_text;
    uint32_t heading;
    bool title, item;
    struct buffer core_title;
};

static bool refuse(struct docx *d, const char *reason)
{
    if (!d->refused)
        parse_refuse(d->parse, "%s", reason);
    d->refused = true;
    return false;
}

/* --- one member of the container ------------------------------------------------------------------------------------------- */

static void on_dtd(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    xmlParserCtxtPtr parser = context;

    (void)name;
    (void)external;
    (void)system;
    refuse(parser->_private, "The document holds a DTD, which no Word document needs.");
    xmlStopParser(parser);
}

static bool is_bomb(size_t inflated, size_t packed)
{
    return inflated > RATIO_FREE && inflated / RATIO_MAX > packed;
}

static bool feed(struct docx *d, xmlParserCtxtPtr parser, zip_file_t *file, size_t packed)
{
    char piece[PIECE];
    size_t inflated = 0;

    for (;;) {
        zip_int64_t got = zip_fread(file, piece, sizeof piece);

        if (got < 0)
            return refuse(d, "The document is damaged and could not be unpacked.");
        inflated += (size_t)got;
        d->inflated += (size_t)got;
        if (d->inflated > INFLATED_MAX || is_bomb(inflated, packed))
            return refuse(d, "The document unpacks to far more than its size.");
        if (xmlParseChunk(parser, piece, (int)got, got == 0) != 0 && !d->refused)
            return refuse(d, parser->errNo == XML_ERR_NO_MEMORY ? "The document needs too much memory to read."
                                                                : "The document is damaged: its XML is not well-formed.");
        if (d->refused || d->parse->out->failed)
            return !d->refused;
        if (got == 0)
            return true;
    }
}

static bool read_member(struct docx *d, const char *name, startElementNsSAX2Func start, endElementNsSAX2Func end, charactersSAXFunc chars)
{
    xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC, .internalSubset = on_dtd, .startElementNs = start, .endElementNs = end,
        .characters = chars, .ignorableWhitespace = chars, .cdataBlock = chars };
    xmlParserCtxtPtr parser;
    zip_file_t *file;
    zip_stat_t stat;
    bool ok;

    if (zip_stat(d->zip, name, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) || !(stat.valid & ZIP_STAT_COMP_SIZE))
        return refuse(d, "The file is not a Word document.");
    if (stat.size > INFLATED_MAX || is_bomb(stat.size, stat.comp_size))
        return refuse(d, "The document unpacks to far more than its size.");
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
        return refuse(d, "The document is protected by a password.");
    file = zip_fopen(d->zip, name, 0);
    if (!file)
        return refuse(d, "The document is damaged and could not be unpacked.");
    parser = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
    if (!parser)
        abort();
    parser->_private = d;
    xmlCtxtUseOptions(parser, XML_PARSE_NONET);
    d->depth = d->skip = 0;
    ok = feed(d, parser, file, stat.comp_size);
    xmlFreeDoc(parser->myDoc);
    xmlFreeParserCtxt(parser);
    zip_fclose(file);
    return ok;
}

static struct docx *docx_of(void *context)
{
    return ((xmlParserCtxtPtr)context)->_private;
}

static bool is(const xmlChar *name, const char *wanted)
{
    return strcmp((const char *)name, wanted) == 0;
}

/* The attribute's value, whatever its prefix: libxml2 gives five pointers an attribute. */
static text attribute(int count, const xmlChar **attributes, const char *name)
{
    for (int i = 0; i < count; i++) {
        const xmlChar **at = attributes + 5 * i;

        if (is(at[0], name))
            return (text){ (const char *)at[3], (size_t)(at[4] - at[3]) };
    }
    return TEXT_NONE;
}

/* --- styles: which are headings ---------------------------------------------------------------------------------------------- */

static void style_named(struct style *style, text name)
{
    if (text_equal_nocase(name, T("title")))
        style->title = true;
    if (name.len == 9 && text_equal_nocase(text_slice(name, 0, 8), T("heading ")) && name.ptr[8] >= '1' && name.ptr[8] <= '9')
        style->heading = (uint32_t)(name.ptr[8] - '0') > 6 ? 6 : (uint32_t)(name.ptr[8] - '0');
    if (name.len >= 4 && text_equal_nocase(text_slice(name, 0, 4), T("list")))
        style->list = true;
}

static uint32_t outline_level(text value)
{
    int64_t level;

    return text_int(value, &level) && level >= 0 && level <= 5 ? (uint32_t)level + 1 : 0;
}

static void style_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nb_ns, const xmlChar **ns, int count,
    int defaulted, const xmlChar **attributes)
{
    struct docx *d = docx_of(context);
    text value = attribute(count, attributes, "val");

    (void)prefix, (void)uri, (void)nb_ns, (void)ns, (void)defaulted;
    if (is(name, "style"))
        d->style = (struct style){ .id = text_copy(d->parse->arena, attribute(count, attributes, "styleId")) };
    else if (is(name, "name") && d->style.id.ptr)
        style_named(&d->style, value);
    else if (is(name, "outlineLvl") && d->style.id.ptr && !d->style.heading)
        d->style.heading = outline_level(value);
}

static void style_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct docx *d = docx_of(context);

    (void)prefix, (void)uri;
    if (!is(name, "style") || !d->style.id.ptr)
        return;
    if ((d->style.heading || d->style.title || d->style.list) && d->style_count < STYLES_MAX)
        d->styles[d->style_count++] = d->style;
    d->style = (struct style){ .id = TEXT_NONE };
}

static void no_text(void *context, const xmlChar *bytes, int len)
{
    (void)context, (void)bytes, (void)len;
}

static void use_style(struct docx *d, text id)
{
    struct style own = { .id = id };

    for (size_t i = 0; i < d->style_count; i++)
        if (text_equal(d->styles[i].id, id)) {
            own = d->styles[i];
            break;
        }
    if (!own.heading && text_starts(id, T("Heading")) && id.len == 8 && id.ptr[7] >= '1' && id.ptr[7] <= '6')
        own.heading = (uint32_t)(id.ptr[7] - '0');
    d->heading = own.heading;
    d->title = own.title;
    d->item = own.list;
}

/* --- the document -------------------------------------------------------------------------------------------------------------- */

static void flush_paragraph(struct docx *d)
{
    text content = buffer_view(&d->content);

    if (d->title)
        parse_block(d->parse, BLOCK_HEADING, 1, content);
    else if (d->heading)
        parse_block(d->parse, BLOCK_HEADING, d->heading, content);
    else
        parse_block(d->parse, d->item ? BLOCK_ITEM : BLOCK_PARAGRAPH, 0, content);
    d->content.len = 0;
    d->heading = 0;
    d->title = d->item = false;
}

static void start_in_table(struct docx *d, const xmlChar *name)
{
    if (is(name, "tr") && d->tables == 1) {
        d->content.len = 0;
        d->cells = 0;
    } else if (is(name, "tc") && d->tables == 1) {
        if (d->cells++)
            buffer_text(&d->content, T(" | "));
    }
}

static void body_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nb_ns, const xmlChar **ns, int count,
    int defaulted, const xmlChar **attributes)
{
    struct docx *d = docx_of(context);
    text value;

    (void)prefix, (void)uri, (void)nb_ns, (void)ns, (void)defaulted;
    if (++d->depth > NEST_MAX) {
        refuse(d, "The document is nested too deeply.");
        xmlStopParser(context);
        return;
    }
    if (d->skip)
        return;
    value = attribute(count, attributes, "val");
    if (is(name, "Fallback") || is(name, "del") || is(name, "moveFrom")) /* a drawing's second telling; what was struck out */
        d->skip = d->depth;
    else if (is(name, "tbl"))
        d->tables++;
    else if (is(name, "pStyle") && !d->tables)
        use_style(d, value);
    else if (is(name, "outlineLvl") && !d->tables && !d->heading)
        d->heading = outline_level(value);
    else if (is(name, "numPr") && !d->tables)
        d->item = true;
    else if (is(name, "t"))
        d->in_text = true;
    else if (is(name, "tab"))
        buffer_char(&d->content, ' ');
    else if (is(name, "br") || is(name, "cr"))
        buffer_char(&d->content, '\n');
    else if (d->tables)
        start_in_table(d, name);
}

static void body_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct docx *d = docx_of(context);

    (void)prefix, (void)uri;
    if (d->depth == d->skip)
        d->skip = 0;
    else if (d->skip)
        ;
    else if (is(name, "t"))
        d->in_text = false;
    else if (is(name, "p") && d->tables)
        buffer_char(&d->content, ' ');
    else if (is(name, "p"))
        flush_paragraph(d);
    else if (is(name, "tr") && d->tables == 1) {
        parse_block(d->parse, BLOCK_ROW, 0, buffer_view(&d->content));
        d->content.len = 0;
    } else if (is(name, "tbl"))
        d->tables -= d->tables > 0;
    if (d->depth)
        d->depth--;
}

static void body_text(void *context, const xmlChar *bytes, int len)
{
    struct docx *d = docx_of(context);

    if (d->in_text && !d->skip && len > 0)
        buffer_append(&d->content, bytes, (size_t)len);
}

/* --- docProps/core.xml: the title ---------------------------------------------------------------------------------------------- */

static void core_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nb_ns, const xmlChar **ns, int count,
    int defaulted, const xmlChar **attributes)
{
    (void)prefix, (void)uri, (void)nb_ns, (void)ns, (void)count, (void)defaulted, (void)attributes;
    docx_of(context)->in_text = is(name, "title");
}

static void core_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    docx_of(context)->in_text = false;
}

static void core_text(void *context, const xmlChar *bytes, int len)
{
    struct docx *d = docx_of(context);

    if (d->in_text && len > 0)
        buffer_append(&d->core_title, bytes, (size_t)len);
}

static bool has(struct docx *d, const char *name)
{
    return zip_name_locate(d->zip, name, 0) >= 0;
}

static bool read_all(struct docx *d)
{
    if (!has(d, "word/document.xml"))
        return refuse(d, has(d, "EncryptedPackage") ? "The document is protected by a password." : "The file is not a Word document.");
    if (has(d, "docProps/core.xml") && !read_member(d, "docProps/core.xml", core_start, core_end, core_text))
        return false;
    parse_block(d->parse, BLOCK_TITLE, 0, buffer_view(&d->core_title));
    if (has(d, "word/styles.xml") && !read_member(d, "word/styles.xml", style_start, style_end, no_text))
        return false;
    d->in_text = false;
    if (!read_member(d, "word/document.xml", body_start, body_end, body_text))
        return false;
    flush_paragraph(d);
    return true;
}

bool parse_docx(struct parse *parse)
{
    struct docx d = { .parse = parse };
    zip_source_t *source;
    zip_error_t error;
    bool ok;

    if (!text_starts(parse->source, T("PK\x03\x04")))
        return parse_refuse(parse, "%s",
            text_starts(parse->source, T("\xd0\xcf\x11\xe0")) ? "The document is an old Word file or protected by a password."
                                                               : "The file is not a Word document.");
    zip_error_init(&error);
    source = zip_source_buffer_create(parse->source.ptr, parse->source.len, 0, &error);
    d.zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (!d.zip) {
        zip_source_free(source);
        return parse_refuse(parse, "The document is damaged and could not be unpacked.");
    }
    d.styles = arena_array(parse->arena, STYLES_MAX, sizeof *d.styles);
    ok = read_all(&d);
    buffer_free(&d.content);
    buffer_free(&d.core_title);
    zip_discard(d.zip);
    return ok;
}
