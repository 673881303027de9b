// The web application as it is served: revalidated, compressed, cached, and locked down.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import zlib from 'node:zlib';
import { notBuilt, startTenon } from '../clients/harness.mjs';

/** fetch would undo the compression unasked. */
const request = (url, headers = {}) => new Promise((resolve, reject) => {
  http.get(url, { headers }, async (answer) => {
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) });
  }).on('error', reject);
});

describe('the web application', { skip: notBuilt }, () => {
  let tenon, page, asset, builtIn;
  before(async () => {
    tenon = await startTenon();
    page = await request(`${tenon.url}/`);
    asset = /\/assets\/[\w.-]+\.js/.exec(page.body.toString())?.[0];
    builtIn = !page.body.toString().includes('was not built into this program');
  });
  after(async () => assert.equal((await tenon.stop()).code, 0));
  const needsPages = (t) => { if (!builtIn) t.skip('the web application was not built into this program'); return builtIn; };

  test('there is a page', () => {
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html; charset=utf-8/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.ok(page.headers['referrer-policy']);
  });
  test('its security headers let nothing in from elsewhere', (t) => {
    if (!needsPages(t)) return;
    const policy = page.headers['content-security-policy'];
    for (const part of ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(policy.includes(part), part);
    assert.ok(!/unsafe-inline|unsafe-eval|\*/.test(policy), policy);
    assert.ok(!/<script(?![^>]* src=)[^>]*>[^<]/.test(page.body.toString()), 'no script stands in the page');
  });
  test('any other path is the page', async () => {
    const other = await request(`${tenon.url}/conversations/17?x=1`);
    assert.equal(other.status, 200);
    assert.equal(other.body.toString(), page.body.toString());
  });
  test('but not under /assets, nor under the API', async () => {
    for (const path of ['/assets/nothing.js', '/api/nothing', '/v1/nothing']) assert.equal((await request(tenon.url + path)).status, 404, path);
  });
  test('the page is asked for again each time, and 304 where it is the same', async (t) => {
    if (!needsPages(t)) return;
    assert.equal(page.headers['cache-control'], 'no-cache');
    for (const tag of [page.headers.etag, `W/${page.headers.etag}`, `"other", ${page.headers.etag}`]) {
      const again = await request(`${tenon.url}/`, { 'if-none-match': tag });
      assert.equal(again.status, 304, tag);
      assert.equal(again.body.length, 0);
      assert.equal(again.headers.etag, page.headers.etag);
    }
    assert.equal((await request(`${tenon.url}/`, { 'if-none-match': '"other"' })).status, 200);
  });
  test('assets are kept for ever and come compressed', async (t) => {
    if (!needsPages(t)) return;
    const plain = await request(tenon.url + asset);
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(plain.headers['content-type'], /javascript/);
    assert.equal(plain.headers.vary, 'Accept-Encoding');
    assert.ok(!plain.headers['content-encoding']);
    const gzip = await request(tenon.url + asset, { 'accept-encoding': 'gzip' });
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    assert.ok(zlib.gunzipSync(gzip.body).equals(plain.body));
    const brotli = await request(tenon.url + asset, { 'accept-encoding': 'gzip, deflate, br' });
    assert.equal(brotli.headers['content-encoding'], 'br');
    assert.ok(zlib.brotliDecompressSync(brotli.body).equals(plain.body));
    const refused = await request(tenon.url + asset, { 'accept-encoding': 'br;q=0, gzip;q=0' });
    assert.ok(!refused.headers['content-encoding']);
  });
});
