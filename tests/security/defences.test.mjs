// Takes each defence out of a copy of the source, builds that, and sees the test fail that is there for it. A defence that nobody
// would miss is no defence, and a test that passes without it is no test. Its own command, because it builds often:
//
//   script/test defences
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defences } from './defences.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

let copy, build;
const target = 'scenarios';

async function compile() {
  await run('ninja', ['-C', build, target], { maxBuffer: 64 << 20 }).catch((fault) => assert.fail(fault.stdout.slice(-4000)));
}

// How the scenarios of one suite end: true when all pass.
async function passes(suite) {
  return run(path.join(build, target), [suite], { cwd: copy, maxBuffer: 64 << 20, timeout: 240_000 }).then(() => true, (fault) => {
    assert.ok(typeof fault.code === 'number' || fault.signal === 'SIGABRT', `${suite} was ended: ${fault.message}`);
    return false;
  });
}

before(async () => {
  copy = await mkdtemp(path.join(os.tmpdir(), 'tenon-defences-'));
  build = path.join(copy, 'build');
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root }).toString().split('\0').filter((file) => /^(src|migrations|data|tests|bench|meson)/.test(file));
  for (const file of files) {
    await mkdir(path.dirname(path.join(copy, file)), { recursive: true });
    await cp(path.join(root, file), path.join(copy, file));
  }
  await run('meson', ['setup', build, copy, '-Doptimization=1', '-Dwerror=false'], { maxBuffer: 64 << 20 });
  await compile();
}, { timeout: 900_000 });

after(() => rm(copy, { recursive: true, force: true }));

test('with every defence in its place', { timeout: 600_000 }, async () => {
  for (const suite of new Set(defences.map((defence) => defence.suite))) assert.ok(await passes(suite), `${suite} fails as it is`);
});

for (const { name, file, take, leave, suite } of defences)
  test(name, { timeout: 600_000 }, async () => {
    const whole = await readFile(path.join(copy, file), 'utf8');
    assert.equal(whole.split(take).length, 2, `${file} does not hold this once: ${take}`);
    try {
      await writeFile(path.join(copy, file), whole.replace(take, () => leave));
      await compile();
      assert.equal(await passes(suite), false, `nothing in ${suite} misses it`);
    } finally {
      await writeFile(path.join(copy, file), whole);
    }
  });
