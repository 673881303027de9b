// The first administrator by the link that the program shows; acting for somebody, said above every page; one's data and the end of one's
// account.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually, startTenon } from '../clients/harness.mjs';
import { callAs, missing, newEmail, openWindow, password, signUp, startBrowser, violations } from './browser.mjs';

describe('people', { skip: missing, concurrency: 1 }, () => {
  let tenon, browser, admin;

  before(async () => {
    [tenon, browser] = await Promise.all([startTenon(), startBrowser()]);
  });
  after(async () => {
    await admin?.context.close();
    await browser?.close();
    await tenon?.stop();
  });

  const dialog = (page) => page.getByRole('dialog');
  const press = (where, name) => where.getByRole('button', { name, exact: true }).click();

  test('the link that the program shows makes the first administrator, once', async () => {
    const link = await eventually(() => {
      const found = tenon.log().match(/\/setup\?token=[\w-]+/);
      assert.ok(found, 'it is shown at the start');
      return found[0];
    });
    admin = await openWindow(browser, tenon);
    const { page, allow } = admin;
    await page.goto(link);
    await page.getByRole('heading', { name: 'Set up this server' }).waitFor();
    assert.equal(page.url(), `${tenon.url}/setup`);
    assert.deepEqual(await violations(page), []);
    await page.getByLabel('Name').fill('Keeper');
    await page.getByLabel('E-mail').fill(newEmail());
    await page.getByLabel('Password', { exact: true }).fill('password');
    allow(/400 POST \/api\/admin\/setup/);
    await press(page, 'Create the administrator');
    await page.locator('[aria-invalid=true]').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await press(page, 'Create the administrator');
    await page.getByRole('button', { name: /Account menu/ }).waitFor();
    assert.equal((await callAs(page, 'GET', '/api/auth/me')).user.is_admin, true);

    const other = await openWindow(browser, tenon);
    other.allow(/400 POST \/api\/admin\/setup/);
    await other.page.goto(link);
    await other.page.getByLabel('Name').fill('Second');
    await other.page.getByLabel('E-mail').fill(newEmail());
    await other.page.getByLabel('Password', { exact: true }).fill(password);
    await press(other.page, 'Create the administrator');
    await other.page.getByRole('heading', { name: 'This link is not good any more' }).waitFor();
    await other.close();
  });

  test('who acts for somebody reads it above every page, and ends it there', async () => {
    const person = await openWindow(browser, tenon);
    await signUp(person.page);
    const { user } = await callAs(person.page, 'GET', '/api/auth/me');
    await callAs(admin.page, 'POST', `/api/admin/users/${user.id}/impersonate`, { reason: 'A question of theirs', session: 'cookie' });
    const bar = admin.page.getByRole('complementary', { name: 'You are acting for somebody' });
    for (const path of ['/', '/documents', '/settings/account']) {
      await admin.page.goto(path);
      await bar.getByText('You are acting for Browser Test, as Keeper.').waitFor();
    }
    assert.deepEqual(await violations(admin.page), []);
    await person.page.reload();
    await person.page.getByRole('button', { name: /Account menu/ }).waitFor();
    assert.equal(await person.page.getByRole('complementary', { name: 'You are acting for somebody' }).count(), 0, 'the person is themselves');
    await press(bar, 'End');
    await admin.page.getByRole('heading', { name: 'Log in' }).waitFor();
    assert.equal(await admin.page.evaluate(() => fetch('/api/auth/me').then(({ status }) => status)), 401);
    await person.close();
  });

  test('what is kept is downloaded, and the account is deleted by its password', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    const email = await signUp(page);
    await page.goto('/settings/account');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    assert.ok((await readFile(await (await download).path(), 'utf8')).includes(email));
    await press(page, 'Delete account');
    assert.deepEqual(await violations(page), []);
    allow(/400 DELETE \/api\/auth\/me/);
    await dialog(page).getByLabel('Your password', { exact: true }).fill('Wrong-oak-42');
    await press(dialog(page), 'Delete my account');
    await dialog(page).getByText('is not right').waitFor();
    await dialog(page).getByLabel('Your password', { exact: true }).fill(password);
    await press(dialog(page), 'Delete my account');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    allow(/401 POST \/api\/auth\/login/);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await press(page, 'Log in');
    await page.getByRole('alert').waitFor();
    await close();
  });
});
