// A Tenon whose data outlives it: started again in the same directory, killed without warning, looked into from outside.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { binary, eventually, freePort } from '../clients/harness.mjs';

/** Starts the server on `directory`; { url, pid, kill, term, log }. */
export async function startOn(directory, env = {}) {
  const port = await freePort();
  const limits = Object.fromEntries(['AUTH', 'SENSITIVE', 'PUBLIC', 'USER', 'KEY', 'WIDGET'].map((tier) => [`RATE_LIMIT_${tier}`, '0']));
  let log = '';
  const child = spawn(binary, ['serve'], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, APP_ENV: 'development', HOST: '127.0.0.1', PORT: String(port), DATA_DIR: directory, LOG_LEVEL: 'info', ...limits, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { log = (log + piece).slice(-100_000); });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 35_000);
    return ended.finally(() => clearTimeout(late));
  };
  const server = { url: `http://127.0.0.1:${port}`, pid: child.pid, kill: () => end('SIGKILL'), term: () => end('SIGTERM'), log: () => log, running: () => child.exitCode === null && child.signalCode === null };
  try {
    await eventually(async () => {
      if (!server.running()) throw new Error(`tenon ended: ${log}`);
      if ((await fetch(`${server.url}/api/health/live`)).status !== 200) throw new Error('not yet');
    }, { within: 15_000 });
  } catch (error) {
    await server.kill();
    throw error;
  }
  return server;
}

/** Rows of a query, as objects; by node:sqlite where Node has it, else by the command sqlite3. */
export async function rows(file, sql) {
  const sqlite = await import('node:sqlite').catch(() => null);
  if (sqlite) {
    const database = new sqlite.DatabaseSync(file, { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }
  const out = execFileSync('sqlite3', ['-readonly', '-json', file, sql], { encoding: 'utf8' }).trim();
  return out ? JSON.parse(out) : [];
}

/** A reason for `skip` where nothing can look into the database. */
export async function noSqlite() {
  if (await import('node:sqlite').catch(() => null)) return false;
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/sqlite3`)) ? false : 'neither node:sqlite nor the command sqlite3 is there';
}

/** One request that tells apart: answered (with what) and not answered to the end. */
export async function request(url, method, path, { token, body } = {}) {
  try {
    const answer = await fetch(url + path, {
      method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    return { status: answer.status, requestId: answer.headers.get('x-request-id'), text, json: /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : null };
  } catch {
    return { status: 0 };
  }
}
