/** The manners of the API: envelopes, error codes, bodies, the session cookie and its CSRF token. */
import { randomUUID } from "node:crypto";

export const STATUS = {
  VALIDATION_ERROR: 400,
  MALFORMED_JSON: 400,
  UNAUTHENTICATED: 401,
  INVALID_CREDENTIALS: 401,
  MFA_REQUIRED: 401,
  CSRF_FAILED: 403,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ACCOUNT_LOCKED: 423,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UPSTREAM_ERROR: 502,
};

export const PAGE_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

export class Refusal extends Error {
  constructor(code, message, fields, headers = {}, more = {}) {
    super(message);
    Object.assign(this, { code, fields, headers, more });
  }
}

export function answer(res, status, body, headers = {}) {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    "Content-Type": "application/json",
    "X-Request-Id": res.requestId,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    ...headers,
  });
  res.end(text);
}

export function refuse(res, error) {
  const known = error instanceof Refusal;
  if (!known) console.error(error);
  const code = known ? error.code : "INTERNAL";
  const message = known ? error.message : "Something went wrong on our side.";
  const body = { success: false, error: { code, message, request_id: res.requestId } };
  if (known) Object.assign(body.error, error.fields && { fields: error.fields }, error.more);
  answer(res, STATUS[code], body, known ? error.headers : {});
}

export async function bytes(req, most = 10 * 1024 * 1024) {
  const parts = [];
  let size = 0;
  for await (const part of req) {
    size += part.length;
    if (size > most) throw new Refusal("PAYLOAD_TOO_LARGE", "The file is larger than 10 MB.");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** `shape` is {name: {type, required?, max?}}; unknown members are refused by name as the server does. */
export function checked(body, shape) {
  const fields = {};
  for (const name of Object.keys(body)) if (!shape[name]) fields[name] = ["This field is not known."];
  for (const [name, rule] of Object.entries(shape)) {
    const value = body[name];
    if (value === undefined || value === null) {
      if (rule.required) fields[name] = ["This field is required."];
    } else if (rule.type === "array" ? !Array.isArray(value) : typeof value !== rule.type) {
      fields[name] = [`This must be a ${rule.type}.`];
    } else if (rule.type === "string" && rule.required && value.trim() === "") {
      fields[name] = ["This field is required."];
    } else if (rule.type === "string" && value.length > (rule.max ?? 100000)) {
      fields[name] = [`At most ${rule.max} characters.`];
    }
  }
  if (Object.keys(fields).length) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", fields);
  return body;
}

export async function json(req) {
  const raw = await bytes(req, 1024 * 1024);
  if (!raw.length) return {};
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch {
    throw new Refusal("MALFORMED_JSON", "The body is not valid JSON.");
  }
}

/** A document's body: JSON with its text, or a form with a file. */
export async function documentBody(req) {
  const type = req.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) {
    const body = checked(await json(req), { title: { type: "string", required: true, max: 255 }, text: { type: "string", required: true }, collection_id: { type: "string" } });
    return { ...body, file_name: null, mime_type: "text/plain", bytes: Buffer.byteLength(body.text) };
  }
  if (!type.startsWith("multipart/form-data")) throw new Refusal("UNSUPPORTED_MEDIA_TYPE", "Send a form with a file, or JSON.");
  const form = await new Response(await bytes(req), { headers: { "Content-Type": type } }).formData();
  const file = form.get("file");
  if (!file || typeof file === "string") throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { file: ["This field is required."] });
  if (/\.(exe|zip|png|jpe?g)$/i.test(file.name)) throw new Refusal("UNSUPPORTED_MEDIA_TYPE", "Text, Markdown, HTML, CSV, JSON, PDF and Word files can be read.");
  return {
    title: form.get("title") || file.name.replace(/\.[^.]+$/, ""),
    text: await file.text(),
    collection_id: form.get("collection_id") || null,
    file_name: file.name,
    mime_type: file.type || "text/plain",
    bytes: file.size,
  };
}

export function cookie(req, name) {
  for (const part of (req.headers.cookie ?? "").split(/;\s*/)) if (part.startsWith(`${name}=`)) return part.slice(name.length + 1);
  return null;
}

export function paged(rows, query) {
  const page = Math.max(1, Number(query.get("page")) || 1);
  const size = Math.min(100, Math.max(1, Number(query.get("page_size")) || 20));
  return { success: true, data: rows.slice((page - 1) * size, page * size), meta: { page, page_size: size, total: rows.length } };
}

export function cursored(rows, query) {
  const start = Number(query.get("cursor")) || 0;
  const limit = Math.min(100, Math.max(1, Number(query.get("limit")) || 20));
  const end = start + limit;
  return { success: true, data: rows.slice(start, end), meta: { next_cursor: end < rows.length ? String(end) : null } };
}

export const newId = () => randomUUID();
export const now = (offset = 0) => new Date(Date.now() + offset).toISOString();
