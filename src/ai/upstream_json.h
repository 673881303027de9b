/*
 * JSON from an upstream: hostile, but not ours to correct. base/json.h's check is for requests and refuses what Tenon does not
 * take; models do send a \u0000, half a surrogate pair, a doubled key, and the client's SDK copes. Here only the syntax is
 * checked, so that the walks of base/json.h are safe; strings are decoded with this file's function, never json_unquote.
 */
#ifndef TENON_AI_UPSTREAM_JSON_H
#define TENON_AI_UPSTREAM_JSON_H

#include "base/json.h"

/* True when the bytes are one JSON value, white space around it, nested at most 256 deep. */
bool upstream_json_valid(text doc);

/* Appends a string value's content as valid UTF-8 without NUL: what is neither becomes U+FFFD. Nothing for other types. */
void upstream_string(struct buffer *out, text value);

/* The same as a text in the arena, cut to `max` bytes at a code point; absent when the value is not a string. */
text upstream_text(struct arena *arena, text value, size_t max);

/* A count of tokens: a whole or fractional number that is not below zero (some services write floats); 0 for the rest. */
int64_t upstream_count(text value);

/* True unless the value is absent, null, false or an empty string: what the SDKs take for an error member. */
bool upstream_truthy(text value);

#endif
