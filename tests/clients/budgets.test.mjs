// A budget as OpenAI's own SDK meets it: spent it is insufficient_quota, at once and without a retry; held by calls under way it is
// a rate limit that the SDK waits out. And a streamed call costs what its unstreamed twin does.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { startOpenAi } from '../fakes/openai.mjs';
import { notBuilt, startWithKey } from './harness.mjs';

describe('budgets and the OpenAI SDK', { skip: notBuilt }, () => {
  const messages = [{ role: 'user', content: 'Hi' }], model = 'openai/gpt-6-sol'; // 2 and 10 USD a million tokens
  let openai, tenon, client, asked, budget;

  before(async () => {
    openai = await startOpenAi({ key: 'sk-upstream' });
    tenon = await startWithKey({ providers: [{ provider: 'openai', api_key: 'sk-upstream', base_url: openai.url }] });
    client = new OpenAI({ baseURL: tenon.baseURL, apiKey: tenon.key, maxRetries: 4, fetch: (...args) => { asked++; return fetch(...args); } });
    asked = 0;
  });
  after(async () => {
    await tenon?.stop();
    await openai?.close();
  });

  const spent = async () => (await tenon.api.get(`/api/budgets/${budget.id}`)).spent_micros;

  test('a stream costs what its twin does', async () => {
    await client.chat.completions.create({ model, messages });
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true })) ;
    const [streamed, whole] = await tenon.api.get('/api/usage/events?limit=2');
    assert.deepEqual([streamed.streamed, whole.streamed], [true, false]);
    assert.ok(whole.cost_micros > 0);
    assert.equal(streamed.cost_micros, whole.cost_micros);
    budget = await tenon.api.post('/api/budgets', { scope: 'key', scope_id: tenon.keyId, period: 'month', limit_micros: 1_000_000 });
    assert.equal(budget.spent_micros, 2 * whole.cost_micros, 'and what was spent before the budget counts');
  });

  test('calls under way are waited for', async () => {
    openai.order(...Array(3).fill('delay=300'));
    asked = 0;
    const answers = await Promise.all(Array.from({ length: 3 }, () => client.chat.completions.create({ model, messages }))); // each may cost more than all of it
    assert.ok(answers.every((answer) => answer.choices[0].finish_reason === 'stop'));
    assert.ok(asked > 3, `${asked} requests: none was told to come again`);
  });

  test('spent, it is insufficient_quota, and the SDK does not come again', async () => {
    await tenon.api.patch(`/api/budgets/${budget.id}`, { limit_micros: 1 });
    const calls = openai.calls.length;
    for (const more of [{}, { stream: true }]) {
      asked = 0;
      await assert.rejects(client.chat.completions.create({ model, messages, ...more }), (error) => {
        assert.ok(error instanceof OpenAI.RateLimitError);
        assert.equal(error.code, 'insufficient_quota');
        assert.equal(error.type, 'insufficient_quota');
        assert.equal(error.headers.get('x-should-retry'), 'false');
        return true;
      });
      assert.equal(asked, 1);
    }
    assert.equal(openai.calls.length, calls, 'nothing reached the service');
  });

  test('what it says is spent is what the ledger has', async () => {
    const rows = await tenon.api.get('/api/usage/events?limit=50');
    assert.equal(await spent(), rows.reduce((sum, row) => sum + row.cost_micros, 0));
    assert.ok(rows.some((row) => row.error === 'insufficient_quota' && row.cost_micros === 0));
  });
});
