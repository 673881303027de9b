#include "features/providers/providers_api.h"

#include "ai/dialect.h"
#include "bus/bus.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/providers/providers.h"
#include "http/fetch.h"

/* --- the catalogue and models ------------------------------------------------------------------------------------------------ */

struct service_view {
    text provider, name, dialect, base_url;
    struct text_list capabilities;
    bool needs_key;
    text docs_url;
};

static const struct field service_view[] = {
    TEXT(struct service_view, provider), TEXT(struct service_view, name), TEXT(struct service_view, dialect), TEXT(struct service_view, base_url, .nullable = true),
    TEXTS(struct service_view, capabilities), BOOL(struct service_view, needs_key), TEXT(struct service_view, docs_url, .nullable = true), FIELDS_END,
};

static struct text_list capabilities_of(struct arena *arena, unsigned bits)
{
    struct text_list names = { arena_array(arena, 32, sizeof(text)), 0 };

    for (unsigned bit = 1; ai_capability_name((enum ai_capability)bit).ptr; bit <<= 1)
        if (bits & bit)
            names.items[names.len++] = ai_capability_name((enum ai_capability)bit);
    return names;
}

static enum result list_catalogue(struct request *req, const void *body)
{
    size_t count, len = 0;
    const struct ai_provider *providers = ai_providers(providers_catalogue(), &count);
    struct service_view *views = arena_array(&req->call.arena, count, sizeof *views);

    (void)body;
    for (size_t i = 0; i < count; i++) {
        const struct ai_provider *p = &providers[i];

        if (p->dialect)
            views[len++] = (struct service_view){ p->id, p->name, text_of(p->dialect->name), p->base_url, capabilities_of(&req->call.arena, p->capabilities),
                                                  p->needs_key, p->docs_url };
    }
    return respond_list(req, service_view, (struct list){ views, len }, sizeof *views);
}

struct model_view {
    text id, provider, kind;
    int64_t context_window, input_micros, output_micros;
};

static const char *const kinds[] = { "chat", "embeddings", "image", NULL };

static const struct field model_view[] = {
    TEXT(struct model_view, id), TEXT(struct model_view, provider), TEXT(struct model_view, kind, .one_of = kinds), INT(struct model_view, context_window, .nullable = true),
    INT(struct model_view, input_micros, .doc = "Micro-dollars per million tokens."), INT(struct model_view, output_micros), FIELDS_END,
};

static enum result list_models(struct request *req, const void *body)
{
    struct arena *arena = &req->call.arena;
    struct model_view *views;
    struct list rows;

    (void)body;
    TRY(models_available(&req->call, &rows));
    views = arena_array(arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++) {
        const struct model_row *row = (const struct model_row *)rows.items + i;
        const struct ai_rate *rate = &ai_price_at(row->model, req->call.now)->rates[0];

        views[i] = (struct model_view){ row->id, row->provider, ai_kind_name(row->model->kind), row->model->context_window, rate->input, rate->output };
    }
    return respond_list(req, model_view, (struct list){ views, rows.len }, sizeof *views);
}

/* --- an organization's own ----------------------------------------------------------------------------------------------------- */

static const struct field provider_view[] = {
    UUID(struct provider_row, id), TEXT(struct provider_row, provider), TEXT(struct provider_row, name), TEXT(struct provider_row, base_url),
    TEXT(struct provider_row, key_hint, .nullable = true), BOOL(struct provider_row, is_active), TIME(struct provider_row, created_at), FIELDS_END,
};

struct provider_body {
    text provider, name, api_key, base_url;
    bool is_active, has_key, has_active;
};

/* It stands before the slash of a model's name. */
static const char *check_name(text value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return "must hold letters, digits, '-', '_' and '.' only: it stands before the slash of a model's name";
    }
    return text_equal_nocase(value, T("builtin")) ? "is reserved" : NULL;
}

static const char *check_url(text value)
{
    text rest = text_starts(value, T("https://")) ? text_slice(value, 8, value.len) : text_starts(value, T("http://")) ? text_slice(value, 7, value.len) : TEXT_NONE;
    text host = rest;

    if (!rest.len)
        return "must begin with https:// or http://";
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] <= 0x20 || (unsigned char)value.ptr[i] >= 0x7f || value.ptr[i] == '?' || value.ptr[i] == '#' || value.ptr[i] == '\\')
            return "must be a plain URL without query or spaces";
    host = text_cut(&rest, '/');
    return text_find_char(host, '@') != SIZE_MAX || !host.len ? "must not hold credentials" : NULL;
}

static const char *check_api_key(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] <= 0x20 || (unsigned char)value.ptr[i] >= 0x7f)
            return "must be printable characters without spaces";
    return NULL;
}

static text hint_of(struct arena *arena, text key)
{
    return key.len >= 12 ? text_format(arena, "…%.*s", TEXT_ARG(text_slice(key, key.len - 4, 4))) : T("…");
}

static void seal_key(struct call *call, struct provider_row *row, text key)
{
    row->sealed_key = key.len ? seal(&call->arena, (struct secret){ key }, provider_binding(&call->arena, call->organization, row->id)) : TEXT_NONE;
    row->key_hint = key.len ? hint_of(&call->arena, key) : TEXT_NONE;
}

struct news {
    const struct services *on;
    uuid organization;
};

static void tell(void *context)
{
    struct news *news = context;

    bus_emit(news->on->bus, &provider_changed, news->organization, T(""));
}

static void tell_on_commit(struct call *call)
{
    struct news *news = arena_new(&call->arena, struct news);

    *news = (struct news){ call->on, call->organization };
    tx_on_commit(call, tell, news);
}

static enum result name_taken(struct call *call, enum result result)
{
    if (result == CONFLICT)
        fail_field(call, "name", "is taken by another provider");
    return result;
}

static const struct field provider_create_fields[] = {
    TEXT(struct provider_body, provider, .required = true, .max = 50, .doc = "A row of the catalogue."),
    TEXT(struct provider_body, name, .min = 1, .max = 50, .check = check_name),
    TEXT(struct provider_body, api_key, .max = 4000, .check = check_api_key),
    TEXT(struct provider_body, base_url, .max = 500, .check = check_url),
    FIELDS_END,
};

static enum result create(struct request *req, const void *in)
{
    const struct provider_body *body = in;
    struct call *call = &req->call;
    const struct ai_provider *known = ai_provider_find(providers_catalogue(), body->provider);
    struct provider_row row = { .id = uuid_new(), .provider = body->provider, .name = body->name.len ? body->name : body->provider, .is_active = true,
                                .created_at = call->now };
    SCOPED(tx) struct tx tx = { 0 };

    if (!known || !known->dialect)
        return fail_field(call, "provider", "is not in the catalogue");
    row.base_url = body->base_url.len ? body->base_url : known->base_url;
    if (!row.base_url.len)
        return fail_field(call, "base_url", "is required for this provider");
    if (known->needs_key && !body->api_key.len)
        return fail_field(call, "api_key", "is required for this provider");
    seal_key(call, &row, body->api_key);
    tx = tx_begin(call);
    TRY(name_taken(call, provider_insert(call, &row)));
    TRY(audit_note(call, "provider.connected", row.name));
    tell_on_commit(call);
    TRY(tx_commit(&tx));
    return respond(req, 201, provider_view, &row);
}

static enum result list(struct request *req, const void *body)
{
    struct list rows;

    (void)body;
    TRY(provider_list(&req->call, &rows));
    return respond_list(req, provider_view, rows, sizeof(struct provider_row));
}

static enum result read_one(struct request *req, const void *body)
{
    struct provider_row row;

    (void)body;
    TRY(provider_read(&req->call, req->ids[0], &row));
    return respond(req, 200, provider_view, &row);
}

static const struct field provider_change_fields[] = {
    TEXT(struct provider_body, name, .min = 1, .max = 50, .check = check_name),
    TEXT(struct provider_body, api_key, .max = 4000, .check = check_api_key, .given = offsetof(struct provider_body, has_key)),
    TEXT(struct provider_body, base_url, .min = 1, .max = 500, .check = check_url),
    BOOL(struct provider_body, is_active, .given = offsetof(struct provider_body, has_active)),
    FIELDS_END,
};

static enum result change(struct request *req, const void *in)
{
    const struct provider_body *body = in;
    struct call *call = &req->call;
    struct provider_row row;
    bool moved;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(provider_read(call, req->ids[0], &row));
    moved = body->base_url.len && !text_equal(body->base_url, row.base_url);
    if (body->name.len)
        row.name = body->name;
    if (moved)
        row.base_url = body->base_url;
    if (body->has_active)
        row.is_active = body->is_active;
    if (body->has_key || moved) /* a key goes to the URL it was given for, and to no other */
        seal_key(call, &row, body->api_key);
    TRY(name_taken(call, provider_update(call, &row)));
    TRY(audit_note(call, "provider.changed", row.name));
    tell_on_commit(call);
    TRY(tx_commit(&tx));
    return respond(req, 200, provider_view, &row);
}

static enum result delete_one(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct provider_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(provider_read(call, req->ids[0], &row));
    TRY(provider_delete(call, req->ids[0]));
    TRY(audit_note(call, "provider.removed", row.name));
    tell_on_commit(call);
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- test: does it answer, with this key? --------------------------------------------------------------------------------------- */

enum { PROBE_ANSWER_MOST = 4 << 20 };

struct probe_view {
    bool ok;
    int64_t status, latency_ms;
    text message;
    struct text_list models;
};

static const struct field probe_view[] = {
    BOOL(struct probe_view, ok), INT(struct probe_view, status, .doc = "The service's HTTP status, 0 when it did not answer."), INT(struct probe_view, latency_ms),
    TEXT(struct probe_view, message), TEXTS(struct probe_view, models), FIELDS_END,
};

static struct text_list probe_models(struct arena *arena, text body)
{
    static const struct json_limits limits = { .depth = 16, .string = 1 << 16 };
    enum { MOST = 500 };
    struct text_list models = { arena_array(arena, MOST, sizeof(text)), 0 };
    struct json_error error;
    struct json_walk walk;
    text item;

    if (!json_check(body, &limits, &error))
        return models;
    body = text_trim(body);
    for (walk = json_walk(json_type_of(body) == JSON_ARRAY ? body : json_find(body, "data")); models.len < MOST && json_next_item(&walk, &item);) {
        text id = json_unquote(arena, json_find(item, "id"));

        if (id.len)
            models.items[models.len++] = id;
    }
    return models;
}

static text probe_message(enum fetch_result result, int status)
{
    if (result != FETCH_OK)
        return text_of(fetch_words(result));
    if (status == 401 || status == 403)
        return T("It refused the key.");
    if (status == 404)
        return T("It answers, but has no list of models at this base URL; check the URL.");
    return status >= 200 && status < 300 ? T("It answers and takes the key.") : T("It answered with an error.");
}

static enum result probe_done(struct request *req, const struct fetch_answer *answer)
{
    const struct probe_view view = {
        .ok = answer->result == FETCH_OK && answer->status >= 200 && answer->status < 300, .status = answer->status, .latency_ms = answer->took / MILLISECOND,
        .message = probe_message(answer->result, answer->status), .models = probe_models(&req->call.arena, answer->body),
    };

    return respond(req, 200, probe_view, &view);
}

static enum result test(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct fetch_header headers[AI_HEADERS_MAX];
    struct ai_outgoing outgoing;
    struct provider_row row;
    struct secret key = { TEXT_NONE };
    struct ai_fault fault;
    struct ai_request request;

    (void)body;
    TRY(provider_read(call, req->ids[0], &row));
    if (row.sealed_key.len && !unseal(&call->arena, row.sealed_key, provider_binding(&call->arena, call->organization, row.id), &key))
        return fail(call, UNAVAILABLE, "The stored key cannot be opened; enter it again.");
    request = (struct ai_request){ .base_url = row.base_url, .api_key = key.value, .provider = ai_provider_find(providers_catalogue(), row.provider) };
    if (!request.provider)
        return fail(call, CONFLICT, "This provider is no longer in the catalogue.");
    if (!ai_outgoing_begin(&call->arena, &request, request.provider->dialect == &dialect_anthropic ? "/v1/models" : "/models", &outgoing, &fault))
        return fail(call, VALIDATION_ERROR, "%.*s", TEXT_ARG(fault.message));
    for (size_t i = 0; i < outgoing.header_count; i++)
        headers[i] = (struct fetch_header){ outgoing.headers[i].name, outgoing.headers[i].value };
    return request_fetch(req, &(struct fetch_request){ .method = "GET", .url = outgoing.url, .headers = headers, .header_count = outgoing.header_count, .body = T(""),
                                                       .connect_timeout = config.gateway_connect_timeout }, PROBE_ANSWER_MOST, probe_done);
}

#define MANAGE .access = ACCESS_MEMBER, .permission = PROVIDERS_MANAGE

const struct route providers_routes[] = {
    { GET, "/api/providers/catalogue", list_catalogue, .access = ACCESS_USER, .view = service_view, .answer = ANSWER_LIST, .doc = "The services that can be connected." },
    { GET, "/api/models", list_models, .access = ACCESS_MEMBER, .permission = CONVERSATIONS_READ, .view = model_view, .answer = ANSWER_LIST,
      .doc = "The models the organization can call now." },
    { POST, "/api/providers", create, MANAGE, .recent = true, .body = BODY(struct provider_body, provider_create_fields), .view = provider_view, .status = 201,
      .doc = "Connect a service; its key is sealed and never shown again." },
    { GET, "/api/providers", list, MANAGE, .view = provider_view, .answer = ANSWER_LIST, .doc = "The connected services." },
    { GET, "/api/providers/:id", read_one, MANAGE, .view = provider_view, .doc = "One connected service." },
    { PATCH, "/api/providers/:id", change, MANAGE, .recent = true, .body = BODY(struct provider_body, provider_change_fields), .view = provider_view,
      .doc = "Change it; a new base_url clears the key." },
    { DELETE, "/api/providers/:id", delete_one, MANAGE, .answer = ANSWER_EMPTY, .doc = "Disconnect it." },
    { POST, "/api/providers/:id/test", test, MANAGE, .tier = TIER_SENSITIVE, .view = probe_view, .doc = "Ask it for its models, with the stored key." },
    { 0 },
};
