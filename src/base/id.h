/*
 * Identifiers: UUIDs. New ones are version 7 (RFC 9562 §5.7), so they sort by the time they were made; any version is
 * accepted from outside. All zero means "none".
 */
#ifndef TENON_BASE_ID_H
#define TENON_BASE_ID_H

#include "base/text.h"

typedef struct {
    uint8_t bytes[16];
} uuid;

enum { UUID_TEXT = 36 };
#define UUID_NONE ((uuid){ { 0 } })

struct uuid_list {
    uuid *items;
    size_t len;
};

/* Monotonic within a millisecond and a process: a later one never sorts before an earlier one. Safe from any thread. */
uuid uuid_new(void);

bool uuid_parse(text t, uuid *ret_id);
text uuid_format(uuid id, char out[static UUID_TEXT + 1]); /* lower case, NUL behind */
text uuid_text(struct arena *arena, uuid id);

static inline bool uuid_equal(uuid a, uuid b) { return memcmp(a.bytes, b.bytes, 16) == 0; }
static inline bool uuid_is_none(uuid id) { return uuid_equal(id, UUID_NONE); }

/* Fills with bytes from the kernel's generator; aborts when it cannot. */
void random_bytes(void *out, size_t len);

/* `len` letters of unpadded base64url (RFC 4648 §5), 6 random bits each. */
text random_token(struct arena *arena, size_t len);

/* Everything but unreserved characters as %XX (RFC 3986 §2.1). */
text percent_encode(struct arena *arena, text t);

/* --- encodings (RFC 4648) ---------------------------------------------------------------------------------------- */
text hex_encode(struct arena *arena, const void *from, size_t len);
bool hex_decode(text t, void *out, size_t len); /* exactly `len` bytes, both cases */
text base64_encode(struct arena *arena, const void *from, size_t len);    /* §4, padded */
text base64url_encode(struct arena *arena, const void *from, size_t len); /* §5, unpadded */

/* Strict: no white space, no padding, and no bits set behind the last byte, so a value has one spelling only. */
bool base64url_decode(struct arena *arena, text t, text *ret_bytes);
/* §4: with correct padding or none at all. */
bool base64_decode(struct arena *arena, text t, text *ret_bytes);

#endif
