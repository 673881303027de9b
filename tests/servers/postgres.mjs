// A PostgreSQL of its own, and pgbouncer before it, from Debian's packages. `tenon migrate` finds what an operator prepares: a database
// and the role that owns it, which may make roles and is no superuser; the serving role is the migration's to make.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, makeDirectory, onFreePort, program, unprivileged as user } from './program.mjs';

const execute = promisify(execFile);
const signals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' };
const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', PGCONNECT_TIMEOUT: '10' };

/** The newest PostgreSQL from 15 on; Debian keeps each in a place of its own and only clients in the path. */
function findBinaries() {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all).map(Number).filter((version) => version >= 15 && existsSync(`${all}/${version}/bin/initdb`)) : [];
  if (!versions.length) throw new Error(`there is no PostgreSQL from 15 on in ${all}; script/install test brings it`);
  return `${all}/${Math.max(...versions)}/bin`;
}

/** A file that only the server's user reads. */
function writeSecret(file, content) {
  writeFileSync(file, content, { mode: 0o600 });
  if (user.uid !== undefined) chownSync(file, user.uid, user.gid);
  return file;
}

async function makeCertificate(directory) {
  const key = path.join(directory, 'server.key'), certificate = path.join(directory, 'server.crt');
  await execute('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', key, '-out', certificate], { cwd: directory, ...user });
  return { key, certificate };
}

// pgbouncer asks PostgreSQL itself for what proves a password, so it knows every role from the moment it is made.
function bouncerConfiguration(directory, port, postgresPort, ssl) {
  return `[databases]
* = host=127.0.0.1 port=${postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = ${directory}/userlist.txt
auth_user = postgres
admin_users = postgres
max_client_conn = 500
default_pool_size = 20
server_tls_sslmode = ${ssl ? 'require' : 'disable'}
ignore_startup_parameters = extra_float_digits
`;
}

async function startBouncer(directory, postgres, password, ssl) {
  writeSecret(path.join(directory, 'userlist.txt'), `"postgres" "${password}"\n`);
  const bouncer = program({ name: 'pgbouncer', directory, command: findProgram('pgbouncer'), args: () => [path.join(directory, 'pgbouncer.ini')], ready: /process up/, user });
  const port = await onFreePort((free) => {
    writeSecret(path.join(directory, 'pgbouncer.ini'), bouncerConfiguration(directory, free, postgres, ssl));
    return bouncer.start();
  });
  return { ...bouncer, port, stop: () => bouncer.end('SIGTERM'), get pid() { return bouncer.pid; } };
}

/**
 * Starts a PostgreSQL with a database `tenon`. `fsync: false` is for speed, where nothing is pulled out from under it; `ssl: true` refuses
 * connections without TLS; `settings` are lines of postgresql.conf, as an object.
 *   ownerUrl, appUrl, superUrl      DATABASE_OWNER_URL, DATABASE_URL, and everything; the role of appUrl is made by `tenon migrate`
 *   pgbouncerUrl                    appUrl through pgbouncer in transaction mode, with `pgbouncer: true`
 *   pgbouncer                       it: { port, pid, start, stop, kill9, pause, resume, log }
 *   certificate                     with `ssl: true`, the file for sslrootcert
 *   createDatabase(name)            → { ownerUrl, appUrl, superUrl, pgbouncerUrl? } of a new one, whose serving role is its own: migrations side by side
 *                                   do not meet
 *   psql(sql, { url })              rows as lines, columns between |; as the superuser in `tenon` where no URL is given; throws what PostgreSQL says
 *   restart({ mode })               smart (waits until every client has left, pgbouncer too), fast or immediate, on the same port; also after halt() and kill9()
 *   halt({ mode }), start()         the two halves of it
 *   kill9()                         SIGKILL to it and all of its workers
 *   pause(), resume()               connections stay, nobody answers
 *   stop()                          ends it and pgbouncer, removes everything
 *   port, pid, dir, log()
 */
export async function startPostgres({ pgbouncer = false, ssl = false, fsync = true, settings = {} } = {}) {
  const binaries = findBinaries();
  const directory = await makeDirectory('postgres', user);
  const dir = directory.path, data = path.join(dir, 'data');
  const passwords = { super: randomBytes(12).toString('hex'), owner: randomBytes(12).toString('hex'), app: randomBytes(12).toString('hex') };
  let port, bouncer, certificate;

  const options = () => ({
    listen_addresses: '127.0.0.1', port, unix_socket_directories: dir, max_connections: 100,
    dynamic_shared_memory_type: 'mmap', // in the data directory, where it does not outlive a kill -9
    ...(fsync ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...(ssl ? { ssl: 'on', ssl_cert_file: certificate.certificate, ssl_key_file: certificate.key } : {}),
    ...settings,
  });
  const server = program({
    name: 'postgres', directory: dir, command: path.join(binaries, 'postgres'), ready: /database system is ready to accept connections/, user,
    args: () => ['-D', data, ...Object.entries(options()).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
  });

  const urlOf = (role, password, database, at = port) => `postgresql://${role}:${password}@127.0.0.1:${at}/${database}`;
  const urlsOf = (database) => ({
    ownerUrl: urlOf('tenon_owner', passwords.owner, database),
    appUrl: urlOf(`${database}_app`, passwords.app, database),
    superUrl: urlOf('postgres', passwords.super, database),
    ...(bouncer ? { pgbouncerUrl: urlOf(`${database}_app`, passwords.app, database, bouncer.port) } : {}),
  });

  async function psql(sql, { url = urlOf('postgres', passwords.super, 'tenon') } = {}) {
    const running = execute(path.join(binaries, 'psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1', url], { encoding: 'utf8', env, maxBuffer: 64 << 20 });
    running.child.stdin.on('error', () => {}).end(sql); // it may have ended without reading
    return (await running).stdout.replace(/\n$/, '');
  }

  async function createDatabase(name) {
    if (!/^[a-z][a-z0-9_]{0,50}$/.test(name)) throw new Error(`${name} is no name for a test's database`);
    await psql(`CREATE DATABASE ${name} OWNER tenon_owner`, { url: urlOf('postgres', passwords.super, 'postgres') });
    return urlsOf(name);
  }

  async function initialize() {
    const secret = writeSecret(path.join(dir, 'password'), passwords.super);
    await execute(path.join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--lc-messages=C', '--no-sync', '--no-instructions'],
      { cwd: dir, env, ...user });
    if (!ssl) return;
    certificate = await makeCertificate(dir);
    writeFileSync(path.join(data, 'pg_hba.conf'), 'local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n');
  }

  async function stop() {
    await bouncer?.stop();
    await server.end(signals.immediate);
    await directory.remove();
  }

  const halt = ({ mode = 'fast' } = {}) => server.end(signals[mode]);

  try {
    await initialize();
    port = await onFreePort((free) => { port = free; return server.start(); });
    await psql(`CREATE ROLE tenon_owner LOGIN CREATEROLE PASSWORD '${passwords.owner}'`, { url: urlOf('postgres', passwords.super, 'postgres') });
    await createDatabase('tenon');
    if (pgbouncer) bouncer = await startBouncer(dir, port, passwords.super, ssl);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...urlsOf('tenon'), port, dir, pgbouncer: bouncer, certificate: certificate?.certificate,
    createDatabase, psql, halt, stop,
    start: () => server.start(),
    restart: async (how) => { await halt(how); await server.start(); },
    kill9: () => server.kill9(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    log: () => server.log(),
    get pid() { return server.pid; },
  };
}
