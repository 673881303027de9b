// A replica answers what may be late, and nothing else. Here it is another database with rows of its own, so that it shows.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { request, startOn } from '../durability/durable.mjs';
import { startPostgres } from '../servers/servers.mjs';
import { directoryFor, tenon, urls } from './commands.mjs';

// Each with what tells its rows: where it is read late, there are none.
const late = { '/api/usage': (data) => data.some(({ requests }) => requests > 0), '/api/usage/events': (data) => data.length > 0, '/api/audit': (data) => data.length > 0, '/api/dashboard': (data) => data.counts.documents > 0 };
const prompt = Object.fromEntries(['/api/keys', '/api/knowledge/documents', '/api/knowledge/collections', '/api/conversations', '/api/providers', '/api/orgs', '/api/auth/sessions', '/api/knowledge/search?q=bell']
  .map((where) => [where, (data) => data.length > 0]));

describe('a replica', { skip: notBuilt }, () => {
  let server;
  before(async () => { server = await startPostgres({ fsync: false }); });
  after(() => server?.stop());

  test('answers what may be late, and the primary does when it is gone', { timeout: 60_000 }, async (t) => {
    const one = await server.createDatabase('primary_of');
    let instance = await startOn(await directoryFor(t), urls(one));
    t.after(() => instance.kill());
    const { token } = (await request(instance.url, 'POST', '/api/auth/signup', { body: { name: 'Owner', email: 'owner@example.com', password: 'Gantry-9-Kestrel' } })).json;
    const post = async (where, body) => assert.ok((await request(instance.url, 'POST', where, { token, body })).status < 300, where);
    const ask = async (where) => (await request(instance.url, 'GET', where, { token })).json.data;
    const key = (await request(instance.url, 'POST', '/api/keys', { token, body: { name: 'one' } })).json.data.key;
    await post('/api/knowledge/collections', { name: 'one' });
    await post('/api/knowledge/documents', { title: 'one', text: 'The bell rings.' });
    await post('/api/conversations', { title: 'one' });
    await post('/api/providers', { provider: 'openai', name: 'one', api_key: 'sk-0123456789' });
    assert.equal((await request(instance.url, 'POST', '/v1/chat/completions', { token: key, body: { model: 'builtin/extract-1', messages: [{ role: 'user', content: 'Hello' }] } })).status, 200);
    await eventually(async () => { for (const [where, has] of Object.entries({ ...late, ...prompt })) assert.ok(has(await ask(where)), where); }, { within: 10_000, every: 30 });
    assert.equal((await instance.term()).code, 0);

    // The serving role may read there as well; no row is.
    await server.createDatabase('replica_of');
    const replica = one.appUrl.replace(/\/primary_of$/, '/replica_of');
    assert.equal((await tenon(['migrate'], { DATABASE_URL: replica, DATABASE_OWNER_URL: one.ownerUrl.replace(/\/primary_of$/, '/replica_of') })).code, 0);
    instance = await startOn(await directoryFor(t), { ...urls(one), DATABASE_REPLICA_URL: replica });
    const login = (await request(instance.url, 'POST', '/api/auth/login', { body: { email: 'owner@example.com', password: 'Gantry-9-Kestrel' } })).json.token;
    const askAgain = async (where) => { const answer = await request(instance.url, 'GET', where, { token: login }); assert.equal(answer.status, 200, where); return answer.json.data; };
    for (const [where, has] of Object.entries(late)) assert.ok(!has(await askAgain(where)), `${where} is read from the replica`);
    for (const [where, has] of Object.entries(prompt)) assert.ok(has(await askAgain(where)), `${where} is not`);

    await server.psql('DROP DATABASE replica_of WITH (FORCE)', { url: server.superUrl.replace(/\/tenon$/, '/postgres') });
    for (const [where, has] of Object.entries({ ...late, ...prompt })) {
      const began = Date.now();
      assert.ok(has(await askAgain(where)), `${where} falls back`);
      assert.ok(Date.now() - began < 2000, `${where} took ${Date.now() - began} ms`);
    }
    assert.equal((await instance.term()).code, 0);
  });
});
