// One of several instances: killed and started again on its port and in its directory, however the rest of the installation is.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { binary, freePort } from '../clients/harness.mjs';

const moment = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 *   start()      resolves when it answers; a start that fails because something it needs is away is tried again
 *   kill9()      SIGKILL, resolves when it is gone
 *   term()       SIGTERM; its exit status
 *   remove()     ends it and removes its directory
 *   life         grows with each start and end, so that who asks knows whether it lived all the time; `up` while it answers
 */
export async function makeInstance(env) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-chaos-'));
  const port = await freePort(), url = `http://127.0.0.1:${port}`;
  const self = { url, port, life: 0, up: false, starts: 0, log: '', start, kill9: () => end('SIGKILL'), term: () => end('SIGTERM'), remove };
  let child, ended, wanted = false;

  async function answers() {
    try {
      return (await fetch(`${url}/api/health/live`, { signal: AbortSignal.timeout(2000) })).status === 200;
    } catch {
      return false;
    }
  }

  async function start() {
    wanted = true;
    for (const until = Date.now() + 60_000; wanted && Date.now() < until;) {
      let alive = true;
      child = spawn(binary, ['serve'], { cwd: directory, env: { PATH: process.env.PATH, HOME: directory, ...env, PORT: String(port), DATA_DIR: directory }, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { self.log = (self.log + piece).slice(-200_000); });
      ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal))).finally(() => { alive = false; self.up = false; self.life++; });
      self.starts++;
      while (alive && !(await answers())) await moment(20);
      if (alive) {
        self.life++;
        self.up = true;
        return;
      }
      await moment(100);
    }
    if (wanted) throw new Error(`an instance did not start:\n${self.log.slice(-3000)}`);
  }

  async function end(signal) {
    wanted = false;
    self.up = false;
    self.life++;
    child?.kill(signal);
    return ended;
  }

  async function remove() {
    await end('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
  return self;
}
