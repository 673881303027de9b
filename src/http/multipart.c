#include "http/multipart.h"

/* A parameter of a header value: `name="value"` or `name=value`. Absent when there is none. */
static text parameter(text value, text name)
{
    text rest = value;

    text_cut(&rest, ';');
    while (rest.len) {
        text key, one;

        rest = text_trim(rest);
        key = text_cut(&rest, '=');
        if (!rest.ptr)
            return TEXT_NONE;
        if (rest.len && rest.ptr[0] == '"') {
            rest = text_slice(rest, 1, rest.len);
            one = text_cut(&rest, '"');
            text_cut(&rest, ';');
        } else {
            one = text_trim(text_cut(&rest, ';'));
        }
        if (text_equal_nocase(text_trim(key), name))
            return one;
    }
    return TEXT_NONE;
}

bool multipart_open(text content_type, text body, struct multipart *ret)
{
    text rest = content_type, kind = text_trim(text_cut(&rest, ';')), boundary = parameter(content_type, T("boundary"));

    if (!text_equal_nocase(kind, T("multipart/form-data")) || boundary.len < 1 || boundary.len > 70)
        return false;
    *ret = (struct multipart){ .rest = body, .boundary = boundary };
    return true;
}

/* Where `--boundary` stands at the begin of a line from `from` on, or SIZE_MAX. */
static size_t find_boundary(text body, text boundary, size_t from)
{
    while (from < body.len) {
        text rest = text_slice(body, from, body.len);
        size_t at = text_find(rest, T("--"));

        if (at == SIZE_MAX)
            return SIZE_MAX;
        at += from;
        if (text_starts(text_slice(body, at + 2, body.len), boundary) && (at == 0 || (at >= 2 && body.ptr[at - 2] == '\r' && body.ptr[at - 1] == '\n')))
            return at;
        from = at + 1;
    }
    return SIZE_MAX;
}

/* Browsers once sent whole paths, and an attacker may. */
static text last_segment(text name)
{
    for (size_t i = name.len; i > 0; i--)
        if (name.ptr[i - 1] == '/' || name.ptr[i - 1] == '\\')
            return text_slice(name, i, name.len);
    return name;
}

static void read_header(struct part *part, text line)
{
    text value = line, name = text_trim(text_cut(&value, ':'));

    if (!value.ptr)
        return;
    if (text_equal_nocase(name, T("content-type")))
        part->type = text_trim(value);
    if (!text_equal_nocase(name, T("content-disposition")))
        return;
    part->name = parameter(value, T("name"));
    part->file_name = parameter(value, T("filename"));
    if (part->file_name.ptr)
        part->file_name = last_segment(part->file_name);
}

bool multipart_next(struct multipart *m, struct part *ret_part)
{
    size_t at = find_boundary(m->rest, m->boundary, 0), end, next;
    struct part part = { 0 };
    text body, head;

    if (m->damaged || at == SIZE_MAX) {
        m->damaged |= m->rest.len > 0;
        return false;
    }
    body = text_slice(m->rest, at + 2 + m->boundary.len, m->rest.len);
    if (text_starts(body, T("--"))) {
        m->rest = T("");
        return false;
    }
    end = text_find(body, T("\r\n\r\n"));
    next = find_boundary(body, m->boundary, 0);
    if (!text_starts(body, T("\r\n")) || end == SIZE_MAX || next == SIZE_MAX || next < end + 4) {
        m->damaged = true;
        return false;
    }
    head = text_slice(body, 2, end > 2 ? end - 2 : 0);
    while (head.ptr)
        read_header(&part, text_trim(text_cut(&head, '\n')));
    /* an empty part's two line ends are one and the same */
    part.content = text_slice(body, end + 4, next >= end + 6 ? next - 2 - (end + 4) : 0);
    m->rest = text_slice(body, next, body.len);
    *ret_part = part;
    return true;
}
