/** Users, organizations and browser sessions. */
import { randomBytes } from "node:crypto";
import { Refusal, checked, json, newId, now } from "./http.mjs";
import { isAdministrator } from "./admin.mjs";
import { domainRoutes, seedDomains } from "./domains.mjs";
import { askFactor, factorRoutes, newFactors } from "./factors.mjs";
import { letterRoutes, linkFor, linkOf, send, useLink } from "./letters.mjs";
import { seed } from "./seed.mjs";

const users = new Map();
const sessions = new Map();

export const PERMISSIONS = ["gateway.use", "knowledge.read", "knowledge.write", "conversations.read", "conversations.write", "usage.read", "keys.manage", "providers.manage", "budgets.manage", "members.manage", "roles.manage", "org.manage", "audit.read"];

export const signedIn = (token) => sessions.get(token) ?? null;

function newOrganization(name, domain = null) {
  return { id: newId(), name, domain, role: "owner", created_at: now(), collections: [], documents: [], conversations: [], keys: [], providers: [], calls: [], audit: [], roles: [], invitations: [], domains: [] };
}

const userView = (user) => ({ id: user.id, name: user.name, email: user.email, email_verified: user.email_verified, is_admin: isAdministrator(user), created_at: user.created_at, last_login: user.last_login });
/** Who acts for somebody is shown as that person. */
const shownUser = (user, acts) => (acts ? { ...userView(user), id: acts.for.id, name: acts.for.name, email: acts.for.email, email_verified: true, is_admin: false } : userView(user));
const orgView = ({ id, name, domain, role, created_at }) => ({ id, name, domain, role, created_at, deleted_at: null });
const membership = ({ id, name, role }) => ({ id, name, role });

export function record(session, action, target, detail = null) {
  session.org.audit.unshift({ id: newId(), action, actor_id: session.user.id, actor_name: session.user.name, target, ip_address: session.ip_address, detail, created_at: now() });
}

function open(req, user, org, status) {
  const token = randomBytes(24).toString("base64url");
  const session = {
    id: newId(), kind: "cookie", ip_address: "127.0.0.1", user_agent: req.headers["user-agent"] ?? null, created_at: now(), last_used: now(), expires_at: now(8 * 3600000),
    user, org, csrf: randomBytes(18).toString("base64url"), token,
  };
  sessions.set(token, session);
  user.last_login = now();
  return { status, body: { success: true, user: userView(user), expires_at: session.expires_at }, headers: { "Set-Cookie": `tenon_session=${token}; Path=/; HttpOnly; SameSite=Lax` } };
}

function passwordFaults(password) {
  const faults = [];
  const length = [...password].length;
  if (length < 8 || length > 128) faults.push("Use 8 to 128 characters.");
  if (!/\p{Lu}/u.test(password)) faults.push("Add an upper-case letter.");
  if (!/\p{Ll}/u.test(password)) faults.push("Add a lower-case letter.");
  if (!/\d/.test(password)) faults.push("Add a digit.");
  if (/^password/i.test(password)) faults.push("This password is too common.");
  return faults;
}

const originOf = (req) => `http://${req.headers.host}`;

function sendVerification(req, user) {
  send(user.email, "Confirm your e-mail address", [`Hello ${user.name},`, `please confirm that ${user.email} is your address for Tenon. The link works once, for one day.`], "Confirm the address", linkFor(originOf(req), "verify", "/verify", user, user.email));
}

const text = (max, required = true) => ({ type: "string", required, max });

export const accountRoutes = [
  ["POST /api/auth/signup", async ({ req }) => {
    const body = checked(await json(req), { name: text(255), email: text(255), password: text(1000), session: text(10, false), organization: text(255, false) });
    const fields = {};
    if (!/^\S+@\S+\.\S+$/.test(body.email)) fields.email = ["This is not an e-mail address."];
    const faults = passwordFaults(body.password);
    if (faults.length) fields.password = faults;
    if (Object.keys(fields).length) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", fields);
    const email = body.email.toLowerCase();
    if (users.has(email)) throw new Refusal("CONFLICT", "An account with this e-mail exists.", { email: ["An account with this e-mail exists."] });
    const user = { id: newId(), name: body.name, email, email_verified: /\+(seeded|joins|admin)/.test(email), created_at: now(), last_login: null, password: body.password, factors: newFactors(email) };
    user.orgs = [newOrganization(body.organization || `${body.name}'s organization`)];
    users.set(email, user);
    if (email.includes("+seeded")) {
      seed(user.orgs[0], user);
      seedDomains(user.orgs[0]);
    }
    const opened = open(req, user, user.orgs[0], 201);
    if (!user.email_verified) sendVerification(req, user);
    record({ org: user.orgs[0], user, ip_address: "127.0.0.1" }, "auth.signup", user.email);
    return opened;
  }],
  ["POST /api/auth/login", async ({ req }) => {
    const body = checked(await json(req), { email: text(255), password: text(1000), session: text(10, false) });
    const email = body.email.toLowerCase();
    if (email.startsWith("locked@")) throw new Refusal("ACCOUNT_LOCKED", "This account is locked for 15 minutes after too many attempts.", undefined, { "Retry-After": "900" });
    const user = users.get(email);
    if (!user || user.password !== body.password) throw new Refusal("INVALID_CREDENTIALS", "The e-mail or the password is not right.");
    askFactor(user);
    return open(req, user, user.orgs[0], 200);
  }],
  ...factorRoutes((req, user) => open(req, user, user.orgs[0], 200)),
  ["POST /api/auth/logout", ({ session }) => {
    sessions.delete(session.token);
    return { body: { success: true }, headers: { "Set-Cookie": "tenon_session=; Path=/; Max-Age=0" } };
  }],
  ["POST /api/auth/impersonation/end", ({ session }) => {
    sessions.delete(session.token);
    return { body: { success: true }, headers: { "Set-Cookie": "tenon_session=; Path=/; Max-Age=0" } };
  }],
  ["GET /api/csrf-token", ({ session }) => ({ data: { csrf_token: session.csrf } })],
  ["GET /api/auth/me", ({ user, org, session }) => ({ data: { user: shownUser(user, session.acts), impersonator: session.acts?.by ?? null, organization: membership(org), organizations: user.orgs.map(membership), permissions: PERMISSIONS } })],
  ["PATCH /api/auth/me", async ({ req, user }) => {
    user.name = checked(await json(req), { name: text(255) }).name;
    return { data: userView(user) };
  }],
  ["POST /api/auth/password", async ({ req, user, session }) => {
    const body = checked(await json(req), { current_password: text(1000), new_password: text(1000) });
    if (body.current_password !== user.password) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { current_password: ["This is not the current password."] });
    const faults = passwordFaults(body.new_password);
    if (faults.length) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { new_password: faults });
    user.password = body.new_password;
    for (const [token, other] of sessions) if (other.user === user && other !== session) sessions.delete(token);
    record(session, "auth.password_changed", user.email);
    return { body: { success: true } };
  }],
  ["POST /api/auth/password/forgot", async ({ req }) => {
    const { email } = checked(await json(req), { email: text(254) });
    const user = users.get(email.toLowerCase());
    if (user) send(user.email, "Choose a new password", [`Hello ${user.name},`, "somebody, most likely you, asked to choose a new password for Tenon. The link works once, for 30 minutes."], "Choose a new password", linkFor(originOf(req), "reset", "/reset", user, user.email));
    return { status: 202, body: { success: true } };
  }],
  ["POST /api/auth/password/reset", async ({ req }) => {
    const body = checked(await json(req), { token: text(100), password: text(1000) });
    const { user } = linkOf(body.token, "reset");
    const faults = passwordFaults(body.password);
    if (faults.length) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { password: faults });
    useLink(body.token);
    Object.assign(user, { password: body.password, email_verified: true });
    for (const [token, session] of sessions) if (session.user === user) sessions.delete(token);
  }],
  ["POST /api/auth/email/verify", async ({ req }) => {
    const { token } = checked(await json(req), { token: text(100) });
    const { user, email } = linkOf(token, "verify", "email");
    useLink(token);
    users.delete(user.email);
    users.set(email, Object.assign(user, { email, email_verified: true }));
  }],
  ["POST /api/auth/email/resend", ({ req, user }) => {
    if (!user.email_verified) sendVerification(req, user);
  }],
  ["POST /api/auth/email", async ({ req, user }) => {
    const body = checked(await json(req), { email: text(254), current_password: text(1000) });
    if (!/^\S+@\S+\.\S+$/.test(body.email)) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { email: ["must be an e-mail address"] });
    if (body.current_password !== user.password) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { current_password: ["is not right"] });
    const email = body.email.toLowerCase();
    if (!users.has(email)) send(email, "Confirm your new e-mail address", [`Hello ${user.name},`, `please confirm that ${email} is your new address for Tenon. The link works once, for one day.`], "Confirm the address", linkFor(originOf(req), "email", "/verify", user, email));
    return { status: 202, body: { success: true } };
  }],
  ...letterRoutes,
  ["GET /api/auth/sessions", ({ user, session }) => ({
    data: [...sessions.values()].filter((s) => s.user === user).map(({ id, kind, ip_address, user_agent, created_at, last_used, expires_at }) => ({ id, kind, ip_address, user_agent, created_at, last_used, expires_at, current: id === session.id })),
  })],
  ["DELETE /api/auth/sessions/:id", ({ user, params }) => {
    for (const [token, other] of sessions) if (other.user === user && other.id === params.id) return void sessions.delete(token);
    throw new Refusal("NOT_FOUND", "There is no such session.");
  }],
  ["GET /api/orgs", ({ user }) => ({ data: user.orgs.map(orgView) })],
  ["POST /api/orgs", async ({ req, user }) => {
    const body = checked(await json(req), { name: text(255), domain: text(255, false) });
    const org = newOrganization(body.name, body.domain);
    user.orgs.push(org);
    return { status: 201, data: orgView(org) };
  }],
  ...domainRoutes(mine, (user, { id, name, domain, role }) => {
    user.orgs.push({ ...newOrganization(name, domain), id, role });
    return membership(user.orgs.at(-1));
  }),
  ["GET /api/orgs/:id", ({ user, params }) => ({ data: orgView(mine(user, params.id)) })],
  ["PATCH /api/orgs/:id", async ({ req, user, params }) => {
    const body = checked(await json(req), { name: text(255, false), domain: text(255, false) });
    if (body.domain && !/^[\w-]+(\.[\w-]+)+$/.test(body.domain)) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { domain: ["This is not a domain name."] });
    return { data: orgView(Object.assign(mine(user, params.id), body)) };
  }],
  ["POST /api/orgs/:id/switch", ({ user, params, session }) => {
    session.org = mine(user, params.id);
    session.csrf = randomBytes(18).toString("base64url");
    return { body: { success: true, user: userView(user), expires_at: session.expires_at } };
  }],
  ["GET /api/orgs/:id/members", ({ user, params, query }) => {
    const org = mine(user, params.id);
    const rows = [{ user_id: user.id, name: user.name, email: user.email, role: "owner", role_id: null, joined_at: org.created_at }];
    const found = rows.filter((row) => `${row.name} ${row.email}`.toLowerCase().includes((query.get("q") ?? "").toLowerCase()));
    return { body: paged(found) };
  }],
  ["GET /api/orgs/:id/roles", ({ user, params }) => ({ data: [...BUILT_IN, ...mine(user, params.id).roles] })],
  ["POST /api/orgs/:id/roles", async ({ req, user, params }) => {
    const body = checked(await json(req), { name: text(60), description: text(500, false), permissions: { type: "array", required: true } });
    const role = { id: newId(), description: "", is_builtin: false, member_count: 0, created_at: now(), ...body };
    mine(user, params.id).roles.push(role);
    return { status: 201, data: role };
  }],
  ["GET /api/orgs/:id/invitations", ({ user, params }) => ({ body: paged(mine(user, params.id).invitations) })],
  ["POST /api/orgs/:id/invitations", async ({ req, user, params }) => {
    const body = checked(await json(req), { email: text(254), role: text(100) });
    const org = mine(user, params.id);
    if (org.invitations.some((row) => row.email === body.email)) throw new Refusal("CONFLICT", `${body.email} has been invited already. Send the invitation again instead.`);
    const invitation = { id: newId(), ...body, invited_by: user.name, expired: false, created_at: now(), sent_at: now(), expires_at: now(7 * 86400000) };
    org.invitations.unshift(invitation);
    return { status: 201, data: invitation };
  }],
  ["GET /api/audit", ({ org, query }) => ({ body: cursoredAudit(org.audit, query) })],
];

const BUILT_IN = ["owner", "admin", "member", "viewer"].map((name, at) => ({
  id: null, name, description: "", is_builtin: true, permissions: PERMISSIONS.slice(0, PERMISSIONS.length - at * 2), member_count: at === 0 ? 1 : 0, created_at: null,
}));

const paged = (rows) => ({ success: true, data: rows, meta: { page: 1, page_size: 50, total: rows.length } });

function mine(user, id) {
  const org = user.orgs.find((o) => o.id === id);
  if (!org) throw new Refusal("NOT_FOUND", "There is no such organization.");
  return org;
}

function cursoredAudit(rows, query) {
  const start = Number(query.get("cursor")) || 0;
  const end = start + (Number(query.get("limit")) || 20);
  return { success: true, data: rows.slice(start, end), meta: { next_cursor: end < rows.length ? String(end) : null } };
}
