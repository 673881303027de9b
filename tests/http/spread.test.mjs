// Few connections, as a proxy keeps them, are shared out evenly among the I/O threads, or some of those would work and others not.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { notBuilt, startTenon } from '../clients/harness.mjs';
import { connect, get } from './raw.mjs';

/** How many established connections of `port` each epoll of the process watches, fullest first: proc_pid_fdinfo(5) names what is watched. */
async function watched(pid, port) {
  const served = new Set((await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '01' && parseInt(local.split(':')[1], 16) === port).map((words) => `socket:[${words[9]}]`));
  const descriptors = new Map(await Promise.all((await readdir(`/proc/${pid}/fd`)).map(async (fd) => [fd, await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')])));
  const counts = [];
  for (const [fd, target] of descriptors) {
    if (target !== 'anon_inode:[eventpoll]') continue;
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    counts.push([...info.matchAll(/^tfd:\s*(\d+)/gm)].filter(([, at]) => served.has(descriptors.get(at))).length);
  }
  return counts.filter(Boolean).sort((a, b) => b - a);
}

test('connections are spread evenly over the threads', { skip: notBuilt || (process.platform !== 'linux' && 'it reads /proc') }, async (t) => {
  const tenon = await startTenon({ env: { IO_THREADS: '4' } });
  t.after(() => tenon.stop());
  const open = [];
  for (let i = 0; i < 16; i++) {
    const connection = connect(tenon.port);
    connection.send(get('/api/health/live'));
    assert.equal((await connection.answers())[0].status, 200);
    open.push(connection);
  }
  const counts = await watched(tenon.pid, tenon.port); // with the one that asked whether it is up
  assert.ok(counts.length === 4 && counts[0] - counts[3] <= 1, counts.join(' '));
  for (const connection of open) connection.end();
});
