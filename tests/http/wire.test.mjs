// Requests that are wrong on the wire: none may be understood in two ways, and none may hurt the next one.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { notBuilt, startTenon, startWithKey } from '../clients/harness.mjs';
import { connect, exchange, get } from './raw.mjs';

const json = '{"email":"a@example.com","password":"x"}';
const post = (headers, body = '') => `POST /api/auth/login HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
const hidden = get('/api/health/live');

// Each carries a second request in what one reading takes for the first one's body: it must never be answered.
const smuggling = {
  'two Content-Length': post(`Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n`, hidden),
  'two equal Content-Length': post(`Content-Length: ${json.length}\r\nContent-Length: ${json.length}\r\n`, json),
  'a list in Content-Length': post(`Content-Length: ${json.length}, ${json.length}\r\n`, json),
  'both framings': post(`Content-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${hidden}`),
  'both framings, the other way': post(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, `0\r\n\r\n${hidden}`),
  'another coding': post('Transfer-Encoding: gzip, identity\r\n', hidden),
  'chunked twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`),
  'chunked not last': post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${hidden}`),
  'a space before the colon': post(`Content-Length : ${hidden.length}\r\n`, hidden),
  'a plus before the length': post(`Content-Length: +${hidden.length}\r\n`, hidden),
  'a negative length': post('Content-Length: -1\r\n', hidden),
  'a length in hexadecimal': post('Content-Length: 0x10\r\n', hidden),
  'a length that fits nothing': post('Content-Length: 99999999999999999999999\r\n', hidden),
  'a folded header': post(`X-A: b\r\n Content-Length: ${hidden.length}\r\n`, hidden),
  'a bare LF': `POST /api/auth/login HTTP/1.1\nHost: t\nContent-Length: 0\n\n${hidden}`,
  'a bare LF within': post(`X-A: b\nContent-Length: ${hidden.length}\r\n`, hidden),
  'a bare CR': post(`X-A: b\rContent-Length: ${hidden.length}\r\n`, hidden),
  'NUL in a value': post('X-A: b\0c\r\nContent-Length: 0\r\n'),
  'a name with a space': post('X A: b\r\nContent-Length: 0\r\n'),
  'a name of nothing': post(': b\r\nContent-Length: 0\r\n'),
  'no Host': `GET /health HTTP/1.1\r\n\r\n${hidden}`,
  'two Hosts': `GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${hidden}`,
  'HTTP/2 in words': `GET /health HTTP/2.0\r\nHost: t\r\n\r\n${hidden}`,
  'HTTP/0.9': `GET /health\r\n\r\n${hidden}`,
  'no method at all': `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${hidden}`,
  'an unknown method': `BREW /health HTTP/1.1\r\nHost: t\r\n\r\n${hidden}`,
  'a space in the target': `GET /hea lth HTTP/1.1\r\nHost: t\r\n\r\n${hidden}`,
  'a chunk size that is none': post('Transfer-Encoding: chunked\r\n', `zz\r\n${hidden}`),
  'a chunk size with a sign': post('Transfer-Encoding: chunked\r\n', `-1\r\n${hidden}`),
  'a chunk longer than it says': post('Transfer-Encoding: chunked\r\n', `1\r\n{}x\r\n0\r\n\r\n${hidden}`),
  'a huge chunk size': post('Transfer-Encoding: chunked\r\n', `FFFFFFFFFFFFFFFFF\r\n${hidden}`),
  'a chunk of half a terabyte': post('Transfer-Encoding: chunked\r\n', `8000000000\r\n${'x'.repeat(2 << 20)}`),
  'trailers': post('Transfer-Encoding: chunked\r\n', `2\r\n{}\r\n0\r\n${`X-Late: ${'t'.repeat(900)}\r\n`.repeat(30)}\r\n${hidden}`),
  'a bare LF after a chunk size': post('Transfer-Encoding: chunked\r\n', `2\n{}\r\n0\r\n\r\n${hidden}`),
};

describe('the wire', { skip: notBuilt }, () => {
  let tenon;
  before(async () => { tenon = await startTenon(); });
  after(async () => assert.equal((await tenon.stop()).code, 0));
  const alive = async () => assert.equal((await fetch(`${tenon.url}/health`)).status, 200);

  for (const [name, bytes] of Object.entries(smuggling)) {
    test(`${name} is refused, and what follows is not read`, async () => {
      const connection = connect(tenon.port);
      connection.send(bytes);
      await connection.closed(6000);
      const answers = await connection.answers(9, 100).catch(() => []);
      assert.ok(answers.length <= 1, `${answers.length} answers: ${connection.text()}`);
      if (answers.length) assert.ok(answers[0].status >= 400 && answers[0].status < 500, `status ${answers[0].status}`);
      assert.ok(!connection.text().includes('"status":"ok"'), 'the hidden request was answered');
      await alive();
    });
  }

  test('a head that is too large is refused', async () => {
    const [answer] = await exchange(tenon.port, get('/health', `X-Large: ${'a'.repeat(40_000)}\r\n`));
    assert.equal(answer.status, 413);
  });
  test('so are ten thousand headers', async () => {
    const [answer] = await exchange(tenon.port, get('/health', Array.from({ length: 10_000 }, (_, i) => `X-${i}: a\r\n`).join('')));
    assert.equal(answer.status, 413);
  });
  test('and a long target', async () => {
    const [answer] = await exchange(tenon.port, get(`/${'a'.repeat(40_000)}`));
    assert.equal(answer.status, 413);
  });
  test('a body too large is refused before it is sent', async () => {
    const [answer] = await exchange(tenon.port, post('Content-Length: 10000000000\r\n'));
    assert.equal(answer.status, 413);
  });
  test('without a length, as soon as it is', async () => {
    const connection = connect(tenon.port);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    connection.send(post('Transfer-Encoding: chunked\r\n'));
    for (let i = 0; i < 40 && !connection.socket.destroyed; i++) connection.send(chunk);
    const [answer] = await connection.answers();
    assert.equal(answer.status, 413);
    connection.end();
  });
  test('Expect: 100-continue is answered before the body', async () => {
    const connection = connect(tenon.port);
    connection.send(post(`Content-Length: ${json.length}\r\nExpect: 100-continue\r\n`));
    assert.equal((await connection.answers(1))[0].status, 100);
    connection.send(json);
    assert.equal((await connection.answers(2))[1].status, 401);
    connection.end();
  });
  test('or not at all where the body is too large', async () => {
    const [answer] = await exchange(tenon.port, post('Content-Length: 9000000\r\nExpect: 100-continue\r\n'));
    assert.equal(answer.status, 413);
  });

  test('a thousand requests in one packet are answered in order', async () => {
    const connection = connect(tenon.port);
    connection.send(Array.from({ length: 1000 }, (_, i) => get(i % 2 ? '/api/health/live' : '/openapi.nothing', `X-Request-Id: request-${i}\r\n`)).join(''));
    const answers = await connection.answers(1000, 20_000);
    assert.deepEqual(answers.map((answer) => answer.headers['x-request-id']), Array.from({ length: 1000 }, (_, i) => `request-${i}`));
    connection.end();
  });
  test('requests that come in pieces while others are answered stay whole and in order', async () => {
    const connection = connect(tenon.port);
    const all = Array.from({ length: 300 }, (_, i) => post(`X-Request-Id: request-${i}\r\nContent-Length: 2\r\n`, '{}')).join('');
    for (let at = 0; at < all.length; at += 97) {
      connection.send(all.slice(at, at + 97));
      if (at % 5 === 0) await new Promise(setImmediate);
    }
    const answers = await connection.answers(300, 20_000);
    assert.deepEqual(answers.map((answer) => answer.headers['x-request-id']), Array.from({ length: 300 }, (_, i) => `request-${i}`));
    assert.ok(answers.every((answer) => answer.status === 400));
    connection.end();
  });
  test('a connection goes on after an error', async () => {
    const connection = connect(tenon.port);
    connection.send(post('Content-Length: 1\r\n', '{') + get('/api/nothing') + get('/api/keys') + get('/api/health/live'));
    assert.deepEqual((await connection.answers(4)).map((answer) => answer.status), [400, 404, 401, 200]);
    connection.end();
  });
  test('HTTP/1.0 is answered and closed', async () => {
    const connection = connect(tenon.port);
    connection.send('GET /health HTTP/1.0\r\n\r\n');
    const [answer] = await connection.answers();
    assert.equal(answer.status, 200);
    assert.ok(!answer.headers['transfer-encoding']);
    await connection.closed(3000);
  });
  test('Connection: close is kept to', async () => {
    const connection = connect(tenon.port);
    connection.send(get('/health', 'Connection: close\r\n'));
    assert.equal((await connection.answers())[0].headers.connection, 'close');
    await connection.closed(3000);
  });
  test('HEAD has the headers of GET and no body', async () => {
    const connection = connect(tenon.port);
    connection.send(`HEAD /api/health/live HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n`);
    await connection.closed(3000);
    assert.match(connection.text(), /^HTTP\/1.1 200 /);
    assert.match(connection.text(), /content-length: [1-9]/i);
    assert.ok(connection.text().endsWith('\r\n\r\n'));
  });
  test('OPTIONS names the methods', async () => {
    const [answer] = await exchange(tenon.port, 'OPTIONS /api/keys HTTP/1.1\r\nHost: t\r\n\r\n');
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.allow, 'GET, HEAD, POST');
  });
  test('the absolute form is the path in it', async () => {
    const [answer] = await exchange(tenon.port, 'GET http://elsewhere.example/api/health/live HTTP/1.1\r\nHost: t\r\n\r\n');
    assert.equal(answer.status, 200);
    assert.match(answer.body, /"status":"ok"/);
  });
  for (const path of ['/assets/../../../../etc/passwd', '/assets/%2e%2e/%2e%2e/etc/passwd', '/assets/..%2f..%2fetc%2fpasswd', '/assets/%00', '/assets//etc/passwd', '/assets/\\..\\..', '/assets/%252e%252e/x'])
    test(`${path} leads to no file`, async () => {
      const [answer] = await exchange(tenon.port, get(path));
      assert.ok([400, 404].includes(answer.status), `status ${answer.status}`);
      assert.ok(!answer.body.includes('root:'));
    });
  for (const path of ['/api/%6beys', '/api/keys%2f', '/api/keys/%2e%2e', '/api/./keys', '/api/keys;x=1', '/%2fapi/keys'])
    test(`${path} is not /api/keys`, async () => {
      const [answer] = await exchange(tenon.port, get(path));
      assert.ok(answer.status === 404 || answer.headers['content-type'].startsWith('text/html'), `status ${answer.status} ${answer.body.slice(0, 100)}`);
    });
  test('after all this it is healthy', alive);
});

test('answers do not wait for a delayed acknowledgement', { skip: notBuilt }, async () => {
  const tenon = await startWithKey();
  try {
    const took = [];
    for (let i = 0; i < 40; i++) {
      const begun = performance.now();
      const answer = await fetch(`${tenon.url}/v1/chat/completions`, {
        method: 'POST', headers: { authorization: `Bearer ${tenon.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'builtin/extract-1', stream: i % 2 === 0, messages: [{ role: 'user', content: 'Hello' }] }),
      });
      await answer.text();
      took.push(performance.now() - begun);
    }
    took.sort((a, b) => a - b);
    assert.ok(took[20] < 38, `half of them took longer than ${took[20].toFixed(1)} ms: is there a 40 ms mode?`);
  } finally {
    await tenon.stop();
  }
});
