// Second factors, passkeys and other services, as people use them: an authenticator whose codes the test computes, Chromium's virtual
// authenticator for passkeys, oidc-provider as the other service. Passkeys are for localhost and not for an address of numbers.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startOidc } from '../fakes/oidc.mjs';
import { freePort, startTenon } from '../clients/harness.mjs';
import { totp } from '../clients/totp.mjs';
import { alter, callAs, growOld as makeOld, linkIn, missing, newEmail, openWindow, password, signUp, startBrowser, tabTo, violations } from './browser.mjs';

describe('factors', { skip: missing, concurrency: 3 }, () => {
  let tenon, browser, oidc, directory, file;

  before(async () => {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    directory = await mkdtemp(path.join(os.tmpdir(), 'tenon-factors-'));
    file = path.join(directory, 'tenon.db');
    oidc = await startOidc({ redirects: [`${url}/api/auth/oauth/oidc/callback`] });
    const env = { APP_URL: url, DATABASE_URL: `sqlite:${file}`, OIDC_ISSUER: oidc.url, OIDC_CLIENT_ID: oidc.clientId, OIDC_CLIENT_SECRET: oidc.clientSecret };
    const [server, chromium] = await Promise.all([startTenon({ port, env }), startBrowser()]);
    [tenon, browser] = [{ ...server, url }, chromium];
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
    await oidc?.close();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  const dialog = (page) => page.getByRole('dialog');
  const press = (where, name) => where.getByRole('button', { name, exact: true }).click();
  const overview = (page) => page.getByRole('heading', { name: 'Example', exact: true }).waitFor();

  /** A window that goes to the other service as well. */
  async function open(options) {
    const view = await openWindow(browser, tenon, options);
    view.allow(new RegExp(`^foreign request: ${oidc.url}`));
    return view;
  }

  /** A device that can keep passkeys, and whose owner says yes. */
  async function withDevice(view) {
    const session = await view.context.newCDPSession(view.page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    return { refuse: () => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false }), forget: () => session.send('WebAuthn.clearCredentials', { authenticatorId }) };
  }

  async function logIn(page, email, next = '') {
    await page.goto(`/login${next}`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await press(page, 'Log in');
  }

  async function logOut(page) {
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  }

  /** An authenticator, set up in the page, as if some time ago: its code of now is good once more. { secret, codes } */
  async function setUp(page) {
    await page.goto('/settings/security');
    await press(page, 'Set up');
    const picture = page.getByRole('img', { name: /QR code/ });
    await picture.waitFor();
    assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), 'the picture can be seen');
    const secret = await page.getByLabel('The secret').innerText();
    await dialog(page).getByLabel('One-time code').fill(totp(secret));
    await press(page, 'Turn on');
    const list = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
    await list.nth(9).waitFor();
    alter(file, "UPDATE mfa_factors SET counter = 0 WHERE kind = 'totp' AND user_id = (SELECT id FROM users WHERE email = ?)", (await callAs(page, 'GET', '/api/auth/me')).user.email);
    return { secret, codes: await list.allInnerTexts() };
  }

  const growOld = (page, email) => makeOld(page, file, email);

  test('an authenticator is set up, asked for, stood in for by a recovery code, and turned off', async () => {
    const view = await open();
    const { page, allow, close } = view;
    const email = await signUp(page);
    const { secret, codes } = await setUp(page);
    assert.deepEqual(await violations(page), []);
    const download = page.waitForEvent('download');
    await press(page, 'Download');
    const kept = await readFile(await (await download).path(), 'utf8');
    for (const code of codes) assert.ok(kept.includes(code));
    await press(page, 'I have kept them');
    await page.getByText('You have 10 codes left.').waitFor();
    const shown = await page.content();
    assert.ok(!shown.includes(codes[0]) && !shown.includes(secret), 'shown once');

    await logOut(page);
    allow(/401 POST \/api\/auth\/(login|mfa\/verify)/);
    await logIn(page, email, '?next=/usage');
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => fetch('/api/auth/me').then(({ status }) => status)), 401, 'the password alone lets nobody in');
    await page.getByLabel('One-time code').fill('000000');
    await press(page, 'Log in');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('One-time code').fill(totp(secret));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/usage');

    await logOut(page);
    await logIn(page, email);
    await press(page, 'Use a recovery code');
    await page.getByLabel('Recovery code').fill(codes[3]);
    await page.keyboard.press('Enter');
    await overview(page);
    await logOut(page);
    await logIn(page, email);
    await press(page, 'Use a recovery code');
    await page.getByLabel('Recovery code').fill(codes[3]);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Recovery code').fill(codes[4]);
    await page.keyboard.press('Enter');
    await overview(page);

    await page.goto('/settings/security');
    await page.getByText('You have 8 codes left.').waitFor();
    await press(page, 'Make new codes');
    await press(dialog(page), 'Make new codes');
    const list = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
    await list.nth(9).waitFor();
    const fresh = await list.allInnerTexts();
    assert.equal(fresh.length, 10);
    assert.ok(!codes.includes(fresh[0]));
    await press(page, 'I have kept them');
    await press(page, 'Turn off');
    await press(dialog(page), 'Turn off');
    await page.getByText('Any authenticator app will do.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Make new codes' }).count(), 0, 'the codes went with the last factor');
    await logOut(page);
    await logIn(page, email);
    await overview(page);
    await close();
  });

  test('a challenge that was tried too often is begun anew', async () => {
    const { page, allow, close } = await open();
    const email = await signUp(page);
    const { secret } = await setUp(page);
    await press(page, 'I have kept them');
    await logOut(page);
    allow(/40[01] POST \/api\/auth\/(login|mfa\/verify)/);
    allow(/423 POST/);
    await logIn(page, email);
    const again = page.getByRole('button', { name: 'Log in again' });
    for (let tries = 0; tries < 8 && !(await again.count()); tries++) {
      const answer = page.waitForResponse(/mfa\/verify/);
      await page.getByLabel('One-time code').fill('000000');
      await page.keyboard.press('Enter');
      await answer;
      await page.getByRole('alert').waitFor();
    }
    /* The account may be locked by then, which says so in words; either way nobody is in. */
    if (await again.count()) await again.click();
    else await page.getByText(/failed attempts/).waitFor();
    assert.equal(await page.evaluate(() => fetch('/api/auth/me').then(({ status }) => status)), 401);
    assert.ok(!tenon.log().includes(secret));
    await close();
  });

  test('a passkey is added, logs in alone, is renamed and removed', async () => {
    const view = await open();
    const { page, allow, close } = view;
    const device = await withDevice(view);
    const email = await signUp(page);
    await page.goto('/settings/security');
    await page.getByText('You have none yet.').waitFor();
    await press(page, 'Add a passkey');
    assert.match(await dialog(page).getByLabel('Name').inputValue(), /Chrome on Linux/);
    await dialog(page).getByLabel('Name').fill('Laptop');
    assert.deepEqual(await violations(page), []);
    await press(dialog(page), 'Go on');
    await page.getByRole('list', { name: 'Recovery codes' }).waitFor();
    await press(page, 'I have kept them');
    const row = page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem');
    await row.getByText('not used yet').waitFor();

    await logOut(page);
    await page.goto('/login?next=/settings/security');
    await press(page, 'Sign in with a passkey');
    await row.getByText('used just now').waitFor();
    assert.equal((await callAs(page, 'GET', '/api/auth/me')).user.email, email);

    /* After the password it counts as the second factor. */
    await logOut(page);
    allow(/401 POST \/api\/auth\/login/);
    await logIn(page, email);
    await press(page, 'Use a passkey');
    await overview(page);

    /* What the device does not have, or its owner does not allow, is told in words. */
    await logOut(page);
    await device.refuse();
    await press(page, 'Sign in with a passkey');
    await page.getByRole('alert').getByText('No passkey was used').waitFor({ timeout: 70_000 });
    await page.getByLabel('E-mail').waitFor();
    await close();
  });

  test('a passkey is renamed and removed', async () => {
    const view = await open();
    const { page, close } = view;
    await withDevice(view);
    await signUp(page);
    await page.goto('/settings/security');
    await press(page, 'Add a passkey');
    await dialog(page).getByLabel('Name').fill('Laptop');
    await press(dialog(page), 'Go on');
    await press(page, 'I have kept them');
    await page.getByRole('button', { name: 'Actions for Laptop' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await dialog(page).getByLabel('Name').fill('Key on the ring');
    await press(page, 'Save');
    await page.getByRole('button', { name: 'Actions for Key on the ring' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await press(page, 'Remove passkey');
    await page.getByText('You have none yet.').waitFor();
    await close();
  });

  test('who must show anew who they are is asked in one place, by password', async () => {
    const { page, allow, close } = await open();
    allow(/401 POST \/api\/(keys|auth\/passkeys\/options|auth\/mfa\/verify)$/);
    const email = await signUp(page);
    await growOld(page, email);
    await page.goto('/keys?new=key');
    await dialog(page).getByLabel('Name').fill('Robot');
    await press(dialog(page), 'Create key');
    const asked = page.getByRole('dialog', { name: 'Is it still you?' });
    await asked.getByLabel('Your password', { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('alert').getByText('Nothing was done, because you did not confirm that it is you.').waitFor();
    assert.equal(await dialog(page).getByLabel('Name').inputValue(), 'Robot', 'the form is as it was');
    assert.equal((await callAs(page, 'GET', '/api/keys')).length, 0);

    let sent = 0;
    page.on('request', (request) => { sent += request.method() === 'POST' && new URL(request.url()).pathname === '/api/keys' ? 1 : 0; });
    await press(dialog(page), 'Create key');
    await asked.getByLabel('Your password', { exact: true }).fill('Wrong-oak-42');
    await page.keyboard.press('Enter');
    await asked.getByRole('alert').waitFor();
    await asked.getByLabel('Your password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await page.getByLabel('The new key').waitFor();
    assert.equal(sent, 2, 'refused once, and sent once more');
    assert.equal((await callAs(page, 'GET', '/api/keys')).length, 1);

    /* The proof lasts: another page asks for nothing. */
    await press(page, 'Done');
    await setUp(page);
    await close();
  });

  test('by one-time code, and by passkey, where there are such', async () => {
    const view = await open();
    const { page, allow, close } = view;
    await withDevice(view);
    const email = await signUp(page);
    const { secret } = await setUp(page);
    await press(page, 'I have kept them');
    await press(page, 'Add a passkey');
    await press(dialog(page), 'Go on');
    await page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem').waitFor();
    assert.equal(await page.getByRole('list', { name: 'Recovery codes' }).count(), 0, 'the codes of the first factor stand');
    allow(/401 (POST|DELETE) /);

    await growOld(page, email);
    await press(page, 'Make new codes');
    await press(dialog(page), 'Make new codes');
    const asked = page.getByRole('dialog', { name: 'Is it still you?' });
    await asked.getByRole('button', { name: 'Use a passkey' }).waitFor();
    await press(asked, 'Use a one-time code');
    assert.equal(await asked.getByRole('button', { name: 'Use your password' }).count(), 0, 'the password is not enough for who has a second factor');
    await asked.getByLabel('One-time code').fill(totp(secret));
    await press(asked, 'Confirm');
    await page.getByRole('list', { name: 'Recovery codes' }).waitFor();
    await press(page, 'I have kept them');

    await growOld(page, email);
    await press(page, 'Turn off');
    await press(dialog(page), 'Turn off');
    await press(asked, 'Use a passkey');
    await page.getByText('One-time codes are off', { exact: true }).waitFor();
    await close();
  });

  test('the proof is given by keys alone, and the focus returns', async () => {
    const { page, allow, close } = await open();
    allow(/401 POST/);
    const email = await signUp(page);
    await growOld(page, email);
    await page.goto('/settings/security');
    await page.getByRole('button', { name: 'Set up' }).waitFor();
    await tabTo(page, /^Set up$/);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'current-password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'one-time-code');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Set up');
    await close();
  });

  describe('other services', { concurrency: 1 }, () => {
    let people = 0;
    /** Whoever signs in at the service next. */
    function arrive(more = {}) {
      const sub = `browser-${++people}`;
      oidc.people[sub] = { email: newEmail(), email_verified: true, name: 'Service Person', ...more };
      oidc.person = sub;
      return oidc.people[sub];
    }
    const go = (page) => page.getByRole('link', { name: /^Continue with/ }).click();
    const section = (page) => page.getByRole('list', { name: 'Linked services' });

    test('somebody comes in by one, to where they wanted to go', async () => {
      const { page, close } = await open();
      const { email } = arrive();
      await page.goto('/usage');
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      assert.deepEqual(await violations(page), []);
      await go(page);
      await page.getByRole('heading', { name: 'Usage' }).waitFor();
      assert.equal((await callAs(page, 'GET', '/api/auth/me')).user.email, email);
      await close();
    });

    test('from the sign-up as well', async () => {
      const { page, close } = await open();
      const { email } = arrive();
      await page.goto('/signup');
      await go(page);
      await page.waitForURL(`${tenon.url}/`);
      assert.equal((await callAs(page, 'GET', '/api/auth/me')).user.email, email);
      await close();
    });

    test('a refusal is told in words', async () => {
      const { page, close } = await open();
      oidc.person = null;
      await page.goto('/login');
      await go(page);
      await page.getByRole('alert').getByText('You did not go through with it').waitFor();
      arrive({ email_verified: false });
      await go(page);
      await page.getByRole('alert').getByText('has not confirmed your e-mail address').waitFor();
      assert.equal(new URL(page.url()).pathname, '/login');
      await close();
    });

    test('linked, found in the list, come in by, and unlinked', async () => {
      const { page, close } = await open();
      const email = await signUp(page);
      arrive();
      await page.goto('/settings/security');
      await section(page).getByRole('button', { name: /^Link / }).click();
      await page.getByText('Service linked', { exact: true }).waitFor();
      assert.equal(new URL(page.url()).search, '', 'told once');
      await logOut(page);
      await go(page);
      await section(page).getByText('used just now').waitFor();
      assert.equal((await callAs(page, 'GET', '/api/auth/me')).user.email, email);
      await section(page).getByRole('button', { name: /^Unlink / }).click();
      await press(dialog(page), 'Unlink');
      await section(page).getByRole('button', { name: /^Link / }).waitFor();
      await close();
    });

    test('one that is linked elsewhere is not linked again', async () => {
      const first = await open();
      await signUp(first.page);
      arrive();
      for (const view of [first, await open()]) {
        if (view !== first) await signUp(view.page);
        await view.page.goto('/settings/security');
        await section(view.page).getByRole('button', { name: /^Link / }).click();
        await view.page.getByText(view === first ? 'Service linked' : 'is linked to another account here', { exact: view === first }).first().waitFor();
        await view.close();
      }
    });

    test('who has a second factor is asked for it on arrival, and the address keeps nothing', async () => {
      const { page, allow, close } = await open();
      const email = newEmail();
      await signUp(page, email);
      arrive();
      await page.goto('/settings/security');
      await section(page).getByRole('button', { name: /^Link / }).click();
      await page.getByText('Service linked', { exact: true }).waitFor();
      const { secret } = await setUp(page);
      await press(page, 'I have kept them');
      await logOut(page);
      allow(/401 POST \/api\/auth\/mfa\/verify/);
      await page.goto('/login?next=/usage');
      await go(page);
      await page.getByRole('heading', { name: 'One more step' }).waitFor();
      assert.equal(page.url(), `${tenon.url}/login?next=%2Fusage`);
      const kept = await page.evaluate(() => JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML]));
      assert.ok(!kept.includes('challenge='));
      await page.getByLabel('One-time code').fill(totp(secret));
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Usage' }).waitFor();
      await logOut(page);
      await page.getByLabel('E-mail').waitFor();
      await close();
    });

    test('who has neither password nor factor shows who they are by coming in anew', async () => {
      const { page, allow, close } = await open();
      const { email } = arrive();
      await page.goto('/login');
      await go(page);
      await page.getByRole('button', { name: /Account menu/ }).waitFor();
      allow(/401 POST/);
      await growOld(page, email);
      await page.goto('/settings/security');
      await press(page, 'Set up');
      await press(page, 'Log out, to log in again');
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await go(page);
      await page.getByRole('button', { name: 'Set up', exact: true }).click();
      await page.getByRole('img', { name: /QR code/ }).waitFor();
      await close();
    });

    test('who has no password deletes their account by a letter', async () => {
      const { page, close } = await open();
      const { email } = arrive();
      await page.goto('/login?next=/settings/account');
      await go(page);
      await press(page, 'Delete account');
      await press(dialog(page), 'Delete my account');
      await dialog(page).getByText('A link is on its way to').waitFor();
      const link = (await linkIn(page, tenon.url, email, /delet/i)).replace('//127.0.0.1:', '//localhost:');
      await page.goto(link);
      await page.getByRole('heading', { name: 'Delete your account?' }).waitFor();
      assert.equal(page.url(), `${tenon.url}/delete`, 'the token is out of the address');
      assert.deepEqual(await violations(page), []);
      await press(page, 'Delete my account');
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await close();
    });
  });
});
