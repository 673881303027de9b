// What the program says and does where it cannot serve from a PostgreSQL, or must not.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { notBuilt } from '../clients/harness.mjs';
import { request, startOn } from '../durability/durable.mjs';
import { startPostgres } from '../servers/servers.mjs';
import { directoryFor, migrations, tenon, urls } from './commands.mjs';

const secretsOf = (...list) => list.flatMap((url) => [new URL(url).password, 'sesame']);

describe('starting on PostgreSQL', { skip: notBuilt }, () => {
  let server;
  before(async () => { server = await startPostgres({ fsync: false }); });
  after(() => server?.stop());

  /** It ends by itself, says why in one line, and shows no secret. */
  async function refuses(t, env, why) {
    const DATA_DIR = await directoryFor(t);
    const { code, err } = await tenon(['serve'], { DATA_DIR, LOG_LEVEL: 'error', ...env }, { within: 20_000 });
    assert.equal(code, 1, err);
    assert.match(err, why);
    for (const secret of secretsOf(server.appUrl, server.ownerUrl, server.superUrl)) assert.ok(!err.includes(secret), `a password is shown: ${err}`);
    return err;
  }

  test('a hole in the wall stops it, and is named', async (t) => {
    const one = await server.createDatabase('holes');
    assert.equal((await tenon(['migrate'], urls(one))).out, `${migrations('postgres')} applied\n`);
    await server.psql('ALTER TABLE messages DISABLE ROW LEVEL SECURITY', { url: one.ownerUrl });
    const err = await refuses(t, urls(one), /organizations not apart[^]*^messages has no row-level security$/m);
    assert.equal(err.trim().split('\n').length, 2, err);
    assert.equal((await tenon(['doctor'], { ...urls(one), DATA_DIR: await directoryFor(t) })).code, 1);
    await server.psql('ALTER TABLE messages ENABLE ROW LEVEL SECURITY', { url: one.ownerUrl });
    const { code, out } = await tenon(['doctor'], { ...urls(one), DATA_DIR: await directoryFor(t) });
    assert.equal(code, 0);
    assert.match(out, /messages_delete, messages_insert, messages_select, messages_system, messages_update/);
    const [, tables, policies] = out.match(/(\d+) tenant tables, (\d+) policies by organization, forced/);
    assert.ok(Number(tables) >= 14 && Number(policies) === 4 * Number(tables), out);
  });

  test('it does not serve as the owner, nor as the superuser', async (t) => {
    const one = await server.createDatabase('owned');
    await tenon(['migrate'], urls(one));
    await refuses(t, { DATABASE_URL: one.ownerUrl }, /tenon_owner serves|belongs to the serving role/);
    await refuses(t, { DATABASE_URL: one.superUrl }, /postgres serves and is a superuser/);
    await refuses(t, { DATABASE_URL: one.ownerUrl, DATABASE_OWNER_URL: one.ownerUrl }, /name the same role/);
  });

  test('a database that is behind is left alone where nobody may migrate', async (t) => {
    const one = await server.createDatabase('behind');
    await tenon(['migrate'], urls(one));
    await tenon(['migrate', 'down', '1'], urls(one));
    await refuses(t, { DATABASE_URL: one.appUrl }, /behind by 1 migrations: run `tenon migrate`/);
    assert.match((await tenon(['migrate'], { DATABASE_URL: one.appUrl })).err, /DATABASE_OWNER_URL must name/);
  });

  test('what cannot be reached is said in one line', async (t) => {
    const wrong = server.appUrl.replace(/:[0-9a-f]+@/, ':sesame@');
    await tenon(['migrate'], urls(server));
    for (const DATABASE_URL of [wrong, server.appUrl.replace(/\/tenon$/, '/nowhere'), server.appUrl.replace(/:\d+\//, ':1/'), 'postgresql://nobody:sesame@127.0.0.1:1/nowhere']) {
      const err = await refuses(t, { DATABASE_URL }, /^tenon: The database of DATABASE_URL cannot be reached\.$/m);
      assert.equal(err.trim().split('\n').length, 1, err);
    }
    await refuses(t, { DATABASE_URL: server.appUrl, DATABASE_OWNER_URL: server.ownerUrl.replace(/:[0-9a-f]+@/, ':sesame@') }, /^tenon: The database of DATABASE_OWNER_URL cannot be reached\.$/m);
    await refuses(t, { DATABASE_URL: 'postgresql://127.0.0.1:1/nowhere' }, /^tenon: /m);
  });
});

describe('a PostgreSQL that only speaks TLS', { skip: notBuilt }, () => {
  let server;
  before(async () => { server = await startPostgres({ ssl: true, fsync: false }); });
  after(() => server?.stop());

  for (const mode of ['require', 'true', 'verify-full']) {
    test(`DATABASE_SSL=${mode}`, async (t) => {
      const env = { ...urls(server), DATABASE_SSL: mode };
      if (mode === 'verify-full') for (const name of Object.keys(urls(server))) env[name] += `?sslrootcert=${server.certificate}`;
      const instance = await startOn(await directoryFor(t), env);
      t.after(() => instance.kill());
      assert.equal((await request(instance.url, 'GET', '/health')).json.database, 'connected');
      assert.equal(await server.psql("SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'tenon_app'"), 't');
      assert.equal((await instance.term()).code, 0);
    });
  }

  test('without it nothing is served, and the password does not travel', async (t) => {
    const DATA_DIR = await directoryFor(t);
    const plain = await tenon(['serve'], { ...urls(server), DATABASE_SSL: 'disable', DATA_DIR });
    assert.equal(plain.code, 1);
    assert.match(plain.err, /cannot be reached/);
    const stranger = await tenon(['serve'], { ...urls(server), DATABASE_SSL: 'verify-full', DATA_DIR }); // signed by nobody it knows
    assert.equal(stranger.code, 1);
  });
});
