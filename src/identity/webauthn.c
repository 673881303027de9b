#include "identity/webauthn.h"

#include "crypto/crypto.h"
#include "identity/cbor.h"
#include "identity/cose.h"

enum flag { PRESENT = 0x01, VERIFIED = 0x04, BACKUP_ELIGIBLE = 0x08, BACKED_UP = 0x10, ATTESTED = 0x40, EXTENDED = 0x80 };
enum { HASH = 32, AAGUID = 16, CREDENTIAL_MOST = 1023, HANDLE_MOST = 64, HEAD = HASH + 1 + 4, ANSWER_MOST = 16384 };

const char *webauthn_fault_words(enum webauthn_fault fault)
{
    static const char *const words[] = {
#define WEBAUTHN_FAULT_WORDS(name, words) words,
        WEBAUTHN_FAULTS(WEBAUTHN_FAULT_WORDS)
#undef WEBAUTHN_FAULT_WORDS
    };

    return words[fault];
}

#define CHECK(expression)                               \
    do {                                                \
        enum webauthn_fault check_fault_ = (expression); \
        if (check_fault_ != WEBAUTHN_OK)                \
            return check_fault_;                        \
    } while (0)

/* --- bodies ---------------------------------------------------------------------------------------------------------------- */

#define BINARY(s, m, ...) TEXT(s, m, .max = ANSWER_MOST, __VA_ARGS__)

static const struct field attestation_fields[] = {
    BINARY(struct webauthn_attestation, clientDataJSON, .required = true),
    BINARY(struct webauthn_attestation, attestationObject, .required = true),
    BINARY(struct webauthn_attestation, authenticatorData, .doc = "Not read: the attestation object holds it."),
    BINARY(struct webauthn_attestation, publicKey, .doc = "Not read: the attestation object holds it."),
    INT(struct webauthn_attestation, publicKeyAlgorithm, .doc = "Not read: the attestation object holds it."),
    TEXTS(struct webauthn_attestation, transports, .max = 10),
    FIELDS_END,
};

const struct field webauthn_registration_fields[] = {
    BINARY(struct webauthn_registration, id, .required = true),
    BINARY(struct webauthn_registration, rawId),
    TEXT(struct webauthn_registration, type, .required = true, .max = 32),
    TEXT(struct webauthn_registration, authenticatorAttachment, .max = 32),
    JSON(struct webauthn_registration, clientExtensionResults),
    OBJECT(struct webauthn_registration, response, struct webauthn_attestation, attestation_fields, .required = true),
    FIELDS_END,
};

static const struct field signed_fields[] = {
    BINARY(struct webauthn_signed, clientDataJSON, .required = true),
    BINARY(struct webauthn_signed, authenticatorData, .required = true),
    BINARY(struct webauthn_signed, signature, .required = true),
    BINARY(struct webauthn_signed, userHandle),
    BINARY(struct webauthn_signed, attestationObject, .doc = "Not read."),
    FIELDS_END,
};

const struct field webauthn_assertion_fields[] = {
    BINARY(struct webauthn_assertion, id, .required = true),
    BINARY(struct webauthn_assertion, rawId),
    TEXT(struct webauthn_assertion, type, .required = true, .max = 32),
    TEXT(struct webauthn_assertion, authenticatorAttachment, .max = 32),
    JSON(struct webauthn_assertion, clientExtensionResults),
    OBJECT(struct webauthn_assertion, response, struct webauthn_signed, signed_fields, .required = true),
    FIELDS_END,
};

/* --- authenticator data ------------------------------------------------------------------------------------------------------ */

static text take(text *rest, size_t len)
{
    text taken = text_slice(*rest, 0, len);

    *rest = text_slice(*rest, len, rest->len);
    return taken;
}

/* Attested credential data (§6.5.1): aaguid, length of the id in two bytes, id, key. */
static bool read_attested(text *rest, struct webauthn_data *data)
{
    struct cbor_item key;
    size_t len;

    if (rest->len < AAGUID + 2)
        return false;
    data->aaguid = take(rest, AAGUID);
    len = (size_t)((unsigned char)rest->ptr[0] << 8 | (unsigned char)rest->ptr[1]);
    take(rest, 2);
    if (!len || len > CREDENTIAL_MOST || rest->len < len)
        return false;
    data->credential_id = take(rest, len);
    if (!cbor_read(rest, &key) || key.type != CBOR_MAP)
        return false;
    data->public_key = key.whole;
    return true;
}

bool webauthn_read_data(text bytes, struct webauthn_data *ret_data)
{
    struct webauthn_data data = { .aaguid = TEXT_NONE };
    struct cbor_item extensions;
    text rest = bytes, head;

    if (bytes.len < HEAD)
        return false;
    data.party_hash = take(&rest, HASH);
    head = take(&rest, 1 + 4);
    data.flags = (unsigned char)head.ptr[0];
    for (size_t i = 1; i < head.len; i++)
        data.sign_count = data.sign_count << 8 | (unsigned char)head.ptr[i];
    if (data.flags & ATTESTED && !read_attested(&rest, &data))
        return false;
    if (data.flags & EXTENDED && (!cbor_read(&rest, &extensions) || extensions.type != CBOR_MAP))
        return false;
    if (rest.len)
        return false;
    *ret_data = data;
    return true;
}

/* --- what both ceremonies check ------------------------------------------------------------------------------------------------ */

struct ceremony {
    struct arena *arena;
    const struct webauthn_party *party;
    text challenge;
    bool verify;
    const char *type; /* of the client data */
};

static bool says(struct arena *arena, text object, const char *member, text expected)
{
    return equal_in_time(json_unquote(arena, json_find(object, member)), expected);
}

static bool read_client(text *client)
{
    static const struct json_limits limits = { .depth = 8, .string = ANSWER_MOST };
    struct json_error error;

    if (!json_check(*client, &limits, &error) || json_type_of(text_trim(*client)) != JSON_OBJECT)
        return false;
    *client = text_trim(*client);
    return true;
}

/* The client data (§5.8.1), whose bytes are signed by their hash. */
static enum webauthn_fault check_client(const struct ceremony *on, text client)
{
    bool cross = false;
    text member;

    if (!read_client(&client))
        return WEBAUTHN_MALFORMED;
    if (!says(on->arena, client, "type", text_of(on->type)))
        return WEBAUTHN_TYPE;
    if (!says(on->arena, client, "challenge", base64url_encode(on->arena, on->challenge.ptr, on->challenge.len)))
        return WEBAUTHN_CHALLENGE;
    member = json_find(client, "crossOrigin");
    if (member.ptr && (!json_bool(member, &cross) || cross))
        return WEBAUTHN_ORIGIN;
    return says(on->arena, client, "origin", on->party->origin) ? WEBAUTHN_OK : WEBAUTHN_ORIGIN;
}

static enum webauthn_fault check_data(const struct ceremony *on, const struct webauthn_data *data)
{
    if (!equal_in_time(data->party_hash, sha256(on->arena, on->party->id)))
        return WEBAUTHN_PARTY;
    if (!(data->flags & PRESENT))
        return WEBAUTHN_ABSENT;
    if (on->verify && !(data->flags & VERIFIED))
        return WEBAUTHN_UNVERIFIED;
    return data->flags & BACKED_UP && !(data->flags & BACKUP_ELIGIBLE) ? WEBAUTHN_FLAGS : WEBAUTHN_OK;
}

/* `id` and `rawId` are two spellings of one thing; the older clients leave out the second. */
static bool read_id(struct arena *arena, text id, text raw_id, text type, text *ret_id)
{
    return text_equal(type, T("public-key")) && (!raw_id.ptr || text_equal(raw_id, id)) && base64url_decode(arena, id, ret_id) && ret_id->len;
}

/* --- registration (§7.1) ------------------------------------------------------------------------------------------------------- */

/* The authenticator data of an attestation object, whose statement is not looked at; of "none" there must be none. */
static bool read_attestation(text bytes, text *ret_data)
{
    struct cbor_item map, format, statement, data;

    if (!cbor_read(&bytes, &map) || bytes.len || !cbor_find(&map, "fmt", CBOR_TEXT, &format) || !cbor_find(&map, "attStmt", CBOR_MAP, &statement) ||
        !cbor_find(&map, "authData", CBOR_BYTES, &data))
        return false;
    *ret_data = data.content;
    return !text_equal(format.content, T("none")) || !statement.count;
}

enum webauthn_fault webauthn_register(struct arena *arena, const struct webauthn_party *party, text challenge, bool verify,
                                      const struct webauthn_registration *in, struct webauthn_credential *ret_credential)
{
    struct ceremony on = { arena, party, challenge, verify, "webauthn.create" };
    text client, attestation, bytes, id;
    struct webauthn_data data;
    int64_t algorithm;

    if (!base64url_decode(arena, in->response.clientDataJSON, &client) || !base64url_decode(arena, in->response.attestationObject, &attestation) ||
        !read_id(arena, in->id, in->rawId, in->type, &id))
        return WEBAUTHN_MALFORMED;
    CHECK(check_client(&on, client));
    if (!read_attestation(attestation, &bytes) || !webauthn_read_data(bytes, &data))
        return WEBAUTHN_MALFORMED;
    CHECK(check_data(&on, &data));
    if (!data.credential_id.ptr || !text_equal(data.credential_id, id))
        return WEBAUTHN_CREDENTIAL;
    if (!cose_key_check(data.public_key, &algorithm))
        return WEBAUTHN_KEY;
    *ret_credential = (struct webauthn_credential){
        .id = text_copy(arena, id),
        .public_key = text_copy(arena, data.public_key),
        .algorithm = algorithm,
        .sign_count = data.sign_count,
        .aaguid = text_copy(arena, data.aaguid),
        .user_verified = data.flags & VERIFIED,
        .backup_eligible = data.flags & BACKUP_ELIGIBLE,
        .backed_up = data.flags & BACKED_UP,
    };
    return WEBAUTHN_OK;
}

bool webauthn_registration_challenge(struct arena *arena, const struct webauthn_registration *in, text *ret_challenge)
{
    text client, spelled;

    if (!base64url_decode(arena, in->response.clientDataJSON, &client) || !read_client(&client))
        return false;
    spelled = json_unquote(arena, json_find(client, "challenge"));
    return spelled.ptr && base64url_decode(arena, spelled, ret_challenge);
}

/* --- assertion (§7.2) ------------------------------------------------------------------------------------------------------------ */

bool webauthn_credential_id(struct arena *arena, const struct webauthn_assertion *in, text *ret_id)
{
    return read_id(arena, in->id, in->rawId, in->type, ret_id);
}

static bool read_handle(struct arena *arena, text spelled, text *ret_handle)
{
    *ret_handle = TEXT_NONE;
    return !spelled.ptr || (base64url_decode(arena, spelled, ret_handle) && ret_handle->len <= HANDLE_MOST);
}

static bool is_signed(struct arena *arena, const struct webauthn_credential *credential, text data, text client, text signature)
{
    SCOPED(buffer) struct buffer message = { 0 };

    buffer_text(&message, data);
    buffer_text(&message, sha256(arena, client));
    return cose_verify(credential->public_key, buffer_view(&message), signature);
}

enum webauthn_fault webauthn_assert(struct arena *arena, const struct webauthn_party *party, text challenge, bool verify,
                                    const struct webauthn_assertion *in, const struct webauthn_credential *credential, struct webauthn_use *ret_use)
{
    struct ceremony on = { arena, party, challenge, verify, "webauthn.get" };
    text client, bytes, signature, id, handle;
    struct webauthn_data data;

    if (!base64url_decode(arena, in->response.clientDataJSON, &client) || !base64url_decode(arena, in->response.authenticatorData, &bytes) ||
        !base64url_decode(arena, in->response.signature, &signature) || !read_handle(arena, in->response.userHandle, &handle) ||
        !webauthn_credential_id(arena, in, &id))
        return WEBAUTHN_MALFORMED;
    if (!text_equal(id, credential->id))
        return WEBAUTHN_CREDENTIAL;
    CHECK(check_client(&on, client));
    if (!webauthn_read_data(bytes, &data))
        return WEBAUTHN_MALFORMED;
    CHECK(check_data(&on, &data));
    if (!!(data.flags & BACKUP_ELIGIBLE) != credential->backup_eligible)
        return WEBAUTHN_FLAGS;
    if (!is_signed(arena, credential, bytes, client, signature))
        return WEBAUTHN_SIGNATURE;
    if ((data.sign_count || credential->sign_count) && data.sign_count <= credential->sign_count)
        return WEBAUTHN_COUNT;
    *ret_use = (struct webauthn_use){ data.sign_count, data.flags & VERIFIED, data.flags & BACKED_UP, handle };
    return WEBAUTHN_OK;
}
