// SIGTERM: at once where nothing is under way, after the last answer where something is.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, notBuilt, startTenon, startWithKey } from '../clients/harness.mjs';
import { startOpenAi } from '../fakes/openai.mjs';
import { connect, get } from './raw.mjs';

describe('stopping', { skip: notBuilt, concurrency: true }, () => {
  test('with nothing under way it is gone within a second, kept connections or not', async () => {
    const tenon = await startTenon();
    const kept = connect(tenon.port);
    kept.send(get('/health'));
    await kept.answers();
    const silent = connect(tenon.port);
    const begun = Date.now();
    const outcome = await tenon.stop();
    assert.equal(outcome.code, 0);
    assert.ok(Date.now() - begun < 2000, `it took ${Date.now() - begun} ms`);
    kept.end();
    silent.end();
  });

  test('right after a call it is gone as fast, many times over', async () => {
    for (let i = 0; i < 8; i++) {
      const tenon = await startWithKey();
      await fetch(`${tenon.url}/v1/chat/completions`, {
        method: 'POST', headers: { authorization: `Bearer ${tenon.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'builtin/extract-1', messages: [{ role: 'user', content: 'Hello' }] }),
      }).then((answer) => answer.text());
      const begun = Date.now();
      assert.equal((await tenon.stop()).code, 0);
      assert.ok(Date.now() - begun < 3000, `it took ${Date.now() - begun} ms`);
    }
  });

  test('a stream is finished first, and readiness says so meanwhile', async () => {
    const openai = await startOpenAi({});
    const tenon = await startWithKey({ providers: [{ provider: 'openai-compatible', name: 'fake', base_url: openai.url }] });
    const watch = connect(tenon.port); // from before: nothing new is let in
    watch.send(get('/api/health/ready'));
    assert.equal((await watch.answers())[0].status, 200);
    const answer = await fetch(`${tenon.url}/v1/chat/completions`, {
      method: 'POST', headers: { authorization: `Bearer ${tenon.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fake/gpt-fake', user: 'slow=30,words=40', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
    });
    const reader = answer.body.getReader();
    await reader.read();
    const stopped = tenon.stop();
    let text = '';
    for (let piece; !(piece = await reader.read()).done;) text += Buffer.from(piece.value).toString();
    assert.match(text, /word39/);
    assert.match(text, /\[DONE\]/);
    assert.equal((await stopped).code, 0);
    watch.end();
    await openai.close();
  });

  test('readiness turns before the door closes', async (t) => {
    const openai = await startOpenAi({});
    const tenon = await startWithKey({ providers: [{ provider: 'openai-compatible', name: 'fake', base_url: openai.url }] });
    const call = fetch(`${tenon.url}/v1/chat/completions`, {
      method: 'POST', headers: { authorization: `Bearer ${tenon.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fake/gpt-fake', user: 'delay=1500', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    await eventually(() => assert.equal(openai.calls.filter((one) => one.path.endsWith('/completions')).length, 1));
    const probe = connect(tenon.port); // its request is under way when the stop comes
    probe.send('GET /api/health/ready HTTP/1.1\r\nHost: t\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = tenon.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    probe.send('\r\n');
    const [answer] = await probe.answers();
    assert.ok(answer, 'a request that had begun is answered');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /draining/);
    assert.equal((await call).status, 200);
    assert.equal((await stopped).code, 0);
    probe.end();
    await openai.close();
  });
});
