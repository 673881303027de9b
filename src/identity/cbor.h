/*
 * CBOR (RFC 8949) as authenticators write it: definite lengths, shortest heads, no tags, no floats (CTAP2 §8 canonical form,
 * but for the order of keys, which some get wrong). A reader over bytes; nothing is copied, nothing is written. Everything
 * is bounded by the bytes that are there and by CBOR_DEPTH.
 */
#ifndef TENON_IDENTITY_CBOR_H
#define TENON_IDENTITY_CBOR_H

#include "base/text.h"

enum { CBOR_DEPTH = 8 };
enum cbor_type { CBOR_UNSIGNED, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG, CBOR_SIMPLE };

struct cbor_item {
    enum cbor_type type;
    uint64_t count; /* an integer's value (a negative one is -1 - count), a string's bytes, an array's items, a map's pairs, a simple value */
    text content;   /* a string's bytes; what is inside an array or a map, as encoded */
    text whole;     /* the item as encoded */
};

/* Reads the item that `*rest` begins with, all that is inside it checked, and moves behind it. */
bool cbor_read(text *rest, struct cbor_item *ret_item);

/* The one value under a key of a map; false when there is none or more than one. */
bool cbor_find(const struct cbor_item *map, const char *key, enum cbor_type type, struct cbor_item *ret_value);
bool cbor_find_number(const struct cbor_item *map, int64_t key, struct cbor_item *ret_value);

/* An integer that fits. */
bool cbor_int(const struct cbor_item *item, int64_t *ret_value);

#endif
