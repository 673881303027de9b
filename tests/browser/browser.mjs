// A browser that watches: every page opened here fails its test for an error in the console, a violation of the page's policy, a
// request to another host, or an answer of the API that is not as /openapi.json says.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { eventually, notBuilt } from '../clients/harness.mjs';
import { faultsOf, readDescription } from './description.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** For `test(..., { skip })`. */
export const missing = notBuilt || (existsSync(executablePath) ? false : `${executablePath} is not installed`);

export const wide = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };
export const password = 'Planed-oak-42';

/** A profile of its own, removed with the browser. */
export const startBrowser = () => chromium.launch({ executablePath, args: flags });

let accounts = 0;
export const newEmail = () => `browser${++accounts}-${process.pid}@example.com`;

/**
 * A window of its own on the server: { page, faults, allow, close }. `allow(pattern)` lets a fault pass that the test provokes;
 * `close()` ends it and throws what was noted.
 */
export async function openWindow(browser, tenon, { viewport = wide, colorScheme = 'light' } = {}) {
  const description = await readDescription(tenon.url);
  const context = await browser.newContext({ baseURL: tenon.url, viewport, colorScheme, reducedMotion: 'reduce', isMobile: viewport === phone, hasTouch: viewport === phone });
  const page = await context.newPage();
  const faults = [];
  const allowed = [/401 .* \/api\/auth\/me$/]; // how a page learns that nobody is signed in
  const pending = new Set();
  const note = (fault) => {
    if (!allowed.some((pattern) => pattern.test(fault))) faults.push(fault);
  };
  page.setDefaultTimeout(10_000);
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  page.on('pageerror', (error) => note(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== tenon.url) note(`foreign request: ${request.url()}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400) note(`${response.status()} ${response.request().method()} ${pathname}`);
    const check = faultsOf(description, response).then((found) => found.forEach(note), () => undefined).finally(() => pending.delete(check));
    pending.add(check);
  });
  return {
    page,
    context,
    allow: (pattern) => allowed.push(pattern),
    close: async () => {
      await Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      await context.close();
      assert.deepEqual([...new Set(faults)], []);
    },
  };
}

/** Creates an account through the page and comes to the overview. */
export async function signUp(page, email = newEmail()) {
  await page.goto('/signup');
  await page.getByLabel('Name').fill('Browser Test');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Organization').fill('Example');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
  return email;
}

/** Calls the API as the page itself would: with its cookie and its CSRF token. */
export const callAs = (page, method, path, body) => page.evaluate(async ([way, where, what]) => {
  const { data } = await (await fetch('/api/csrf-token')).json();
  const response = await fetch(where, { method: way, headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': data.csrf_token }, body: what && JSON.stringify(what) });
  return (await response.json()).data;
}, [method, path, body]);

/** Letters are sent by a job: waits for the newest one to the address with the subject. */
export const letterTo = (url, email, subject) => eventually(async () => {
  const { data } = await (await fetch(`${url}/api/outbox`)).json();
  const letter = data.find((one) => one.to === email && subject.test(one.subject));
  if (!letter) throw new Error(`no letter ${subject} to ${email}`);
  return letter;
});

/** Links name APP_URL, which is localhost here; the browser stays at the address that it knows. */
export const here = (link) => link.replace(/^http:\/\/localhost:/, 'http://127.0.0.1:');

/** The link in a letter, as the page of the outbox shows it. */
export async function linkIn(page, url, email, subject) {
  const { id } = await letterTo(url, email, subject);
  await page.goto(`/outbox/${id}`);
  await page.getByRole('heading', { name: subject, level: 2 }).waitFor();
  const link = await page.waitForFunction(() => document.querySelector('iframe')?.contentDocument?.querySelector('a[href]')?.getAttribute('href'));
  return here(await link.jsonValue());
}

/** What only time or the operator could do, in the server's database file. */
export function alter(file, statement, ...values) {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA busy_timeout = 5000');
  const { changes } = db.prepare(statement).run(...values);
  db.close();
  assert.ok(changes > 0, statement);
}

/** As if the person had shown long ago who they are, everywhere. */
export async function growOld(page, file, email) {
  alter(file, 'UPDATE sessions SET proven_at = 1 WHERE user_id = (SELECT id FROM users WHERE email = ?)', email);
  /* What is remembered of a session may be a second old. */
  await eventually(async () => assert.equal(await page.evaluate(async () => {
    const { data } = await (await fetch('/api/csrf-token')).json();
    return (await fetch('/api/auth/passkeys/options', { method: 'POST', headers: { 'X-CSRF-Token': data.csrf_token } })).status;
  }), 401), { within: 5000, every: 100 });
}

export async function ask(page, question) {
  const box = page.getByRole('textbox', { name: 'Your question' });
  await box.fill(question);
  await box.press('Enter');
}

/** The newest answer, once it is whole. */
export async function answered(page, count = 1) {
  await page.getByRole('button', { name: 'Copy answer' }).nth(count - 1).waitFor();
  return page.getByRole('article', { name: 'Answer' }).nth(count - 1).innerText();
}

export const rowOf = (page, title) => page.getByRole('row').filter({ has: page.getByRole('link', { name: title, exact: true }) });

export async function becomesReady(page, title) {
  await rowOf(page, title).getByText('Ready', { exact: true }).waitFor();
}

/** Presses Tab until the focus is on what has this accessible name. */
export async function tabTo(page, name, { back = false } = {}) {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.labels?.[0]?.innerText ?? element?.innerText ?? '';
    });
    if (name.test(focused.trim())) return;
  }
  throw new Error(`no way to ${name} by the Tab key`);
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds serious on the page as it stands. */
export async function violations(page) {
  await page.evaluate(await axeSource); // evaluated by the debugger, which the page's policy does not bind
  return page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] });
    return found.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 140)).join(' | ')}`);
  });
}

/** The same in both themes, whichever the page was in. */
export async function violationsInBoth(page) {
  const found = [];
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
    /* Colours take a moment to change, however short. */
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => requestAnimationFrame(resolve)))));
    found.push(...(await violations(page)).map((one) => `${colorScheme}: ${one}`));
  }
  return found;
}

/** How far the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
