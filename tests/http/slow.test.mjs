// Clients that take their time. Every phase has a deadline of its own, so a byte a second keeps nothing alive.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { notBuilt, startTenon } from '../clients/harness.mjs';
import { connect, get } from './raw.mjs';

describe('slow clients', { skip: notBuilt, concurrency: true }, () => {
  let tenon;
  before(async () => { tenon = await startTenon(); });
  after(async () => assert.equal((await tenon.stop()).code, 0));

  test('a head that comes byte by byte is dropped after its deadline', async () => {
    const connection = connect(tenon.port);
    const head = get('/health', `X-Slow: ${'a'.repeat(100)}\r\n`);
    let at = 0;
    const drip = setInterval(() => connection.send(head[at++]), 500);
    const took = await connection.closed(14_000).finally(() => clearInterval(drip));
    assert.ok(took > 8_000, `closed after ${took} ms`);
    assert.ok(!connection.text().startsWith('HTTP/1.1 200'));
  });
  test('a connection that says nothing is dropped', async () => {
    await connect(tenon.port).closed(24_000);
  });
  test('line ends before a request are not one', async () => {
    const connection = connect(tenon.port);
    const drip = setInterval(() => connection.send('\r\n'), 500);
    await connection.closed(34_000).finally(() => clearInterval(drip));
  });
  test('others are served meanwhile, however many are slow', async () => {
    const slow = Array.from({ length: 300 }, () => connect(tenon.port));
    for (const connection of slow) connection.send('GET /health HTTP/1.1\r\nHost: t\r\nX-A: ');
    for (let i = 0; i < 50; i++) assert.equal((await fetch(`${tenon.url}/openapi.json`)).status, 200);
    for (const connection of slow) connection.end();
  });
  test('a slow body is waited for, within reason, and does not hold up others', async () => {
    const connection = connect(tenon.port);
    connection.send('POST /api/auth/login HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{');
    assert.equal((await fetch(`${tenon.url}/health`)).status, 200);
    await new Promise((resolve) => setTimeout(resolve, 300));
    connection.send('}');
    assert.equal((await connection.answers())[0].status, 400);
    connection.end();
  });
});
