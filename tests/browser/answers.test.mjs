// Answers that take their time, over a provider that drips: stopped, reloaded in the middle, read on from elsewhere, failed. And the
// page on which providers are connected.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { startOpenAi } from '../fakes/openai.mjs';
import { startTenon } from '../clients/harness.mjs';
import { answered, ask, callAs, missing, openWindow, signUp, startBrowser } from './browser.mjs';

describe('answers of a provider', { skip: missing }, () => {
  let tenon, browser, fake, view, page;

  before(async () => {
    [tenon, browser, fake] = await Promise.all([startTenon(), startBrowser(), startOpenAi({ key: 'sk-right' })]);
    view = await openWindow(browser, tenon);
    page = view.page;
    await signUp(page);
  });
  after(async () => {
    try {
      await view?.close();
    } finally {
      await browser?.close();
      await fake?.close();
      await tenon?.stop();
    }
  });

  const heard = () => page.getByRole('article', { name: 'Answer' }).last();
  const says = (word) => heard().getByText(word).waitFor();
  const words = (count) => Array.from({ length: count }, (_, i) => `word${i}`).join(' ');

  async function choose(model) {
    await page.getByRole('button', { name: /\/(extract-1|gpt-fake)/ }).click();
    await page.getByRole('menuitem', { name: 'Another model' }).click();
    await page.getByRole('dialog').getByLabel('Model').fill(model);
    await page.getByRole('button', { name: 'Use it' }).click();
  }

  test('a provider is connected, refused for its key, mended and tested', async () => {
    await page.goto('/providers');
    await page.getByLabel('Search the catalogue').fill('compatible');
    await page.getByRole('list', { name: /provider/ }).getByRole('button', { name: /OpenAI-compatible/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[type=password]').fill('sk-wrong');
    await dialog.getByLabel('Address').fill(fake.url);
    await dialog.getByLabel('Name').fill('fake');
    await dialog.getByRole('button', { name: 'Connect' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('It refused the key.').waitFor();
    await page.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await dialog.locator('input[type=password]').fill('sk-right');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('It answers and takes the key.').waitFor();
    assert.ok(!(await page.content()).includes('sk-right'), 'the key is never shown again');
  });

  test('an address where nothing listens says so', async () => {
    await page.getByLabel('Search the catalogue').fill('compatible');
    await page.getByRole('list', { name: /provider/ }).getByRole('button', { name: /OpenAI-compatible/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('http://127.0.0.1:9/v1');
    await dialog.getByLabel('Name').fill('absent');
    await dialog.getByRole('button', { name: 'Connect' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('listitem').filter({ hasText: '127.0.0.1:9/' }).getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('No connection').waitFor();
  });

  test('an answer streams word by word', async () => {
    await page.goto('/chat');
    await choose('fake/gpt-fake');
    fake.order('slow=40,words=12');
    await ask(page, 'Count, please.');
    await says('word0');
    await page.getByRole('button', { name: 'Stop the answer' }).waitFor();
    assert.match(await answered(page), new RegExp(words(12)));
  });

  test('reloaded in the middle it goes on, and nothing stands twice', async () => {
    fake.order('slow=60,words=30');
    await ask(page, 'Count on.');
    await page.getByText('word4').last().waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Stop the answer' }).waitFor();
    assert.match(await answered(page, 2), new RegExp(words(30)));
    assert.equal((await heard().innerText()).split('word4 ').length, 2);
    assert.equal(fake.calls.filter(({ path, body }) => path.endsWith('/chat/completions') && JSON.stringify(body).includes('Count on.')).length, 1, 'it was asked for once');
  });

  test('it goes on while its reader is elsewhere', async () => {
    fake.order('slow=40,words=25');
    await ask(page, 'And on.');
    await says('word2');
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'Usage', exact: true }).waitFor();
    await page.goBack();
    assert.match(await answered(page, 3), new RegExp(words(25)));
  });

  test('a cut connection is taken up again', async () => {
    fake.order('slow=80,words=30');
    view.allow(/net::ERR|Failed to fetch/);
    await ask(page, 'Through a tunnel.');
    await says('word3');
    await view.context.setOffline(true);
    await view.context.setOffline(false);
    assert.match(await answered(page, 4), new RegExp(words(30)));
  });

  test('a stopped answer keeps what there is of it, and the provider is told', async () => {
    fake.order('slow=40,words=2000');
    await ask(page, 'Count for ever.');
    await says('word3');
    await page.getByRole('button', { name: 'Stop the answer' }).click();
    await heard().getByText('Stopped', { exact: true }).waitFor();
    const kept = await heard().innerText();
    assert.match(kept, /word0 word1 word2/);
    await page.waitForFunction(() => !document.querySelector('[aria-label="Stop the answer"]'));
    await page.reload();
    await heard().getByText('Stopped', { exact: true }).waitFor();
    assert.equal(await heard().innerText(), kept);
    for (const until = Date.now() + 5000; !fake.last().hungUp && Date.now() < until;) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(fake.last().hungUp);
  });

  test('a provider that fails is told of, and the question can be asked again', async () => {
    fake.order(...Array(6).fill('status=500'));
    await ask(page, 'Does it work?');
    await heard().getByRole('button', { name: 'Ask again' }).waitFor();
    fake.reset();
    fake.order('words=5');
    await heard().getByRole('button', { name: 'Ask again' }).click();
    await says('word4');
  });

  test('the model can be changed in mid-conversation, and one that nobody has is told of', async () => {
    await choose('fake/gpt-absent');
    await ask(page, 'Hello?');
    await heard().getByRole('button', { name: 'Ask again' }).waitFor();
    assert.equal((await callAs(page, 'GET', `/api/conversations/${new URL(page.url()).pathname.split('/').pop()}`)).model, 'fake/gpt-absent');
  });

  test('the calls are in the usage, failures among them', async () => {
    await page.getByRole('link', { name: 'Usage' }).click();
    const table = page.getByRole('table', { name: 'Recent calls' });
    await table.getByRole('row').filter({ hasText: 'gpt-fake' }).first().waitFor();
    await table.getByText('404').waitFor();
  });
});
