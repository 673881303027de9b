/** Second factors, proofs of who is there, and other services, as far as pages show them: the code is always 123456. */
import { randomBytes } from "node:crypto";
import { Refusal, checked, cookie, json, newId, now } from "./http.mjs";
import { signedIn } from "./accounts.mjs";

const CODE = "123456";
const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const SERVICES = [{ name: "google", label: "Google" }, { name: "github", label: "GitHub" }];
const challenges = new Map();
const text = (max, required = true) => ({ type: "string", required, max });

const newCodes = () => Array.from({ length: 10 }, () => randomBytes(10).toString("hex").replace(/(.{5})(?=.)/g, "$1-"));

export function newFactors(email) {
  const has = email.includes("+mfa");
  return { totp_since: has ? now() : null, codes: has ? newCodes() : [], identities: [], passkeys: has ? [{ id: newId(), name: "Laptop", backed_up: true, created_at: now(), last_used: null }] : [] };
}

const hasFactor = ({ totp_since, passkeys }) => totp_since !== null || passkeys.length > 0;

function demand(user, session, message) {
  const challenge = randomBytes(32).toString("base64url");
  const { totp_since, passkeys, codes } = user.factors;
  const methods = [totp_since && "totp", passkeys.length && "passkey", codes.length && "recovery_code"].filter(Boolean);
  challenges.set(challenge, { user, session, tries: 0 });
  throw new Refusal("MFA_REQUIRED", message, undefined, {}, { challenge, methods: methods.length ? methods : ["password"] });
}

/** After the password: who has a second factor is asked for it. */
export function askFactor(user) {
  if (hasFactor(user.factors)) demand(user, null, "A second factor is needed.");
}

/** Before what wants a recent proof, of people whose address says so. */
export function askProof(method, path, session) {
  const wanted = (method === "POST" && path === "/api/keys") || /^(PATCH|DELETE) \/api\/admin\//.test(`${method} ${path}`) || path.endsWith("/impersonate");
  if (session.user.email.includes("+stale") && !session.proven && wanted) demand(session.user, session, "Show once more that it is you.");
}

function isRight(user, { code, recovery_code, password }) {
  if (password !== undefined) return password === user.password;
  if (code !== undefined) return code === CODE;
  const at = user.factors.codes.indexOf(recovery_code);
  if (at >= 0) user.factors.codes.splice(at, 1);
  return at >= 0;
}

const find = (rows, id) => {
  const row = rows.find((one) => one.id === id);
  if (!row) throw new Refusal("NOT_FOUND", "There is no such object.");
  return row;
};

/** `open(req, user)` answers with a new session. */
export const factorRoutes = (open) => [
  ["POST /api/auth/mfa/verify", async ({ req }) => {
    const body = checked(await json(req), { challenge: text(100), code: text(20, false), recovery_code: text(40, false), password: text(1000, false), session: text(10, false) });
    const asked = challenges.get(body.challenge);
    if (!asked || ++asked.tries > 5) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { challenge: ["is not good any more: begin again"] });
    if (!isRight(asked.user, body)) throw new Refusal("INVALID_CREDENTIALS", "The code is not right.");
    challenges.delete(body.challenge);
    if (!asked.session) return open(req, asked.user);
    asked.session.proven = true;
  }],
  ["GET /api/auth/mfa", ({ user: { factors } }) => ({ data: { totp: factors.totp_since !== null, totp_since: factors.totp_since, recovery_codes_left: factors.codes.length, passkeys: factors.passkeys.length } })],
  ["POST /api/auth/mfa/totp", () => ({ data: { secret: SECRET, otpauth_url: `otpauth://totp/Tenon?secret=${SECRET}`, qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h3v3H1zM5 1h3v3H5zM1 5h3v3H1zM6 6h1v1H6z"/></svg>' } })],
  ["POST /api/auth/mfa/totp/confirm", async ({ req, user: { factors } }) => {
    const { code } = checked(await json(req), { code: text(20) });
    if (code !== CODE) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { code: ["is not the one that the authenticator shows now"] });
    Object.assign(factors, { totp_since: now(), codes: newCodes() });
    return { data: { recovery_codes: factors.codes } };
  }],
  ["DELETE /api/auth/mfa/totp", ({ user: { factors } }) => {
    factors.totp_since = null;
    if (!hasFactor(factors)) factors.codes = [];
  }],
  ["POST /api/auth/mfa/recovery-codes", ({ user: { factors } }) => ({ data: { recovery_codes: (factors.codes = newCodes()) } })],
  ["GET /api/auth/passkeys", ({ user: { factors } }) => ({ data: factors.passkeys })],
  ["PATCH /api/auth/passkeys/:id", async ({ req, user: { factors }, params }) => ({ data: Object.assign(find(factors.passkeys, params.id), checked(await json(req), { name: text(100) })) })],
  ["DELETE /api/auth/passkeys/:id", ({ user: { factors }, params }) => {
    factors.passkeys.splice(factors.passkeys.indexOf(find(factors.passkeys, params.id)), 1);
    if (!hasFactor(factors)) factors.codes = [];
  }],
  ["GET /api/auth/oauth", () => ({ data: SERVICES })],
  /* Signing in is declined there; linking is gone through with. */
  ["GET /api/auth/oauth/:provider", ({ res }) => void res.writeHead(302, { Location: "/login?error=denied" }).end()],
  ["POST /api/auth/oauth/:provider/link", async ({ req, params }) => {
    const { user } = signedIn(cookie(req, "tenon_session")) ?? {};
    if (!user) throw new Refusal("UNAUTHENTICATED", "Sign in first.");
    const { next } = await json(req);
    user.factors.identities.push({ id: newId(), provider: params.provider, email: user.email, created_at: now(), last_used: now() });
    return { data: { url: `${next}?linked=${params.provider}` } };
  }],
  ["GET /api/auth/identities", ({ user: { factors } }) => ({ data: factors.identities })],
  ["DELETE /api/auth/identities/:id", ({ user: { factors }, params }) => void factors.identities.splice(factors.identities.indexOf(find(factors.identities, params.id)), 1)],
];
