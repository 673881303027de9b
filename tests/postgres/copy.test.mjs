// A grown installation moves from SQLite to PostgreSQL: everything that worked there works here, with the same passwords, sessions,
// documents, scores and files.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { noSqlite, request, rows, startOn } from '../durability/durable.mjs';
import { startPostgres } from '../servers/servers.mjs';
import { directoryFor, tenon, urls } from './commands.mjs';

const secrets = { JWT_SECRET: 'a-secret-of-this-test-and-no-other-one', ENCRYPTION_KEY: '1'.repeat(64) };
const person = (n) => ({ name: `Person ${n}`, email: `person${n}@example.com`, password: `Gantry-${n}9-Kestrel` });

async function upload(url, token, name, content) {
  const form = new FormData();
  form.append('file', new Blob([content]), name);
  const answer = await fetch(`${url}/api/knowledge/documents`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form });
  assert.equal(answer.status, 202);
  return (await answer.json()).data.id;
}

const ready = (url, token, id) => eventually(async () => assert.equal((await request(url, 'GET', `/api/knowledge/documents/${id}`, { token })).json.data.status, 'ready'), { within: 20_000, every: 30 });

describe('tenon copy', { skip: notBuilt || (await noSqlite()) }, () => {
  let server;
  before(async () => { server = await startPostgres({ fsync: false }); });
  after(() => server?.stop());

  test('moves an installation whole', { timeout: 120_000 }, async (t) => {
    const one = await server.createDatabase('moved'), directory = await directoryFor(t), other = await directoryFor(t);
    const text = `The lighthouse keeper winds the clock.\n\n${'A paragraph of the manual about lamps and lenses.\n\n'.repeat(400)}`;
    let source = await startOn(directory, secrets), copy;
    t.after(() => Promise.all([source.kill(), copy?.kill()]));
    const people = [];
    for (let n = 1; n <= 3; n++) {
      const { token } = (await request(source.url, 'POST', '/api/auth/signup', { body: person(n) })).json;
      const key = (await request(source.url, 'POST', '/api/keys', { token, body: { name: 'moved' } })).json.data;
      const file = await upload(source.url, token, `manual ${n}.txt`, text);
      const note = (await request(source.url, 'POST', '/api/knowledge/documents', { token, body: { title: `Note ${n} – “quoted” ☂`, text: `The harbour of town ${n} freezes in winter.` } })).json.data.id;
      for (const id of [file, note]) await ready(source.url, token, id);
      const conversation = (await request(source.url, 'POST', '/api/conversations', { token, body: { title: 'About the harbour' } })).json.data.id;
      assert.equal((await request(source.url, 'POST', `/api/conversations/${conversation}/messages`, { token, body: { content: 'When does the harbour freeze?', stream: false } })).status, 201);
      assert.equal((await request(source.url, 'POST', '/v1/chat/completions', { token: key.key, body: { model: 'builtin/extract-1', messages: [{ role: 'user', content: 'Hello' }] } })).status, 200);
      await request(source.url, 'POST', '/api/providers', { token, body: { provider: 'openai', name: 'Mine', api_key: 'sk-0123456789' } });
      people.push({ token, key, file, note, conversation });
    }
    /** What a person sees. */
    const seen = async (url, { token, file, note, conversation }) => {
      const of = async (where) => (await request(url, 'GET', where, { token })).json.data;
      return {
        found: await of('/api/knowledge/search?q=harbour+winter+lamps&limit=20'), file: await of(`/api/knowledge/documents/${file}`), note: await of(`/api/knowledge/documents/${note}`),
        messages: await of(`/api/conversations/${conversation}/messages`), providers: await of('/api/providers'), usage: await of('/api/usage?group_by=model'), events: await of('/api/usage/events'),
        keys: (await of('/api/keys')).map(({ last_used, ...rest }) => rest), audit: await of('/api/audit'), me: await of('/api/auth/me'),
      };
    };
    const before = [];
    for (const one_of of people) before.push(await seen(source.url, one_of));
    assert.ok(before[0].found.length > 1 && before[0].found[0].score > 0);

    const words = ['copy', '--from', `sqlite:${path.join(directory, 'tenon.db')}`, '--to', one.appUrl, '--data-dir', directory];
    const early = await tenon(words, secrets);
    assert.equal(early.code, 1, 'the tables are not there yet');
    await tenon(['migrate'], urls(one));
    const first = await tenon(words, secrets); // while the source is served
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /^users +3 rows, sums equal$/m);
    assert.match(first.out, /^documents +6 rows, sums equal$/m);

    const late = (await request(source.url, 'POST', '/api/keys', { token: people[0].token, body: { name: 'later' } })).json.data.id;
    await source.term();
    const second = await tenon(words, secrets);
    assert.equal(second.code, 0, second.err);
    assert.match(second.out, /^api_keys +4 rows, sums equal$/m);
    for (const table of ['users', 'organizations', 'memberships', 'sessions', 'api_keys', 'audit_log', 'documents', 'chunks', 'postings', 'conversations', 'messages', 'usage_events', 'jobs']) {
      const [{ n }] = await rows(path.join(directory, 'tenon.db'), `SELECT count(*) AS n FROM ${table}`);
      assert.equal(Number(await server.psql(`SELECT count(*) FROM ${table}`, { url: one.superUrl })), n, table);
    }

    copy = await startOn(other, { ...urls(one), ...secrets });
    for (const [i, one_of] of people.entries()) {
      assert.equal((await request(copy.url, 'GET', '/api/auth/me', { token: one_of.token })).status, 200, 'the session goes on');
      const now = await seen(copy.url, one_of);
      if (i === 0) now.keys = now.keys.filter(({ id }) => id !== late);
      const { audit, me, ...rest } = now, { audit: auditThen, me: meThen, ...then } = before[i];
      assert.deepEqual(rest, then);
      assert.deepEqual(audit.slice(-auditThen.length), auditThen);
      assert.equal(me.user.id, meThen.user.id);
      const { email, password } = person(i + 1);
      assert.equal((await request(copy.url, 'POST', '/api/auth/login', { body: { email, password } })).status, 200, 'the password is the same');
      assert.equal((await request(copy.url, 'POST', '/v1/chat/completions', { token: one_of.key.key, body: { model: 'builtin/extract-1', messages: [{ role: 'user', content: 'Hello' }] } })).status, 200, 'the key is the same');
    }
    assert.equal(await server.psql(`SELECT string_agg(data, '' ORDER BY part) = convert_to($t$${text}$t$, 'UTF8') FROM file_parts WHERE file_id = (SELECT file_id FROM documents WHERE id = '${people[0].file}')`, { url: one.superUrl }), 't', 'the file is here');

    const used = await tenon(words, secrets);
    assert.equal(used.code, 1);
    assert.match(used.err, /audit_log|users|organizations/);
    assert.match(used.err, /in use\. Nothing was changed/);
    assert.equal((await request(copy.url, 'GET', '/api/auth/me', { token: people[0].token })).status, 200);
    assert.equal((await copy.term()).code, 0);
  });

  test('refuses what it cannot copy', async (t) => {
    const one = await server.createDatabase('refusing'), directory = await directoryFor(t);
    await tenon(['migrate'], urls(one));
    for (const [from, to] of [['sqlite:/nonexistent/tenon.db', one.appUrl], [`sqlite:${directory}`, one.appUrl], [one.appUrl, one.appUrl], ['', '']]) {
      const { code, err } = await tenon(['copy', '--from', from, '--to', to]);
      assert.equal(code, 1);
      assert.equal(err.trim().split('\n').filter((line) => line.startsWith('tenon: ')).length, 1, err);
      assert.ok(!err.includes(new URL(one.appUrl).password));
    }
    await startOn(directory, secrets).then((source) => source.term());
    await tenon(['migrate', 'down', '1'], { DATA_DIR: directory });
    assert.match((await tenon(['copy', '--from', `sqlite:${path.join(directory, 'tenon.db')}`, '--to', one.appUrl])).err, /source is at migration/);
  });
});
