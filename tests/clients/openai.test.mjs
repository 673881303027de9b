// OpenAI's own SDK against Tenon's /v1, over providers of both dialects and over the builtin one. What it proves: the SDK cannot
// tell Tenon from OpenAI, errors come as the class their users expect, a client that leaves ends the upstream call, and every
// call is on record.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { startOpenAi, vectorOf } from '../fakes/openai.mjs';
import { startAnthropic } from '../fakes/anthropic.mjs';
import { apiOf, eventually, notBuilt, startWithKey } from './harness.mjs';

const hi = [{ role: 'user', content: 'Hi' }];
const whole = 'Hello, wörld 🌍! You said: Hi';
const tools = [{ type: 'function', function: { name: 'get_weather', description: 'The weather in a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];

async function read(stream) {
  const got = { text: '', finish: null, usage: null, roles: 0, withUsage: 0, calls: [], ids: new Set() };
  for await (const chunk of stream) {
    const choice = chunk.choices[0];
    got.ids.add(chunk.id);
    got.text += choice?.delta.content ?? '';
    got.roles += choice?.delta.role ? 1 : 0;
    got.finish = choice?.finish_reason ?? got.finish;
    got.withUsage += 'usage' in chunk ? 1 : 0;
    got.usage = chunk.usage ?? got.usage;
    for (const call of choice?.delta.tool_calls ?? []) got.calls[call.index] = (got.calls[call.index] ?? '') + (call.function.arguments ?? '');
  }
  return got;
}

describe('the OpenAI SDK on /v1', { skip: notBuilt }, () => {
  let openai, anthropic, tenon, client;

  before(async () => {
    openai = await startOpenAi({ key: 'sk-upstream' });
    anthropic = await startAnthropic({ key: 'sk-ant-upstream' });
    tenon = await startWithKey({
      env: { GATEWAY_FIRST_BYTE_TIMEOUT: '1s', GATEWAY_IDLE_TIMEOUT: '1s' },
      providers: [
        { provider: 'openai-compatible', name: 'fake', api_key: 'sk-upstream', base_url: openai.url },
        { provider: 'anthropic', api_key: 'sk-ant-upstream', base_url: anthropic.url },
      ],
    });
    client = new OpenAI({ baseURL: tenon.baseURL, apiKey: tenon.key, maxRetries: 0 });
  });
  after(async () => {
    const outcome = await tenon?.stop();
    await openai?.close();
    await anthropic?.close();
    if (outcome) assert.equal(outcome.code, 0, 'SIGTERM ends it with 0');
  });

  /** The newest usage row, once it is there and is what the check wants. */
  const recorded = (check) => eventually(async () => {
    const [row] = await tenon.api.get('/api/usage/events?limit=1');
    assert.ok(row, 'a usage row');
    check(row);
    return row;
  });
  const calls = (fake, path) => fake.calls.filter((call) => call.path.endsWith(path));

  test('models are listed', async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    assert.ok(ids.includes('builtin/extract-1'), ids.join());
    assert.ok(ids.includes('builtin/embed-1'), ids.join());
  });

  for (const [dialect, model, key, header] of [['openai', 'fake/gpt-fake', 'Bearer sk-upstream', 'authorization'], ['anthropic', 'anthropic/claude-fake', 'sk-ant-upstream', 'x-api-key']]) {
    describe(`over a provider of the ${dialect} dialect`, () => {
      const fake = () => (dialect === 'openai' ? openai : anthropic);
      const ask = (more, options) => client.chat.completions.create({ model, messages: hi, ...more }, options);

      test('a whole answer', async () => {
        const answer = await ask({});
        assert.equal(answer.object, 'chat.completion');
        assert.equal(answer.choices[0].message.role, 'assistant');
        assert.equal(answer.choices[0].message.content, whole);
        assert.equal(answer.choices[0].finish_reason, 'stop');
        assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
        const call = fake().last();
        assert.equal(call.headers[header], key, 'the provider gets its own key');
        assert.ok(!JSON.stringify(call.headers).includes(tenon.key), 'and never the client\'s');
        assert.equal(call.body.model, model.split('/')[1]);
        await recorded((row) => {
          assert.equal(row.status, 200);
          assert.equal(row.input_tokens, answer.usage.prompt_tokens);
          assert.equal(row.output_tokens, answer.usage.completion_tokens);
          assert.equal(row.streamed, false);
          assert.equal(row.key_id, tenon.keyId);
          assert.equal(typeof row.cost_micros, 'number');
          assert.ok(row.latency_ms >= 0);
          assert.equal(row.error, null);
        });
      });

      test('a stream, with no usage for those who did not ask', async () => {
        const got = await read(await ask({ stream: true }));
        assert.equal(got.text, whole);
        assert.equal(got.finish, 'stop');
        assert.equal(got.roles, 1);
        assert.equal(got.withUsage, 0);
        assert.equal(got.ids.size, 1);
        await recorded((row) => {
          assert.equal(row.streamed, true);
          assert.ok(row.input_tokens > 0 && row.output_tokens > 0, 'it is counted all the same');
          assert.ok(row.first_token_ms >= 0);
        });
      });

      test('a stream with usage, counted like its unstreamed twin', async () => {
        const got = await read(await ask({ stream: true, stream_options: { include_usage: true } }));
        const twin = await ask({});
        assert.equal(got.text, whole);
        assert.deepEqual([got.usage.prompt_tokens, got.usage.completion_tokens], [twin.usage.prompt_tokens, twin.usage.completion_tokens]);
        await recorded((row) => assert.equal(row.streamed, false));
        const [plain, streamed] = await tenon.api.get('/api/usage/events?limit=2');
        assert.equal(streamed.cost_micros, plain.cost_micros);
      });

      test('a stream in other clothes', async () => {
        for (const order of ['crlf,comments', 'split', 'thinking', 'no-done', 'json', ...(dialect === 'openai' ? ['tight', 'usage-in-content'] : [])]) {
          fake().order(order);
          const got = await read(await ask({ stream: true }));
          assert.equal(got.text, whole, order);
          assert.equal(got.finish, 'stop', order);
        }
      });

      test('a round trip through a tool', async () => {
        const first = await ask({ tools, tool_choice: 'auto', parallel_tool_calls: false });
        const call = first.choices[0].message.tool_calls[0];
        assert.equal(first.choices[0].finish_reason, 'tool_calls');
        assert.equal(call.function.name, 'get_weather');
        assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris' });
        const second = await ask({ tools, messages: [...hi, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '18C' }] });
        assert.equal(second.choices[0].finish_reason, 'stop');
        const streamed = await read(await ask({ tools, stream: true }));
        assert.equal(streamed.finish, 'tool_calls');
        assert.deepEqual(JSON.parse(streamed.calls[0]), { city: 'Paris' });
      });

      test('a provider that limits is a RateLimitError with its Retry-After', async () => {
        fake().order(...Array(8).fill('status=429,retry-after=3'));
        await assert.rejects(ask({}), (error) => {
          assert.ok(error instanceof OpenAI.RateLimitError);
          assert.ok(Number(error.headers.get('retry-after')) >= 1);
          return true;
        });
        fake().reset();
        await recorded((row) => {
          assert.equal(row.status, 429);
          assert.ok(row.error);
        });
      });

      test('a provider that fails is a 5xx, and tells nothing of itself', async () => {
        for (const order of ['status=500', 'html', 'cut-body']) {
          fake().order(...Array(8).fill(order));
          await assert.rejects(ask({}), (error) => {
            assert.ok(error instanceof OpenAI.InternalServerError, order);
            assert.equal(error.status, 502, order);
            assert.ok(!error.message.includes(String(fake().port)), error.message);
            return true;
          });
          fake().reset();
        }
        fake().order(...Array(8).fill('status=401'));
        await assert.rejects(ask({}), (error) => error.status === 502 && !error.message.includes('sk-'));
        fake().reset();
      });

      test('a provider that stalls is a 504', async () => {
        fake().order(...Array(8).fill('stall'));
        await assert.rejects(ask({}, { timeout: 20_000 }), (error) => error.status === 504);
        fake().reset();
        await recorded((row) => assert.equal(row.status, 504));
      });

      test('a stream that breaks is an error and not an end', async () => {
        for (const order of ['cut', 'cut-json', 'garble', 'error-event', 'stall-mid', 'no-finish']) {
          fake().order(order);
          await assert.rejects(async () => read(await ask({ stream: true })), undefined, order);
          fake().reset();
          await recorded((row) => assert.ok(row.error, order));
        }
      });

      test('a client that leaves ends the upstream call', async () => {
        fake().order('slow=20,words=1000');
        const stream = await ask({ stream: true });
        let seen = 0;
        for await (const _ of stream) if (++seen === 5) break;
        stream.controller.abort();
        await eventually(() => assert.ok(fake().last().hungUp));
        await recorded((row) => assert.equal(row.streamed, true));
      });

      test('an unknown model of the provider is a NotFoundError', async () => {
        const absent = dialect === 'openai' ? 'fake/gpt-absent' : 'anthropic/claude-absent';
        await assert.rejects(ask({ model: absent }), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
      });
    });
  }

  test('a system prompt, an image, a schema and a limit reach the Anthropic dialect in its own words', async () => {
    await client.chat.completions.create({
      model: 'anthropic/claude-fake', max_completion_tokens: 77, stop: 'END', response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] }],
    });
    const { body } = anthropic.last();
    assert.equal(body.system, 'Be brief.');
    assert.equal(body.max_tokens, 77);
    assert.deepEqual(body.stop_sequences, ['END']);
    assert.deepEqual(body.output_config.format, { type: 'json_schema', schema: { type: 'object' } });
    assert.deepEqual(body.messages[0].content[1].source, { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' });
  });

  describe('embeddings', () => {
    test('in base64, as the SDK asks by default, and as numbers', async () => {
      const wanted = ['a', 'b'].map((input) => Array.from(vectorOf(input)));
      const packed = await client.embeddings.create({ model: 'fake/text-embedding-fake', input: ['a', 'b'] });
      assert.deepEqual(packed.data.map((d) => Array.from(d.embedding)), wanted);
      const floats = await client.embeddings.create({ model: 'fake/text-embedding-fake', input: ['a', 'b'], encoding_format: 'float' });
      assert.deepEqual(floats.data.map((d) => Array.from(new Float32Array(d.embedding))), wanted);
      await recorded((row) => {
        assert.equal(row.input_tokens, floats.usage.prompt_tokens);
        assert.equal(row.output_tokens, 0);
      });
    });

    test('in base64 from a provider that gives numbers only', async () => {
      openai.order('floats');
      const packed = await client.embeddings.create({ model: 'fake/text-embedding-fake', input: 'a' });
      assert.deepEqual(Array.from(packed.data[0].embedding), Array.from(vectorOf('a')));
    });

    test('builtin: deterministic, in both forms', async () => {
      const [one, two] = [await client.embeddings.create({ model: 'builtin/embed-1', input: 'the quick fox' }), await client.embeddings.create({ model: 'builtin/embed-1', input: 'the quick fox', encoding_format: 'float' })];
      assert.deepEqual(Array.from(one.data[0].embedding), Array.from(new Float32Array(two.data[0].embedding)));
    });
  });

  test('the builtin model answers, streamed and not, and costs nothing', async () => {
    const messages = [{ role: 'system', content: 'The gate code is 4711. The office opens at nine.' }, { role: 'user', content: 'What is the gate code?' }];
    const answer = await client.chat.completions.create({ model: 'builtin/extract-1', messages });
    assert.match(answer.choices[0].message.content, /4711/);
    const got = await read(await client.chat.completions.create({ model: 'builtin/extract-1', messages, stream: true, stream_options: { include_usage: true } }));
    assert.equal(got.text, answer.choices[0].message.content);
    assert.deepEqual([got.usage.prompt_tokens, got.usage.completion_tokens], [answer.usage.prompt_tokens, answer.usage.completion_tokens]);
    await recorded((row) => {
      assert.equal(row.provider, 'builtin');
      assert.equal(row.cost_micros, 0);
    });
  });

  describe('errors of its own', () => {
    const ask = (more) => client.chat.completions.create({ model: 'builtin/extract-1', messages: hi, ...more });

    test('no key, a wrong key, a withdrawn key', async () => {
      const wrong = (apiKey) => new OpenAI({ baseURL: tenon.baseURL, apiKey, maxRetries: 0 }).models.list();
      await assert.rejects(wrong('tn_live_nothing'), (error) => error instanceof OpenAI.AuthenticationError && error.code === 'invalid_api_key');
      const spare = await tenon.api.post('/api/keys', { name: 'spare' });
      await wrong(spare.key);
      await tenon.api.delete(`/api/keys/${spare.id}`);
      await assert.rejects(wrong(spare.key), OpenAI.AuthenticationError);
      const bare = await fetch(`${tenon.baseURL}/models`);
      assert.equal(bare.status, 401);
      assert.deepEqual(Object.keys((await bare.json()).error).sort(), ['code', 'message', 'param', 'type']);
    });

    test('a key without the scope', async () => {
      const narrow = await tenon.api.post('/api/keys', { name: 'narrow', scopes: ['usage.read'] });
      const other = new OpenAI({ baseURL: tenon.baseURL, apiKey: narrow.key, maxRetries: 0 });
      await assert.rejects(other.chat.completions.create({ model: 'builtin/extract-1', messages: hi }), OpenAI.PermissionDeniedError);
    });

    test('a model that nobody has', async () => {
      await assert.rejects(ask({ model: 'nobody/nothing' }), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
    });

    test('a request that is wrong, with the parameter named', async () => {
      const rows = [[{ messages: undefined }, 'messages'], [{ messages: [] }, 'messages'], [{ messages: [{ role: 'pirate', content: 'x' }] }, 'messages[0].role'], [{ n: 0 }, 'n'], [{ stream_options: 7 }, 'stream_options']];
      for (const [more, param] of rows)
        await assert.rejects(ask(more), (error) => {
          assert.ok(error instanceof OpenAI.BadRequestError, JSON.stringify(more));
          assert.equal(error.param, param);
          assert.equal(error.type, 'invalid_request_error');
          return true;
        });
    });

    test('raw: broken JSON, an unknown path, a wrong method', async () => {
      const raw = (path, init) => fetch(tenon.baseURL + path, { ...init, headers: { authorization: `Bearer ${tenon.key}`, 'content-type': 'application/json' } });
      for (const [path, init, status] of [['/chat/completions', { method: 'POST', body: '{"model":' }, 400], ['/nothing', {}, 404], ['/chat/completions', { method: 'GET' }, 405]]) {
        const response = await raw(path, init);
        assert.equal(response.status, status, path);
        assert.equal(typeof (await response.json()).error.message, 'string', path);
        assert.ok(response.headers.get('x-request-id'));
      }
    });

    test('raw: the event stream ends with one [DONE] and is typed as one', async () => {
      const response = await fetch(`${tenon.baseURL}/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${tenon.key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'fake/gpt-fake', messages: hi, stream: true }) });
      assert.match(response.headers.get('content-type'), /^text\/event-stream/);
      const text = await response.text();
      assert.equal(text.split('data: [DONE]').length, 2);
      assert.ok(text.endsWith('data: [DONE]\n\n'));
    });
  });

  test('another organization sees nothing of it', async () => {
    const answer = await apiOf(tenon.url).raw('POST', '/api/auth/signup', { name: 'Other', email: `other-${process.pid}@example.com`, password: 'Walnut-Trestle-77' });
    const other = apiOf(tenon.url, answer.token);
    assert.deepEqual(await other.get('/api/usage/events'), []);
    const { key } = await other.post('/api/keys', { name: 'other' });
    const before = calls(openai, '/chat/completions').length;
    await assert.rejects(new OpenAI({ baseURL: tenon.baseURL, apiKey: key, maxRetries: 0 }).chat.completions.create({ model: 'fake/gpt-fake', messages: hi }), OpenAI.NotFoundError);
    assert.equal(calls(openai, '/chat/completions').length, before);
  });
});
