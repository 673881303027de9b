// The pages of whoever runs the installation: found by nobody else; people who are shut out, let in, made administrators, signed out,
// acted for and deleted; organizations that are deleted and restored.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually, signUp as signUpByApi, startTenon } from '../clients/harness.mjs';
import { callAs, growOld, missing, newEmail, openWindow, overflow, password, phone, signUp, startBrowser, tabTo, violationsInBoth } from './browser.mjs';

describe('administration', { skip: missing, concurrency: 1 }, () => {
  const adminEmail = newEmail();
  let tenon, browser, directory, file, admin, page;

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-administration-'));
    file = path.join(directory, 'tenon.db');
    [tenon, browser] = await Promise.all([startTenon({ env: { DATABASE_URL: `sqlite:${file}` } }), startBrowser()]);
    admin = await openWindow(browser, tenon);
    page = admin.page;
    const token = await eventually(() => tenon.log().match(/\/setup\?token=([\w-]+)/)[1]);
    await page.goto(`/setup?token=${token}`);
    await page.getByLabel('Name').fill('Keeper');
    await page.getByLabel('E-mail').fill(adminEmail);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await press(page, 'Create the administrator');
    await page.getByRole('button', { name: /Account menu/ }).waitFor();
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  const press = (where, name) => where.getByRole('button', { name, exact: true }).click();
  const dialog = (name) => page.getByRole('dialog', { name });
  const told = (text) => page.getByText(text, { exact: true }).first().waitFor();
  const statusOf = (of) => of.evaluate(() => fetch('/api/auth/me').then(({ status }) => status));

  /** Somebody with an account, in a window of their own: { ...view, email, name }. */
  async function newPerson(name) {
    const view = await openWindow(browser, tenon);
    const email = await signUp(view.page);
    await callAs(view.page, 'PATCH', '/api/auth/me', { name });
    return { ...view, email, name };
  }

  async function openPerson({ name, email }) {
    await page.goto('/admin/people');
    await page.getByLabel('Find people').fill(email);
    await page.getByRole('link', { name, exact: true }).click();
    await dialog(name).getByRole('heading', { name: 'Organizations' }).waitFor();
    return dialog(name);
  }

  test('whoever is no administrator sees nothing of it, and the address leads nowhere', async () => {
    const { page: theirs, close } = await newPerson('Ordinary');
    const asked = [];
    theirs.on('request', (request) => { if (request.url().includes('/api/admin')) asked.push(request.url()); });
    await theirs.goto('/');
    await theirs.getByRole('link', { name: 'Usage' }).waitFor();
    assert.equal(await theirs.getByText('Installation').count() + await theirs.getByRole('link', { name: 'People' }).count(), 0);
    await theirs.keyboard.press('Control+k');
    await theirs.getByRole('combobox').fill('administration');
    await theirs.getByText('Nothing is called that.').waitFor();
    for (const place of ['/admin/people', '/admin/organizations', '/admin/people?person=0190a8c2-5d3f-7b61-9e0c-1f2a3b4c5d6e']) {
      await theirs.goto(place);
      await theirs.getByRole('heading', { name: 'There is no page here' }).waitFor();
    }
    assert.deepEqual(asked, []);
    await close();
  });

  test('people are found, on a phone too, and by keys alone', async () => {
    const someone = await newPerson('Findable');
    await page.goto('/');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'People' }).click();
    const table = page.getByRole('table', { name: 'People' });
    await table.getByText(adminEmail).waitFor();
    assert.match(await table.getByRole('row').filter({ hasText: adminEmail }).innerText(), /Active[\s\S]*Administrator/);
    assert.deepEqual(await violationsInBoth(page), []);
    await page.getByLabel('Find people').fill('nobody at all');
    await page.getByRole('heading', { name: 'Nobody is called that' }).waitFor();
    await press(page, 'Show all');
    await page.getByLabel('Find people').fill('findab');
    await page.getByText('1 person', { exact: true }).waitFor();
    const row = await table.getByRole('row').filter({ hasText: someone.email }).innerText();
    assert.match(row, /Not confirmed/);
    await tabTo(page, /^Findable$/);
    await page.keyboard.press('Enter');
    await dialog('Findable').getByText(someone.email).waitFor();
    assert.deepEqual(await violationsInBoth(page), []);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Findable');

    await page.setViewportSize(phone);
    assert.equal(await overflow(page), 0);
    await page.getByRole('link', { name: 'Findable' }).click();
    await dialog('Findable').getByRole('button', { name: 'Delete' }).waitFor();
    assert.equal(await overflow(page), 0);
    await page.goto('/admin/organizations');
    await page.getByText(/^1 member, 0 documents/).first().waitFor();
    assert.equal(await overflow(page), 0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await someone.close();
  });

  test('a long list comes in pages, and a search begins at the first', async () => {
    for (let made = 0; made < 52; made++) await signUpByApi(tenon.url);
    await page.goto('/admin/people');
    await page.getByText('Page 1 of 2', { exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Previous' }).isDisabled(), true);
    assert.equal(await page.getByRole('table').getByText(adminEmail).count(), 0, 'the oldest account is not on the first page');
    await press(page, 'Next');
    await page.getByRole('table').getByText(adminEmail).waitFor();
    await page.getByText('Page 2 of 2', { exact: true }).waitFor();
    await page.getByLabel('Find people').fill('client test 1');
    await page.getByRole('link', { name: 'Client Test 1', exact: true }).waitFor();
    assert.equal(await page.getByText(/^Page/).count(), 0);
  });

  test('what cannot be loaded says so, and is tried again', async () => {
    admin.allow(/500 GET \/api\/admin/);
    for (const [address, list] of [['/admin/people', 'People'], ['/admin/organizations', 'Organizations']]) {
      await page.route(/\/api\/admin\//, (route) => route.fulfill({ status: 500, json: { success: false, error: { code: 'INTERNAL', message: 'Something went wrong on our side.', request_id: '0190a8c2-5d3f-7b61-9e0c-1f2a3b4c5d6e' } } }));
      await page.goto(address);
      await page.getByRole('alert').getByText('Something went wrong on our side.').waitFor();
      await page.unroute(/\/api\/admin\//);
      await press(page, 'Try again');
      await page.getByRole('table', { name: list }).waitFor();
    }
  });

  test('an account is shut after the proof that was asked for, and opened again', async () => {
    const someone = await newPerson('Shut Out');
    admin.allow(/401 PATCH \/api\/admin\/users/);
    admin.allow(/401 POST \/api\/auth\/passkeys\/options/);
    await growOld(page, file, adminEmail);
    const panel = await openPerson(someone);
    await press(panel, 'Shut');
    assert.deepEqual(await violationsInBoth(page), []);
    await press(page, 'Shut account');
    await dialog('Is it still you?').getByRole('button', { name: 'Cancel' }).click();
    await dialog('Shut the account of Shut Out?').getByText('Nothing was done').waitFor();
    assert.equal(await statusOf(someone.page), 200);
    await press(page, 'Shut account');
    await dialog('Is it still you?').getByLabel('Your password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await told('Account shut');
    await panel.getByText('Shut', { exact: true }).first().waitFor();
    await eventually(async () => assert.equal(await statusOf(someone.page), 401));
    assert.equal(await panel.getByRole('button', { name: 'Act as them' }).isDisabled(), true);

    await press(panel, 'Open');
    await press(page, 'Open account');
    await told('Account opened');
    await panel.getByText('Active', { exact: true }).waitFor();
    await someone.page.goto('/login');
    await someone.page.getByLabel('E-mail').fill(someone.email);
    await someone.page.getByLabel('Password', { exact: true }).fill(password);
    await press(someone.page, 'Log in');
    await someone.page.getByRole('button', { name: /Account menu/ }).waitFor();
    await someone.close();
  });

  test('somebody is made an administrator and is none again; the last one stays', async () => {
    const someone = await newPerson('Deputy');
    const panel = await openPerson(someone);
    await press(panel, 'Make administrator');
    await press(dialog('Make Deputy an administrator?'), 'Make administrator');
    await told('Administrator made');
    await someone.page.goto('/admin/people');
    await someone.page.getByRole('table', { name: 'People' }).waitFor();
    assert.equal(await panel.getByRole('button', { name: 'Act as them' }).isDisabled(), true, 'nobody acts as an administrator');
    await press(panel, 'Take it away');
    await press(dialog(/Take administration/), 'Take it away');
    await told('No administrator any more');
    someone.allow(/404 GET \/api\/admin/);
    await someone.page.goto('/admin/people');
    await someone.page.getByRole('heading', { name: 'There is no page here' }).waitFor();

    admin.allow(/409 (PATCH|DELETE) \/api\/admin\/users/);
    const own = await openPerson({ name: 'Keeper', email: adminEmail });
    for (const [button, action] of [['Take it away', 'Take it away'], ['Shut', 'Shut account'], ['Delete', 'Delete account']]) {
      await press(own, button);
      const asking = dialog(/Keeper\?$/);
      if (button === 'Delete') await asking.getByLabel('Their e-mail, to confirm').fill(adminEmail);
      await press(asking, action);
      await asking.getByRole('alert').getByText('This is the last administrator.').waitFor();
      await press(asking, 'Cancel');
    }
    await someone.close();
  });

  test('an administrator who gives it up finds these pages gone', async () => {
    const someone = await newPerson('Successor');
    const { user } = await callAs(someone.page, 'GET', '/api/auth/me');
    await callAs(page, 'PATCH', `/api/admin/users/${user.id}`, { is_admin: true });
    await someone.page.goto(`/admin/people?person=${user.id}`);
    await press(someone.page, 'Take it away');
    await press(someone.page.getByRole('dialog', { name: /Take administration/ }), 'Take it away');
    await someone.page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    await someone.page.getByRole('link', { name: 'People' }).waitFor({ state: 'detached' });
    await someone.close();
  });

  test('somebody is signed out everywhere', async () => {
    const someone = await newPerson('Travelling');
    const panel = await openPerson(someone);
    await press(panel, 'Sign out everywhere');
    await press(dialog('Sign Travelling out?'), 'Sign out everywhere');
    await told('Signed out everywhere');
    await eventually(async () => assert.equal(await statusOf(someone.page), 401));
    await eventually(async () => assert.equal(await panel.getByRole('button', { name: 'Sign out everywhere' }).isDisabled(), true));
    await someone.close();
  });

  test('an account is deleted when its address is typed', async () => {
    const someone = await newPerson('Leaving');
    const panel = await openPerson(someone);
    await press(panel, 'Delete');
    const asking = dialog('Delete the account of Leaving?');
    const go = asking.getByRole('button', { name: 'Delete account' });
    await asking.getByLabel('Their e-mail, to confirm').fill('another@example.com');
    assert.equal(await go.isDisabled(), true);
    await asking.getByLabel('Their e-mail, to confirm').fill(someone.email);
    assert.deepEqual(await violationsInBoth(page), []);
    await go.click();
    await told('Account deleted');
    await page.getByRole('heading', { name: 'Nobody is called that' }).waitFor();
    assert.equal(await statusOf(someone.page), 401);
    await someone.close();
  });

  test('organizations are found, deleted by name with thirty days, and restored', async () => {
    const someone = await newPerson('Owner');
    const { organization } = await callAs(someone.page, 'GET', '/api/auth/me');
    await callAs(someone.page, 'PATCH', `/api/orgs/${organization.id}`, { name: 'Harbour' });
    const panel = await openPerson(someone);
    await panel.getByRole('link', { name: 'Harbour' }).click();
    await page.getByRole('heading', { name: 'Organizations', level: 1 }).waitFor();
    await page.getByText('1 organization', { exact: true }).waitFor();
    assert.equal(await page.getByLabel('Find organizations').inputValue(), 'Harbour');
    assert.deepEqual(await violationsInBoth(page), []);
    await page.getByRole('button', { name: 'Actions for Harbour' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const asking = dialog('Delete Harbour?');
    await asking.getByText(/For 30 days an administrator can restore it/).waitFor();
    assert.equal(await asking.getByRole('button', { name: 'Delete organization' }).isDisabled(), true);
    await asking.getByLabel('Its name, to confirm').fill('Harbour');
    assert.deepEqual(await violationsInBoth(page), []);
    await press(asking, 'Delete organization');
    await told('Organization deleted');
    const row = page.getByRole('row').filter({ hasText: 'Harbour' });
    await row.getByText(/By an administrator, removed for good on/).waitFor();
    assert.deepEqual(await violationsInBoth(page), []);
    await page.getByRole('button', { name: 'Actions for Harbour' }).click();
    await page.getByRole('menuitem', { name: 'Restore' }).click();
    await told('Organization restored');
    await row.getByText('Deleted', { exact: true }).waitFor({ state: 'detached' });
    await someone.close();
  });

  test('the organization one is in oneself is deleted and restored', async () => {
    const { organization } = await callAs(page, 'GET', '/api/auth/me');
    const other = await callAs(page, 'POST', '/api/orgs', { name: 'Elsewhere' });
    await page.goto(`/admin/organizations?q=${encodeURIComponent(organization.name)}`);
    const row = page.getByRole('row').filter({ hasText: 'Yours now' });
    await row.getByRole('button').click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByLabel('Its name, to confirm').fill(organization.name);
    await press(page, 'Delete organization');
    await told('Organization deleted');
    await page.getByRole('button', { name: /Elsewhere.*Change organization/ }).waitFor();
    assert.equal((await callAs(page, 'GET', '/api/auth/me')).organization.id, other.id);
    await callAs(page, 'POST', `/api/admin/orgs/${organization.id}/restore`);
  });

  test('acting for somebody begins with a reason, in the organization that is chosen, and ends at the login', async () => {
    const someone = await newPerson('Puzzled');
    const second = await callAs(someone.page, 'POST', '/api/orgs', { name: 'Second place' });
    const panel = await openPerson(someone);
    await press(panel, 'Act as them');
    const asking = dialog('Act as Puzzled?');
    assert.equal(await asking.getByRole('button', { name: 'Act as them' }).isDisabled(), true, 'not without a reason');
    await asking.getByLabel('Reason').fill('They cannot find their documents');
    await asking.getByLabel('In the organization').selectOption({ label: 'Second place' });
    assert.deepEqual(await violationsInBoth(page), []);
    await press(asking, 'Act as them');
    const bar = page.getByRole('complementary', { name: 'You are acting for somebody' });
    await bar.getByText('You are acting for Puzzled, as Keeper.').waitFor();
    await page.getByRole('heading', { name: 'Second place', exact: true }).waitFor();
    assert.equal((await callAs(page, 'GET', '/api/auth/me')).organization.id, second.id);
    assert.equal(await page.getByRole('link', { name: 'People' }).count(), 0);
    await page.goto('/admin/people');
    await page.getByRole('heading', { name: 'There is no page here' }).waitFor();
    await press(bar, 'End');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    assert.equal(await statusOf(page), 401);
    await someone.close();
    await admin.close();
  });
});
