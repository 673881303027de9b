/*
 * OpenAI's chat request → Anthropic's Messages request. What Anthropic has no word for is refused where it would change the
 * answer (n, logprobs, audio) and left out where it only tunes it (seed, penalties, logit_bias).
 */
#include <stdlib.h>

#include "ai/anthropic.h"

enum { DEFAULT_MAX_TOKENS = 4096 }; /* for a model whose limit is not known; max_tokens is required */

struct conversion {
    struct arena *arena;
    const struct ai_request *request;
    struct ai_fault *fault;
    struct buffer system; /* system and developer messages, joined */
    json_t *messages;     /* owned by the outgoing tree */
};

static bool refuse(struct conversion *c, enum ai_fault_kind kind, const char *param, const char *why)
{
    return ai_fault_set(c->arena, c->fault, kind, text_of(param), "%s", why);
}

static bool model_refuses(const struct conversion *c, enum ai_refusal what)
{
    return c->request->known && (c->request->known->refuses & what);
}

static bool is_word(const json_t *value, const char *word) { return json_is_string(value) && strcmp(json_string_value(value), word) == 0; }

static json_t *string_of(text t) { return json_stringn(t.ptr ? t.ptr : "", t.len); }

/* --- content ----------------------------------------------------------------------------------------------------------------- */

static void add_text_block(json_t *blocks, const json_t *words)
{
    /* an empty block is an error there */
    if (json_is_string(words) && json_string_length(words))
        json_array_append_new(blocks, json_pack("{s:s, s:O}", "type", "text", "text", (json_t *)words));
}

/* The source of an image or a document: a data URI is taken apart, anything else is an address to fetch. */
static json_t *source_of(text url)
{
    text data, media;

    if (!text_starts(url, T("data:")))
        return json_pack("{s:s, s:o}", "type", "url", "url", string_of(url));
    data = text_slice(url, 5, url.len);
    media = text_cut(&data, ',');
    if (!data.ptr || !text_ends(media, T(";base64")))
        return NULL;
    media.len -= 7;
    media = text_cut(&media, ';'); /* parameters between them mean nothing there */
    return json_pack("{s:s, s:o, s:o}", "type", "base64", "media_type", string_of(media), "data", string_of(data));
}

static bool add_source_block(struct conversion *c, json_t *blocks, const char *type, text url, const char *param)
{
    json_t *source = url.len ? source_of(url) : NULL;

    if (!source)
        return refuse(c, AI_INVALID_VALUE, param, "Expected an address or a base64 data URI.");
    json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", type, "source", source));
    return true;
}

static bool add_part(struct conversion *c, json_t *blocks, const json_t *part)
{
    const json_t *type = json_object_get(part, "type");

    if (is_word(type, "text"))
        add_text_block(blocks, json_object_get(part, "text"));
    else if (is_word(type, "refusal"))
        add_text_block(blocks, json_object_get(part, "refusal"));
    else if (is_word(type, "image_url"))
        return add_source_block(c, blocks, "image", anthropic_text(json_object_get(part, "image_url"), "url"), "messages.content.image_url.url");
    else if (is_word(type, "file"))
        return add_source_block(c, blocks, "document", anthropic_text(json_object_get(part, "file"), "file_data"), "messages.content.file.file_data");
    else
        return refuse(c, AI_UNSUPPORTED_VALUE, "messages.content.type", "This provider takes text, images and files as message content.");
    return true;
}

static bool add_content(struct conversion *c, json_t *blocks, const json_t *content)
{
    size_t i;
    json_t *part;

    if (json_is_string(content))
        add_text_block(blocks, content);
    json_array_foreach(content, i, part) {
        if (!add_part(c, blocks, part))
            return false;
    }
    return true;
}

/* --- messages ------------------------------------------------------------------------------------------------------------------ */

static json_t *last_message(struct conversion *c, const char *role)
{
    json_t *last = json_array_get(c->messages, json_array_size(c->messages) - 1);

    return last && is_word(json_object_get(last, "role"), role) ? last : NULL;
}

/* The blocks of the last message, which is made when the last one is from the other side: turns of one role are one turn. */
static json_t *turn(struct conversion *c, const char *role)
{
    json_t *message = last_message(c, role);

    if (!message) {
        message = json_pack("{s:s, s:[]}", "role", role, "content");
        json_array_append_new(c->messages, message);
    }
    return json_object_get(message, "content");
}

static bool add_turn(struct conversion *c, const char *role, const json_t *content)
{
    json_auto_t *blocks = json_array();

    if (!add_content(c, blocks, content))
        return false;
    if (json_array_size(blocks))
        json_array_extend(turn(c, role), blocks);
    return true;
}

static void add_system(struct conversion *c, const json_t *content)
{
    size_t i;
    json_t *part;

    if (json_is_string(content) && json_string_length(content)) {
        if (c->system.len)
            buffer_text(&c->system, T("\n\n"));
        buffer_append(&c->system, json_string_value(content), json_string_length(content));
    }
    json_array_foreach(content, i, part)
        add_system(c, json_object_get(part, "text"));
}

/* The arguments are a document inside a string that the model wrote: it may be broken, and the history must go on all the same. */
static json_t *arguments_of(text arguments)
{
    json_t *input = json_loadb(arguments.ptr ? arguments.ptr : "", arguments.len, JSON_ALLOW_NUL, NULL);

    if (json_is_object(input))
        return input;
    json_decref(input);
    return text_trim(arguments).len ? json_pack("{s:o}", "arguments", string_of(arguments)) : json_object();
}

static bool add_calls(struct conversion *c, const json_t *calls)
{
    size_t i;
    json_t *call;

    json_array_foreach(calls, i, call) {
        const json_t *function = json_object_get(call, "function");
        text id = anthropic_text(call, "id"), name = anthropic_text(function, "name");

        if (!id.len || !name.len)
            return refuse(c, AI_INVALID_VALUE, "messages.tool_calls", "A tool call needs an id and a function with a name.");
        json_array_append_new(turn(c, "assistant"), json_pack("{s:s, s:o, s:o, s:o}", "type", "tool_use", "id", string_of(id), "name", string_of(name), "input",
                                                              arguments_of(anthropic_text(function, "arguments"))));
    }
    return true;
}

/* Results stand first in their turn, in order, whatever else is in it. */
static bool add_result(struct conversion *c, const json_t *message)
{
    json_auto_t *blocks = json_array();
    text id = anthropic_text(message, "tool_call_id");
    json_t *content, *block, *result;
    size_t i, at = 0;

    if (!id.len)
        return refuse(c, AI_MISSING_PARAMETER, "messages.tool_call_id", "A tool message needs the tool_call_id that it answers.");
    if (!add_content(c, blocks, json_object_get(message, "content")))
        return false;
    content = turn(c, "user");
    json_array_foreach(content, i, block)
        at += is_word(json_object_get(block, "type"), "tool_result");
    result = json_pack("{s:s, s:o}", "type", "tool_result", "tool_use_id", string_of(id));
    if (json_array_size(blocks))
        json_object_set(result, "content", blocks);
    json_array_insert_new(content, at, result);
    return true;
}

static bool add_message(struct conversion *c, const json_t *message)
{
    const json_t *role = json_object_get(message, "role"), *content = json_object_get(message, "content");

    if (is_word(role, "system") || is_word(role, "developer")) {
        add_system(c, content);
        return true;
    }
    if (is_word(role, "user"))
        return add_turn(c, "user", content);
    if (is_word(role, "assistant"))
        return add_turn(c, "assistant", content) && add_calls(c, json_object_get(message, "tool_calls"));
    if (is_word(role, "tool"))
        return add_result(c, message);
    return refuse(c, AI_UNSUPPORTED_VALUE, "messages.role", "This provider takes the roles system, developer, user, assistant and tool.");
}

static void trim_last_text(json_t *message)
{
    json_t *blocks = json_object_get(message, "content");
    json_t *block = json_array_get(blocks, json_array_size(blocks) - 1);
    text words = anthropic_text(block, "text");

    while (words.len && strchr(" \n\t\r", words.ptr[words.len - 1]) && words.ptr[words.len - 1])
        words.len--;
    if (words.len)
        json_object_set_new(block, "text", string_of(words));
}

/* Anthropic's rules for the ends of the list: it has a message, the first is from the user, and the last, when it is the
   assistant's and is to be continued, ends in no white space. */
static bool settle_ends(struct conversion *c)
{
    json_t *last;

    if (json_array_size(c->messages) == 0) {
        if (!c->system.len)
            return refuse(c, AI_INVALID_VALUE, "messages", "The messages hold no content.");
        json_array_append_new(c->messages, json_pack("{s:s, s:o}", "role", "user", "content", string_of(buffer_view(&c->system))));
        c->system.len = 0;
        return true;
    }
    if (is_word(json_object_get(json_array_get(c->messages, 0), "role"), "assistant"))
        json_array_insert_new(c->messages, 0, json_pack("{s:s, s:s}", "role", "user", "content", "(The assistant begins.)"));
    last = last_message(c, "assistant");
    if (!last)
        return true;
    if (model_refuses(c, AI_REFUSES_PREFILL))
        return refuse(c, AI_UNSUPPORTED_VALUE, "messages", "This model does not continue an assistant's message: the last one must be from the user or a tool.");
    trim_last_text(last);
    return true;
}

static bool convert_messages(struct conversion *c, const json_t *in, json_t *out)
{
    size_t i;
    json_t *message;

    c->messages = json_array();
    json_object_set_new(out, "messages", c->messages);
    json_array_foreach(json_object_get(in, "messages"), i, message) {
        if (!add_message(c, message))
            return false;
    }
    return true;
}

/* --- tools ---------------------------------------------------------------------------------------------------------------------- */

static bool convert_tools(struct conversion *c, const json_t *in, json_t *out)
{
    json_t *tools = json_object_get(in, "tools"), *tool, *list;
    size_t i;

    if (json_object_get(in, "functions") || json_object_get(in, "function_call"))
        return refuse(c, AI_UNSUPPORTED_PARAMETER, "functions", "functions and function_call are not supported by this provider: use tools and tool_choice.");
    if (json_array_size(tools) == 0)
        return true;
    list = json_array();
    json_object_set_new(out, "tools", list);
    json_array_foreach(tools, i, tool) {
        const json_t *function = json_object_get(tool, "function");
        json_t *schema = json_object_get(function, "parameters"), *item;
        text name = anthropic_text(function, "name"), description = anthropic_text(function, "description");

        if (!is_word(json_object_get(tool, "type"), "function") || !name.len)
            return refuse(c, AI_UNSUPPORTED_VALUE, "tools", "This provider takes tools of type function, each with a name.");
        item = json_pack("{s:o}", "name", string_of(name));
        if (description.len)
            json_object_set_new(item, "description", string_of(description));
        if (json_is_object(schema) && json_object_size(schema))
            json_object_set(item, "input_schema", schema);
        else
            json_object_set_new(item, "input_schema", json_pack("{s:s, s:{}}", "type", "object", "properties"));
        if (json_is_true(json_object_get(function, "strict")))
            json_object_set_new(item, "strict", json_true());
        json_array_append_new(list, item);
    }
    return true;
}

static bool convert_choice(struct conversion *c, const json_t *in, json_t *out)
{
    const json_t *wanted = json_object_get(in, "tool_choice");
    bool one_by_one = json_is_false(json_object_get(in, "parallel_tool_calls"));
    text name = anthropic_text(json_object_get(wanted, "function"), "name");
    json_t *choice = NULL;

    if (!json_object_get(out, "tools"))
        return true;
    if (is_word(wanted, "none"))
        choice = json_pack("{s:s}", "type", "none");
    else if (is_word(wanted, "required"))
        choice = json_pack("{s:s}", "type", "any");
    else if (name.len)
        choice = json_pack("{s:s, s:o}", "type", "tool", "name", string_of(name));
    else if (is_word(wanted, "auto") || one_by_one)
        choice = json_pack("{s:s}", "type", "auto");
    if (!choice)
        return true;
    json_object_set_new(out, "tool_choice", choice);
    if ((is_word(wanted, "required") || name.len) && model_refuses(c, AI_REFUSES_FORCED_TOOLS))
        return refuse(c, AI_UNSUPPORTED_VALUE, "tool_choice", "This model cannot be made to call a tool: tool_choice must be auto or none.");
    if (one_by_one && !is_word(wanted, "none"))
        json_object_set_new(choice, "disable_parallel_tool_use", json_true());
    return true;
}

/* --- the rest -------------------------------------------------------------------------------------------------------------------- */

static bool refuse_what_it_lacks(struct conversion *c, const json_t *in)
{
    json_t *n = json_object_get(in, "n"), *modalities = json_object_get(in, "modalities"), *modality;
    size_t i;

    if (json_is_number(n) && json_number_value(n) > 1)
        return refuse(c, AI_UNSUPPORTED_VALUE, "n", "This provider gives one choice: n must be 1.");
    if (json_is_true(json_object_get(in, "logprobs")))
        return refuse(c, AI_UNSUPPORTED_PARAMETER, "logprobs", "This provider gives no log probabilities.");
    json_array_foreach(modalities, i, modality) {
        if (!is_word(modality, "text"))
            return refuse(c, AI_UNSUPPORTED_VALUE, "modalities", "This provider answers in text only.");
    }
    return true;
}

static void convert_limits(struct conversion *c, const json_t *in, json_t *out)
{
    json_t *limit = json_object_get(in, "max_completion_tokens"), *stop = json_object_get(in, "stop");
    json_int_t cap = c->request->known ? c->request->known->max_output : 0;

    if (!json_is_integer(limit))
        limit = json_object_get(in, "max_tokens");
    if (json_is_integer(limit))
        json_object_set(out, "max_tokens", limit);
    else
        json_object_set_new(out, "max_tokens", json_integer(cap > 0 ? cap : DEFAULT_MAX_TOKENS));
    if (json_is_string(stop) && json_string_length(stop))
        json_object_set_new(out, "stop_sequences", json_pack("[O]", stop));
    else if (json_array_size(stop))
        json_object_set(out, "stop_sequences", stop);
}

static void convert_sampling(struct conversion *c, const json_t *in, json_t *out)
{
    json_t *temperature = json_object_get(in, "temperature"), *top_p = json_object_get(in, "top_p");

    if (model_refuses(c, AI_REFUSES_SAMPLING))
        return;
    if (json_is_number(temperature)) /* 0 to 2 here, 0 to 1 there */
        json_object_set_new(out, "temperature", json_number_value(temperature) > 1 ? json_integer(1) : json_deep_copy(temperature));
    else if (json_is_number(top_p)) /* never both: current models refuse that */
        json_object_set(out, "top_p", top_p);
}

static void set_output(json_t *out, const char *key, json_t *value)
{
    json_t *config = json_object_get(out, "output_config");

    if (!config) {
        config = json_object();
        json_object_set_new(out, "output_config", config);
    }
    json_object_set_new(config, key, value);
}

static void convert_effort(struct conversion *c, const json_t *in, json_t *out)
{
    json_t *effort = json_object_get(in, "reasoning_effort"), *thinking = json_object_get(in, "thinking");
    bool none = is_word(effort, "none");

    if (json_is_object(thinking)) /* a client that knows whom it speaks to */
        json_object_set(out, "thinking", thinking);
    else if (none && !model_refuses(c, AI_REFUSES_THINKING_OFF))
        json_object_set_new(out, "thinking", json_pack("{s:s}", "type", "disabled"));
    if (!json_is_string(effort) || model_refuses(c, AI_REFUSES_EFFORT))
        return;
    if (none && !model_refuses(c, AI_REFUSES_THINKING_OFF))
        return;
    if (none || is_word(effort, "minimal"))
        set_output(out, "effort", json_stringn("low", 3));
    else
        set_output(out, "effort", json_incref(effort));
}

static void convert_format(struct conversion *c, const json_t *in, json_t *out)
{
    const json_t *format = json_object_get(in, "response_format");
    json_t *schema = json_object_get(json_object_get(format, "json_schema"), "schema");

    if (is_word(json_object_get(format, "type"), "json_schema") && json_is_object(schema)) {
        set_output(out, "format", json_pack("{s:s, s:O}", "type", "json_schema", "schema", schema));
    } else if (is_word(json_object_get(format, "type"), "json_object")) {
        /* no such mode there; the words do what the mode does */
        if (c->system.len)
            buffer_text(&c->system, T("\n\n"));
        buffer_text(&c->system, T("Answer with one JSON object and nothing else."));
    }
}

static void convert_user(const json_t *in, json_t *out)
{
    json_t *user = json_object_get(in, "safety_identifier");

    if (!json_is_string(user))
        user = json_object_get(in, "user");
    if (json_is_string(user) && json_string_length(user))
        json_object_set_new(out, "metadata", json_pack("{s:O}", "user_id", user));
}

static bool convert(struct conversion *c, const json_t *in, json_t *out)
{
    json_object_set_new(out, "model", string_of(c->request->model));
    if (!refuse_what_it_lacks(c, in) || !convert_messages(c, in, out) || !settle_ends(c) || !convert_tools(c, in, out) || !convert_choice(c, in, out))
        return false;
    convert_limits(c, in, out);
    convert_sampling(c, in, out);
    convert_effort(c, in, out);
    convert_format(c, in, out);
    convert_user(in, out);
    if (c->system.len)
        json_object_set_new(out, "system", string_of(buffer_view(&c->system)));
    if (c->request->stream)
        json_object_set_new(out, "stream", json_true());
    return true;
}

bool anthropic_prepare(struct arena *arena, const struct ai_request *request, struct ai_outgoing *ret, struct ai_fault *ret_fault)
{
    struct conversion c = { .arena = arena, .request = request, .fault = ret_fault };
    json_auto_t *in = json_loadb(request->body.ptr, request->body.len, 0, NULL);
    json_auto_t *out = json_object();
    text base = request->base_url.ptr ? request->base_url : request->provider->base_url;
    bool ok;

    if (request->endpoint != AI_CHAT)
        return refuse(&c, AI_UNSUPPORTED_VALUE, "model", "This provider makes no embeddings.");
    if (!json_is_object(in))
        return refuse(&c, AI_INVALID_REQUEST, NULL, "The request body must be a JSON object.");
    ok = convert(&c, in, out);
    buffer_free(&c.system);
    while (text_ends(base, T("/")))
        base.len--;
    /* its SDK takes the URL without /v1, people write it with it */
    if (!ok || !ai_outgoing_begin(arena, request, text_ends(base, T("/v1")) ? "/messages" : "/v1/messages", ret, ret_fault))
        return false;
    ret->body = anthropic_dump(arena, out);
    return true;
}
