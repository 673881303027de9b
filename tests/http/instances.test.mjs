// Two instances on one database and one Redis: what one of them knows the other must know, and neither may fall with Redis.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { apiOf, eventually, notBuilt, signUp, startTenon } from '../clients/harness.mjs';
import { startOpenAi } from '../fakes/openai.mjs';

const here = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };

/** The server's program is redis-check-rdb by another name; see script/packages/test. */
async function startRedis(directory) {
  const socket = path.join(directory, 'redis.sock');
  const child = spawn('redis-check-rdb', ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no'], { argv0: 'redis-server', cwd: directory, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    url: `unix:${socket}`,
    pause: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    stop: async () => { if (here(child.pid)) child.kill('SIGKILL'); await ended; },
  };
}

/** Reads server-sent events into `list` until they end or `enough`. */
async function events(response, enough = () => false, list = []) {
  let text = '';
  try {
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const lines = Object.fromEntries(text.slice(0, end).split('\n').filter((line) => !line.startsWith(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
        if (lines.event) list.push({ id: lines.id, event: lines.event, data: JSON.parse(lines.data) });
      }
      if (enough(list)) break;
    }
  } catch (error) {
    list.cut = error;
  }
  return list;
}

const said = (list) => list.filter((e) => e.event === 'message.delta').map((e) => e.data.text).join('');

describe('two instances', { skip: notBuilt }, () => {
  let directory, redis, openai, one, two, account, conversation;
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-instances-'));
    redis = await startRedis(directory);
    openai = await startOpenAi({});
    const env = {
      DATABASE_URL: `sqlite:${path.join(directory, 'tenon.db')}`, REDIS_URL: redis.url, JWT_SECRET: 'j'.repeat(32), ENCRYPTION_KEY: 'e'.repeat(64),
      RATE_LIMIT_KEY: '40/1h', RATE_LIMIT_USER: '10000/1h',
    };
    one = await startTenon({ env });
    two = await startTenon({ env });
    account = await signUp(one.url);
    await account.api.post('/api/providers', { provider: 'openai-compatible', name: 'fake', base_url: openai.url });
  });
  after(async () => {
    redis.goOn();
    if (here(one.pid)) await one.stop();
    assert.equal((await two.stop()).code, 0);
    await redis.stop();
    await openai.close();
    await rm(directory, { recursive: true, force: true });
  });

  const health = async (tenon) => (await fetch(`${tenon.url}/health`)).json();
  const models = (tenon, key) => fetch(`${tenon.url}/v1/chat/completions`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake/gpt-fake', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  const bearer = { headers: { authorization: '' } };
  const get = (tenon, where, headers = {}) => fetch(tenon.url + where, { headers: { ...bearer.headers, ...headers } });

  async function ask(model, content) {
    bearer.headers.authorization = `Bearer ${account.token}`;
    conversation = await account.api.post('/api/conversations', { model });
    return fetch(`${one.url}/api/conversations/${conversation.id}/messages`, {
      method: 'POST', headers: { ...bearer.headers, 'content-type': 'application/json' }, body: JSON.stringify({ content }),
    });
  }

  test('both say what they share', async () => {
    for (const tenon of [one, two])
      await eventually(async () => {
        const state = await health(tenon);
        assert.deepEqual([state.cache, state.signals], ['redis', 'redis']);
      });
    assert.match(await (await fetch(`${two.url}/metrics`)).text(), /^tenon_bus_up 1$/m);
  });

  test('a key that one revokes is refused by the other', async () => {
    const key = await account.api.post('/api/keys', { name: 'shared' });
    assert.equal((await models(two, key.key)).status, 200); // and now it is in memory there
    await account.api.delete(`/api/keys/${key.id}`);
    await eventually(async () => assert.equal((await models(two, key.key)).status, 401), { within: 1000 });
  });

  test('a limit is one limit', async () => {
    const key = await account.api.post('/api/keys', { name: 'limited' });
    const statuses = [];
    for (let i = 0; i < 50; i++) statuses.push((await models(i % 2 ? one : two, key.key)).status);
    assert.equal(statuses.filter((status) => status === 200).length, 40);
    assert.ok(statuses.slice(40).every((status) => status === 429), String(statuses));
  });

  test('an answer is read on at the other, nothing lost and nothing twice', async () => {
    const first = await events(await ask('fake/gpt-fake--slow=20,words=60', 'Go'), (list) => list.length > 10); // then the client leaves
    const { message_id: message } = first[0].data;
    const last = first[first.length - 1];
    const rest = await events(await get(two, `/api/conversations/${conversation.id}/messages/${message}/stream`, { 'last-event-id': last.id }));
    assert.equal(rest.cut, undefined);
    assert.equal(rest[rest.length - 1].event, 'done');
    const ids = [...first, ...rest].map((event) => Number(event.id.split('-')[0]));
    assert.deepEqual(ids, Array.from({ length: ids.length }, (_, i) => i + 1));
    assert.equal(said(first) + said(rest), Array.from({ length: 60 }, (_, i) => `word${i} `).join(''));
  });

  test('an answer is stopped from the other', async () => {
    const response = await ask('fake/gpt-fake--slow=50,words=400', 'Go');
    const heard = [];
    const reading = events(response, undefined, heard);
    const messages = await eventually(async () => {
      const list = await account.api.get(`/api/conversations/${conversation.id}/messages`);
      assert.equal(list.length, 2);
      return list;
    });
    await eventually(() => assert.ok(said(heard).startsWith('word0 ')));
    await apiOf(two.url, account.token).post(`/api/conversations/${conversation.id}/messages/${messages[1].id}/stop`);
    const list = await reading;
    assert.equal(list[list.length - 1].data.status, 'stopped');
    assert.ok(said(list).length < 400 * 5);
  });

  test('without Redis both go on, and trust nothing that they cannot hear of', { timeout: 30_000 }, async () => {
    const key = await account.api.post('/api/keys', { name: 'paused' });
    assert.equal((await models(two, key.key)).status, 200);
    redis.pause();
    const slowest = { whole: 0, later: 0 };
    for (let i = 0; i < 20; i++)
      for (const tenon of [one, two]) {
        const began = performance.now();
        assert.equal((await models(tenon, key.key)).status, 200);
        const took = performance.now() - began;
        slowest[i < 3 ? 'whole' : 'later'] = Math.max(slowest[i < 3 ? 'whole' : 'later'], took);
      }
    assert.ok(slowest.whole < 600 && slowest.later < 200, JSON.stringify(slowest));
    for (const tenon of [one, two])
      await eventually(async () => {
        const state = await health(tenon);
        assert.deepEqual([state.cache, state.signals, state.status], ['memory (redis unavailable)', 'unavailable', 'ok']);
      });
    await account.api.delete(`/api/keys/${key.id}`);
    assert.equal((await models(two, key.key)).status, 401); // at once: it asks the store
    redis.goOn();
    for (const tenon of [one, two]) await eventually(async () => assert.equal((await health(tenon)).cache, 'redis'), { within: 3000 });
    assert.equal((await models(two, key.key)).status, 401);
  });

  test('an answer whose writer is killed ends for a reader elsewhere, and is then stored as failed', { timeout: 60_000 }, async () => {
    const reading = events(await ask('fake/gpt-fake--slow=100,words=4000', 'Go'));
    const [, answer] = await eventually(async () => {
      const list = await account.api.get(`/api/conversations/${conversation.id}/messages`);
      assert.equal(list.length, 2);
      return list;
    });
    const where = `/api/conversations/${conversation.id}/messages/${answer.id}/stream`;
    await eventually(async () => assert.equal((await get(two, where)).status, 200));
    const heard = [];
    const elsewhere = get(two, where).then((response) => events(response, undefined, heard));
    await eventually(() => assert.ok(said(heard).startsWith('word0 ')));
    process.kill(one.pid, 'SIGKILL');
    const began = performance.now();
    assert.ok((await reading).cut);
    const list = await elsewhere;
    assert.ok(list.cut, 'it must be seen that this is not the end');
    assert.ok(performance.now() - began < 20_000);
    const rest = await eventually(async () => {
      const response = await get(two, where, { 'last-event-id': list[list.length - 1].id });
      assert.equal(response.status, 200);
      return events(response);
    }, { within: 15_000, every: 500 });
    assert.equal(rest[rest.length - 1].data.status, 'failed');
    assert.equal(rest.find((event) => event.event === 'error').data.code, 'INTERRUPTED');
    await one.stop();
  });
});
