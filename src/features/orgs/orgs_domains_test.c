/* Domains whose addresses may join: claimed by a TXT record, looked for again every day. A resolver of the test's own answers. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/config.h"
#include "features/orgs/orgs_store.h"
#include "tests/scenario/scenario.h"

#define DOMAINS "/api/orgs/{owner.org}/domains"

/* --- a resolver (RFC 1035 §4.1) ------------------------------------------------------------------------------------------------ */

enum { MOST_RECORDS = 8 };

static struct {
    int fd;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct { char name[128], value[128]; } records[MOST_RECORDS];
    size_t len;
    bool silent;
} dns = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* The name asked for, with dots; its end in the message. */
static size_t read_name(const unsigned char *in, size_t len, char *out, size_t size)
{
    size_t at = 12, n = 0;

    while (at < len && in[at] && n + in[at] + 2 < size) {
        if (n)
            out[n++] = '.';
        memcpy(out + n, in + at + 1, in[at]);
        n += in[at];
        at += 1 + (size_t)in[at];
    }
    out[n] = 0;
    return at + 1;
}

static size_t write_record(unsigned char *out, const char *value)
{
    static const unsigned char head[] = { 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60 };
    size_t len = strlen(value), half = len / 2; /* in two pieces, which belong together */

    memcpy(out, head, sizeof head);
    out[10] = 0;
    out[11] = (unsigned char)(len + 2);
    out[12] = (unsigned char)half;
    memcpy(out + 13, value, half);
    out[13 + half] = (unsigned char)(len - half);
    memcpy(out + 14 + half, value + half, len - half);
    return 14 + len;
}

static size_t answer_to(const unsigned char *in, size_t len, unsigned char *out)
{
    char name[256];
    size_t end = read_name(in, len, name, sizeof name) + 4, at = end, found = 0;

    memcpy(out, in, end);
    for (size_t i = 0; i < dns.len; i++)
        if (strcasecmp(dns.records[i].name, name) == 0) {
            at += write_record(out + at, dns.records[i].value);
            found++;
        }
    out[2] = 0x81;
    out[3] = found ? 0x80 : 0x83; /* there is no such name */
    out[6] = 0;
    out[7] = (unsigned char)found;
    memset(out + 8, 0, 4);
    return at;
}

static void *serve(void *context)
{
    for (;;) {
        unsigned char in[1024], out[4096];
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t len = recvfrom(dns.fd, in, sizeof in, 0, (struct sockaddr *)&from, &size);

        if (len <= 0)
            return context;
        if (len < 17)
            continue;
        pthread_mutex_lock(&dns.mutex);
        if (!dns.silent)
            sendto(dns.fd, out, answer_to(in, (size_t)len, out), 0, (struct sockaddr *)&from, size);
        pthread_mutex_unlock(&dns.mutex);
    }
}

static void open_dns(struct world *world)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    char spelled[32];

    dns.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(dns.fd, (struct sockaddr *)&address, sizeof address) != 0 || getsockname(dns.fd, (struct sockaddr *)&address, &size) != 0 || pthread_create(&dns.thread, NULL, serve, NULL) != 0)
        abort();
    snprintf(spelled, sizeof spelled, "127.0.0.1:%d", ntohs(address.sin_port));
    expect(world, config_set("DNS_SERVER", spelled), "the resolver is the test's");
}

static void close_dns(void)
{
    shutdown(dns.fd, SHUT_RDWR);
    pthread_join(dns.thread, NULL);
    close(dns.fd);
    dns.len = 0;
    dns.silent = false;
}

static void set_record(struct world *world, const char *name, const char *value)
{
    pthread_mutex_lock(&dns.mutex);
    if (dns.len == MOST_RECORDS)
        abort();
    snprintf(dns.records[dns.len].name, sizeof dns.records[0].name, "%s", name);
    snprintf(dns.records[dns.len++].value, sizeof dns.records[0].value, "%s", filled(world, value));
    pthread_mutex_unlock(&dns.mutex);
}

static void forget_records(bool silent)
{
    pthread_mutex_lock(&dns.mutex);
    dns.len = 0;
    dns.silent = silent;
    pthread_mutex_unlock(&dns.mutex);
}

/* --- rows ------------------------------------------------------------------------------------------------------------------------- */

#define VERIFIES(who) .send = "POST /api/auth/email/verify", .body = "{'token':'{" who ".link}'}"

static void sign_up(struct world *world, const char *who, const char *email)
{
    struct answer answer = ask(world, NULL, "POST /api/auth/signup", text_z(world_arena(world), text_format(world_arena(world), "{'name':'%s','email':'%s','password':'Gantry-9-Kestrel'}", who, email)), NULL);

    keep(world, who, answer_member(world, &answer, "token"));
    keep(world, text_z(world_arena(world), text_format(world_arena(world), "%s.id", who)), answer_member(world, &answer, "user.id"));
    keep(world, text_z(world_arena(world), text_format(world_arena(world), "%s.link", who)), letter_token(world, email, "/verify?token="));
}

static void claimed(struct world *world)
{
    ROWS_OF(world, { "anybody's is nobody's", .as = OWNER, .send = "POST " DOMAINS, .body = "{'domain':'Gmail.com'}", .error = "VALIDATION_ERROR", .has = { "error.fields.domain" } },
            { "nor what lies below it", .as = OWNER, .send = "POST " DOMAINS, .body = "{'domain':'mail.gmail.com'}", .error = "VALIDATION_ERROR" },
            { "a domain is one", .as = OWNER, .send = "POST " DOMAINS, .body = "{'domain':'nothing'}", .error = "VALIDATION_ERROR", .has = { "error.fields.domain" } },
            { "one is claimed", .as = OWNER, .send = "POST " DOMAINS, .body = "{'domain':'Works.Example'}", .status = 201,
              .has = { "data.domain=works.example", "data.txt_name=_tenon.works.example", "data.txt_value^tenon-verify=", "data.status=pending", "data.auto_join=false", "data.role=viewer", "data.verified_at!" },
              .keep = { "domain=data.id", "value=data.txt_value" }, .audit = "domain.added works.example" },
            { "once", .as = OWNER, .send = "POST " DOMAINS, .body = "{'domain':'works.example'}", .error = "CONFLICT", .has = { "error.fields.domain" } },
            { "members do not", .as = MEMBER, .send = "POST " DOMAINS, .body = "{'domain':'other.example'}", .error = "FORBIDDEN" },
            { "it is listed", .as = OWNER, .send = "GET " DOMAINS, .has = { "data#1", "data.0.id={domain}" } }, { "and read", .as = OWNER, .send = "GET " DOMAINS "/{domain}", .has = { "data.status=pending" } },
            { "without its record it is not verified", .as = OWNER, .send = "POST " DOMAINS "/{domain}/verify", .error = "CONFLICT" });
    set_record(world, "_tenon.works.example", "tenon-verify=another");
    ROWS_OF(world, { "nor with another", .as = OWNER, .send = "POST " DOMAINS "/{domain}/verify", .error = "CONFLICT" },
            { "it may let in before", .as = OWNER, .send = "PATCH " DOMAINS "/{domain}", .body = "{'auto_join':true,'role':'member'}", .has = { "data.auto_join=true", "data.role=member" } },
            { "no owners", .as = OWNER, .send = "PATCH " DOMAINS "/{domain}", .body = "{'role':'owner'}", .error = "VALIDATION_ERROR", .has = { "error.fields.role" } });
    sign_up(world, "early", "early@works.example");
    ROWS_OF(world, { "who verifies before it is verified joins nothing", VERIFIES("early") }, { "of the two", .as = BEARER("{early}"), .send = "GET /api/orgs", .has = { "data#1" } },
            { "and may join nothing", .as = BEARER("{early}"), .send = "GET /api/orgs/joinable", .has = { "data#0" } });
    set_record(world, "_tenon.works.example", "{value}");
    ROWS_OF(world, { "with its record it is", .as = OWNER, .send = "POST " DOMAINS "/{domain}/verify", .has = { "data.status=verified", "data.verified_at", "data.checked_at" }, .audit = "domain.verified works.example" });
}

static void joined(struct world *world)
{
    sign_up(world, "late", "late@works.example");
    sign_up(world, "below", "somebody@sub.works.example");
    ROWS_OF(world, { "who is not verified may not join", .as = BEARER("{late}"), .send = "POST /api/orgs/{owner.org}/join", .error = "NOT_FOUND" },
            { "nor is told of it", .as = BEARER("{late}"), .send = "GET /api/orgs/joinable", .has = { "data#0" } }, { "who verifies", VERIFIES("late") },
            { "is a member", .as = BEARER("{late}"), .send = "GET /api/orgs", .has = { "data#2", "data.1.id={owner.org}", "data.1.role=member" } },
            { "which is on record", .as = OWNER, .send = "GET /api/audit?action=member.joined", .has = { "data#1", "data.0.target=late@works.example", "data.0.detail.domain=works.example" } },
            { "an address below the domain", VERIFIES("below") }, { "is another", .as = BEARER("{below}"), .send = "GET /api/orgs/joinable", .has = { "data#0" } },
            { "who was there before may join", .as = BEARER("{early}"), .send = "GET /api/orgs/joinable", .has = { "data#1", "data.0.id={owner.org}", "data.0.role=member" } },
            { "and does", .as = BEARER("{early}"), .send = "POST /api/orgs/{owner.org}/join", .has = { "data.id={owner.org}", "data.role=member" } },
            { "once", .as = BEARER("{early}"), .send = "POST /api/orgs/{owner.org}/join", .error = "NOT_FOUND" }, { "nobody else", .as = STRANGER, .send = "POST /api/orgs/{owner.org}/join", .error = "NOT_FOUND" });
    expect(world, letter_to(world, "late@works.example", "You joined").ptr != NULL, "they are told");
}

/* (Seen: without the look at membership_removals whoever was removed is back with one request.) */
static void removed(struct world *world)
{
    ROWS_OF(world, { "who is removed", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}/members/{late.id}" }, { "does not come back", .as = BEARER("{late}"), .send = "GET /api/orgs/joinable", .has = { "data#0" } },
            { "by themselves", .as = BEARER("{late}"), .send = "POST /api/orgs/{owner.org}/join", .error = "NOT_FOUND" },
            { "but is asked back", .as = OWNER, .send = "POST /api/orgs/{owner.org}/invitations", .body = "{'email':'late@works.example','role':'viewer'}", .status = 201 });
    keep(world, "asked", letter_token(world, "late@works.example", "/invitation?token="));
    ROWS_OF(world, { "and comes", .as = BEARER("{late}"), .send = "POST /api/invitations/accept", .body = "{'token':'{asked}'}" },
            { "who leaves", .as = BEARER("{early}"), .send = "POST /api/orgs/{owner.org}/switch", .keep = { "early=token" } }, { "by themselves", .as = BEARER("{early}"), .send = "POST /api/orgs/{owner.org}/leave" },
            { "may come again", .as = BEARER("{early}"), .send = "POST /api/orgs/{owner.org}/join" });
}

/* One organization has a domain at a time, however many ask at the same moment. (Seen: with the claim's ON CONFLICT made to take over,
   both have it.) */
static void contested(struct world *world)
{
    struct at_once asked[20];
    struct answer answer;

    ROWS_OF(world, { "two claim one domain", .as = OWNER, .send = "POST " DOMAINS, .body = "{'domain':'both.example'}", .status = 201, .keep = { "ours=data.id", "ours.value=data.txt_value" } },
            { "who both can show it", .as = STRANGER, .send = "POST /api/orgs/{stranger.org}/domains", .body = "{'domain':'both.example'}", .status = 201, .keep = { "theirs=data.id", "theirs.value=data.txt_value" } });
    set_record(world, "_tenon.both.example", "{ours.value}");
    set_record(world, "_tenon.both.example", "{theirs.value}");
    world_about(world, "two organizations verify one domain at once");
    for (size_t i = 0; i < COUNT(asked); i++)
        asked[i] = (struct at_once){ .as = i % 2 ? OWNER : STRANGER, .send = i % 2 ? "POST " DOMAINS "/{ours}/verify" : "POST /api/orgs/{stranger.org}/domains/{theirs}/verify", .body = "{}" };
    ask_at_once(world, asked, COUNT(asked));
    expect(world, answered_with(asked, COUNT(asked), 200) >= 1 && answered_with(asked, COUNT(asked), 500) == 0, "it is verified");
    answer = ask(world, OWNER, "GET " DOMAINS "/{ours}", NULL, NULL);
    keep(world, "first", answer_member(world, &answer, "data.status"));
    answer = ask(world, STRANGER, "GET /api/orgs/{stranger.org}/domains/{theirs}", NULL, NULL);
    expect_answer(world, &answer, answer_has(world, &answer, "data.status=verified") != text_equal(kept(world, "first"), T("verified")), "one has it");
    ROWS_OF(world, { "one's domain is nobody else's to read", .as = STRANGER, .send = "GET /api/orgs/{stranger.org}/domains/{ours}", .error = "NOT_FOUND" },
            { "it is given up", .as = OWNER, .send = "DELETE " DOMAINS "/{ours}" }, { "once", .as = OWNER, .send = "DELETE " DOMAINS "/{ours}", .error = "NOT_FOUND" },
            { "so it is the other's", .as = STRANGER, .send = "POST /api/orgs/{stranger.org}/domains/{theirs}/verify", .has = { "data.status=verified" } },
            { "who gives it up too", .as = STRANGER, .send = "DELETE /api/orgs/{stranger.org}/domains/{theirs}" });
}

/* --- every day ------------------------------------------------------------------------------------------------------------------- */

static void run_chore(struct world *world)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };

    call_open(&call, &world_app(world)->on);
    scope = system_scope_begin(&call, "test");
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct chore *const *chore = (*module)->chores; chore && *chore; chore++)
            if (strcmp((*chore)->name, "orgs.domains") == 0)
                expect(world, (*chore)->run(&call) == OK, "domains are looked for");
}

/* (Seen: without the chore's domain_checked a domain whose record is gone stays verified.) */
static void looked_for_again(struct world *world)
{
    forget_records(true);
    world_shift(world, 25 * HOUR);
    run_chore(world);
    ROWS_OF(world, { "a resolver that is silent changes nothing", .as = OWNER, .send = "GET " DOMAINS "/{domain}", .has = { "data.status=verified" } });
    forget_records(false);
    world_shift(world, 2 * HOUR);
    run_chore(world);
    ROWS_OF(world, { "a record that is gone does", .as = OWNER, .send = "GET " DOMAINS "/{domain}", .has = { "data.status=lost", "data.auto_join=true", "data.verified_at" } },
            { "and is on record", .as = OWNER, .send = "GET /api/audit?action=domain.lost", .has = { "data#1", "data.0.target=works.example" } });
    sign_up(world, "last", "last@works.example");
    ROWS_OF(world, { "who verifies then", VERIFIES("last") }, { "joins nothing", .as = BEARER("{last}"), .send = "GET /api/orgs/joinable", .has = { "data#0" } });
    set_record(world, "_tenon.works.example", "{value}");
    world_shift(world, 25 * HOUR);
    run_chore(world);
    ROWS_OF(world, { "it is back", .as = OWNER, .send = "GET " DOMAINS "/{domain}", .has = { "data.status=verified" } },
            { "so they may", .as = BEARER("{last}"), .send = "POST /api/orgs/{owner.org}/join", .has = { "data.role=member" } },
            { "unless it lets nobody in", .as = OWNER, .send = "PATCH " DOMAINS "/{domain}", .body = "{'auto_join':false}", .has = { "data.auto_join=false", "data.role=member" } });
    forget_records(true);
    ROWS_OF(world, { "a resolver that is silent is waited for a while", .as = OWNER, .send = "POST " DOMAINS "/{domain}/verify", .error = "UNAVAILABLE" });
}

static void run(struct world *world)
{
    open_dns(world);
    claimed(world);
    joined(world);
    removed(world);
    contested(world);
    looked_for_again(world);
    close_dns();
}

const struct suite orgs_domains_scenarios = { .run = run };
