// Every page in both themes, held against the rules of accessibility; documents and what is done with them; limits told kindly.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startTenon } from '../clients/harness.mjs';
import { answered, ask, becomesReady, callAs, missing, newEmail, openWindow, password, rowOf, signUp, startBrowser, violations } from './browser.mjs';

const text = (name, content) => ({ name, mimeType: 'text/markdown', buffer: Buffer.from(content) });
const paths = ['/', '/chat', '/documents', '/keys', '/usage', '/providers', '/settings/account', '/settings/security', '/settings/organization', '/settings/search', '/settings/members', '/settings/roles', '/settings/appearance', '/settings/activity', '/nowhere'];

describe('pages', { skip: missing, concurrency: 3 }, () => {
  let tenon, browser;

  before(async () => {
    [tenon, browser] = await Promise.all([startTenon(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
  });

  for (const colorScheme of ['light', 'dark'])
    test(`no serious fault of accessibility, ${colorScheme}`, async () => {
      const { page, close } = await openWindow(browser, tenon, { colorScheme });
      const found = [];
      const check = async (name) => {
        await page.waitForFunction(() => !document.querySelector('[role=status][aria-label^="Loading"], [aria-busy=true]'));
        found.push(...(await violations(page)).map((fault) => `${name}: ${fault}`));
      };
      await page.goto('/login');
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await check('login');
      await page.goto('/signup');
      await page.getByRole('heading', { name: 'Create your account' }).waitFor();
      await check('signup');
      await signUp(page);
      const document = await callAs(page, 'POST', '/api/knowledge/documents', { title: 'Hours', text: 'The desk is open from nine to five.' });
      await page.goto('/documents');
      await becomesReady(page, 'Hours');
      await page.goto('/chat');
      await ask(page, 'When is the desk open?');
      await answered(page);
      await page.getByRole('button', { name: /^Citation 1/ }).first().click();
      await page.locator('aside mark').waitFor();
      await check('chat with a citation');
      for (const path of [...paths, `/documents/${document.id}`]) {
        await page.goto(path);
        await page.locator('main h1, main h2').first().waitFor();
        await check(path);
      }
      await page.goto('/keys?new=key');
      await page.getByRole('dialog').waitFor();
      await check('new key');
      assert.deepEqual(found, []);
      await close();
    });

  describe('documents', { concurrency: 1 }, () => {
    let view, page;

    before(async () => {
      view = await openWindow(browser, tenon);
      page = view.page;
      await signUp(page);
      await page.goto('/documents');
    });
    after(() => view.close());

    test('one that fails shows its reason and is replaced', async () => {
      await page.getByLabel('Files to upload').setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer: await readFile(new URL('../fixtures/documents/locked.pdf', import.meta.url)) });
      await rowOf(page, 'report').getByText('Failed', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'report' }).click();
      await page.getByText('The PDF is protected by a password. Replace the file to try again.').waitFor();
      await page.getByLabel('New file for report').setInputFiles(text('report.md', '# Report\n\nThe bridge was painted in May.'));
      await page.getByText('The bridge was painted in May.').waitFor();
    });

    test('a file of another kind is refused in words', async () => {
      view.allow(/415 POST/);
      await page.goto('/documents');
      await page.getByLabel('Files to upload').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
      await page.getByText(/none of the types that can be read/).waitFor();
    });

    test('a passage is found, a replaced one no longer', async () => {
      await page.goto('/chat');
      await ask(page, 'When was the bridge painted?');
      assert.match(await answered(page), /May/);
      await page.goto('/documents');
      await page.getByRole('button', { name: 'Actions for report' }).click();
      await page.getByLabel('New file for report').setInputFiles(text('report.md', '# Report\n\nThe bridge was closed in June.'));
      await page.getByLabel('Search in documents').fill('bridge');
      await page.getByText(/closed in June/).waitFor();
      await page.getByRole('link', { name: 'Chat' }).click();
      await page.getByRole('link', { name: 'When was the bridge painted?' }).click();
      view.allow(/404 GET .*\/chunks/);
      await page.getByRole('button', { name: /^Citation 1/ }).first().click();
      await page.getByText('The document has changed since this answer.').waitFor();
    });

    test('the passages around one of many', async () => {
      const long = Array.from({ length: 120 }, (_, n) => `## Part ${n}\n\n${`Sentence of part ${n} about the river and its banks. `.repeat(30)}`).join('\n\n');
      const { id } = await callAs(page, 'POST', '/api/knowledge/documents', { title: 'Long', text: long });
      await page.goto(`/documents/${id}`);
      await page.getByText('Ready', { exact: true }).waitFor();
      const all = await callAs(page, 'GET', `/api/knowledge/documents/${id}/chunks?limit=200`);
      assert.ok(all.length > 20, String(all.length));
      const around = (chunk, limit) => callAs(page, 'GET', `/api/knowledge/documents/${id}/chunks?around=${chunk.id}&limit=${limit}`);
      assert.deepEqual((await around(all[10], 4)).map((one) => one.ordinal), [8, 9, 10, 11, 12]);
      assert.deepEqual((await around(all[0], 2)).map((one) => one.ordinal), [0, 1]);
      assert.deepEqual((await around(all.at(-1), 2)).map((one) => one.ordinal), [all.length - 2, all.length - 1]);
      await page.goto(`/documents/${id}?chunk=${all[15].id}`);
      await page.locator('[data-target]').waitFor();
    });

    test('a collection narrows a conversation', async () => {
      await page.goto('/documents');
      await page.getByRole('button', { name: 'Collections' }).click();
      await page.getByLabel('New collection').fill('Rivers');
      await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
      await page.getByRole('dialog').getByText('Rivers').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Actions for Long' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Rivers' }).click();
      await page.getByLabel('Collection', { exact: true }).selectOption({ label: 'Rivers' });
      await page.getByText('1 document', { exact: true }).waitFor();
      await page.goto('/chat');
      await page.getByRole('button', { name: 'All documents' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Rivers' }).click();
      await page.keyboard.press('Escape');
      await ask(page, 'When was the bridge closed?');
      assert.match(await answered(page), /could not find|found no document/i);
    });

    test('one is deleted', async () => {
      await page.goto('/documents');
      await page.getByRole('button', { name: 'Actions for report' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Delete document' }).click();
      await rowOf(page, 'report').waitFor({ state: 'detached' });
    });
  });

  test('settings are kept, and a changed password ends the other sessions', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    const email = await signUp(page);
    const other = await openWindow(browser, tenon);
    other.allow(/401/);
    await other.page.goto('/login');
    await other.page.getByLabel('E-mail').fill(email);
    await other.page.getByLabel('Password', { exact: true }).fill(password);
    await other.page.keyboard.press('Enter');
    await other.page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    await page.goto('/settings/account');
    await page.getByLabel('Name').fill('Somebody');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: /Somebody/ }).waitFor();
    allow(/40[01] POST/);
    await page.goto('/settings/security');
    await page.getByLabel('Current password', { exact: true }).fill('Wrong-oak-42');
    await page.getByLabel('New password', { exact: true }).fill('Planed-oak-43');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.locator('[role=alert], [aria-invalid=true]').first().waitFor();
    await page.getByLabel('Current password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed', { exact: true }).waitFor();
    await other.page.getByRole('link', { name: 'Documents' }).click();
    await other.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await other.close();
    await page.goto('/settings/appearance');
    await page.getByRole('radio', { name: 'Dark' }).click();
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await close();
  });

  test('a limit is told in words, with the time to wait', async () => {
    const strict = await startTenon({ env: { RATE_LIMIT_AUTH: '2/1m' } });
    try {
      const { page, allow, close } = await openWindow(browser, strict);
      allow(/401 POST|429 POST/);
      await page.goto('/login');
      await page.getByLabel('E-mail').fill(newEmail());
      await page.getByLabel('Password', { exact: true }).fill('Wrong-oak-42');
      for (let tries = 0; tries < 3; tries++) {
        const answer = page.waitForResponse(/auth\/login/);
        await page.getByRole('button', { name: 'Log in' }).click();
        await answer;
        await page.getByRole('alert').waitFor();
      }
      await page.getByRole('alert').getByText(/Try again in \d+ seconds/).waitFor();
      await close();
    } finally {
      await strict.stop();
    }
  });
});
