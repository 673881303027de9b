// docs/adding-a-feature.md is followed to the letter in a copy of the tree: the files it shows, the one line, a build, and
// requests to the program that comes out.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The page's blocks that stand under a file's name: [[path, content]]. */
function filesOf(page) {
  return [...page.matchAll(/^`([^`\n]+)`\n```\w+\n([\s\S]*?)^```$/gm)].map(([, name, content]) => [name, content]);
}

/** The line that the page adds to a file, from its diff block. */
function addedLine(page) {
  return page.match(/^```diff\n\+(.*)\n```$/m)[1];
}

async function copyTree(to) {
  const { stdout } = await run('git', ['ls-files', '-z', 'src', 'data', 'migrations', 'bench', 'tests/servers', 'meson.build', 'meson_options.txt'], { cwd: root });
  for (const name of stdout.split('\0').filter(Boolean)) {
    await mkdir(path.dirname(path.join(to, name)), { recursive: true });
    await cp(path.join(root, name), path.join(to, name));
  }
}

test('a feature is one folder and one line', { timeout: 600_000 }, async (t) => {
  const page = await readFile(path.join(root, 'docs/adding-a-feature.md'), 'utf8');
  const tree = await mkdtemp(path.join(os.tmpdir(), 'tenon-feature-'));
  t.after(() => rm(tree, { recursive: true, force: true }));

  await copyTree(tree);
  const files = filesOf(page);
  assert.ok(files.length >= 6, 'the page shows its files');
  for (const [name, content] of files) {
    assert.match(name, /^(src\/features\/notes|migrations\/(sqlite|postgres))\//, 'all of it is in one folder, and the migrations');
    await mkdir(path.dirname(path.join(tree, name)), { recursive: true });
    await writeFile(path.join(tree, name), content);
  }
  const list = path.join(tree, 'src/app/modules.c');
  const modules = await readFile(list, 'utf8');
  await writeFile(list, modules.replace('#define MODULES(X) \\\n', (line) => `${line}${addedLine(page)}\n`));
  assert.notEqual(await readFile(list, 'utf8'), modules);

  await run('meson', ['setup', 'build', '-Dtests=false', '-Dbuildtype=debug', '-Doptimization=0'], { cwd: tree });
  await run('ninja', ['-C', 'build', 'tenon', 'tenon-extract'], { cwd: tree });
  await symlink(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));

  process.env.TENON_BIN = path.join(tree, 'build/tenon');
  const { startTenon } = await import('../clients/harness.mjs');
  const { url, stop } = await startTenon();
  t.after(stop);
  const call = async (token, method, where, body) => {
    const response = await fetch(url + where, {
      method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
    });
    return { status: response.status, ...(await response.json()) };
  };
  const signUp = async (email) => (await call('none', 'POST', '/api/auth/signup', { name: 'Owner', email, password: 'Correct-Horse-7' })).token;
  const [one, other] = [await signUp('one@example.com'), await signUp('other@example.com')];

  const made = await call(one, 'POST', '/api/notes', { title: 'first' });
  assert.equal(made.status, 201);
  assert.equal(made.data.title, 'first');
  assert.deepEqual(Object.keys((await call(one, 'POST', '/api/notes', { titel: 'x' })).error.fields).sort(), ['titel', 'title']);
  assert.equal((await call(one, 'GET', '/api/notes')).data.length, 1);
  assert.equal((await call(other, 'GET', '/api/notes')).data.length, 0);
  assert.equal((await call(other, 'DELETE', `/api/notes/${made.data.id}`)).status, 404);
  assert.equal((await call(one, 'DELETE', `/api/notes/${made.data.id}`)).status, 200);
  assert.equal((await call(one, 'PUT', '/api/notes')).status, 405);
  const described = await (await fetch(`${url}/openapi.json`)).json();
  assert.ok(described.paths['/api/notes'].post);
  const { stdout } = await run(process.env.TENON_BIN, ['doctor'], { env: { ...process.env, DATA_DIR: path.join(tree, 'doctor') } });
  assert.match(stdout, /tenant rule holds/);
  const crossing = await run(process.env.TENON_BIN, ['selftest', 'isolation'], { cwd: tree });
  assert.match(crossing.stdout, /DELETE \/api\/notes\/:id +session 404 +key 404/);
});
