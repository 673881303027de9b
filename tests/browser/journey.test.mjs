// The main job as a person does it: sign up, drop in documents, ask, follow a citation, make a key, call /v1 with it and see the
// call. Once by mouse, once by keyboard alone, once on a phone.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { readFile } from 'node:fs/promises';
import { startTenon } from '../clients/harness.mjs';
import { answered, ask, becomesReady, callAs, missing, openWindow, password, phone, rowOf, signUp, startBrowser, tabTo } from './browser.mjs';

const fixture = async (name) => ({ name, mimeType: 'application/octet-stream', buffer: await readFile(new URL(`../fixtures/documents/${name}`, import.meta.url)) });
const handbook = { name: 'handbook.md', mimeType: 'text/markdown', buffer: Buffer.from('# Handbook\n\n## Desk hours\n\nThe desk is open from nine to five on weekdays. On holidays it is closed.\n\n## Keys\n\nA lost key must be reported within two hours. The replacement costs 35 dollars.\n') };

describe('the main job', { skip: missing, concurrency: 3 }, () => {
  let tenon, browser;

  before(async () => {
    [tenon, browser] = await Promise.all([startTenon(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
  });

  describe('by mouse', { concurrency: 1 }, () => {
    let view, page, email, key;

    before(async () => {
      view = await openWindow(browser, tenon);
      page = view.page;
    });
    after(() => view.close());

    test('the first page leads to sign-up, and sign-up to the overview', async () => {
      await page.goto('/');
      await page.getByRole('link', { name: 'Create an account' }).click();
      await page.getByRole('heading', { name: 'Create your account' }).waitFor();
      email = await signUp(page);
      await page.getByText('Three steps, a few minutes.').waitFor();
      assert.deepEqual(await page.evaluate(() => ({ ...localStorage, ...sessionStorage, cookie: document.cookie })), { cookie: '' }, 'nothing of the session is in reach of scripts');
    });

    test('documents of three kinds become ready, and one that cannot be read says why', async () => {
      await page.getByRole('link', { name: 'Upload' }).click();
      await page.getByLabel('Files to upload').setInputFiles([handbook, await fixture('policy.pdf'), await fixture('policy.docx'), await fixture('locked.pdf')]);
      for (const name of ['handbook', 'locked']) await rowOf(page, name).waitFor();
      await becomesReady(page, 'handbook');
      for (const row of await page.getByRole('row').filter({ hasText: 'policy.' }).all()) await row.getByText('Ready', { exact: true }).waitFor();
      await rowOf(page, 'locked').getByText('The PDF is protected by a password.').waitFor();
    });

    test('a question gets a streamed answer whose citation opens the passage', async () => {
      await page.getByRole('link', { name: 'Chat', exact: true }).click();
      await ask(page, 'How much does the replacement of a lost key cost?');
      assert.match(await answered(page), /35 dollars/);
      await page.getByRole('button', { name: 'Citation 1: handbook' }).first().click();
      const panel = page.getByRole('complementary', { name: 'Citation 1: handbook' });
      assert.match(await panel.locator('mark').innerText(), /35 dollars/);
      await panel.getByText('A lost key must be reported').waitFor();
      await panel.getByRole('link', { name: 'Open document' }).click();
      await page.getByRole('heading', { name: 'handbook' }).waitFor();
      await page.locator('[data-target]').waitFor();
    });

    test('a PDF and a Word file are answered from as well', async () => {
      await page.goto('/chat');
      await ask(page, 'What do parcels abroad cost?');
      assert.match(await answered(page), /14\.90 EUR/);
      await ask(page, 'What do domestic parcels cost?');
      assert.match(await answered(page, 2), /4\.90 EUR/);
    });

    test('what the documents do not hold is not made up', async () => {
      await ask(page, 'Who won the chess tournament in Reykjavik?');
      assert.match(await answered(page, 3), /could not find/i);
      assert.equal(await page.getByRole('article', { name: 'Answer' }).nth(2).getByRole('button', { name: /^Citation/ }).count(), 0);
    });

    test('a key is shown once', async () => {
      await page.getByRole('link', { name: 'API keys' }).click();
      await page.getByRole('button', { name: 'Create key' }).first().click();
      await page.getByLabel('Name').fill('Backend');
      await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
      key = await page.getByLabel('The new key').innerText();
      assert.match(key, /^tn_live_/);
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('cell', { name: 'Backend', exact: true }).waitFor();
      await page.reload();
      await page.getByRole('cell', { name: 'Backend', exact: true }).waitFor();
      assert.ok(!(await page.content()).includes(key));
    });

    test('OpenAI\'s SDK calls /v1 with it, and the call is in the usage and on the overview', async () => {
      const client = new OpenAI({ baseURL: `${tenon.url}/v1`, apiKey: key, maxRetries: 0 });
      const answer = await client.chat.completions.create({ model: 'builtin/extract-1', messages: [{ role: 'system', content: 'The gate code is 4711.' }, { role: 'user', content: 'What is the gate code?' }] });
      assert.match(answer.choices[0].message.content, /4711/);
      await page.getByRole('link', { name: 'Usage' }).click();
      await page.getByRole('table', { name: 'Recent calls' }).getByRole('row').filter({ hasText: 'Backend' }).getByRole('button').click();
      await page.getByRole('dialog').getByText('/v1/chat/completions').waitFor();
      await page.keyboard.press('Escape');
      await page.getByLabel('Group by').selectOption('key');
      await page.getByRole('table', { name: 'Usage by api key' }).getByText('Backend').waitFor();
      await page.getByRole('link', { name: 'Overview', exact: true }).click();
      await page.getByRole('link', { name: /\/v1\/chat\/completions/ }).click();
      await page.getByRole('dialog').getByText('Backend').waitFor();
      await page.keyboard.press('Escape');
    });

    test('after logging out and in again the conversation is still there', async () => {
      await page.getByRole('button', { name: /Account menu/ }).click();
      await page.getByRole('menuitem', { name: 'Log out' }).click();
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /Account menu/ }).waitFor();
      await page.getByRole('link', { name: 'Chat', exact: true }).click();
      await page.getByRole('link', { name: 'How much does the replacement of a lost key cost?' }).click();
      assert.match(await answered(page), /35 dollars/);
    });
  });

  test('by keyboard alone', async () => {
    const { page, close } = await openWindow(browser, tenon);
    const keys = page.keyboard;
    await page.goto('/signup');
    await tabTo(page, /^Name$/);
    await keys.type('Keyboard Test');
    await tabTo(page, /^E-mail$/);
    await keys.type(`keys-${process.pid}@example.com`);
    await tabTo(page, /^Password$/);
    await keys.type(password);
    await keys.press('Enter');
    await page.getByText('Three steps, a few minutes.').waitFor();
    await tabTo(page, /^Upload$/);
    await keys.press('Enter');
    await page.getByRole('heading', { name: 'Documents' }).waitFor();
    const chooser = page.waitForEvent('filechooser');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Upload');
    await keys.press('Enter');
    await (await chooser).setFiles([handbook]);
    await becomesReady(page, 'handbook');
    await keys.press('Control+k');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
    await keys.type('chat');
    await keys.press('Enter');
    await page.waitForURL(/\/chat$/);
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Your question');
    await keys.type('When is the desk open?');
    await keys.press('Enter');
    assert.match(await answered(page), /nine to five/);
    await tabTo(page, /^Citation 1/, { back: true });
    await keys.press('Enter');
    await page.locator('aside mark').waitFor();
    await keys.press('Escape');
    await page.locator('aside mark').waitFor({ state: 'detached' });
    assert.match(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? ''), /^Citation 1/, 'the focus is back where it was');
    await keys.press('Control+k');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
    await keys.type('create an api key');
    await keys.press('Enter');
    await page.getByRole('dialog').getByLabel('Name').waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await keys.type('By keyboard');
    await keys.press('Enter');
    await page.getByLabel('The new key').waitFor();
    await close();
  });

  test('on a phone', async () => {
    const { page, close } = await openWindow(browser, tenon, { viewport: phone });
    const fits = async () => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, page.url());
    await signUp(page);
    await fits();
    await page.getByRole('link', { name: 'Upload' }).tap();
    await page.getByLabel('Files to upload').setInputFiles([handbook]);
    await becomesReady(page, 'handbook');
    await fits();
    await page.getByRole('button', { name: 'Menu' }).tap();
    await page.getByRole('link', { name: 'Chat', exact: true }).tap();
    await ask(page, 'When is the desk open?');
    assert.match(await answered(page), /nine to five/);
    await fits();
    await page.getByRole('button', { name: 'Citation 1: handbook' }).first().tap();
    await page.getByRole('dialog').locator('mark').waitFor();
    await page.getByRole('button', { name: 'Close' }).tap();
    for (const path of ['/keys', '/usage', '/providers', '/settings']) {
      await page.goto(path);
      await page.locator('main h1').first().waitFor();
      await fits();
    }
    await close();
  });

  test('nothing of it is seen from another organization', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    await signUp(page);
    const own = await callAs(page, 'POST', '/api/knowledge/documents', { title: 'Own', text: 'Only here.' });
    const other = await openWindow(browser, tenon);
    await signUp(other.page);
    other.allow(/404 GET/);
    await other.page.goto(`/documents/${own.id}`);
    await other.page.getByText('This document is gone').waitFor();
    await other.close();
    allow(/404/);
    await page.goto('/chat/01900000-0000-7000-8000-000000000000');
    await page.getByText('This conversation is gone').waitFor();
    await close();
  });
});
