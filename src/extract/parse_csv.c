/*
 * CSV (RFC 4180) with a header line: each record becomes a row `header: value; header: value`, so that a row tells what
 * it says without the table around it. The delimiter is whichever of , ; tab | parts the first lines most evenly.
 */
#include "extract/parse.h"

enum { SNIFF_LINES = 20 };

/* Counts the delimiter outside quotes in one line; moves `*at` behind the line. */
static size_t count_in_line(text source, size_t *at, char delimiter)
{
    bool quoted = false;
    size_t count = 0, i = *at;

    for (; i < source.len; i++) {
        if (source.ptr[i] == '"')
            quoted = !quoted;
        else if (!quoted && source.ptr[i] == '\n')
            break;
        else if (!quoted && source.ptr[i] == delimiter)
            count++;
    }
    *at = i < source.len ? i + 1 : i;
    return count;
}

static char sniff(text source)
{
    static const char candidates[] = { ',', ';', '\t', '|' };
    size_t best_score = 0;
    char best = ',';

    source = text_slice(source, 0, 1 << 16);
    for (size_t c = 0; c < sizeof candidates; c++) {
        size_t at = 0, first = count_in_line(source, &at, candidates[c]), same = 1, lines = 1;

        for (; at < source.len && lines < SNIFF_LINES; lines++)
            same += count_in_line(source, &at, candidates[c]) == first;
        if (first && first * same * 100 / lines > best_score) {
            best_score = first * same * 100 / lines;
            best = candidates[c];
        }
    }
    return best;
}

struct csv {
    struct parse *parse;
    text source;
    size_t at;
    char delimiter;
    text headers[PARSE_HEADERS_MAX];
    size_t header_count;
    struct buffer field;
    struct buffer row;
};

/* Reads one field into `field`; true when the record goes on behind it. */
static bool read_field(struct csv *csv)
{
    text s = csv->source;
    bool quoted = csv->at < s.len && s.ptr[csv->at] == '"';
    size_t start;

    csv->field.len = 0;
    if (quoted) {
        csv->at++;
        while (csv->at < s.len) {
            start = csv->at;
            while (csv->at < s.len && s.ptr[csv->at] != '"')
                csv->at++;
            buffer_append(&csv->field, s.ptr + start, csv->at - start);
            if (csv->at + 1 >= s.len || s.ptr[csv->at + 1] != '"')
                break;
            buffer_char(&csv->field, '"');
            csv->at += 2;
        }
        if (csv->at < s.len)
            csv->at++;
    }
    start = csv->at; /* what stands behind a closing quote is against the RFC but not lost */
    while (csv->at < s.len && s.ptr[csv->at] != csv->delimiter && s.ptr[csv->at] != '\n')
        csv->at++;
    buffer_append(&csv->field, s.ptr + start, csv->at - start);
    if (csv->at < s.len && s.ptr[csv->at++] == csv->delimiter)
        return true;
    return false;
}

static void read_headers(struct csv *csv)
{
    bool more = true;

    while (more) {
        more = read_field(csv);
        if (csv->header_count < PARSE_HEADERS_MAX)
            csv->headers[csv->header_count++] = text_copy(csv->parse->arena, text_trim(buffer_view(&csv->field)));
    }
}

static void read_record(struct csv *csv)
{
    bool more = true;

    csv->row.len = 0;
    for (size_t column = 0; more; column++) {
        text value;

        more = read_field(csv);
        value = text_trim(buffer_view(&csv->field));
        if (value.len == 0)
            continue;
        if (csv->row.len)
            buffer_text(&csv->row, T("; "));
        if (csv->header_count > 1) {
            if (column < csv->header_count && csv->headers[column].len)
                buffer_text(&csv->row, csv->headers[column]);
            else
                buffer_format(&csv->row, "column %zu", column + 1);
            buffer_text(&csv->row, T(": "));
        }
        buffer_text(&csv->row, value);
    }
    parse_block(csv->parse, BLOCK_ROW, 0, buffer_view(&csv->row));
}

bool parse_csv(struct parse *parse)
{
    struct csv *csv = arena_new(parse->arena, struct csv);
    size_t records = 0;

    csv->parse = parse;
    if (!parse_decode(parse, &csv->source))
        return false;
    csv->delimiter = sniff(csv->source);
    if (csv->source.len)
        read_headers(csv);
    for (; csv->at < csv->source.len && !parse->out->failed; records++)
        read_record(csv);
    if (records == 0) /* only a header: still its words */
        for (size_t i = 0; i < csv->header_count; i++)
            parse_block(parse, BLOCK_ROW, 0, csv->headers[i]);
    buffer_free(&csv->field);
    buffer_free(&csv->row);
    return true;
}
