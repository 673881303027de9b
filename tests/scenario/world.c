#include "tests/scenario/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"
#include "features/auth/auth_session.h"
#include "features/orgs/orgs_store.h"

/* --- begin and end --------------------------------------------------------------------------------------------------------------- */

/* Where a suite says nothing: no limits, cheap threads, nothing on the terminal. */
static const char *const usual[] = {
    "APP_ENV", "development", "HOST", "127.0.0.1", "PORT", "0", "WORKERS", "4", "IO_THREADS", "2", "HASH_SLOTS", "2", "LOG_LEVEL", "off",
    "JWT_EXPIRATION", "7d", "SESSION_TIMEOUT", "8h", "SESSION_IDLE_TIMEOUT", "30m", "COOKIE_SECURE", "false", "PASSWORD_POLICY", "default",
    "RATE_LIMIT_AUTH", "0", "RATE_LIMIT_SENSITIVE", "0", "RATE_LIMIT_PUBLIC", "0", "RATE_LIMIT_USER", "0", "RATE_LIMIT_KEY", "0", "RATE_LIMIT_WIDGET", "0",
    "CORS_ORIGIN", "", "TRUSTED_PROXIES", "", "OUTBOUND_ALLOW", "", "MAX_FILE_SIZE", "10485760", "METRICS_TOKEN", "", "SIGNUP_PRIVATE", "false", "ADMIN_EMAILS", "", "DNS_SERVER", "", "JWT_SECRET", "", "ENCRYPTION_KEY", "",
    "GITHUB_CLIENT_ID", "", "GITHUB_CLIENT_SECRET", "", "OIDC_CLIENT_ID", "", NULL,
};

static bool set_all(const char *const *options)
{
    for (; options && *options; options += 2)
        if (!config_set(options[0], options[1])) {
            bool emptied = !*options[1]; /* an option without a value has nothing to be checked */

            if (!emptied) {
                fprintf(stderr, "scenarios: no such option or value: %s=%s\n", options[0], options[1]);
                return false;
            }
        }
    return true;
}

static bool start(struct world *world)
{
    struct call call;
    enum result result;

    call_open(&call, NULL);
    result = app_start(&call, &world->app);
    if (result != OK)
        fprintf(stderr, "scenarios: the application did not start: %.*s\n", TEXT_ARG(call.failure.message));
    call_close(&call);
    return result == OK;
}

bool world_open(struct world *world, const char *suite, const char *const *options)
{
    SCOPED(buffer) struct buffer faults = { 0 };
    const char *redis = test_redis();

    *world = (struct world){ .suite = suite, .about = "the start" };
    snprintf(world->dir, sizeof world->dir, "/tmp/tenon-scenario-XXXXXX");
    if (!mkdtemp(world->dir) || config_load(&faults) > 0 || !set_all(usual) || !set_all(options))
        return false;
    if (!test_database_make(world->dir, &world->database) || !config_set("DATA_DIR", world->dir) || !config_set("DATABASE_URL", world->database.url) ||
        !config_set("DATABASE_OWNER_URL", world->database.owner) || !config_set("REDIS_URL", redis ? redis : ""))
        return false;
    log_set_level(getenv("SCENARIO_LOG") ? LOG_INFO : LOG_OFF);
    if (!start(world))
        return false;
    world->client.port = http_port(world->app.on.http);
    return true;
}

static void remove_directory(const char *dir)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf -- '%s'", dir);
    if (system(command) != 0)
        fprintf(stderr, "scenarios: %s was not removed\n", dir);
}

void world_close(struct world *world)
{
    client_close(&world->client);
    if (world->app.on.http)
        app_stop(&world->app, SECOND);
    clock_shift(-world->shifted);
    test_database_drop(&world->database);
    remove_directory(world->dir);
    arena_free(&world->arena);
}

struct arena *world_arena(struct world *world) { return &world->arena; }
struct app *world_app(struct world *world) { return &world->app; }
const char *world_dir(struct world *world) { return world->dir; }
void world_about(struct world *world, const char *what) { world->about = what; }

void world_shift(struct world *world, int64_t by)
{
    world->shifted += by;
    clock_shift(by);
}

/* --- variables ------------------------------------------------------------------------------------------------------------------------ */

void keep(struct world *world, const char *name, text value)
{
    struct variable made = { text_copy(&world->arena, text_of(name)), text_copy(&world->arena, value) };

    for (size_t i = 0; i < world->variable_count; i++)
        if (text_equal(world->variables[i].name, made.name)) {
            world->variables[i] = made;
            return;
        }
    if (world->variable_count < COUNT(world->variables))
        world->variables[world->variable_count++] = made;
    else
        abort();
}

static text find(const struct world *world, text name)
{
    for (size_t i = 0; i < world->variable_count; i++)
        if (text_equal(world->variables[i].name, name))
            return world->variables[i].value;
    return TEXT_NONE;
}

/* The first mention of a person makes them. */
static text find_or_make(struct world *world, text name)
{
    static const char *const people[] = { OWNER, STRANGER, ADMIN, MEMBER, VIEWER, ROOT, BROWSER };
    text value = find(world, name), rest = name, person = text_cut(&rest, '.');

    for (size_t i = 0; !value.ptr && i < COUNT(people); i++)
        if (text_equal(person, text_of(people[i]))) {
            credentials(world, people[i]);
            value = find(world, name);
        }
    return value;
}

text kept(struct world *world, const char *name)
{
    return find_or_make(world, text_of(name));
}

static bool is_name(text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] == '_' || name.ptr[i] == '.'))
            return false;
    return name.len > 0;
}

const char *filled(struct world *world, const char *pattern)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_of(pattern);

    while (rest.len) {
        size_t open = text_find_char(rest, '{'), close;
        text name;

        if (open == SIZE_MAX)
            break;
        buffer_text(&out, text_slice(rest, 0, open));
        rest = text_slice(rest, open, rest.len);
        close = text_find_char(rest, '}');
        name = close == SIZE_MAX ? TEXT_NONE : text_slice(rest, 1, close - 1);
        if (is_name(name) && find_or_make(world, name).ptr) {
            buffer_text(&out, find(world, name));
            rest = text_slice(rest, close + 1, rest.len);
        } else {
            buffer_char(&out, '{');
            rest = text_slice(rest, 1, rest.len);
        }
    }
    buffer_text(&out, rest);
    return text_z(&world->arena, buffer_view(&out));
}

/* --- people ------------------------------------------------------------------------------------------------------------------------------ */

static void keep_as(struct world *world, const char *who, const char *what, text value)
{
    keep(world, text_z(&world->arena, text_format(&world->arena, "%s.%s", who, what)), value);
}

/* Signs up; its variables are id, email, password and token. */
static void sign_up(struct world *world, const char *who)
{
    text email = text_format(&world->arena, "%s@example.com", who), password = text_format(&world->arena, "Gantry-9-Kestrel-%s", who);
    const char *body = text_z(&world->arena, text_format(&world->arena, "{'name':'The %s','email':'%.*s','password':'%.*s'}", who, TEXT_ARG(email), TEXT_ARG(password)));
    struct answer answer = ask(world, NULL, "POST /api/auth/signup", body, NULL);

    if (answer.status != 201) {
        fprintf(stderr, "scenarios: %s could not sign up: %d %.*s\n", who, answer.status, TEXT_ARG(answer.body));
        abort();
    }
    keep_as(world, who, "email", email);
    keep_as(world, who, "password", password);
    keep_as(world, who, "id", answer_member(world, &answer, "user.id"));
    keep_as(world, who, "token", answer_member(world, &answer, "token"));
}

static void keep_organization(struct world *world, const char *who)
{
    struct answer answer = ask(world, who, "GET /api/auth/me", NULL, NULL);

    keep_as(world, who, "org", answer_member(world, &answer, "data.organization.id"));
}

/* There is no way in by the API yet but for the owner: the membership is written as the store writes it. */
static void join(struct world *world, const char *who, enum role role)
{
    struct call call;
    uuid organization, user;
    struct answer answer;
    enum result result = INTERNAL;

    call_open(&call, &world->app.on);
    if (uuid_parse(kept(world, "owner.org"), &organization) && uuid_parse(find(world, text_format(&world->arena, "%s.id", who)), &user)) {
        call_enter(&call, organization);
        result = membership_insert(&call, user, role);
    }
    call_close(&call);
    answer = ask(world, who, "POST /api/orgs/{owner.org}/switch", NULL, NULL);
    if (result != OK || answer.status != 200) {
        fprintf(stderr, "scenarios: %s could not join: %d %.*s\n", who, answer.status, TEXT_ARG(answer.body));
        abort();
    }
    keep_as(world, who, "token", answer_member(world, &answer, "token"));
    keep_as(world, who, "org", kept(world, "owner.org"));
}

/* As the command `tenon user grant-admin` would. */
static void make_administrator(struct world *world, const char *who)
{
    struct call call;
    uuid user;

    call_open(&call, &world->app.on);
    if (!uuid_parse(find(world, text_format(&world->arena, "%s.id", who)), &user) || user_set_admin(&call, user, true) != OK)
        abort();
    sessions_changed(&call, user);
    call_close(&call);
}

static text cookie_of(const struct answer *answer)
{
    text line = answer_header(answer, "set-cookie");

    return text_cut(&line, ';');
}

static void open_browser(struct world *world)
{
    const char *body = filled(world, "{'email':'{owner.email}','password':'{owner.password}','session':'cookie'}");
    struct answer answer = ask(world, NULL, "POST /api/auth/login", body, NULL);

    keep(world, "browser.cookie", cookie_of(&answer));
    answer = ask(world, BROWSER_BARE, "GET /api/csrf-token", NULL, NULL);
    keep(world, "browser.csrf", answer_member(world, &answer, "data.csrf_token"));
}

static void meet(struct world *world, const char *who)
{
    static const struct { const char *who; enum role role; } joined[] = { { ADMIN, ROLE_ADMIN }, { MEMBER, ROLE_MEMBER }, { VIEWER, ROLE_VIEWER } };

    if (strcmp(who, BROWSER) == 0) {
        open_browser(world);
        return;
    }
    sign_up(world, who);
    for (size_t i = 0; i < COUNT(joined); i++)
        if (strcmp(joined[i].who, who) == 0) {
            join(world, who, joined[i].role);
            return;
        }
    keep_organization(world, who);
    if (strcmp(who, ROOT) == 0)
        make_administrator(world, who);
}

/* --- credentials ------------------------------------------------------------------------------------------------------------------------- */

static text bearer(struct world *world, text token)
{
    return text_format(&world->arena, "Authorization: Bearer %.*s\r\n", TEXT_ARG(token));
}

/* The key with these scopes, made by the owner when it is the first time. */
static text key_with(struct world *world, text scopes)
{
    text name = text_format(&world->arena, "key %.*s", TEXT_ARG(scopes)), rest = scopes, list = T("");
    struct answer answer;

    if (find(world, name).ptr)
        return find(world, name);
    while (rest.len) {
        text scope = text_cut(&rest, ' ');

        list = text_format(&world->arena, "%.*s%s'%.*s'", TEXT_ARG(list), list.len ? "," : "", TEXT_ARG(scope));
    }
    answer = ask(world, OWNER, "POST /api/keys", text_z(&world->arena, text_format(&world->arena, "{'name':'scenario','scopes':[%.*s]}", TEXT_ARG(list))), NULL);
    keep(world, text_z(&world->arena, name), answer_member(world, &answer, "data.key"));
    return find(world, name);
}

text credentials(struct world *world, const char *as)
{
    text who = text_of(as ? filled(world, as) : ""), cookie;
    bool browser = text_equal(who, T(BROWSER));

    if (!who.len)
        return T("");
    if (text_starts(who, T("bearer ")))
        return bearer(world, text_slice(who, 7, who.len));
    if (text_equal(who, T("key")) || text_starts(who, T("key ")))
        return bearer(world, key_with(world, text_trim(text_slice(who, 3, who.len))));
    if (text_starts(who, T("cookie ")))
        return text_format(&world->arena, "Cookie: %.*s\r\n", TEXT_ARG(text_slice(who, 7, who.len)));
    if (browser || text_equal(who, T(BROWSER_BARE))) {
        if (!find(world, T("browser.cookie")).ptr)
            meet(world, BROWSER);
        cookie = find(world, T("browser.cookie"));
        return text_format(&world->arena, "Cookie: %.*s\r\n%s%.*s%s", TEXT_ARG(cookie), browser ? "X-CSRF-Token: " : "",
                           TEXT_ARG(browser ? find(world, T("browser.csrf")) : T("")), browser ? "\r\n" : "");
    }
    if (!find(world, text_format(&world->arena, "%.*s.token", TEXT_ARG(who))).ptr)
        meet(world, text_z(&world->arena, who));
    return bearer(world, find(world, text_format(&world->arena, "%.*s.token", TEXT_ARG(who))));
}
