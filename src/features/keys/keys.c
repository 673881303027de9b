#include "features/keys/keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "bus/bus.h"
#include "crypto/crypto.h"
#include "features/keys/keys_api.h"
#include "features/keys/keys_store.h"

enum { SECRET_LETTERS = 32, CHECK_LETTERS = 6, CACHE_MAX = 10000 };
static const int64_t CACHED_FOR = MINUTE, TOUCH_EVERY = MINUTE;
static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const struct event key_changed = { "key.changed", "A key was changed or revoked; payload: its SHA-256 in hex." };

/* --- shape -------------------------------------------------------------------------------------------------------------- */

/* CRC-32 (ISO-HDLC) of the random part. */
static uint32_t checksum(text secret)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < secret.len; i++) {
        crc ^= (unsigned char)secret.ptr[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void spell_checksum(text secret, char out[static CHECK_LETTERS])
{
    uint32_t sum = checksum(secret);

    for (int i = CHECK_LETTERS - 1; i >= 0; i--) {
        out[i] = letters[sum % 62];
        sum /= 62;
    }
}

bool key_is(text token)
{
    text rest = text_slice(token, 8, token.len);
    char check[CHECK_LETTERS];

    if (!text_starts(token, T("tn_live_")) || rest.len != SECRET_LETTERS + CHECK_LETTERS)
        return false;
    spell_checksum(text_slice(rest, 0, SECRET_LETTERS), check);
    return memcmp(rest.ptr + SECRET_LETTERS, check, CHECK_LETTERS) == 0;
}

text key_make(struct arena *arena)
{
    char secret[SECRET_LETTERS], check[CHECK_LETTERS];

    for (size_t i = 0; i < SECRET_LETTERS;) {
        unsigned char byte;

        random_bytes(&byte, 1);
        if (byte < 62 * 4) /* the rest would favour the first letters */
            secret[i++] = letters[byte % 62];
    }
    spell_checksum((text){ secret, sizeof secret }, check);
    return text_format(arena, "tn_live_%.*s%.*s", SECRET_LETTERS, secret, CHECK_LETTERS, check);
}

/* --- who it is ------------------------------------------------------------------------------------------------------------ */

struct known {
    uuid organization, id;
    unsigned permissions;
    int64_t expires_at;
    int64_t loaded;
    int64_t touched;
};

static struct {
    pthread_mutex_t mutex;
    struct map by_hash;
    size_t count;
    uint64_t changes; /* grows with each news of a key: what was read before it is not kept */
} cache = { .mutex = PTHREAD_MUTEX_INITIALIZER };

unsigned key_permissions(struct text_list scopes)
{
    unsigned bits = 0;

    for (size_t i = 0; i < scopes.len; i++)
        bits |= (unsigned)permission_of(scopes.items[i]);
    return bits;
}

static void forget(text hash)
{
    struct known *known;

    pthread_mutex_lock(&cache.mutex);
    known = map_remove(&cache.by_hash, hash);
    cache.changes++;
    cache.count -= known != NULL;
    free(known);
    pthread_mutex_unlock(&cache.mutex);
}

static void on_key_changed(const struct services *on, uuid organization, text payload)
{
    (void)on;
    (void)organization;
    forget(payload);
}

static void clear_cache(void)
{
    pthread_mutex_lock(&cache.mutex);
    map_free(&cache.by_hash, free);
    cache.count = 0;
    pthread_mutex_unlock(&cache.mutex);
}

/* Everything may have changed without our hearing of it. */
static void on_bus_lost(const struct services *on, uuid organization, text payload)
{
    (void)on;
    (void)organization;
    (void)payload;
    pthread_mutex_lock(&cache.mutex);
    map_free(&cache.by_hash, free);
    cache.count = 0;
    cache.changes++;
    pthread_mutex_unlock(&cache.mutex);
}

static bool recall(const struct bus *bus, text hash, int64_t now, struct known *ret_known)
{
    struct known *known;
    bool fresh;

    if (!bus_connected(bus)) /* another instance may have revoked it, and we would not know */
        return false;

    pthread_mutex_lock(&cache.mutex);
    known = map_get(&cache.by_hash, hash);
    fresh = known && now - known->loaded < CACHED_FOR && now >= known->loaded && now - known->touched < TOUCH_EVERY;
    if (fresh)
        *ret_known = *known;
    pthread_mutex_unlock(&cache.mutex);
    return fresh;
}

static uint64_t changes_so_far(void)
{
    uint64_t changes;

    pthread_mutex_lock(&cache.mutex);
    changes = cache.changes;
    pthread_mutex_unlock(&cache.mutex);
    return changes;
}

/* Not when a key was changed since `changes`: it may have been this one, after it was read. */
static void remember(text hash, const struct known *known, uint64_t changes)
{
    struct known *copy = xmalloc(sizeof *copy), *before;

    *copy = *known;
    pthread_mutex_lock(&cache.mutex);
    if (cache.changes != changes) {
        pthread_mutex_unlock(&cache.mutex);
        free(copy);
        return;
    }
    if (cache.count >= CACHE_MAX) {
        map_free(&cache.by_hash, free);
        cache.count = 0;
    }
    before = map_put(&cache.by_hash, hash, copy);
    cache.count += before == NULL;
    free(before);
    pthread_mutex_unlock(&cache.mutex);
}

static enum result load(struct call *call, text hash, text hash_hex, struct known *ret_known)
{
    uint64_t changes = changes_so_far();
    struct key_owner owner;
    enum result result;

    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "keys.identify");

        result = key_by_hash(call, hash, &owner);
    }
    if (result == NOT_FOUND)
        return UNAUTHENTICATED;
    TRY(result);
    *ret_known = (struct known){ owner.organization_id, owner.id, key_permissions(owner.scopes), owner.expires_at, call->now, call->now };
    if (call->now - owner.last_used > TOUCH_EVERY) {
        call_enter(call, owner.organization_id);
        if (key_touch(call, owner.id) != OK)
            ret_known->touched = call->now; /* when it was last used is worth less than the call */
    }
    remember(hash_hex, ret_known, changes);
    return OK;
}

static enum result adopt(struct call *call, const struct known *known)
{
    if (known->expires_at && known->expires_at <= call->now)
        return fail(call, UNAUTHENTICATED, "The API key has expired.");
    call->actor = ACTOR_KEY;
    call->organization = known->organization;
    call->key = known->id;
    call->permissions = known->permissions;
    return OK;
}

static enum result identify(struct call *call, text token, bool may_block, bool *ret_blocks)
{
    struct known known;
    text hash, hex;

    if (!key_is(token))
        return fail(call, UNAUTHENTICATED, "Incorrect API key provided.");
    hash = sha256(&call->arena, token);
    hex = hex_encode(&call->arena, hash.ptr, hash.len);
    if (!recall(call->on->bus, hex, call->now, &known)) {
        enum result result;

        *ret_blocks = !may_block;
        if (!may_block)
            return OK;
        result = load(call, hash, hex, &known);
        if (result == UNAUTHENTICATED)
            return fail(call, UNAUTHENTICATED, "Incorrect API key provided.");
        TRY(result);
    }
    return adopt(call, &known);
}

bool key_identify(struct call *call, text token, bool may_block, enum result *ret_result)
{
    bool blocks = false;

    *ret_result = identify(call, token, may_block, &blocks);
    return !blocks;
}

/* --- module ----------------------------------------------------------------------------------------------------------------- */

static void stop(const struct services *on)
{
    (void)on;
    clear_cache();
}

static const struct event *const events[] = { &key_changed, NULL };
static const struct event_handler handlers[] = { { &key_changed, on_key_changed }, { &bus_lost, on_bus_lost }, { NULL, NULL } };

static const struct sample samples[] = {
    { "/api/keys/:id", "POST /api/keys", "{\"name\":\"{mark}\"}", "data.id" },
    { 0 },
};

const struct module keys_module = {
    .name = "keys", .doc = "API keys.", .routes = keys_routes, .samples = samples, .queries = keys_queries, .events = events, .handlers = handlers, .stop = stop,
};
