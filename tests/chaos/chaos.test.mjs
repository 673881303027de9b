// Three instances behind a load balancer, on one PostgreSQL (and one Redis), while everything under and beside them is restarted, cut, stopped
// and killed: nothing that was acknowledged is lost or doubled, nobody ever sees another's rows, and all of it heals by itself.
//   CHAOS_SECONDS   of restarts and kills (25); from 120 on nobody helps the clock at the end
//   CHAOS_REDIS     1 or 0: with Redis or without; with it where this program knows how
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { startPostgres, startRedis } from '../servers/servers.mjs';
import { makeInstance } from './instance.mjs';
import { makePerson, request, startLoad, text } from './load.mjs';
import { startNginx } from './nginx.mjs';

const seconds = Number(process.env.CHAOS_SECONDS ?? 25), RESTARTS = 20;
const withRedis = process.env.CHAOS_REDIS ? process.env.CHAOS_REDIS === '1' : existsSync(new URL('../../src/bus/redis.c', import.meta.url));
const periods = { 'jobs.forget': 3600, 'auth.sessions': 600, 'conversations.interrupted': 60 }; // of chores, in seconds
const moment = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('three instances while everything breaks', { skip: notBuilt }, () => {
  let postgres, redis, nginx, instances = [], people, load, chunks, began;
  const env = { APP_ENV: 'development', HOST: '127.0.0.1', LOG_LEVEL: 'warn', TRUSTED_PROXIES: '127.0.0.1', JWT_SECRET: 'a-secret-of-this-test-and-no-other-one', ENCRYPTION_KEY: '1'.repeat(64) };
  for (const tier of ['AUTH', 'SENSITIVE', 'PUBLIC', 'USER', 'KEY', 'WIDGET']) env[`RATE_LIMIT_${tier}`] = '0';

  before(async () => {
    // The machine stays up, so nothing has to reach the disk; but what was committed must have left the server that is killed.
    [postgres, redis] = await Promise.all([startPostgres({ fsync: false, settings: { synchronous_commit: 'on', full_page_writes: 'on' } }), withRedis ? startRedis() : null]);
    Object.assign(env, { DATABASE_URL: postgres.appUrl, DATABASE_OWNER_URL: postgres.ownerUrl }, redis ? { REDIS_URL: redis.url } : {});
    for (let i = 0; i < 3; i++) instances.push(await makeInstance(env));
    nginx = await startNginx(instances.map(({ port }) => port));
    began = Date.now();
    await Promise.all(instances.map((instance) => instance.start()));
    await postgres.psql(`CREATE SCHEMA watch; CREATE TABLE watch.ticks (name text);
      CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO watch.ticks VALUES (NEW.name); RETURN NEW; END';
      INSERT INTO watch.ticks SELECT name FROM ticks; CREATE TRIGGER watched AFTER INSERT OR UPDATE ON ticks FOR EACH ROW EXECUTE FUNCTION watch.note()`);
    people = await Promise.all(['amber', 'birch', 'cedar', 'dune'].map((mark) => makePerson(nginx.url, mark)));
    chunks = await indexed(people[0], 'amber 0');
  });
  after(async () => {
    await load?.stop();
    await Promise.all(instances.map((instance) => instance.remove()));
    await nginx?.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  /** Into how many passages one of the load's documents is cut. */
  async function indexed(person, name) {
    const { id } = (await request(nginx.url, 'POST', '/api/knowledge/documents', { token: person.token, body: { title: name, text: text(name) } })).json.data;
    return eventually(async () => {
      const { status, chunk_count: count } = (await request(nginx.url, 'GET', `/api/knowledge/documents/${id}`, { token: person.token })).json.data;
      assert.equal(status, 'ready');
      return count;
    }, { within: 15_000, every: 50 });
  }

  const statusOf = async (instance, where, token) => (await request(instance.url, 'GET', where, { token })).status;

  /** Milliseconds until writes are acknowledged again. */
  async function heals(what, within = 10_000) {
    const from = Date.now(), had = load.acknowledgements;
    await eventually(async () => assert.ok(load.acknowledgements > had + 5, `${what}: no write is acknowledged after ${Date.now() - from} ms`), { within, every: 10 });
    return Date.now() - from;
  }

  const ready = (within = 10_000) => eventually(async () => { for (const instance of instances) assert.equal(await statusOf(instance, '/api/health/ready'), 200, instance.log.slice(-500)); }, { within, every: 50 });

  /** An instance that lives must say so at any time. */
  function watchLife() {
    const faults = [];
    let going = true;
    const loops = instances.map(async (instance) => {
      while (going) {
        const { life, up } = instance, from = Date.now();
        const answer = up ? await request(instance.url, 'GET', '/api/health/live') : { status: 200 };
        const took = Date.now() - from;
        if (up && life === instance.life && (answer.status !== 200 || took > 3000)) faults.push(`${answer.status} after ${took} ms`);
        await moment(50);
      }
    });
    return { faults, stop: async () => { going = false; await Promise.all(loops); } };
  }

  test('the load is taken', async () => {
    load = startLoad(nginx.url, people);
    await heals('at first');
  });

  test('PostgreSQL is away: alive, not ready, told when to come again; and back', { timeout: 60_000 }, async () => {
    const life = watchLife();
    await postgres.halt({ mode: 'immediate' });
    await eventually(async () => { for (const instance of instances) assert.equal(await statusOf(instance, '/api/health/ready'), 503); }, { within: 5000, every: 50 });
    const answer = await request(nginx.url, 'GET', '/api/auth/me', { token: people[0].token });
    assert.equal(answer.status, 503);
    assert.equal(answer.json.error.code, 'UNAVAILABLE');
    assert.match(answer.retry, /^\d+$/);
    assert.equal(await statusOf(instances[0], '/health'), 503);
    await postgres.start();
    const took = await heals('PostgreSQL is back');
    await ready();
    await life.stop();
    assert.deepEqual(life.faults, [], 'liveness');
    assert.ok(took < 5000, `${took} ms`);
  });

  test('PostgreSQL stands still for a moment', { timeout: 60_000 }, async () => {
    await postgres.pause();
    await moment(1500);
    await postgres.resume();
    assert.ok(await heals('it goes on') < 5000);
  });

  test(`${RESTARTS} restarts, connections cut, instances killed`, { timeout: (seconds + 120) * 1000 }, async (t) => {
    const life = watchLife(), slowest = { restart: 0, cut: 0 };
    let going = true, kills = 0;
    const killer = (async () => {
      for (let i = 0; going; i++) {
        const instance = instances[i % instances.length];
        await moment(2000);
        await instance.kill9();
        await instance.start();
        kills++;
      }
    })();
    for (let i = 0, from = Date.now(); i < RESTARTS || Date.now() - from < seconds * 1000; i++) {
      await postgres.restart({ mode: i % 2 ? 'fast' : 'immediate' });
      slowest.restart = Math.max(slowest.restart, await heals('after a restart'));
      await moment((i * 37) % 300);
      await postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenon_app'");
      slowest.cut = Math.max(slowest.cut, await heals('after a cut'));
      await moment(Math.max(0, (seconds * 1000 * (i + 1)) / RESTARTS - (Date.now() - from)));
    }
    going = false;
    await killer;
    await ready();
    await life.stop();
    assert.deepEqual(life.faults, [], 'liveness');
    assert.ok(kills >= 3);
    t.diagnostic(`${kills} kills; writes went on at the latest ${slowest.restart} ms after a restart, ${slowest.cut} ms after connections were cut`);
  });

  test('Redis is paused, emptied, stopped and back', { skip: !withRedis && 'without Redis', timeout: 60_000 }, async () => {
    await redis.pause();
    await heals('while Redis stands still');
    await redis.resume();
    await redis.flush();
    await heals('while Redis is empty');
    await redis.stop();
    await heals('without Redis');
    await redis.start();
    await heals('Redis is back');
  });

  test('everything that was acknowledged is there once', { timeout: 60_000 }, async (t) => {
    await load.stop();
    t.diagnostic(`${load.acknowledgements} writes acknowledged, ${load.reads} lists read; answers ${JSON.stringify(load.statuses)}`);
    assert.deepEqual(load.faults, []);
    const table = async (sql) => (await postgres.psql(sql)).split('\n').filter(Boolean).map((line) => line.split('|'));
    for (const [what, column] of [['keys', 'name'], ['documents', 'title'], ['conversations', 'title']]) {
      const rows = await table(`SELECT id, ${column}, o.organization_id FROM ${what === 'keys' ? 'api_keys' : what} o`);
      const there = new Map(rows.map(([id, name, organization]) => [id, { name, organization }]));
      assert.equal(new Set(rows.map(([, name]) => name)).size, rows.length, `${what}: a request was doubled`);
      assert.ok(load.acknowledged[what].length > 50, `only ${load.acknowledged[what].length} ${what}`);
      for (const { id, name, mark } of load.acknowledged[what]) {
        assert.equal(there.get(id)?.name, name, `${what}: ${name} was acknowledged and is lost`);
        assert.equal(there.get(id).organization, people.find((person) => person.mark === mark).organization);
      }
    }
    const messages = new Set((await table('SELECT id FROM messages')).flat());
    for (const { id } of load.acknowledged.messages) assert.ok(messages.has(id), `an answer was given and is lost: ${id}`);
    await eventually(async () => { // a journal is moved into the ledger after the answer
      const calls = new Map(await table("SELECT request_id, count(*) FROM usage_events WHERE feature = 'gateway' GROUP BY 1"));
      for (const count of calls.values()) assert.equal(count, '1', 'a call is in the ledger twice');
      for (const { id } of load.acknowledged.calls) assert.ok(calls.has(id), `the call ${id} was answered and is not in the ledger`);
    }, { within: 15_000, every: 200 });
  });

  test('every document is indexed, each job with one effect', { timeout: 400_000 }, async () => {
    // As if the leases of who was killed had run out, and the waits before another attempt.
    if (seconds < 120) await postgres.psql('UPDATE jobs SET run_at = least(run_at, now()), claimed_until = least(claimed_until, now()) WHERE state IN (\'queued\', \'running\')');
    await eventually(async () => assert.equal(await postgres.psql("SELECT string_agg(DISTINCT state, ' ') FROM jobs"), 'done'), { within: seconds < 120 ? 60_000 : 300_000, every: 300 });
    assert.equal(await postgres.psql("SELECT string_agg(DISTINCT status, ' ') FROM documents"), 'ready');
    assert.equal(await postgres.psql('SELECT string_agg(DISTINCT chunk_count::text, \' \') FROM documents'), String(chunks));
    assert.equal(await postgres.psql(`SELECT count(*) FROM documents d WHERE (SELECT count(*) FROM chunks c WHERE c.organization_id = d.organization_id AND c.index_id = d.index_id) <> ${chunks}`), '0');
    assert.equal(await postgres.psql('SELECT count(*) FROM chunks c WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.organization_id = c.organization_id AND d.index_id = c.index_id)'), '0', 'passages of a run that was cut off');
    assert.equal(await postgres.psql('SELECT count(*) FROM postings c WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.organization_id = c.organization_id AND d.index_id = c.index_id)'), '0', 'terms of a run that was cut off');
    assert.equal(await postgres.psql('SELECT count(*) FROM search_totals t WHERE chunk_count <> (SELECT coalesce(sum(chunk_count), 0) FROM documents d WHERE d.organization_id = t.organization_id)'), '0', 'sums of the index');
  });

  test('chores were done once a period', async () => {
    const lasted = (Date.now() - began) / 1000;
    for (const [name, count] of (await postgres.psql('SELECT name, count(*) FROM watch.ticks GROUP BY name')).split('\n').map((line) => line.split('|')))
      if (periods[name]) assert.ok(Number(count) <= 1 + Math.floor(lasted / (periods[name] * 0.95)), `${name}: ${count} times in ${lasted} s`);
  });

  test('a limit is one for all of them', { skip: !withRedis && 'without Redis', timeout: 60_000 }, async () => {
    const limit = 30;
    await Promise.all(instances.map((instance) => instance.term()));
    const limited = await Promise.all(instances.map(() => makeInstance({ ...env, RATE_LIMIT_KEY: `${limit}/1h` })));
    try {
      await Promise.all(limited.map((instance) => instance.start()));
      const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => statusOf(limited[i % 3], '/v1/models', people[1].key)));
      assert.deepEqual([...new Set(answers)].sort(), [200, 429]);
      const passed = answers.filter((status) => status === 200).length;
      assert.ok(passed >= limit - 3 && passed <= limit + limited.length, `${passed} passed a limit of ${limit}`);
    } finally {
      await Promise.all(limited.map((instance) => instance.remove()));
    }
  });

  test('and the end is an orderly one', { timeout: 60_000 }, async () => {
    for (const instance of instances) if (instance.up) assert.equal(await instance.term(), 0);
  });
});
