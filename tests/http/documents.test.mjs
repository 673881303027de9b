// Files made to hurt whoever reads them, uploaded as anybody could: they fail with a reason, and nothing else happens.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually, notBuilt, signUp, startTenon } from '../clients/harness.mjs';

const fixture = (name) => readFile(new URL(`../fixtures/documents/${name}`, import.meta.url));

describe('hostile documents', { skip: notBuilt, concurrency: 2 }, () => {
  let tenon, account;
  before(async () => {
    tenon = await startTenon();
    account = await signUp(tenon.url);
  });
  after(async () => assert.equal((await tenon.stop()).code, 0));

  async function upload(name, bytes) {
    const form = new FormData();
    form.append('file', new Blob([bytes]), name);
    const answer = await fetch(`${tenon.url}/api/knowledge/documents`, { method: 'POST', headers: { authorization: `Bearer ${account.token}` }, body: form });
    return { status: answer.status, body: await answer.json() };
  }

  async function outcome(name, bytes) {
    const { status, body } = await upload(name, bytes);
    assert.equal(status, 202, JSON.stringify(body));
    return eventually(async () => {
      const document = await account.api.get(`/api/knowledge/documents/${body.data.id}`);
      assert.ok(['ready', 'failed'].includes(document.status), document.status);
      return document;
    }, { within: 40_000, every: 50 });
  }

  const failing = {
    'a zip bomb': ['bomb.docx', () => fixture('bomb.docx')],
    'a billion laughs': ['laughs.docx', () => fixture('laughs.docx')],
    'a file that is only called .docx': ['not-word.docx', () => fixture('not-word.docx')],
    'an encrypted PDF': ['locked.pdf', () => fixture('locked.pdf')],
    'a PDF cut in half': ['half.pdf', async () => { const whole = await fixture('policy.pdf'); return whole.subarray(0, 300); }],
    'bytes of no meaning called .pdf': ['noise.pdf', () => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(200_000, 0xa7)])],
  };
  for (const [what, [name, bytes]] of Object.entries(failing))
    test(`${what} fails with a reason`, async () => {
      const document = await outcome(name, await bytes());
      assert.equal(document.status, 'failed');
      assert.ok(document.error && document.error.length > 10, `a person can read why: ${document.error}`);
      assert.ok(!/\/(tmp|proc|work|home|usr)\b|signal|seccomp|errno/i.test(document.error), document.error);
      assert.equal((await fetch(`${tenon.url}/health`)).status, 200);
    });

  for (const name of ['fake.docx', 'fake.pdf'])
    test(`text called ${name} is not even taken`, async () => {
      const { status, body } = await upload(name, Buffer.from('this is none'));
      assert.equal(status, 415);
      assert.equal(body.error.code, 'UNSUPPORTED_MEDIA_TYPE');
    });

  const bearable = {
    'HTML nested a hundred thousand deep': ['deep.html', Buffer.from('<div>'.repeat(100_000) + 'words')],
    'HTML that never closes anything': ['open.html', Buffer.from('<p>words <b>more <table><tr><td>'.repeat(20_000))],
    'JSON nested very deep': ['deep.json', Buffer.from('['.repeat(200_000))],
    'CSV of one endless line': ['line.csv', Buffer.from('a,'.repeat(1_000_000))],
    'Markdown of marks alone': ['marks.md', Buffer.from('*_`[]()#'.repeat(100_000))],
    'one word of megabytes': ['word.txt', Buffer.alloc(4_000_000, 'x')],
  };
  for (const [what, [name, bytes]] of Object.entries(bearable))
    test(`${what} ends, one way or the other`, async () => {
      const document = await outcome(name, bytes);
      if (document.status === 'failed') assert.ok(document.error.length > 10);
      assert.equal((await fetch(`${tenon.url}/health`)).status, 200);
    });

  test('afterwards a good document is read', async () => {
    assert.equal((await outcome('policy.pdf', await fixture('policy.pdf'))).status, 'ready');
  });
});
