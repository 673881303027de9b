/* Requests that another site makes a browser send: without the CSRF token, or from a foreign origin, nothing changes. */
#include "tests/scenario/scenario.h"

#define RENAME .send = "PATCH /api/auth/me", .body = "{'name':'Renamed'}"
#define LOGIN .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}','session':'cookie'}"

static const struct scenario rows[] = {
    { "a browser reads without a token", .as = BROWSER_BARE, .send = "GET /api/auth/me" },
    { "and changes with it", .as = BROWSER, RENAME, .has = { "data.name=Renamed" } },
    { "but not without", .as = BROWSER_BARE, RENAME, .error = "CSRF_FAILED" },
    { "nor with a wrong one", .as = BROWSER_BARE, RENAME, .headers = "X-CSRF-Token: {owner.id}", .error = "CSRF_FAILED" },
    { "nor with an empty one", .as = BROWSER_BARE, RENAME, .headers = "X-CSRF-Token:", .error = "CSRF_FAILED" },
    { "nor by DELETE", .as = BROWSER_BARE, .send = "DELETE /api/auth/sessions/{owner.id}", .error = "CSRF_FAILED" },
    { "nor by POST", .as = BROWSER_BARE, .send = "POST /api/auth/logout", .error = "CSRF_FAILED" },

    { "another session", LOGIN, .keep = { "other=@cookie" } },
    { "has another token", .as = COOKIE("{other}"), .send = "GET /api/csrf-token", .keep = { "other.csrf=data.csrf_token" }, .hides = { "{browser.csrf}" } },
    { "which opens only that session", .as = BROWSER_BARE, RENAME, .headers = "X-CSRF-Token: {other.csrf}", .error = "CSRF_FAILED" },
    { "and that one it does", .as = COOKIE("{other}"), RENAME, .headers = "X-CSRF-Token: {other.csrf}" },

    { "from our own page", .as = BROWSER, RENAME, .headers = "Origin: http://localhost:3000\nSec-Fetch-Site: same-origin" },
    { "from a page this server gave out", .as = BROWSER, RENAME, .headers = "Host: tenon.example\nOrigin: http://tenon.example" },
    { "from a foreign page, even with the token", .as = BROWSER, RENAME, .headers = "Origin: https://evil.example", .error = "CSRF_FAILED" },
    { "from a page whose name begins like ours", .as = BROWSER, RENAME, .headers = "Host: tenon.example\nOrigin: http://tenon.example.evil.example", .error = "CSRF_FAILED" },
    { "from our host on another port", .as = BROWSER, RENAME, .headers = "Host: tenon.example\nOrigin: http://tenon.example:8080", .error = "CSRF_FAILED" },
    { "from a sandboxed frame", .as = BROWSER, RENAME, .headers = "Origin: null", .error = "CSRF_FAILED" },
    { "from a sibling site", .as = BROWSER, RENAME, .headers = "Sec-Fetch-Site: same-site", .error = "CSRF_FAILED" },
    { "from another site by fetch metadata", .as = BROWSER, RENAME, .headers = "Sec-Fetch-Site: cross-site", .error = "CSRF_FAILED" },
    { "typed by the person", .as = BROWSER, RENAME, .headers = "Sec-Fetch-Site: none" },

    { "another site cannot sign a browser in", LOGIN, .headers = "Origin: https://evil.example", .error = "CSRF_FAILED" },
    { "nor by fetch metadata", LOGIN, .headers = "Sec-Fetch-Site: cross-site", .error = "CSRF_FAILED" },
    { "nor up", .send = "POST /api/auth/signup", .body = "{'name':'x','email':'forged@example.com','password':'Gantry-9-Kestrel'}", .headers = "Origin: https://evil.example",
      .error = "CSRF_FAILED" },
    { "our own page can", LOGIN, .headers = "Origin: http://localhost:3000" },
    { "an allowed origin can", LOGIN, .headers = "Origin: https://app.example", .heads = { "Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Credentials: true",
                                                                                      "Vary: Origin" } },

    { "bearer tokens need no CSRF token", .as = OWNER, RENAME, .headers = "Origin: https://evil.example" },
    { "but get no CORS headers from a foreign origin", .as = OWNER, .send = "GET /api/auth/me", .headers = "Origin: https://evil.example",
      .heads = { "!Access-Control-Allow-Origin", "!Access-Control-Allow-Credentials" } },
    { "null is no allowed origin", .as = OWNER, .send = "GET /api/auth/me", .headers = "Origin: null", .heads = { "!Access-Control-Allow-Origin" } },
    { "a preflight of an allowed origin", .send = "OPTIONS /api/keys", .headers = "Origin: https://app.example\nAccess-Control-Request-Method: POST", .status = 204,
      .heads = { "Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Methods: GET, HEAD, POST", "Access-Control-Allow-Headers", "Access-Control-Max-Age" } },
    { "of a foreign one", .send = "OPTIONS /api/keys", .headers = "Origin: https://evil.example\nAccess-Control-Request-Method: POST", .status = 204,
      .heads = { "!Access-Control-Allow-Origin" } },
    { "a second allowed origin", .send = "OPTIONS /api/keys", .headers = "Origin: https://second.example", .status = 204, .heads = { "Access-Control-Allow-Origin: https://second.example" } },
    { "both together are none", .send = "OPTIONS /api/keys", .headers = "Origin: https://app.example,https://second.example", .status = 204, .heads = { "!Access-Control-Allow-Origin" } },
};

static const char *const options[] = { "CORS_ORIGIN", "https://app.example, https://second.example", NULL };

const struct suite forgery_scenarios = { SCENARIOS(rows), .config = options };
