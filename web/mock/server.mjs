/**
 * A stand-in for the server while the web application is developed: everything in memory, gone when it stops.
 *
 * Words with a meaning: an e-mail with "+seeded" is confirmed and starts with documents and calls, one with "+mfa" has an authenticator,
 * whose code is always 123456, one with "+stale" must show who it is before it makes a key or changes an account, one with "+admin" runs the
 * installation, one with "+joins" may join an organization, "locked@…" is locked; a document titled "fail…" fails and "slow…" takes long; a
 * question with "slow", "cut", "fail", "refuse" or "markdown" does so; a search, key or person named "fail" answers 500; a provider key with
 * "bad" fails its test; a domain "unset…" has no record, "taken…" is another organization's.
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { PAGE_POLICY, Refusal, answer, cookie, newId, refuse } from "./http.mjs";
import { routes } from "./routes.mjs";
import { signedIn } from "./accounts.mjs";
import { askProof } from "./factors.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const OPEN = new Set(["/api/auth/signup", "/api/auth/login", "/api/auth/password/forgot", "/api/auth/password/reset", "/api/auth/email/verify", "/api/auth/mfa/verify", "/api/health"]);
const isOpen = (path) => OPEN.has(path) || /^\/api\/(outbox|auth\/oauth)(\/|$)/.test(path);

function match(method, path) {
  const parts = path.split("/");
  const methods = [];
  for (const [row, handler] of routes) {
    const [verb, pattern] = row.split(" ");
    const wanted = pattern.split("/");
    if (wanted.length !== parts.length || !wanted.every((part, at) => part.startsWith(":") || part === parts[at])) continue;
    if (verb !== method) {
      methods.push(verb);
      continue;
    }
    return { handler, params: Object.fromEntries(wanted.flatMap((part, at) => (part.startsWith(":") ? [[part.slice(1), decodeURIComponent(parts[at])]] : []))) };
  }
  if (methods.length) throw new Refusal("METHOD_NOT_ALLOWED", "This method is not allowed here.", undefined, { Allow: methods.join(", ") });
  throw new Refusal("NOT_FOUND", "There is nothing at this address.");
}

async function api(req, res, url) {
  const { handler, params } = match(req.method, url.pathname);
  const session = signedIn(cookie(req, "tenon_session"));
  if (!isOpen(url.pathname)) {
    if (!session) throw new Refusal("UNAUTHENTICATED", "Sign in to go on.");
    if (req.method !== "GET" && req.headers["x-csrf-token"] !== session.csrf) throw new Refusal("CSRF_FAILED", "The CSRF token is missing or not this session's.");
    session.last_used = new Date().toISOString();
    askProof(req.method, url.pathname, session);
  }
  const result = await handler({ req, res, params, query: url.searchParams, session, user: session?.user, org: session?.org });
  if (res.headersSent) return;
  const { status = 200, headers = {}, ...rest } = result ?? { body: { success: true } };
  answer(res, status, rest.body ?? { success: true, data: rest.data }, headers);
}

async function file(res, path) {
  const name = normalize(path).replace(/^[/.]+/, "");
  const found = extname(name) ? await readFile(join(DIST, name)).catch(() => null) : null;
  if (!found && name.startsWith("assets/")) return res.writeHead(404).end();
  const body = found ?? (await readFile(join(DIST, "index.html")).catch(() => null));
  if (!body) return res.writeHead(404, { "Content-Type": "text/plain" }).end("Run npm run build first.\n");
  const type = TYPES[found ? extname(name) : ".html"] ?? "application/octet-stream";
  res.writeHead(200, { "Content-Type": type, "Content-Security-Policy": PAGE_POLICY, "Cache-Control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache" });
  res.end(body);
}

export function start(port) {
  const server = createServer((req, res) => {
    res.requestId = newId();
    const url = new URL(req.url, "http://localhost");
    const work = url.pathname.startsWith("/api/") ? api(req, res, url) : file(res, url.pathname);
    work.catch((error) => (res.headersSent ? res.destroy() : refuse(res, error)));
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start(Number(process.env.PORT ?? 3000));
  console.log(`mock: http://127.0.0.1:${server.address().port}`);
}
