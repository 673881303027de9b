/*
 * What operators and machines ask: health, metrics, the API's description.
 *
 * Health runs on the I/O thread and must answer however busy the workers are: it tells the last known state of the store
 * and has it asked anew, at most once a second.
 */
#include "features/system/system.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "bus/bus.h"
#include "core/config.h"
#include "http/http.h"
#include "store/db.h"

static struct {
    _Atomic bool database_down;
    _Atomic int64_t asked; /* clock_ticks() */
    _Atomic int64_t disk_free;
} known;

static void ask(void *context)
{
    const struct services *on = context;
    char dir[4096];
    struct statvfs disk;

    atomic_store(&known.database_down, !db_alive(on->db));
    snprintf(dir, sizeof dir, "%.*s", TEXT_ARG(config.data_dir));
    if (statvfs(dir, &disk) == 0)
        atomic_store(&known.disk_free, (int64_t)disk.f_bavail * (int64_t)disk.f_frsize);
}

static void ask_if_old(const struct services *on)
{
    int64_t now = clock_ticks(), asked = atomic_load(&known.asked);

    if (now - asked > SECOND && atomic_compare_exchange_strong(&known.asked, &asked, now))
        http_work(on->http, ask, (void *)on);
}

struct health {
    bool success;
    text status, version;
    int64_t uptime;
    text database, cache, signals, disk;
};

static const struct field health_view[] = {
    BOOL(struct health, success), TEXT(struct health, status), TEXT(struct health, version), INT(struct health, uptime, .doc = "seconds"),
    TEXT(struct health, database), TEXT(struct health, cache, .doc = "redis, memory, or memory (redis unavailable)"),
    TEXT(struct health, signals, .doc = "How instances hear of each other: redis, postgresql, this instance, or unavailable."), TEXT(struct health, disk), FIELDS_END,
};

static const char *disk_state(void)
{
    enum { LEAST = 64 << 20 };

    return atomic_load(&known.disk_free) < LEAST ? "low" : "ok";
}

struct system_health system_health(const struct services *on)
{
    ask_if_old(on);
    return (struct system_health){ !atomic_load(&known.database_down), strcmp(disk_state(), "ok") == 0 };
}

static void health(struct request *req)
{
    struct system_health now = system_health(req->call.on);
    struct bus_health bus = bus_health(req->call.on->bus);
    struct health view = {
        .success = now.database,
        .status = now.database ? T("ok") : T("degraded"),
        .version = T(TENON_VERSION),
        .uptime = (clock_now() - req->call.on->started) / SECOND,
        .database = now.database ? T("connected") : T("unavailable"),
        .cache = bus.cache,
        .signals = bus.signals,
        .disk = text_of(disk_state()),
    };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    fields_write(&w, health_view, &view);
    if (respond_json(req, now.database ? 200 : 503, buffer_view(&out)) == OK)
        request_send(req);
    else
        request_fail(req, INTERNAL);
}

static void live(struct request *req)
{
    if (respond_json(req, 200, T("{\"success\":true,\"status\":\"ok\"}")) == OK)
        request_send(req);
    else
        request_fail(req, INTERNAL);
}

static void ready(struct request *req)
{
    struct system_health now = system_health(req->call.on);
    bool draining = http_is_draining(req->call.on->http);
    text failing = draining ? T("draining") : !now.database ? T("database") : TEXT_NONE;
    text json = failing.ptr ? text_format(&req->call.arena, "{\"success\":false,\"status\":\"unavailable\",\"failing\":\"%s\"}", failing.ptr)
                            : T("{\"success\":true,\"status\":\"ready\"}");

    if (respond_json(req, failing.ptr ? 503 : 200, json) == OK)
        request_send(req);
    else
        request_fail(req, INTERNAL);
}

static enum result metrics(struct request *req, const void *body)
{
    SCOPED(buffer) struct buffer out = { 0 };

    (void)body;
    metrics_write(&out, http_metrics);
    for (const struct module *const *module = req->call.on->modules; *module; module++)
        if ((*module)->metrics)
            metrics_write(&out, (*module)->metrics);
    return respond_bytes(req, 200, T("text/plain; version=0.0.4"), buffer_view(&out));
}

static enum result openapi(struct request *req, const void *body)
{
    SCOPED(buffer) struct buffer out = { 0 };

    (void)body;
    openapi_write(&out, req->call.on->modules);
    return respond_json(req, 200, buffer_view(&out));
}

static void write_module(struct buffer *out, const struct module *module)
{
    static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

    buffer_format(out, "<h2>%s</h2><p>%s</p><table>", module->name, module->doc);
    for (const struct route *route = module->routes; route->path; route++)
        buffer_format(out, "<tr><td class=m>%s</td><td><code>%s</code></td><td>%s</td></tr>", methods[route->method], route->path, route->doc);
    buffer_text(out, T("</table>"));
}

static enum result docs(struct request *req, const void *body)
{
    static const char head[] =
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Tenon API</title><style>"
        ":root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:3rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}td{padding:.35rem .6rem .35rem 0;border-top:1px solid #8883;vertical-align:top}.m{font-weight:600;width:5rem}"
        "code{font:13px ui-monospace,monospace}h2{margin:2.5rem 0 .2rem;text-transform:capitalize}p{margin:.2rem 0 .8rem;opacity:.75}</style>"
        "<h1>Tenon API</h1><p>Every route, from the same tables that serve them. Machines read <a href=/openapi.json>openapi.json</a> (OpenAPI 3.1).</p>";
    SCOPED(buffer) struct buffer out = { 0 };

    (void)body;
    buffer_text(&out, text_of(head));
    for (const struct module *const *module = req->call.on->modules; *module; module++)
        if ((*module)->routes)
            write_module(&out, *module);
    respond_header(req, "Content-Security-Policy", T("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"));
    return respond_bytes(req, 200, T("text/html; charset=utf-8"), buffer_view(&out));
}

#define HEALTH .access = ACCESS_PUBLIC, .tier = TIER_NONE

static const struct route system_routes[] = {
    { GET, "/health", .io = health, HEALTH, .view = health_view, .answer = ANSWER_TOP, .doc = "The state of the process and what it needs." },
    { GET, "/api/health", .io = health, HEALTH, .view = health_view, .answer = ANSWER_TOP, .doc = "The same as /health." },
    { GET, "/api/health/live", .io = live, HEALTH, .answer = ANSWER_OTHER, .doc = "The process answers." },
    { GET, "/api/health/ready", .io = ready, HEALTH, .answer = ANSWER_OTHER, .doc = "Whether it should get traffic; 503 names what fails." },
    { GET, "/metrics", metrics, .access = ACCESS_OPERATOR, .answer = ANSWER_OTHER, .doc = "Prometheus metrics." },
    { GET, "/api/metrics", metrics, .access = ACCESS_OPERATOR, .answer = ANSWER_OTHER, .doc = "The same as /metrics." },
    { GET, "/openapi.json", openapi, .access = ACCESS_PUBLIC, .answer = ANSWER_OTHER, .doc = "This description." },
    { GET, "/docs", docs, .access = ACCESS_PUBLIC, .answer = ANSWER_OTHER, .doc = "The API for people." },
    { 0 },
};

static enum result start(struct call *call)
{
    atomic_store(&known.asked, clock_ticks());
    ask((void *)call->on);
    return OK;
}

const struct module system_module = { .name = "system", .doc = "Health, metrics and the API's description.", .routes = system_routes,
                                      .metrics = bus_metrics, .start = start };
