/*
 * Fields: tables that describe structs. From one table come the reading of a JSON body or a query string into a struct,
 * a database row into a struct, a struct into JSON, and the schema in the API description.
 */
#ifndef TENON_CORE_FIELDS_H
#define TENON_CORE_FIELDS_H

#include "base/json.h"
#include "core/call.h"

enum field_type {
    FIELD_NONE, /* ends a table */
    FIELD_TEXT,   /* text */
    FIELD_INT,    /* int64_t */
    FIELD_DOUBLE, /* double */
    FIELD_BOOL,   /* bool */
    FIELD_UUID,   /* uuid; none is null */
    FIELD_TIME,   /* int64_t microseconds; 0 is null */
    FIELD_TEXTS,  /* struct text_list */
    FIELD_UUIDS,  /* struct uuid_list */
    FIELD_JSON,   /* text holding checked JSON */
    FIELD_BYTES,  /* text holding bytes; rows only, never JSON */
    FIELD_OBJECT, /* a struct described by .fields */
    FIELD_LIST,   /* struct list of structs described by .fields, .size bytes each */
};

struct field {
    const char *name;
    enum field_type type;
    size_t at; /* offset in the struct */

    bool required; /* in a body: must be there and not null */
    bool nullable; /* in a view: may be null; an int is then when it is 0, an object when nothing is in it */
    bool optional; /* in a view: may be left out */
    bool many;     /* FIELD_JSON in a view: a list of what .fields describes */
    bool secret;   /* may be read, must never be written: a view that has one stops the program at start */
    int64_t min;   /* code points of a text, value of a number, items of a list */
    int64_t max;   /* 0: FIELD_TEXT_MAX for texts, FIELD_ITEMS_MAX for lists, no bound for numbers */
    const char *const *one_of; /* NULL behind the last */
    size_t given; /* offset of a bool that says whether the body had the field (as null only where that can clear it: texts, ids, times); 0: none (so it must not stand first) */

    /* Returns NULL or what is wrong with the text ("must be …"). */
    const char *(*check)(text value);

    const struct field *fields; /* of FIELD_OBJECT and FIELD_LIST; what a FIELD_JSON of a view holds */
    size_t size;
    const char *doc;
};

enum { FIELD_TEXT_MAX = 1000, FIELD_ITEMS_MAX = 100 };

/* Offset of a member, checked at compile time to be of the type the row says. */
#define FIELD_AT(type, member, kind) \
    __builtin_choose_expr(__builtin_types_compatible_p(__typeof__(((type *)0)->member), kind), offsetof(type, member), (void)0)

#define FIELD_ROW(s, m, field_kind, c_type, ...) { .name = #m, .type = field_kind, .at = FIELD_AT(s, m, c_type), __VA_ARGS__ }
#define TEXT(s, m, ...) FIELD_ROW(s, m, FIELD_TEXT, text, __VA_ARGS__)
#define INT(s, m, ...) FIELD_ROW(s, m, FIELD_INT, int64_t, __VA_ARGS__)
#define DOUBLE(s, m, ...) FIELD_ROW(s, m, FIELD_DOUBLE, double, __VA_ARGS__)
#define BOOL(s, m, ...) FIELD_ROW(s, m, FIELD_BOOL, bool, __VA_ARGS__)
#define UUID(s, m, ...) FIELD_ROW(s, m, FIELD_UUID, uuid, __VA_ARGS__)
#define TIME(s, m, ...) FIELD_ROW(s, m, FIELD_TIME, int64_t, __VA_ARGS__)
#define TEXTS(s, m, ...) FIELD_ROW(s, m, FIELD_TEXTS, struct text_list, __VA_ARGS__)
#define UUIDS(s, m, ...) FIELD_ROW(s, m, FIELD_UUIDS, struct uuid_list, __VA_ARGS__)
#define JSON(s, m, ...) FIELD_ROW(s, m, FIELD_JSON, text, __VA_ARGS__)
#define BYTES(s, m, ...) FIELD_ROW(s, m, FIELD_BYTES, text, __VA_ARGS__)
#define OBJECT(s, m, t, table, ...) { .name = #m, .type = FIELD_OBJECT, .at = FIELD_AT(s, m, t), .fields = (table), .size = sizeof(t), __VA_ARGS__ }
#define LIST(s, m, t, table, ...) { .name = #m, .type = FIELD_LIST, .at = FIELD_AT(s, m, struct list), .fields = (table), .size = sizeof(t), __VA_ARGS__ }
#define FIELDS_END { .type = FIELD_NONE }

/* Reads a checked JSON object into the zeroed struct. Every fault is gathered into the call's failure by field. */
CHECKED enum result fields_read(struct call *call, const struct field *fields, text object, void *into);

/* Checks a body (syntax, depth 32, strings) and reads it. */
CHECKED enum result fields_read_body(struct call *call, const struct field *fields, text body, void *into);

/* Reads `a=1&b=2`, percent-decoded; lists as repeated names or commas. Where it is `open`, unknown names are passed over. */
CHECKED enum result fields_read_query(struct call *call, const struct field *fields, bool open, text query, void *into);

void fields_write(struct json_writer *w, const struct field *fields, const void *from);       /* an object */
void fields_write_members(struct json_writer *w, const struct field *fields, const void *from); /* without its braces */

/* JSON Schema (draft 2020-12) of an object; `input` adds what is checked when reading. */
void fields_schema(struct json_writer *w, const struct field *fields, bool input);

/* Name of a field that makes the table unfit to be shown (secret or bytes), or NULL. */
const char *fields_unfit_view(const struct field *fields);

/* For `.check`: a name as people give it, one line and not blank. */
const char *check_line(text value);

/* Percent-decoding of a query part (`+` is a space); false on a broken escape, NUL or invalid UTF-8. */
bool query_decode(struct arena *arena, text part, text *ret_decoded);

#endif
