/*
 * JSON (RFC 8259): a strict check, a reader over checked bytes, and a writer.
 *
 * There is no tree. A document is checked once; after that a value is a slice of its bytes, and members are found by
 * walking. That is what bodies, rows and the gateway need. Where a document is rebuilt (the dialects), jansson's tree is
 * used instead.
 */
#ifndef TENON_BASE_JSON_H
#define TENON_BASE_JSON_H

#include "base/buffer.h"

enum json_type { JSON_NONE, JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

/* --- check ------------------------------------------------------------------------------------------------------- */

enum json_fault {
    JSON_OK,
    JSON_SYNTAX,
    JSON_DEPTH,     /* nested deeper than the limit */
    JSON_DUPLICATE, /* a key stands twice in one object, escapes undone */
    JSON_UTF8,      /* invalid UTF-8, or an escape that is half a surrogate pair */
    JSON_NUL,       /* \u0000 */
    JSON_LONG,      /* a string or key longer than the limit */
    JSON_RANGE,     /* a number that no double holds */
};

struct json_limits {
    int depth;     /* of objects and arrays */
    size_t string; /* bytes of one string as written */
};

struct json_error {
    enum json_fault fault;
    size_t offset;    /* byte in the document */
    char field[128];  /* dotted path of the member it is in (`a.b.3.c`), cut when longer; empty at the top */
    const char *message;
};

/* True when `doc` is one value and nothing else, within the limits. */
bool json_check(text doc, const struct json_limits *limits, struct json_error *ret_error);

/* --- read (checked documents only) --------------------------------------------------------------------------------- */

enum json_type json_type_of(text value);

struct json_walk {
    const char *at;
    const char *end;
};

struct json_walk json_walk(text object_or_array);

/* The next member of an object; `*ret_key` still has its quotes off but escapes in. False at the end. */
bool json_next_member(struct json_walk *walk, text *ret_key, text *ret_value);
bool json_next_item(struct json_walk *walk, text *ret_value);

/* The member's value, or an absent text. `key` must need no escapes. */
text json_find(text object, const char *key);

/* Decoded content of a string value: points into the document where there is no escape, else into the arena. Absent when
   the value is not a string. */
text json_unquote(struct arena *arena, text value);
bool json_int(text value, int64_t *ret_value);    /* whole numbers only, `1.0` and `1e2` included */
bool json_number(text value, double *ret_value);
bool json_bool(text value, bool *ret_value);

/* --- write --------------------------------------------------------------------------------------------------------- */

/* Commas are set by the writer. Nesting and key order are the caller's. */
struct json_writer {
    struct buffer *out;
    bool comma;
};

void jw_object(struct json_writer *w);
void jw_object_close(struct json_writer *w);
void jw_array(struct json_writer *w);
void jw_array_close(struct json_writer *w);
void jw_key(struct json_writer *w, const char *key);
void jw_key_text(struct json_writer *w, text key);
void jw_text(struct json_writer *w, text value); /* absent: null; invalid UTF-8 becomes U+FFFD */
void jw_int(struct json_writer *w, int64_t value);
void jw_double(struct json_writer *w, double value); /* shortest form that reads back the same; not finite: null */
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
void jw_raw(struct json_writer *w, text json); /* absent: null */

/* Key and value at once. */
#define jw_member(w, key, kind, ...) (jw_key((w), (key)), jw_##kind((w), __VA_ARGS__))

#endif
