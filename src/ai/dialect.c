#include "ai/dialect.h"

const struct dialect *dialect_find(text name)
{
    static const struct dialect *const all[] = { &dialect_openai, &dialect_anthropic };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (text_equal(name, text_of(all[i]->name)))
            return all[i];
    return NULL;
}

static bool fits_header(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x21 || (unsigned char)value.ptr[i] > 0x7e)
            return false;
    return true;
}

static void add(struct ai_outgoing *ret, text name, text value)
{
    if (ret->header_count < AI_HEADERS_MAX)
        ret->headers[ret->header_count++] = (struct ai_header){ name, value };
}

static void add_key(struct arena *arena, const struct ai_request *request, struct ai_outgoing *ret)
{
    if (text_is_empty(request->api_key))
        return;
    switch (request->provider->auth) {
    case AI_AUTH_BEARER: add(ret, T("Authorization"), text_format(arena, "Bearer %.*s", TEXT_ARG(request->api_key))); break;
    case AI_AUTH_X_API_KEY: add(ret, T("x-api-key"), request->api_key); break;
    case AI_AUTH_API_KEY: add(ret, T("api-key"), request->api_key); break;
    case AI_AUTH_NONE:
    case AI_AUTH_INVALID: break;
    }
}

bool ai_outgoing_begin(struct arena *arena, const struct ai_request *request, const char *path, struct ai_outgoing *ret, struct ai_fault *ret_fault)
{
    const struct ai_provider *provider = request->provider;
    text base = request->base_url.ptr ? request->base_url : provider->base_url;
    struct ai_outgoing out = { 0 };

    while (text_ends(base, T("/")))
        base.len--;
    if (base.len == 0 || !fits_header(base))
        return ai_fault_set(arena, ret_fault, AI_UPSTREAM_UNREACHABLE, TEXT_NONE, "The provider has no usable base URL.");
    if (!fits_header(request->api_key))
        return ai_fault_set(arena, ret_fault, AI_UPSTREAM_REFUSED_KEY, TEXT_NONE, "The provider's key holds a character that no key has.");
    out.url = text_format(arena, "%.*s%s", TEXT_ARG(base), path);
    add(&out, T("Content-Type"), T("application/json"));
    add(&out, T("Accept"), request->stream ? T("text/event-stream") : T("application/json"));
    add_key(arena, request, &out);
    for (size_t i = 0; i < provider->header_count; i++)
        add(&out, provider->headers[i].name, provider->headers[i].value);
    *ret = out;
    return true;
}
