/* Health, metrics, the API's description, and what stands beside the API. */
#include "tests/scenario/scenario.h"

static const struct scenario rows[] = {
    { "health", .send = "GET /health", .has = { "success=true", "status=ok", "version", "uptime", "database=connected", "cache", "signals", "disk" }, .heads = { "Cache-Control: no-store" } },
    { "signals arrive, by whatever way", .send = "GET /health", .eventually = true, .hides = { "unavailable" } },
    { "below /api too", .send = "GET /api/health", .has = { "success=true", "database=connected" } },
    { "alive", .send = "GET /api/health/live", .has = { "success=true" } },
    { "ready", .send = "GET /api/health/ready", .has = { "success=true", "status=ready" } },
    { "health asks nobody for credentials, not even wrong ones", .as = BEARER("nonsense"), .send = "GET /health" },
    { "HEAD is GET without the body", .send = "HEAD /health", .heads = { "Content-Length" } },
    { "metrics", .eventually = true, .send = "GET /metrics", .says = { "# HELP", "# TYPE", "tenon_http_requests_total", "tenon_bus_up 1" }, .heads = { "Content-Type: text/plain; version=0.0.4" } },
    { "no tenant is named in them", .as = OWNER, .send = "GET /api/metrics", .hides = { "{owner.org}", "{owner.id}", "{owner.email}" } },
    { "the description", .send = "GET /openapi.json", .has = { "openapi^3.1", "info.title", "paths" }, .says = { "/api/keys/{id}", "/v1/chat/completions", "/api/conversations" } },
    { "the description for people", .send = "GET /docs", .says = { "<h1>Tenon API</h1>", "/api/keys/:id" },
      .heads = { "Content-Type: text/html", "Content-Security-Policy: default-src 'none'" } },
    { "an unknown path of the API", .send = "GET /api/nothing", .error = "NOT_FOUND" },
    { "of /v1", .send = "GET /v1/nothing", .status = 404, .has = { "error.code=not_found" } },
    { "a slash too many", .send = "GET /api/health/", .error = "NOT_FOUND" },
    { "two slashes", .send = "GET /api//health", .error = "NOT_FOUND" },
    { "a path does not climb", .send = "GET /api/health/../health", .error = "NOT_FOUND" },
    { "whatever it is spelled like", .send = "GET /api/health/%2e%2e/health", .error = "NOT_FOUND" },
    { "letters have a case", .send = "GET /API/health", .status = 200, .says = { "<!doctype html>" }, .hides = { "database" } },
    { "any other path is the page's", .send = "GET /conversations/17", .says = { "<!doctype html>" }, .heads = { "Content-Type: text/html" } },
    { "but not of assets", .send = "GET /assets/nothing.js", .status = 404 },
    { "nor of other methods", .send = "POST /conversations/17", .body = "{}", .status = 404 },
    { "a well-formed request id is taken on", .send = "GET /health", .headers = "X-Request-Id: my-request-17", .heads = { "X-Request-Id: my-request-17" } },
    { "another is not", .send = "GET /api/nothing", .headers = "X-Request-Id: <script>", .error = "NOT_FOUND", .hides = { "<script>" } },
    { "nor a very long one", .send = "GET /health",
      .headers = "X-Request-Id: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", .heads = { "X-Request-Id: 0" } },
};

static const char *const options[] = { NULL };

const struct suite system_scenarios = { SCENARIOS(rows), .config = options };
