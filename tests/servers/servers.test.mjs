// The servers that other tests stand on: each answers, goes away and comes back as told, and leaves no process, directory or shared
// memory behind, whatever became of the test.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../clients/harness.mjs';
import { running } from './program.mjs';
import { startPostgres, startRedis } from './servers.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

const noneLeft = (pids, directories) => eventually(async () => {
  for (const pid of pids) assert.ok(!running(pid), `process ${pid} is left`);
  for (const directory of directories) assert.ok(!existsSync(directory), `${directory} is left`);
}, { within: 15_000 });

/** Whether the promise is still open after so long. */
const hangs = async (promise, milliseconds = 300) => {
  const open = Symbol('open');
  return (await Promise.race([promise.catch(() => {}), new Promise((resolve) => setTimeout(resolve, milliseconds, open))])) === open;
};

describe('PostgreSQL', () => {
  let server;
  before(async () => { server = await startPostgres({ pgbouncer: true }); });
  after(() => server?.stop());

  test('is what an operator prepares', async () => {
    assert.ok(Number(await server.psql('SHOW server_version_num')) >= 150000);
    assert.equal(await server.psql('SHOW fsync'), 'on');
    assert.equal(await server.psql('SHOW max_connections'), '100');
    assert.equal(await server.psql("SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = 'tenon_owner'"), 'f|t|f|f');
    assert.equal(await server.psql("SELECT count(*) FROM pg_roles WHERE rolname = 'tenon_app'"), '0');
    assert.equal(await server.psql('SHOW password_encryption'), 'scram-sha-256');
    await assert.rejects(server.psql('SELECT 1', { url: server.ownerUrl.replace(/:[0-9a-f]+@/, ':wrong@') }), /password authentication failed/);
  });

  test('a database of its own, whose owner makes the serving role, which logs in through pgbouncer', async () => {
    const began = Date.now();
    const one = await server.createDatabase('notes');
    assert.ok(Date.now() - began < 2000, 'quickly');
    const { username, password } = new URL(one.appUrl);
    await assert.rejects(server.psql('SELECT 1', { url: one.pgbouncerUrl }), /FATAL|ERROR/);
    await server.psql(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'; CREATE TABLE notes (title text); INSERT INTO notes VALUES ('Milk'); GRANT SELECT ON notes TO ${username}`, { url: one.ownerUrl });
    for (const url of [one.appUrl, one.pgbouncerUrl]) assert.equal(await server.psql('SELECT title, current_user FROM notes', { url }), `Milk|${username}`);
    await assert.rejects(server.psql('DELETE FROM notes', { url: one.pgbouncerUrl }), /permission denied/);
    await assert.rejects(server.psql('SELECT * FROM notes', { url: server.ownerUrl }), /does not exist/);
    await assert.rejects(server.psql('SELECT 1', { url: one.pgbouncerUrl.replace(password, 'wrong') }), /FATAL|ERROR/);
  });

  test('pgbouncer gives a connection for the length of a transaction', async () => {
    const admin = server.superUrl.replace(/:\d+\/tenon$/, `:${server.pgbouncer.port}/pgbouncer`);
    assert.match(await server.psql('SHOW CONFIG', { url: admin }), /^pool_mode\|transaction\|/m);
  });

  test('pgbouncer is away and comes back', async () => {
    const url = server.superUrl.replace(/:\d+\/tenon$/, `:${server.pgbouncer.port}/tenon`);
    await server.pgbouncer.stop();
    await assert.rejects(server.psql('SELECT 1', { url }), /refused/);
    await server.pgbouncer.start();
    assert.equal(await server.psql('SELECT 1', { url }), '1');
  });

  test('is restarted on its port, in every mode', async () => {
    await server.psql('CREATE TABLE kept (n int)');
    await server.pgbouncer.stop(); // a smart shutdown waits for its connections
    for (const mode of ['smart', 'fast', 'immediate']) {
      const { pid } = server;
      await server.restart({ mode });
      assert.notEqual(server.pid, pid);
      assert.ok(!running(pid));
      await server.psql('INSERT INTO kept VALUES (1)');
    }
    await server.pgbouncer.start();
    assert.equal(await server.psql('SELECT count(*) FROM kept'), '3');
  });

  test('is away and comes back', async () => {
    await server.halt();
    assert.equal(server.pid, undefined);
    await assert.rejects(server.psql('SELECT 1'), /refused/);
    await server.start();
    assert.equal(await server.psql('SELECT 1'), '1');
  });

  test('kill -9 takes the workers too, and what was committed is there afterwards', async () => {
    const sleeping = server.psql('SELECT pg_sleep(600)');
    sleeping.catch(() => {});
    const worker = await eventually(async () => {
      const found = await server.psql("SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'");
      assert.match(found, /^\d+$/);
      return Number(found);
    });
    await server.psql('INSERT INTO kept VALUES (4)');
    await server.kill9();
    assert.ok(!running(worker));
    await assert.rejects(sleeping);
    await server.restart();
    assert.match(server.log(), /was interrupted|not properly shut down/);
    assert.equal(await server.psql('SELECT count(*) FROM kept'), '4');
  });

  test('stands still and goes on', async () => {
    const waiting = server.psql('SELECT pg_sleep(0.2)'); // its worker stands still as well
    await eventually(async () => assert.equal(await server.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'"), '1'));
    await server.pause();
    const asked = server.psql('SELECT 2');
    assert.ok(await hangs(waiting) && await hangs(asked, 0));
    await server.resume();
    await waiting;
    assert.equal(await asked, '2');
  });

  test('leaves nothing when it is stopped, also while it stands still', async () => {
    const pids = [server.pid, server.pgbouncer.pid];
    await server.pause();
    await server.stop();
    await noneLeft(pids, [server.dir]);
    server = null;
  });
});

test('PostgreSQL leaves no shared memory after a kill -9', async () => {
  const server = await startPostgres({ fsync: false, settings: { work_mem: '7MB' } });
  const segment = readFileSync(path.join(server.dir, 'data', 'postmaster.pid'), 'utf8').split('\n')[6].trim().split(/\s+/)[1];
  const there = () => readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').some((line) => line.trim().split(/\s+/)[1] === segment);
  assert.equal(await server.psql('SHOW fsync'), 'off');
  assert.equal(await server.psql('SHOW work_mem'), '7MB');
  assert.ok(there());
  await server.kill9();
  assert.ok(there(), 'the system keeps it');
  await server.stop();
  assert.ok(!there());
});

test('PostgreSQL with TLS refuses what comes without', async () => {
  const server = await startPostgres({ ssl: true, fsync: false, pgbouncer: true });
  try {
    assert.equal(await server.psql('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', { url: `${server.superUrl}?sslmode=verify-full&sslrootcert=${server.certificate}` }), 't');
    await assert.rejects(server.psql('SELECT 1', { url: `${server.superUrl}?sslmode=disable` }), /no encryption/);
    assert.equal(await server.psql('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', { url: server.superUrl.replace(/:\d+\//, `:${server.pgbouncer.port}/`) }), 't');
  } finally {
    await server.stop();
  }
});

describe('Redis', () => {
  let server;
  before(async () => { server = await startRedis(); });
  after(() => server?.stop());

  test('answers and is emptied', async () => {
    assert.equal(await server.cli('SET', 'greeting', 'hello'), 'OK');
    assert.equal(await server.cli('GET', 'greeting'), 'hello');
    await assert.rejects(server.cli('LPUSH', 'greeting', 'x'), /WRONGTYPE/);
    assert.match(await server.cli('INFO', 'server'), /redis_version:[7-9]/);
    await server.flush();
    assert.equal(await server.cli('DBSIZE'), '0');
  });

  test('stands still and goes on', async () => {
    await server.pause();
    const asked = server.cli('PING');
    assert.ok(await hangs(asked));
    await server.resume();
    assert.equal(await asked, 'PONG');
  });

  test('is away and comes back, empty, on its port', async () => {
    for (const leave of [server.stop, server.kill9]) {
      const { pid, dir } = server;
      await server.cli('SET', 'greeting', 'hello');
      await leave();
      await assert.rejects(server.cli('PING'), /refused/);
      await server.start();
      assert.equal(await server.cli('DBSIZE'), '0');
      await noneLeft([pid], [dir]);
    }
  });

  test('asks for a password where it is told to', async () => {
    const locked = await startRedis({ password: true });
    try {
      assert.equal(await locked.cli('PING'), 'PONG');
      assert.match(locked.url, /^redis:\/\/:[0-9a-f]+@127\.0\.0\.1:\d+$/);
      await assert.rejects(server.cli('-p', String(locked.port), 'PING'), /NOAUTH/);
    } finally {
      await locked.stop();
    }
  });

  test('leaves nothing when it is stopped, also while it stands still', async () => {
    const { pid, dir } = server;
    await server.pause();
    await server.stop();
    await noneLeft([pid], [dir]);
    server = null;
  });
});

describe('a test that comes to no end', () => {
  const program = `
    import { startPostgres, startRedis } from ${JSON.stringify(path.join(here, 'servers.mjs'))};
    const [postgres, redis] = await Promise.all([startPostgres({ pgbouncer: true, fsync: false }), startRedis()]);
    if (process.argv.includes('paused')) await Promise.all([postgres.pause(), redis.pause()]);
    console.log(JSON.stringify({ pids: [postgres.pid, postgres.pgbouncer.pid, redis.pid], dirs: [postgres.dir, redis.dir] }));
    if (process.argv.includes('throws')) throw new Error('on purpose');
  `;
  for (const [what, argument, signal] of [['is killed', '', 'SIGKILL'], ['is interrupted', '', 'SIGINT'], ['is killed while they stand still', 'paused', 'SIGKILL'], ['throws', 'throws', null]]) {
    test(`${what}: nothing is left`, { timeout: 60_000 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', argument], { stdio: ['ignore', 'pipe', 'ignore'] });
      const exited = once(child, 'exit');
      let said = '';
      for await (const piece of child.stdout.setEncoding('utf8')) if ((said += piece).includes('\n')) break;
      const { pids, dirs } = JSON.parse(said);
      if (signal) {
        for (const pid of pids) assert.ok(running(pid));
        child.kill(signal);
      }
      await exited;
      await noneLeft(pids, dirs);
    });
  }
});

describe('with', () => {
  async function run(words, { during } = {}) {
    const child = spawn(path.join(here, 'with'), words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => { err += piece; });
    child.stdout.setEncoding('utf8').on('data', (piece) => { out += piece; during?.(child, out); });
    const [code] = await once(child, 'close');
    return { code, out, err };
  }

  test('gives the command its servers and ends as it did', { timeout: 60_000 }, async () => {
    const { code, out } = await run(['--pgbouncer', '--redis', '--fast', '--', process.execPath, '-e', 'console.log(JSON.stringify(process.env)); process.exit(7)']);
    const env = JSON.parse(out);
    assert.equal(code, 7);
    assert.match(env.TENON_TEST_POSTGRES_OWNER_URL, /^postgresql:\/\/tenon_owner:[0-9a-f]+@127\.0\.0\.1:\d+\/tenon$/);
    assert.match(env.TENON_TEST_POSTGRES_URL, /^postgresql:\/\/tenon_app:/);
    assert.match(env.TENON_TEST_POSTGRES_SUPER_URL, /^postgresql:\/\/postgres:/);
    assert.match(env.TENON_TEST_PGBOUNCER_URL, /^postgresql:\/\/tenon_app:/);
    assert.notEqual(new URL(env.TENON_TEST_PGBOUNCER_URL).port, new URL(env.TENON_TEST_POSTGRES_URL).port);
    assert.match(env.TENON_TEST_REDIS_URL, /^redis:\/\/127\.0\.0\.1:\d+$/);
  });

  test('passes a signal on, and then ends the servers', { timeout: 60_000 }, async () => {
    let sent = false;
    const { code, out } = await run(['--redis', '--', 'sh', '-c', 'trap "echo told; exit 5" TERM; echo "$TENON_TEST_REDIS_URL"; for i in $(seq 400); do sleep 0.05; done'], {
      during(child, said) {
        if (!sent && said.includes('\n')) sent = child.kill('SIGTERM');
      },
    });
    assert.equal(code, 5);
    const [url, told] = out.trim().split('\n');
    assert.equal(told, 'told');
    await assert.rejects(fetch(url.replace('redis:', 'http:')), (error) => error.cause.code === 'ECONNREFUSED');
  });

  test('says how it is used', async () => {
    for (const words of [[], ['--redis'], ['--redis', '--'], ['--mysql', '--', 'true']]) {
      const { code, err } = await run(words);
      assert.equal(code, 2);
      assert.match(err, /^usage: /);
    }
  });

  test('a command that is not there', async () => {
    const { code, err } = await run(['--redis', '--', '/nonexistent/command']);
    assert.equal(code, 1);
    assert.match(err, /ENOENT/);
  });
});
