// What is done by letter: a forgotten password, an address confirmed and changed; and how an account tells that it is locked. Letters are
// read in the outbox, as a developer does.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, startTenon } from '../clients/harness.mjs';
import { callAs, here, letterTo, linkIn, missing, newEmail, openWindow, password, phone, signUp, startBrowser, tabTo, violations } from './browser.mjs';

const another = 'Whittled-elm-57';

describe('the account', { skip: missing, concurrency: 3 }, () => {
  let tenon, browser;

  before(async () => {
    [tenon, browser] = await Promise.all([startTenon({ env: { LOG_LEVEL: 'debug' } }), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await tenon?.stop();
  });

  async function logIn(page, email, secret) {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(secret);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
  }

  /** Notes every address that is asked for, and every Referer. */
  function watchRequests(page) {
    const seen = [];
    page.on('request', async (request) => seen.push({ url: request.url(), navigation: request.isNavigationRequest(), referer: (await request.allHeaders().catch(() => ({}))).referer ?? '' }));
    return seen;
  }

  async function holdsNowhere(page, seen, token) {
    const kept = await page.evaluate(() => JSON.stringify([location.href, history.state, document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML]));
    assert.ok(!kept.includes(token), 'the page keeps the token where it can be read');
    assert.deepEqual(seen.filter(({ url, navigation, referer }) => referer.includes(token) || (!navigation && url.includes(token))), [], 'the token goes along with requests');
    assert.ok(seen.length > 3, 'requests were watched');
    assert.ok(!tenon.log().includes(token), 'the token is in the log');
  }

  test('forgotten, found in the outbox, chosen anew, logged in', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    const other = await openWindow(browser, tenon);
    const email = await signUp(other.page);
    const seen = watchRequests(page);

    await page.goto('/login');
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    assert.equal(await page.getByLabel('E-mail').inputValue(), email, 'what was typed comes along');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Look in your mail' }).waitFor();
    await page.getByRole('link', { name: 'Open the outbox' }).click();
    await page.getByRole('link', { name: /Choose a new password/ }).filter({ hasText: email }).click();
    const link = await linkIn(page, tenon.url, email, /^Choose a new password$/);
    assert.match(link, /\/reset\?token=[\w-]{43}$/);
    const token = link.split('token=')[1];

    seen.length = 0;
    await page.goto(link);
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    assert.equal(page.url(), `${tenon.url}/reset`);
    await holdsNowhere(page, seen, token);
    allow(/400 POST \/api\/auth\/password\/reset/);
    await page.getByLabel('New password', { exact: true }).fill('password');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.locator('[aria-invalid=true]').waitFor();
    assert.notEqual(await page.getByRole('alert').first().innerText(), '');
    await page.getByLabel('New password', { exact: true }).fill(another);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('Your password is changed. Log in with the new one.').waitFor();
    assert.equal(page.url(), `${tenon.url}/login`);
    await holdsNowhere(page, seen, token);

    allow(/401 POST \/api\/auth\/login/);
    await logIn(page, email, password);
    await page.getByRole('alert').waitFor();
    await logIn(page, email, another);
    await page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    assert.equal(await page.getByRole('complementary', { name: 'Your address is not confirmed' }).count(), 0, 'whoever read the letter has the address');

    other.allow(/401/);
    await other.page.getByRole('link', { name: 'Documents' }).click();
    await other.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await other.close();

    await page.goto(link);
    await page.getByLabel('New password', { exact: true }).fill('Carved-ash-91');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByRole('heading', { name: 'This link is not good any more' }).waitFor();
    await page.getByRole('link', { name: 'Ask for a new link' }).click();
    await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    await page.goto('/reset');
    await page.getByRole('link', { name: 'Ask for a new link' }).waitFor();
    await close();
  });

  test('whether there is an account, the page does not tell', async () => {
    const { page, close } = await openWindow(browser, tenon);
    const known = await signUp(page);
    const said = async (email) => {
      await page.goto('/forgot');
      await page.getByLabel('E-mail').fill(email);
      await page.getByRole('button', { name: 'Send the link' }).click();
      await page.getByRole('heading', { name: 'Look in your mail' }).waitFor();
      await page.getByRole('link', { name: 'Open the outbox' }).waitFor();
      return (await page.locator('main').innerText()).replaceAll(email, '');
    };
    assert.equal(await said('nobody-at-all@example.com'), await said(known));
    await close();
  });

  test('by keyboard alone', async () => {
    const { page, close } = await openWindow(browser, tenon);
    const other = await openWindow(browser, tenon);
    const email = await signUp(other.page);
    await other.close();
    const keys = page.keyboard;
    const focus = (pattern) => page.waitForFunction((text) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === text, pattern);
    await page.goto('/login');
    await tabTo(page, /^Forgot your password\?$/);
    await keys.press('Enter');
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'email');
    await keys.type(email);
    await keys.press('Enter');
    await focus('Look in your mail');
    await tabTo(page, /^Open the outbox$/);
    await keys.press('Enter');
    await page.getByRole('heading', { name: 'Outbox' }).waitFor();
    await page.goto(await linkIn(page, tenon.url, email, /^Choose a new password$/));
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'password');
    await keys.type(another);
    await keys.press('Enter');
    await page.getByText('Your password is changed.').waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'email');
    await keys.type(email);
    await keys.press('Tab');
    await keys.type(another);
    await keys.press('Enter');
    await page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    await close();
  });

  test('an address is confirmed, and the page above is told', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    const email = await signUp(page);
    const banner = page.getByRole('complementary', { name: 'Your address is not confirmed' });
    const first = await linkIn(page, tenon.url, email, /^Confirm your e-mail address$/);
    await page.goto('/documents');
    await banner.getByText(email).waitFor();
    await banner.getByRole('button', { name: 'Send the link again' }).click();
    await banner.getByRole('button', { name: 'Sent' }).waitFor();

    allow(/400 POST \/api\/auth\/email\/verify/);
    await page.goto(first);
    await page.getByRole('heading', { name: 'This link is not good any more' }).waitFor();
    await page.getByRole('button', { name: 'Send a new link' }).click();
    await page.getByRole('button', { name: 'The link is on its way' }).waitFor();
    await eventually(async () => {
      const { data } = await (await fetch(`${tenon.url}/api/outbox`)).json();
      assert.equal(data.filter(({ to }) => to === email).length, 3, 'at sign-up, from the banner, from the page');
    });
    const link = await linkIn(page, tenon.url, email, /^Confirm your e-mail address$/);

    const seen = watchRequests(page);
    await page.goto(link);
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    assert.equal(page.url(), `${tenon.url}/verify`);
    await holdsNowhere(page, seen, link.split('token=')[1]);
    assert.equal(seen.filter(({ url }) => url.endsWith('/api/auth/email/verify')).length, 1, 'the link is used once');
    await page.getByRole('link', { name: 'To the overview' }).click();
    await page.getByRole('heading', { name: 'Example', exact: true }).waitFor();
    assert.equal(await banner.count(), 0);
    await page.goto(link);
    await page.getByText('it is confirmed').waitFor();
    await close();
  });

  test('on a device that is not signed in no login comes in between', async () => {
    const { page, close } = await openWindow(browser, tenon);
    const other = await openWindow(browser, tenon);
    const email = await signUp(other.page);
    const link = await linkIn(other.page, tenon.url, email, /^Confirm/);
    const places = [];
    page.on('framenavigated', (frame) => places.push(new URL(frame.url()).pathname));
    await page.goto(link);
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    await page.getByRole('link', { name: 'To the login' }).waitFor();
    assert.deepEqual([...new Set(places)], ['/verify']);
    await other.close();
    await close();
  });

  test('an address is changed by a link to the new one, and the old one is told', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    const email = await signUp(page);
    const next = newEmail();
    await page.goto('/settings/account');
    await page.getByRole('button', { name: 'Change e-mail' }).click();
    const dialog = page.getByRole('dialog');
    allow(/400 POST \/api\/auth\/email/);
    await dialog.getByLabel('New e-mail').fill('no address');
    await dialog.getByLabel('Your password', { exact: true }).fill(another);
    await dialog.getByRole('button', { name: 'Send the link' }).click();
    await dialog.getByText('must be an e-mail address').waitFor();
    await dialog.getByLabel('New e-mail').fill(next);
    await dialog.getByRole('button', { name: 'Send the link' }).click();
    await dialog.getByText('is not right').waitFor();
    await dialog.getByLabel('Your password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Send the link' }).click();
    await page.getByText(`A link is on its way to ${next}.`).waitFor();
    assert.equal((await callAs(page, 'GET', '/api/auth/me')).user.email, email, 'nothing has changed yet');

    await page.goto(await linkIn(page, tenon.url, next, /^Confirm your new e-mail address$/));
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    await page.getByText(next).waitFor();
    await letterTo(tenon.url, email, /^Your e-mail address was changed$/);
    await page.goto('/settings/account');
    await page.getByRole('main').getByText(next).waitFor();
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await close();
  });

  test('a locked account says for how long, and what else there is to do', async () => {
    const { page, allow, close } = await openWindow(browser, tenon);
    const email = newEmail();
    allow(/4(01|23) POST \/api\/auth\/login/);
    await page.goto('/login');
    /* Five failures lock it, and are counted behind their answers. */
    for (let tries = 0, status = 0; status !== 423; tries++) {
      assert.ok(tries < 10, 'it is locked after ten tries');
      const answer = page.waitForResponse(/auth\/login/);
      await logIn(page, email, 'Wrong-oak-42');
      status = (await answer).status();
    }
    await page.getByRole('alert').getByText(/Try again in 1\d minutes, or choose a new password/).waitFor();
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    await close();
  });

  test('one session is ended, then all the others', async () => {
    const { page, close } = await openWindow(browser, tenon);
    const email = await signUp(page);
    const tokens = [];
    for (let n = 0; n < 3; n++) {
      const answer = await fetch(`${tenon.url}/api/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email, password }) });
      tokens.push((await answer.json()).token);
    }
    const alive = async () => (await Promise.all(tokens.map((token) => fetch(`${tenon.url}/api/auth/me`, { headers: { Authorization: `Bearer ${token}` } })))).filter(({ status }) => status === 200).length;
    await page.goto('/settings/security');
    await page.getByRole('button', { name: 'End', exact: true }).nth(2).waitFor();
    await page.getByRole('button', { name: 'End', exact: true }).first().click();
    await page.getByText('Session ended', { exact: true }).waitFor();
    await eventually(async () => assert.equal(await alive(), 2));
    await page.getByRole('button', { name: 'End all others' }).click();
    await page.getByRole('dialog').getByText('2 other sessions').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'End all others' }).click();
    await page.getByText('Every other session has ended', { exact: true }).waitFor();
    await eventually(async () => assert.equal(await alive(), 0));
    await page.getByText('This session').waitFor();
    assert.equal(await page.getByRole('button', { name: 'End', exact: true }).count(), 0);
    await close();
  });

  test('a letter is shown as it is, and nothing in it runs or is fetched', async () => {
    const { page, close } = await openWindow(browser, tenon);
    const name = '<img src=//203.0.113.7/x onerror=alert(1)> <b style="color:red">Müller</b>';
    const email = newEmail();
    const signed = await fetch(`${tenon.url}/api/auth/signup`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, email, password }) });
    assert.equal(signed.status, 201);
    const link = await linkIn(page, tenon.url, email, /^Confirm/);
    const shown = await page.evaluate(() => {
      const frame = document.querySelector('iframe');
      const { body } = frame.contentDocument;
      const button = body.querySelector('a[href]');
      return { sandbox: frame.getAttribute('sandbox'), words: body.innerText, pictures: body.querySelectorAll('img, script, b').length, button: getComputedStyle(button).display, target: button.target, rel: button.rel };
    });
    assert.ok(!/allow-scripts/.test(shown.sandbox));
    assert.ok(shown.words.includes(name), shown.words);
    assert.equal(shown.pictures, 0);
    assert.equal(shown.button, 'inline-block', 'its styles are its own');
    assert.deepEqual([shown.target, shown.rel], ['_blank', 'noopener noreferrer']);
    await page.getByRole('radio', { name: 'Text' }).click();
    assert.equal(here(await page.getByLabel('The letter as text').getByRole('link').getAttribute('href')), link);
    assert.ok((await page.getByLabel('The letter as text').innerText()).includes(name));
    await close();
  });

  test('where a sign-up tells nothing, the page says to look in the mail', async () => {
    const quiet = await startTenon({ env: { SIGNUP_PRIVATE: 'true' } });
    try {
      const { page, close } = await openWindow(browser, quiet);
      const email = newEmail();
      for (const subject of [/^Confirm your e-mail address$/, /^You already have an account$/]) {
        await page.goto('/signup');
        await page.getByLabel('Name').fill('Somebody');
        await page.getByLabel('E-mail').fill(email);
        await page.getByLabel('Password', { exact: true }).fill(password);
        await page.getByRole('button', { name: 'Create account' }).click();
        await page.getByRole('heading', { name: 'Look in your mail' }).waitFor();
        await page.getByText(email).waitFor();
        assert.deepEqual(await violations(page), []);
        await letterTo(quiet.url, email, subject);
      }
      await page.getByRole('link', { name: 'Log in' }).click();
      await logIn(page, email, password);
      await page.getByRole('button', { name: /Account menu/ }).waitFor();
      await close();
    } finally {
      await quiet.stop();
    }
  });

  test('in production there is no outbox, and no way to it', async () => {
    const production = await startTenon({ env: { APP_ENV: 'production', JWT_SECRET: 'j'.repeat(48), SESSION_SECRET: 's'.repeat(48), ENCRYPTION_KEY: '0123456789abcdef'.repeat(4), APP_URL: 'https://tenon.example.com' } });
    try {
      const { page, allow, close } = await openWindow(browser, production);
      allow(/404 GET \/api\/outbox/);
      await page.goto('/forgot');
      await page.getByLabel('E-mail').fill(newEmail());
      const asked = page.waitForResponse(/\/api\/outbox/);
      await page.getByRole('button', { name: 'Send the link' }).click();
      await page.getByRole('heading', { name: 'Look in your mail' }).waitFor();
      assert.equal((await asked).status(), 404);
      assert.equal(await page.getByRole('link', { name: 'Open the outbox' }).count(), 0);
      await page.goto('/outbox');
      await page.getByText('There is no outbox here').waitFor();
      await close();
    } finally {
      await production.stop();
    }
  });

  for (const colorScheme of ['light', 'dark'])
    for (const viewport of [undefined, phone])
      test(`no serious fault of accessibility, ${colorScheme}${viewport ? ', on a phone' : ''}`, async () => {
        const { page, allow, close } = await openWindow(browser, tenon, { colorScheme, ...(viewport && { viewport }) });
        const found = [];
        allow(/400 POST/);
        const check = async (name) => {
          await page.waitForFunction(() => !document.querySelector('[role=status][aria-label^="Loading"], [aria-busy=true]'));
          found.push(...(await violations(page)).map((fault) => `${name}: ${fault}`));
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (wider > 0) found.push(`${name}: ${wider} pixels wider than the screen`);
        };
        const heading = (name) => page.getByRole('heading', { name }).waitFor();

        await page.goto('/forgot');
        await heading('Forgot your password?');
        await check('forgot');
        const email = await signUp(page);
        await check('overview with the banner');
        await page.goto('/forgot');
        await page.getByLabel('E-mail').fill(email);
        await page.getByRole('button', { name: 'Send the link' }).click();
        await heading('Look in your mail');
        await check('forgot, sent');
        const link = await linkIn(page, tenon.url, email, /^Choose a new password$/);
        await check('a letter');
        await page.getByRole('radio', { name: 'Text' }).click();
        await check('a letter as text');
        await page.goto('/outbox');
        await heading('Outbox');
        await check('outbox');
        await page.goto(link);
        await heading('Choose a new password');
        await check('reset');
        await page.getByLabel('New password', { exact: true }).fill('short');
        await page.getByRole('button', { name: 'Set the password' }).click();
        await page.locator('[aria-invalid=true]').waitFor();
        await check('reset, refused');
        await page.goto('/verify?token=nothing');
        await heading('This link is not good any more');
        await check('verify, not good');
        await page.goto(await linkIn(page, tenon.url, email, /^Confirm/));
        await heading('Your address is confirmed');
        await check('verify, done');
        for (const section of ['account', 'security']) {
          await page.goto(`/settings/${section}`);
          await heading('Settings');
          await check(section);
        }
        await page.goto('/settings/account');
        await page.getByRole('button', { name: 'Change e-mail' }).click();
        await page.getByRole('dialog').waitFor();
        await check('change of e-mail');
        await page.goto(link);
        await page.getByLabel('New password', { exact: true }).fill(another);
        await page.getByRole('button', { name: 'Set the password' }).click();
        await page.getByText('Your password is changed.').waitFor();
        await check('login after the reset');
        assert.deepEqual(found, []);
        await close();
      });
});
