// A domain is claimed by the record that the page shows, with a resolver of the test's own; people with an address there join.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startTenon } from '../clients/harness.mjs';
import { alter, callAs, linkIn, missing, openWindow, overflow, phone, signUp, startBrowser, violationsInBoth } from './browser.mjs';
import { startDns } from './dns.mjs';

describe('domains', { skip: missing, concurrency: 1 }, () => {
  let tenon, browser, dns, directory, file, owner, page, organization;

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-domains-'));
    file = path.join(directory, 'tenon.db');
    dns = await startDns();
    [tenon, browser] = await Promise.all([startTenon({ env: { DNS_SERVER: dns.address, DATABASE_URL: `sqlite:${file}` } }), startBrowser()]);
    owner = await openWindow(browser, tenon);
    page = owner.page;
    await signUp(page);
    ({ organization } = await callAs(page, 'GET', '/api/auth/me'));
    await callAs(page, 'PATCH', `/api/orgs/${organization.id}`, { name: 'Harbour' });
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
    await dns?.close();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  const press = (where, name) => where.getByRole('button', { name, exact: true }).click();
  const told = (of, text) => of.getByText(text, { exact: true }).first().waitFor();
  const rowOf = (of, domain) => of.getByRole('list', { name: 'Domains' }).getByRole('listitem').filter({ hasText: domain });

  async function add(of, domain) {
    await of.getByRole('button', { name: 'Add domain' }).click();
    await of.getByRole('dialog').getByLabel('Domain').fill(domain);
    await press(of.getByRole('dialog'), 'Add domain');
  }

  /** Somebody with an address that they have confirmed. */
  async function newPerson(email) {
    const view = await openWindow(browser, tenon);
    await signUp(view.page, email);
    await view.page.goto(await linkIn(view.page, tenon.url, email, /Confirm/));
    await view.page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    await view.page.getByRole('link', { name: 'To the overview' }).click();
    await view.page.getByRole('button', { name: /Account menu/ }).waitFor();
    return view;
  }

  test('a domain that nobody can have is refused at its field', async () => {
    owner.allow(/400 POST \/api\/orgs\/.*\/domains$/);
    await page.goto('/settings/domains');
    await page.getByText('None yet.').waitFor();
    assert.deepEqual(await violationsInBoth(page), []);
    await add(page, 'gmail.com');
    await page.getByRole('dialog').getByText("is a public mail service's").waitFor();
    assert.equal(await page.getByRole('dialog').getByLabel('Domain').getAttribute('aria-invalid'), 'true');
    assert.deepEqual(await violationsInBoth(page), []);
    await press(page.getByRole('dialog'), 'Cancel');
  });

  test('the record is shown, looked for in vain, added, and found', async () => {
    owner.allow(/409 POST \/api\/orgs\/.*\/domains/);
    await add(page, 'harbour.example');
    const row = rowOf(page, 'harbour.example');
    await row.getByText('Not confirmed yet').waitFor();
    await owner.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await press(row, 'Copy the name');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '_tenon.harbour.example');
    await press(row, 'Copy the value');
    const value = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(value, /^tenon-verify=[\w-]{20,}$/);
    assert.ok((await row.innerText()).includes(value));
    await press(row, 'Check now');
    await row.getByRole('alert').getByText('There is no TXT record of _tenon.harbour.example with this value').waitFor();
    assert.deepEqual(await violationsInBoth(page), []);
    owner.allow(/503 POST \/api\/orgs\/.*\/verify$/);
    dns.answers(false);
    await press(row, 'Check now');
    await row.getByRole('alert').getByText('The DNS did not answer.').waitFor();
    dns.answers(true);
    dns.set('_tenon.harbour.example', value);
    await press(row, 'Check now');
    await told(page, 'The record is there');
    await row.getByText('Confirmed', { exact: true }).waitFor();
    assert.equal(await row.getByRole('button', { name: 'Check now' }).count(), 0);
    await press(row, 'Actions for harbour.example');
    await page.getByRole('menuitem', { name: 'Show the record' }).click();
    await row.getByText(value).waitFor();

    await add(page, 'harbour.example');
    await page.getByRole('dialog').getByText('is there already').waitFor();
    await press(page.getByRole('dialog'), 'Cancel');
  });

  test('a record that is gone is said so, and found again', async () => {
    alter(file, "UPDATE organization_domains SET status = 'lost' WHERE domain = ?", 'harbour.example'); // as the daily look does
    await page.goto('/settings/domains');
    const row = rowOf(page, 'harbour.example');
    await row.getByText('Record gone').waitFor();
    await row.getByText('Nobody joins until it is back').waitFor();
    assert.deepEqual(await violationsInBoth(page), []);
    await press(row, 'Check now');
    await row.getByText('Confirmed', { exact: true }).waitFor();
  });

  test('another organization cannot have it as well', async () => {
    const rival = await openWindow(browser, tenon);
    rival.allow(/409 POST \/api\/orgs\/.*\/verify$/);
    await signUp(rival.page);
    await rival.page.goto('/settings/domains');
    await add(rival.page, 'harbour.example');
    const row = rowOf(rival.page, 'harbour.example');
    const value = (await row.innerText()).match(/tenon-verify=[\w-]+/)[0];
    dns.set('_tenon.harbour.example', value);
    await press(row, 'Check now');
    await row.getByRole('alert').getByText('Another organization has verified this domain.').waitFor();
    await rival.close();
  });

  test('who has confirmed an address is offered to join, not pressed, and is moved there', async () => {
    const first = await newPerson('first@harbour.example');
    await first.page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    assert.equal(await first.page.getByText('you can join').count(), 0, 'nobody has said that people may');

    await page.goto('/settings/domains');
    const row = rowOf(page, 'harbour.example');
    const role = row.getByRole('combobox', { name: 'Role of who joins by harbour.example' });
    assert.equal(await role.isDisabled(), true);
    await row.getByRole('switch', { name: /Let people join/ }).check();
    await role.selectOption('member');
    await page.waitForFunction(async (id) => {
      const { data } = await (await fetch(`/api/orgs/${id}/domains`)).json();
      return data[0].auto_join && data[0].role === 'member';
    }, organization.id);
    assert.deepEqual(await violationsInBoth(page), []);

    await first.page.goto('/');
    await first.page.getByRole('heading', { name: 'An organization you can join' }).waitFor();
    await first.page.getByText('As member, by your address at harbour.example').waitFor();
    assert.deepEqual(await violationsInBoth(first.page), []);
    await first.page.setViewportSize(phone);
    assert.equal(await overflow(first.page), 0);
    await first.page.setViewportSize({ width: 1440, height: 900 });
    await press(first.page, 'Not now');
    await first.page.getByRole('heading', { name: 'An organization you can join' }).waitFor({ state: 'detached' });
    await first.page.reload();
    await first.page.getByRole('heading', { name: 'Last 30 days' }).waitFor();
    assert.equal(await first.page.getByRole('heading', { name: 'An organization you can join' }).count(), 0, 'it is remembered');

    await first.page.getByRole('button', { name: /Change organization/ }).click();
    await first.page.getByRole('menuitem', { name: /Join Harbour/ }).waitFor();
    await first.page.getByRole('menuitem', { name: 'New organization' }).click();
    const dialog = first.page.getByRole('dialog', { name: 'New organization' });
    assert.deepEqual(await violationsInBoth(first.page), []);
    await press(dialog, 'Join Harbour');
    await first.page.getByRole('heading', { name: 'Harbour', exact: true }).waitFor();
    await told(first.page, 'You joined Harbour');
    assert.equal(await dialog.count(), 0);
    const me = await callAs(first.page, 'GET', '/api/auth/me');
    assert.deepEqual([me.organization.id, me.organization.role], [organization.id, 'member']);
    await first.page.getByRole('button', { name: /Change organization/ }).click();
    assert.equal(await first.page.getByText('You can join').count(), 0);

    await first.page.goto('/settings/members');
    await first.page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Roles' }).waitFor();
    assert.equal(await first.page.getByRole('link', { name: 'Domains' }).count(), 0, 'a member does not manage it');
    await first.page.goto('/settings/domains');
    await first.page.waitForURL(/\/settings$/);
    await first.close();
  });

  test('by the menu of organizations too', async () => {
    await callAs(page, 'PATCH', `/api/orgs/${organization.id}/domains/${(await callAs(page, 'GET', `/api/orgs/${organization.id}/domains`))[0].id}`, { auto_join: false });
    const second = await newPerson('second@harbour.example');
    await page.goto('/settings/domains');
    await rowOf(page, 'harbour.example').getByRole('switch').check();
    await page.waitForFunction(async (id) => (await (await fetch(`/api/orgs/${id}/domains`)).json()).data[0].auto_join, organization.id);
    await second.page.goto('/usage');
    await second.page.getByRole('button', { name: /Change organization/ }).click();
    await second.page.getByRole('menuitem', { name: /Join Harbour/ }).click();
    await second.page.getByRole('heading', { name: 'Harbour', exact: true }).waitFor();
    assert.equal(new URL(second.page.url()).pathname, '/');
    await second.close();
  });

  test('who confirms an address later is in without asking', async () => {
    const third = await newPerson('third@harbour.example');
    const me = await callAs(third.page, 'GET', '/api/auth/me');
    assert.ok(me.organizations.some(({ id, role }) => id === organization.id && role === 'member'));
    await third.page.getByRole('button', { name: /Change organization/ }).click();
    await third.page.getByRole('menuitemcheckbox', { name: /Harbour/ }).waitFor();
    await third.close();
  });

  test('a domain is removed, and nobody joins by it any more', async () => {
    await page.goto('/settings/domains');
    await press(page, 'Actions for harbour.example');
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await press(page.getByRole('dialog', { name: 'Remove harbour.example?' }), 'Remove domain');
    await told(page, 'Domain removed');
    await page.getByText('None yet.').waitFor();
    const late = await newPerson('late@harbour.example');
    assert.deepEqual(await callAs(late.page, 'GET', '/api/orgs/joinable'), []);
    await late.close();
    await owner.close();
  });
});
