/* Where a request comes from: X-Forwarded-For is believed from trusted proxies only, hop by hop from the right. */
#include "tests/scenario/scenario.h"

#define LOGIN(name) .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { name "=token" }
#define SEEN_AS(name, address) .as = BEARER("{" name "}"), .send = "GET /api/auth/sessions", .says = { "\"ip_address\":\"" address "\"" }

static const struct scenario behind_nothing[] = {
    { "a login that claims to come from elsewhere", LOGIN("a"), .headers = "X-Forwarded-For: 203.0.113.9" },
    { "comes from where it comes", SEEN_AS("a", "127.0.0.1"), .hides = { "203.0.113.9" } },
    { "and so does the audit log say", .as = OWNER, .send = "GET /api/audit?limit=1", .has = { "data.0.ip_address=127.0.0.1" } },
    { "a claimed TLS sets no secure cookie", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}','session':'cookie'}",
      .headers = "X-Forwarded-Proto: https", .heads = { "Set-Cookie: tenon_session=" } },
    { "metrics are for operators on this machine", .send = "GET /metrics", .says = { "# TYPE", "tenon_" } },
    { "also below /api", .send = "GET /api/metrics", .says = { "tenon_" } },
    { "not through a proxy", .send = "GET /metrics", .headers = "X-Forwarded-For: 10.0.0.1", .status = 403 },
    { "not with any token", .send = "GET /metrics", .headers = "Authorization: Bearer wrong", .status = 401 },
    { "but with theirs, even through one", .send = "GET /metrics", .headers = "Authorization: Bearer metrics-for-operators\nX-Forwarded-For: 203.0.113.9" },
};
static const char *const token[] = { "METRICS_TOKEN", "metrics-for-operators", NULL };

static const struct scenario behind_a_proxy[] = {
    { "a login through the proxy", LOGIN("a"), .headers = "X-Forwarded-For: 203.0.113.9" },
    { "comes from the client", SEEN_AS("a", "203.0.113.9") },
    { "what the client adds on the left is not believed", LOGIN("b"), .headers = "X-Forwarded-For: 198.51.100.1, 203.0.113.10" },
    { "only the last untrusted hop is", SEEN_AS("b", "203.0.113.10"), .hides = { "198.51.100.1" } },
    { "trusted hops are skipped", LOGIN("c"), .headers = "X-Forwarded-For: 203.0.113.11, 10.1.2.3" },
    { "from the right", SEEN_AS("c", "203.0.113.11"), .hides = { "10.1.2.3" } },
    { "nonsense in the last place", LOGIN("d"), .headers = "X-Forwarded-For: 203.0.113.12, nonsense" },
    { "is not the client's address", SEEN_AS("d", "127.0.0.1"), .hides = { "203.0.113.12", "nonsense" } },
    { "IPv6 too", LOGIN("e"), .headers = "X-Forwarded-For: 2001:db8::7" },
    { "is known", SEEN_AS("e", "2001:db8::7") },
    { "TLS in front makes the cookie secure", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}','session':'cookie'}",
      .headers = "X-Forwarded-Proto: https", .heads = { "Set-Cookie: __Host-tenon_session=", "Strict-Transport-Security" }, .keep = { "secure=@cookie" } },
    { "which opens behind TLS", .as = COOKIE("{secure}"), .send = "GET /api/auth/me", .headers = "X-Forwarded-Proto: https" },
    { "and not without", .as = COOKIE("{secure}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
};
static const char *const proxies[] = { "TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8", NULL };

const struct suite addresses_scenarios = { SCENARIOS(behind_nothing), .config = token };
const struct suite proxied_scenarios = { SCENARIOS(behind_a_proxy), .config = proxies };
