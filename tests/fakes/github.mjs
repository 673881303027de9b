// GitHub's side of a sign-in, as a GitHub Enterprise Server has it: the page that asks, the token endpoint (whose errors come with
// status 200), and the API's user and e-mails. Who signs in is `github.person`: { id, login, name, emails }.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';

const challengeOf = (verifier) => createHash('sha256').update(verifier ?? '').digest('base64url');

export async function startGithub({ redirect, clientId = 'tenon', clientSecret = 'the secret' }) {
  const github = { person: null, clientId, clientSecret, calls: [] };
  const codes = new Map(), tokens = new Map();

  function authorize(query) {
    const back = new URL(redirect);
    if (query.get('redirect_uri') !== redirect || query.get('client_id') !== clientId || query.get('code_challenge_method') !== 'S256') return { status: 404, body: {} };
    const code = randomBytes(10).toString('hex');
    codes.set(code, { person: github.person, challenge: query.get('code_challenge') });
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state'));
    return { status: 302, location: back.href };
  }

  function exchange(form, headers) {
    const code = codes.get(form.get('code'));
    if (!/json/.test(headers.accept ?? '')) return { status: 200, body: 'error=ask_for_json' };
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) return { status: 200, body: { error: 'incorrect_client_credentials' } };
    codes.delete(form.get('code'));
    if (!code || code.challenge !== challengeOf(form.get('code_verifier'))) return { status: 200, body: { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' } };
    const token = `gho_${randomBytes(10).toString('hex')}`;
    tokens.set(token, code.person);
    return { status: 200, body: { access_token: token, scope: 'read:user,user:email', token_type: 'bearer' } };
  }

  function api(path, headers) {
    const person = tokens.get((headers.authorization ?? '').replace(/^Bearer /, ''));
    if (!headers['user-agent']) return { status: 403, body: 'Request forbidden by administrative rules.' };
    if (!person) return { status: 401, body: { message: 'Bad credentials' } };
    const { emails, ...user } = person;
    if (path === '/api/v3/user') return { status: 200, body: { ...user, email: 'public-and-unproven@example.com', avatar_url: 'https://example.com/a.png' } };
    return emails ? { status: 200, body: emails } : { status: 403, body: { message: 'Resource not accessible' } };
  }

  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://github');
    let form = '';
    for await (const piece of request) form += piece;
    github.calls.push(`${request.method} ${pathname}`);
    const answer = pathname === '/login/oauth/authorize' ? authorize(searchParams)
      : pathname === '/login/oauth/access_token' ? exchange(new URLSearchParams(form), request.headers)
      : api(pathname, request.headers);
    response.writeHead(answer.status, answer.location ? { location: answer.location } : { 'content-type': 'application/json' });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  github.url = `http://127.0.0.1:${server.address().port}`;
  github.close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return github;
}
