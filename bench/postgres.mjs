// Measures Tenon on PostgreSQL beside pgbench, which sends every statement the request needs, the session lookup included, in the same pipelines over as many connections
// to the same server, turn by turn in one run; what row-level security costs; and what a second instance adds. Prints Markdown.
//
//   node bench/postgres.mjs        BENCH_SECONDS=4 (of each measurement)  BENCH_ROUNDS=3  BENCH_CONNECTIONS=8
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../tests/clients/harness.mjs';
import { startPostgres } from '../tests/servers/servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tenon = path.join(root, 'build/tenon'), load = path.join(root, 'build/bench/bench-load');
const seconds = Number(process.env.BENCH_SECONDS ?? 4), rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const connections = Number(process.env.BENCH_CONNECTIONS ?? 8);
const run = promisify(execFile);
const bin = execFileSync('bash', ['-c', 'ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1']).toString().trim();

const postgres = await startPostgres({});
const scratch = await mkdtemp(path.join(os.tmpdir(), 'tenon-bench-'));
const servers = [];

async function serve() {
  const port = await freePort(), dir = await mkdtemp(path.join(scratch, 'instance-'));
  const env = {
    ...process.env, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dir, DATABASE_URL: postgres.appUrl, DATABASE_OWNER_URL: postgres.ownerUrl, DATABASE_POOL_SIZE: String(connections),
    WORKERS: String(connections), LOG_LEVEL: 'error', JWT_SECRET: 'bench-secret-bench-secret-bench-secret', ENCRYPTION_KEY: '0'.repeat(64),
    RATE_LIMIT_USER: '0', RATE_LIMIT_AUTH: '0', RATE_LIMIT_PUBLIC: '0', RATE_LIMIT_KEY: '0', RATE_LIMIT_SENSITIVE: '0',
  };
  const child = spawn(tenon, ['serve'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  servers.push(child);
  for (let i = 0; i < 200; i++) {
    if (await fetch(`http://127.0.0.1:${port}/health`).then((r) => r.ok, () => false)) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return `http://127.0.0.1:${port}`;
}

async function api(url, method, token, body) {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }, body: body && JSON.stringify(body) });
  return response.json();
}

const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function http(url, token, count, body) {
  const args = ['-c', String(count), '-d', String(seconds), '-w', '1', '-j', '-H', `Authorization: Bearer ${token}`, ...(body ? ['-m', 'POST', '-H', 'content-type: application/json', '-b', JSON.stringify(body)] : []), url];
  const result = JSON.parse((await run(load, args)).stdout);
  if (result.not_2xx || result.errors) throw new Error(`${url}: ${result.not_2xx} not 2xx, ${result.errors} errors`);
  return { rate: result.rps, p99: result.whole.p99 };
}

async function pgbench(script, count, url = postgres.appUrl) {
  const file = path.join(scratch, 'script.sql'), prefix = path.join(scratch, 'log');
  await writeFile(file, script);
  const { stdout } = await run(path.join(bin, 'pgbench'), ['-n', '-M', 'prepared', '-f', file, '-c', String(count), '-j', String(Math.min(count, os.cpus().length)), '-T', String(seconds), '-l', `--log-prefix=${prefix}`, url]);
  const times = [];
  for (const name of await readdir(scratch)) {
    if (!name.startsWith('log.')) continue;
    for (const line of (await readFile(path.join(scratch, name), 'utf8')).split('\n')) if (line) times.push(Number(line.split(' ')[2]));
    await rm(path.join(scratch, name));
  }
  times.sort((a, b) => a - b);
  return { rate: Number(/tps = ([\d.]+)/.exec(stdout)[1]), p99: times[Math.floor(times.length * 0.99)] };
}

const one = await serve();
const account = await api(`${one}/api/auth/signup`, 'POST', null, { name: 'Bench', email: 'bench@example.com', password: 'Gantry-9-Kestrel' });
const chat = (await api(`${one}/api/conversations`, 'POST', account.token, { title: 'bench' })).data.id;
const me = (await api(`${one}/api/auth/me`, 'GET', account.token)).data;
const session = JSON.parse(Buffer.from(account.token.split('.')[1], 'base64url')).sid;
const org = me.organization.id, user = account.user.id;

const enter = (organization, role) => `SELECT set_config('tenon.organization', '${organization}', true), set_config('role', '${role}', true);`;
const pipeline = (...statements) => `\\startpipeline\n${statements.join('\n')}\n\\endpipeline\n`;
const whose = pipeline(enter('', 'tenon_app_system'), `SELECT s.id, s.user_id, s.current_organization, s.kind, s.token_hash, m.role, s.expires_at, s.last_used FROM sessions s JOIN users u ON u.id = s.user_id AND u.is_active JOIN memberships m ON m.organization_id = s.current_organization AND m.user_id = s.user_id WHERE s.id = '${session}';`);
const select = `SELECT id, title, model, collection_ids, created_at, updated_at FROM conversations WHERE organization_id = '${org}' AND (user_id = '${user}' OR ('${user}' IS NULL AND user_id IS NULL)) AND id = '${chat}';`;
const insert = `INSERT INTO conversations (organization_id, user_id, id, title, model, collection_ids, created_at, updated_at) VALUES ('${org}', '${user}', gen_random_uuid(), 'b', 'builtin/extract-1', '[]', now(), now());`;
const read = whose + pipeline(enter(org, 'none'), select), write = whose + pipeline(enter(org, 'none'), insert);

const rows = [];
async function compare(name, count, measure, script) {
  const ours = [], theirs = [];
  for (let i = 0; i < rounds; i++) {
    await postgres.psql('VACUUM ANALYZE conversations', { url: postgres.superUrl });
    ours.push(await measure(count));
    theirs.push(await pgbench(script, Math.min(count, connections)));
  }
  const [a, b] = [middle(ours.map((x) => x.rate)), middle(theirs.map((x) => x.rate))];
  rows.push(`| ${name} | ${count} | ${a.toFixed(0)} | ${(middle(ours.map((x) => x.p99)) / 1000).toFixed(2)} | ${b.toFixed(0)} | ${(middle(theirs.map((x) => x.p99)) / 1000).toFixed(2)} | ${(100 * a / b).toFixed(0)} % |`);
}

try {
  const reading = (count) => http(`${one}/api/conversations/${chat}`, account.token, count), writing = (count) => http(`${one}/api/conversations`, account.token, count, { title: 'b' });
  for (const count of [1, connections, 4 * connections]) await compare('read', count, reading, read);
  for (const count of [1, connections, 4 * connections]) await compare('write', count, writing, write);
  console.log(`## On PostgreSQL, measured ${new Date().toISOString().slice(0, 10)}\n`);
  console.log(`- ${os.cpus()[0].model}, ${os.cpus().length} cores; PostgreSQL ${(await postgres.psql('SHOW server_version', { url: postgres.superUrl })).trim()}, fsync on, untuned; ${connections} database connections at most`);
  console.log(`- medians of ${rounds} turns of ${seconds} s; the database, the load and the servers share the cores\n`);
  console.log('| authenticated | HTTP connections | Tenon a second | p99 ms | pgbench a second | p99 ms | of pgbench |\n|---|---|---|---|---|---|---|');
  console.log(rows.join('\n'));

  const walled = [], open = [];
  for (let i = 0; i < rounds; i++) {
    walled.push((await pgbench(pipeline(enter(org, 'none'), select), connections)).rate);
    open.push((await pgbench(pipeline(enter(org, 'none'), select), connections, postgres.superUrl)).rate);
  }
  console.log(`\nRow-level security: the read's last pipeline, ${middle(walled).toFixed(0)} a second as the serving role and ${middle(open).toFixed(0)} as a superuser, whom no policy holds: ${(100 * (1 - middle(walled) / middle(open))).toFixed(1)} %.`);

  const two = await serve(), alone = [], both = [];
  for (let i = 0; i < rounds; i++) {
    alone.push((await reading(2 * connections)).rate);
    const pair = await Promise.all([one, two].map((url) => http(`${url}/api/conversations/${chat}`, account.token, connections)));
    both.push(pair[0].rate + pair[1].rate);
  }
  console.log(`\nTwo instances: ${middle(both).toFixed(0)} reads a second against ${middle(alone).toFixed(0)} of one, ${(middle(both) / middle(alone)).toFixed(2)} times.`);
} finally {
  for (const child of servers) child.kill('SIGTERM');
  await Promise.all(servers.map((child) => new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()))));
  await postgres.stop();
  await rm(scratch, { recursive: true, force: true });
}
