// A server program under a test: started in a directory of its own, stopped (SIGSTOP) and let go on, killed, ended, always by its
// process id. `keep` ends it and removes the directory when the test has no chance to.
import { spawn } from 'node:child_process';
import { accessSync, chownSync, constants, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../clients/harness.mjs';

const keep = fileURLToPath(new URL('keep', import.meta.url));

/** For spawn: who servers run as that refuse root. An ordinary user runs them himself. */
export const unprivileged = (() => {
  if (process.getuid() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('there is neither a user postgres nor nobody');
  return { uid: Number(user[2]), gid: Number(user[3]) };
})();

/** The first of the names that is installed; Debian keeps servers where an ordinary user's path does not lead. */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin']) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch { /* the next one */ }
    }
  }
  throw new Error(`there is no ${names.join(' and no ')}; script/install test brings it`);
}

/** { state, parent, began } of a process; null where it has ended, also where nobody took note of its end. */
function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : { state: fields[0], parent: Number(fields[1]), began: fields[19] };
  } catch {
    return null;
  }
}

export const running = (pid) => look(pid) !== null;

const workersOf = (pid) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((other) => look(other)?.parent === pid);

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // it ended meanwhile
  }
}

/** A temporary directory with its keeper: { path, remove }. */
export async function makeDirectory(name, { uid, gid } = {}) {
  const directory = await mkdtemp(path.join(os.tmpdir(), `tenon-${name}-`));
  if (uid !== undefined) chownSync(directory, uid, gid);
  const keeper = spawn('bash', [keep, directory], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise((resolve) => keeper.once('exit', resolve));
  keeper.unref();
  keeper.stdin.unref();
  return {
    path: directory,
    async remove() {
      keeper.ref();
      keeper.stdin.end();
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A port below those that the kernel gives to outgoing connections: a server that is started again finds it free. */
async function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const free = await new Promise((resolve) => {
      const server = net.createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Calls start(port) with free ports until nobody else was faster. */
export async function onFreePort(start) {
  for (let tries = 5; ; tries--) {
    const port = await freePort();
    try {
      await start(port);
      return port;
    } catch (error) {
      if (!tries || !/address already in use/i.test(error.message)) throw error;
    }
  }
}

/**
 * A program that is started any number of times: `command` with `args()`, taken to be up when it has written `ready`.
 *   start()        resolves when it is ready
 *   end(signal)    sends it, resolves when the process and its workers have ended; nothing where none runs
 *   kill9()        SIGKILL to it and to all of its workers
 *   pause()        SIGSTOP to it and to all of its workers, until resume(): connections stay and nobody answers
 *   pid, log()
 */
export function program({ name, directory, command, args, argv0, ready, user = {} }) {
  let child = null, ended, log = '', paused = [];

  async function start() {
    if (child) throw new Error(`${name} runs already`);
    let said = '';
    const started = child = spawn(command, args(), { argv0, cwd: directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, ...user });
    if (started.pid) writeFileSync(path.join(directory, `${name}.pid`), `${started.pid} ${look(started.pid)?.began}\n`);
    ended = new Promise((resolve) => started.once('exit', resolve).once('error', resolve)).then(() => { if (child === started) child = null; });
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => { signal(started.pid, 'SIGKILL'); }, 30_000);
      started.once('error', reject);
      started.once('exit', (code, by) => { clearTimeout(late); reject(new Error(`${name} ended with ${code ?? by}:\n${said}`)); });
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding('utf8').on('data', (piece) => {
          log = (log + piece).slice(-100_000);
          if (said === null) return;
          said += piece;
          if (!ready.test(said)) return;
          said = null;
          clearTimeout(late);
          resolve();
        });
      }
    });
  }

  const until = (pids, what) => eventually(async () => { if (!pids.every((pid) => what(look(pid)))) throw new Error(`${name}: the processes ${pids} did not do as they were told`); }, { within: 15_000 });

  // The program makes new workers, so it goes first.
  async function pause() {
    const { pid } = child;
    signal(pid, 'SIGSTOP');
    await until([pid], (it) => !it || it.state === 'T');
    paused = [pid, ...workersOf(pid)];
    for (const worker of paused.slice(1)) signal(worker, 'SIGSTOP');
    await until(paused, (it) => !it || it.state === 'T');
  }

  function tell(how) {
    for (const pid of paused) signal(pid, how);
    paused = [];
  }

  async function end(how) {
    if (!child) return;
    const pids = [child.pid, ...workersOf(child.pid)];
    signal(child.pid, how);
    tell('SIGCONT');
    await ended;
    await until(pids, (it) => !it);
  }

  async function kill9() {
    if (!child) return;
    await pause();
    const pids = paused;
    tell('SIGKILL');
    await ended;
    await until(pids, (it) => !it);
  }

  return {
    start, end, kill9, pause,
    resume: async () => tell('SIGCONT'),
    get pid() { return child?.pid; },
    log: () => log,
  };
}
