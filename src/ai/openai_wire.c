#include "ai/openai_wire.h"

#include "ai/dialect.h"
#include "ai/upstream_json.h"
#include "base/json.h"

static void head(struct json_writer *w, const struct ai_wire_head *h, const char *object)
{
    jw_object(w);
    jw_member(w, "id", text, h->id);
    jw_member(w, "object", text, text_of(object));
    jw_member(w, "created", int, h->created);
    jw_member(w, "model", text, h->model);
}

static void event_begin(struct buffer *out) { buffer_text(out, T("data: ")); }
static void event_end(struct buffer *out) { buffer_text(out, T("\n\n")); }

/* --- usage ------------------------------------------------------------------------------------------------------------ */

void ai_wire_usage(struct json_writer *w, const struct ai_usage *usage)
{
    jw_object(w);
    jw_member(w, "prompt_tokens", int, usage->input_tokens);
    jw_member(w, "completion_tokens", int, usage->output_tokens);
    jw_member(w, "total_tokens", int, usage->input_tokens + usage->output_tokens);
    jw_key(w, "prompt_tokens_details");
    jw_object(w);
    jw_member(w, "cached_tokens", int, usage->cached_tokens);
    jw_member(w, "cache_write_tokens", int, usage->cache_write_tokens);
    jw_object_close(w);
    jw_key(w, "completion_tokens_details");
    jw_object(w);
    jw_member(w, "reasoning_tokens", int, usage->reasoning_tokens);
    jw_object_close(w);
    jw_object_close(w);
}

bool ai_wire_usage_read(text usage, struct ai_usage *ret_usage)
{
    struct ai_usage u = { .known = false };
    struct json_walk walk;
    text key, value;
    int64_t total = 0;

    if (json_type_of(usage) != JSON_OBJECT)
        return false;
    walk = json_walk(usage);
    while (json_next_member(&walk, &key, &value)) {
        if (text_equal(key, T("prompt_tokens"))) {
            u.input_tokens = upstream_count(value);
            u.known = true;
        } else if (text_equal(key, T("completion_tokens"))) {
            u.output_tokens = upstream_count(value);
            u.known = true;
        } else if (text_equal(key, T("total_tokens"))) {
            total = upstream_count(value);
        } else if (text_equal(key, T("prompt_cache_hit_tokens"))) {
            u.cached_tokens = upstream_count(value);
        } else if (text_equal(key, T("prompt_tokens_details"))) {
            u.cached_tokens = upstream_count(json_find(value, "cached_tokens"));
            u.cache_write_tokens = upstream_count(json_find(value, "cache_write_tokens"));
        } else if (text_equal(key, T("completion_tokens_details"))) {
            u.reasoning_tokens = upstream_count(json_find(value, "reasoning_tokens"));
        }
    }
    if (!u.known && total) { /* embeddings of some services count the total alone */
        u.input_tokens = total;
        u.known = true;
    }
    if (u.known)
        *ret_usage = u;
    return u.known;
}

/* --- chat -------------------------------------------------------------------------------------------------------------- */

static void call_function(struct json_writer *w, text name, text arguments)
{
    jw_key(w, "function");
    jw_object(w);
    if (name.ptr)
        jw_member(w, "name", text, name);
    jw_member(w, "arguments", text, arguments.ptr ? arguments : T(""));
    jw_object_close(w);
}

static void calls(struct json_writer *w, const struct ai_wire_call *items, size_t count)
{
    jw_key(w, "tool_calls");
    jw_array(w);
    for (size_t i = 0; i < count; i++) {
        jw_object(w);
        jw_member(w, "id", text, items[i].id);
        jw_member(w, "type", text, T("function"));
        call_function(w, items[i].name, items[i].arguments);
        jw_object_close(w);
    }
    jw_array_close(w);
}

void ai_wire_completion(struct buffer *out, const struct ai_wire_completion *c)
{
    struct json_writer w = { out, false };

    head(&w, &c->head, "chat.completion");
    jw_key(&w, "choices");
    jw_array(&w);
    jw_object(&w);
    jw_member(&w, "index", int, 0);
    jw_key(&w, "message");
    jw_object(&w);
    jw_member(&w, "role", text, T("assistant"));
    jw_member(&w, "content", text, c->content);
    jw_key(&w, "refusal");
    jw_null(&w);
    if (c->reasoning.len)
        jw_member(&w, "reasoning_content", text, c->reasoning);
    if (c->call_count)
        calls(&w, c->calls, c->call_count);
    jw_object_close(&w);
    jw_key(&w, "logprobs");
    jw_null(&w);
    jw_member(&w, "finish_reason", text, c->finish_reason);
    jw_object_close(&w);
    jw_array_close(&w);
    if (c->usage.known) {
        jw_key(&w, "usage");
        ai_wire_usage(&w, &c->usage);
    }
    jw_object_close(&w);
}

static void call_delta(struct json_writer *w, const struct ai_wire_chunk *chunk)
{
    jw_key(w, "tool_calls");
    jw_array(w);
    jw_object(w);
    jw_member(w, "index", int, (int64_t)chunk->call_index);
    if (chunk->call_id.ptr) {
        jw_member(w, "id", text, chunk->call_id);
        jw_member(w, "type", text, T("function"));
    }
    call_function(w, chunk->call_name, chunk->arguments);
    jw_object_close(w);
    jw_array_close(w);
}

static void delta(struct json_writer *w, const struct ai_wire_chunk *chunk)
{
    jw_key(w, "delta");
    jw_object(w);
    if (chunk->role) {
        jw_member(w, "role", text, T("assistant"));
        jw_member(w, "content", text, T(""));
    } else if (chunk->content.ptr) {
        jw_member(w, "content", text, chunk->content);
    }
    if (chunk->reasoning.ptr)
        jw_member(w, "reasoning_content", text, chunk->reasoning);
    if (chunk->call)
        call_delta(w, chunk);
    jw_object_close(w);
}

void ai_wire_chunk(struct buffer *out, const struct ai_wire_head *h, const struct ai_wire_chunk *chunk, bool usage_null)
{
    struct json_writer w = { out, false };

    event_begin(out);
    head(&w, h, "chat.completion.chunk");
    jw_key(&w, "choices");
    jw_array(&w);
    jw_object(&w);
    jw_member(&w, "index", int, 0);
    delta(&w, chunk);
    jw_key(&w, "logprobs");
    jw_null(&w);
    jw_member(&w, "finish_reason", text, chunk->finish_reason);
    jw_object_close(&w);
    jw_array_close(&w);
    if (usage_null) {
        jw_key(&w, "usage");
        jw_null(&w);
    }
    jw_object_close(&w);
    event_end(out);
}

void ai_wire_usage_chunk(struct buffer *out, const struct ai_wire_head *h, const struct ai_usage *usage)
{
    struct json_writer w = { out, false };

    event_begin(out);
    head(&w, h, "chat.completion.chunk");
    jw_key(&w, "choices");
    jw_array(&w);
    jw_array_close(&w);
    jw_key(&w, "usage");
    ai_wire_usage(&w, usage);
    jw_object_close(&w);
    event_end(out);
}

void ai_wire_done(struct buffer *out) { buffer_text(out, T("data: [DONE]\n\n")); }

text ai_wire_finish_reason(text raw)
{
    static const struct { const char *raw, *word; } rows[] = {
        { "stop", "stop" }, { "length", "length" }, { "tool_calls", "tool_calls" }, { "content_filter", "content_filter" },
        { "function_call", "function_call" }, { "model_length", "length" }, { "insufficient_system_resource", "length" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_equal(raw, text_of(rows[i].raw)))
            return text_of(rows[i].word);
    return T("stop");
}

/* --- a whole completion as chunks --------------------------------------------------------------------------------------- */

/* The service may have set its document over several lines. Checked JSON has line ends between its tokens only; in an event
   they would end the line. */
static void join_lines(struct buffer *out, size_t from)
{
    for (size_t i = from; i < out->len; i++)
        if (out->ptr[i] == '\n' || out->ptr[i] == '\r')
            out->ptr[i] = ' ';
}

static text raw_or_null(text value) { return value.ptr ? value : T("null"); }

static size_t raw_chunk_begin(struct json_writer *w, text completion, text index)
{
    size_t start = w->out->len;

    event_begin(w->out);
    jw_object(w);
    jw_member(w, "id", raw, json_find(completion, "id"));
    jw_member(w, "object", text, T("chat.completion.chunk"));
    jw_member(w, "created", raw, json_find(completion, "created"));
    jw_member(w, "model", raw, json_find(completion, "model"));
    jw_key(w, "choices");
    jw_array(w);
    jw_object(w);
    jw_member(w, "index", raw, index.ptr ? index : T("0"));
    jw_key(w, "delta");
    jw_object(w);
    return start;
}

static void raw_chunk_end(struct json_writer *w, size_t start, text finish_reason, bool usage_null)
{
    jw_object_close(w);
    jw_member(w, "finish_reason", raw, raw_or_null(finish_reason));
    jw_object_close(w);
    jw_array_close(w);
    if (usage_null) {
        jw_key(w, "usage");
        jw_null(w);
    }
    jw_object_close(w);
    join_lines(w->out, start);
    event_end(w->out);
    w->comma = false;
}

/* A delta's calls carry an index, which the message's do not. */
static void indexed_calls(struct json_writer *w, text list)
{
    struct json_walk walk = json_walk(list), members;
    text call, key, value;

    jw_key(w, "tool_calls");
    jw_array(w);
    for (int64_t i = 0; json_next_item(&walk, &call); i++) {
        jw_object(w);
        jw_member(w, "index", int, i);
        members = json_walk(call);
        while (json_type_of(call) == JSON_OBJECT && json_next_member(&members, &key, &value))
            if (!text_equal(key, T("index"))) {
                /* the key is already in its written form */
                if (w->comma)
                    buffer_char(w->out, ',');
                buffer_char(w->out, '"');
                buffer_text(w->out, key);
                buffer_text(w->out, T("\":"));
                buffer_text(w->out, value);
                w->comma = true;
            }
        jw_object_close(w);
    }
    jw_array_close(w);
}

static void choice_as_chunks(struct buffer *out, text completion, text choice, bool usage_null)
{
    struct json_writer w = { out, false };
    text message = json_find(choice, "message"), index = json_find(choice, "index");
    static const char *const copied[] = { "content", "refusal", "reasoning_content", "reasoning" };
    size_t start;

    if (!message.ptr)
        message = T("{}");
    start = raw_chunk_begin(&w, completion, index);
    jw_member(&w, "role", text, T("assistant"));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        text value = json_find(message, copied[i]);

        if (value.ptr)
            jw_member(&w, copied[i], raw, value);
    }
    if (json_type_of(json_find(message, "tool_calls")) == JSON_ARRAY)
        indexed_calls(&w, json_find(message, "tool_calls"));
    raw_chunk_end(&w, start, TEXT_NONE, usage_null);
    start = raw_chunk_begin(&w, completion, index);
    raw_chunk_end(&w, start, json_find(choice, "finish_reason"), usage_null);
}

text ai_wire_completion_as_chunks(struct buffer *out, text completion, bool usage_null, const struct ai_listener *listener)
{
    SCOPED(buffer) struct buffer content = { 0 };
    struct json_walk walk = json_walk(json_find(completion, "choices"));
    text choice, message, finish, finish_reason = TEXT_NONE;

    for (size_t i = 0; json_next_item(&walk, &choice); i++) {
        if (out)
            choice_as_chunks(out, completion, choice, usage_null);
        if (i)
            continue;
        finish = json_find(choice, "finish_reason");
        if (json_type_of(finish) == JSON_STRING)
            finish_reason = ai_wire_finish_reason(text_slice(finish, 1, finish.len - 2));
        message = json_find(choice, "message");
        upstream_string(&content, message.ptr ? json_find(message, "content") : TEXT_NONE);
        if (listener && listener->on_text && content.len)
            listener->on_text(listener->context, buffer_view(&content));
    }
    return finish_reason;
}

/* --- lists and errors ----------------------------------------------------------------------------------------------------- */

void ai_wire_embeddings(struct buffer *out, text model, const struct embedding *embeddings, size_t count, bool base64, int64_t input_tokens)
{
    struct json_writer w = { out, false };

    jw_object(&w);
    jw_member(&w, "object", text, T("list"));
    jw_key(&w, "data");
    jw_array(&w);
    for (size_t i = 0; i < count; i++) {
        jw_object(&w);
        jw_member(&w, "object", text, T("embedding"));
        jw_member(&w, "index", int, (int64_t)i);
        jw_key(&w, "embedding");
        embedding_write(&w, embeddings[i], base64);
        jw_object_close(&w);
    }
    jw_array_close(&w);
    jw_member(&w, "model", text, model);
    jw_key(&w, "usage");
    jw_object(&w);
    jw_member(&w, "prompt_tokens", int, input_tokens);
    jw_member(&w, "total_tokens", int, input_tokens);
    jw_object_close(&w);
    jw_object_close(&w);
}

static void model_object(struct json_writer *w, const struct ai_wire_model *model)
{
    jw_object(w);
    jw_member(w, "id", text, model->id);
    jw_member(w, "object", text, T("model"));
    jw_member(w, "created", int, model->created);
    jw_member(w, "owned_by", text, model->owned_by);
    jw_object_close(w);
}

void ai_wire_models(struct buffer *out, const struct ai_wire_model *models, size_t count)
{
    struct json_writer w = { out, false };

    jw_object(&w);
    jw_member(&w, "object", text, T("list"));
    jw_key(&w, "data");
    jw_array(&w);
    for (size_t i = 0; i < count; i++)
        model_object(&w, &models[i]);
    jw_array_close(&w);
    jw_object_close(&w);
}

void ai_wire_model(struct buffer *out, const struct ai_wire_model *model)
{
    struct json_writer w = { out, false };

    model_object(&w, model);
}

void ai_wire_error(struct buffer *out, const struct ai_fault *fault)
{
    struct json_writer w = { out, false };

    jw_object(&w);
    jw_key(&w, "error");
    jw_object(&w);
    jw_member(&w, "message", text, fault->message);
    jw_member(&w, "type", text, fault->type);
    jw_member(&w, "param", text, fault->param);
    jw_member(&w, "code", text, fault->code);
    jw_object_close(&w);
    jw_object_close(&w);
}

void ai_wire_error_event(struct buffer *out, const struct ai_fault *fault)
{
    event_begin(out);
    ai_wire_error(out, fault);
    event_end(out);
}
