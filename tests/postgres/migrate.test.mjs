// Migrations: by several at once, and tried on a copy before.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { notBuilt } from '../clients/harness.mjs';
import { request, startOn } from '../durability/durable.mjs';
import { startPostgres } from '../servers/servers.mjs';
import { directoryFor, migrations, tenon, urls } from './commands.mjs';

const sqlite = (file, sql) => execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()', file, sql]);

describe('migrating', { skip: notBuilt }, () => {
  let server;
  before(async () => { server = await startPostgres({ fsync: false }); });
  after(() => server?.stop());

  const count = migrations('postgres');
  const ledger = (url) => server.psql('SELECT count(*), count(DISTINCT version), max(version) FROM schema_migrations', { url });

  test('eight at once apply each migration once', async () => {
    const one = await server.createDatabase('crowded');
    const all = await Promise.all(Array.from({ length: 8 }, () => tenon(['migrate'], urls(one))));
    for (const { code, err } of all) assert.equal(code, 0, err);
    assert.equal(all.reduce((sum, { out }) => sum + Number(out.match(/^(\d+) applied$/m)[1]), 0), count, all.map(({ out }) => out).join(''));
    assert.ok((await ledger(one.ownerUrl)).startsWith(`${count}|${count}|`), 'each has one row');
  });

  test('eight back at once take no step twice', async () => {
    const one = await server.createDatabase('leaving');
    await tenon(['migrate'], urls(one));
    const all = await Promise.all(Array.from({ length: 8 }, () => tenon(['migrate', 'down', String(count)], urls(one))));
    for (const { code, err } of all) assert.equal(code, 0, err);
    assert.equal(await ledger(one.ownerUrl), '0|0|');
    assert.equal((await tenon(['migrate'], urls(one))).out, `${count} applied\n`);
  });

  test('three instances that start at once on an empty database all serve', async (t) => {
    const one = await server.createDatabase('starting');
    const env = { ...urls(one), JWT_SECRET: 'a-secret-of-this-test-and-no-other-one', ENCRYPTION_KEY: '1'.repeat(64) };
    const instances = await Promise.all([1, 2, 3].map(async () => startOn(await directoryFor(t), env)));
    t.after(() => Promise.all(instances.map((instance) => instance.kill())));
    const { json } = await request(instances[0].url, 'POST', '/api/auth/signup', { body: { name: 'Owner', email: 'owner@example.com', password: 'Gantry-9-Kestrel' } });
    for (const { url } of instances) assert.equal((await request(url, 'GET', '/api/auth/me', { token: json.token })).status, 200);
  });

  /** Back to before the migration `ticks`, with somebody in it. */
  async function behind(t, env) {
    const directory = await directoryFor(t);
    const instance = await startOn(directory, env);
    await request(instance.url, 'POST', '/api/auth/signup', { body: { name: 'Owner', email: 'owner@example.com', password: 'Gantry-9-Kestrel' } });
    await instance.term();
    const { code, err } = await tenon(['migrate', 'down', String(migrations(env.DATABASE_URL ? 'postgres' : 'sqlite') - 5)], { ...env, DATA_DIR: directory });
    assert.equal(code, 0, err);
    return { ...env, DATA_DIR: directory };
  }

  for (const engine of ['sqlite', 'postgresql']) {
    test(`a rehearsal on ${engine} says what would happen and changes nothing`, async (t) => {
      const one = engine === 'postgresql' ? await server.createDatabase('rehearsed') : null;
      const env = await behind(t, one ? urls(one) : {});
      const { code, out, err } = await tenon(['migrate', '--rehearse'], env);
      assert.equal(code, 0, err);
      assert.match(out, /^0006  ticks +would take \d+ ms$/m);
      assert.match(out, /^table ticks is new, with 0 rows$/m);
      assert.match(out, /everything holds/);
      assert.match((await tenon(['migrate', 'status'], env)).out, /^0006  ticks +pending$/m);
      if (one) assert.equal(await server.psql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenon%'", { url: one.ownerUrl }), '0');
      assert.match((await tenon(['migrate'], env)).out, /^\d+ applied$/m);
      assert.match((await tenon(['migrate', '--rehearse'], env)).out, /^nothing is pending$/m);
    });

    test(`a rehearsal on ${engine} finds what would fail`, async (t) => {
      const one = engine === 'postgresql' ? await server.createDatabase('failing') : null;
      const env = await behind(t, one ? urls(one) : {});
      if (one) await server.psql('CREATE TABLE ticks (name text)', { url: one.ownerUrl });
      else sqlite(path.join(env.DATA_DIR, 'tenon.db'), 'CREATE TABLE ticks (name TEXT)');
      assert.notEqual((await tenon(['migrate', '--rehearse'], env)).code, 0, 'the rehearsal');
      assert.notEqual((await tenon(['migrate'], env)).code, 0, 'the migration itself');
      if (!one) return;
      await server.psql('DROP TABLE ticks', { url: one.ownerUrl });
      assert.equal((await tenon(['migrate', '--rehearse'], env)).code, 0);
      assert.equal((await tenon(['migrate'], env)).code, 0);
    });
  }

  test('a rehearsal finds a table that was changed by hand', async (t) => {
    const one = await server.createDatabase('changed');
    const env = await behind(t, urls(one));
    await server.psql('ALTER TABLE users RENAME COLUMN metadata TO more', { url: one.ownerUrl });
    assert.equal((await tenon(['migrate', '--rehearse'], env)).code, 1);
    await server.psql('ALTER TABLE users RENAME COLUMN more TO metadata', { url: one.ownerUrl });
    assert.equal((await tenon(['migrate', '--rehearse'], env)).code, 0);
  });

  test('a rehearsal finds what the migrations would leave open', async (t) => {
    const one = await server.createDatabase('opened');
    const env = await behind(t, urls(one));
    await server.psql('ALTER ROLE opened_app BYPASSRLS');
    const { code, err } = await tenon(['migrate', '--rehearse'], env);
    assert.equal(code, 1);
    assert.match(err, /opened_app serves and is a superuser, bypasses row-level security/);
  });
});
