#include "ai/chat_request.h"

#include <stdio.h>

static const char *type_words(text value)
{
    switch (json_type_of(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_NUMBER: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    default: return "null";
    }
}

/* --- one member each: a reader fills its part of the request or the fault ---------------------------------------------------- */

struct reading {
    struct arena *arena;
    struct ai_fault *fault;
    bool has_max_completion;
};

static bool wrong_type(struct reading *r, const char *param, const char *expected, text value)
{
    return ai_fault_set(r->arena, r->fault, AI_INVALID_TYPE, text_of(param), "Invalid type for '%s': expected %s, but got %s instead.", param, expected,
                        type_words(value));
}

static bool read_bool(struct reading *r, const char *param, text value, bool *ret)
{
    return json_type_of(value) == JSON_NULL || json_bool(value, ret) || wrong_type(r, param, "a boolean", value);
}

static bool read_positive(struct reading *r, const char *param, text value, int64_t *ret)
{
    int64_t number;

    if (json_type_of(value) == JSON_NULL)
        return true;
    if (!json_int(value, &number))
        return wrong_type(r, param, "an integer", value);
    if (number < 1) {
        ai_fault_set(r->arena, r->fault, AI_INVALID_VALUE, text_of(param), "Invalid '%s': integer below minimum value. Expected a value >= 1, but got %lld instead.",
                     param, (long long)number);
        r->fault->code = T("integer_below_min_value");
        return false;
    }
    *ret = number;
    return true;
}

static bool read_model(struct reading *r, text value, text *ret)
{
    if (json_type_of(value) != JSON_STRING)
        return wrong_type(r, "model", "a string", value);
    *ret = json_unquote(r->arena, value);
    return true;
}

static bool require_model(struct reading *r, text model)
{
    if (model.len)
        return true;
    *r->fault = ai_fault_make(AI_INVALID_REQUEST, TEXT_NONE, T("you must provide a model parameter"));
    return false;
}

static bool missing(struct reading *r, const char *param)
{
    return ai_fault_set(r->arena, r->fault, AI_MISSING_PARAMETER, text_of(param), "Missing required parameter: '%s'.", param);
}

/* A name written with escapes would be read as another one further on. */
static bool plain_key(struct reading *r, text key)
{
    if (text_find_char(key, '\\') == SIZE_MAX)
        return true;
    *r->fault = ai_fault_make(AI_INVALID_REQUEST, TEXT_NONE, T("Parameter names must be written without escapes."));
    return false;
}

static bool check_object(struct reading *r, text body)
{
    if (json_type_of(body) == JSON_OBJECT)
        return true;
    *r->fault = ai_fault_make(AI_INVALID_REQUEST, TEXT_NONE, T("The request body must be a JSON object."));
    return false;
}

/* --- chat -------------------------------------------------------------------------------------------------------------------- */

static bool known_role(text role)
{
    static const char *const roles[] = { "system", "assistant", "user", "function", "tool", "developer" };

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (text_equal(role, text_of(roles[i])))
            return true;
    return false;
}

static text place(struct reading *r, size_t i, const char *member)
{
    return text_format(r->arena, "messages[%zu]%s%s", i, member[0] ? "." : "", member);
}

static bool check_content(struct reading *r, size_t i, text role, text content, bool other)
{
    text at;

    switch (json_type_of(content)) {
    case JSON_STRING:
    case JSON_ARRAY: return true;
    case JSON_NONE:
    case JSON_NULL:
        if (other && text_equal(role, T("assistant")))
            return true;
        /* fall through */
    default:
        at = place(r, i, "content");
        return ai_fault_set(r->arena, r->fault, AI_INVALID_TYPE, at, "Invalid type for '%.*s': expected one of a string or array of objects, but got %s instead.",
                            TEXT_ARG(at), type_words(content));
    }
}

static bool check_message(struct reading *r, size_t i, text message)
{
    struct json_walk walk = json_walk(message);
    text key, value, role = TEXT_NONE, content = TEXT_NONE, at;
    bool other = false; /* an assistant may say nothing when it calls, refuses or speaks */

    if (json_type_of(message) != JSON_OBJECT) {
        at = place(r, i, "");
        return ai_fault_set(r->arena, r->fault, AI_INVALID_TYPE, at, "Invalid type for '%.*s': expected an object, but got %s instead.", TEXT_ARG(at),
                            type_words(message));
    }
    while (json_next_member(&walk, &key, &value)) {
        if (text_equal(key, T("role")))
            role = value;
        else if (text_equal(key, T("content")))
            content = value;
        else if (text_equal(key, T("tool_calls")) || text_equal(key, T("function_call")) || text_equal(key, T("refusal")) || text_equal(key, T("audio")))
            other |= json_type_of(value) != JSON_NULL;
    }
    at = place(r, i, "role");
    if (!role.ptr)
        return ai_fault_set(r->arena, r->fault, AI_MISSING_PARAMETER, at, "Missing required parameter: '%.*s'.", TEXT_ARG(at));
    role = json_unquote(r->arena, role);
    if (!known_role(role))
        return ai_fault_set(r->arena, r->fault, AI_INVALID_VALUE, at,
                            "Invalid value: '%.*s'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
                            TEXT_ARG(utf8_prefix(role, 100)));
    return check_content(r, i, role, content, other);
}

static bool check_messages(struct reading *r, struct chat_request *ret)
{
    struct json_walk walk;
    text message;

    if (!ret->messages.ptr)
        return missing(r, "messages");
    if (json_type_of(ret->messages) != JSON_ARRAY)
        return wrong_type(r, "messages", "an array of objects", ret->messages);
    walk = json_walk(ret->messages);
    for (; json_next_item(&walk, &message); ret->message_count++)
        if (!check_message(r, ret->message_count, message))
            return false;
    if (ret->message_count)
        return true;
    *r->fault = ai_fault_make(AI_INVALID_VALUE, T("messages"),
                              T("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."));
    r->fault->code = T("empty_array");
    return false;
}

static bool read_stream_options(struct reading *r, text value, bool *ret_include_usage)
{
    text include;

    if (json_type_of(value) == JSON_NULL)
        return true;
    if (json_type_of(value) != JSON_OBJECT)
        return wrong_type(r, "stream_options", "an object", value);
    include = json_find(value, "include_usage");
    return !include.ptr || read_bool(r, "stream_options.include_usage", include, ret_include_usage);
}

static bool read_format(struct reading *r, text value, bool *ret_json)
{
    if (json_type_of(value) == JSON_NULL)
        return true;
    if (json_type_of(value) != JSON_OBJECT)
        return wrong_type(r, "response_format", "an object", value);
    *ret_json = text_starts(json_unquote(r->arena, json_find(value, "type")), T("json"));
    return true;
}

static bool read_tools(struct reading *r, text value, bool *ret_tools)
{
    struct json_walk walk = json_walk(value);
    text item;

    if (json_type_of(value) == JSON_NULL)
        return true;
    if (json_type_of(value) != JSON_ARRAY)
        return wrong_type(r, "tools", "an array of objects", value);
    *ret_tools = json_next_item(&walk, &item);
    return true;
}

static bool read_chat_member(struct reading *r, text key, text value, struct chat_request *ret)
{
    if (text_equal(key, T("model")))
        return read_model(r, value, &ret->model);
    if (text_equal(key, T("messages"))) {
        ret->messages = value;
        return true;
    }
    if (text_equal(key, T("stream")))
        return read_bool(r, "stream", value, &ret->stream);
    if (text_equal(key, T("stream_options")))
        return read_stream_options(r, value, &ret->include_usage);
    if (text_equal(key, T("n")))
        return read_positive(r, "n", value, &ret->choices);
    if (text_equal(key, T("max_completion_tokens"))) {
        r->has_max_completion = json_type_of(value) != JSON_NULL;
        return read_positive(r, "max_completion_tokens", value, &ret->max_tokens);
    }
    if (text_equal(key, T("max_tokens")))
        return read_positive(r, "max_tokens", value, r->has_max_completion ? &(int64_t){ 0 } : &ret->max_tokens);
    if (text_equal(key, T("response_format")))
        return read_format(r, value, &ret->json);
    return !text_equal(key, T("tools")) || read_tools(r, value, &ret->tools);
}

bool chat_request_read(struct arena *arena, text body, struct chat_request *ret, struct ai_fault *ret_fault)
{
    struct reading r = { .arena = arena, .fault = ret_fault };
    struct chat_request request = { .choices = 1 };
    struct json_walk walk;
    text key, value;

    if (!check_object(&r, body))
        return false;
    walk = json_walk(body);
    while (json_next_member(&walk, &key, &value))
        if (!plain_key(&r, key) || !read_chat_member(&r, key, value, &request))
            return false;
    if (!require_model(&r, request.model) || !check_messages(&r, &request))
        return false;
    if (request.choices > 128)
        return ai_fault_set(arena, ret_fault, AI_INVALID_VALUE, T("n"), "Invalid 'n': integer above maximum value. Expected a value <= 128, but got %lld instead.",
                            (long long)request.choices);
    request.include_usage &= request.stream;
    *ret = request;
    return true;
}

bool chat_next_message(struct arena *arena, struct json_walk *walk, struct chat_message *ret)
{
    SCOPED(buffer) struct buffer words = { 0 };
    struct json_walk parts;
    text message, content, part;

    if (!json_next_item(walk, &message))
        return false;
    ret->role = json_unquote(arena, json_find(message, "role"));
    content = json_find(message, "content");
    if (json_type_of(content) == JSON_STRING) {
        ret->words = json_unquote(arena, content);
        return true;
    }
    ret->words = T("");
    if (json_type_of(content) != JSON_ARRAY)
        return true;
    parts = json_walk(content);
    while (json_next_item(&parts, &part)) {
        text said = json_unquote(arena, json_find(part, "text"));

        if (words.len && said.len)
            buffer_char(&words, '\n');
        buffer_text(&words, said);
    }
    ret->words = text_copy(arena, buffer_view(&words));
    return true;
}

/* --- embeddings ------------------------------------------------------------------------------------------------------------------ */

static bool wrong_input(struct reading *r, const char *message)
{
    *r->fault = ai_fault_make(AI_INVALID_VALUE, T("input"), text_of(message));
    return false;
}

static bool check_input(struct reading *r, struct embeddings_request *ret)
{
    enum json_type type = json_type_of(ret->input), first = JSON_NONE;
    struct json_walk walk;
    text item;

    if (type == JSON_NONE)
        return missing(r, "input");
    ret->input_count = 1;
    if (type == JSON_STRING)
        return ret->input.len > 2 || wrong_input(r, "Invalid 'input': input cannot be an empty string.");
    if (type != JSON_ARRAY)
        return wrong_type(r, "input", "one of a string or an array", ret->input);
    ret->input_count = 0;
    walk = json_walk(ret->input);
    while (json_next_item(&walk, &item)) {
        if (!ret->input_count++)
            first = json_type_of(item);
        if (json_type_of(item) != first || (first != JSON_STRING && first != JSON_NUMBER && first != JSON_ARRAY))
            return wrong_input(r, "Invalid 'input': expected an array of strings, of tokens, or of arrays of tokens.");
        if (first == JSON_STRING && item.len == 2)
            return wrong_input(r, "Invalid 'input': input cannot be an empty string.");
    }
    if (!ret->input_count)
        return wrong_input(r, "Invalid 'input': input cannot be an empty array.");
    ret->tokens = first != JSON_STRING;
    if (first == JSON_NUMBER)
        ret->input_count = 1;
    return ret->input_count <= EMBEDDINGS_INPUT_MAX || wrong_input(r, "Invalid 'input': an array may hold at most 2048 items.");
}

static bool read_encoding(struct reading *r, text value, bool *ret_base64)
{
    text word = json_unquote(r->arena, value);

    if (json_type_of(value) == JSON_NULL)
        return true;
    if (json_type_of(value) != JSON_STRING)
        return wrong_type(r, "encoding_format", "a string", value);
    *ret_base64 = text_equal(word, T("base64"));
    return *ret_base64 || text_equal(word, T("float")) ||
           ai_fault_set(r->arena, r->fault, AI_INVALID_VALUE, T("encoding_format"), "Invalid value: '%.*s'. Supported values are: 'float' and 'base64'.",
                        TEXT_ARG(utf8_prefix(word, 100)));
}

static bool read_embeddings_member(struct reading *r, text key, text value, struct embeddings_request *ret)
{
    if (text_equal(key, T("model")))
        return read_model(r, value, &ret->model);
    if (text_equal(key, T("input"))) {
        ret->input = value;
        return true;
    }
    if (text_equal(key, T("dimensions")))
        return read_positive(r, "dimensions", value, &ret->dimensions);
    return !text_equal(key, T("encoding_format")) || read_encoding(r, value, &ret->base64);
}

bool embeddings_request_read(struct arena *arena, text body, struct embeddings_request *ret, struct ai_fault *ret_fault)
{
    struct reading r = { .arena = arena, .fault = ret_fault };
    struct embeddings_request request = { 0 };
    struct json_walk walk;
    text key, value;

    if (!check_object(&r, body))
        return false;
    walk = json_walk(body);
    while (json_next_member(&walk, &key, &value))
        if (!plain_key(&r, key) || !read_embeddings_member(&r, key, value, &request))
            return false;
    if (!require_model(&r, request.model) || !check_input(&r, &request))
        return false;
    *ret = request;
    return true;
}

text *embeddings_inputs(struct arena *arena, const struct embeddings_request *request)
{
    text *inputs = arena_array(arena, request->input_count, sizeof *inputs);
    struct json_walk walk = json_walk(request->input);
    text item;

    if (json_type_of(request->input) == JSON_STRING) {
        inputs[0] = json_unquote(arena, request->input);
        return inputs;
    }
    for (size_t i = 0; json_next_item(&walk, &item); i++)
        inputs[i] = json_unquote(arena, item);
    return inputs;
}
