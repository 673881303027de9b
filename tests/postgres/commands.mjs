// The program's commands, and one installation on PostgreSQL for each test.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { binary } from '../clients/harness.mjs';

/** Runs `tenon WORDS…` to its end: { code, out, err }. One that serves, though it should not, is ended. */
export function tenon(words, env = {}, { within = 60_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, words, { cwd: os.tmpdir(), env: { PATH: process.env.PATH, APP_ENV: 'development', HOST: '127.0.0.1', PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const late = setTimeout(() => child.kill('SIGKILL'), within);
    let out = '', err = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => { out += piece; });
    child.stderr.setEncoding('utf8').on('data', (piece) => { err += piece; });
    child.once('error', reject);
    child.once('close', (code, signal) => { clearTimeout(late); resolve({ code: code ?? signal, out, err }); });
  });
}

/** How many migrations an engine has. */
export const migrations = (engine) => readdirSync(new URL(`../../migrations/${engine}`, import.meta.url)).filter((file) => file.endsWith('.up.sql')).length;

export const urls = (database) => ({ DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl });

/** A directory for the test `t`, gone at its end. */
export async function directoryFor(t) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-postgres-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
