// A fake of OpenAI's API: chat completions (plain and streamed, tools), embeddings, the models list, its errors.
// What shall go wrong is told per request: see faults.mjs. `startOpenAi({ port: 0 })` → { url (with /v1), calls, close, … }.
import { answeredByFault, parseOrder, runAsCommand, sendEvents, sendJson, startFake, tokensOf, wordsOf } from './faults.mjs';

export const models = ['gpt-fake', 'gpt-fake-mini', 'text-embedding-fake'];
const created = 1_741_569_952;

function errorBody(status, code) {
  const rows = {
    400: ['The request is wrong.', 'invalid_request_error', 'messages', null],
    401: ['Incorrect API key provided: sk-fa***ke.', 'invalid_request_error', null, 'invalid_api_key'],
    404: ['The model does not exist or you do not have access to it.', 'invalid_request_error', null, 'model_not_found'],
    429: ['Rate limit reached.', 'requests', null, 'rate_limit_exceeded'],
    503: ['The engine is overloaded.', 'server_error', null, null],
  };
  const [message, type, param, own] = rows[status] ?? ['The server had an error.', status < 500 ? 'invalid_request_error' : 'server_error', null, null];
  return { error: { message, type: code === 'insufficient_quota' ? code : type, param, code: code ?? own } };
}

const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join(''));

function usageOf(body, answer) {
  const prompt = body.messages.reduce((sum, message) => sum + tokensOf(textOf(message.content)), 3);
  const completion = tokensOf(answer);
  return {
    prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: Math.min(2, prompt), audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}

/** The tool that a user's words ask for: the first one, as long as no result has come. */
function callOf(body) {
  const last = body.messages[body.messages.length - 1];
  if (!body.tools?.length || body.tool_choice === 'none' || last.role === 'tool') return null;
  return { id: 'call_fake1', type: 'function', function: { name: body.tools[0].function.name, arguments: '{"city":"Paris"}' } };
}

function planOf(body, order) {
  const last = body.messages[body.messages.length - 1];
  const call = callOf(body);
  const words = call ? [] : wordsOf(order, textOf(last.content).slice(0, 200));
  const finish = call ? 'tool_calls' : order.refuse ? 'content_filter' : (body.max_completion_tokens ?? body.max_tokens) === 1 ? 'length' : 'stop';
  return { call, words, finish, text: words.join(''), usage: usageOf(body, call ? call.function.arguments : words.join('')) };
}

function completion(body, plan, order) {
  const message = { role: 'assistant', content: plan.call ? null : plan.text, refusal: null, annotations: [] };
  if (plan.call) message.tool_calls = [plan.call];
  if (order.thinking) message.reasoning_content = 'Let me think.';
  const answer = {
    id: 'chatcmpl-fake1', object: 'chat.completion', created, model: `${body.model}-2026-11-20`, service_tier: 'default',
    choices: [{ index: 0, message, logprobs: null, finish_reason: plan.finish }], usage: plan.usage,
  };
  if (order['no-usage']) delete answer.usage;
  return answer;
}

function events(body, plan, order) {
  const wanted = body.stream_options?.include_usage && !order['no-usage'] && !order['usage-in-content'];
  const obfuscated = body.stream_options?.include_obfuscation !== false;
  const chunk = (choices, more = {}) => ({
    data: JSON.stringify({
      id: 'chatcmpl-fake1', object: 'chat.completion.chunk', created, model: `${body.model}-2026-11-20`, service_tier: 'default', choices,
      ...(wanted ? { usage: null } : {}), ...more, ...(obfuscated && choices.length ? { obfuscation: 'x7Kq' } : {}),
    }),
  });
  const delta = (d, finish = null, more) => chunk([{ index: 0, delta: d, logprobs: null, finish_reason: finish }], more);
  const list = [delta({ role: 'assistant', content: plan.call ? null : '' })];

  if (order.thinking) list.push(delta({ reasoning_content: 'Let me think.' }));
  for (const word of plan.words) list.push(delta({ content: word }));
  if (plan.call) {
    list.push(delta({ tool_calls: [{ index: 0, id: plan.call.id, type: 'function', function: { name: plan.call.function.name, arguments: '' } }] }));
    for (const piece of plan.call.function.arguments.match(/.{1,5}/g)) list.push(delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
  }
  list.push({ ...delta({}, plan.finish, order['usage-in-content'] ? { usage: plan.usage } : {}), finish: true });
  if (wanted) list.push(chunk([], { usage: plan.usage }));
  list.push({ data: '[DONE]', end: true });
  return { list, filler: delta({ content: 'x'.repeat(900) }) };
}

async function chat(call, response, order) {
  const body = call.body;
  if (!body?.model || !Array.isArray(body.messages) || !body.messages.length)
    return sendJson(call, response, 400, { error: { message: "Missing required parameter: 'messages'.", type: 'invalid_request_error', param: 'messages', code: 'missing_required_parameter' } });
  if (body.model.startsWith('gpt-absent')) return sendJson(call, response, 404, errorBody(404));
  if (body.model.startsWith('o-') && body.max_tokens !== undefined)
    return sendJson(call, response, 400, { error: { message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", type: 'invalid_request_error', param: 'max_tokens', code: 'unsupported_parameter' } });
  if (!body.stream && body.stream_options)
    return sendJson(call, response, 400, { error: { message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.", type: 'invalid_request_error', param: 'stream_options', code: null } });
  const plan = planOf(body, order);
  const headers = { 'x-request-id': 'req_fake1', 'x-ratelimit-remaining-requests': '99' };
  if (!body.stream || order.json) return sendJson(call, response, 200, completion(body, plan, order), headers, order);
  const { list, filler } = events(body, plan, order);
  return sendEvents(call, response, list, order, { headers, filler, errorEvent: { data: JSON.stringify(errorBody(500)) } });
}

/** A unit vector that depends on the text alone; every number is exactly a float32. */
export function vectorOf(input, dimensions = 8) {
  const seed = String(input);
  const values = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) {
    let hash = 2166136261 ^ i;
    for (let k = 0; k < seed.length; k++) hash = Math.imul(hash ^ seed.charCodeAt(k), 16777619);
    values[i] = (hash % 1000) / 1000;
  }
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}

function embeddings(call, response, order) {
  const { model, input, encoding_format: format, dimensions } = call.body ?? {};
  if (!model || input === undefined || input === '' || input.length === 0)
    return sendJson(call, response, 400, { error: { message: "'$.input' is invalid.", type: 'invalid_request_error', param: 'input', code: null } });
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const packed = format === 'base64' && !order.floats;
  const data = inputs.map((item, index) => {
    const vector = vectorOf(item, dimensions ?? 8);
    return { object: 'embedding', index, embedding: packed ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector) };
  });
  const count = inputs.reduce((sum, item) => sum + tokensOf(item), 0);
  return sendJson(call, response, 200, { object: 'list', data, model, usage: { prompt_tokens: count, total_tokens: count } }, {}, order);
}

const modelObject = (id) => ({ id, object: 'model', created, owned_by: 'fake', shutdown_date: null });

export function startOpenAi({ port = 0, key = null } = {}) {
  return startFake({
    port, errorBody, urlPath: '/v1',
    async answer(call, response, order) {
      const path = call.path.split('?')[0];
      if (key && call.headers.authorization !== `Bearer ${key}`) return sendJson(call, response, 401, errorBody(401));
      if (await answeredByFault(call, response, order, errorBody)) return;
      if (path === '/v1/models') return sendJson(call, response, 200, { object: 'list', data: models.map(modelObject) });
      if (path.startsWith('/v1/models/')) {
        const id = decodeURIComponent(path.slice(11));
        return models.includes(id) ? sendJson(call, response, 200, modelObject(id)) : sendJson(call, response, 404, errorBody(404));
      }
      if (call.method === 'POST' && path === '/v1/chat/completions') return chat(call, response, order);
      if (call.method === 'POST' && path === '/v1/embeddings') return embeddings(call, response, order);
      sendJson(call, response, 404, { error: { message: `Invalid URL (${call.method} ${path})`, type: 'invalid_request_error', param: null, code: null } });
    },
  });
}

export { parseOrder };
await runAsCommand(import.meta, startOpenAi);
