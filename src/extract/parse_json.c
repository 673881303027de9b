/*
 * JSON: every leaf with its path, a record in one row. A record is a value without a list of objects inside and of at
 * most RECORD_MAX bytes as text; anything bigger is taken apart, its plain members first. The row of a record below the
 * top opens with where it stands:
 *
 *     users[2] | name: Ann; address.city: Paris; tags: a, b
 */
#include <stdio.h>

#include "base/json.h"
#include "extract/parse.h"

enum { DEPTH_MAX = 64, RECORD_MAX = 2000, PATH_MAX_BYTES = 512 };

static void put_value(struct parse *parse, text path, text value);

static bool is_container(text value)
{
    return json_type_of(value) == JSON_OBJECT || json_type_of(value) == JSON_ARRAY;
}

static text key_text(struct arena *arena, text raw)
{
    return json_unquote(arena, (text){ raw.ptr - 1, raw.len + 2 });
}

/* The bytes of a value bound the text it makes, so a record is told without making it. */
static bool is_record(text value)
{
    struct json_walk walk;
    text key, item;

    if (value.len > RECORD_MAX)
        return false;
    if (!is_container(value))
        return true;
    walk = json_walk(value);
    if (json_type_of(value) == JSON_ARRAY) {
        while (json_next_item(&walk, &item))
            if (is_container(item))
                return false;
        return true;
    }
    while (json_next_member(&walk, &key, &item))
        if (!is_record(item))
            return false;
    return true;
}

static void leaf_text(struct parse *parse, text value, struct buffer *out)
{
    text string = json_unquote(parse->arena, value);

    buffer_text(out, string.ptr ? string : value);
}

static text joined(struct arena *arena, text path, const char *between, text name)
{
    return utf8_prefix(path.len ? text_format(arena, "%.*s%s%.*s", TEXT_ARG(path), between, TEXT_ARG(name)) : name, PATH_MAX_BYTES);
}

/* All leaves of a record behind each other. */
static void put_leaves(struct parse *parse, text path, text value, struct buffer *row)
{
    struct json_walk walk;
    bool first = true;
    text key, item;

    if (json_type_of(value) == JSON_OBJECT) {
        walk = json_walk(value);
        while (json_next_member(&walk, &key, &item))
            put_leaves(parse, joined(parse->arena, path, ".", key_text(parse->arena, key)), item, row);
        return;
    }
    if (json_type_of(value) == JSON_NULL)
        return;
    if (row->len)
        buffer_text(row, T("; "));
    if (path.len)
        buffer_format(row, "%.*s: ", TEXT_ARG(path));
    if (json_type_of(value) != JSON_ARRAY) {
        leaf_text(parse, value, row);
        return;
    }
    walk = json_walk(value);
    while (json_next_item(&walk, &item)) {
        if (!first)
            buffer_text(row, T(", "));
        leaf_text(parse, item, row);
        first = false;
    }
}

static void put_row(struct parse *parse, text path, const struct buffer *leaves)
{
    SCOPED(buffer) struct buffer row = { 0 };

    if (!leaves->len)
        return;
    if (path.len) {
        buffer_text(&row, path);
        buffer_text(&row, T(" | "));
    }
    buffer_text(&row, buffer_view(leaves));
    parse_block(parse, BLOCK_ROW, 0, buffer_view(&row));
}

/* Paths and decoded strings of a record are gone with it: a document has any number of them. */
static void put_record(struct parse *parse, text path, text value)
{
    SCOPED(buffer) struct buffer leaves = { 0 };
    SCOPED(arena) struct arena scratch = { 0 };
    struct arena *outer = parse->arena;

    parse->arena = &scratch;
    put_leaves(parse, T(""), value, &leaves);
    parse->arena = outer;
    put_row(parse, path, &leaves);
}

static void put_object(struct parse *parse, text path, text object)
{
    SCOPED(buffer) struct buffer leaves = { 0 };
    struct json_walk walk = json_walk(object);
    text key, item;

    while (json_next_member(&walk, &key, &item)) {
        if (!is_record(item) || (is_container(item) && item.len > RECORD_MAX / 4))
            continue;
        put_leaves(parse, key_text(parse->arena, key), item, &leaves);
        if (leaves.len > RECORD_MAX) {
            put_row(parse, path, &leaves);
            leaves.len = 0;
        }
    }
    put_row(parse, path, &leaves);
    walk = json_walk(object);
    while (json_next_member(&walk, &key, &item))
        if (!is_record(item) || (is_container(item) && item.len > RECORD_MAX / 4))
            put_value(parse, joined(parse->arena, path, ".", key_text(parse->arena, key)), item);
}

static void put_array(struct parse *parse, text path, text array)
{
    SCOPED(buffer) struct buffer leaves = { 0 };
    struct json_walk walk = json_walk(array);
    size_t index = 0;
    text item;

    for (; json_next_item(&walk, &item); index++) {
        char place[32];

        if (is_container(item) || item.len > RECORD_MAX) {
            snprintf(place, sizeof place, "[%zu]", index);
            put_value(parse, joined(parse->arena, path, "", text_of(place)), item);
            continue;
        }
        if (leaves.len)
            buffer_text(&leaves, T(", "));
        leaf_text(parse, item, &leaves);
        if (leaves.len > RECORD_MAX) {
            put_row(parse, path, &leaves);
            leaves.len = 0;
        }
    }
    put_row(parse, path, &leaves);
}

static void put_value(struct parse *parse, text path, text value)
{
    if (parse->out->failed)
        return;
    if (is_record(value) || !is_container(value))
        put_record(parse, path, value);
    else if (json_type_of(value) == JSON_OBJECT)
        put_object(parse, path, value);
    else
        put_array(parse, path, value);
}

bool parse_json(struct parse *parse)
{
    const struct json_limits limits = { .depth = DEPTH_MAX, .string = SIZE_MAX };
    struct json_error error;
    text source;

    if (!parse_decode(parse, &source))
        return false;
    source = text_trim(source);
    if (!json_check(source, &limits, &error)) {
        if (error.fault == JSON_DEPTH)
            return parse_refuse(parse, "The JSON is nested more than %d levels deep.", DEPTH_MAX);
        return parse_refuse(parse, "The JSON is not valid: %s, at byte %zu.", error.message, error.offset);
    }
    put_value(parse, T(""), source);
    return true;
}
