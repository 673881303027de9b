/* oauth: what is sent to other services and what is believed of their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "identity/oauth.h"

#include <cmocka.h> /* last: it defines fail() */

static void pkce_is_the_standards(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    text verifier = pkce_verifier(&arena);

    (void)state;
    assert_true(text_equal(pkce_challenge(&arena, T("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")), T("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")));
    assert_true(verifier.len >= 43 && verifier.len <= 128 && !text_equal(verifier, pkce_verifier(&arena)));
}

static void requests_are_built(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct oauth_start start = {
        .endpoint = T("https://id.example.org/auth"), .client_id = T("a b"), .redirect_uri = T("https://example.org/cb?x=1"), .scope = T("openid email"),
        .state = T("st"), .verifier = T("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), .nonce = T("no"), .more = T("prompt=select_account"),
    };
    struct oauth_exchange exchange = { T("c/1"), T("https://example.org/cb"), T("id:1"), T("ver"), { T("s&c %") }, true };

    (void)state;
    assert_true(text_equal(oauth_authorization_url(&arena, &start),
        T("https://id.example.org/auth?response_type=code&client_id=a%20b&redirect_uri=https%3A%2F%2Fexample.org%2Fcb%3Fx%3D1&scope=openid%20email&state=st"
          "&nonce=no&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&prompt=select_account")));
    start.endpoint = T("https://id.example.org/auth?tenant=1"), start.nonce = TEXT_NONE, start.more = TEXT_NONE;
    assert_true(text_starts(oauth_authorization_url(&arena, &start), T("https://id.example.org/auth?tenant=1&response_type=code&")));
    assert_true(text_find(oauth_authorization_url(&arena, &start), T("nonce")) == SIZE_MAX);

    assert_true(text_equal(oauth_token_form(&arena, &exchange).value,
        T("grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fexample.org%2Fcb&code_verifier=ver&client_id=id%3A1&client_secret=s%26c%20%25")));
    exchange.secret_in_body = false;
    assert_true(text_find(oauth_token_form(&arena, &exchange).value, T("secret")) == SIZE_MAX);
    assert_true(text_equal(oauth_basic(&arena, &exchange).value, T("Basic aWQlM0ExOnMlMjZjJTIwJTI1"))); /* id%3A1:s%26c%20%25 */
}

static void tokens_are_read(void **state)
{
    static const struct { const char *answer, *access, *id, *error; } rows[] = {
        { "{\"access_token\":\"ya29.a\",\"expires_in\":3599,\"scope\":\"openid\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}", "ya29.a", "a.b.c", NULL },
        { "{\"access_token\":\"gho_1\",\"scope\":\"read:user,user:email\",\"token_type\":\"bearer\"}", "gho_1", NULL, NULL },
        { "{\"error\":\"bad_verification_code\",\"error_description\":\"The code passed is incorrect\"}", NULL, NULL, "bad_verification_code" },
        { "{\"error\":\"bad_verification_code\",\"access_token\":\"x\",\"token_type\":\"bearer\"}", NULL, NULL, "bad_verification_code" },
        { "{\"error\":\"<script>\\n\"}", NULL, NULL, "malformed" },
        { "{\"error\":null}", NULL, NULL, "malformed" },
        { "{\"access_token\":\"\",\"token_type\":\"bearer\"}", NULL, NULL, "malformed" },
        { "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"bearer\"}", NULL, NULL, "malformed" },
        { "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"id_token\":7}", NULL, NULL, "malformed" },
        { "{\"access_token\":\"a\",\"token_type\":\"mac\"}", NULL, NULL, "malformed" },
        { "{\"access_token\":\"a\"}", NULL, NULL, "malformed" },
        { "access_token=gho_1&token_type=bearer", NULL, NULL, "malformed" },
        { "[]", NULL, NULL, "malformed" }, { "", NULL, NULL, "malformed" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct oauth_tokens tokens = { .access_token = { TEXT_NONE } };
        text error = TEXT_NONE;
        bool good = oauth_tokens_read(&arena, text_of(rows[i].answer), &tokens, &error);

        if (good != !rows[i].error || (good && (!text_equal(tokens.access_token.value, text_of(rows[i].access)) || !text_equal(tokens.id_token.value, text_of(rows[i].id)))) ||
            (!good && !text_equal(error, text_of(rows[i].error))))
            fail_msg("%s: %.*s", rows[i].answer, TEXT_ARG(error));
    }
}

#define DOCUMENT(issuer, auth, token, jwks, more) \
    "{\"issuer\":\"" issuer "\",\"authorization_endpoint\":\"" auth "\",\"token_endpoint\":\"" token "\",\"jwks_uri\":\"" jwks "\"" more "}"

static void discovery_must_be_the_issuers(void **state)
{
    static const struct { bool good; const char *issuer, *document; } rows[] = {
        { true, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "https://t.test/t", "https://id.test/k?v=1", ",\"more\":[1]") },
        { true, "http://localhost:4000", DOCUMENT("http://localhost:4000", "http://localhost:4000/a", "http://localhost:4000/t", "https://id.test/k", "") },
        { false, "https://id.test/", DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test/", "https://id.test/a", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://ID.test", "https://id.test/a", "https://id.test/t", "https://id.test/k", "") },
        { false, "", DOCUMENT("", "https://id.test/a", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "http://id.test/a", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "http://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "file:///etc/passwd", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://u:p@id.test/a", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a#", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a\\r\\nX:y", "https://id.test/t", "https://id.test/k", "") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://id.test/k", ",\"userinfo_endpoint\":\"javascript:1\"") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://id.test/k", ",\"userinfo_endpoint\":7") },
        { false, "https://id.test", DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://id.test/k", ",\"issuer\":\"https://id.test\"") },
        { false, "https://id.test", "{\"issuer\":\"https://id.test\"}" },
        { false, "https://id.test", "[]" }, { false, "https://id.test", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct oidc_discovery discovery;

        if (oidc_discovery_read(&arena, text_of(rows[i].document), text_of(rows[i].issuer), &discovery) != rows[i].good)
            fail_msg("%s", rows[i].document);
    }
}

static void discovery_says_how_to_ask(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct oidc_discovery discovery;

    (void)state;
    assert_true(text_equal(oidc_discovery_url(&arena, T("https://id.test/a/")), T("https://id.test/a/.well-known/openid-configuration")));
    assert_true(oidc_discovery_read(&arena, T(DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://id.test/k", "")), T("https://id.test"), &discovery));
    assert_true(!discovery.secret_in_body && !discovery.answers_with_issuer && !discovery.userinfo_endpoint.ptr);
    assert_true(oidc_discovery_read(&arena, T(DOCUMENT("https://id.test", "https://id.test/a", "https://id.test/t", "https://id.test/k",
        ",\"authorization_response_iss_parameter_supported\":true,\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"],"
        "\"userinfo_endpoint\":\"https://id.test/u\"")), T("https://id.test"), &discovery));
    assert_true(discovery.secret_in_body && discovery.answers_with_issuer && text_equal(discovery.userinfo_endpoint, T("https://id.test/u")));
}

#define TENANT "9188040d-6c67-4c5b-b112-36a304b66dad"
#define OBJECT "00000000-0000-0000-66f3-3332eca7ea81"
#define MS(more) "{\"sub\":\"pairwise\",\"tid\":\"" TENANT "\",\"oid\":\"" OBJECT "\",\"email\":\"a@x.org\"" more "}"

static void identities_are_read_as_each_service_writes_them(void **state)
{
    static const struct { const char *provider, *claims, *subject, *email; bool verified; } rows[] = {
        { "google", "{\"sub\":\"1103\",\"email\":\"a@x.org\",\"email_verified\":true,\"name\":\"A\"}", "1103", "a@x.org", true },
        { "google", "{\"sub\":\"1103\",\"email\":\"a@x.org\",\"email_verified\":\"true\"}", "1103", "a@x.org", true },
        { "google", "{\"sub\":\"1103\",\"email\":\"a@x.org\",\"email_verified\":false}", "1103", "a@x.org", false },
        { "google", "{\"sub\":\"1103\",\"email\":\"a@x.org\",\"email_verified\":\"false\"}", "1103", "a@x.org", false },
        { "google", "{\"sub\":\"1103\",\"email\":\"a@x.org\"}", "1103", "a@x.org", false },
        { "oidc", "{\"sub\":\"1103\",\"email_verified\":true}", "1103", NULL, false },
        { "oidc", "{\"email\":\"a@x.org\",\"email_verified\":true}", NULL, NULL, false },
        { "microsoft", MS(""), TENANT "/" OBJECT, "a@x.org", false },
        { "microsoft", MS(",\"email_verified\":true"), TENANT "/" OBJECT, "a@x.org", false },
        { "microsoft", MS(",\"xms_edov\":true"), TENANT "/" OBJECT, "a@x.org", true },
        { "microsoft", MS(",\"xms_edov\":\"1\""), TENANT "/" OBJECT, "a@x.org", true },
        { "microsoft", MS(",\"xms_edov\":1"), TENANT "/" OBJECT, "a@x.org", true },
        { "microsoft", MS(",\"xms_edov\":\"0\""), TENANT "/" OBJECT, "a@x.org", false },
        { "microsoft", MS(",\"verified_primary_email\":[\"b@x.org\",\"A@x.org\"]"), TENANT "/" OBJECT, "a@x.org", true },
        { "microsoft", MS(",\"verified_primary_email\":[\"b@x.org\"]"), TENANT "/" OBJECT, "a@x.org", false },
        { "microsoft", "{\"sub\":\"pairwise\",\"email\":\"a@x.org\",\"xms_edov\":true}", NULL, NULL, false },
        { "github", "{\"sub\":\"1\",\"email\":\"a@x.org\",\"email_verified\":true}", NULL, NULL, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct identity identity = { .subject = TEXT_NONE };
        bool good = oauth_identity(&arena, oauth_provider_named(text_of(rows[i].provider)), text_of(rows[i].claims), &identity);

        if (good != !!rows[i].subject || (good && (!text_equal(identity.subject, text_of(rows[i].subject)) || !text_equal(identity.email, text_of(rows[i].email)) ||
                                                   identity.email_verified != rows[i].verified)))
            fail_msg("%s %s", rows[i].provider, rows[i].claims);
    }
}

static void githubs_identity_is_its_number(void **state)
{
    static const struct { const char *user, *emails, *subject, *email, *name; } rows[] = {
        { "{\"id\":583231,\"login\":\"octo\",\"name\":null,\"email\":\"public@x.org\"}",
          "[{\"email\":\"old@x.org\",\"primary\":false,\"verified\":true},{\"email\":\"a@x.org\",\"primary\":true,\"verified\":true,\"visibility\":null}]", "583231", "a@x.org", "octo" },
        { "{\"id\":1,\"login\":\"octo\",\"name\":\"Octo P\"}", "[{\"email\":\"a@x.org\",\"primary\":true,\"verified\":false},{\"email\":\"b@x.org\",\"primary\":false,\"verified\":true}]", "1", NULL, "Octo P" },
        { "{\"id\":1,\"login\":\"octo\"}", "[]", "1", NULL, "octo" },
        { "{\"id\":1,\"login\":\"octo\"}", "{\"message\":\"Not Found\"}", "1", NULL, "octo" },
        { "{\"id\":1,\"login\":\"octo\"}", "[7,null,\"a@x.org\"]", "1", NULL, "octo" },
        { "{\"id\":\"1\",\"login\":\"octo\"}", "[]", NULL, NULL, NULL },
        { "{\"id\":0}", "[]", NULL, NULL, NULL }, { "{\"message\":\"Bad credentials\"}", "[]", NULL, NULL, NULL }, { "", "", NULL, NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct identity identity;
        bool good = oauth_identity_github(&arena, text_of(rows[i].user), text_of(rows[i].emails), &identity);

        if (good != !!rows[i].subject || (good && (!text_equal(identity.subject, text_of(rows[i].subject)) || !text_equal(identity.email, text_of(rows[i].email)) ||
                                                   !text_equal(identity.name, text_of(rows[i].name)) || identity.email_verified != !!rows[i].email)))
            fail_msg("%s %s", rows[i].user, rows[i].emails);
    }
}

static void a_github_server_of_ones_own_has_its_own_places(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    const struct oauth_provider *github = oauth_provider_named(T("github"));
    static const struct { const char *server, *token, *user; } rows[] = {
        { "https://github.com", "https://github.com/login/oauth/access_token", "https://api.github.com/user" },
        { "https://github.com/", "https://github.com/login/oauth/access_token", "https://api.github.com/user" },
        { "https://git.example.org", "https://git.example.org/login/oauth/access_token", "https://git.example.org/api/v3/user" },
        { "https://github.com.example.org/", "https://github.com.example.org/login/oauth/access_token", "https://github.com.example.org/api/v3/user" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(text_equal(oauth_server_url(&arena, text_of(rows[i].server), github->token), text_of(rows[i].token)));
        assert_true(text_equal(oauth_api_url(&arena, github, text_of(rows[i].server), github->user), text_of(rows[i].user)));
    }
}

static void the_table_of_services_is_whole(void **state)
{
    (void)state;
    for (const struct oauth_provider *p = oauth_providers; p->name; p++) {
        assert_true(oauth_provider_named(text_of(p->name)) == p && p->label && p->scope);
        assert_true(p->oidc ? p->identity && !p->token && !p->discovery == !p->issuer : p->server && p->api && p->authorization && p->token && p->user && p->emails && !p->identity);
    }
    assert_null(oauth_provider_named(T("")));
    assert_null(oauth_provider_named(T("facebook")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkce_is_the_standards), cmocka_unit_test(requests_are_built), cmocka_unit_test(tokens_are_read),
        cmocka_unit_test(discovery_must_be_the_issuers), cmocka_unit_test(discovery_says_how_to_ask),
        cmocka_unit_test(identities_are_read_as_each_service_writes_them), cmocka_unit_test(githubs_identity_is_its_number),
        cmocka_unit_test(a_github_server_of_ones_own_has_its_own_places), cmocka_unit_test(the_table_of_services_is_whole),
    };

    return cmocka_run_group_tests_name("oauth", tests, NULL, NULL);
}
