/*
 * Anthropic's events → OpenAI's chunks. Block numbers there count every block, tool call numbers here count tool calls only.
 */
#include <stdlib.h>

#include "ai/anthropic.h"
#include "ai/intake.h"
#include "ai/openai_wire.h"
#include "base/clock.h"

enum { CALLS_MAX = 128 };

struct anthropic_stream {
    struct ai_stream base;
    struct ai_listener listener;
    struct intake intake;
    struct arena arena; /* head and fault texts */
    bool include_usage;
    bool begun; /* the first chunk is out */
    struct ai_wire_head head;
    struct anthropic_counts counts;
    json_int_t blocks[CALLS_MAX]; /* the block number of each tool call */
    size_t call_count;
    bool arguments_came; /* for the newest call */
    struct buffer *out;         /* of the feed under way; may be NULL */
    struct ai_fault *ret_fault; /* likewise */
    bool faulted;
};

struct ai_stream *anthropic_stream_open(const struct ai_request *request, const struct ai_listener *listener)
{
    struct anthropic_stream *s = xcalloc(1, sizeof *s);

    s->base.dialect = &dialect_anthropic;
    if (listener)
        s->listener = *listener;
    s->include_usage = request->include_usage;
    s->head = (struct ai_wire_head){ T(""), clock_now() / SECOND, text_copy(&s->arena, request->model) };
    intake_init(&s->intake, AI_EVENT_MAX);
    return &s->base;
}

void anthropic_stream_free(struct ai_stream *stream)
{
    struct anthropic_stream *s = (struct anthropic_stream *)stream;

    intake_free(&s->intake);
    arena_free(&s->arena);
    free(s);
}

static bool fail(struct anthropic_stream *s, struct ai_fault fault)
{
    s->faulted = true;
    *s->ret_fault = fault;
    return false;
}

static bool garbled(struct anthropic_stream *s)
{
    return fail(s, ai_fault_make(AI_UPSTREAM_GARBLED, TEXT_NONE, T("The provider's stream is garbled.")));
}

static void chunk(struct anthropic_stream *s, const struct ai_wire_chunk *what)
{
    if (!s->out)
        return;
    if (!s->begun)
        ai_wire_chunk(s->out, &s->head, &(struct ai_wire_chunk){ .role = true }, s->include_usage);
    s->begun = true;
    if (!what->role)
        ai_wire_chunk(s->out, &s->head, what, s->include_usage);
}

/* --- one function for each event ------------------------------------------------------------------------------------------------ */

static bool on_message_start(struct anthropic_stream *s, const json_t *event)
{
    const json_t *message = json_object_get(event, "message");
    text model = anthropic_text(message, "model");

    s->head.id = text_copy(&s->arena, anthropic_text(message, "id"));
    if (!s->head.id.ptr)
        s->head.id = T("");
    if (model.len)
        s->head.model = text_copy(&s->arena, model);
    anthropic_counts_read(json_object_get(message, "usage"), &s->counts);
    s->base.usage = anthropic_usage(&s->counts, false);
    chunk(s, &(struct ai_wire_chunk){ .role = true });
    return true;
}

/* For people, without NUL: texts end up in databases that hold none. */
static void tell(struct anthropic_stream *s, text words)
{
    text rest = words;

    if (!s->listener.on_text)
        return;
    while (rest.ptr) {
        text run = text_cut(&rest, '\0');

        if (run.len)
            s->listener.on_text(s->listener.context, run);
        if (rest.ptr)
            s->listener.on_text(s->listener.context, T("\xef\xbf\xbd"));
    }
}

static void on_words(struct anthropic_stream *s, text words)
{
    if (!words.len)
        return;
    s->base.saw_content = true;
    tell(s, words);
    chunk(s, &(struct ai_wire_chunk){ .content = words });
}

static void on_thought(struct anthropic_stream *s, text thought)
{
    if (!thought.len)
        return;
    s->base.saw_content = true;
    chunk(s, &(struct ai_wire_chunk){ .reasoning = thought });
}

static void on_arguments(struct anthropic_stream *s, json_int_t block, text piece)
{
    size_t i = s->call_count;

    while (i > 0 && s->blocks[i - 1] != block)
        i--;
    if (i == 0 || !piece.len) /* of a tool that runs at the service, or an empty first fragment */
        return;
    if (i == s->call_count)
        s->arguments_came = true;
    chunk(s, &(struct ai_wire_chunk){ .call = true, .call_index = i - 1, .arguments = piece });
}

static bool on_tool(struct anthropic_stream *s, json_int_t block, const json_t *tool)
{
    const json_t *input = json_object_get(tool, "input");
    text id = anthropic_text(tool, "id"), name = anthropic_text(tool, "name");

    if (s->call_count == CALLS_MAX || !id.len || !name.len)
        return garbled(s);
    s->blocks[s->call_count++] = block;
    s->arguments_came = false;
    s->base.saw_content = true;
    chunk(s, &(struct ai_wire_chunk){ .call = true, .call_index = s->call_count - 1, .call_id = id, .call_name = name });
    if (json_object_size(input)) /* not by Anthropic itself, which sends it in fragments */
        on_arguments(s, block, anthropic_dump(&s->arena, input));
    return true;
}

static bool on_block_start(struct anthropic_stream *s, const json_t *event)
{
    const json_t *block = json_object_get(event, "content_block");
    text type = anthropic_text(block, "type");

    if (text_equal(type, T("tool_use")))
        return on_tool(s, json_integer_value(json_object_get(event, "index")), block);
    if (text_equal(type, T("text")))
        on_words(s, anthropic_text(block, "text"));
    else if (text_equal(type, T("thinking")))
        on_thought(s, anthropic_text(block, "thinking"));
    return true;
}

static bool on_block_delta(struct anthropic_stream *s, const json_t *event)
{
    const json_t *delta = json_object_get(event, "delta");
    text type = anthropic_text(delta, "type");

    if (text_equal(type, T("text_delta")))
        on_words(s, anthropic_text(delta, "text"));
    else if (text_equal(type, T("input_json_delta")))
        on_arguments(s, json_integer_value(json_object_get(event, "index")), anthropic_text(delta, "partial_json"));
    else if (text_equal(type, T("thinking_delta")))
        on_thought(s, anthropic_text(delta, "thinking"));
    return true;
}

/* A call without arguments may come without fragments; OpenAI's clients parse the string and need an object in it. */
static bool on_block_stop(struct anthropic_stream *s, const json_t *event)
{
    json_int_t block = json_integer_value(json_object_get(event, "index"));

    if (s->call_count && s->blocks[s->call_count - 1] == block && !s->arguments_came)
        on_arguments(s, block, T("{}"));
    return true;
}

static bool on_message_delta(struct anthropic_stream *s, const json_t *event)
{
    text stop = anthropic_text(json_object_get(event, "delta"), "stop_reason");
    const json_t *usage = json_object_get(event, "usage");

    if (json_is_object(usage)) {
        anthropic_counts_read(usage, &s->counts);
        s->base.usage = anthropic_usage(&s->counts, true);
    }
    if (!stop.len || s->base.finish_reason.ptr)
        return true;
    s->base.finish_reason = anthropic_finish_reason(stop);
    chunk(s, &(struct ai_wire_chunk){ .finish_reason = s->base.finish_reason });
    return true;
}

static bool on_message_stop(struct anthropic_stream *s, const json_t *event)
{
    (void)event;
    s->base.ended = true;
    return true;
}

static bool on_error(struct anthropic_stream *s, const json_t *event)
{
    const json_t *error = json_object_get(event, "error");

    return error ? fail(s, anthropic_fault(&s->arena, error)) : garbled(s);
}

static bool on_event(struct anthropic_stream *s, const json_t *event)
{
    static const struct { const char *type; bool (*take)(struct anthropic_stream *, const json_t *); } rows[] = {
        { "content_block_delta", on_block_delta }, { "content_block_start", on_block_start }, { "content_block_stop", on_block_stop },
        { "message_start", on_message_start },     { "message_delta", on_message_delta },     { "message_stop", on_message_stop },
        { "error", on_error },
    };
    text type = anthropic_text(event, "type");

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_equal(type, text_of(rows[i].type)))
            return rows[i].take(s, event);
    return true; /* ping, and types that are yet to come */
}

static bool take_event(void *context, const struct sse_event *event)
{
    struct anthropic_stream *s = context;
    json_auto_t *tree = NULL;

    if (s->base.ended || text_trim(event->data).len == 0)
        return true;
    tree = json_loadb(event->data.ptr, event->data.len, JSON_ALLOW_NUL, NULL);
    return json_is_object(tree) ? on_event(s, tree) : garbled(s);
}

/* --- the stream ------------------------------------------------------------------------------------------------------------------- */

static bool done(struct anthropic_stream *s, bool ok)
{
    if (!ok && !s->faulted)
        garbled(s);
    else if (ok && s->out && s->out->failed)
        fail(s, ai_fault_make(AI_SERVER_ERROR, TEXT_NONE, T("The answer is too long to be passed on.")));
    s->out = NULL;
    s->ret_fault = NULL;
    return !s->faulted;
}

bool anthropic_stream_feed(struct ai_stream *stream, text piece, struct buffer *out, struct ai_fault *ret_fault)
{
    struct anthropic_stream *s = (struct anthropic_stream *)stream;

    if (s->base.ended)
        return true;
    s->out = out;
    s->ret_fault = ret_fault;
    return done(s, intake_feed(&s->intake, piece, take_event, s));
}

static bool take_whole(struct anthropic_stream *s)
{
    SCOPED(buffer) struct buffer body = { .max = AI_EVENT_MAX };
    const struct ai_request request = { .endpoint = AI_CHAT };
    struct ai_fault fault;

    if (!anthropic_answer(&s->arena, &request, 200, buffer_view(&s->intake.whole), &body, &s->base.usage, &fault))
        return fail(s, fault);
    s->base.finish_reason = ai_wire_completion_as_chunks(s->out, buffer_view(&body), s->include_usage, &s->listener);
    s->base.saw_content = s->base.ended = true;
    return true;
}

bool anthropic_stream_finish(struct ai_stream *stream, struct buffer *out, struct ai_fault *ret_fault)
{
    struct anthropic_stream *s = (struct anthropic_stream *)stream;

    s->out = out;
    s->ret_fault = ret_fault;
    if (!intake_finish(&s->intake, take_event, s))
        return done(s, false);
    if (s->intake.kind == INTAKE_WHOLE && !take_whole(s))
        return done(s, false);
    if (!s->base.finish_reason.ptr)
        return done(s, fail(s, ai_fault_make(AI_UPSTREAM_CUT, TEXT_NONE, T("The provider's stream ended before its end."))));
    s->base.ended = true;
    if (out && s->include_usage && s->base.usage.known)
        ai_wire_usage_chunk(out, &s->head, &s->base.usage);
    if (out)
        ai_wire_done(out);
    return done(s, true);
}
