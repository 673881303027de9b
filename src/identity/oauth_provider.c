/* The services and how each says who somebody is. oauth.h is the manual. */
#include "base/json.h"
#include "identity/oauth.h"

enum { SUBJECT_MOST = 255, EMAIL_MOST = 254, NAME_MOST = 255 };

static bool read_json(text *bytes, enum json_type type)
{
    static const struct json_limits limits = { .depth = 8, .string = 1 << 14 };
    struct json_error error;

    if (!json_check(*bytes, &limits, &error))
        return false;
    *bytes = text_trim(*bytes);
    return json_type_of(*bytes) == type;
}

static text string_at(struct arena *arena, text object, const char *member, size_t most)
{
    text value = json_unquote(arena, json_find(object, member));

    return value.len && value.len <= most ? value : TEXT_NONE;
}

/* true, "true", 1, "1": the claim is spelled in all of these ways. */
static bool is_true(struct arena *arena, text value)
{
    text spelled = json_type_of(value) == JSON_STRING ? json_unquote(arena, value) : value;

    return text_equal(spelled, T("true")) || text_equal(spelled, T("1"));
}

static bool identity_oidc(struct arena *arena, text claims, struct identity *ret_identity)
{
    struct identity made = {
        .subject = string_at(arena, claims, "sub", SUBJECT_MOST),
        .email = string_at(arena, claims, "email", EMAIL_MOST),
        .name = string_at(arena, claims, "name", NAME_MOST),
    };

    made.email_verified = made.email.ptr && is_true(arena, json_find(claims, "email_verified"));
    *ret_identity = made;
    return made.subject.ptr;
}

/* A text or a list of texts that holds the address. */
static bool holds_email(struct arena *arena, text value, text email)
{
    struct json_walk walk;
    text one;

    if (json_type_of(value) != JSON_ARRAY)
        return value.ptr && text_equal_nocase(json_unquote(arena, value), email);
    walk = json_walk(value);
    while (json_next_item(&walk, &one))
        if (text_equal_nocase(json_unquote(arena, one), email))
            return true;
    return false;
}

/* `sub` is another one for every application; tenant and object are the person's own. */
static bool identity_microsoft(struct arena *arena, text claims, struct identity *ret_identity)
{
    text tenant = string_at(arena, claims, "tid", UUID_TEXT), object = string_at(arena, claims, "oid", UUID_TEXT);
    struct identity made = { .email = string_at(arena, claims, "email", EMAIL_MOST), .name = string_at(arena, claims, "name", NAME_MOST) };
    uuid id;

    if (!uuid_parse(tenant, &id) || !uuid_parse(object, &id))
        return false;
    made.subject = text_lower(arena, text_format(arena, "%.*s/%.*s", TEXT_ARG(tenant), TEXT_ARG(object)));
    made.email_verified = made.email.ptr &&
        (is_true(arena, json_find(claims, "xms_edov")) || holds_email(arena, json_find(claims, "verified_primary_email"), made.email));
    *ret_identity = made;
    return true;
}

const struct oauth_provider oauth_providers[] = {
    { .name = "google", .label = "Google", .scope = "openid email profile", .more = "prompt=select_account", .oidc = true,
      .discovery = "https://accounts.google.com/.well-known/openid-configuration", .issuer = "https://accounts.google.com",
      .userinfo = true, .identity = identity_oidc },
    { .name = "microsoft", .label = "Microsoft", .scope = "openid email profile", .more = "prompt=select_account", .oidc = true,
      .discovery = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
      .issuer = "https://login.microsoftonline.com/{tenantid}/v2.0", .identity = identity_microsoft },
    { .name = "oidc", .label = "Single sign-on", .scope = "openid email profile", .oidc = true, .userinfo = true, .identity = identity_oidc },
    { .name = "github", .label = "GitHub", .scope = "read:user user:email", .server = "https://github.com", .api = "https://api.github.com",
      .authorization = "/login/oauth/authorize", .token = "/login/oauth/access_token", .user = "/user", .emails = "/user/emails" },
    { .name = NULL },
};

const struct oauth_provider *oauth_provider_named(text name)
{
    for (const struct oauth_provider *provider = oauth_providers; provider->name; provider++)
        if (text_equal(text_of(provider->name), name))
            return provider;
    return NULL;
}

static text without_slash(text url)
{
    return text_ends(url, T("/")) ? text_slice(url, 0, url.len - 1) : url;
}

text oauth_server_url(struct arena *arena, text server, const char *path)
{
    return text_format(arena, "%.*s%s", TEXT_ARG(without_slash(server)), path);
}

text oauth_api_url(struct arena *arena, const struct oauth_provider *provider, text server, const char *path)
{
    if (text_equal(without_slash(server), text_of(provider->server)))
        return text_format(arena, "%s%s", provider->api, path);
    return text_format(arena, "%.*s/api/v3%s", TEXT_ARG(without_slash(server)), path);
}

bool oauth_identity(struct arena *arena, const struct oauth_provider *provider, text claims, struct identity *ret_identity)
{
    return provider->identity && provider->identity(arena, claims, ret_identity);
}

bool oauth_identity_userinfo(struct arena *arena, const struct oauth_provider *provider, text claims, text userinfo, struct identity *ret_identity)
{
    text subject = string_at(arena, claims, "sub", SUBJECT_MOST);

    return provider->userinfo && read_json(&userinfo, JSON_OBJECT) && subject.len && text_equal(string_at(arena, userinfo, "sub", SUBJECT_MOST), subject) &&
           provider->identity(arena, userinfo, ret_identity);
}

/* --- GitHub ----------------------------------------------------------------------------------------------------------------------- */

static text primary_email(struct arena *arena, text emails)
{
    struct json_walk walk = json_walk(emails);
    text one;

    while (json_next_item(&walk, &one)) {
        bool primary = false, verified = false;

        if (json_type_of(one) == JSON_OBJECT && json_bool(json_find(one, "primary"), &primary) && primary &&
            json_bool(json_find(one, "verified"), &verified) && verified)
            return string_at(arena, one, "email", EMAIL_MOST);
    }
    return TEXT_NONE;
}

bool oauth_identity_github(struct arena *arena, text user, text emails, struct identity *ret_identity)
{
    struct identity made = { .subject = TEXT_NONE };
    int64_t id;

    if (!read_json(&user, JSON_OBJECT) || !json_int(json_find(user, "id"), &id) || id <= 0)
        return false;
    /* the number: a login can be given up and taken by somebody else */
    made.subject = text_format(arena, "%lld", (long long)id);
    made.name = string_at(arena, user, "name", NAME_MOST);
    if (!made.name.ptr)
        made.name = string_at(arena, user, "login", NAME_MOST);
    made.email = read_json(&emails, JSON_ARRAY) ? primary_email(arena, emails) : TEXT_NONE;
    made.email_verified = made.email.ptr;
    *ret_identity = made;
    return true;
}
