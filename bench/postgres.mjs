// Measures Tenon on PostgreSQL beside pgbench, which sends the very statements that PostgreSQL logged for the request, in the same
// pipelines over as many connections to the same server, turn by turn in one run; once with every request asking the database for
// its session, as pgbench does, and once as shipped, with the session remembered for a second. Besides, what row-level security
// costs and what a second instance adds. Prints Markdown.
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

async function serve(memory = '1s') {
  const port = await freePort(), dir = await mkdtemp(path.join(scratch, 'instance-'));
  const env = {
    ...process.env, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dir, DATABASE_URL: postgres.appUrl, DATABASE_OWNER_URL: postgres.ownerUrl, DATABASE_POOL_SIZE: String(connections),
    WORKERS: String(connections), LOG_LEVEL: 'error', JWT_SECRET: 'bench-secret-bench-secret-bench-secret', ENCRYPTION_KEY: '0'.repeat(64),
    SESSION_MEMORY: memory, RATE_LIMIT_USER: '0', RATE_LIMIT_AUTH: '0', RATE_LIMIT_PUBLIC: '0', RATE_LIMIT_KEY: '0', RATE_LIMIT_SENSITIVE: '0',
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

/* As many on both sides: one thread for all would have to be woken across cores for each answer. */
const threadsOf = (count) => Math.min(count, os.cpus().length);

async function http(url, token, count, body) {
  const args = ['-c', String(count), '-T', String(threadsOf(count)), '-d', String(seconds), '-w', '1', '-j', '-H', `Authorization: Bearer ${token}`, ...(body ? ['-m', 'POST', '-H', 'content-type: application/json', '-b', JSON.stringify(body)] : []), url];
  const result = JSON.parse((await run(load, args)).stdout);
  if (result.not_2xx || result.errors) throw new Error(`${url}: ${result.not_2xx} not 2xx, ${result.errors} errors`);
  return { rate: result.rps, p99: result.whole.p99 };
}

async function pgbench({ script, variables }, count, url = postgres.appUrl) {
  const file = path.join(scratch, 'script.sql'), prefix = path.join(scratch, 'log');
  await writeFile(file, script);
  const { stdout } = await run(path.join(bin, 'pgbench'), ['-n', '-M', 'prepared', '-f', file, '-c', String(count), '-j', String(threadsOf(count)), '-T', String(seconds), ...variables.flatMap((value, i) => ['-D', `v${i + 1}=${value}`]), '-l', `--log-prefix=${prefix}`, url]);
  const times = [];
  for (const name of await readdir(scratch)) {
    if (!name.startsWith('log.')) continue;
    for (const line of (await readFile(path.join(scratch, name), 'utf8')).split('\n')) if (line) times.push(Number(line.split(' ')[2]));
    await rm(path.join(scratch, name));
  }
  times.sort((a, b) => a - b);
  return { rate: Number(/tps = ([\d.]+)/.exec(stdout)[1]), p99: times[Math.floor(times.length * 0.99)] };
}

const one = await serve(), asking = await serve('0s');
const account = await api(`${one}/api/auth/signup`, 'POST', null, { name: 'Bench', email: 'bench@example.com', password: 'Gantry-9-Kestrel' });
const chat = (await api(`${one}/api/conversations`, 'POST', account.token, { title: 'bench' })).data.id;

/* What one request has the server send, from PostgreSQL's own log: an array of pipelines, each an array of { sql, values }. */
async function statementsOf(request) {
  const logging = (value) => postgres.psql(`ALTER SYSTEM SET log_statement = '${value}'; SELECT pg_reload_conf()`, { url: postgres.superUrl });
  await logging('all');
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let i = 0; i < 30; i++) await request(); // each connection has parsed what it needs
  const mark = `mark ${Math.random()}`;
  await postgres.psql(`SELECT '${mark}'`, { url: postgres.superUrl });
  await request();
  await logging('none');
  await new Promise((resolve) => setTimeout(resolve, 500)); // the log comes through a pipe
  const pipelines = [];
  for (const [, name, sql, , details] of postgres.log().split(mark).at(-1).matchAll(/LOG: {2}execute (\w+): (.*?)\n(.*DETAIL: {2}parameters: (.*)\n)?/g)) {
    const values = [...(details ?? '').matchAll(/\$\d+ = (?:'((?:[^']|'')*)'|NULL)/g)].map(([, value]) => value?.replaceAll("''", "'") ?? null);
    if (name === 'enter' || !pipelines.length) pipelines.push([]);
    pipelines.at(-1).push({ sql, values });
  }
  return pipelines;
}

/* The same for pgbench: values are parameters there as well, so that plans are made alike. `fresh`: an id that must be new each time. */
function benchOf(pipelines, fresh) {
  const variables = [], lines = [];
  for (const pipeline of pipelines) {
    lines.push('\\startpipeline');
    for (const { sql, values } of pipeline)
      lines.push(`${sql.replace(/\$(\d+)( IS NULL)?/g, (_, number, isNull = '') => {
        const value = values[number - 1];
        if (fresh?.test(sql) && value === values[1]) return 'gen_random_uuid()';
        if (!value) return value === null ? `NULL${isNull}` : "''"; // pgbench has no empty variables
        variables.push(value);
        return `:v${variables.length}${isNull && `::text${isNull}`}`; // each mention is a parameter of its own there
      })};`);
    lines.push('\\endpipeline');
  }
  return { script: `${lines.join('\n')}\n`, variables };
}

const rows = [];
const shown = ({ rate, p99 }) => `${rate.toFixed(0)} | ${(p99 / 1000).toFixed(2)}`;
const medianOf = (turns) => ({ rate: middle(turns.map((turn) => turn.rate)), p99: middle(turns.map((turn) => turn.p99)) });

async function compare(name, count, measure, script) {
  const turns = { pgbench: [], asked: [], remembered: [] };
  for (let i = 0; i < rounds; i++) {
    await postgres.psql('VACUUM ANALYZE conversations', { url: postgres.superUrl });
    turns.asked.push(await measure(asking, count));
    turns.pgbench.push(await pgbench(script, Math.min(count, connections)));
    turns.remembered.push(await measure(one, count));
  }
  const [theirs, asked, remembered] = [turns.pgbench, turns.asked, turns.remembered].map(medianOf);
  const part = (ours) => `${shown(ours)} | ${(100 * ours.rate / theirs.rate).toFixed(0)} %`;
  rows.push(`| ${name} | ${count} | ${shown(theirs)} | ${part(asked)} | ${part(remembered)} |`);
}

const reading = (url, count) => http(`${url}/api/conversations/${chat}`, account.token, count), writing = (url, count) => http(`${url}/api/conversations`, account.token, count, { title: 'b' });
const readPipelines = await statementsOf(() => api(`${asking}/api/conversations/${chat}`, 'GET', account.token));
const writePipelines = await statementsOf(() => api(`${asking}/api/conversations`, 'POST', account.token, { title: 'b' }));
const read = benchOf(readPipelines), write = benchOf(writePipelines, /^INSERT INTO conversations/);

try {
  for (const count of [1, connections, 4 * connections]) await compare('read', count, reading, read);
  for (const count of [1, connections, 4 * connections]) await compare('write', count, writing, write);
  console.log(`## On PostgreSQL, measured ${new Date().toISOString().slice(0, 10)}\n`);
  console.log(`- ${os.cpus()[0].model}, ${os.cpus().length} cores; PostgreSQL ${(await postgres.psql('SHOW server_version', { url: postgres.superUrl })).trim()}, fsync on, untuned; ${connections} database connections at most`);
  console.log(`- medians of ${rounds} turns of ${seconds} s; the database, the load and the servers share the cores\n`);
  console.log('| authenticated | HTTP connections | pgbench a second | p99 ms | Tenon, same statements | p99 ms | of pgbench | as shipped | p99 ms | of pgbench |\n|---|---|---|---|---|---|---|---|---|---|');
  console.log(rows.join('\n'));

  const walled = [], open = [];
  for (let i = 0; i < rounds; i++) {
    walled.push((await pgbench(benchOf(readPipelines.slice(1)), connections)).rate);
    open.push((await pgbench(benchOf(readPipelines.slice(1)), connections, postgres.superUrl)).rate);
  }
  console.log(`\nRow-level security: the read's last pipeline, ${middle(walled).toFixed(0)} a second as the serving role and ${middle(open).toFixed(0)} as a superuser, whom no policy holds: ${(100 * (1 - middle(walled) / middle(open))).toFixed(1)} %.`);

  const two = await serve(), alone = [], both = [];
  for (let i = 0; i < rounds; i++) {
    alone.push((await reading(one, 2 * connections)).rate);
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
