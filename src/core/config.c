#include "core/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/id.h"
#include "core/log.h"
#include "core/result.h"

enum option_type { OPTION_TEXT, OPTION_URL /* printed without its password */, OPTION_SECRET, OPTION_INT, OPTION_BOOL, OPTION_DURATION, OPTION_RATE, OPTION_CHOICE };
enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT };

struct option {
    const char *name;
    enum option_type type;
    size_t at;
    const char *fallback; /* as it would be written; NULL: unset */
    const char *meaning;
    int64_t min, max;           /* of an int */
    const char *const *choices; /* of a choice; stored as text, or as its place when .as_number */
    bool as_number;
    bool production; /* must be set in production */
    const char *also; /* another variable read where this one is not set */
    const char *with; /* another option without which it means nothing */
    const char *(*check)(text value);
};

struct config config;

#define AT(member) offsetof(struct config, member)

static const char *const environments[] = { "development", "production", "test", NULL };
static const char *const policies[] = { "default", "three-of-four", "nist", NULL };
static const char *const ssl_modes[] = { "disable", "prefer", "require", "verify-ca", "verify-full", "true", "false", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", "off", NULL };

static const char *check_secret_length(text value)
{
    return value.len < 32 ? "must have at least 32 characters" : NULL;
}

static const char *check_key(text value)
{
    unsigned char key[32];

    return hex_decode(value, key, sizeof key) ? NULL : "must be 64 hexadecimal digits (openssl rand -hex 32)";
}

static const char *check_database(text value)
{
    return text_starts(value, T("sqlite:")) || text_starts(value, T("postgresql://")) || text_starts(value, T("postgres://")) ? NULL : "must be sqlite:PATH or postgresql://USER:PASSWORD@HOST/DATABASE";
}

static const char *check_postgres(text value)
{
    return text_starts(value, T("postgresql://")) || text_starts(value, T("postgres://")) ? NULL : "must be postgresql://USER:PASSWORD@HOST/DATABASE";
}

static const char *check_redis(text value)
{
    if (text_starts(value, T("rediss://")))
        return "cannot be rediss://: the Redis client that is built in has no TLS";
    return text_starts(value, T("redis://")) || text_starts(value, T("unix:")) ? NULL : "must begin with redis:// or unix:";
}

static const char *check_url(text value)
{
    return text_starts(value, T("http://")) || text_starts(value, T("https://")) ? NULL : "must begin with http:// or https://";
}

/* mail: what goes into a header or a connection must be one line and hold nothing that means something there */
static const char *check_mailbox(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
            return "must not hold control characters";
    return text_find_char(value, '@') == SIZE_MAX ? "must be an address, or Name <address>" : NULL;
}

static const char *check_mail_host(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:", value.ptr[i]))
            return "must be a host's name or address";
    return NULL;
}

/* address, or address:port; http/dns.c reads it */
static const char *check_dns_server(text value)
{
    text port = value, host = text_cut(&port, ':');
    unsigned char address[4];
    char spelled[16] = "";
    int64_t number;

    if (host.len && host.len < sizeof spelled)
        memcpy(spelled, host.ptr, host.len);
    if (inet_pton(AF_INET, spelled, address) != 1 || (port.ptr && (!text_int(port, &number) || number < 1 || number > 65535)))
        return "must be an IPv4 address, or one with a port";
    return NULL;
}

static const char *check_mail_timeout(text value)
{
    int64_t timeout;

    return clock_duration(value, &timeout) && timeout >= 100 * MILLISECOND && timeout <= 10 * MINUTE ? NULL : "must be between 100ms and 10m";
}

static bool is_near(text url)
{
    return text_starts(url, T("http://127.0.0.1:")) || text_starts(url, T("http://localhost:"));
}

static const char *check_sendgrid_url(text value)
{
    return is_near(value) || text_starts(value, T("https://")) ? NULL : "must begin with https://";
}

/* Whoever answers there says who people are. APP_ENV is read before it: its row stands first. */
static const char *check_identity_url(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~' || strchr("?#@\\\"<>", value.ptr[i]))
            return "must be an address without query, fragment or credentials";
    if (text_starts(value, T("https://")) && value.len > 8)
        return NULL;
    return config.environment != ENV_PRODUCTION && is_near(value) ? NULL : "must begin with https:// (http:// to loopback, but not in production)";
}

static const struct option options[] = {
    { "APP_ENV", OPTION_CHOICE, AT(environment), "development", "development, production or test", .choices = environments, .as_number = true, .also = "NODE_ENV" },
    { "HOST", OPTION_TEXT, AT(host), NULL, "address to listen on; 127.0.0.1 in development, else all" },
    { "PORT", OPTION_INT, AT(port), "3000", "port to listen on; 0 takes a free one", .max = 65535 },
    { "APP_URL", OPTION_TEXT, AT(app_url), NULL, "where people open the application; made from HOST and PORT where unset", .check = check_url },
    { "API_URL", OPTION_TEXT, AT(api_url), NULL, "where the API is reached; APP_URL where unset", .check = check_url },
    { "DATA_DIR", OPTION_TEXT, AT(data_dir), "var", "directory for the database, files and secrets" },
    { "DATABASE_URL", OPTION_URL, AT(database_url), NULL, "sqlite:PATH, or postgresql://USER:PASSWORD@HOST/DATABASE of the role that serves; DATA_DIR/tenon.db where unset", .check = check_database },
    { "DATABASE_OWNER_URL", OPTION_URL, AT(database_owner_url), NULL, "PostgreSQL: the role that owns the tables, migrates them and makes the serving role", .check = check_postgres },
    { "DATABASE_REPLICA_URL", OPTION_URL, AT(database_replica_url), NULL, "PostgreSQL: a standby for reads that may be a little late", .check = check_postgres },
    { "DATABASE_POOL_SIZE", OPTION_INT, AT(database_pool_size), "20", "PostgreSQL: most connections of one instance", .min = 1, .max = 1000 },
    { "DATABASE_SSL", OPTION_CHOICE, AT(database_ssl), NULL, "PostgreSQL: disable, prefer, require, verify-ca or verify-full (true: require); as the URL says where unset", .choices = ssl_modes },
    { "DATABASE_LISTEN_URL", OPTION_URL, AT(database_listen_url), NULL, "PostgreSQL: a way to the server itself for LISTEN, where DATABASE_URL goes through a pooler; DATABASE_URL where unset", .check = check_postgres },
    { "REDIS_URL", OPTION_URL, AT(redis_url), NULL, "redis://[[user]:password@]host[:port][/database] or unix:PATH; limits, signals, streams, locks and cache are then shared by all instances", .check = check_redis },
    { "REDIS_TTL", OPTION_DURATION, AT(redis_ttl), "1h", "life of what is cached, where nothing shorter is said" },
    { "WORKERS", OPTION_INT, AT(workers), "8", "threads that run handlers", .min = 1, .max = 256 },
    { "IO_THREADS", OPTION_INT, AT(io_threads), "0", "threads that own sockets; 0: one a core", .max = 64 },
    { "JWT_SECRET", OPTION_SECRET, AT(jwt_secret), NULL, "signs session tokens; made and kept in DATA_DIR in development", .production = true, .check = check_secret_length },
    { "JWT_SECRET_PREVIOUS", OPTION_SECRET, AT(jwt_secret_previous), NULL, "the former JWT_SECRET, still accepted", .check = check_secret_length },
    { "JWT_EXPIRATION", OPTION_DURATION, AT(jwt_expiration), "7d", "life of a bearer token" },
    { "SESSION_TIMEOUT", OPTION_DURATION, AT(session_timeout), "8h", "life of a browser session" },
    { "SESSION_IDLE_TIMEOUT", OPTION_DURATION, AT(session_idle_timeout), "30m", "a browser session unused for so long ends" },
    { "SESSION_MEMORY", OPTION_DURATION, AT(session_memory), "1s", "PostgreSQL: an instance trusts for so long, and for 1s at most, what it has read of a session, unless it hears of a change; 0s asks for every request" },
    { "COOKIE_SECURE", OPTION_BOOL, AT(cookie_secure), NULL, "send cookies over TLS only; true in production" },
    { "ENCRYPTION_KEY", OPTION_SECRET, AT(encryption_key), NULL, "64 hex digits; seals stored provider keys; made and kept in DATA_DIR in development", .production = true, .check = check_key },
    { "ENCRYPTION_KEY_PREVIOUS", OPTION_SECRET, AT(encryption_key_previous), NULL, "the former ENCRYPTION_KEY, still opened", .check = check_key },
    { "PASSWORD_POLICY", OPTION_CHOICE, AT(password_policy), "default", "default, three-of-four or nist", .choices = policies },
    { "HASH_SLOTS", OPTION_INT, AT(hash_slots), "0", "passwords hashed at once (19 MiB each); 0: one a core", .max = 64 },
    { "SIGNUP_PRIVATE", OPTION_BOOL, AT(signup_private), "false", "sign-up answers the same whether the e-mail has an account or not, and tells by e-mail" },
    { "ADMIN_EMAILS", OPTION_TEXT, AT(admin_emails), "", "addresses by commas: an account whose verified address is one of them administers the installation" },
    { "SKIP_AUTH", OPTION_BOOL, AT(skip_auth), "false", "refused in production" },
    { "RATE_LIMIT_AUTH", OPTION_RATE, AT(limit_auth), "5/1m", "sign-in attempts per address; 0 turns it off" },
    { "RATE_LIMIT_SENSITIVE", OPTION_RATE, AT(limit_sensitive), "10/15m", "sensitive changes per user or address" },
    { "RATE_LIMIT_PUBLIC", OPTION_RATE, AT(limit_public), "50/1m", "requests without credentials per address" },
    { "RATE_LIMIT_USER", OPTION_RATE, AT(limit_user), "200/1m", "requests per user" },
    { "RATE_LIMIT_KEY", OPTION_RATE, AT(limit_key), "1000/1m", "requests per API key" },
    { "RATE_LIMIT_WIDGET", OPTION_RATE, AT(limit_widget), "30/1m", "requests per widget visitor" },
    { "CORS_ORIGIN", OPTION_TEXT, AT(cors_origin), "", "origins that may call the API from a browser, by commas" },
    { "TRUSTED_PROXIES", OPTION_TEXT, AT(trusted_proxies), "", "networks whose X-Forwarded-For is believed, by commas" },
    { "OUTBOUND_ALLOW", OPTION_TEXT, AT(outbound_allow), "", "private networks that outgoing requests may reach, by commas; loopback in development" },
    { "DNS_SERVER", OPTION_TEXT, AT(dns_server), NULL, "resolver that is asked for the records by which an organization claims a domain, address or address:port; the machine's own where unset", .check = check_dns_server },
    { "MAX_FILE_SIZE", OPTION_INT, AT(max_file_size), "10485760", "largest upload in bytes", .min = 1024, .max = 1 << 30 },
    { "VECTOR_MEMORY", OPTION_INT, AT(vector_memory), "268435456", "bytes of vectors kept in memory for searching; a quarter more than the number of passages times the model's dimensions serves all of them", .max = INT64_C(1) << 40 },
    { "LOG_LEVEL", OPTION_CHOICE, AT(log_level), "info", "debug, info, warn, error or off", .choices = levels },
    { "METRICS_TOKEN", OPTION_SECRET, AT(metrics_token), NULL, "bearer token for /metrics from public addresses" },
    { "MAIL_FROM", OPTION_TEXT, AT(mail_from), NULL, "sender of letters, an address or Name <address>; no-reply at APP_URL's host where unset", .check = check_mailbox },
    { "MAIL_TIMEOUT", OPTION_DURATION, AT(mail_timeout), "30s", "to hand one letter over", .check = check_mail_timeout },
    { "SMTP_HOST", OPTION_TEXT, AT(smtp_host), NULL, "mail server; without it and SENDGRID_API_KEY letters stay in DATA_DIR/outbox", .check = check_mail_host },
    { "SMTP_PORT", OPTION_INT, AT(smtp_port), "587", "465: TLS from the start; 587, and wherever SMTP_USER is set: STARTTLS or nothing; else STARTTLS where offered", .min = 1, .max = 65535 },
    { "SMTP_USER", OPTION_TEXT, AT(smtp_user), NULL, "signs in to the mail server" },
    { "SMTP_PASS", OPTION_SECRET, AT(smtp_pass), NULL, "password of SMTP_USER" },
    { "SENDGRID_API_KEY", OPTION_SECRET, AT(sendgrid_api_key), NULL, "sends letters by SendGrid, where SMTP_HOST is unset" },
    { "SENDGRID_FROM_EMAIL", OPTION_TEXT, AT(sendgrid_from_email), NULL, "sender, where MAIL_FROM is unset", .check = check_mailbox },
    { "SENDGRID_URL", OPTION_TEXT, AT(sendgrid_url), "https://api.sendgrid.com", "SendGrid's address; its European one is https://api.eu.sendgrid.com", .check = check_sendgrid_url },
    { "GOOGLE_CLIENT_ID", OPTION_TEXT, AT(google.id), NULL, "sign-in with Google: this program's identifier there; APP_URL/api/auth/oauth/google/callback is where it sends people back to", .with = "GOOGLE_CLIENT_SECRET" },
    { "GOOGLE_CLIENT_SECRET", OPTION_SECRET, AT(google.secret), NULL, "and its secret", .with = "GOOGLE_CLIENT_ID" },
    { "GITHUB_CLIENT_ID", OPTION_TEXT, AT(github.id), NULL, "sign-in with GitHub: this program's identifier there; APP_URL/api/auth/oauth/github/callback is where it sends people back to", .with = "GITHUB_CLIENT_SECRET" },
    { "GITHUB_CLIENT_SECRET", OPTION_SECRET, AT(github.secret), NULL, "and its secret", .with = "GITHUB_CLIENT_ID" },
    { "GITHUB_URL", OPTION_TEXT, AT(github_url), "https://github.com", "a GitHub Enterprise Server instead", .check = check_identity_url },
    { "MICROSOFT_CLIENT_ID", OPTION_TEXT, AT(microsoft.id), NULL, "sign-in with Microsoft: this program's identifier there; APP_URL/api/auth/oauth/microsoft/callback is where it sends people back to", .with = "MICROSOFT_CLIENT_SECRET" },
    { "MICROSOFT_CLIENT_SECRET", OPTION_SECRET, AT(microsoft.secret), NULL, "and its secret", .with = "MICROSOFT_CLIENT_ID" },
    { "OIDC_CLIENT_ID", OPTION_TEXT, AT(oidc.id), NULL, "sign-in with any OpenID Connect issuer: this program's identifier there; APP_URL/api/auth/oauth/oidc/callback is where it sends people back to", .with = "OIDC_CLIENT_SECRET" },
    { "OIDC_CLIENT_SECRET", OPTION_SECRET, AT(oidc.secret), NULL, "and its secret", .with = "OIDC_ISSUER" },
    { "OIDC_ISSUER", OPTION_TEXT, AT(oidc_issuer), NULL, "that issuer, as it spells itself", .check = check_identity_url, .with = "OIDC_CLIENT_ID" },
    { "GATEWAY_CONNECT_TIMEOUT", OPTION_DURATION, AT(gateway_connect_timeout), "5s", "to connect to a provider" },
    { "GATEWAY_FIRST_BYTE_TIMEOUT", OPTION_DURATION, AT(gateway_first_byte_timeout), "60s", "to the first byte of an answer" },
    { "GATEWAY_IDLE_TIMEOUT", OPTION_DURATION, AT(gateway_idle_timeout), "60s", "between two pieces of an answer" },
    { "GATEWAY_TOTAL_TIMEOUT", OPTION_DURATION, AT(gateway_total_timeout), "10m", "for a whole call" },
};

/* What was read: the value as written and where it came from, by the option's place in the table. */
static struct { text value; enum option_source source; } given[COUNT(options)];

static struct arena forever; /* values live as long as the program */

static const char *parse_rate(text value, struct rate *ret_rate)
{
    text window = value, count = text_cut(&window, '/');
    struct rate rate;

    if (!text_int(count, &rate.count) || rate.count < 0)
        return "must be COUNT/WINDOW such as 5/1m, or 0";
    if (rate.count == 0 && !window.ptr) {
        *ret_rate = (struct rate){ 0, 0 };
        return NULL;
    }
    if (!clock_duration(window, &rate.window) || rate.window <= 0)
        return "must be COUNT/WINDOW such as 5/1m, or 0";
    *ret_rate = rate;
    return NULL;
}

static const char *store_choice(const struct option *option, text value, void *at)
{
    for (int64_t i = 0; option->choices[i]; i++)
        if (text_equal(value, text_of(option->choices[i]))) {
            if (option->as_number)
                *(int64_t *)at = i;
            else
                *(text *)at = value;
            return NULL;
        }
    return option->meaning;
}

/* NULL, or what is wrong with the value. */
static const char *store(const struct option *option, text value)
{
    void *at = (char *)&config + option->at;
    const char *fault = option->check && value.len ? option->check(value) : NULL;
    int64_t number;

    if (fault)
        return fault;
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_URL: *(text *)at = value; return NULL;
    case OPTION_SECRET: ((struct secret *)at)->value = value; return NULL;
    case OPTION_INT:
        if (!text_int(value, &number) || number < option->min || (option->max && number > option->max))
            return "is not a whole number in its range";
        *(int64_t *)at = number;
        return NULL;
    case OPTION_BOOL:
        *(bool *)at = text_equal(value, T("true")) || text_equal(value, T("1"));
        return *(bool *)at || text_equal(value, T("false")) || text_equal(value, T("0")) ? NULL : "must be true or false";
    case OPTION_DURATION: return clock_duration(value, at) ? NULL : "must be a duration such as 30s, 15m, 8h or 7d";
    case OPTION_RATE: return parse_rate(value, at);
    case OPTION_CHOICE: return store_choice(option, value, at);
    }
    return "has no type";
}

static const struct option *option_named(text name, size_t *ret_place)
{
    for (size_t i = 0; i < COUNT(options); i++)
        if (text_equal(text_of(options[i].name), name)) {
            *ret_place = i;
            return &options[i];
        }
    return NULL;
}

static text unquote(text value)
{
    value = text_trim(value);
    if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'') && value.ptr[value.len - 1] == value.ptr[0])
        return text_slice(value, 1, value.len - 2);
    return value;
}

/* Lines `NAME=value`, `export NAME=value`, comments with `#`. Unknown names go to the environment for what reads there. */
static void read_file(text content)
{
    while (content.ptr) {
        text value = text_trim(text_cut(&content, '\n')), name;
        size_t place;

        if (text_starts(value, T("export ")))
            value = text_slice(value, 7, value.len);
        if (!value.len || value.ptr[0] == '#')
            continue;
        name = text_trim(text_cut(&value, '='));
        if (!value.ptr)
            continue;
        value = unquote(value);
        if (option_named(name, &place)) {
            given[place].value = text_copy(&forever, value);
            given[place].source = SOURCE_FILE;
        } else {
            setenv(text_z(&forever, name), text_z(&forever, value), 0);
        }
    }
}

static void read_dot_env(void)
{
    enum { LARGEST = 1 << 20 };
    int file = open(".env", O_RDONLY | O_CLOEXEC);
    char *content;
    ssize_t len;

    if (file < 0)
        return;
    content = xmalloc(LARGEST);
    len = read(file, content, LARGEST);
    if (len > 0)
        read_file((text){ content, (size_t)len });
    free(content);
    close(file);
}

static void read_environment(void)
{
    for (size_t i = 0; i < COUNT(options); i++) {
        const char *value = getenv(options[i].name);

        if (!value && options[i].also && given[i].source == SOURCE_DEFAULT)
            value = getenv(options[i].also);
        if (value) {
            given[i].value = text_copy(&forever, text_of(value));
            given[i].source = SOURCE_ENVIRONMENT;
        }
    }
}

static int check_together(struct buffer *faults)
{
    int count = 0;
    size_t other;

    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i].with && given[i].value.len && option_named(text_of(options[i].with), &other) && !given[other].value.len) {
            buffer_format(faults, "%s must be set where %s is\n", options[i].with, options[i].name);
            count++;
        }
    return count;
}

static int check_production(struct buffer *faults)
{
    int count = 0;

    if (config.environment != ENV_PRODUCTION)
        return 0;
    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i].production && !given[i].value.len) {
            buffer_format(faults, "%s must be set in production\n", options[i].name);
            count++;
        }
    if (config.skip_auth) {
        buffer_text(faults, T("SKIP_AUTH must not be set in production\n"));
        count++;
    }
    return count;
}

/* Defaults that depend on other options. */
static void settle(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t place;

    if (!config.host.len)
        config.host = config.environment == ENV_DEVELOPMENT ? T("127.0.0.1") : T("::");
    if (!config.io_threads)
        config.io_threads = cores > 0 ? cores : 1;
    if (!config.hash_slots)
        config.hash_slots = cores > 0 ? cores : 1;
    if (!config.database_url.len)
        config.database_url = text_format(&forever, "sqlite:%.*s/tenon.db", TEXT_ARG(config.data_dir));
    if (text_equal(config.database_ssl, T("true")))
        config.database_ssl = T("require");
    else if (text_equal(config.database_ssl, T("false")))
        config.database_ssl = T("disable");
    if (!config.app_url.len)
        config.app_url = text_format(&forever, "http://localhost:%lld", (long long)config.port);
    if (!config.api_url.len)
        config.api_url = config.app_url;
    if (text_ends(config.app_url, T("/"))) /* paths are put behind it, and browsers compare it as an origin */
        config.app_url.len--;
    if (text_ends(config.api_url, T("/")))
        config.api_url.len--;
    if (option_named(T("COOKIE_SECURE"), &place) && !given[place].value.ptr)
        config.cookie_secure = config.environment == ENV_PRODUCTION;
}

int config_load(struct buffer *ret_faults)
{
    enum log_level level;
    int faults = 0;

    memset(given, 0, sizeof given);
    read_dot_env();
    read_environment();
    for (size_t i = 0; i < COUNT(options); i++) {
        const struct option *option = &options[i];
        bool set = given[i].value.len > 0;
        text value = set ? given[i].value : text_of(option->fallback);
        const char *fault = value.ptr ? store(option, value) : NULL;

        if (fault) {
            buffer_format(ret_faults, "%s %s\n", option->name, fault);
            faults++;
        }
    }
    faults += check_together(ret_faults);
    faults += check_production(ret_faults);
    settle();
    if (log_level_of(config.log_level, &level))
        log_set_level(level);
    return faults;
}

bool config_set(const char *name, const char *value)
{
    size_t place;
    const struct option *option = option_named(text_of(name), &place);

    if (!option)
        return false;
    given[place].value = text_copy(&forever, text_of(value));
    given[place].source = SOURCE_ENVIRONMENT;
    return store(option, given[place].value) == NULL;
}

/* A URL without the password in it. */
static text shown_url(text url)
{
    size_t scheme = text_find(url, T("://")), at, colon;
    text authority;

    if (scheme == SIZE_MAX)
        return url;
    authority = text_slice(url, scheme + 3, url.len);
    at = text_find_char(authority, '@');
    colon = text_find_char(authority, ':');
    if (at == SIZE_MAX || colon > at)
        return url;
    return text_format(&forever, "%.*s:********%.*s", TEXT_ARG(text_slice(url, 0, scheme + 3 + colon)), TEXT_ARG(text_slice(authority, at, authority.len)));
}

void config_print(struct buffer *out)
{
    static const char *const sources[] = { "default", ".env", "environment" };

    for (size_t i = 0; i < COUNT(options); i++) {
        const struct option *option = &options[i];
        text value = given[i].value.len ? given[i].value : text_of(option->fallback);

        if (option->type == OPTION_SECRET && value.len)
            value = T("********");
        else if (option->type == OPTION_URL)
            value = shown_url(value);
        buffer_format(out, "%-28s %-24.*s %-12s %s%s%s%s\n", option->name, TEXT_ARG(value.len ? value : T("-")), sources[given[i].source],
                      option->meaning, option->fallback && *option->fallback ? " [default " : "", option->fallback ? option->fallback : "",
                      option->fallback && *option->fallback ? "]" : "");
    }
}

void config_print_example(struct buffer *out)
{
    buffer_text(out, T("# Every option with its default. Copy to .env and change what you need; the environment goes before the file.\n"));
    for (size_t i = 0; i < COUNT(options); i++)
        buffer_format(out, "\n# %s\n#%s=%s\n", options[i].meaning, options[i].name, options[i].fallback ? options[i].fallback : "");
}

void config_print_page(struct buffer *out)
{
    buffer_text(out, T("# Configuration\n\nEnvironment variables, or lines of a `.env` file in the working directory; the environment goes before the file.\n"
                       "`tenon config` prints each with its present value and source, secrets masked.\n\n| option | default | meaning |\n|---|---|---|\n"));
    for (size_t i = 0; i < COUNT(options); i++) {
        text fallback = text_of(options[i].fallback);

        buffer_format(out, "| `%s` | %s%.*s%s | %s%s |\n", options[i].name, fallback.len ? "`" : "", TEXT_ARG(fallback), fallback.len ? "`" : "",
                      options[i].meaning, options[i].production ? "; must be set in production" : "");
    }
    buffer_text(out, T("\nA provider's key can also come from the operator's environment (`OPENAI_API_KEY`, `ANTHROPIC_API_KEY` …, as `data/providers.json` names\n"
                       "them): it then serves every organization that has not connected that service itself.\n"));
}

struct secret config_provider_key(text env_name)
{
    SCOPED(arena) struct arena arena = { 0 }; /* from any thread, and again and again: not `forever` */
    const char *value = env_name.len ? getenv(text_z(&arena, env_name)) : NULL;

    return (struct secret){ value && *value ? text_of(value) : TEXT_NONE };
}
