/* What authenticators send: CBOR, authenticator data, keys, whole registrations. What is read lies within the bytes, and reads the
   same by itself. */
#include <stdlib.h>

#include "identity/cbor.h"
#include "identity/cose.h"
#include "identity/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void within(text part, text whole)
{
    require(!part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void read_items(text bytes)
{
    text rest = bytes;
    struct cbor_item item, again, found;

    while (cbor_read(&rest, &item)) {
        text whole = item.whole;

        within(item.whole, bytes);
        within(item.content, item.whole);
        require(cbor_read(&whole, &again) && !whole.len && again.type == item.type && again.count == item.count);
        if (cbor_find_number(&item, -1, &found))
            within(found.whole, item.content);
        if (cbor_find(&item, "authData", CBOR_BYTES, &found))
            within(found.content, item.content);
    }
    within(rest, bytes);
}

static void read_data(text bytes)
{
    struct webauthn_data parts;

    if (!webauthn_read_data(bytes, &parts))
        return;
    within(parts.party_hash, bytes);
    within(parts.credential_id, bytes);
    within(parts.public_key, bytes);
    require(parts.sign_count >= 0 && parts.sign_count <= UINT32_MAX && !!parts.public_key.ptr == !!(parts.flags & 0x40));
}

static void read_registration(text bytes)
{
    static const struct webauthn_party party = { { "example.org", 11 }, { "https://example.org", 19 }, { "Tenon", 5 } };
    static const text client = { "{\"type\":\"webauthn.create\",\"challenge\":\"eA\",\"origin\":\"https://example.org\"}", 74 };
    SCOPED(arena) struct arena arena = { 0 };
    struct webauthn_credential credential;
    struct webauthn_registration in = {
        .id = base64url_encode(&arena, "id", 2), .type = T("public-key"),
        .response = { .clientDataJSON = base64url_encode(&arena, client.ptr, client.len), .attestationObject = base64url_encode(&arena, bytes.ptr, bytes.len) },
    };

    if (webauthn_register(&arena, &party, T("x"), false, &in, &credential) == WEBAUTHN_OK)
        require(credential.public_key.len && text_equal(credential.id, T("id")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text bytes = { (const char *)data, size };
    int64_t algorithm;

    read_items(bytes);
    read_data(bytes);
    read_registration(bytes);
    if (cose_key_check(bytes, &algorithm))
        cose_verify(bytes, T("message"), T("signature"));
    return 0;
}
