// tenon user, org and key beside a server that runs on the same installation: what they do holds there within a second.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { binary, eventually, notBuilt } from '../clients/harness.mjs';
import { request, startOn } from '../durability/durable.mjs';

const PASSWORD = 'Gantry-9-Kestrel';

describe('commands about people', { skip: notBuilt }, () => {
  let directory, server;
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-commands-'));
    server = await startOn(directory);
  });
  after(async () => {
    await server?.term();
    await rm(directory, { recursive: true, force: true });
  });

  /** `tenon WORDS…` with `input` on its standard input: { code, out, err }. */
  function tenon(words, input = '') {
    return new Promise((resolve, reject) => {
      const child = spawn(binary, words, { cwd: directory, env: { PATH: process.env.PATH, APP_ENV: 'development', DATA_DIR: directory }, stdio: ['pipe', 'pipe', 'pipe'] });
      let out = '', err = '';
      child.stdout.setEncoding('utf8').on('data', (piece) => { out += piece; });
      child.stderr.setEncoding('utf8').on('data', (piece) => { err += piece; });
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out, err }));
    });
  }

  const create = (email, ...more) => tenon(['user', 'create', '--email', email, '--name', 'Somebody', '--password-stdin', ...more], `${PASSWORD}\n`);
  const login = async (email) => request(server.url, 'POST', '/api/auth/login', { body: { email, password: PASSWORD } });
  const status = async (token, where = '/api/auth/me') => (await request(server.url, 'GET', where, { token })).status;

  /** It fails, and says why in one line. */
  async function refuses(words, why, input) {
    const { code, out, err } = await tenon(words, input);
    assert.equal(code, 1, `${words.join(' ')}: ${err}`);
    assert.match(err, why);
    assert.equal(err.trim().split('\n').length, 1, err);
    assert.equal(out, '');
  }

  test('an installation without accounts shows a link for the first administrator, once a start', async () => {
    const [, token] = await eventually(() => server.log().match(/\/setup\?token=(\S+)\n/) ?? assert.fail(server.log()));
    assert.equal(server.log().split('/setup?token=').length, 2);
    const answer = await request(server.url, 'POST', '/api/admin/setup', { body: { token, name: 'First', email: 'first@example.com', password: PASSWORD } });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(await status(answer.json.token, '/api/admin/users'), 200);
    await server.term();
    server = await startOn(directory);
    assert.doesNotMatch(server.log(), /setup\?token=/);
  });

  test('each has --help', async () => {
    for (const [name, says] of [['user', /grant-admin EMAIL/], ['org', /org delete ID/], ['key', /key revoke ID/]]) {
      const { code, out } = await tenon([name, '--help']);
      assert.equal(code, 0);
      assert.match(out, says);
    }
  });

  test('what is wrong is said in one line', async () => {
    await refuses(['user'], /^tenon: usage: tenon user/);
    await refuses(['user', 'deactivate'], /^tenon: usage: tenon user/);
    await refuses(['user', 'create', '--email', 'a@example.com'], /--name/);
    await refuses(['user', 'create', '--email', 'a@example.com', '--name', 'A', '--password', PASSWORD], /takes no --password:/);
    await refuses(['user', 'create', '--email', 'a@example.com', '--name', 'A', '--password-stdin'], /no password was given/);
    await refuses(['user', 'create', '--email', 'a@example.com', '--name', 'A'], /no password was given/);
    await refuses(['user', 'create', '--email', 'nothing', '--name', 'A', '--password-stdin'], /email must be an e-mail address/, `${PASSWORD}\n`);
    await refuses(['user', 'create', '--email', 'a@example.com', '--name', 'A', '--password-stdin'], /password must have at least/, 'short\n');
    await refuses(['user', 'create', '--email', 'first@example.com', '--name', 'A', '--password-stdin'], /email is already registered/, `${PASSWORD}\n`);
    await refuses(['user', 'delete', 'nobody@example.com'], /no account has the address nobody@example.com/);
    await refuses(['user', 'revoke-admin', 'first@example.com'], /last administrator/);
    await refuses(['org', 'delete', '17'], /17 is no identifier/);
    await refuses(['org', 'delete', '01890000-0000-7000-8000-000000000000'], /there is no organization/);
    await refuses(['key', 'revoke', '01890000-0000-7000-8000-000000000000'], /there is no key/);
  });

  test('an account is made, shut, opened and deleted', async () => {
    const made = await create('second@example.com');
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /^[0-9a-f-]{36}\n$/);
    const { json } = await login('Second@example.com');
    assert.equal(json.user.email_verified, true);
    assert.equal(json.user.is_admin, false);
    const key = (await request(server.url, 'POST', '/api/keys', { token: json.token, body: { name: 'one' } })).json.data;
    assert.equal(await status(key.key, '/v1/models'), 200);

    assert.equal((await tenon(['user', 'deactivate', 'second@example.com'])).code, 0);
    assert.equal(await status(json.token), 401);
    await eventually(async () => assert.equal(await status(key.key, '/v1/models'), 401), { within: 1500 });
    assert.equal((await login('second@example.com')).json.error.code, 'INVALID_CREDENTIALS');
    await refuses(['user', 'deactivate', 'second@example.com'], /is so already/);
    assert.match((await tenon(['user', 'list'])).out, /^second@example\.com +inactive +- /m);

    assert.equal((await tenon(['user', 'activate', 'second@example.com'])).code, 0);
    assert.equal((await login('second@example.com')).status, 200);
    await eventually(async () => assert.equal(await status(key.key, '/v1/models'), 200), { within: 1500 });

    assert.match((await tenon(['key', 'list'])).out, new RegExp(`^${key.id} .*second@example\\.com`, 'm'));
    assert.equal((await tenon(['key', 'revoke', key.id])).code, 0);
    await eventually(async () => assert.equal(await status(key.key, '/v1/models'), 401), { within: 1500 });

    const again = (await login('second@example.com')).json.token;
    assert.equal((await tenon(['user', 'delete', 'second@example.com'])).code, 0);
    assert.equal(await status(again), 401);
    assert.doesNotMatch((await tenon(['user', 'list'])).out, /second@example\.com/);
  });

  test('an administrator is made and unmade', async () => {
    assert.equal((await create('third@example.com', '--admin')).code, 0);
    const { token } = (await login('third@example.com')).json;
    assert.equal(await status(token, '/api/admin/users'), 200);
    assert.match((await tenon(['user', 'list'])).out, /^third@example\.com +active +admin /m);
    assert.equal((await tenon(['user', 'revoke-admin', 'third@example.com'])).code, 0);
    assert.equal(await status(token, '/api/admin/users'), 404);
    assert.equal((await tenon(['user', 'grant-admin', 'third@example.com'])).code, 0);
    assert.equal(await status(token, '/api/admin/users'), 200);
  });

  test('an organization is deleted', async () => {
    assert.equal((await create('fourth@example.com')).code, 0);
    const { token } = (await login('fourth@example.com')).json;
    const { id } = (await request(server.url, 'POST', '/api/orgs', { token, body: { name: 'To be deleted' } })).json.data;
    assert.match((await tenon(['org', 'list'])).out, new RegExp(`^${id} +open +1 members +0 keys +To be deleted$`, 'm'));
    assert.equal((await tenon(['org', 'delete', id])).code, 0);
    await refuses(['org', 'delete', id], /is deleted/);
    assert.equal((await request(server.url, 'POST', `/api/orgs/${id}/restore`, { token })).status, 403);
    assert.match((await tenon(['org', 'list'])).out, new RegExp(`^${id} +deleted `, 'm'));
  });
});
