/** Domains by which people join: "unset…" has no record, "taken…" is another organization's; somebody with "+joins" may join one. */
import { randomBytes } from "node:crypto";
import { Refusal, checked, json, newId, now } from "./http.mjs";

const joinable = (user) => (user.email.includes("+joins") && !user.joined ? [{ id: `${user.id.slice(0, -4)}0000`, name: "Example Labs", domain: user.email.split("@")[1], role: "member" }] : []);

export const seedDomains = (org) =>
  org.domains.push(
    { ...newDomain("example.com"), status: "verified", auto_join: true, role: "member", verified_at: now(-40 * 86400000), checked_at: now(-5 * 3600000) },
    { ...newDomain("example.org"), status: "lost", auto_join: true, verified_at: now(-90 * 86400000), checked_at: now(-2 * 3600000) },
  );

function newDomain(domain) {
  return { id: newId(), domain, txt_name: `_tenon.${domain}`, txt_value: `tenon-verify=${randomBytes(24).toString("base64url")}`, status: "pending", auto_join: false, role: "viewer", created_at: now(), verified_at: null, checked_at: null };
}

function find(org, id) {
  const row = org.domains.find((one) => one.id === id);
  if (!row) throw new Refusal("NOT_FOUND", "There is no such object.");
  return row;
}

const refused = (fault) => new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { domain: [fault] });

/** `mine(user, id)` finds an organization of the person's; `found(user, id, name, role)` gives them one more. */
export const domainRoutes = (mine, found) => [
  ["GET /api/orgs/joinable", ({ user }) => ({ data: joinable(user) })],
  ["POST /api/orgs/:id/join", ({ user, params }) => {
    const row = joinable(user).find(({ id }) => id === params.id);
    if (!row) throw new Refusal("NOT_FOUND", "There is no such organization.");
    user.joined = true;
    return { data: found(user, row) };
  }],
  ["GET /api/orgs/:id/domains", ({ user, params }) => ({ data: mine(user, params.id).domains })],
  ["POST /api/orgs/:id/domains", async ({ req, user, params }) => {
    const { domain } = checked(await json(req), { domain: { type: "string", required: true, max: 253 } });
    const org = mine(user, params.id);
    if (!/^[\w-]+(\.[\w-]+)+$/.test(domain)) throw refused("must be a domain name");
    if (/^(gmail|outlook)\.com$/.test(domain)) throw refused("is a public mail service's, where anybody may have an address");
    if (org.domains.some((row) => row.domain === domain)) throw new Refusal("CONFLICT", "Some fields are not valid.", { domain: ["is there already"] });
    org.domains.push(newDomain(domain));
    return { status: 201, data: org.domains.at(-1) };
  }],
  ["POST /api/orgs/:id/domains/:domain_id/verify", ({ user, params }) => {
    const row = find(mine(user, params.id), params.domain_id);
    if (row.domain.startsWith("unset")) throw new Refusal("CONFLICT", `There is no TXT record of ${row.txt_name} with this value. What was added may take a while to be seen.`);
    if (row.domain.startsWith("taken")) throw new Refusal("CONFLICT", "Another organization has verified this domain.");
    return { data: Object.assign(row, { status: "verified", verified_at: row.verified_at ?? now(), checked_at: now() }) };
  }],
  ["PATCH /api/orgs/:id/domains/:domain_id", async ({ req, user, params }) => ({ data: Object.assign(find(mine(user, params.id), params.domain_id), checked(await json(req), { auto_join: { type: "boolean" }, role: { type: "string" } })) })],
  ["DELETE /api/orgs/:id/domains/:domain_id", ({ user, params }) => {
    const org = mine(user, params.id);
    org.domains.splice(org.domains.indexOf(find(org, params.domain_id)), 1);
  }],
];
