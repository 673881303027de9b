// In `file`, `take` (once, to the letter) becomes `leave`; then the scenarios of `suite` must fail.
export const defences = [
  // tokens
  { name: 'only our own header opens a token', file: 'src/crypto/crypto.c', take: '!text_equal(header, key->header)', leave: 'false', suite: 'tokens' },
  { name: 'the signature is compared', file: 'src/crypto/crypto.c', take: '|| !equal_in_time(mac, hmac(arena, key, signing))', leave: '|| (false && hmac(arena, key, signing).len)', suite: 'tokens' },
  { name: 'base64url has one spelling', file: 'src/base/id.c', take: 'if (bits & ((1u << held) - 1))', leave: 'if (false)', suite: 'tokens' },
  { name: 'a token expires', file: 'src/features/auth/auth_session.c', take: 'if (claims.exp * SECOND <= call->now)', leave: 'if (false)', suite: 'tokens' },
  { name: 'a token is not of tomorrow', file: 'src/features/auth/auth_session.c', take: '!is_early(call, json) &&', leave: '(is_early(call, json) || true) &&', suite: 'tokens' },
  { name: 'a token is for us', file: 'src/features/auth/auth_session.c', take: ' && text_equal(claims.aud, T("tenon-api"))', leave: '', suite: 'tokens' },
  { name: 'a token is from us', file: 'src/features/auth/auth_session.c', take: 'text_equal(claims.iss, T("tenon")) && ', leave: '', suite: 'tokens' },
  { name: 'a token proves its session', file: 'src/features/auth/auth_session.c', take: '!equal_in_time(state.token_hash, proof)', leave: 'false', suite: 'tokens' },

  // forgery from other sites
  { name: 'a cookie session shows its token', file: 'src/http/gate.c', take: 'req->cookie_session && req->route->access != ACCESS_PUBLIC && !req->loop->http->setup.csrf(req)', leave: 'false', suite: 'forgery' },
  { name: 'the token is the session\'s own', file: 'src/features/auth/auth_session.c', take: 'return given.len && equal_in_time(given, keyed_token(&req->call.arena, "csrf", uuid_text(&req->call.arena, req->call.session)));', leave: 'return given.len > 0;', suite: 'forgery' },
  { name: 'another site is turned away', file: 'src/http/gate.c', take: '(req->cookie_session || req->route->tier == TIER_AUTH) && cross_site(req)', leave: 'false && cross_site(req)', suite: 'forgery' },
  { name: 'origins are compared whole', file: 'src/http/gate.c', take: 'return !text_equal(text_slice(origin, 7, origin.len), host);', leave: 'return !text_starts(text_slice(origin, 7, origin.len), host);', suite: 'forgery' },
  { name: 'a body says that it is JSON', file: 'src/http/dispatch.c', take: '!request_is_json(req) && req->body.len', leave: 'false', suite: 'every_route' },
  { name: 'CORS names an origin of the list', file: 'src/http/gate.c', take: 'if (text_equal(text_trim(text_cut(&list, \',\')), origin)) {', leave: 'text_cut(&list, \',\'); if (origin.len) {', suite: 'forgery' },

  // sessions
  { name: 'a session that is there is not taken on', file: 'src/features/auth/auth_session.c', take: 'text secret = random_token(&call->arena, TOKEN_LETTERS);', leave: 'text secret = text_copy(&call->arena, T("0123456789012345678901234567890123456789012"));', suite: 'sessions' },
  { name: 'a cookie idles', file: 'src/features/auth/auth_session.c', take: '|| (known->cookie && known->last_used + config.session_idle_timeout <= call->now)', leave: '', suite: 'sessions' },
  { name: 'a changed password ends the other sessions', file: 'src/features/auth/auth_api.c', take: 'TRY(session_delete_others(call, call->user, call->session));', leave: '', suite: 'sessions' },

  // whose address
  { name: 'only a trusted proxy tells of others', file: 'src/http/gate.c', take: '!address_in(*peer, config.trusted_proxies) ||', leave: '', suite: 'proxied' },
  { name: 'IPv6 is counted by its network', file: 'src/http/address.c', take: 'memset(address.bytes + 8, 0, 8);', leave: '(void)address;', suite: 'buckets' },

  // guessing
  { name: 'an account is locked', file: 'src/features/auth/auth_lockout.c', take: 'if (row.locked_until > call->now)\n            return turn_away', leave: 'if (false)\n            return turn_away', suite: 'accounts' },
  { name: 'guesses at once are counted before they are decided', file: 'src/features/auth/auth_lockout.c', take: 'if (row.failures <= TRIES)', leave: 'if (true)', suite: 'accounts' },
  { name: 'a flood of failures turns strangers away', file: 'src/features/auth/auth_lockout.c', take: 'if (flood > call->now && text_equal(ret_attempt->place, T("*")))', leave: 'if (false)', suite: 'guessing' },

  // what is the server's to set
  { name: 'unknown members are refused', file: 'src/core/fields.c', take: 'now = wrong(call, &place, "is not a known field");', leave: 'now = OK;', suite: 'assignment' },

  // once
  { name: 'a token is exchanged once', file: 'src/features/auth/auth_store.c', take: 'WHERE id = $1 AND token_hash = $2', leave: 'WHERE id = $1 AND $2 IS NOT NULL', suite: 'once' },

  // second factors
  { name: 'a sign-in asks for the factor', file: 'src/features/auth/auth_sign_in.c', take: 'if (factors_any(&factors))', leave: 'if (false)', suite: 'factors' },
  { name: 'a code is used once', file: 'src/features/factors/factors.c', take: 'call->now, row.counter);', leave: 'call->now, 0);', suite: 'factors' },
  { name: 'the code that turned it on is used', file: 'src/features/factors/factors_api.c', take: 'totp_confirm(call, row.id, step)', leave: 'totp_confirm(call, row.id, 0)', suite: 'factors' },
  { name: 'a recovery code is one of the set', file: 'src/features/factors/factors_store.c', take: 'return change_one(call, &use_recovery,', leave: 'return db_run(call, &use_recovery,', suite: 'factors' },
  { name: 'a challenge is used once', file: 'src/features/auth/auth_factors.c', take: '    TRY(challenge_use(call, &a->challenge));\n    TRY(user_by_id', leave: '    TRY(user_by_id', suite: 'factors' },
  { name: 'a challenge runs out', file: 'src/features/factors/factors_store.c', take: 'AND expires_at > $2 AND attempts < $3 RETURNING', leave: 'AND $2 IS NOT NULL AND attempts < $3 RETURNING', suite: 'factors' },
  { name: 'a challenge bears five answers', file: 'src/features/factors/factors_store.c', take: 'AND attempts < $3 RETURNING', leave: 'AND attempts < $3 + 100 RETURNING', suite: 'factors' },
  { name: 'a right password undoes no wrong codes', file: 'src/features/auth/auth_sign_in.c', take: 'if (result == OK && !sign_in.challenge.ptr) /*', leave: 'if (result == OK) /*', suite: 'factors' },
  { name: 'a new password ends challenges', file: 'src/features/auth/auth_email.c', take: '    TRY(challenges_drop(call, user->id));\n', leave: '', suite: 'factors' },
  { name: 'recovery codes go with the last factor', file: 'src/features/factors/factors_api.c', take: '    TRY(recovery_delete_orphans(call, call->user));\n', leave: '', suite: 'factors' },
  { name: 'new recovery codes kill the old', file: 'src/features/factors/factors.c', take: '    TRY(recovery_delete(call, call->user));\n    for', leave: '    for', suite: 'factors' },
  { name: 'a session that has ended changes no factor', file: 'src/features/factors/factors.c', take: 'return open ? OK : fail(', leave: 'return open || true ? OK : fail(', suite: 'factors' },
  { name: 'a passkey answers for its owner', file: 'src/features/factors/factors.c', take: '    if (!uuid_equal(row.user_id, user))\n        return factor_wrong(call);\n', leave: '', suite: 'factors_passkeys' },
  { name: 'a handle is the owner\'s', file: 'src/features/factors/factors.c', take: 'fault == WEBAUTHN_OK && !is_owners(', leave: 'false && !is_owners(', suite: 'factors_passkeys' },
  { name: 'a passkey alone verifies its person', file: 'src/features/factors/factors.c', take: 'bytes, alone, credential, &known', leave: 'bytes, false, credential, &known', suite: 'factors_passkeys' },
  { name: 'a passkey is made for its own session', file: 'src/features/factors/factors_passkeys.c', take: ' && uuid_equal(ret_challenge->session, call->session) ? OK', leave: ' ? OK', suite: 'factors_passkeys' },
  { name: 'a deactivated account stays shut', file: 'src/features/auth/auth_sign_in.c', take: 'if (!row->is_active) /* however they showed who they are */', leave: 'if (false)', suite: 'factors_passkeys' },
  { name: 'a challenge is for one purpose', file: 'src/features/auth/auth_factors.c', take: 'if (a.challenge.purpose != PURPOSE_SIGN_IN)', leave: 'if (false)', suite: 'factors_passkeys' },
  { name: 'what is sensitive wants a recent proof', file: 'src/http/gate.c', take: 'return req->route->recent ? req->loop->http->setup.proven(req) : OK;', leave: 'return OK;', suite: 'auth_recent' },
  { name: 'a proof gets old', file: 'src/features/auth/auth_factors.c', take: 'call->now - call->proven_at <= PROOF_LIFE', leave: '(call->now - call->proven_at <= PROOF_LIFE || true)', suite: 'auth_recent' },
  { name: 'a session proves itself alone', file: 'src/features/auth/auth_factors.c', take: 'call->actor != ACTOR_USER || !uuid_equal(call->session, a->challenge.session)', leave: 'call->actor != ACTOR_USER', suite: 'auth_recent' },
  { name: 'a password does not stand in for a factor', file: 'src/features/auth/auth_factors.c', take: 'if (!factors_any(&factors) && password_matches', leave: 'if (password_matches', suite: 'auth_recent' },
  // sign-in by other services; what only a real issuer shows is said in tests/clients/oauth.test.mjs
  { name: 'next is a path of ours', file: 'src/features/oauth/oauth_flow.c', take: 'if (!text_starts(value, T("/")) || text_find(path, T("//")) != SIZE_MAX)', leave: 'if (!path.ptr)', suite: 'oauth' },
  { name: 'linking is for the session that the callback brings', file: 'src/features/oauth/oauth_flow.c', take: 'if (!req->cookie_session) /*', leave: 'if (false) /*', suite: 'oauth' },
  { name: 'linking wants to know who it is', file: 'src/features/oauth/oauth.c', take: 'oauth_link, .access = ACCESS_USER, .recent = true,', leave: 'oauth_link, .access = ACCESS_USER,', suite: 'auth_recent' },
  { name: 'a state is its browser\'s', file: 'src/features/oauth/oauth_store.c', take: 'browser_hash = $2 AND', leave: '$2 IS NOT NULL AND', suite: 'oauth' },
  { name: 'a state is for one service', file: 'src/features/oauth/oauth_store.c', take: 'provider = $3 AND', leave: '$3 IS NOT NULL AND', suite: 'oauth' },
  { name: 'a state ends', file: 'src/features/oauth/oauth_store.c', take: 'AND expires_at > $4 RETURNING', leave: 'AND $4 IS NOT NULL RETURNING', suite: 'oauth' },
  { name: 'a state is taken once', file: 'src/features/oauth/oauth_store.c', take: '"DELETE FROM oauth_states WHERE state_hash', leave: '"UPDATE oauth_states SET next = next WHERE state_hash', suite: 'oauth' },
  { name: 'the last way in stays', file: 'src/features/oauth/oauth.c', take: 'if (ways == 0)', leave: 'if (false)', suite: 'oauth' },
  { name: 'an identity that was linked before the address was proven does not outlive a reset', file: 'src/features/auth/auth_email.c', take: 'TRY(identity_drop_all(call, user->id));', leave: 'TRY(OK);', suite: 'oauth' },

  // people and administrators
  { name: 'a stream is asked about anew', file: 'src/http/doubt.c', take: 'if (http->setup.still(&question->call) != OK) {', leave: 'if (false) {', suite: 'streams' },
  { name: 'a key sleeps with its maker', file: 'src/features/keys/keys_store.c', take: '"WHERE coalesce(u.is_active, TRUE) AND " which', leave: '"WHERE " which', suite: 'admin' },
  { name: 'a key that a key made is its maker\'s', file: 'src/features/keys/keys_store.c', take: 'coalesce($6, (SELECT m.created_by FROM api_keys m WHERE m.organization_id = :org AND m.id = $10))', leave: 'coalesce($6, (SELECT m.created_by FROM api_keys m WHERE m.organization_id = :org AND m.id = $10 AND FALSE))', suite: 'admin' },
  { name: 'there is an administrator at all times', file: 'src/features/auth/auth_admin.c', take: 'return others || named ? OK :', leave: 'return others || named || true ? OK :', suite: 'admin' },
  { name: 'what only the person may do', file: 'src/http/gate.c', take: 'if (req->route->in_person && !uuid_is_none(req->call.impersonator))', leave: 'if (false)', suite: 'admin' },
  { name: 'who acts for somebody is no administrator', file: 'src/features/auth/auth_session.c', take: 'known.is_admin = uuid_is_none(known.impersonator) && ', leave: 'known.is_admin = ', suite: 'admin' },
  { name: 'an administrator who is none any more acts for nobody', file: 'src/features/auth/auth_admin.c', take: 'TRY(session_delete_opened_by(call, user));', leave: '(void)0;', suite: 'admin' },
  { name: 'what is an administrator\'s is not there for others', file: 'src/http/gate.c', take: 'call->actor == ACTOR_USER && call->is_admin ? OK : NOT_FOUND', leave: 'call->actor == ACTOR_USER ? OK : NOT_FOUND', suite: 'every_route' },
  { name: 'nobody is left without an owner', file: 'src/features/orgs/orgs_release.c', take: 'result = none_orphaned(call, rows, list.len);', leave: 'result = none_orphaned(call, rows, 0);', suite: 'auth_deletion' },
  { name: 'a link that deletes is its person\'s', file: 'src/features/auth/auth_email.c', take: 'return uuid_equal(link.user_id, user) ? use_link(call, &link) : not_good(call);', leave: '(void)user;\n    return use_link(call, &link);', suite: 'auth_deletion' },
  { name: 'who was removed does not come back', file: 'src/features/orgs/orgs_domains_store.c', take: 'WHERE r.organization_id = o.id AND r.user_id = $1)', leave: 'WHERE r.organization_id = o.id AND r.user_id = $1 AND FALSE)', suite: 'orgs_domains' },
  { name: 'one organization has a domain', file: 'src/features/orgs/orgs_domains_store.c', take: 'ON CONFLICT (domain) DO NOTHING', leave: 'ON CONFLICT (domain) DO UPDATE SET claimed_by = :org', suite: 'orgs_domains' },
  { name: 'an address is shown before one joins by it', file: 'src/features/orgs/orgs_domains_store.c', take: 'AND u.email_verified AND u.is_active', leave: 'AND u.is_active', suite: 'orgs_domains' },

  // budgets
  { name: 'what a call may cost is held before it', file: 'src/features/gateway/gateway_call.c', take: 'call->admitted = !gateway_may_cost(&request->target, call->created_at);', leave: 'call->admitted = gateway_may_cost(&request->target, call->created_at) || true;', suite: 'budgets' },
  { name: 'calls under way count', file: 'src/bus/memory_budgets.c', take: 'limit - account->spent - account->held', leave: 'limit - account->spent', suite: 'budgets' },
  { name: 'what it did cost is settled', file: 'src/features/gateway/gateway_call.c', take: 'budget_settle(request->on->bus, &call->hold, cost);', leave: 'budget_settle(request->on->bus, &call->hold, 0);', suite: 'budgets' },
  { name: 'a budget that is set while a call runs counts it', file: 'src/features/budgets/budgets.c', take: '        add_newer(bus, hold);', leave: '        (void)add_newer;', suite: 'budgets' },
  { name: 'a changed limit is told', file: 'src/features/budgets/budgets.c', take: '    trusted_forget_if(&cache, is_organizations, &organization);', leave: '    (void)is_organizations, (void)organization;', suite: 'budgets' },

  // permissions and tenants
  { name: 'a permission is asked for', file: 'src/http/gate.c', take: 'if ((call->permissions & (unsigned)route->permission) == (unsigned)route->permission)\n        return OK;', leave: 'return OK;', suite: 'every_route' },
  { name: 'a key cannot act as a person', file: 'src/http/gate.c', take: 'if (call->actor == ACTOR_KEY)\n            return fail(call, FORBIDDEN', leave: 'if (false)\n            return fail(call, FORBIDDEN', suite: 'every_route' },
];
