// An invitation from the dialog to the letter, the link and the list of members; a role of one's own; leaving; deleting and restoring.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { startTenon } from '../clients/harness.mjs';
import { callAs, missing, newEmail, openWindow, password, signUp, startBrowser, violations } from './browser.mjs';

describe('members', { skip: missing, concurrency: 1 }, () => {
  let tenon, browser, owner, guest, email;

  before(async () => {
    [tenon, browser] = await Promise.all([startTenon(), startBrowser()]);
    owner = await openWindow(browser, tenon);
    guest = await openWindow(browser, tenon);
    email = newEmail();
    await signUp(owner.page);
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
  });

  const data = async (path) => (await (await fetch(tenon.url + path)).json()).data;

  /** The path of the link in the letter to this address, once it is there. */
  async function linkTo(address) {
    for (let tries = 0; tries < 400; tries++) {
      const letter = (await data('/api/outbox')).find(({ to }) => to === address);
      if (letter) {
        const { message } = await data(`/api/outbox/${letter.id}`);
        return message.replace(/=\r\n/g, '').replace(/=3D/g, '=').match(/\/invitation\?token=[\w-]+/)[0];
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`no letter to ${address}`);
  }

  const choose = async (page, of, item) => {
    await page.getByRole('button', { name: `Actions for ${of}` }).click();
    await page.getByRole(item.role, { name: item.name, exact: true }).click();
  };

  test('somebody is invited, signs up by the link, and is a member', async () => {
    await owner.page.goto('/settings/members');
    await owner.page.getByRole('button', { name: 'Invite' }).click();
    await owner.page.getByLabel('E-mail').fill(email);
    await owner.page.getByLabel('Role').selectOption('viewer');
    await owner.page.getByRole('button', { name: 'Send invitation' }).click();
    await owner.page.getByRole('list', { name: 'Open invitations' }).getByText(email).waitFor();
    const link = await linkTo(email);
    await guest.page.goto(link);
    await guest.page.getByRole('heading', { name: 'Join Example' }).waitFor();
    assert.deepEqual(await violations(guest.page), []);
    await guest.page.getByRole('button', { name: 'Create an account' }).click();
    await guest.page.getByText('Create your account, and you are in as viewer.').waitFor();
    assert.equal(await guest.page.getByLabel('E-mail').inputValue(), email, 'the invitation says who it is for');
    assert.equal(await guest.page.getByLabel('Organization').count(), 0);
    assert.deepEqual(await violations(guest.page), []);
    await guest.page.getByLabel('Name').fill('Guest');
    await guest.page.getByLabel('Password', { exact: true }).fill(password);
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await guest.page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    assert.equal(new URL(guest.page.url()).pathname, '/');
    const me = await callAs(guest.page, 'GET', '/api/auth/me');
    assert.deepEqual([me.organizations.length, me.organization.role, me.user.email_verified], [1, 'viewer', true], 'one request: no organization besides, and the address is proven');
    await guest.page.goto('/settings/members');
    await guest.page.getByRole('list', { name: 'Members' }).getByText(email).waitFor();
    assert.equal(await guest.page.getByRole('button', { name: 'Invite' }).count(), 0);
    guest.allow(/404 POST .*preview/);
    await guest.page.goto(link);
    await guest.page.getByText('This invitation cannot be used').waitFor();
  });

  test('a role of the organization is made and given', async () => {
    await owner.page.goto('/settings/roles');
    await owner.page.getByRole('button', { name: 'New role' }).click();
    await owner.page.getByLabel('Name').fill('Inviter');
    await owner.page.getByRole('checkbox', { name: /Invite, change and remove/ }).check();
    await owner.page.getByRole('checkbox', { name: /Read usage/ }).check();
    assert.deepEqual(await violations(owner.page), []);
    await owner.page.getByRole('button', { name: 'Make role' }).click();
    await owner.page.getByRole('list', { name: 'Roles' }).getByText('Inviter').waitFor();
    await owner.page.goto('/settings/members');
    await choose(owner.page, 'Guest', { role: 'menuitemcheckbox', name: 'Inviter' });
    await owner.page.getByText('Role changed', { exact: true }).waitFor();
    await guest.page.goto('/settings/members');
    await guest.page.getByRole('button', { name: 'Invite' }).waitFor();
  });

  test('the last owner stays, a member leaves', async () => {
    owner.allow(/409 POST/);
    await owner.page.goto('/settings/organization');
    await owner.page.getByRole('button', { name: 'Leave', exact: true }).click();
    await owner.page.getByRole('button', { name: 'Leave organization' }).click();
    await owner.page.getByText(/needs an owner/).first().waitFor();
    await guest.page.goto('/settings/organization');
    await guest.page.getByRole('button', { name: 'Leave', exact: true }).click();
    await guest.page.getByRole('button', { name: 'Leave organization' }).click();
    await guest.page.getByText('You left Example', { exact: true }).waitFor();
    await guest.close();
  });

  test('the organization is deleted and restored', async () => {
    await owner.page.goto('/settings/organization');
    await owner.page.getByRole('button', { name: 'Delete', exact: true }).click();
    await owner.page.getByLabel('Its name, to confirm').fill('Example');
    await owner.page.getByRole('button', { name: 'Delete organization' }).click();
    await owner.page.getByText('Deleted organizations', { exact: true }).waitFor();
    await owner.page.getByRole('button', { name: 'Restore' }).click();
    await owner.page.getByText('Organization restored', { exact: true }).waitFor();
    await owner.close();
  });
});
