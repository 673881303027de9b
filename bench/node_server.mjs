// A peer to be measured against: what a plain Node program does for the same two requests. `/health` answers a small JSON;
// `/api/auth/me` checks an HS256 token, looks its session up and answers the account. `node node_server.mjs [port]` prints its
// URL and a token.
import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

const secret = 'a secret for measuring, thirty-two letters';
const started = process.hrtime.bigint();
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (head) => createHmac('sha256', secret).update(head).digest();

const sessions = new Map([['s1', { user: 'u1', expires: Date.now() + 3_600_000 }]]);
const users = new Map([['u1', { id: 'u1', name: 'Bench', email: 'bench@example.com', email_verified: false, created_at: '2026-11-20T00:00:00.000Z', last_login: null }]]);
const head = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: 'u1', sid: 's1', exp: Math.floor(Date.now() / 1000) + 3600 })}`;
const token = `${head}.${sign(head).toString('base64url')}`;

function userOf(header) {
  const [first, second, third] = (header ?? '').replace(/^Bearer /, '').split('.');
  if (!third) return null;
  const given = Buffer.from(third, 'base64url'), wanted = sign(`${first}.${second}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  const claims = JSON.parse(Buffer.from(second, 'base64url').toString());
  const session = sessions.get(claims.sid);
  return claims.exp * 1000 > Date.now() && session && session.expires > Date.now() ? users.get(claims.sub) : null;
}

function send(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const server = http.createServer((request, response) => {
  if (request.url === '/health') {
    const uptime = Number((process.hrtime.bigint() - started) / 1_000_000_000n);
    return send(response, 200, { success: true, status: 'ok', version: '0', uptime, database: 'connected' });
  }
  if (request.url === '/api/auth/me') {
    const user = userOf(request.headers.authorization);
    if (!user) return send(response, 401, { success: false, error: { code: 'UNAUTHENTICATED' } });
    return send(response, 200, { success: true, data: { user, organization: { id: 'o1', name: 'Bench', role: 'owner' }, organizations: [], permissions: [] } });
  }
  send(response, 404, { success: false, error: { code: 'NOT_FOUND' } });
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
  console.log(token);
});
