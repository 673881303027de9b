/*
 * Text: a length and a pointer into somebody else's bytes, not NUL-terminated. `ptr == NULL` means absent, which is
 * different from empty. Who owns the bytes is said by whoever hands the text out; copies are made into an arena.
 */
#ifndef TENON_BASE_TEXT_H
#define TENON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

typedef struct {
    const char *ptr;
    size_t len;
} text;

/* A list of texts, as a request's array of strings is read. */
struct text_list {
    text *items;
    size_t len;
};

#define T(literal) ((text){ "" literal, sizeof(literal) - 1 })
#define TEXT_NONE ((text){ NULL, 0 })

/* For printf: `"%.*s", TEXT_ARG(name)`. */
#define TEXT_ARG(t) (int)(t).len, (t).ptr ? (t).ptr : ""

static inline text text_of(const char *z) { return (text){ z, z ? strlen(z) : 0 }; }
static inline bool text_equal(text a, text b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }
static inline bool text_is_empty(text t) { return t.len == 0; }

bool text_equal_nocase(text a, text b); /* ASCII letters only */
bool text_starts(text t, text prefix);
bool text_ends(text t, text suffix);
int text_compare(text a, text b); /* by bytes, like memcmp, shorter first */

/* The part from `from` (clamped) of at most `len` bytes. */
text text_slice(text t, size_t from, size_t len);

/* Without ASCII white space at both ends. */
text text_trim(text t);

/* Place of the first `needle`, or SIZE_MAX. */
size_t text_find(text t, text needle);
size_t text_find_char(text t, char c);

/* Cuts `*rest` at the first `sep`: returns what stands before it and leaves what stands behind. Without one, returns all
   and leaves an absent text. */
text text_cut(text *rest, char sep);

/* A copy in the arena with a NUL behind it; absent stays absent. */
text text_copy(struct arena *arena, text t);
char *text_z(struct arena *arena, text t); /* never NULL */
text text_lower(struct arena *arena, text t); /* ASCII letters only */
text text_pattern(struct arena *arena, text t); /* `%t%` in lower case, for SQL's LIKE … ESCAPE '!' */
text text_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A whole decimal number, sign allowed; false when it is anything else or does not fit. */
bool text_int(text t, int64_t *ret_value);

/* FNV-1a, for tables in memory; not for anything that an attacker gains by colliding. */
uint64_t text_hash(text t);

/* --- UTF-8 (RFC 3629) ------------------------------------------------------------------------------------------- */

/* True when all of it is valid UTF-8: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool utf8_valid(text t);

/* Number of code points of a valid text. */
size_t utf8_count(text t);

/* Reads one code point at `*pos` and moves on; a broken byte yields U+FFFD and moves by one. */
uint32_t utf8_next(text t, size_t *pos);

/* Writes a code point; returns how many bytes (1 to 4). */
size_t utf8_put(char out[static 4], uint32_t code);

/* The longest prefix of at most `max` bytes that does not split a code point. */
text utf8_prefix(text t, size_t max);

#endif
