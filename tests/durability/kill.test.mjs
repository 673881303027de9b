// kill -9 in the middle of work, again and again: whatever was acknowledged is there afterwards, once.
// KILL_CYCLES says how often (15).
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { noSqlite, request, rows, startOn } from './durable.mjs';

const cycles = Number(process.env.KILL_CYCLES ?? 15);
const hex = (id) => id.replaceAll('-', '').toUpperCase();

describe('killed without warning', { skip: notBuilt || (await noSqlite()) }, () => {
  const acknowledged = { keys: [], documents: [], conversations: [], messages: [], calls: [] };
  let directory, server, token, key;

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-kill-'));
    server = await startOn(directory);
    const person = await request(server.url, 'POST', '/api/auth/signup', { body: { name: 'Owner', email: 'owner@example.com', password: 'Gantry-9-Kestrel' } });
    token = person.json.token;
    key = (await request(server.url, 'POST', '/api/keys', { token, body: { name: 'first' } })).json.data.key;
  });
  after(async () => {
    await server?.kill();
    await rm(directory, { recursive: true, force: true });
  });

  /** Clients that write until the server is gone, and keep what they were told. */
  function work() {
    const { url } = server;
    let n = 0;
    const loops = {
      keys: async () => { const a = await request(url, 'POST', '/api/keys', { token, body: { name: `key ${++n}` } }); if (a.status === 201) acknowledged.keys.push(a.json.data.id); return a; },
      documents: async () => { const a = await request(url, 'POST', '/api/knowledge/documents', { token, body: { title: `document ${++n}`, text: `The bell number ${n} rings at noon.` } }); if (a.status === 202) acknowledged.documents.push(a.json.data.id); return a; },
      conversations: async () => {
        const a = await request(url, 'POST', '/api/conversations', { token, body: { title: `conversation ${++n}` } });
        if (a.status !== 201) return a;
        acknowledged.conversations.push(a.json.data.id);
        const b = await request(url, 'POST', `/api/conversations/${a.json.data.id}/messages`, { token, body: { content: 'When does the bell ring?', stream: false } });
        if (b.status === 201) acknowledged.messages.push(b.json.data.message.id);
        return b;
      },
      calls: async () => { const a = await request(url, 'POST', '/v1/chat/completions', { token: key, body: { model: 'builtin/extract-1', messages: [{ role: 'user', content: 'Hello' }] } }); if (a.status === 200) acknowledged.calls.push(a.requestId); return a; },
      streams: async () => { const a = await request(url, 'POST', '/v1/chat/completions', { token: key, body: { model: 'builtin/extract-1', stream: true, messages: [{ role: 'user', content: 'Hello' }] } }); if (a.text?.endsWith('data: [DONE]\n\n')) acknowledged.calls.push(a.requestId); return a; },
    };
    return Promise.all(Object.values(loops).map(async (step) => { for (let a; (a = await step()).status !== 0;) assert.ok(a.status < 500, `${a.status} ${a.text}`); }));
  }

  /** Everything that a client was told is in the tables, and the tables are whole. */
  async function check() {
    const file = path.join(directory, 'tenon.db');
    const ids = async (table) => new Set((await rows(file, `SELECT hex(id) AS id FROM ${table}`)).map((row) => row.id));
    assert.equal((await rows(file, 'PRAGMA integrity_check'))[0].integrity_check, 'ok');
    assert.deepEqual(await rows(file, 'PRAGMA foreign_key_check'), []);
    for (const [what, table] of [['keys', 'api_keys'], ['documents', 'documents'], ['conversations', 'conversations'], ['messages', 'messages']]) {
      const there = await ids(table);
      for (const id of acknowledged[what]) assert.ok(there.has(hex(id)), `${what}: ${id} was acknowledged and is lost`);
    }
    const twice = await rows(file, 'SELECT request_id, count(*) AS n FROM usage_events WHERE feature = \'gateway\' GROUP BY request_id HAVING n > 1');
    assert.deepEqual(twice, [], 'no call is in the ledger twice');
    const recorded = new Set((await rows(file, 'SELECT request_id FROM usage_events')).map((row) => row.request_id));
    for (const id of acknowledged.calls) assert.ok(recorded.has(id), `the call ${id} was answered to its end and is not in the ledger`);
  }

  test(`${cycles} times`, { timeout: 300_000 }, async () => {
    for (let i = 0; i < cycles; i++) {
      const working = work();
      const begun = acknowledged.calls.length + acknowledged.keys.length;
      await eventually(() => assert.ok(acknowledged.calls.length + acknowledged.keys.length > begun + 3), { within: 10_000, every: 3 });
      await new Promise((resolve) => setTimeout(resolve, (i * 37) % 150)); // another moment each time
      await server.kill();
      await working;
      server = await startOn(directory);
      await request(server.url, 'GET', '/api/usage/events?limit=1', { token }); // the ledger has what the journal kept, when this answers
      await check();
    }
    for (const [what, list] of Object.entries(acknowledged)) assert.ok(list.length >= cycles, `only ${list.length} ${what} were written`);
  });

  test('documents that were interrupted become ready', { timeout: 120_000 }, async () => {
    await eventually(async () => {
      const open = [...(await rows(path.join(directory, 'tenon.db'), "SELECT status, count(*) AS n FROM documents WHERE status NOT IN ('ready') GROUP BY status"))];
      assert.deepEqual(open, []);
    }, { within: 100_000, every: 200 });
    const found = await request(server.url, 'GET', '/api/knowledge/search?q=bell&limit=100', { token });
    assert.ok(found.json.data.length > 0);
  });

  test('answers that were interrupted are not said to be streaming for ever', async () => {
    await eventually(async () => assert.deepEqual([...(await rows(path.join(directory, 'tenon.db'), "SELECT count(*) AS n FROM messages WHERE status = 'streaming'"))].map((row) => row.n), [0]), { within: 10_000 });
  });

  test('and the end is an orderly one', async () => {
    assert.equal((await server.term()).code, 0);
    await check();
  });
});
