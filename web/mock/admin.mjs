/** What whoever runs the installation sees: those who have signed up, and for an address with "+seeded" some more who have not. */
import { Refusal, checked, json, newId, now, paged } from "./http.mjs";

const DAY = 86400000;
const NAMES = ["Support", "Sales", "Finance", "Research", "Warehouse", "Front desk", "Legal", "Operations"];
const organization = (name, age, more = {}) => ({ id: newId(), name, domain: null, member_count: 1, key_count: 0, document_count: 0, conversation_count: 0, created_at: now(-age * DAY), deleted_at: null, deleted_by_admin: false, ...more });

const organizations = [
  organization("Example", 2, { domain: "example.com", member_count: 24, key_count: 6, document_count: 312, conversation_count: 1840 }),
  organization("Example Labs", 9, { member_count: 7, key_count: 2, document_count: 41, conversation_count: 260 }),
  organization("Trial", 16, { deleted_at: now(-3 * DAY), deleted_by_admin: true, document_count: 4 }),
  organization("Branch office", 40, { domain: "branch.example.com", member_count: 3, document_count: 18, conversation_count: 77 }),
];
const people = Array.from({ length: 63 }, (_, at) => ({
  id: newId(), name: at < NAMES.length ? NAMES[at] : `${NAMES[at % NAMES.length]} ${Math.floor(at / NAMES.length) + 1}`, email: `person${at + 1}@example.com`, email_verified: at % 5 !== 3, is_active: at % 9 !== 4, is_admin: at === 5,
  session_count: at % 9 === 4 ? 0 : at % 4, created_at: now(-(at + 1) * DAY), last_login: at % 6 === 3 ? null : now(-(at * at + 1) * 3600000),
  organizations: organizations.slice(0, at % 3 === 1 ? 2 : 1).map(({ id, name }, place) => ({ id, name, role: place ? "owner" : at % 2 ? "member" : "viewer" })),
}));

const listed = ({ organizations: places, ...rest }) => ({ ...rest, organization_count: places.length });
const shown = (person) => ({ ...listed(person), organizations: person.organizations });

function find(rows, id) {
  const row = rows.find((one) => one.id === id);
  if (!row) throw new Refusal("NOT_FOUND", "There is no such object.");
  return row;
}

const among = (rows, query, ...fields) => {
  const q = (query.get("q") ?? "").toLowerCase();
  if (q === "fail") throw new Error("asked to fail");
  return rows.filter((row) => fields.some((field) => (row[field] ?? "").toLowerCase().includes(q)));
};

const text = (max) => ({ type: "string", required: true, max });

const rows = [
  ["GET /api/admin/users", ({ query }) => ({ body: paged(among(people, query, "name", "email").map(listed), query) })],
  ["GET /api/admin/users/:id", ({ params }) => ({ data: shown(find(people, params.id)) })],
  ["PATCH /api/admin/users/:id", async ({ req, params }) => {
    const body = checked(await json(req), { is_active: { type: "boolean" }, is_admin: { type: "boolean" } });
    const person = find(people, params.id);
    if (body.is_admin === false && person.is_admin) throw new Refusal("CONFLICT", "This is the last administrator. Make somebody else one first.");
    Object.assign(person, body, body.is_active === false && { session_count: 0 });
    return { data: listed(person) };
  }],
  ["DELETE /api/admin/users/:id", ({ params }) => {
    const person = find(people, params.id);
    if (person.organizations.length > 1) throw new Refusal("CONFLICT", `Others would be left without an owner in: ${person.organizations[1].name}. Hand the ownership over first.`, { organizations: [person.organizations[1].name] });
    people.splice(people.indexOf(person), 1);
  }],
  ["POST /api/admin/users/:id/sign-out", ({ params }) => void Object.assign(find(people, params.id), { session_count: 0 })],
  /* The session stays the administrator's own but for what it says of itself: enough to see the banner, and to end it. */
  ["POST /api/admin/users/:id/impersonate", async ({ req, params, session, user }) => {
    checked(await json(req), { reason: text(500), organization_id: { type: "string" }, session: { type: "string" } });
    session.acts = { for: find(people, params.id), by: { id: user.id, name: user.name } };
    return { status: 201, body: { success: true, user: { ...listed(session.acts.for), organization_count: undefined, session_count: undefined }, expires_at: session.expires_at } };
  }],
  ["GET /api/admin/orgs", ({ query }) => ({ body: paged(among(organizations, query, "name", "domain"), query) })],
  ["GET /api/admin/orgs/:id", ({ params }) => ({ data: find(organizations, params.id) })],
  ["DELETE /api/admin/orgs/:id", ({ params }) => ({ data: Object.assign(find(organizations, params.id), { deleted_at: now(), deleted_by_admin: true }) })],
  ["POST /api/admin/orgs/:id/restore", ({ params }) => ({ data: Object.assign(find(organizations, params.id), { deleted_at: null, deleted_by_admin: false }) })],
];

/** To anybody else it is not there. */
export const isAdministrator = (user) => user.email.includes("+admin");

export const adminRoutes = rows.map(([row, handler]) => [
  row,
  (call) => {
    if (!isAdministrator(call.user) || call.session.acts) throw new Refusal("NOT_FOUND", "There is nothing at this address.");
    return handler(call);
  },
]);
