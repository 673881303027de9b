// The fakes speak the services' languages: the services' own SDKs take them for the real thing.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startOpenAi, vectorOf } from '../fakes/openai.mjs';
import { startAnthropic } from '../fakes/anthropic.mjs';
import { eventually } from './harness.mjs';

const hi = [{ role: 'user', content: 'Hi' }];
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const whole = 'Hello, wörld 🌍! You said: Hi';

describe('the fake of OpenAI', () => {
  let fake, client;
  before(async () => {
    fake = await startOpenAi({ key: 'sk-fake' });
    client = new OpenAI({ baseURL: fake.url, apiKey: 'sk-fake', maxRetries: 0 });
  });
  after(() => fake.close());

  const ask = (more, options) => client.chat.completions.create({ model: 'gpt-fake', messages: hi, ...more }, options);
  async function read(stream) {
    let text = '', finish = null, usage = null, chunks = 0;
    for await (const chunk of stream) {
      chunks++;
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    return { text, finish, usage, chunks };
  }

  test('answers', async () => {
    const answer = await ask({});
    assert.equal(answer.choices[0].message.content, whole);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.equal(fake.last().headers.authorization, 'Bearer sk-fake');
    assert.equal((await client.models.list()).data[0].id, 'gpt-fake');
    assert.equal((await client.models.retrieve('gpt-fake')).id, 'gpt-fake');
  });

  test('streams, and stays itself however the bytes are cut', async () => {
    for (const order of ['', 'split', 'crlf', 'comments', 'crlf,comments,tight,split', 'slow=1', 'thinking', 'no-done']) {
      const { text, finish, usage } = await read(await ask({ stream: true }, { headers: order ? { 'x-fake': order } : {} }));
      assert.equal(text, whole, order);
      assert.equal(finish, 'stop', order);
      assert.equal(usage, null, order);
    }
  });

  test('sends usage when it is asked for, or where it is told to', async () => {
    const asked = await read(await ask({ stream: true, stream_options: { include_usage: true } }));
    assert.ok(asked.usage.prompt_tokens > 0);
    const inContent = await read(await ask({ stream: true, user: 'usage-in-content' }));
    assert.ok(inContent.usage.prompt_tokens > 0);
    const none = await read(await ask({ stream: true, stream_options: { include_usage: true }, user: 'no-usage' }));
    assert.equal(none.usage, null);
  });

  test('calls tools, plain and streamed', async () => {
    const first = await ask({ tools });
    const call = first.choices[0].message.tool_calls[0];
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris' });
    const second = await ask({ tools, messages: [...hi, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '18C' }] });
    assert.equal(second.choices[0].finish_reason, 'stop');
    const streamed = await client.chat.completions.stream({ model: 'gpt-fake', messages: hi, tools }).finalChatCompletion();
    assert.deepEqual(JSON.parse(streamed.choices[0].message.tool_calls[0].function.arguments), { city: 'Paris' });
  });

  test('embeds in both forms', async () => {
    const packed = await client.embeddings.create({ model: 'text-embedding-fake', input: ['a', 'b'] });
    assert.equal(fake.last().body.encoding_format, 'base64');
    const floats = await client.embeddings.create({ model: 'text-embedding-fake', input: ['a', 'b'], encoding_format: 'float' });
    assert.deepEqual(packed.data.map((d) => Array.from(d.embedding)), floats.data.map((d) => d.embedding));
    assert.deepEqual(floats.data[0].embedding, Array.from(vectorOf('a')));
  });

  test('fails with the right class', async () => {
    const rows = [['status=400', OpenAI.BadRequestError], ['status=401', OpenAI.AuthenticationError], ['status=404', OpenAI.NotFoundError],
      ['status=429,retry-after=7', OpenAI.RateLimitError], ['status=500', OpenAI.InternalServerError]];
    for (const [order, type] of rows) await assert.rejects(ask({}, { headers: { 'x-fake': order } }), type, order);
    await assert.rejects(ask({ model: 'gpt-fake--status=429,retry-after=7' }), (error) => error.headers.get('retry-after') === '7' && error.code === 'rate_limit_exceeded');
    await assert.rejects(new OpenAI({ baseURL: fake.url, apiKey: 'wrong', maxRetries: 0 }).models.list(), OpenAI.AuthenticationError);
  });

  test('breaks in mid-stream', async () => {
    for (const order of ['cut', 'cut-json', 'garble', 'error-event'])
      await assert.rejects(async () => read(await ask({ stream: true }, { headers: { 'x-fake': order } })), undefined, order);
    await assert.rejects(ask({}, { headers: { 'x-fake': 'cut-body' } }));
    await assert.rejects(ask({}, { headers: { 'x-fake': 'stall' }, timeout: 100 }), OpenAI.APIConnectionTimeoutError);
  });

  test('sees that the client has left', async () => {
    const stream = await ask({ stream: true, user: 'stall-mid' });
    for await (const _ of stream) break;
    stream.controller.abort();
    await eventually(() => assert.ok(fake.last().hungUp));
  });

  test('floods no further than it is read', async () => {
    const control = new AbortController();
    const response = await fetch(`${fake.url}/chat/completions`, { method: 'POST', signal: control.signal, headers: { authorization: 'Bearer sk-fake', 'x-fake': 'flood=200' },
      body: JSON.stringify({ model: 'gpt-fake', messages: hi, stream: true }) });
    const reader = response.body.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(fake.last().sent < 50e6, `sent ${fake.last().sent}`);
    control.abort();
    await eventually(() => assert.ok(fake.last().hungUp));
  });

  test('raw: one event a line, usage null on all but the last, then [DONE]', async () => {
    const response = await fetch(`${fake.url}/chat/completions`, { method: 'POST', headers: { authorization: 'Bearer sk-fake' },
      body: JSON.stringify({ model: 'gpt-fake', messages: hi, stream: true, stream_options: { include_usage: true } }) });
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    const events = (await response.text()).split('\n\n').filter(Boolean);
    assert.ok(events.every((event) => event.startsWith('data: ')));
    assert.equal(events.pop(), 'data: [DONE]');
    const chunks = events.map((event) => JSON.parse(event.slice(6)));
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1 && chunk.object === 'chat.completion.chunk'));
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.ok(chunks.at(-1).usage.total_tokens > 0);
    assert.deepEqual([...new Set(chunks.map((chunk) => chunk.id))], ['chatcmpl-fake1']);
  });

  test('takes orders from outside', async () => {
    await fetch(new URL('/control', fake.url), { method: 'POST', body: JSON.stringify({ orders: ['status=503', 'html'] }) });
    await assert.rejects(ask({}), (error) => error.status === 503);
    const page = await fetch(`${fake.url}/models`, { headers: { authorization: 'Bearer sk-fake' } });
    assert.match(page.headers.get('content-type'), /html/);
    assert.equal((await ask({})).choices[0].message.content, whole);
  });
});

describe('the fake of Anthropic', () => {
  let fake, client;
  before(async () => {
    fake = await startAnthropic({ key: 'sk-ant' });
    client = new Anthropic({ baseURL: fake.url, apiKey: 'sk-ant', maxRetries: 0 });
  });
  after(() => fake.close());

  const ask = (more, options) => client.messages.create({ model: 'claude-fake', max_tokens: 100, messages: hi, ...more }, options);
  const anthropicTools = [{ name: 'get_weather', input_schema: { type: 'object', properties: {} } }];

  test('answers', async () => {
    const answer = await ask({});
    assert.deepEqual(answer.content.map((block) => block.type), ['thinking', 'text']);
    assert.equal(answer.content[1].text, whole);
    assert.equal(answer.stop_reason, 'end_turn');
    assert.equal((await client.models.list()).data[0].id, 'claude-fake');
    assert.ok((await client.messages.countTokens({ model: 'claude-fake', messages: hi })).input_tokens > 0);
  });

  test('streams, and stays itself however the bytes are cut', async () => {
    for (const order of ['', 'split', 'crlf', 'comments', 'thinking']) {
      const final = await client.messages.stream({ model: 'claude-fake', max_tokens: 100, messages: hi }, { headers: order ? { 'x-fake': order } : {} }).finalMessage();
      assert.equal(final.content.find((block) => block.type === 'text').text, whole, order);
      assert.ok(final.usage.output_tokens > 1, order);
    }
  });

  test('calls tools', async () => {
    const first = await client.messages.stream({ model: 'claude-fake', max_tokens: 100, messages: hi, tools: anthropicTools }).finalMessage();
    const call = first.content.find((block) => block.type === 'tool_use');
    assert.deepEqual(call.input, { city: 'Paris' });
    assert.equal(first.stop_reason, 'tool_use');
    const second = await ask({ tools: anthropicTools, messages: [...hi, { role: 'assistant', content: first.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '18C' }] }] });
    assert.equal(second.stop_reason, 'end_turn');
  });

  test('raw: the events in their order, each named in both places', async () => {
    const response = await fetch(`${fake.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'sk-ant', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'claude-fake', max_tokens: 9, messages: hi, stream: true, tools: anthropicTools }) });
    const events = (await response.text()).split('\n\n').filter(Boolean).map((event) => event.match(/^event: (\S+)\ndata: (.*)$/));
    const names = events.map(([, name, data]) => {
      assert.equal(JSON.parse(data).type, name);
      return name;
    });
    assert.deepEqual(names.filter((name, i) => name !== names[i - 1]), ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'ping',
      'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
    assert.ok(response.headers.get('request-id'));
    const bare = await fetch(`${fake.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'sk-ant' }, body: '{}' });
    assert.equal(bare.status, 400, 'anthropic-version is required');
  });

  test('is strict', async () => {
    const rows = [{ max_tokens: undefined }, { messages: [{ role: 'assistant', content: 'x' }] }, { messages: [{ role: 'system', content: 'x' }] }, { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      { temperature: 0.5, top_p: 0.5 }, { n: 2 }, { messages: [...hi, { role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'f', input: {} }] }, ...hi] }];
    for (const row of rows) await assert.rejects(ask(row), Anthropic.BadRequestError, JSON.stringify(row));
  });

  test('fails with the right class', async () => {
    const rows = [['status=401', Anthropic.AuthenticationError], ['status=404', Anthropic.NotFoundError], ['status=429', Anthropic.RateLimitError], ['status=529', Anthropic.InternalServerError]];
    for (const [order, type] of rows) await assert.rejects(ask({}, { headers: { 'x-fake': order } }), type, order);
    await assert.rejects(ask({ metadata: { user_id: 'status=500' } }), Anthropic.InternalServerError);
  });

  test('breaks in mid-stream', async () => {
    for (const order of ['cut', 'cut-json', 'garble', 'error-event'])
      await assert.rejects(client.messages.stream({ model: 'claude-fake', max_tokens: 100, messages: hi }, { headers: { 'x-fake': order } }).finalMessage(), undefined, order);
  });
});
