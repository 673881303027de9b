// An OpenID Connect issuer on loopback: oidc-provider itself, which checks PKCE, codes, redirect addresses and the client's secret.
// Who signs in there is `issuer.person`; nobody types. What an attacker or a fault would change is changed behind the provider's back:
//   tamper.token(claims, header, token) → another ID token; tamper.discovery(document); tamper.keys(set); tamper.userinfo(claims)
// `calls` counts requests by path, `refused` holds why grants were refused.
import { createPrivateKey, createSign, generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { Provider } from 'oidc-provider';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
export const decode = (token) => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));

export function newKey(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

export const publicOf = ({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg });

/** A token signed with a private JWK; `sign` makes the signature of another algorithm. */
export function tokenOf(header, claims, key, sign = (bytes) => createSign('RSA-SHA256').update(bytes).sign(createPrivateKey({ key, format: 'jwk' }))) {
  const bytes = `${encode(header)}.${encode(claims)}`;
  return `${bytes}.${Buffer.from(sign(bytes)).toString('base64url')}`;
}

const loginPage = '/interaction';

/** Signs `person` in and consents to everything, as a page of the issuer's would. */
async function interact(provider, issuer, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const result = issuer.person ? { login: { accountId: issuer.person } } : { error: 'access_denied', error_description: 'not today' };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope('openid email profile');
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

/**
 * `people`: { sub: { email, email_verified, name } }. `claimsInToken`: the e-mail stands in the ID token, else only userinfo tells it.
 */
export async function startOidc({ redirects, people = {}, claimsInToken = true, clientId = 'tenon', clientSecret = 'a secret: +%&=', keys = [newKey('first')] }) {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const issuer = { url, clientId, clientSecret, people, person: null, keys, tamper: {}, calls: {}, refused: [] };
  const provider = new Provider(url, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirects, grant_types: ['authorization_code'], response_types: ['code'] }],
    jwks: { keys: [keys[0]] },
    cookies: { keys: ['a key for cookies'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: !claimsInToken,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => loginPage },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...issuer.people[sub] }) }),
    ttl: { Session: 3600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  });
  provider.on('grant.error', (_, error) => issuer.refused.push(error.error_detail ?? error.error_description ?? error.message));
  provider.use(async (context, next) => {
    issuer.calls[context.path] = (issuer.calls[context.path] ?? 0) + 1;
    await next();
    const { token, discovery, keys: set, userinfo } = issuer.tamper;
    if (context.path === '/token' && token && context.body?.id_token) {
      const [header, claims] = decode(context.body.id_token);
      context.body = { ...context.body, id_token: token(claims, header, context.body.id_token) };
    }
    if (context.path === '/.well-known/openid-configuration' && discovery) context.body = discovery({ ...context.body });
    if (context.path === '/jwks' && set) context.body = set(context.body);
    if (context.path === '/me' && userinfo) context.body = userinfo(context.body);
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith(loginPage)) return answer(request, response);
    return interact(provider, issuer, request, response).catch((error) => { response.statusCode = 500; response.end(String(error)); });
  });
  issuer.close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return issuer;
}
