// Streams with a client that does not read, or goes away: memory stays bounded and the upstream call ends.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually, notBuilt, startWithKey } from '../clients/harness.mjs';
import { startOpenAi } from '../fakes/openai.mjs';
import { connect } from './raw.mjs';

const megabytes = async (pid) => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

describe('streams', { skip: notBuilt }, () => {
  let openai, tenon;
  before(async () => {
    openai = await startOpenAi({});
    tenon = await startWithKey({ providers: [{ provider: 'openai-compatible', name: 'fake', base_url: openai.url }] });
  });
  after(async () => {
    assert.equal((await tenon.stop()).code, 0);
    await openai.close();
  });

  function ask(order) {
    const body = JSON.stringify({ model: 'fake/gpt-fake', user: order, stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    const connection = connect(tenon.port);
    connection.send(`POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer ${tenon.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return connection;
  }

  test('readers that stall stop the flood at its source', { timeout: 40_000 }, async (t) => {
    const before = await megabytes(tenon.pid);
    const from = openai.calls.length;
    const readers = Array.from({ length: 10 }, () => ask('flood=100'));
    t.after(() => readers.forEach((reader) => reader.end()));
    await Promise.all(readers.map((reader) => new Promise((resolve) => {
      let got = 0;
      reader.socket.on('data', (piece) => { // each reads a little and then no more
        got += piece.length;
        if (got < 100_000) return;
        reader.socket.pause();
        resolve();
      });
    })));
    // once nothing moves any more, see what is held
    let last = -1;
    await eventually(async () => {
      const sent = openai.calls.slice(from).reduce((sum, call) => sum + call.sent, 0);
      const still = sent === last;
      last = sent;
      assert.ok(still && sent > 0);
    }, { within: 15_000, every: 400 });
    const grown = (await megabytes(tenon.pid)) - before;
    for (const reader of readers) reader.end();
    assert.ok(grown < 64, `10 stalled readers of 100 MB each cost ${grown.toFixed(1)} MB`);
    await eventually(() => assert.ok(openai.calls.slice(from).every((call) => call.hungUp || call.finished)), { within: 10_000 });
  });

  test('a client that leaves ends the upstream call', async () => {
    const reader = ask('slow=200,words=100');
    await eventually(() => assert.match(reader.text(), /word1/));
    reader.end();
    await eventually(() => assert.ok(openai.last().hungUp, 'the upstream call goes on'));
    await eventually(async () => {
      const [row] = await tenon.api.get('/api/usage/events?limit=1');
      assert.equal(row.error, 'client_gone');
    });
  });

  test('a client that leaves before the first byte ends it too', async () => {
    const from = openai.calls.length;
    const reader = ask('stall');
    await eventually(() => assert.equal(openai.calls.length, from + 1));
    reader.end();
    await eventually(() => assert.ok(openai.last().hungUp));
  });
});
