// Accounts on several instances of one installation: what one of them, or a command, does to an account holds on the others within a second.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { request, startOn } from '../durability/durable.mjs';
import { startPostgres } from '../servers/servers.mjs';
import { directoryFor, tenon, urls } from './commands.mjs';

const PASSWORD = 'Gantry-9-Kestrel';
const secrets = { JWT_SECRET: 'a secret that both of them have, 32 letters', ENCRYPTION_KEY: '0123456789abcdef'.repeat(4) };

describe('accounts on two instances', { skip: notBuilt }, () => {
  let server;
  before(async () => { server = await startPostgres({ fsync: false }); });
  after(() => server?.stop());

  /** Takes connections and never answers. */
  async function silent(t) {
    const sockets = new Set();
    const listening = net.createServer((socket) => { sockets.add(socket); socket.on('error', () => {}); });
    await new Promise((resolve) => { listening.listen(0, '127.0.0.1', resolve); });
    t.after(() => { for (const socket of sockets) socket.destroy(); listening.close(); });
    return listening.address().port;
  }

  /** Reads the answer to a question, which does not end by itself; resolves with how long after `since()` it broke off. */
  async function stream(url, token, conversation) {
    const response = await fetch(`${url}/api/conversations/${conversation}/messages`, {
      method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{"content":"Hello?"}',
    });
    const reader = response.body.getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /message\.created/);
    const ended = (async () => { try { while (!(await reader.read()).done); } catch { /* cut off */ } return Date.now(); })();
    return { ended, cancel: () => reader.cancel().catch(() => {}) };
  }

  test('what is shut on one is shut on the other', { timeout: 90_000 }, async (t) => {
    const one = await server.createDatabase('people');
    const env = { ...urls(one), ...secrets };
    const a = await startOn(await directoryFor(t), env);
    t.after(() => a.kill());
    const b = await startOn(await directoryFor(t), env);
    t.after(() => b.kill());
    const ask = async (at, method, where, token, body) => request(at.url, method, where, { token, body });
    const status = async (at, token, where = '/api/auth/me') => (await ask(at, 'GET', where, token)).status;
    const within = async (check) => { const began = Date.now(); await eventually(check, { within: 3000 }); assert.ok(Date.now() - began < 1200, `it took ${Date.now() - began} ms`); };

    const root = (await ask(a, 'POST', '/api/auth/signup', null, { name: 'Root', email: 'root@example.com', password: PASSWORD })).json.token;
    assert.equal((await tenon(['user', 'grant-admin', 'root@example.com'], { ...env, DATA_DIR: await directoryFor(t) })).code, 0);
    await within(async () => { for (const at of [a, b]) assert.equal(await status(at, root, '/api/admin/users'), 200); });

    const person = (await ask(a, 'POST', '/api/auth/signup', null, { name: 'Person', email: 'person@example.com', password: PASSWORD })).json;
    const key = (await ask(a, 'POST', '/api/keys', person.token, { name: 'one' })).json.data.key;
    await ask(a, 'POST', '/api/providers', person.token, { provider: 'openai-compatible', name: 'silent', base_url: `http://127.0.0.1:${await silent(t)}/v1` });
    const conversation = async () => (await ask(b, 'POST', '/api/conversations', person.token, { model: 'silent/m' })).json.data.id;
    await eventually(async () => { assert.equal(await status(b, key, '/v1/models'), 200); assert.equal(await status(b, person.token), 200); });

    const reading = await stream(b.url, person.token, await conversation());
    t.after(reading.cancel);
    const began = Date.now();
    assert.equal((await ask(a, 'PATCH', `/api/admin/users/${person.user.id}`, root, { is_active: false })).status, 200);
    await within(async () => { assert.equal(await status(b, person.token), 401); assert.equal(await status(b, key, '/v1/models'), 401); });
    const ended = await Promise.race([reading.ended, new Promise((resolve) => setTimeout(resolve, 5000, Infinity))]);
    assert.ok(ended - began < 1200, `the stream ended after ${ended - began} ms`);

    assert.equal((await ask(a, 'PATCH', `/api/admin/users/${person.user.id}`, root, { is_active: true })).status, 200);
    await within(async () => assert.equal(await status(b, key, '/v1/models'), 200));

    // By a command, which is no instance, and on both.
    const again = (await ask(b, 'POST', '/api/auth/login', null, { email: 'person@example.com', password: PASSWORD })).json.token;
    const second = await stream(b.url, again, (await ask(b, 'POST', '/api/conversations', again, { model: 'silent/m' })).json.data.id);
    t.after(second.cancel);
    const since = Date.now();
    const deactivated = await tenon(['user', 'deactivate', 'person@example.com'], { ...env, DATA_DIR: await directoryFor(t) });
    assert.equal(deactivated.code, 0, deactivated.err);
    await within(async () => { for (const at of [a, b]) { assert.equal(await status(at, again), 401); assert.equal(await status(at, key, '/v1/models'), 401); } });
    const over = await Promise.race([second.ended, new Promise((resolve) => setTimeout(resolve, 8000, Infinity))]);
    assert.ok(over - since < 3000, `the stream ended after ${over - since} ms`);

    assert.equal((await tenon(['user', 'revoke-admin', 'root@example.com'], { ...env, DATA_DIR: await directoryFor(t) })).code, 1);
  });
});
