// What stops a start: every fault of the environment at once, each in a line of its own, and no secret in any.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { binary, notBuilt } from '../clients/harness.mjs';

function start(env) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tenon-start-'));
  try {
    return spawnSync(binary, ['serve'], { cwd: directory, env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', DATA_DIR: directory, ...env }, timeout: 10_000, encoding: 'utf8' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const good = { APP_ENV: 'production', JWT_SECRET: 'a-secret-of-this-test-and-no-other', ENCRYPTION_KEY: '2'.repeat(64), APP_URL: 'https://tenon.example' };

describe('a start in production', { skip: notBuilt }, () => {
  test('names every fault at once', () => {
    const { status, stderr } = start({ APP_ENV: 'production', JWT_SECRET: 'short-and-secret', SKIP_AUTH: 'true', PORT: 'eighty' });
    assert.notEqual(status, 0);
    for (const name of ['JWT_SECRET', 'ENCRYPTION_KEY', 'SKIP_AUTH', 'PORT']) assert.match(stderr, new RegExp(name));
    assert.ok(!stderr.includes('short-and-secret'), 'a refused secret is not shown');
  });

  for (const [what, name, value] of [['without a secret', 'JWT_SECRET', undefined], ['with a weak one', 'JWT_SECRET', 'x'.repeat(31)], ['without a key', 'ENCRYPTION_KEY', undefined],
    ['with half a key', 'ENCRYPTION_KEY', '2'.repeat(32)], ['without authentication', 'SKIP_AUTH', 'true']])
    test(`${what} it does not start`, () => {
      const env = { ...good, [name]: value };
      if (value === undefined) delete env[name];
      const { status, stderr } = start(env);
      assert.notEqual(status, 0);
      assert.match(stderr, new RegExp(name));
    });
});
