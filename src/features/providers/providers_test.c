/* Connected services: their keys go in and never come out. Port 9 of this machine answers nobody. */
#include "tests/scenario/scenario.h"

#define COMPATIBLE "'provider':'openai-compatible','base_url':'http://127.0.0.1:9/v1'"

static const struct scenario rows[] = {
    { "the services that can be connected", .as = OWNER, .send = "GET /api/providers/catalogue", .says = { "\"openai\"", "\"anthropic\"", "\"openai-compatible\"" },
      .has = { "data.0.provider", "data.0.name", "data.0.dialect", "data.0.capabilities.0", "data.0.needs_key" } },
    { "the models that can be called with none connected", .as = OWNER, .send = "GET /api/models", .has = { "data.0.id=builtin/extract-1", "data.0.kind=chat" }, .says = { "builtin/embed-1" },
      .hides = { "openai/" } },
    { "one is connected", .as = OWNER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'local','api_key':'sk-very-secret-0123456789'}", .status = 201,
      .has = { "data.provider=openai-compatible", "data.name=local", "data.base_url=http://127.0.0.1:9/v1", "data.key_hint=…6789", "data.is_active=true" }, .hides = { "very-secret" },
      .keep = { "local=data.id" }, .audit = "provider.connected local" },
    { "listed", .as = OWNER, .send = "GET /api/providers", .has = { "data#1", "data.0.id={local}" }, .hides = { "very-secret", "sealed_key" } },
    { "and read, without its key", .as = OWNER, .send = "GET /api/providers/{local}", .has = { "data.key_hint=…6789" }, .hides = { "very-secret" } },
    { "a name is taken once", .as = OWNER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'local'}", .error = "CONFLICT", .has = { "error.fields.name" } },
    { "another organization may have it too", .as = STRANGER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'local'}", .status = 201 },
    { "what is not in the catalogue", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'nobody'}", .error = "VALIDATION_ERROR", .has = { "error.fields.provider" } },
    { "builtin is there already", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'builtin'}", .error = "VALIDATION_ERROR" },
    { "a compatible one needs its URL", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible'}", .error = "VALIDATION_ERROR", .has = { "error.fields.base_url" } },
    { "a known one its key", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai'}", .error = "VALIDATION_ERROR", .has = { "error.fields.api_key" } },
    { "a URL is one of the web", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','base_url':'file:///etc/passwd'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.base_url" } },
    { "without credentials in it", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','base_url':'https://user:pass@example.com/v1'}",
      .error = "VALIDATION_ERROR", .has = { "error.fields.base_url" } },
    { "a key holds no line ends", .as = OWNER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'x','api_key':'sk\\r\\nX-Evil: 1'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.api_key" } },
    { "a name holds no slash", .as = OWNER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'a/b'}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
    { "nor is it ours", .as = OWNER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'Builtin'}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },

    { "it is renamed", .as = OWNER, .send = "PATCH /api/providers/{local}", .body = "{'name':'renamed'}", .has = { "data.name=renamed", "data.key_hint=…6789" }, .audit = "provider.changed renamed" },
    { "and switched off", .as = OWNER, .send = "PATCH /api/providers/{local}", .body = "{'is_active':false}", .has = { "data.is_active=false", "data.key_hint=…6789" } },
    { "a moved one loses its key, which is for no other address", .as = OWNER, .send = "PATCH /api/providers/{local}", .body = "{'base_url':'http://127.0.0.1:9/v2'}",
      .has = { "data.base_url=http://127.0.0.1:9/v2", "data.key_hint!" } },
    { "and gets another", .as = OWNER, .send = "PATCH /api/providers/{local}", .body = "{'api_key':'sk-another-secret-9876','is_active':true}", .has = { "data.key_hint=…9876" },
      .hides = { "another-secret" } },
    { "null takes the key away", .as = OWNER, .send = "PATCH /api/providers/{local}", .body = "{'api_key':null}", .has = { "data.key_hint!" } },
    { "null switches nothing off", .as = OWNER, .send = "PATCH /api/providers/{local}", .body = "{'is_active':null,'name':null}", .has = { "data.is_active=true", "data.name=renamed" } },
    { "it is tested", .as = OWNER, .send = "POST /api/providers/{local}/test", .has = { "data.ok=false", "data.status=0", "data.latency_ms", "data.message", "data.models#0" } },
    { "one in a private network", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'inside','base_url':'http://169.254.169.254/v1'}", .status = 201,
      .keep = { "inside=data.id" } },
    { "is not reached", .as = OWNER, .send = "POST /api/providers/{inside}/test", .has = { "data.ok=false", "data.status=0", "data.message^The address is private" } },
    { "a member neither sees", .as = MEMBER, .send = "GET /api/providers", .error = "FORBIDDEN" },
    { "nor connects", .as = MEMBER, .send = "POST /api/providers", .body = "{" COMPATIBLE ",'name':'mine'}", .error = "FORBIDDEN" },
    { "but knows what could be", .as = MEMBER, .send = "GET /api/providers/catalogue" },
    { "and what can be called", .as = MEMBER, .send = "GET /api/models", .has = { "data.0.id=builtin/extract-1" } },
    { "a key does not know the catalogue", .as = KEY("providers.manage"), .send = "GET /api/providers/catalogue", .error = "FORBIDDEN" },
    { "it is disconnected", .as = OWNER, .send = "DELETE /api/providers/{local}", .audit = "provider.removed renamed" },
    { "once", .as = OWNER, .send = "DELETE /api/providers/{local}", .error = "NOT_FOUND" },
    { "and is gone", .as = OWNER, .send = "GET /api/providers/{local}", .error = "NOT_FOUND" },
};

const struct suite providers_scenarios = { SCENARIOS(rows) };
