// with [--postgres] [--pgbouncer] [--redis] [--fast] -- COMMAND…
// Starts the servers that are named, runs the command with their addresses in its environment, ends them, and ends as the command did.
//   --postgres     TENON_TEST_POSTGRES_OWNER_URL, TENON_TEST_POSTGRES_URL, TENON_TEST_POSTGRES_SUPER_URL
//   --pgbouncer    TENON_TEST_PGBOUNCER_URL, and PostgreSQL
//   --redis        TENON_TEST_REDIS_URL
//   --fast         a PostgreSQL that does not wait for the disk
import { spawn } from 'node:child_process';
import os from 'node:os';
import { startPostgres, startRedis } from './servers.mjs';

function usage() {
  console.error('usage: tests/servers/with [--postgres] [--pgbouncer] [--redis] [--fast] -- COMMAND…');
  process.exit(2);
}

const words = process.argv.slice(2);
const end = words.indexOf('--');
const flags = words.slice(0, Math.max(end, 0)), command = words.slice(end + 1);
if (end < 0 || !command.length || flags.some((flag) => !['--postgres', '--pgbouncer', '--redis', '--fast'].includes(flag))) usage();

async function startPostgresHere() {
  const pgbouncer = flags.includes('--pgbouncer');
  if (!pgbouncer && !flags.includes('--postgres')) return null;
  const server = await startPostgres({ pgbouncer, fsync: !flags.includes('--fast') });
  return {
    stop: server.stop,
    env: {
      TENON_TEST_POSTGRES_OWNER_URL: server.ownerUrl, TENON_TEST_POSTGRES_URL: server.appUrl, TENON_TEST_POSTGRES_SUPER_URL: server.superUrl,
      ...(pgbouncer ? { TENON_TEST_PGBOUNCER_URL: server.pgbouncerUrl } : {}),
    },
  };
}

async function startRedisHere() {
  if (!flags.includes('--redis')) return null;
  const server = await startRedis();
  return { stop: server.stop, env: { TENON_TEST_REDIS_URL: server.url } };
}

/** The command's exit status, as a shell says it. */
function run(env) {
  return new Promise((resolve, reject) => {
    let child;
    // A terminal sends Ctrl-C to the command itself. What comes from elsewhere is passed on; the servers outlive the command. This goes
    // before the command, which may be quick to have somebody send a signal.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => { if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name); });
    child = spawn(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}

const started = await Promise.allSettled([startPostgresHere(), startRedisHere()]);
const servers = started.map((one) => one.value).filter(Boolean);
try {
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  process.exitCode = await run(Object.assign({}, ...servers.map((server) => server.env)));
} catch (error) {
  console.error(`with: ${error.message}`);
  process.exitCode = 1;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}
