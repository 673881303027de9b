// A Tenon of its own for a test file: a free port, a data directory that is removed, an account, a key, providers that point at
// the fakes. It is started as an operator starts it, and ended with SIGTERM by its own process id.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const binary = process.env.TENON_BIN ?? path.join(root, 'build', 'tenon');

/** For `test(..., { skip })`: a reason as long as the program has not been built. */
export const notBuilt = existsSync(binary) ? false : `${path.relative(root, binary)} has not been built`;

/** Runs the check until it passes, for what happens soon but not at once. */
export async function eventually(check, { within = 5000, every = 10 } = {}) {
  const until = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function waitForHealth(url, child, log) {
  await eventually(async () => {
    if (child.exitCode !== null) throw Object.assign(new Error(`tenon ended with ${child.exitCode}:\n${log()}`), { final: true });
    const response = await fetch(`${url}/health`);
    if (response.status !== 200) throw new Error(`/health: ${response.status}`);
  }, { within: 10_000 });
}

function stopper(child, directory) {
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  return async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 35_000);
    const outcome = await ended;
    clearTimeout(kill);
    await rm(directory, { recursive: true, force: true });
    return outcome;
  };
}

/** Starts the server alone: { url, stop, log, pid }; on a port that somebody must know before, where one is given. */
export async function startTenon({ env = {}, port: given } = {}) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-clients-'));
  const port = given ?? await freePort();
  const limits = Object.fromEntries(['AUTH', 'SENSITIVE', 'PUBLIC', 'USER', 'KEY', 'WIDGET'].map((tier) => [`RATE_LIMIT_${tier}`, '0']));
  let log = '';
  const child = spawn(binary, ['serve'], {
    cwd: directory, // no .env of the working tree is read
    env: { PATH: process.env.PATH, HOME: directory, APP_ENV: 'development', HOST: '127.0.0.1', PORT: String(port), DATA_DIR: directory, LOG_LEVEL: 'info', ...limits, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { log = (log + piece).slice(-100_000); });
  const stop = stopper(child, directory);
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitForHealth(url, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port, pid: child.pid, stop, log: () => log };
}

/** A caller of /api with a token: `api.post('/api/keys', {…})` → data; anything but success throws with the error's code. */
export function apiOf(url, token) {
  async function call(method, where, body) {
    const response = await fetch(url + where, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (!answer.success) throw Object.assign(new Error(`${method} ${where}: ${response.status} ${JSON.stringify(answer.error)}`), { status: response.status, code: answer.error?.code });
    return answer;
  }
  return {
    get: async (where) => (await call('GET', where)).data,
    post: async (where, body) => (await call('POST', where, body)).data,
    patch: async (where, body) => (await call('PATCH', where, body)).data,
    delete: async (where) => (await call('DELETE', where)).data,
    raw: call,
  };
}

let accounts = 0;

/** A new account with its organization: { token, api }. */
export async function signUp(url) {
  accounts++;
  const answer = await apiOf(url).raw('POST', '/api/auth/signup', { name: `Client Test ${accounts}`, email: `client${accounts}-${process.pid}@example.com`, password: `Gantry-${process.pid}-Kestrel-${accounts}` });
  return { token: answer.token, user: answer.user, api: apiOf(url, answer.token) };
}

/** Everything a client test wants: a server, an account, a key, and the providers given as POST /api/providers takes them. */
export async function startWithKey({ env, providers = [] } = {}) {
  const tenon = await startTenon({ env });
  try {
    const { token, api } = await signUp(tenon.url);
    const made = [];
    for (const provider of providers) made.push(await api.post('/api/providers', provider));
    const key = await api.post('/api/keys', { name: 'client tests' });
    return { ...tenon, token, api, providers: made, key: key.key, keyId: key.id, baseURL: `${tenon.url}/v1` };
  } catch (error) {
    await tenon.stop();
    throw error;
  }
}
