// A full disk and a locked database: 503 as long as it lasts, nothing acknowledged is lost, and then it goes on by itself.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { noSqlite, request, rows, startOn } from './durable.mjs';

const signUp = async (url) => (await request(url, 'POST', '/api/auth/signup', { body: { name: 'Owner', email: 'owner@example.com', password: 'Gantry-9-Kestrel' } })).json.token;

function mountTiny(directory) {
  if (process.getuid() !== 0) return 'only root may mount';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `a small file system cannot be mounted here: ${String(error.stderr).trim()}`;
  }
}

describe('a full disk', { skip: notBuilt || (await noSqlite()) }, () => {
  let directory, refused, server, token;
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-full-'));
    refused = mountTiny(directory);
  });
  after(async () => {
    await server?.kill();
    if (!refused) execFileSync('umount', [directory]);
    await rm(directory, { recursive: true, force: true });
  });

  test('is answered with 503, loses nothing, and is over when there is room again', { timeout: 60_000 }, async (t) => {
    if (refused) return t.skip(refused);
    const acknowledged = [];
    const filler = path.join(directory, 'filler');
    server = await startOn(directory);
    token = await signUp(server.url);
    const upload = (i, size) => request(server.url, 'POST', '/api/knowledge/documents', { token, body: { title: `document ${i}`, text: 'The bell rings. '.repeat(size) } });
    acknowledged.push((await upload(0, 10)).json.data.id);
    await writeFile(filler, Buffer.alloc(1 << 20)).catch(() => {});
    execFileSync('sh', ['-c', 'dd if=/dev/zero of="$1" bs=64k count=1000 2>/dev/null || true', 'sh', filler]); // until nothing fits any more

    let full = 0;
    for (let i = 1; i < 60 && full < 5; i++) {
      const answer = await upload(i, 2000);
      assert.ok([202, 503].includes(answer.status), `${answer.status} ${answer.text}`);
      if (answer.status === 202) acknowledged.push(answer.json.data.id);
      else full++;
    }
    assert.ok(full >= 5, 'the disk is full');
    assert.ok(server.running(), 'it does not end');
    assert.ok([200, 503].includes((await request(server.url, 'GET', '/health')).status));
    assert.equal((await request(server.url, 'GET', '/api/knowledge/documents', { token })).status, 200, 'reading goes on');
    const refusedKey = await request(server.url, 'POST', '/api/keys', { token, body: { name: 'x' } });
    assert.ok([201, 503].includes(refusedKey.status), `${refusedKey.status}`);

    await rm(filler);
    await eventually(async () => {
      const answer = await upload(100, 10);
      assert.equal(answer.status, 202);
      acknowledged.push(answer.json.data.id);
    }, { within: 10_000, every: 50 });
    const there = new Set((await rows(path.join(directory, 'tenon.db'), 'SELECT hex(id) AS id FROM documents')).map((row) => row.id));
    for (const id of acknowledged) assert.ok(there.has(id.replaceAll('-', '').toUpperCase()), `${id} is lost`);
    assert.equal((await rows(path.join(directory, 'tenon.db'), 'PRAGMA integrity_check'))[0].integrity_check, 'ok');
    await eventually(async () => assert.equal((await request(server.url, 'GET', `/api/knowledge/documents/${acknowledged.at(-1)}`, { token })).json.data.status, 'ready'), { within: 20_000, every: 50 });
    assert.equal((await server.term()).code, 0);
  });
});

describe('a database that somebody else has locked', { skip: notBuilt || (await noSqlite()) }, () => {
  let directory, server, locker;
  before(async () => { directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-lock-')); });
  after(async () => {
    locker?.kill();
    await server?.kill();
    await rm(directory, { recursive: true, force: true });
  });

  test('writes are answered with 503, reads go on, and it recovers', { timeout: 60_000 }, async () => {
    server = await startOn(directory);
    const token = await signUp(server.url);
    locker = spawn('python3', ['-c', 'import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute("BEGIN IMMEDIATE")\nprint("locked",flush=True)\nsys.stdin.read()\n', path.join(directory, 'tenon.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(locker.stdout, 'data');
    const answers = await Promise.all(Array.from({ length: 3 }, (_, i) => request(server.url, 'POST', '/api/keys', { token, body: { name: `key ${i}` } })));
    assert.deepEqual(answers.map((answer) => answer.status), [503, 503, 503]);
    assert.equal(answers[0].json.error.code, 'UNAVAILABLE');
    assert.equal((await request(server.url, 'GET', '/api/keys', { token })).json.data.length, 0, 'reading goes on, and nothing was written');
    assert.equal((await request(server.url, 'GET', '/health')).status, 200);
    locker.stdin.end();
    await once(locker, 'exit');
    assert.equal((await request(server.url, 'POST', '/api/keys', { token, body: { name: 'after' } })).status, 201);
    assert.equal((await request(server.url, 'GET', '/api/keys', { token })).json.data.length, 1);
    assert.equal((await server.term()).code, 0);
  });
});
