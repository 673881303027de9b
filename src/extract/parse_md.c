/*
 * Markdown by blocks: headings, paragraphs, lists, code, tables, quotations, front matter. Within a block the marks are
 * taken off and the words stay. Not a full CommonMark: what nests deeper comes out as flat items. Every step is linear
 * in the source; brackets are matched within LINK_MAX bytes.
 */
#include "extract/parse.h"

enum { LINK_MAX = 2000 };

struct md {
    struct parse *parse;
    text rest;
    struct buffer content; /* of the open paragraph or item, marks still in */
    bool item;
    bool after_blank;
};

/* --- inline --------------------------------------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* Place of the bracket that closes the one at `open`, or SIZE_MAX. */
static size_t closing(text t, size_t open, char opens, char closes)
{
    size_t depth = 0;

    for (size_t i = open; i < t.len && i - open < LINK_MAX; i++) {
        if (t.ptr[i] == '\\')
            i++;
        else if (t.ptr[i] == opens)
            depth++;
        else if (t.ptr[i] == closes && --depth == 0)
            return i;
    }
    return SIZE_MAX;
}

static size_t entity(text t, struct buffer *out)
{
    static const struct { const char *name, *value; } entities[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" },
        { "&#39;", "'" }, { "&apos;", "'" }, { "&nbsp;", " " }, { "&mdash;", "\xe2\x80\x94" }, { "&ndash;", "\xe2\x80\x93" },
        { "&copy;", "\xc2\xa9" }, { "&hellip;", "\xe2\x80\xa6" } };

    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (text_starts(t, text_of(entities[i].name))) {
            buffer_text(out, text_of(entities[i].value));
            return strlen(entities[i].name);
        }
    return 0;
}

/* `<…>` at the front: an address keeps its words, a tag goes, anything else is text. Returns what was consumed. */
static size_t angle(text t, struct buffer *out)
{
    size_t end = text_find_char(text_slice(t, 0, LINK_MAX), '>');
    text inner;

    if (end == SIZE_MAX || end < 2)
        return 0;
    inner = text_slice(t, 1, end - 1);
    if (text_find(inner, T("://")) != SIZE_MAX || (text_find_char(inner, '@') != SIZE_MAX && text_find_char(inner, ' ') == SIZE_MAX)) {
        buffer_text(out, inner);
        return end + 1;
    }
    if (inner.ptr[0] == '/' || inner.ptr[0] == '!' || (inner.ptr[0] | 32) >= 'a')
        return is_word(inner.ptr[0]) || inner.ptr[0] == '/' || inner.ptr[0] == '!' ? end + 1 : 0;
    return 0;
}

/* A run of emphasis marks at `i` is taken off where it opens or closes something; `2 * 3` and `snake_case` stay. */
static bool is_emphasis(text t, size_t i, size_t run)
{
    bool before = i > 0 && t.ptr[i - 1] != ' ' && t.ptr[i - 1] != '\n', after = i + run < t.len && t.ptr[i + run] != ' ' && t.ptr[i + run] != '\n';

    if (t.ptr[i] == '~' && run < 2)
        return false;
    if (t.ptr[i] == '_' && before && after && is_word(t.ptr[i - 1]) && is_word(t.ptr[i + run]))
        return false;
    return before || after;
}

static void inline_text(text t, struct buffer *out, int depth);

/* `[words](address)`, `[words][name]`, `![words](address)`, `[words]`, `[^1]`: the words. Returns what was consumed. */
static size_t link(text t, size_t i, struct buffer *out, int depth)
{
    size_t close = closing(t, i, '[', ']'), end;
    text words;

    if (close == SIZE_MAX)
        return 0;
    words = text_slice(t, i + 1, close - i - 1);
    end = close;
    if (close + 1 < t.len && t.ptr[close + 1] == '(')
        end = closing(t, close + 1, '(', ')');
    else if (close + 1 < t.len && t.ptr[close + 1] == '[')
        end = closing(t, close + 1, '[', ']');
    if (end == SIZE_MAX)
        return 0;
    if (end == close && text_starts(words, T("^")))
        return close + 1 - i;
    if (end == close) { /* `[1]`, `[ ]`: brackets that are only text */
        if (words.len != 1 || (words.ptr[0] != ' ' && words.ptr[0] != 'x'))
            return 0;
        return close + 1 - i;
    }
    inline_text(words, out, depth + 1);
    return end + 1 - i;
}

static size_t code_span(text t, size_t i, struct buffer *out)
{
    size_t run = 1, end;

    while (i + run < t.len && t.ptr[i + run] == '`')
        run++;
    for (end = i + run; end < t.len && end - i < LINK_MAX; end++) {
        size_t close = 0;

        while (end + close < t.len && t.ptr[end + close] == '`')
            close++;
        if (close == run) {
            buffer_text(out, text_trim(text_slice(t, i + run, end - i - run)));
            return end + run - i;
        }
        end += close;
    }
    return run;
}

/* One mark at `i`: its length and whatever it leaves in `out`; 0 when it is plain text. */
static size_t mark(text t, size_t i, struct buffer *out, int depth)
{
    char c = t.ptr[i];
    size_t run = 1;

    switch (c) {
    case '\\':
        if (i + 1 >= t.len || is_word(t.ptr[i + 1]) || t.ptr[i + 1] == ' ')
            return 0;
        buffer_char(out, t.ptr[i + 1]);
        return 2;
    case '`': return code_span(t, i, out);
    case '&': return entity(text_slice(t, i, t.len), out);
    case '<': return angle(text_slice(t, i, t.len), out);
    case '!': {
        size_t used = i + 1 < t.len && t.ptr[i + 1] == '[' && depth < 4 ? link(t, i + 1, out, depth) : 0;

        return used ? used + 1 : 0;
    }
    case '[': return depth < 4 ? link(t, i, out, depth) : 0;
    case '*':
    case '_':
    case '~':
        while (i + run < t.len && t.ptr[i + run] == c)
            run++;
        if (is_emphasis(t, i, run))
            return run;
        for (size_t k = 0; k < run; k++)
            buffer_char(out, c);
        return run;
    default: return 0;
    }
}

static void inline_text(text t, struct buffer *out, int depth)
{
    for (size_t i = 0; i < t.len;) {
        size_t used = strchr("\\`&<![*_~", t.ptr[i]) && t.ptr[i] ? mark(t, i, out, depth) : 0;

        if (used) {
            i += used;
        } else {
            buffer_char(out, t.ptr[i]);
            i++;
        }
    }
}

static void put(struct md *md, enum block_kind kind, uint32_t level, text marked)
{
    SCOPED(buffer) struct buffer plain = { 0 };

    inline_text(marked, &plain, 0);
    parse_block(md->parse, kind, level, buffer_view(&plain));
}

/* --- blocks --------------------------------------------------------------------------------------------------------------- */

static void flush(struct md *md)
{
    if (md->content.len)
        put(md, md->item ? BLOCK_ITEM : BLOCK_PARAGRAPH, 0, buffer_view(&md->content));
    md->content.len = 0;
    md->item = false;
}

static size_t indent_of(text line)
{
    size_t indent = 0;

    for (size_t i = 0; i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'); i++)
        indent += line.ptr[i] == '\t' ? 4 : 1;
    return indent;
}

static size_t run_of(text line, char c)
{
    size_t run = 0;

    while (run < line.len && line.ptr[run] == c)
        run++;
    return run;
}

/* `---`, `***`, `___`, blanks between allowed. */
static bool is_rule(text line)
{
    size_t marks = 0;

    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == ' ')
            continue;
        if (line.ptr[i] != line.ptr[0] || !strchr("-*_", line.ptr[i]))
            return false;
        marks++;
    }
    return marks >= 3;
}

static bool take_heading(struct md *md, text line)
{
    size_t level = run_of(line, '#'), under;

    if (level >= 1 && level <= 6 && (level == line.len || line.ptr[level] == ' ' || line.ptr[level] == '\t')) {
        text words = text_trim(text_slice(line, level, line.len));

        while (words.len && words.ptr[words.len - 1] == '#')
            words.len--;
        flush(md);
        put(md, BLOCK_HEADING, (uint32_t)level, words);
        return true;
    }
    under = run_of(line, '=');
    if (!under)
        under = run_of(line, '-');
    if (md->content.len && !md->item && !md->after_blank && under == line.len && under >= 2) {
        put(md, BLOCK_HEADING, line.ptr[0] == '=' ? 1 : 2, buffer_view(&md->content));
        md->content.len = 0;
        return true;
    }
    return false;
}

/* A fence and all lines up to its twin or the end. */
static bool take_fence(struct md *md, text line)
{
    char mark = line.len ? line.ptr[0] : ' ';
    size_t run = mark == '`' || mark == '~' ? run_of(line, mark) : 0;
    const char *start, *end;

    if (run < 3 || (mark == '`' && text_find_char(text_slice(line, run, line.len), '`') != SIZE_MAX))
        return false;
    flush(md);
    if (!md->rest.ptr)
        return true;
    start = end = md->rest.ptr;
    while (md->rest.ptr) {
        text next = text_cut(&md->rest, '\n'), bare = text_trim(next);

        if (run_of(bare, mark) >= run && run_of(bare, mark) == bare.len)
            break;
        end = next.ptr + next.len;
    }
    parse_block(md->parse, BLOCK_CODE, 0, (text){ start, (size_t)(end - start) });
    return true;
}

static bool take_indented_code(struct md *md, text line)
{
    const char *start = line.ptr, *end = line.ptr + line.len;

    if (indent_of(line) < 4 || !md->after_blank || md->item || md->content.len)
        return false;
    while (md->rest.ptr) {
        text rest = md->rest, next = text_cut(&rest, '\n');

        if (text_trim(next).len && indent_of(next) < 4)
            break;
        if (text_trim(next).len)
            end = next.ptr + next.len;
        md->rest = rest;
    }
    parse_block(md->parse, BLOCK_CODE, 0, (text){ start, (size_t)(end - start) });
    return true;
}

static text table_bare(text line)
{
    if (text_starts(line, T("|")))
        line = text_slice(line, 1, line.len);
    return text_ends(line, T("|")) && !text_ends(line, T("\\|")) ? text_slice(line, 0, line.len - 1) : line;
}

static bool is_table_rule(text line)
{
    bool dash = false, pipe = false;

    for (size_t i = 0; i < line.len; i++) {
        if (!strchr("|-: \t", line.ptr[i]))
            return false;
        dash |= line.ptr[i] == '-';
        pipe |= line.ptr[i] == '|';
    }
    return dash && pipe;
}

static void put_row(struct md *md, text line)
{
    SCOPED(buffer) struct buffer row = { 0 };
    text rest = table_bare(line);

    while (rest.ptr) {
        text cell = text_trim(text_cut(&rest, '|'));

        if (row.len)
            buffer_text(&row, T(" | "));
        buffer_text(&row, cell.len ? cell : T("-"));
    }
    put(md, BLOCK_ROW, 0, buffer_view(&row));
}

static bool take_table(struct md *md, text line)
{
    text rest = md->rest, below = rest.ptr ? text_trim(text_cut(&rest, '\n')) : TEXT_NONE;

    if (text_find_char(line, '|') == SIZE_MAX || !below.len || !is_table_rule(below))
        return false;
    flush(md);
    put_row(md, line);
    md->rest = rest;
    while (md->rest.ptr) {
        text next;

        rest = md->rest;
        next = text_trim(text_cut(&rest, '\n'));
        if (!next.len || text_find_char(next, '|') == SIZE_MAX)
            break;
        put_row(md, next);
        md->rest = rest;
    }
    return true;
}

/* `[name]: address`, and comments on lines of their own. */
static bool take_silent(struct md *md, text line)
{
    size_t end;

    if (text_starts(line, T("<!--"))) {
        while (text_find(line, T("-->")) == SIZE_MAX && md->rest.ptr)
            line = text_cut(&md->rest, '\n');
        return true;
    }
    if (!text_starts(line, T("[")) || text_starts(line, T("[^")))
        return false;
    end = text_find(text_slice(line, 0, LINK_MAX), T("]:"));
    return end != SIZE_MAX && end + 2 < line.len && line.ptr[end + 2] == ' ' && md->content.len == 0;
}

static void take_words(struct md *md, text line)
{
    bool number, quoted = text_starts(line, T(">"));
    size_t bullet;

    while (text_starts(line, T(">")))
        line = text_trim(text_slice(line, 1, line.len));
    bullet = parse_bullet(line, &number);
    if (line.len == 0) {
        flush(md);
        return;
    }
    if (bullet && (md->after_blank || md->item || !number || md->content.len == 0)) {
        flush(md);
        md->item = true;
        line = number ? line : text_trim(text_slice(line, bullet, line.len));
    } else if (md->after_blank && !(md->item && md->content.len == 0) && !quoted) {
        flush(md);
    }
    if (md->content.len)
        buffer_char(&md->content, ' ');
    buffer_text(&md->content, line);
}

static void take_front_matter(struct md *md)
{
    text rest = md->rest, line = text_cut(&rest, '\n'), title = TEXT_NONE;

    if (!text_equal(text_trim(line), T("---")))
        return;
    while (rest.ptr) {
        line = text_trim(text_cut(&rest, '\n'));
        if (text_equal(line, T("---")) || text_equal(line, T("..."))) {
            md->rest = rest.ptr ? rest : T("");
            if (title.ptr)
                parse_block(md->parse, BLOCK_TITLE, 0, title);
            return;
        }
        if (text_starts(line, T("title:"))) {
            title = text_trim(text_slice(line, 6, line.len));
            if (title.len >= 2 && (title.ptr[0] == '"' || title.ptr[0] == '\'') && title.ptr[title.len - 1] == title.ptr[0])
                title = text_slice(title, 1, title.len - 2);
        } else if (text_find_char(line, ':') == SIZE_MAX && line.len && line.ptr[0] != '-') {
            return; /* prose between rules, not front matter */
        }
    }
}

bool parse_md(struct parse *parse)
{
    struct md md = { .parse = parse, .after_blank = true };

    if (!parse_decode(parse, &md.rest))
        return false;
    take_front_matter(&md);
    while (md.rest.ptr && !parse->out->failed) {
        text line = text_cut(&md.rest, '\n'), bare = text_trim(line);

        if (bare.len == 0) {
            if (!md.item)
                flush(&md);
            md.after_blank = true;
            continue;
        }
        if (md.item && md.after_blank && indent_of(line) < 2)
            flush(&md);
        if (!take_fence(&md, bare) && !take_indented_code(&md, line) && !take_heading(&md, bare) && !take_table(&md, bare) &&
            !take_silent(&md, bare)) {
            if (is_rule(bare))
                flush(&md);
            else
                take_words(&md, bare);
        }
        md.after_blank = false;
    }
    flush(&md);
    buffer_free(&md.content);
    return true;
}
