/* The relying party and the options that a browser is given. webauthn.h is the manual. */
#include "identity/cose.h"
#include "identity/webauthn.h"

enum { TIMEOUT = 5 * 60 * 1000 }; /* milliseconds, a hint to the browser */

/* --- relying party ----------------------------------------------------------------------------------------------------------- */

/* A registrable name may not look like an address: its last label has a letter. */
static bool is_name(text host)
{
    bool letter = false;

    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];

        if (c == '.')
            letter = false;
        else if (c >= 'a' && c <= 'z')
            letter = true;
        else if (!(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return letter;
}

bool webauthn_party_of(struct arena *arena, text app_url, text name, struct webauthn_party *ret_party)
{
    bool tls = text_starts(app_url, T("https://"));
    text rest = app_url, scheme = text_cut(&rest, ':'), port, host, spelled;

    if (!text_starts(rest, T("//")))
        return false;
    rest = text_slice(rest, 2, rest.len);
    port = text_lower(arena, text_cut(&rest, '/'));
    host = text_cut(&port, ':');
    if (!is_name(host) || (!tls && !text_equal(host, T("localhost")) && !text_ends(host, T(".localhost"))))
        return false;
    spelled = port.len && !text_equal(port, tls ? T("443") : T("80")) ? text_format(arena, ":%.*s", TEXT_ARG(port)) : T("");
    *ret_party = (struct webauthn_party){
        .id = text_copy(arena, host), .origin = text_format(arena, "%.*s://%.*s%.*s", TEXT_ARG(scheme), TEXT_ARG(host), TEXT_ARG(spelled)), .name = name,
    };
    return true;
}

/* --- options ------------------------------------------------------------------------------------------------------------------ */

static void write_bytes(struct json_writer *w, struct arena *arena, const char *key, text bytes)
{
    jw_member(w, key, text, base64url_encode(arena, bytes.ptr, bytes.len));
}

static void write_known(struct json_writer *w, struct arena *arena, const char *key, const struct text_list *known)
{
    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < known->len; i++) {
        jw_object(w);
        jw_member(w, "type", text, T("public-key"));
        write_bytes(w, arena, "id", known->items[i]);
        jw_object_close(w);
    }
    jw_array_close(w);
}

static void write_party(struct json_writer *w, const struct webauthn_party *party)
{
    jw_key(w, "rp");
    jw_object(w);
    jw_member(w, "id", text, party->id);
    jw_member(w, "name", text, party->name);
    jw_object_close(w);
}

static void write_user(struct json_writer *w, struct arena *arena, const struct webauthn_user *user)
{
    jw_key(w, "user");
    jw_object(w);
    write_bytes(w, arena, "id", user->handle);
    jw_member(w, "name", text, user->name);
    jw_member(w, "displayName", text, user->display_name);
    jw_object_close(w);
}

static void write_algorithms(struct json_writer *w)
{
    jw_key(w, "pubKeyCredParams");
    jw_array(w);
    for (const int64_t *algorithm = cose_algorithms; *algorithm; algorithm++) {
        jw_object(w);
        jw_member(w, "type", text, T("public-key"));
        jw_member(w, "alg", int, *algorithm);
        jw_object_close(w);
    }
    jw_array_close(w);
}

static text verification(bool verify)
{
    return verify ? T("required") : T("preferred");
}

text webauthn_create_options(struct arena *arena, const struct webauthn_party *party, const struct webauthn_user *user, text challenge,
                             const struct text_list *known, bool verify)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    write_party(&w, party);
    write_user(&w, arena, user);
    write_bytes(&w, arena, "challenge", challenge);
    write_algorithms(&w);
    jw_member(&w, "timeout", int, TIMEOUT);
    write_known(&w, arena, "excludeCredentials", known);
    jw_key(&w, "authenticatorSelection");
    jw_object(&w);
    jw_member(&w, "residentKey", text, T("preferred"));
    jw_member(&w, "requireResidentKey", bool, false);
    jw_member(&w, "userVerification", text, verification(verify));
    jw_object_close(&w);
    jw_member(&w, "attestation", text, T("none"));
    jw_object_close(&w);
    return text_copy(arena, buffer_view(&out));
}

text webauthn_get_options(struct arena *arena, const struct webauthn_party *party, text challenge, const struct text_list *known, bool verify)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    write_bytes(&w, arena, "challenge", challenge);
    jw_member(&w, "timeout", int, TIMEOUT);
    jw_member(&w, "rpId", text, party->id);
    write_known(&w, arena, "allowCredentials", known);
    jw_member(&w, "userVerification", text, verification(verify));
    jw_object_close(&w);
    return text_copy(arena, buffer_view(&out));
}
