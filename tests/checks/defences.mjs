// That each defence of tests/security/defences.mjs stands in the source as the table spells it, so that `script/test defences`, which is
// run seldom, still finds it.
import { readFileSync } from 'node:fs';
import { defences } from '../security/defences.mjs';

for (const { name, file, take } of defences)
  if (readFileSync(file, 'utf8').split(take).length !== 2) {
    console.error(`tests/security/defences.mjs: "${name}": ${file} does not hold this once: ${take}`);
    process.exitCode = 1;
  }
