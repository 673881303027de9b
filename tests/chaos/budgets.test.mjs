// Budgets over two instances on one PostgreSQL and one Redis, and through kill -9: however many calls come at once, wherever, and
// whoever dies in the middle of them, at most one call goes over.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { startOpenAi } from '../fakes/openai.mjs';
import { eventually, notBuilt, signUp } from '../clients/harness.mjs';
import { startPostgres, startRedis } from '../servers/servers.mjs';
import { makeInstance } from './instance.mjs';

const moment = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const env = { APP_ENV: 'development', HOST: '127.0.0.1', LOG_LEVEL: 'warn', JWT_SECRET: 'a-secret-of-this-test-and-no-other-one', ENCRYPTION_KEY: '1'.repeat(64) };
for (const tier of ['AUTH', 'SENSITIVE', 'PUBLIC', 'USER', 'KEY', 'WIDGET']) env[`RATE_LIMIT_${tier}`] = '0';

async function ask(url, key, more = {}) {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/gpt-6-sol', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 20, ...more }),
    });
    const text = await response.text();
    return { status: response.status, code: response.status === 200 ? null : JSON.parse(text).error.code };
  } catch {
    return { status: 0 }; // it was killed
  }
}

/** Asks until it is answered, or refused for good. */
async function insist(urlOf, key, more) {
  for (let tries = 0; tries < 2000; tries++) {
    const answer = await ask(urlOf(), key, more);
    if (answer.status !== 429 || answer.code !== 'rate_limit_exceeded') return answer;
    await moment(20);
  }
  return { status: 429, code: 'for ever' };
}

async function makeSpender(url, openai) {
  const { api } = await signUp(url);
  await api.post('/api/providers', { provider: 'openai', api_key: 'sk-upstream', base_url: openai.url });
  const { id, key } = await api.post('/api/keys', { name: 'spender', scopes: ['gateway.use'] });
  assert.equal((await ask(url, key)).status, 200);
  const [row] = await api.get('/api/usage/events?limit=1');
  assert.ok(row.cost_micros > 0);
  return { api, id, key, cost: row.cost_micros };
}

const ledger = async (api) => (await api.get('/api/usage?group_by=model')).reduce((sum, row) => sum + row.cost_micros, 0);

describe('budgets over two instances', { skip: notBuilt }, () => {
  let postgres, redis, openai, instances, spender, budget;

  before(async () => {
    [postgres, redis, openai] = await Promise.all([startPostgres({ fsync: false }), startRedis(), startOpenAi({ key: 'sk-upstream' })]);
    Object.assign(env, { DATABASE_URL: postgres.appUrl, DATABASE_OWNER_URL: postgres.ownerUrl, REDIS_URL: redis.url });
    instances = [await makeInstance(env), await makeInstance(env)];
    await Promise.all(instances.map((instance) => instance.start()));
    spender = await makeSpender(instances[0].url, openai);
  });
  after(async () => {
    await Promise.all((instances ?? []).map((instance) => instance.remove()));
    await Promise.all([postgres?.stop(), redis?.stop(), openai?.close()]);
  });

  async function spend(more) {
    const limit = (await ledger(spender.api)) + 20 * spender.cost - 1;
    if (budget) await spender.api.patch(`/api/budgets/${budget.id}`, { limit_micros: limit });
    else budget = await spender.api.post('/api/budgets', { scope: 'key', scope_id: spender.id, period: 'month', limit_micros: limit });
    await moment(1100); // the other instance has heard of it, or does not trust what it knew
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => insist(() => instances[i % 2].url, spender.key, more)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 20);
    assert.equal(answers.filter(({ code }) => code === 'insufficient_quota').length, 180);
    await eventually(async () => {
      const { spent_micros: spent } = await spender.api.get(`/api/budgets/${budget.id}`);
      assert.equal(spent, limit + 1, 'the last call went over by one micro-dollar');
      assert.equal(spent, await ledger(spender.api));
    });
  }

  test('200 calls at once', { timeout: 60_000 }, () => spend({}));
  test('200 streams at once', { timeout: 60_000 }, () => spend({ stream: true }));

  test('an instance is killed with calls under way: what they held stays held, and the other overspends nothing', { timeout: 60_000 }, async () => {
    const before = await ledger(spender.api), limit = before + 1_000_000;
    await spender.api.patch(`/api/budgets/${budget.id}`, { limit_micros: limit });
    await moment(1100);
    openai.order(...Array(3).fill('slow=50,words=400'));
    const calls = openai.calls.length, underWay = [1, 2, 3].map(() => ask(instances[1].url, spender.key, { stream: true, max_tokens: 30_000 })); // 0.3 USD each
    await eventually(() => assert.equal(openai.calls.length, calls + 3));
    await instances[1].kill9();
    await Promise.all(underWay);
    openai.reset();
    assert.equal((await ask(instances[0].url, spender.key, { max_tokens: 30_000 })).code, 'rate_limit_exceeded', 'nobody knows what they have cost');
    assert.equal((await ask(instances[0].url, spender.key)).status, 200, 'what they do not hold is free');
    await instances[1].start();
    assert.equal((await ask(instances[1].url, spender.key)).status, 200);
    await eventually(async () => assert.ok(await ledger(spender.api) > before && await ledger(spender.api) <= limit));
  });
});

describe('a budget on SQLite through kill -9', { skip: notBuilt }, () => {
  let openai, instance, spender, budget;

  before(async () => {
    openai = await startOpenAi({ key: 'sk-upstream' });
    for (const name of ['DATABASE_URL', 'DATABASE_OWNER_URL', 'REDIS_URL']) delete env[name];
    instance = await makeInstance(env);
    await instance.start();
    spender = await makeSpender(instance.url, openai);
    budget = await spender.api.post('/api/budgets', { scope: 'organization', period: 'total', limit_micros: spender.cost * 15 });
  });
  after(async () => {
    await instance?.remove();
    await openai?.close();
  });

  test('the ledger is what counts after it', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 3; i++) {
      const working = Array.from({ length: 20 }, () => ask(instance.url, spender.key));
      await Promise.race(working);
      await instance.kill9();
      await Promise.all(working);
      await instance.start();
      const { spent_micros: spent, limit_micros: limit } = await spender.api.get(`/api/budgets/${budget.id}`);
      assert.equal(spent, await ledger(spender.api));
      assert.ok(spent <= limit, `${spent} of ${limit}`);
    }
    for (let answer; (answer = await insist(() => instance.url, spender.key)).code !== 'insufficient_quota';) assert.equal(answer.status, 200);
    const { spent_micros: spent, limit_micros: limit } = await spender.api.get(`/api/budgets/${budget.id}`);
    assert.equal(spent, limit, 'calls that were killed hold nothing');
  });
});
