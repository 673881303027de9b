// A fake of Anthropic's Messages API: plain and streamed, tools, token counting, the models list, its errors and its strictness.
// What shall go wrong is told per request: see faults.mjs. `startAnthropic({ port: 0 })` → { url (without /v1), calls, close, … }.
import { answeredByFault, runAsCommand, sendEvents, sendJson, startFake, tokensOf, wordsOf } from './faults.mjs';

export const models = ['claude-fake', 'claude-fake-mini'];

const types = { 400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large',
  429: 'rate_limit_error', 500: 'api_error', 504: 'timeout_error', 529: 'overloaded_error' };

function errorBody(status, code, message) {
  const error = { type: types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'), message: message ?? `The fake answers ${status}.` };
  if (code) error.details = { error_code: code };
  return { type: 'error', error, request_id: 'req_fake1' };
}

const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map((block) => block.text ?? textOf(block.content) ?? '').join(''));

/** What the service refuses, as a sentence; null when the request is sound. */
function complaint(body) {
  const list = body?.messages;
  if (!body?.model) return 'model: Field required';
  if (!Number.isInteger(body.max_tokens) || body.max_tokens < 1) return 'max_tokens: Field required';
  if (!Array.isArray(list) || !list.length) return 'messages: at least one message is required';
  if (list[0].role !== 'user') return 'messages: first message must use the "user" role';
  if (body.temperature !== undefined && body.top_p !== undefined) return '`temperature` and `top_p` cannot both be specified for this model.';
  if (body.temperature > 1) return 'temperature: range: 0..1';
  let open = [];
  for (const [i, message] of list.entries()) {
    if (!['user', 'assistant'].includes(message.role)) return `messages.${i}.role: Input should be 'user' or 'assistant'`;
    const blocks = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
    if (!Array.isArray(blocks) || !blocks.length) return `messages.${i}: all messages must have non-empty content`;
    if (blocks.some((block) => block.type === 'text' && !block.text)) return 'messages: text content blocks must be non-empty';
    const results = blocks.filter((block) => block.type === 'tool_result').map((block) => block.tool_use_id);
    if (open.some((id) => !results.includes(id))) return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after`;
    if (results.length && blocks.findIndex((block) => block.type !== 'tool_result') !== -1 && blocks.slice(0, results.length).some((block) => block.type !== 'tool_result'))
      return `messages.${i}: \`tool_result\` blocks must come first`;
    if (results.some((id) => !open.includes(id))) return `messages.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks`;
    open = blocks.filter((block) => block.type === 'tool_use').map((block) => block.id);
  }
  for (const tool of body.tools ?? []) if (!tool.name || tool.input_schema?.type !== 'object') return 'tools.0.input_schema.type: Field required';
  const allowed = new Set(['model', 'max_tokens', 'messages', 'system', 'stop_sequences', 'temperature', 'top_k', 'top_p', 'tools', 'tool_choice', 'thinking', 'output_config', 'metadata',
    'service_tier', 'inference_geo', 'container', 'cache_control', 'stream']);
  const extra = Object.keys(body).find((name) => !allowed.has(name));
  return extra ? `${extra}: Extra inputs are not permitted` : null;
}

function planOf(body, order) {
  const last = body.messages[body.messages.length - 1];
  const answersTool = Array.isArray(last.content) && last.content.some((block) => block.type === 'tool_result');
  const call = body.tools?.length && body.tool_choice?.type !== 'none' && !answersTool ? { type: 'tool_use', id: 'toolu_fake1', name: body.tools[0].name, input: { city: 'Paris' } } : null;
  const words = call || order.refuse ? [] : wordsOf(order, textOf(last.content).slice(0, 200));
  const text = words.join('');
  const input = body.messages.reduce((sum, message) => sum + tokensOf(textOf(message.content)), tokensOf(textOf(body.system)));
  return {
    call, words, text, input, output: tokensOf(call ? JSON.stringify(call.input) : text), cached: 2,
    stop: call ? 'tool_use' : order.refuse ? 'refusal' : body.max_tokens === 1 ? 'max_tokens' : 'end_turn',
  };
}

const usage = (plan, output) => ({ input_tokens: plan.input, cache_creation_input_tokens: 0, cache_read_input_tokens: plan.cached,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }, output_tokens: output, service_tier: 'standard' });

function message(body, plan, order) {
  const content = [];
  // current models open with a thought that may be empty
  content.push({ type: 'thinking', thinking: order.thinking ? 'Let me think.' : '', signature: 'c2ln' });
  if (plan.text) content.push({ type: 'text', text: plan.text, citations: null });
  if (plan.call) content.push(plan.call);
  return { id: 'msg_fake1', type: 'message', role: 'assistant', model: `${body.model}-20261120`, content, stop_reason: plan.stop, stop_sequence: null, usage: usage(plan, plan.output) };
}

function events(body, plan, order) {
  const list = [];
  let index = 0;
  const add = (type, rest = {}, more = {}) => list.push({ event: type, data: JSON.stringify({ type, ...rest }), ...more });
  const block = (start, deltas) => {
    add('content_block_start', { index, content_block: start });
    for (const delta of deltas) add('content_block_delta', { index, delta });
    add('content_block_stop', { index });
    index++;
  };

  add('message_start', { message: { ...message(body, plan, order), content: [], stop_reason: null, usage: usage(plan, 1) } });
  block({ type: 'thinking', thinking: '', signature: '' }, [...(order.thinking ? [{ type: 'thinking_delta', thinking: 'Let me think.' }] : []), { type: 'signature_delta', signature: 'c2ln' }]);
  add('ping');
  if (plan.words.length) block({ type: 'text', text: '' }, plan.words.map((text) => ({ type: 'text_delta', text })));
  if (plan.call)
    block({ ...plan.call, input: {} }, ['', ...JSON.stringify(plan.call.input).match(/.{1,5}/g)].map((partial_json) => ({ type: 'input_json_delta', partial_json })));
  add('message_delta', { delta: { stop_reason: plan.stop, stop_sequence: null }, usage: order['no-usage'] ? undefined : { output_tokens: plan.output } }, { finish: true });
  add('message_stop', {}, { end: true });
  return list;
}

async function messages(call, response, order) {
  const wrong = complaint(call.body);
  if (wrong) return sendJson(call, response, 400, errorBody(400, null, wrong));
  if (call.body.model.startsWith('claude-absent')) return sendJson(call, response, 404, errorBody(404, null, `model: ${call.body.model}`));
  const plan = planOf(call.body, order);
  const headers = { 'request-id': 'req_fake1' };
  if (!call.body.stream || order.json) return sendJson(call, response, 200, message(call.body, plan, order), headers, order);
  return sendEvents(call, response, events(call.body, plan, order), order, {
    headers,
    errorEvent: { event: 'error', data: JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }) },
    filler: { event: 'content_block_delta', data: JSON.stringify({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'x'.repeat(900) } }) },
  });
}

const modelObject = (id) => ({ type: 'model', id, display_name: id, created_at: '2026-11-20T00:00:00Z', max_input_tokens: 200_000, max_tokens: 64_000, capabilities: {} });

export function startAnthropic({ port = 0, key = null } = {}) {
  return startFake({
    port, errorBody,
    async answer(call, response, order) {
      const path = call.path.split('?')[0];
      // its SDK has used both headers
      const given = call.headers['x-api-key'] ?? call.headers.authorization?.replace(/^Bearer /, '');
      if (!given || (key && given !== key)) return sendJson(call, response, 401, errorBody(401, null, 'invalid x-api-key'));
      if (!call.headers['anthropic-version']) return sendJson(call, response, 400, errorBody(400, null, 'anthropic-version: header is required'));
      if (await answeredByFault(call, response, order, errorBody)) return;
      if (path === '/v1/models') return sendJson(call, response, 200, { data: models.map(modelObject), first_id: models[0], last_id: models.at(-1), has_more: false });
      if (call.method === 'POST' && path === '/v1/messages') return messages(call, response, order);
      if (call.method === 'POST' && path === '/v1/messages/count_tokens') return sendJson(call, response, 200, { input_tokens: planOf(call.body, order).input });
      sendJson(call, response, 404, errorBody(404, null, `Not found: ${path}`));
    },
  });
}

await runAsCommand(import.meta, startAnthropic);
