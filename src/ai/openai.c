/*
 * The openai dialect's requests and whole answers. The prompt travels as bytes: only the body's top-level members are
 * walked, and those that the provider wants otherwise are written anew.
 */
#include "ai/openai.h"

#include "ai/embedding.h"
#include "ai/openai_wire.h"
#include "ai/upstream_json.h"

/* --- request ------------------------------------------------------------------------------------------------------------- */

/* An object written into memory whose size was reckoned before. */
struct splice {
    char *at;
    bool comma;
};

static void put(struct splice *s, text t)
{
    memcpy(s->at, t.ptr, t.len);
    s->at += t.len;
}

static void put_member(struct splice *s, text key, text value)
{
    if (s->comma)
        put(s, T(","));
    s->comma = true;
    put(s, T("\""));
    put(s, key);
    put(s, T("\":"));
    put(s, value);
}

/* The client's stream_options with include_usage on. */
static text merged_stream_options(struct arena *arena, text given)
{
    struct splice s;
    struct json_walk walk;
    char *start;
    text key, value;

    if (json_type_of(given) != JSON_OBJECT)
        return T("{\"include_usage\":true}");
    walk = json_walk(given);
    start = arena_alloc(arena, given.len + 32);
    s = (struct splice){ start, false };
    put(&s, T("{"));
    while (json_next_member(&walk, &key, &value))
        if (!text_equal(key, T("include_usage")))
            put_member(&s, key, value);
    put_member(&s, T("include_usage"), T("true"));
    put(&s, T("}"));
    return (text){ start, (size_t)(s.at - start) };
}

static bool dropped(const struct ai_provider *provider, text key)
{
    for (size_t i = 0; i < provider->drop.len; i++)
        if (text_equal(key, provider->drop.items[i]))
            return true;
    return false;
}

/* The name under which the provider takes a limit on the answer's tokens. */
static text token_limit_name(const struct ai_provider *provider, text key)
{
    if (!text_equal(key, T("max_tokens")) && !text_equal(key, T("max_completion_tokens")))
        return key;
    switch (provider->token_limit) {
    case AI_MAX_TOKENS: return T("max_tokens");
    case AI_MAX_COMPLETION_TOKENS: return T("max_completion_tokens");
    case AI_TOKENS_AS_SENT: break;
    }
    return key;
}

static text splice_body(struct arena *arena, const struct ai_request *request)
{
    const struct ai_provider *provider = request->provider;
    bool options_wanted = request->endpoint == AI_CHAT && request->stream && provider->stream_options;
    SCOPED(buffer) struct buffer model = { 0 };
    struct json_writer w = { &model, false };
    struct json_walk walk = json_walk(request->body);
    text key, value, options = TEXT_NONE, name;
    char *start;
    struct splice s;
    bool limit_written = false;

    jw_text(&w, request->model);
    /* the longest additions: the model, a longer name for the token limit, stream_options */
    start = arena_alloc(arena, request->body.len + model.len + 256);
    s = (struct splice){ start, false };
    put(&s, T("{"));
    put_member(&s, T("model"), buffer_view(&model));
    while (json_next_member(&walk, &key, &value)) {
        if (text_equal(key, T("model")) || dropped(provider, key))
            continue;
        if (text_equal(key, T("stream_options")) && request->endpoint == AI_CHAT) {
            options = value;
            continue;
        }
        if (text_equal(key, T("encoding_format")) && request->endpoint == AI_EMBEDDINGS && !provider->embeddings_base64)
            continue;
        name = token_limit_name(provider, key);
        if (name.ptr != key.ptr) {
            if (limit_written || json_type_of(value) == JSON_NULL)
                continue;
            limit_written = true;
        }
        put_member(&s, name, value);
    }
    if (options_wanted)
        put_member(&s, T("stream_options"), merged_stream_options(arena, options));
    put(&s, T("}"));
    return (text){ start, (size_t)(s.at - start) };
}

static bool prepare(struct arena *arena, const struct ai_request *request, struct ai_outgoing *ret, struct ai_fault *ret_fault)
{
    const char *path = request->endpoint == AI_EMBEDDINGS ? "/embeddings" : "/chat/completions";

    if (!ai_outgoing_begin(arena, request, path, ret, ret_fault))
        return false;
    ret->body = splice_body(arena, request);
    return true;
}

/* --- answer -------------------------------------------------------------------------------------------------------------- */

/* Whether some vector of `data` is in the form that the client did not ask for. */
static bool vectors_differ(text data, bool base64)
{
    struct json_walk walk = json_walk(data);
    text item;

    while (json_next_item(&walk, &item))
        if (json_type_of(json_find(item, "embedding")) != (base64 ? JSON_STRING : JSON_ARRAY))
            return true;
    return false;
}

static bool write_vectors(struct json_writer *w, text data, bool base64)
{
    struct json_walk walk = json_walk(data);
    struct embedding embedding;
    text item;

    jw_array(w);
    for (int64_t i = 0; json_next_item(&walk, &item); i++) {
        SCOPED(arena) struct arena scratch = { 0 };
        text index = json_find(item, "index");

        if (!embedding_read(&scratch, json_find(item, "embedding"), &embedding))
            return false;
        jw_object(w);
        jw_member(w, "object", text, T("embedding"));
        jw_key(w, "index");
        if (index.ptr)
            jw_raw(w, index);
        else
            jw_int(w, i);
        jw_key(w, "embedding");
        embedding_write(w, embedding, base64);
        jw_object_close(w);
    }
    jw_array_close(w);
    return true;
}

static bool write_converted(struct buffer *out, text body, bool base64)
{
    struct json_writer w = { out, false };
    struct json_walk walk = json_walk(body);
    text key, value;

    jw_object(&w);
    while (json_next_member(&walk, &key, &value)) {
        /* a key with an escape in it is none of OpenAI's */
        if (text_find_char(key, '\\') != SIZE_MAX)
            continue;
        jw_key_text(&w, key);
        if (!text_equal(key, T("data")))
            jw_raw(&w, value);
        else if (!write_vectors(&w, value, base64))
            return false;
    }
    jw_object_close(&w);
    return true;
}

static bool write_embeddings(const struct ai_request *request, text body, text data, struct buffer *out)
{
    size_t before = out->len;

    if (!vectors_differ(data, request->base64)) {
        buffer_text(out, body);
        return true;
    }
    if (write_converted(out, body, request->base64))
        return true;
    out->len = before;
    return false;
}

static bool garbled(struct arena *arena, struct ai_fault *ret_fault, const char *what)
{
    return ai_fault_set(arena, ret_fault, AI_UPSTREAM_GARBLED, TEXT_NONE, "%s", what);
}

static bool answer(struct arena *arena, const struct ai_request *request, int status, text body, struct buffer *out, struct ai_usage *ret_usage,
                   struct ai_fault *ret_fault)
{
    text list;

    *ret_usage = (struct ai_usage){ 0 };
    if (status < 200 || status > 299) {
        *ret_fault = ai_fault_from_answer(arena, status, body);
        return false;
    }
    body = text_trim(body);
    if (!upstream_json_valid(body) || json_type_of(body) != JSON_OBJECT)
        return garbled(arena, ret_fault, "The provider's answer is not a JSON object.");
    if (upstream_truthy(json_find(body, "error"))) {
        *ret_fault = ai_fault_from_error(arena, json_find(body, "error"));
        return false;
    }
    list = json_find(body, request->endpoint == AI_EMBEDDINGS ? "data" : "choices");
    if (json_type_of(list) != JSON_ARRAY)
        return garbled(arena, ret_fault, "The provider's answer lacks what was asked for.");
    if (request->endpoint == AI_CHAT)
        buffer_text(out, body);
    else if (!write_embeddings(request, body, list, out))
        return garbled(arena, ret_fault, "The provider's answer holds a vector that is none.");
    ai_wire_usage_read(json_find(body, "usage"), ret_usage);
    return true;
}

const struct dialect dialect_openai = {
    .name = "openai",
    .cheap = true,
    .prepare = prepare,
    .answer = answer,
    .stream_open = openai_stream_open,
    .stream_feed = openai_stream_feed,
    .stream_finish = openai_stream_finish,
    .stream_free = openai_stream_free,
};
