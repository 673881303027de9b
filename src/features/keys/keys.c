#include "features/keys/keys.h"

#include "bus/trusted.h"
#include "crypto/crypto.h"
#include "features/keys/keys_api.h"
#include "features/keys/keys_store.h"
#include "features/orgs/orgs.h"
#include "http/http.h"

enum { SECRET_LETTERS = 32, CHECK_LETTERS = 6 };
static const int64_t TOUCH_EVERY = MINUTE;
static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const struct event key_changed = { "key.changed", "A key was changed or revoked; payload: its SHA-256 in hex." };

const struct event key_maker_changed = { "key.maker", "Who made keys is active no more, or again, or gone; payload: their identifier." };

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
    uuid organization, id, maker;
    unsigned permissions;
    int64_t expires_at;
    int64_t touched;
    int64_t rate_limit;
};

/* By the key's SHA-256 in hex. A second and no more: a command of the program, which is a process of its own, may have revoked it. */
static struct trusted cache = TRUSTED(struct known, 10000, SECOND);

unsigned key_permissions(struct text_list scopes)
{
    unsigned bits = 0;

    for (size_t i = 0; i < scopes.len; i++)
        bits |= (unsigned)permission_of(scopes.items[i]);
    return bits;
}

static void on_key_changed(const struct services *on, uuid organization, text payload)
{
    trusted_forget(&cache, payload);
    http_doubt(on->http, DOUBT_KEYS, organization);
}

static bool is_makers(const void *value, const void *id)
{
    return uuid_equal(((const struct known *)value)->maker, *(const uuid *)id);
}

static void on_maker_changed(const struct services *on, uuid organization, text payload)
{
    uuid maker;

    (void)organization;
    if (!uuid_parse(payload, &maker))
        return;
    trusted_forget_if(&cache, is_makers, &maker);
    http_doubt(on->http, DOUBT_KEYS, UUID_NONE);
}

static bool is_organizations(const void *value, const void *id)
{
    return uuid_equal(((const struct known *)value)->organization, *(const uuid *)id);
}

/* It may have been deleted, or restored. */
static void on_membership(const struct services *on, uuid organization, text payload)
{
    (void)on;
    if (!payload.len)
        trusted_forget_if(&cache, is_organizations, &organization);
}

/* Everything may have changed without our hearing of it. */
static void on_bus_lost(const struct services *on, uuid organization, text payload)
{
    (void)on;
    (void)organization;
    (void)payload;
    trusted_forget_all(&cache);
}

static enum result load(struct call *call, text hash, text hash_hex, struct known *ret_known)
{
    uint64_t changes = trusted_changes(&cache);
    struct key_owner owner;
    enum result result;

    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "keys.identify");

        result = key_by_hash(call, hash, &owner);
    }
    if (result == NOT_FOUND)
        return UNAUTHENTICATED;
    TRY(result);
    *ret_known = (struct known){ owner.organization_id, owner.id, owner.made_by, key_permissions(owner.scopes), owner.expires_at, call->now, owner.rate_limit };
    if (call->now - owner.last_used > TOUCH_EVERY) {
        call_enter(call, owner.organization_id);
        if (key_touch(call, owner.id) != OK)
            ret_known->touched = call->now; /* when it was last used is worth less than the call */
    }
    trusted_remember(&cache, hash_hex, ret_known, changes);
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
    call->rate_limit = known->rate_limit;
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
    if (!trusted_recall(&cache, call->on->bus, hex, &known) || call->now - known.touched > TOUCH_EVERY) {
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

enum result key_still_there(struct call *call)
{
    return key_is_good(call, call->key);
}

/* --- with their maker ------------------------------------------------------------------------------------------------------- */

struct changed_maker {
    const struct services *on;
    text payload;
};

static void tell(void *context)
{
    const struct changed_maker *changed = context;

    bus_emit(changed->on->bus, &key_maker_changed, UUID_NONE, changed->payload);
}

void keys_maker_changed(struct call *call, uuid user)
{
    struct changed_maker *changed = arena_new(&call->arena, struct changed_maker);

    *changed = (struct changed_maker){ call->on, uuid_text(&call->arena, user) };
    tx_on_commit(call, tell, changed);
}

/* --- module ----------------------------------------------------------------------------------------------------------------- */

static void stop(const struct services *on)
{
    (void)on;
    trusted_forget_all(&cache);
}

static const struct event *const events[] = { &key_changed, &key_maker_changed, NULL };
static const struct event_handler handlers[] = { { &key_changed, on_key_changed }, { &key_maker_changed, on_maker_changed }, { &membership_event, on_membership }, { &bus_lost, on_bus_lost }, { NULL, NULL } };

static const struct sample samples[] = {
    { "/api/keys/:id", "POST /api/keys", "{\"name\":\"{mark}\"}", "data.id", .table = "api_keys" },
    { 0 },
};

const struct module keys_module = {
    .name = "keys", .doc = "API keys.", .routes = keys_routes, .samples = samples, .exports = keys_exports, .queries = keys_queries, .events = events, .handlers = handlers, .stop = stop,
};
