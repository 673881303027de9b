/* What issuers send: a token and the keys, split at the first NUL; each also as a discovery document, as the token endpoint's answer
   and as claims. Nobody here holds a key, so no token may pass. */
#include <stdlib.h>

#include "base/json.h"
#include "identity/id_token.h"
#include "identity/oauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_documents(struct arena *arena, text bytes)
{
    static const struct json_limits limits = { .depth = 16, .string = 1 << 16 };
    struct oidc_discovery discovery;
    struct oauth_tokens tokens;
    struct identity identity;
    struct json_error error;
    text code;

    if (oidc_discovery_read(arena, bytes, T("https://id.test"), &discovery) && !text_starts(discovery.token_endpoint, T("https://")))
        abort();
    if (oauth_tokens_read(arena, bytes, &tokens, &code) && !tokens.access_token.value.len)
        abort();
    if (oauth_identity_github(arena, bytes, bytes, &identity) && !identity.subject.len)
        abort();
    if (!json_check(bytes, &limits, &error) || json_type_of(text_trim(bytes)) != JSON_OBJECT)
        return;
    for (const struct oauth_provider *provider = oauth_providers; provider->name; provider++)
        if (oauth_identity(arena, provider, text_trim(bytes), &identity) && !identity.subject.len)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena) struct arena arena = { 0 };
    text keys = { (const char *)data, size }, token = text_cut(&keys, '\0'), claims;
    struct id_token_expected expected = { T("https://id.test"), T("tenon"), T("n"), SECOND };

    if (!keys.ptr)
        keys = T("{\"keys\":[]}");
    if (id_token_verify(&arena, token, keys, &expected, &claims) == ID_TOKEN_OK)
        abort();
    read_documents(&arena, token);
    read_documents(&arena, keys);
    return 0;
}
