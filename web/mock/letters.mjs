/** Letters and the links in them. They are kept here and read in the outbox, as on a server that sends none. */
import { randomBytes } from "node:crypto";
import { Refusal, newId, now } from "./http.mjs";

const letters = [];
const links = new Map();

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const quoted = (text) => [...Buffer.from(text)].map((b) => (b === 10 ? "\r\n" : b >= 32 && b <= 126 && b !== 61 ? String.fromCharCode(b) : `=${b.toString(16).toUpperCase().padStart(2, "0")}`)).join("");
const part = (type, body) => `--=_mock\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quoted(body)}\r\n`;

function html(paragraphs, action, link) {
  const words = paragraphs.map((p) => `<p class="words" style="margin:0 0 16px;font-size:16px;line-height:1.5;color:#1c1e21">${escaped(p)}</p>`).join("\n");
  const button = link ? `<p style="margin:24px 0"><a class="button" href="${link}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1c1e21;color:#ffffff;font-size:16px;text-decoration:none">${action}</a></p>` : "";
  return `<!doctype html><html lang="en"><head><style>@media (prefers-color-scheme: dark) { .page { background: #16181b !important; } .card { background: #1f2226 !important; border-color: #34383e !important; } .words { color: #e8e9eb !important; } .button { background: #e8e9eb !important; color: #16181b !important; } }</style></head>
<body class="page" style="margin:0;padding:24px 12px;background:#f4f5f6;font-family:sans-serif"><table width="100%"><tr><td align="center"><table class="card" width="100%" style="max-width:520px;background:#ffffff;border:1px solid #e1e4e8;border-radius:8px;text-align:left"><tr><td style="padding:28px">${words}${button}</td></tr></table></td></tr></table></body></html>`;
}

export function send(to, subject, paragraphs, action, link) {
  const message =
    `From: "Tenon" <no-reply@localhost>\r\nTo: ${to}\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="=_mock"\r\n\r\n` +
    `${part("text/plain", [...paragraphs, ...(link ? [`${action}:\n${link}`] : [])].join("\n\n"))}${part("text/html", html(paragraphs, action, link))}--=_mock--\r\n`;
  letters.unshift({ id: newId(), created_at: now(), to, subject, message });
}

/** A new link of the kind for the user; those before it are void. */
export function linkFor(origin, kind, path, user, email) {
  for (const [token, link] of links) if (link.kind === kind && link.user === user) links.delete(token);
  const token = randomBytes(32).toString("base64url");
  links.set(token, { kind, user, email });
  return `${origin}${path}?token=${token}`;
}

const notGood = () => new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { token: ["is not good any more: ask for a new link"] });

export function linkOf(token, ...kinds) {
  const link = links.get(token);
  if (!link || !kinds.includes(link.kind)) throw notGood();
  return link;
}

export const useLink = (token) => links.delete(token);

export const letterRoutes = [
  ["GET /api/outbox", () => ({ data: letters.map(({ message, ...rest }) => rest) })],
  ["GET /api/outbox/:id", ({ params }) => {
    const letter = letters.find(({ id }) => id === params.id);
    if (!letter) throw new Refusal("NOT_FOUND", "There is no such object.");
    return { data: { id: letter.id, message: letter.message } };
  }],
];
