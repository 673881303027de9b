/*
 * The openai dialect's streams. Events pass through byte for byte; each is scanned once, for its end, its usage, an error,
 * and for what the listener and the caller's decisions need. A tree is never built.
 */
#include "ai/openai.h"

#include <stdlib.h>

#include "ai/intake.h"
#include "ai/openai_wire.h"
#include "ai/upstream_json.h"

struct openai_stream {
    struct ai_stream base;
    struct ai_listener listener;
    struct intake intake;
    struct arena arena; /* the fault's texts, and what a whole answer needs */
    struct ai_request request; /* its texts are not kept: only flags and the provider are used */
    struct buffer words;
    struct buffer *out;         /* of the feed under way; may be NULL */
    struct ai_fault *ret_fault; /* likewise */
    bool faulted;
};

struct ai_stream *openai_stream_open(const struct ai_request *request, const struct ai_listener *listener)
{
    struct openai_stream *s = xcalloc(1, sizeof *s);

    s->base.dialect = &dialect_openai;
    if (listener)
        s->listener = *listener;
    s->request = (struct ai_request){ .endpoint = request->endpoint, .stream = true, .include_usage = request->include_usage, .provider = request->provider };
    intake_init(&s->intake, AI_EVENT_MAX);
    return &s->base;
}

void openai_stream_free(struct ai_stream *stream)
{
    struct openai_stream *s = (struct openai_stream *)stream;

    intake_free(&s->intake);
    arena_free(&s->arena);
    buffer_free(&s->words);
    free(s);
}

static bool fail(struct openai_stream *s, struct ai_fault fault)
{
    s->faulted = true;
    *s->ret_fault = fault;
    return false;
}

static bool garbled(struct openai_stream *s)
{
    return fail(s, ai_fault_make(AI_UPSTREAM_GARBLED, TEXT_NONE, T("The provider's stream is garbled.")));
}

/* --- one chunk --------------------------------------------------------------------------------------------------------- */

/* What one scan of a chunk's top level found; values are slices of it. */
struct chunk {
    text error, choices, usage, groq;
    text usage_member; /* from its key's quote to its value's end; absent when there is none */
};

static void scan_chunk(text data, struct chunk *ret)
{
    struct json_walk walk = json_walk(data);
    text key, value;

    *ret = (struct chunk){ 0 };
    while (json_next_member(&walk, &key, &value)) {
        if (text_equal(key, T("choices"))) {
            ret->choices = value;
        } else if (text_equal(key, T("usage"))) {
            ret->usage = value;
            ret->usage_member = (text){ key.ptr - 1, (size_t)(value.ptr + value.len - (key.ptr - 1)) };
        } else if (text_equal(key, T("error"))) {
            ret->error = value;
        } else if (text_equal(key, T("x_groq"))) {
            ret->groq = value;
        }
    }
}

static bool has_words(text value) { return json_type_of(value) == JSON_STRING && value.len > 2; }

static void read_delta(struct openai_stream *s, text object, bool first_choice)
{
    struct json_walk walk = json_walk(object);
    text key, value;

    while (json_next_member(&walk, &key, &value)) {
        if (text_equal(key, T("content"))) {
            if (!has_words(value))
                continue;
            s->base.saw_content = true;
            if (!first_choice || !s->listener.on_text)
                continue;
            s->words.len = 0;
            upstream_string(&s->words, value);
            s->listener.on_text(s->listener.context, buffer_view(&s->words));
        } else if (text_equal(key, T("tool_calls"))) {
            s->base.saw_content |= json_type_of(value) == JSON_ARRAY && value.len > 2;
        } else if (text_equal(key, T("reasoning_content")) || text_equal(key, T("reasoning")) || text_equal(key, T("refusal"))) {
            s->base.saw_content |= has_words(value);
        }
    }
}

/* False when the choice says that the model failed. */
static bool read_choice(struct openai_stream *s, text choice)
{
    struct json_walk walk = json_walk(choice);
    text key, value, delta = TEXT_NONE, finish = TEXT_NONE;
    int64_t index = 0;

    while (json_next_member(&walk, &key, &value)) {
        if (text_equal(key, T("delta")))
            delta = value;
        else if (text_equal(key, T("finish_reason")))
            finish = value;
        else if (text_equal(key, T("index")))
            index = upstream_count(value);
    }
    if (json_type_of(delta) == JSON_OBJECT)
        read_delta(s, delta, index == 0);
    if (!has_words(finish))
        return true;
    finish = text_slice(finish, 1, finish.len - 2);
    if (text_equal(finish, T("error")))
        return false;
    if (index == 0 || !s->base.finish_reason.ptr)
        s->base.finish_reason = ai_wire_finish_reason(finish);
    return true;
}

/* An event again. Its data came in one line nearly always. */
static void pass(struct openai_stream *s, text data)
{
    if (!s->out)
        return;
    if (text_find_char(data, '\n') != SIZE_MAX) {
        sse_write(s->out, &(struct sse_event){ .data = data });
        return;
    }
    buffer_text(s->out, T("data: "));
    buffer_text(s->out, data);
    buffer_text(s->out, T("\n\n"));
}

/* The chunk without its usage member and the comma that goes with it. */
static void pass_without_usage(struct openai_stream *s, text data, text member)
{
    const char *from = member.ptr, *to = member.ptr + member.len, *end = data.ptr + data.len;

    while (to < end && *to != ',' && *to != '}')
        to++;
    if (to < end && *to == ',') {
        to++;
    } else {
        while (from > data.ptr && *from != ',' && *from != '{')
            from--;
        from += *from == '{';
    }
    s->words.len = 0;
    buffer_append(&s->words, data.ptr, (size_t)(from - data.ptr));
    buffer_append(&s->words, to, (size_t)(end - to));
    pass(s, buffer_view(&s->words));
}

static bool has_items(text list)
{
    struct json_walk walk;
    text item;

    if (json_type_of(list) != JSON_ARRAY)
        return false;
    walk = json_walk(list);
    return json_next_item(&walk, &item);
}

static bool take_chunk(struct openai_stream *s, text data)
{
    struct chunk chunk;
    struct json_walk walk;
    text choice;
    bool counted;

    if (json_type_of(data) != JSON_OBJECT || !upstream_json_valid(data))
        return garbled(s);
    scan_chunk(data, &chunk);
    if (upstream_truthy(chunk.error))
        return fail(s, ai_fault_from_error(&s->arena, chunk.error));
    if (json_type_of(chunk.choices) == JSON_ARRAY) {
        walk = json_walk(chunk.choices);
        while (json_next_item(&walk, &choice))
            if (json_type_of(choice) == JSON_OBJECT && !read_choice(s, choice))
                return fail(s, ai_fault_make(AI_UPSTREAM_ERROR, TEXT_NONE, T("The provider failed in mid-answer.")));
    }
    counted = ai_wire_usage_read(chunk.usage, &s->base.usage);
    if (!counted && json_type_of(chunk.groq) == JSON_OBJECT)
        ai_wire_usage_read(json_find(chunk.groq, "usage"), &s->base.usage);
    if (!chunk.usage_member.ptr || s->request.include_usage)
        pass(s, data);
    else if (!counted || has_items(chunk.choices))
        pass_without_usage(s, data, chunk.usage_member);
    return true;
}

static bool take_event(void *context, const struct sse_event *event)
{
    struct openai_stream *s = context;
    text data = text_trim(event->data);

    if (s->base.ended || data.len == 0)
        return true;
    if (text_starts(data, T("[DONE]"))) {
        s->base.ended = true;
        return true;
    }
    return take_chunk(s, data);
}

/* --- the stream --------------------------------------------------------------------------------------------------------- */

static bool done(struct openai_stream *s, bool ok)
{
    if (!ok && !s->faulted)
        garbled(s);
    else if (ok && s->out && s->out->failed)
        fail(s, ai_fault_make(AI_SERVER_ERROR, TEXT_NONE, T("The answer is too long to be passed on.")));
    s->out = NULL;
    s->ret_fault = NULL;
    return !s->faulted;
}

bool openai_stream_feed(struct ai_stream *stream, text piece, struct buffer *out, struct ai_fault *ret_fault)
{
    struct openai_stream *s = (struct openai_stream *)stream;

    if (s->base.ended)
        return true;
    s->out = out;
    s->ret_fault = ret_fault;
    return done(s, intake_feed(&s->intake, piece, take_event, s));
}

static bool take_whole(struct openai_stream *s)
{
    SCOPED(buffer) struct buffer body = { .max = AI_EVENT_MAX };
    struct ai_fault fault;

    if (!dialect_openai.answer(&s->arena, &s->request, 200, buffer_view(&s->intake.whole), &body, &s->base.usage, &fault))
        return fail(s, fault);
    s->base.finish_reason = ai_wire_completion_as_chunks(s->out, buffer_view(&body), s->request.include_usage, &s->listener);
    s->base.saw_content = s->base.ended = true;
    if (s->request.include_usage && s->base.usage.known && s->out) {
        text whole = buffer_view(&body);
        const struct ai_wire_head head = { upstream_text(&s->arena, json_find(whole, "id"), 200), upstream_count(json_find(whole, "created")),
            upstream_text(&s->arena, json_find(whole, "model"), 200) };

        ai_wire_usage_chunk(s->out, &head, &s->base.usage);
    }
    return true;
}

bool openai_stream_finish(struct ai_stream *stream, struct buffer *out, struct ai_fault *ret_fault)
{
    struct openai_stream *s = (struct openai_stream *)stream;

    s->out = out;
    s->ret_fault = ret_fault;
    if (!intake_finish(&s->intake, take_event, s))
        return done(s, false);
    if (s->intake.kind == INTAKE_WHOLE && !take_whole(s))
        return done(s, false);
    if (!s->base.ended && !s->base.finish_reason.ptr)
        return done(s, fail(s, ai_fault_make(AI_UPSTREAM_CUT, TEXT_NONE, T("The provider's stream ended before its end."))));
    s->base.ended = true;
    if (out)
        ai_wire_done(out);
    return done(s, true);
}
