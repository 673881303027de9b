#include "core/fields.h"

#include <stdio.h>

static const struct json_limits body_limits = { .depth = 32, .string = 1 << 20 };

/* Where a value stands, for the error: a chain on the stack, spelled out only when something is wrong. */
struct place {
    const struct place *above;
    text name;
    size_t index; /* when name is absent */
};

static text spell(struct arena *arena, const struct place *place)
{
    text self = place->name.ptr ? place->name : text_format(arena, "%zu", place->index);

    if (!place->above)
        return self;
    return text_format(arena, "%.*s.%.*s", TEXT_ARG(spell(arena, place->above)), TEXT_ARG(self));
}

static enum result wrong(struct call *call, const struct place *place, const char *message)
{
    return fail_field_text(call, spell(&call->arena, place), text_of(message));
}

static enum result wrong_text(struct call *call, const struct place *place, text message)
{
    return fail_field_text(call, spell(&call->arena, place), message);
}

static int64_t max_of(const struct field *field)
{
    if (field->max)
        return field->max;
    return field->type == FIELD_TEXT || field->type == FIELD_JSON ? FIELD_TEXT_MAX : FIELD_ITEMS_MAX;
}

static enum result check_count(struct call *call, const struct field *field, const struct place *place, size_t count, const char *unit)
{
    struct arena *arena = &call->arena;

    if ((int64_t)count > max_of(field))
        return wrong_text(call, place, text_format(arena, "must have at most %lld %s", (long long)max_of(field), unit));
    if ((int64_t)count < field->min && field->min == 1 && count == 0)
        return wrong(call, place, "must not be empty");
    if ((int64_t)count < field->min)
        return wrong_text(call, place, text_format(arena, "must have at least %lld %s", (long long)field->min, unit));
    return OK;
}

static enum result check_text(struct call *call, const struct field *field, const struct place *place, text value)
{
    const char *message;

    TRY(check_count(call, field, place, utf8_count(value), "characters"));
    if (field->one_of) {
        text all = T("");

        for (const char *const *one = field->one_of; *one; one++) {
            if (text_equal(value, text_of(*one)))
                return OK;
            all = text_format(&call->arena, "%.*s%s%s", TEXT_ARG(all), all.len ? ", " : "", *one);
        }
        return wrong_text(call, place, text_format(&call->arena, "must be one of: %.*s", TEXT_ARG(all)));
    }
    message = field->check ? field->check(value) : NULL;
    return message ? wrong(call, place, message) : OK;
}

static enum result check_number(struct call *call, const struct field *field, const struct place *place, double value)
{
    bool bounded = field->min || field->max;

    if (!bounded || (value >= (double)field->min && (!field->max || value <= (double)field->max)))
        return OK;
    if (!field->max)
        return wrong_text(call, place, text_format(&call->arena, "must be at least %lld", (long long)field->min));
    return wrong_text(call, place, text_format(&call->arena, "must be between %lld and %lld", (long long)field->min, (long long)field->max));
}

const char *check_line(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f)
            return "must not hold control characters";
    return text_trim(value).len ? NULL : "must not be blank";
}

/* A scalar written as plain text, from a query string. */
static enum result read_plain(struct call *call, const struct field *field, const struct place *place, text value, void *at)
{
    int64_t number;

    switch (field->type) {
    case FIELD_TEXT:
        *(text *)at = value;
        return check_text(call, field, place, value);
    case FIELD_INT:
        if (!text_int(value, &number))
            return wrong(call, place, "must be a whole number");
        *(int64_t *)at = number;
        return check_number(call, field, place, (double)number);
    case FIELD_BOOL:
        if (!text_equal(value, T("true")) && !text_equal(value, T("false")))
            return wrong(call, place, "must be true or false");
        *(bool *)at = text_equal(value, T("true"));
        return OK;
    case FIELD_UUID:
        return uuid_parse(value, at) ? OK : wrong(call, place, "must be a UUID");
    case FIELD_TIME:
        return clock_parse(value, at) ? OK : wrong(call, place, "must be a time such as 2026-11-20T08:00:00Z");
    default:
        return wrong(call, place, "is not taken here");
    }
}

static enum result read_object(struct call *call, const struct field *fields, const struct place *above, text object, char *into);

static size_t count_items(text array)
{
    struct json_walk walk = json_walk(array);
    size_t count = 0;
    text item;

    while (json_next_item(&walk, &item))
        count++;
    return count;
}

static enum result read_list(struct call *call, const struct field *field, const struct place *place, text value, char *at)
{
    size_t count, size = field->type == FIELD_LIST ? field->size : field->type == FIELD_TEXTS ? sizeof(text) : sizeof(uuid);
    struct field one = { .type = field->type == FIELD_TEXTS ? FIELD_TEXT : FIELD_UUID, .one_of = field->one_of, .check = field->check };
    struct json_walk walk = json_walk(value);
    enum result result = OK;
    char *items;
    text item;

    if (json_type_of(value) != JSON_ARRAY)
        return wrong(call, place, "must be a list");
    count = count_items(value);
    TRY(check_count(call, field, place, count, "items"));
    items = arena_array(&call->arena, count, size);
    for (size_t i = 0; json_next_item(&walk, &item); i++) {
        struct place inner = { place, TEXT_NONE, i };
        enum result now;

        if (field->type == FIELD_LIST)
            now = read_object(call, field->fields, &inner, item, items + i * size);
        else if (json_type_of(item) != JSON_STRING)
            now = wrong(call, &inner, "must be a string");
        else
            now = read_plain(call, &one, &inner, json_unquote(&call->arena, item), items + i * size);
        result = result == OK ? now : result;
    }
    *(struct list *)(void *)at = (struct list){ items, count };
    return result;
}

static enum result read_value(struct call *call, const struct field *field, const struct place *place, text value, char *at)
{
    double number;

    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_UUID:
    case FIELD_TIME:
        if (json_type_of(value) != JSON_STRING)
            return wrong(call, place, "must be a string");
        return read_plain(call, field, place, json_unquote(&call->arena, value), at);
    case FIELD_INT:
        if (!json_int(value, (int64_t *)(void *)at))
            return wrong(call, place, "must be a whole number");
        return check_number(call, field, place, (double)*(int64_t *)(void *)at);
    case FIELD_DOUBLE:
        if (!json_number(value, &number))
            return wrong(call, place, "must be a number");
        *(double *)(void *)at = number;
        return check_number(call, field, place, number);
    case FIELD_BOOL:
        return json_bool(value, (bool *)at) ? OK : wrong(call, place, "must be true or false");
    case FIELD_JSON:
        *(text *)(void *)at = value;
        return check_count(call, field, place, value.len, "bytes");
    case FIELD_OBJECT:
        return read_object(call, field->fields, place, value, at);
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_LIST:
        return read_list(call, field, place, value, at);
    case FIELD_NONE:
    case FIELD_BYTES:
        break;
    }
    return INTERNAL;
}

static const struct field *field_named(const struct field *fields, text name)
{
    for (const struct field *field = fields; field->type; field++)
        if (text_equal(name, text_of(field->name)))
            return field;
    return NULL;
}

/* What null takes away; a switch, a number or a list has nothing that it could mean. */
static bool can_be_cleared(const struct field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_UUID || field->type == FIELD_TIME || field->type == FIELD_JSON;
}

static enum result require(struct call *call, const struct field *fields, const struct place *above, const bool *seen)
{
    enum result result = OK;

    for (size_t i = 0; fields[i].type; i++)
        if (fields[i].required && !seen[i]) {
            struct place place = { above, text_of(fields[i].name), 0 };

            result = wrong(call, &place, "is required");
        }
    return result;
}

static enum result read_object(struct call *call, const struct field *fields, const struct place *above, text object, char *into)
{
    enum { MOST_FIELDS = 64 };
    bool seen[MOST_FIELDS] = { false };
    struct json_walk walk = json_walk(object);
    enum result result = OK, now;
    text key, value;

    if (json_type_of(object) != JSON_OBJECT) {
        struct place body = { above, T("body"), 0 };

        return wrong(call, above ? above : &body, "must be an object");
    }
    while (json_next_member(&walk, &key, &value)) {
        const struct field *field = field_named(fields, key);
        struct place place = { above, key, 0 };

        if (!field) {
            now = wrong(call, &place, "is not a known field");
        } else {
            bool null = json_type_of(value) == JSON_NULL;

            if (field->given && (!null || can_be_cleared(field)))
                *(bool *)(into + field->given) = true;
            if (null)
                continue; /* as if it were not there; `required` then says so */
            seen[field - fields] = true;
            now = read_value(call, field, &place, value, into + field->at);
        }
        result = result == OK ? now : result;
    }
    now = require(call, fields, above, seen);
    return result == OK ? now : result;
}

enum result fields_read(struct call *call, const struct field *fields, text object, void *into)
{
    return read_object(call, fields, NULL, object, into);
}

enum result fields_read_body(struct call *call, const struct field *fields, text body, void *into)
{
    struct json_error error;

    if (!json_check(body, &body_limits, &error)) {
        if (error.field[0])
            fail_field(call, error.field, "%s", error.message);
        if (error.fault == JSON_SYNTAX || !error.field[0])
            return fail(call, MALFORMED_JSON, "The body is not valid JSON: %s (byte %zu).", error.message, error.offset);
        return VALIDATION_ERROR;
    }
    body = text_trim(body);
    return fields_read(call, fields, body, into);
}

/* --- query strings --------------------------------------------------------------------------------------------------- */

bool query_decode(struct arena *arena, text part, text *ret_decoded)
{
    char *out = arena_alloc(arena, part.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (i + 2 >= part.len || !hex_decode(text_slice(part, i + 1, 2), &c, 1) || c == '\0')
                return false;
            i += 2;
        }
        out[len++] = c;
    }
    *ret_decoded = (text){ out, len };
    return utf8_valid(*ret_decoded);
}

static enum result append_listed(struct call *call, const struct field *field, const struct place *place, text value, void *at)
{
    struct field one = { .type = field->type == FIELD_TEXTS ? FIELD_TEXT : FIELD_UUID, .one_of = field->one_of, .check = field->check };
    size_t size = field->type == FIELD_TEXTS ? sizeof(text) : sizeof(uuid);
    struct list *list = at;

    while (value.ptr) {
        text part = text_cut(&value, ',');
        char *grown = arena_array(&call->arena, list->len + 1, size);

        TRY(check_count(call, field, place, list->len + 1, "items"));
        if (list->len)
            memcpy(grown, list->items, list->len * size);
        TRY(read_plain(call, &one, place, part, grown + list->len * size));
        *list = (struct list){ grown, list->len + 1 };
    }
    return OK;
}

enum result fields_read_query(struct call *call, const struct field *fields, bool open, text query, void *into)
{
    bool seen[64] = { false };
    enum result result = OK, now;

    while (query.len) {
        text value = text_cut(&query, '&'), name = text_cut(&value, '=');
        const struct field *field;
        struct place place = { NULL, name, 0 };

        if (!name.len && !value.len)
            continue;
        if (!query_decode(&call->arena, name, &name) || !query_decode(&call->arena, value.ptr ? value : T(""), &value)) {
            place.name = T("query");
            now = wrong(call, &place, "is not properly encoded");
        } else if (!(field = field_named(fields, name))) {
            place.name = name;
            now = open ? OK : wrong(call, &place, "is not a known parameter");
        } else if (field->type == FIELD_TEXTS || field->type == FIELD_UUIDS) {
            now = append_listed(call, field, &place, value, (char *)into + field->at);
        } else if (seen[field - fields]) {
            now = wrong(call, &place, "stands twice");
        } else if (value.len == 0 && field->type != FIELD_TEXT) {
            continue; /* `?page=` means the default */
        } else {
            seen[field - fields] = true;
            now = read_plain(call, field, &place, value, (char *)into + field->at);
        }
        result = result == OK ? now : result;
    }
    now = require(call, fields, NULL, seen);
    return result == OK ? now : result;
}

/* --- writing ------------------------------------------------------------------------------------------------------------ */

static bool is_empty(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return false;
    return true;
}

static void write_value(struct json_writer *w, const struct field *field, const char *at)
{
    char spelled[UUID_TEXT + 1];
    const struct list *list = (const void *)at;

    _Static_assert(sizeof spelled >= CLOCK_TEXT, "one buffer holds a time too");
    switch (field->type) {
    case FIELD_TEXT: jw_text(w, *(const text *)(const void *)at); break;
    case FIELD_INT:
        if (field->nullable && *(const int64_t *)(const void *)at == 0)
            jw_null(w);
        else
            jw_int(w, *(const int64_t *)(const void *)at);
        break;
    case FIELD_DOUBLE: jw_double(w, *(const double *)(const void *)at); break;
    case FIELD_BOOL: jw_bool(w, *(const bool *)at); break;
    case FIELD_UUID:
        if (uuid_is_none(*(const uuid *)at))
            jw_null(w);
        else
            jw_text(w, uuid_format(*(const uuid *)at, spelled));
        break;
    case FIELD_TIME:
        if (*(const int64_t *)(const void *)at)
            jw_text(w, clock_format(*(const int64_t *)(const void *)at, spelled));
        else
            jw_null(w);
        break;
    case FIELD_JSON: jw_raw(w, *(const text *)(const void *)at); break;
    case FIELD_OBJECT:
        if (field->nullable && is_empty(at, field->size))
            jw_null(w);
        else
            fields_write(w, field->fields, at);
        break;
    case FIELD_TEXTS:
        jw_array(w);
        for (size_t i = 0; i < list->len; i++)
            jw_text(w, ((const text *)list->items)[i]);
        jw_array_close(w);
        break;
    case FIELD_UUIDS:
        jw_array(w);
        for (size_t i = 0; i < list->len; i++)
            jw_text(w, uuid_format(((const uuid *)list->items)[i], spelled));
        jw_array_close(w);
        break;
    case FIELD_LIST:
        jw_array(w);
        for (size_t i = 0; i < list->len; i++)
            fields_write(w, field->fields, (const char *)list->items + i * field->size);
        jw_array_close(w);
        break;
    case FIELD_NONE:
    case FIELD_BYTES: jw_null(w); break;
    }
}

void fields_write_members(struct json_writer *w, const struct field *fields, const void *from)
{
    for (const struct field *field = fields; field->type; field++) {
        if (field->secret)
            continue; /* refused at start by fields_unfit_view; never written whatever happens */
        jw_key(w, field->name);
        write_value(w, field, (const char *)from + field->at);
    }
}

void fields_write(struct json_writer *w, const struct field *fields, const void *from)
{
    jw_object(w);
    fields_write_members(w, fields, from);
    jw_object_close(w);
}

const char *fields_unfit_view(const struct field *fields)
{
    for (const struct field *field = fields; field->type; field++) {
        const char *inner = field->fields ? fields_unfit_view(field->fields) : NULL;

        if (field->secret || field->type == FIELD_BYTES)
            return field->name;
        if (inner)
            return inner;
    }
    return NULL;
}

/* --- schema -------------------------------------------------------------------------------------------------------------- */

static void schema_type(struct json_writer *w, const char *name, bool nullable)
{
    jw_key(w, "type");
    if (!nullable) {
        jw_text(w, text_of(name));
        return;
    }
    jw_array(w);
    jw_text(w, text_of(name));
    jw_text(w, T("null"));
    jw_array_close(w);
}

static void schema_bounds(struct json_writer *w, const struct field *field, const char *low, const char *high)
{
    if (field->min)
        jw_member(w, low, int, field->min);
    if (field->max || field->type != FIELD_INT)
        jw_member(w, high, int, max_of(field));
}

/* What a view writes: an object or a list of them, or null. */
static void schema_json(struct json_writer *w, const struct field *field)
{
    if (field->nullable) {
        jw_object(w);
        jw_key(w, "oneOf");
        jw_array(w);
    }
    if (field->many) {
        jw_object(w);
        jw_member(w, "type", text, T("array"));
        jw_key(w, "items");
    }
    fields_schema(w, field->fields, false);
    if (field->many)
        jw_object_close(w);
    if (field->nullable) {
        jw_raw(w, T("{\"type\":\"null\"}"));
        jw_array_close(w);
        jw_object_close(w);
    }
}

static void schema_field(struct json_writer *w, const struct field *field, bool input)
{
    bool nullable = input ? !field->required : field->nullable;

    jw_object(w);
    switch (field->type) {
    case FIELD_TEXT:
        schema_type(w, "string", nullable);
        if (input && !field->one_of)
            schema_bounds(w, field, "minLength", "maxLength");
        break;
    case FIELD_INT:
        schema_type(w, "integer", nullable);
        if (input)
            schema_bounds(w, field, "minimum", "maximum");
        break;
    case FIELD_DOUBLE: schema_type(w, "number", nullable); break;
    case FIELD_BOOL: schema_type(w, "boolean", nullable); break;
    case FIELD_UUID:
    case FIELD_TIME:
        schema_type(w, "string", nullable);
        jw_member(w, "format", text, field->type == FIELD_UUID ? T("uuid") : T("date-time"));
        break;
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_LIST:
        schema_type(w, "array", nullable);
        jw_key(w, "items");
        if (field->type == FIELD_LIST)
            fields_schema(w, field->fields, input);
        else
            jw_raw(w, field->type == FIELD_TEXTS ? T("{\"type\":\"string\"}") : T("{\"type\":\"string\",\"format\":\"uuid\"}"));
        if (input)
            schema_bounds(w, field, "minItems", "maxItems");
        break;
    case FIELD_OBJECT: /* fields_schema writes those whole */
    case FIELD_JSON:
    case FIELD_NONE:
    case FIELD_BYTES: break;
    }
    if (field->one_of) {
        jw_key(w, "enum");
        jw_array(w);
        for (const char *const *one = field->one_of; *one; one++)
            jw_text(w, text_of(*one));
        if (nullable)
            jw_null(w);
        jw_array_close(w);
    }
    if (field->doc)
        jw_member(w, "description", text, text_of(field->doc));
    jw_object_close(w);
}

void fields_schema(struct json_writer *w, const struct field *fields, bool input)
{
    jw_object(w);
    jw_member(w, "type", text, T("object"));
    jw_key(w, "properties");
    jw_object(w);
    for (const struct field *field = fields; field->type; field++) {
        jw_key(w, field->name);
        if (field->type == FIELD_OBJECT && !(field->nullable && !input))
            fields_schema(w, field->fields, input);
        else if (field->type == FIELD_OBJECT)
            schema_json(w, field);
        else if (field->type == FIELD_JSON && field->fields)
            schema_json(w, field);
        else
            schema_field(w, field, input);
    }
    jw_object_close(w);
    jw_key(w, "required");
    jw_array(w);
    for (const struct field *field = fields; field->type; field++)
        if (input ? field->required : !field->optional)
            jw_text(w, text_of(field->name));
    jw_array_close(w);
    if (input)
        jw_member(w, "additionalProperties", bool, false);
    jw_object_close(w);
}
