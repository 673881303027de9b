// For `node --test tests/browser/`, which runs a folder's main file: every test file of it. (`node --test` inside of it finds them by itself.)
import { readdir } from 'node:fs/promises';

for (const file of (await readdir(new URL('.', import.meta.url))).sort()) if (file.endsWith('.test.mjs')) await import(new URL(file, import.meta.url));
