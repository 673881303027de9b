#include "base/sse.h"

void sse_init(struct sse_parser *p, size_t max)
{
    *p = (struct sse_parser){ .line.max = max, .data.max = max, .event.max = 256, .id.max = 1024 };
}

void sse_free(struct sse_parser *p)
{
    buffer_free(&p->line);
    buffer_free(&p->data);
    buffer_free(&p->event);
    buffer_free(&p->id);
}

static bool dispatch(struct sse_parser *p, sse_sink *sink, void *context)
{
    struct sse_event event = { buffer_view(&p->event), buffer_view(&p->data), buffer_view(&p->id) };
    bool go = true;

    if (p->has_data)
        go = sink(context, &event);
    p->data.len = p->event.len = 0;
    p->has_data = false;
    return go;
}

static void set(struct buffer *b, text value)
{
    b->len = 0;
    b->failed = false;
    buffer_text(b, value);
}

static bool line_done(struct sse_parser *p, sse_sink *sink, void *context)
{
    text value = buffer_view(&p->line), name;

    p->line.len = 0;
    if (value.len == 0)
        return dispatch(p, sink, context);
    name = text_cut(&value, ':');
    if (!value.ptr)
        value = T("");
    if (value.len && value.ptr[0] == ' ')
        value = text_slice(value, 1, value.len);
    if (text_equal(name, T("data"))) {
        if (p->has_data)
            buffer_char(&p->data, '\n');
        buffer_text(&p->data, value);
        p->has_data = true;
    } else if (text_equal(name, T("event"))) {
        set(&p->event, value);
    } else if (text_equal(name, T("id"))) {
        set(&p->id, value);
    } /* a comment has an empty name; `retry` and unknown names mean nothing here */
    return !p->data.failed;
}

bool sse_feed(struct sse_parser *p, text piece, sse_sink *sink, void *context)
{
    size_t at = 0;

    while (at < piece.len) {
        size_t stop = at;

        if (p->after_cr) {
            p->after_cr = false;
            if (piece.ptr[at] == '\n') {
                at++;
                continue;
            }
        }
        while (stop < piece.len && piece.ptr[stop] != '\n' && piece.ptr[stop] != '\r')
            stop++;
        buffer_append(&p->line, piece.ptr + at, stop - at);
        if (p->line.failed)
            return false;
        at = stop;
        if (at == piece.len)
            return true;
        p->after_cr = piece.ptr[at++] == '\r';
        if (!p->begun) {
            p->begun = true;
            if (text_starts(buffer_view(&p->line), T("\xef\xbb\xbf")))
                buffer_consume(&p->line, 3);
        }
        if (!line_done(p, sink, context))
            return false;
    }
    return true;
}

bool sse_finish(struct sse_parser *p, sse_sink *sink, void *context)
{
    if (p->line.len && !line_done(p, sink, context))
        return false;
    return dispatch(p, sink, context);
}

static void write_line(struct buffer *out, const char *name, text value)
{
    buffer_text(out, text_of(name));
    buffer_text(out, T(": "));
    buffer_text(out, value);
    buffer_char(out, '\n');
}

void sse_write(struct buffer *out, const struct sse_event *event)
{
    text rest = event->data;

    if (event->id.len)
        write_line(out, "id", event->id);
    if (event->event.len)
        write_line(out, "event", event->event);
    do
        write_line(out, "data", text_cut(&rest, '\n'));
    while (rest.ptr);
    buffer_char(out, '\n');
}
