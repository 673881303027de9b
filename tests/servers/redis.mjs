// A Redis of its own, which keeps nothing on disk. The package redis-tools is enough on Debian 12 and 13: redis-check-rdb is the same program
// as redis-server and goes by the name it is called by; and nothing of redis-tools runs as a service.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { findProgram, makeDirectory, onFreePort, program } from './program.mjs';

const execute = promisify(execFile);

/**
 * Starts a Redis; with `password` one that asks for it.
 *   url                  redis://[:PASSWORD@]127.0.0.1:PORT
 *   pid, dir, log()
 *   stop()               ends it and removes its directory
 *   start()              after stop() or kill9(): on the same port, empty
 *   kill9()              SIGKILL
 *   pause(), resume()    it is there and does not answer
 *   flush()              empties it
 *   cli('GET', 'key')    what redis-cli prints; throws where Redis answers with an error
 */
export async function startRedis({ password = false } = {}) {
  const command = findProgram('redis-server', 'redis-check-rdb');
  const secret = password ? randomBytes(12).toString('hex') : null;
  let directory, server, port;

  async function start() {
    if (server?.pid) throw new Error('redis runs already');
    await directory?.remove();
    directory = await makeDirectory('redis');
    server = program({
      name: 'redis', directory: directory.path, command, argv0: 'redis-server', ready: /Ready to accept connections/,
      args: () => ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory.path, '--save', '', '--appendonly', 'no', ...(secret ? ['--requirepass', secret] : [])],
    });
    try {
      await server.start();
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async function stop() {
    await server?.end('SIGTERM');
    await directory?.remove();
    directory = null;
  }

  await onFreePort((free) => { port = free; return start(); });
  const url = `redis://${secret ? `:${secret}@` : ''}127.0.0.1:${port}`;
  const env = { PATH: process.env.PATH, ...(secret ? { REDISCLI_AUTH: secret } : {}) }; // -u takes the name before the password, which is empty, for a user's
  const cli = async (...words) => (await execute('redis-cli', ['-p', String(port), '-e', ...words], { encoding: 'utf8', env })).stdout.replace(/\n$/, '');
  return {
    url, port, start, stop, cli,
    kill9: () => server.kill9(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    flush: async () => { await cli('FLUSHALL'); },
    log: () => server.log(),
    get pid() { return server.pid; },
    get dir() { return directory?.path; },
  };
}
