// Signing in: how many a second beside what the machine can hash at all, whether /health stays quick meanwhile, how much memory a
// flood takes, and whether the time of an answer tells that an e-mail has an account. Prints Markdown.
//
//   node bench/login.mjs        BENCH_SECONDS=4 (of each turn)  BENCH_ROUNDS=5  BENCH_LOGINS=2000 (that are told apart)
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../tests/clients/harness.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)), build = path.join(root, 'build');
const seconds = Number(process.env.BENCH_SECONDS ?? 4), rounds = Number(process.env.BENCH_ROUNDS ?? 5), logins = Number(process.env.BENCH_LOGINS ?? 2000);
const run = promisify(execFile);
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const password = 'Gantry-9-Kestrel';

execFileSync('ninja', ['-C', build, 'bench/bench-load', 'bench/bench-hash'], { stdio: 'ignore' });
const dir = await mkdtemp(path.join(os.tmpdir(), 'tenon-login-')), port = await freePort(), url = `http://127.0.0.1:${port}`;
const server = spawn(path.join(build, 'tenon'), ['serve'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dir, LOG_LEVEL: 'error', RATE_LIMIT_USER: '0', RATE_LIMIT_AUTH: '0', RATE_LIMIT_PUBLIC: '0', RATE_LIMIT_SENSITIVE: '0' },
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const post = (where, body) => new Promise((resolve, reject) => {
  const text = JSON.stringify(body), request = http.request(`${url}${where}`, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode));
  });
  request.on('error', reject).end(text);
});
const FLOOD = 500; // connections, each somebody's of their own
const signUp = (email) => post('/api/auth/signup', { name: 'Bench', email, password });
const load = async (...args) => JSON.parse((await run(path.join(build, 'bench/bench-load'), ['-j', ...args])).stdout);
const signingIn = (connections, more) => load('-c', String(connections), '-m', 'POST', '-H', 'content-type: application/json', '-b', JSON.stringify({ email: 'bench-{who}@example.com', password }), ...more, `${url}/api/auth/login`);
const memory = async (what) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;

// The probability of such ranks if both came from one distribution: Mann-Whitney U, two-sided, by its normal approximation with ties.
function mannWhitney(a, b) {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))].sort((x, y) => x.value - y.value);
  let ranks = 0, ties = 0;
  for (let i = 0; i < all.length;) {
    let j = i;
    while (j < all.length && all[j].value === all[i].value) j++;
    for (let k = i; k < j; k++) if (all[k].first) ranks += (i + j + 1) / 2;
    ties += (j - i) ** 3 - (j - i);
    i = j;
  }
  const n = a.length, m = b.length, sum = n + m;
  const u = ranks - n * (n + 1) / 2, deviation = Math.sqrt(n * m / 12 * (sum + 1 - ties / (sum * (sum - 1))));
  const z = Math.abs(u - n * m / 2) / deviation, t = 1 / (1 + 0.2316419 * z);
  return 2 * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))); // Abramowitz and Stegun 26.2.17
}

try {
  for (let i = 0; i < 200 && !(await fetch(`${url}/health`).then((r) => r.ok, () => false)); i++) await new Promise((resolve) => setTimeout(resolve, 25));
  for (let i = 0; i < FLOOD; i++) await signUp(`bench-${String(i).padStart(5, '0')}@example.com`);

  const ceilings = [], rates = [], healths = [];
  for (let i = 0; i < rounds; i++) {
    ceilings.push(Number((await run(path.join(build, 'bench/bench-hash'), [String(seconds)])).stdout));
    rates.push((await signingIn(16, ['-d', String(seconds), '-w', '0.5'])).rps);
    const [busy, health] = await Promise.all([signingIn(16, ['-d', String(seconds)]), load('-c', '1', '-p', '2000', '-d', String(seconds), `${url}/health`)]);
    if (busy.not_2xx || busy.errors || health.errors) throw new Error(`${busy.not_2xx} logins were refused, ${busy.errors + health.errors} failed`);
    healths.push(health.whole);
  }
  console.log(`## Signing in, measured ${new Date().toISOString().slice(0, 10)}\n`);
  console.log(`- ${os.cpus()[0].model}, ${os.cpus().length} cores; medians of ${rounds} turns of ${seconds} s, the load on the same cores\n`);
  console.log('| | |\n|---|---|');
  console.log(`| passwords hashed a second, nothing else (Argon2id, 19 MiB, t=2) | ${middle(ceilings).toFixed(1)} |`);
  console.log(`| logins a second, 16 connections | ${middle(rates).toFixed(1)}, ${(100 * middle(rates) / middle(ceilings)).toFixed(1)} % |`);
  console.log(`| \`/health\` meanwhile, asked every 2 ms | p50 ${(middle(healths.map((h) => h.p50)) / 1000).toFixed(2)} ms, p99 ${(middle(healths.map((h) => h.p99)) / 1000).toFixed(2)} ms |`);

  const before = await memory('VmRSS');
  const flood = await signingIn(FLOOD, ['-n', '2000', '-d', '120']);
  console.log(`| memory: before, most in a flood of ${FLOOD} people who log in 2,000 times | ${before.toFixed(1)} MB, ${(await memory('VmHWM')).toFixed(1)} MB; ${flood.errors} errors |`);

  // Each account is tried four times, which is one less than locks it; known and unknown in turn, in an order that is shuffled.
  const accounts = Math.ceil(logins / 8), tries = [];
  for (let i = 0; i < accounts; i++) await signUp(`known-${i}@example.com`);
  for (let i = 0; i < 4 * accounts; i++) for (const kind of ['known', 'other']) tries.push({ kind, email: `${kind}-${i % accounts}@example.com` });
  for (let i = 0; i < tries.length; i += 2) if (Math.random() < 0.5) [tries[i], tries[i + 1]] = [tries[i + 1], tries[i]];
  const times = { known: [], other: [] };
  for (const { kind, email } of tries) {
    const began = process.hrtime.bigint(), status = await post('/api/auth/login', { email, password: 'Wrong-Guess-1' });
    times[kind].push(Number(process.hrtime.bigint() - began) / 1000);
    if (status !== 401) throw new Error(`${email} was answered ${status}`);
  }
  console.log(`| ${tries.length} wrong passwords for known and unknown e-mails in turn | medians ${middle(times.known).toFixed(0)} and ${middle(times.other).toFixed(0)} µs; Mann-Whitney p = ${mannWhitney(times.known, times.other).toFixed(3)} |`);
} finally {
  agent.destroy();
  server.kill('SIGTERM');
  await new Promise((resolve) => (server.exitCode === null ? server.once('exit', resolve) : resolve()));
  await rm(dir, { recursive: true, force: true });
}
