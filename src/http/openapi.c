/* OpenAPI 3.1 from the table of routes. */
#include <stdio.h>

#include "http/http.h"

static const char *const method_names[] = { "", "get", "post", "put", "patch", "delete" };

/* `/api/keys/:id` → `/api/keys/{id}` */
static text openapi_path(struct arena *arena, const char *path)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_slice(text_of(path), 1, SIZE_MAX);

    while (rest.ptr) {
        text segment = text_cut(&rest, '/');

        if (segment.len && segment.ptr[0] == ':')
            buffer_format(&out, "/{%.*s}", TEXT_ARG(text_slice(segment, 1, segment.len)));
        else
            buffer_format(&out, "/%.*s", TEXT_ARG(segment));
    }
    return text_copy(arena, buffer_view(&out));
}

/* `post /api/keys/:id` → `post_api_keys_id` */
static text operation_id(struct arena *arena, const struct route *route)
{
    text id = text_format(arena, "%s%s", method_names[route->method], route->path);
    char *z = text_z(arena, id);

    for (char *at = z; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9')))
            *at = '_';
    return text_of(z);
}

static void write_parameters(struct json_writer *w, const struct route *route)
{
    text rest = text_slice(text_of(route->path), 1, SIZE_MAX);

    jw_key(w, "parameters");
    jw_array(w);
    while (rest.ptr) {
        text name = text_cut(&rest, '/');

        if (!name.len || name.ptr[0] != ':')
            continue;
        name = text_slice(name, 1, name.len);
        jw_object(w);
        jw_member(w, "name", text, name);
        jw_member(w, "in", text, T("path"));
        jw_member(w, "required", bool, true);
        jw_member(w, "schema", raw, text_equal(name, T("id")) || text_ends(name, T("_id")) ? T("{\"type\":\"string\",\"format\":\"uuid\"}") : T("{\"type\":\"string\"}"));
        jw_object_close(w);
    }
    for (const struct field *field = route->query.fields; field && field->type; field++) {
        static const char *const types[] = {
            [FIELD_TEXT] = "string", [FIELD_INT] = "integer", [FIELD_BOOL] = "boolean", [FIELD_UUID] = "string", [FIELD_TIME] = "string", [FIELD_TEXTS] = "string",
            [FIELD_UUIDS] = "string",
        };

        jw_object(w);
        jw_member(w, "name", text, text_of(field->name));
        jw_member(w, "in", text, T("query"));
        jw_member(w, "required", bool, field->required);
        if (field->doc)
            jw_member(w, "description", text, text_of(field->doc));
        jw_key(w, "schema");
        jw_object(w);
        jw_member(w, "type", text, text_of(types[field->type]));
        if (field->one_of) {
            jw_key(w, "enum");
            jw_array(w);
            for (const char *const *one = field->one_of; *one; one++)
                jw_text(w, text_of(*one));
            jw_array_close(w);
        }
        jw_object_close(w);
        jw_object_close(w);
    }
    jw_array_close(w);
}

static void write_body(struct json_writer *w, const struct route *route)
{
    if (route->body.kind == BODY_NONE)
        return;
    jw_key(w, "requestBody");
    jw_object(w);
    jw_member(w, "required", bool, true);
    jw_key(w, "content");
    jw_object(w);
    if (route->body.upload) {
        jw_member(w, "multipart/form-data", raw,
                  T("{\"schema\":{\"type\":\"object\",\"properties\":{\"file\":{\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\"},"
                    "\"title\":{\"type\":\"string\"},\"collection_id\":{\"type\":\"string\",\"format\":\"uuid\"}},\"required\":[\"file\"]}}"));
    }
    jw_key(w, "application/json");
    jw_object(w);
    jw_key(w, "schema");
    if (route->body.fields)
        fields_schema(w, route->body.fields, true);
    else if (route->body.upload)
        jw_raw(w, T("{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},"
                    "\"collection_id\":{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}},\"required\":[\"title\",\"text\"],\"additionalProperties\":false}"));
    else
        jw_raw(w, T("{\"type\":\"object\"}"));
    jw_object_close(w);
    jw_object_close(w);
    jw_object_close(w);
}

/* `answer` is the route's, or that of its other status. */
static void write_data(struct json_writer *w, const struct route *route, enum answer_kind answer)
{
    bool list = answer == ANSWER_PAGE || answer == ANSWER_CURSOR || answer == ANSWER_LIST;

    jw_object(w);
    jw_member(w, "type", text, T("object"));
    jw_key(w, "properties");
    jw_object(w);
    jw_member(w, "success", raw, T("{\"type\":\"boolean\",\"const\":true}"));
    if (answer != ANSWER_EMPTY) {
        jw_key(w, "data");
        if (list)
            buffer_text(w->out, T("{\"type\":\"array\",\"items\":")), w->comma = false;
        if (route->view)
            fields_schema(w, route->view, false);
        else
            jw_raw(w, T("{}"));
        if (list)
            buffer_char(w->out, '}'), w->comma = true;
    }
    if (answer == ANSWER_PAGE)
        jw_member(w, "meta", raw,
                  T("{\"type\":\"object\",\"properties\":{\"page\":{\"type\":\"integer\"},\"page_size\":{\"type\":\"integer\"},\"total\":{\"type\":\"integer\"}},"
                    "\"required\":[\"page\",\"page_size\",\"total\"]}"));
    if (answer == ANSWER_CURSOR)
        jw_member(w, "meta", raw, T("{\"type\":\"object\",\"properties\":{\"next_cursor\":{\"type\":[\"string\",\"null\"]}},\"required\":[\"next_cursor\"]}"));
    jw_object_close(w);
    jw_key(w, "required");
    jw_raw(w, answer == ANSWER_EMPTY                               ? T("[\"success\"]")
              : answer == ANSWER_PAGE || answer == ANSWER_CURSOR ? T("[\"success\",\"data\",\"meta\"]")
                                                                 : T("[\"success\",\"data\"]"));
    jw_object_close(w);
}

static void write_other(struct json_writer *w, const struct route *route, enum answer_kind answer, const char *status, text description)
{
    jw_key(w, status);
    jw_object(w);
    jw_member(w, "description", text, description);
    jw_key(w, "content");
    jw_object(w);
    jw_key(w, "application/json");
    jw_object(w);
    jw_key(w, "schema");
    write_data(w, route, answer);
    jw_object_close(w);
    jw_object_close(w);
    jw_object_close(w);
}

static void write_responses(struct json_writer *w, const struct route *route)
{
    char status[8] = "200";

    if (route->status)
        snprintf(status, sizeof status, "%d", route->status);
    jw_key(w, "responses");
    jw_object(w);
    jw_key(w, status);
    jw_object(w);
    jw_member(w, "description", text, T("Success"));
    if (route->answer != ANSWER_OTHER) {
        jw_key(w, "content");
        jw_object(w);
        jw_key(w, route->answer == ANSWER_EVENTS ? "text/event-stream" : "application/json");
        jw_object(w);
        jw_key(w, "schema");
        if (route->answer == ANSWER_EVENTS)
            jw_raw(w, T("{\"type\":\"string\"}"));
        else if (route->answer == ANSWER_TOP)
            fields_schema(w, route->view, false);
        else
            write_data(w, route, route->answer);
        jw_object_close(w);
        jw_object_close(w);
    }
    jw_object_close(w);
    if (route->answer == ANSWER_EVENTS && route->view) /* to one who did not want a stream */
        write_other(w, route, ANSWER_OTHER, "201", T("The whole answer"));
    if (route->or_accepted)
        write_other(w, route, ANSWER_EMPTY, "202", T("Begun: what is left to do is in a letter"));
    jw_member(w, "default", raw, T("{\"description\":\"Failure\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}"));
    jw_object_close(w);
}

static void write_operation(struct json_writer *w, const struct module *module, const struct route *route)
{
    SCOPED(arena) struct arena arena = { 0 };

    jw_key(w, method_names[route->method]);
    jw_object(w);
    jw_member(w, "operationId", text, operation_id(&arena, route));
    jw_member(w, "summary", text, text_of(route->doc));
    jw_key(w, "tags");
    jw_array(w);
    jw_text(w, text_of(module->name));
    jw_array_close(w);
    if (route->access == ACCESS_PUBLIC || route->access == ACCESS_OPERATOR)
        jw_member(w, "security", raw, T("[]"));
    if (route->access == ACCESS_ADMIN)
        jw_member(w, "x-access", text, T("administrator"));
    if (route->in_person)
        jw_member(w, "x-in-person", bool, true);
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (route->permission == permission_rows[i].bit)
            jw_member(w, "x-permission", text, permission_rows[i].name);
    if (route->recent)
        jw_member(w, "x-recent", bool, true);
    write_parameters(w, route);
    write_body(w, route);
    write_responses(w, route);
    jw_object_close(w);
}

static bool first_of_path(const struct module *const *modules, const struct route *route)
{
    for (; *modules; modules++)
        for (const struct route *other = (*modules)->routes; other && other->path; other++)
            if (strcmp(other->path, route->path) == 0)
                return other == route;
    return false;
}

static void write_path(struct json_writer *w, const struct module *const *modules, const char *path)
{
    for (; *modules; modules++)
        for (const struct route *route = (*modules)->routes; route && route->path; route++)
            if (strcmp(route->path, path) == 0)
                write_operation(w, *modules, route);
}

void openapi_write(struct buffer *out, const struct module *const *modules)
{
    struct json_writer w = { out, false };
    SCOPED(arena) struct arena arena = { 0 };

    jw_object(&w);
    jw_member(&w, "openapi", text, T("3.1.0"));
    jw_member(&w, "info", raw, T("{\"title\":\"Tenon\",\"version\":\"0.1.0\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}"));
    jw_member(&w, "security", raw, T("[{\"bearer\":[]},{\"cookie\":[]}]"));
    jw_key(&w, "paths");
    jw_object(&w);
    for (const struct module *const *module = modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++) {
            if (!first_of_path(modules, route))
                continue;
            jw_key_text(&w, openapi_path(&arena, route->path));
            jw_object(&w);
            write_path(&w, modules, route->path);
            jw_object_close(&w);
        }
    jw_object_close(&w);
    jw_key(&w, "components");
    jw_object(&w);
    jw_member(&w, "securitySchemes", raw,
              T("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"tenon_session\"}}"));
    jw_member(&w, "schemas", raw,
              T("{\"Error\":{\"type\":\"object\",\"properties\":{\"success\":{\"type\":\"boolean\",\"const\":false},\"error\":{\"type\":\"object\",\"properties\":"
                "{\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},\"fields\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"array\","
                "\"items\":{\"type\":\"string\"}}},\"challenge\":{\"type\":\"string\",\"description\":\"Of MFA_REQUIRED: what POST /api/auth/mfa/verify answers.\"},"
                "\"methods\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"totp\",\"passkey\",\"recovery_code\",\"password\"]}},\"request_id\":{\"type\":\"string\"}},\"required\":[\"code\",\"message\",\"request_id\"]}},"
                "\"required\":[\"success\",\"error\"]}}"));
    jw_object_close(&w);
    jw_object_close(&w);
}

void routes_print(struct buffer *out, const struct module *const *modules)
{
    static const char *const names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };
    static const char *const accesses[] = { "?", "public", "user", "member", "key", "admin", "operator" };
    static const char *const tiers[] = { "by caller", "none", "auth", "sensitive", "public", "user", "key", "widget" };

    for (; *modules; modules++)
        for (const struct route *route = (*modules)->routes; route && route->path; route++) {
            const char *permission = "-";

            for (size_t i = 0; i < PERMISSION_COUNT; i++)
                if (route->permission == permission_rows[i].bit)
                    permission = permission_rows[i].name.ptr;
            buffer_format(out, "%-7s %-62s %-9s %-20s %-10s %s\n", names[route->method], route->path, accesses[route->access], permission, tiers[route->tier],
                          (*modules)->name);
        }
}
