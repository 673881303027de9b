#include "identity/cbor.h"

/* The initial byte and its argument (§3): shortest form only. */
static bool read_head(text *rest, struct cbor_item *item)
{
    static const uint64_t least[] = { 24, 1u << 8, 1u << 16, UINT64_C(1) << 32 }; /* below, a shorter form exists */
    unsigned char first, info;
    size_t bytes;

    if (!rest->len)
        return false;
    first = (unsigned char)rest->ptr[0];
    info = first & 31;
    item->type = first >> 5;
    *rest = text_slice(*rest, 1, rest->len);
    if (info < 24) {
        item->count = info;
        return true;
    }
    if (info > 27) /* reserved, or an indefinite length */
        return false;
    bytes = (size_t)1 << (info - 24);
    if (rest->len < bytes)
        return false;
    item->count = 0;
    for (size_t i = 0; i < bytes; i++)
        item->count = item->count << 8 | (unsigned char)rest->ptr[i];
    *rest = text_slice(*rest, bytes, rest->len);
    return item->count >= least[info - 24];
}

static bool read_item(text *rest, struct cbor_item *ret_item, int depth);

/* An item takes a byte at least, so a false count ends with the bytes. */
static bool read_inside(text *rest, uint64_t count, int per_count, int depth)
{
    struct cbor_item item;

    for (uint64_t i = 0; i < count; i++)
        for (int j = 0; j < per_count; j++)
            if (!read_item(rest, &item, depth))
                return false;
    return true;
}

static bool read_item(text *rest, struct cbor_item *ret_item, int depth)
{
    text from = *rest, content;

    if (depth <= 0 || !read_head(rest, ret_item))
        return false;
    content = *rest;
    switch (ret_item->type) {
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE: break;
    case CBOR_BYTES:
    case CBOR_TEXT:
        if (ret_item->count > rest->len)
            return false;
        *rest = text_slice(*rest, (size_t)ret_item->count, rest->len);
        if (ret_item->type == CBOR_TEXT && !utf8_valid(text_slice(content, 0, (size_t)ret_item->count)))
            return false;
        break;
    case CBOR_ARRAY:
    case CBOR_MAP:
        if (!read_inside(rest, ret_item->count, ret_item->type == CBOR_MAP ? 2 : 1, depth - 1))
            return false;
        break;
    case CBOR_SIMPLE: /* false, true, null, undefined */
        if (ret_item->count < 20 || ret_item->count > 23)
            return false;
        break;
    case CBOR_TAG: return false;
    }
    ret_item->content = text_slice(content, 0, content.len - rest->len);
    ret_item->whole = text_slice(from, 0, from.len - rest->len);
    return true;
}

bool cbor_read(text *rest, struct cbor_item *ret_item)
{
    text left = *rest;
    struct cbor_item item;

    if (!left.ptr || !read_item(&left, &item, CBOR_DEPTH))
        return false;
    *rest = left;
    *ret_item = item;
    return true;
}

bool cbor_int(const struct cbor_item *item, int64_t *ret_value)
{
    if ((item->type != CBOR_UNSIGNED && item->type != CBOR_NEGATIVE) || item->count > INT64_MAX)
        return false;
    *ret_value = item->type == CBOR_UNSIGNED ? (int64_t)item->count : -1 - (int64_t)item->count;
    return true;
}

static bool is_key(const struct cbor_item *item, const char *name, int64_t number)
{
    int64_t value;

    if (name)
        return item->type == CBOR_TEXT && text_equal(item->content, text_of(name));
    return cbor_int(item, &value) && value == number;
}

/* The map was read before, so what is inside reads again. */
static bool find(const struct cbor_item *map, const char *name, int64_t number, struct cbor_item *ret_value)
{
    struct cbor_item key, value;
    text rest = map->content;
    int found = 0;

    if (map->type != CBOR_MAP)
        return false;
    for (uint64_t i = 0; i < map->count && cbor_read(&rest, &key) && cbor_read(&rest, &value); i++)
        if (is_key(&key, name, number)) {
            *ret_value = value;
            found++;
        }
    return found == 1;
}

bool cbor_find(const struct cbor_item *map, const char *key, enum cbor_type type, struct cbor_item *ret_value)
{
    struct cbor_item value;

    if (!find(map, key, 0, &value) || value.type != type)
        return false;
    *ret_value = value;
    return true;
}

bool cbor_find_number(const struct cbor_item *map, int64_t key, struct cbor_item *ret_value)
{
    return find(map, NULL, key, ret_value);
}
