/* Rows: filling in, sending, checking. */
#include "tests/scenario/scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/scenario/world.h"

struct tally tally;

/* --- saying ------------------------------------------------------------------------------------------------------------------------------ */

static bool say(struct world *world, const struct answer *answer, const char *format, va_list arguments)
{
    world->failed = true;
    if (world->quiet)
        return false;
    tally.failures++;
    fprintf(stderr, "\n%s: %s\n    ", world->suite, world->about);
    vfprintf(stderr, format, arguments);
    if (answer)
        fprintf(stderr, "\n    the answer: %d %.*s", answer->status, TEXT_ARG(utf8_prefix(answer->body, 600)));
    fputc('\n', stderr);
    return false;
}

bool expect(struct world *world, bool holds, const char *format, ...)
{
    va_list arguments;

    tally.checks++;
    if (holds)
        return true;
    va_start(arguments, format);
    say(world, NULL, format, arguments);
    va_end(arguments);
    return false;
}

bool expect_answer(struct world *world, const struct answer *answer, bool holds, const char *format, ...)
{
    va_list arguments;

    tally.checks++;
    if (holds)
        return true;
    va_start(arguments, format);
    say(world, answer, format, arguments);
    va_end(arguments);
    return false;
}

/* --- answers ------------------------------------------------------------------------------------------------------------------------------ */

text answer_header(const struct answer *answer, const char *name)
{
    text rest = answer->head;

    while (rest.len) {
        text value = text_trim(text_cut(&rest, '\n')), key = text_cut(&value, ':');

        if (value.ptr && text_equal_nocase(key, text_of(name)))
            return text_trim(value);
    }
    return TEXT_NONE;
}

static text item_at(text array, int64_t index)
{
    struct json_walk walk = json_walk(array);
    text item;

    while (json_next_item(&walk, &item))
        if (index-- == 0)
            return item;
    return TEXT_NONE;
}

/* The value as JSON, or absent. Invalid JSON has no members. */
static text value_at(text json, text path)
{
    static const struct json_limits limits = { .depth = 64, .string = 64 << 20 };
    struct json_error error;

    if (!json_check(json, &limits, &error))
        return TEXT_NONE;
    json = text_trim(json);
    while (path.len && json.ptr) {
        text step = text_cut(&path, '.');
        char name[128];
        int64_t index;

        snprintf(name, sizeof name, "%.*s", TEXT_ARG(step));
        if (json_type_of(json) == JSON_ARRAY)
            json = text_int(step, &index) ? item_at(json, index) : TEXT_NONE;
        else
            json = json_type_of(json) == JSON_OBJECT ? json_find(json, name) : TEXT_NONE;
    }
    return json;
}

static text plain(struct arena *arena, text value)
{
    return json_type_of(value) == JSON_STRING ? text_copy(arena, json_unquote(arena, value)) : value;
}

text answer_member(struct world *world, const struct answer *answer, const char *path)
{
    text value = value_at(answer->body, text_of(path));

    return value.ptr ? plain(&world->arena, value) : TEXT_NONE;
}

static size_t items_of(text array)
{
    struct json_walk walk = json_walk(array);
    size_t count = 0;
    text item;

    while (json_type_of(array) == JSON_ARRAY && json_next_item(&walk, &item))
        count++;
    return count;
}

bool answer_has(struct world *world, const struct answer *answer, const char *expectation)
{
    text whole = text_of(filled(world, expectation));
    size_t at = strcspn(whole.ptr, "=^~#!");
    text path = text_slice(whole, 0, at), wanted = text_slice(whole, at + 1, whole.len), value = value_at(answer->body, path), shown;
    int64_t count;

    if (!value.ptr)
        return false;
    shown = plain(&world->arena, value);
    switch (at < whole.len ? whole.ptr[at] : '\0') {
    case '=': return text_equal(shown, wanted);
    case '^': return text_starts(shown, wanted);
    case '~': return text_find(shown, wanted) != SIZE_MAX;
    case '#': return json_type_of(value) == JSON_ARRAY && text_int(wanted, &count) && (int64_t)items_of(value) == count;
    case '!': return json_type_of(value) == JSON_NULL;
    default: return json_type_of(value) != JSON_NULL;
    }
}

static text cookie_value(const struct answer *answer)
{
    text line = answer_header(answer, "set-cookie");

    return line.ptr ? text_cut(&line, ';') : TEXT_NONE;
}

/* --- what holds for every answer ----------------------------------------------------------------------------------------------------------- */

static int status_of_code(text code)
{
    for (int result = OK + 1; result < RESULT_COUNT; result++)
        if (text_equal(code, text_of(result_code((enum result)result))))
            return result_status((enum result)result);
    return 0;
}

static void check_error(struct world *world, const struct answer *answer, text path)
{
    text code = answer_member(world, answer, "error.code");

    if (text_starts(path, T("/v1/"))) {
        expect_answer(world, answer, answer_has(world, answer, "error.message") && answer_has(world, answer, "error.type"), "an error under /v1 has OpenAI's shape");
        return;
    }
    if (!text_starts(path, T("/api/")) || text_starts(path, T("/api/health")))
        return;
    expect_answer(world, answer, answer_has(world, answer, "success=false") && answer_has(world, answer, "error.message"), "an error says so and has a message");
    expect_answer(world, answer, status_of_code(code) == answer->status, "the error's code %.*s belongs to its status", TEXT_ARG(code));
    expect_answer(world, answer, text_equal(answer_member(world, answer, "error.request_id"), answer_header(answer, "x-request-id")),
                  "the error names the request as the header does");
}

static void check_always(struct world *world, const struct answer *answer, text path)
{
    static const char *const headers[] = { "x-request-id", "x-content-type-options", "referrer-policy", "content-security-policy", "date", NULL };
    static const char *const leaks[] = { "sqlite", "SQLITE", "SELECT ", "INSERT ", "organization_id =", "/tmp/tenon-scenario", "src/", "argon2", NULL };
    static const struct json_limits limits = { .depth = 64, .string = 64 << 20 };
    struct json_error error;

    if (!expect(world, answer->status != 0, "the connection ended without an answer"))
        return;
    for (const char *const *header = headers; *header; header++)
        expect_answer(world, answer, answer_header(answer, *header).ptr != NULL, "every answer has the header %s", *header);
    expect_answer(world, answer, answer_header(answer, "x-frame-options").ptr || text_find(answer_header(answer, "content-security-policy"), T("frame-ancestors")) != SIZE_MAX,
                  "no answer may be framed");
    if (text_starts(answer_header(answer, "content-type"), T("application/json")) && answer->body.len)
        expect_answer(world, answer, json_check(answer->body, &limits, &error), "what is called JSON is JSON");
    if (answer->status < 400)
        return;
    check_error(world, answer, path);
    for (const char *const *leak = leaks; *leak; leak++)
        expect_answer(world, answer, text_find(answer->body, text_of(*leak)) == SIZE_MAX, "no error shows %s", *leak);
}

/* --- requests ------------------------------------------------------------------------------------------------------------------------------ */

static text with_line_ends(struct world *world, const char *headers)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_of(headers ? filled(world, headers) : "");

    while (rest.len) {
        text line = text_cut(&rest, '\n');

        buffer_format(&out, "%.*s\r\n", TEXT_ARG(line));
    }
    return text_copy(&world->arena, buffer_view(&out));
}

/* True when `headers` has a line for `name` already. */
static bool names(const char *headers, const char *name)
{
    struct answer as_head = { .head = text_of(headers ? headers : "") };

    return answer_header(&as_head, name).ptr != NULL;
}

static struct answer exchange(struct world *world, const char *as, const char *send, text body, const char *type, const char *headers)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text target = text_of(filled(world, send)), method = text_cut(&target, ' '), path = target, who = credentials(world, as);
    struct answer answer;

    path = text_cut(&path, '?');
    buffer_format(&out, "%.*s %.*s HTTP/1.1\r\n%.*s%.*s", TEXT_ARG(method), TEXT_ARG(target), TEXT_ARG(who), TEXT_ARG(with_line_ends(world, headers)));
    if (!names(headers, "host"))
        buffer_format(&out, "Host: 127.0.0.1:%d\r\n", world->client.port);
    if (body.ptr && type && !names(headers, "content-type"))
        buffer_format(&out, "Content-Type: %s\r\n", type);
    if (body.ptr)
        buffer_format(&out, "Content-Length: %zu\r\n", body.len);
    buffer_text(&out, T("\r\n"));
    buffer_text(&out, body);
    answer = client_exchange(&world->client, &world->arena, buffer_view(&out), text_equal(method, T("HEAD")));
    tally.requests++;
    check_always(world, &answer, path);
    return answer;
}

static text with_quotes(struct world *world, const char *body)
{
    text copy = text_copy(&world->arena, text_of(filled(world, body)));

    for (size_t i = 0; i < copy.len; i++)
        if (copy.ptr[i] == '\'')
            ((char *)copy.ptr)[i] = '"';
    return copy;
}

struct answer ask(struct world *world, const char *as, const char *send, const char *body, const char *headers)
{
    return exchange(world, as, send, body ? with_quotes(world, body) : TEXT_NONE, "application/json", headers);
}

struct answer ask_bytes(struct world *world, const char *as, const char *send, text body, const char *headers)
{
    return exchange(world, as, send, body, "application/json", headers);
}

#define BOUNDARY "scenario-boundary"

static text multipart(struct world *world, const struct scenario *row)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_of(row->form ? filled(world, row->form) : "");

    while (rest.len) {
        text value = text_cut(&rest, '&'), name = text_cut(&value, '=');

        buffer_format(&out, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n%.*s\r\n", TEXT_ARG(name), TEXT_ARG(value));
    }
    if (row->file)
        buffer_format(&out, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n", row->file, row->content ? row->content : "");
    buffer_text(&out, T("--" BOUNDARY "--\r\n"));
    return text_copy(&world->arena, buffer_view(&out));
}

struct answer ask_row(struct world *world, const struct scenario *row)
{
    if (row->file || row->form)
        return exchange(world, row->as, row->send, multipart(world, row), "multipart/form-data; boundary=" BOUNDARY, row->headers);
    if (row->text)
        return exchange(world, row->as, row->send, text_of(filled(world, row->text)), "application/json", row->headers);
    return ask(world, row->as, row->send, row->body, row->headers);
}

/* --- checking a row -------------------------------------------------------------------------------------------------------------------------- */

static int wanted_status(const struct scenario *row)
{
    if (row->error)
        return status_of_code(text_of(row->error));
    return row->status ? row->status : 200;
}

static void check_heads(struct world *world, const struct answer *answer, const char *const *heads)
{
    for (; *heads; heads++) {
        text begin = text_of(filled(world, *heads)), name = text_cut(&begin, ':'), value;
        bool absent = name.ptr[0] == '!';

        value = answer_header(answer, text_z(&world->arena, absent ? text_slice(name, 1, name.len) : name));
        expect_answer(world, answer, absent ? !value.ptr : value.ptr && (!begin.ptr || text_starts(value, text_trim(begin))), "the headers must fit `%s`, it is `%.*s`", *heads,
                      TEXT_ARG(value));
    }
}

static void check_answer(struct world *world, const struct scenario *row, const struct answer *answer)
{
    expect_answer(world, answer, answer->status == wanted_status(row), "the status must be %d", wanted_status(row));
    if (row->error && !text_starts(text_of(strchr(row->send, ' ') + 1), T("/v1/")))
        expect_answer(world, answer, text_equal(answer_member(world, answer, "error.code"), text_of(row->error)), "the error must be %s", row->error);
    for (const char *const *one = row->has; *one; one++)
        expect_answer(world, answer, answer_has(world, answer, *one), "it must have `%s`", *one);
    for (const char *const *one = row->lacks; *one; one++)
        expect_answer(world, answer, !value_at(answer->body, text_of(*one)).ptr, "it must not have `%s`", *one);
    for (const char *const *one = row->says; *one; one++)
        expect_answer(world, answer, text_find(answer->body, text_of(filled(world, *one))) != SIZE_MAX, "it must say `%s`", *one);
    for (const char *const *one = row->hides; *one; one++)
        expect_answer(world, answer, text_find(answer->body, text_of(filled(world, *one))) == SIZE_MAX, "it must not show `%s`", *one);
    check_heads(world, answer, row->heads);
}

static void keep_row(struct world *world, const struct scenario *row, const struct answer *answer)
{
    for (const char *const *one = row->keep; *one; one++) {
        text from = text_of(*one), name = text_cut(&from, '='), value;

        if (text_equal(from, T("@cookie")))
            value = cookie_value(answer);
        else if (from.ptr[0] == '@')
            value = answer_header(answer, from.ptr + 1);
        else
            value = answer_member(world, answer, from.ptr);
        if (expect_answer(world, answer, value.ptr != NULL, "there is nothing to keep: `%s`", *one))
            keep(world, text_z(&world->arena, name), value);
    }
}

/* Noted a moment after the answer: an earlier row's may come after this one's. */
static bool comes_late(text action)
{
    static const char *const late[] = { "access.foreign", "key.out_of_scope", "auth.login_failed", "auth.factor_failed", "auth.locked", "auth.reset_asked" };

    for (size_t i = 0; i < COUNT(late); i++)
        if (text_equal(action, text_of(late[i])))
            return true;
    return false;
}

/* Whether the log ends with the row. */
static bool ends_with(struct world *world, const struct answer *answer, text action, text target)
{
    for (int i = 0;; i++) {
        char path[2][32];
        text newest;

        snprintf(path[0], sizeof path[0], "data.%d.action", i);
        snprintf(path[1], sizeof path[1], "data.%d.target", i);
        newest = answer_member(world, answer, path[0]);
        if (text_equal(newest, action) && (!target.len || text_equal(answer_member(world, answer, path[1]), target)))
            return true;
        if (!comes_late(newest))
            return false;
    }
}

static void check_audit(struct world *world, const struct scenario *row)
{
    text target = text_of(row->audit ? filled(world, row->audit) : ""), action = text_cut(&target, ' ');
    const char *whose = row->as && strcmp(row->as, STRANGER) == 0 ? STRANGER : OWNER;
    struct answer answer = { 0 };
    int64_t until = clock_ticks() + 5 * SECOND;

    if (!row->audit)
        return;
    do {
        answer = ask(world, whose, "GET /api/audit?limit=10", NULL, NULL);
        if (ends_with(world, &answer, action, target))
            return;
        clock_sleep(2 * MILLISECOND);
    } while (clock_ticks() < until);
    expect_answer(world, &answer, false, "the audit log must end with `%s`", row->audit);
}

static void note_row(const struct scenario *row, struct world *world, const struct answer *answer)
{
    text target = text_of(filled(world, row->send)), method = text_cut(&target, ' ');

    note_hit(text_z(&world->arena, method), text_cut(&target, '?'), answer->status);
}

static void send_and_check(struct world *world, const struct scenario *row)
{
    struct answer answer = ask_row(world, row);

    check_answer(world, row, &answer);
    if (row->check)
        row->check(world, &answer);
    if (!world->failed)
        note_row(row, world, &answer);
    if (!world->failed || !world->quiet)
        keep_row(world, row, &answer);
}

void run_row(struct world *world, const struct scenario *row)
{
    int64_t until = clock_ticks() + 10 * SECOND;

    world->about = row->name;
    if (row->later)
        world_shift(world, row->later);
    for (int i = 0; i < (row->times ? row->times : 1); i++) {
        do {
            world->failed = false;
            world->quiet = row->eventually && clock_ticks() < until;
            send_and_check(world, row);
            if (world->quiet && world->failed)
                clock_sleep(5 * MILLISECOND);
        } while (world->quiet && world->failed);
        world->quiet = false;
    }
    check_audit(world, row);
}

void run_rows(struct world *world, const struct scenario *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_row(world, &rows[i]);
}
