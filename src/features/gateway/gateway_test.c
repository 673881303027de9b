/* /v1 with the builtin models. Providers of both dialects, faults and the official SDK are in tests/clients. */
#include "tests/scenario/scenario.h"

#define CHAT .as = KEY("gateway.use"), .send = "POST /v1/chat/completions"
#define EMBED .as = KEY("gateway.use"), .send = "POST /v1/embeddings"

static const struct scenario rows[] = {
    { "the models", .as = KEY("gateway.use"), .send = "GET /v1/models", .has = { "object=list", "data.0.object=model", "data.0.id=builtin/extract-1", "data.0.owned_by" }, .lacks = { "success" } },
    { "one model", .as = KEY("gateway.use"), .send = "GET /v1/models/embed-1", .has = { "object=model", "id~embed-1" } },
    { "by its full name", .as = KEY("gateway.use"), .send = "GET /v1/models/builtin%2Fembed-1", .has = { "object=model" } },
    { "an unknown one", .as = KEY("gateway.use"), .send = "GET /v1/models/nothing", .status = 404, .has = { "error.message~nothing" } },
    { "an answer", CHAT, .body = "{'model':'builtin/extract-1','messages':[{'role':'user','content':'Hello'}]}",
      .has = { "id", "object=chat.completion", "choices#1", "choices.0.message.role=assistant", "choices.0.message.content", "choices.0.finish_reason=stop", "usage.prompt_tokens",
               "usage.completion_tokens", "usage.total_tokens" },
      .lacks = { "success" }, .heads = { "X-Tenon-Provider: builtin", "X-Tenon-Model: extract-1", "X-Tenon-Cost-Usd: 0.000000" } },
    { "from what the context says", CHAT,
      .body = "{'model':'builtin/extract-1','messages':[{'role':'system','content':'The shop opens at nine. The bell rings at noon.'},{'role':'user','content':'When does the bell ring?'}]}",
      .has = { "choices.0.message.content~noon" } },
    { "streamed", CHAT, .body = "{'model':'builtin/extract-1','stream':true,'messages':[{'role':'user','content':'Hello'}]}", .says = { "data: {", "chat.completion.chunk", "data: [DONE]\n\n" },
      .heads = { "Content-Type: text/event-stream" }, .hides = { "\"usage\":{" } },
    { "streamed with usage", CHAT, .body = "{'model':'builtin/extract-1','stream':true,'stream_options':{'include_usage':true},'messages':[{'role':'user','content':'Hello'}]}",
      .says = { "\"usage\":{\"prompt_tokens\":" } },
    { "embeddings", EMBED, .body = "{'model':'builtin/embed-1','input':['one','two','three']}", .has = { "object=list", "data#3", "data.0.index=0", "data.2.index=2", "usage.prompt_tokens" } },
    { "in base64", EMBED, .body = "{'model':'builtin/embed-1','input':'one','encoding_format':'base64'}", .has = { "data#1", "data.0.embedding" } },

    { "no model", CHAT, .body = "{'messages':[{'role':'user','content':'Hello'}]}", .status = 400, .has = { "error.message~model", "error.type=invalid_request_error" } },
    { "no messages", CHAT, .body = "{'model':'builtin/extract-1'}", .status = 400, .has = { "error.param=messages" } },
    { "empty messages", CHAT, .body = "{'model':'builtin/extract-1','messages':[]}", .status = 400, .has = { "error.param=messages" } },
    { "a model that is not there", CHAT, .body = "{'model':'gpt-nothing','messages':[{'role':'user','content':'Hello'}]}", .status = 404, .has = { "error.code=model_not_found", "error.message~gpt-nothing" } },
    { "of a provider that is not connected", CHAT, .body = "{'model':'openai/gpt-nothing','messages':[{'role':'user','content':'Hello'}]}", .status = 404, .has = { "error.code=model_not_found" } },
    { "messages that are none", CHAT, .body = "{'model':'builtin/extract-1','messages':'Hello'}", .status = 400, .has = { "error.param^messages" } },
    { "a role that is none", CHAT, .body = "{'model':'builtin/extract-1','messages':[{'role':'king','content':'Hello'}]}", .status = 400, .has = { "error.param^messages" } },
    { "stream is true or false", CHAT, .body = "{'model':'builtin/extract-1','stream':'yes','messages':[{'role':'user','content':'Hello'}]}", .status = 400, .has = { "error.param=stream" } },
    { "no JSON", CHAT, .text = "nonsense", .status = 400, .has = { "error.type=invalid_request_error" } },
    { "no object", CHAT, .text = "[]", .status = 400, .has = { "error.type=invalid_request_error" } },
    { "no body", CHAT, .status = 400 },
    { "a key twice", CHAT, .text = "{\"model\":\"a\",\"model\":\"builtin/extract-1\",\"messages\":[]}", .status = 400 },
    { "NUL", CHAT, .text = "{\"model\":\"builtin/extract-1\\u0000\",\"messages\":[]}", .status = 400 },
    { "invalid UTF-8", CHAT, .text = "{\"model\":\"\xff\",\"messages\":[]}", .status = 400 },
    { "embeddings of nothing", EMBED, .body = "{'model':'builtin/embed-1'}", .status = 400, .has = { "error.param=input" } },
    { "embeddings of a chat model", EMBED, .body = "{'model':'builtin/extract-1','input':'one'}", .status = 400 },
    { "chat with an embeddings model", CHAT, .body = "{'model':'builtin/embed-1','messages':[{'role':'user','content':'Hello'}]}", .status = 400 },
    { "an encoding that is none", EMBED, .body = "{'model':'builtin/embed-1','input':'one','encoding_format':'hex'}", .status = 400, .has = { "error.param=encoding_format" } },
    { "a person's token is no key", .as = OWNER, .send = "POST /v1/chat/completions", .body = "{}", .status = 401, .has = { "error.code=invalid_api_key" } },
    { "a browser's session is no key", .as = BROWSER, .send = "GET /v1/models", .status = 401 },
    { "a key without the scope", .as = KEY("usage.read"), .send = "POST /v1/chat/completions", .body = "{}", .status = 403, .has = { "error.code=insufficient_permissions" } },

    { "a provider that nobody is behind", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'dead','base_url':'http://127.0.0.1:9/v1'}", .status = 201 },
    { "fails as a bad gateway", CHAT, .body = "{'model':'dead/gpt','messages':[{'role':'user','content':'Hello'}]}", .status = 502, .has = { "error.message" }, .hides = { "127.0.0.1" } },
    { "streamed as well", CHAT, .body = "{'model':'dead/gpt','stream':true,'messages':[{'role':'user','content':'Hello'}]}", .status = 502 },
    { "which is on record", .as = OWNER, .send = "GET /api/usage/events?limit=1", .has = { "data.0.status=502", "data.0.error", "data.0.streamed=true", "data.0.provider=dead" } },
    { "one at a private address", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'inside','base_url':'http://10.0.0.1/v1'}", .status = 201 },
    { "is not reached", CHAT, .body = "{'model':'inside/gpt','messages':[{'role':'user','content':'Hello'}]}", .status = 502 },
    { "another organization's provider is not known", .as = STRANGER, .send = "POST /api/keys", .body = "{'name':'x'}", .status = 201, .keep = { "strange.key=data.key" } },
    { "by its name", .as = BEARER("{strange.key}"), .send = "POST /v1/chat/completions", .body = "{'model':'dead/gpt','messages':[{'role':'user','content':'Hello'}]}", .status = 404,
      .has = { "error.code=model_not_found" } },
};

const struct suite gateway_scenarios = { SCENARIOS(rows) };
