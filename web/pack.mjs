/**
 * Packs a folder of web files into one binary for the server to hold.
 *
 *   node web/pack.mjs DIST OUT
 *
 * Little-endian throughout. "TNPK0001", u32 number of files, then for each, sorted by path:
 *   u16 length and path ("/index.html"), u16 length and content type, u8 flags (bit 0: never changes under this path),
 *   16 bytes etag (the first 16 hexadecimal digits of the content's SHA-256),
 *   u32 length of the content, u32 of its gzip form, u32 of its brotli form (0: there is none, it would not be smaller),
 *   then the three byte strings.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".ico": "image/x-icon",
};
const COMPRESSIBLE = /^(text\/|image\/svg|application\/(json|manifest))/;
const IMMUTABLE = 1;

const [dist, out] = process.argv.slice(2);
if (!dist || !out) {
  console.error("usage: node web/pack.mjs DIST OUT");
  process.exit(2);
}

const u8 = (n) => Buffer.from([n]);
const u16 = (n) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(n);
  return bytes;
};
const u32 = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
};

function smaller(form, raw) {
  return form.length < raw.length ? form : Buffer.alloc(0);
}

function entry(path) {
  const raw = readFileSync(join(dist, path));
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for ${extname(path) || "a file without an ending"}`);
  const text = COMPRESSIBLE.test(type);
  const gzip = text ? smaller(gzipSync(raw, { level: 9 }), raw) : Buffer.alloc(0);
  const br = text
    ? smaller(brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }), raw)
    : Buffer.alloc(0);
  return { path, type, raw, gzip, br, etag: createHash("sha256").update(raw).digest("hex").slice(0, 16) };
}

const entries = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((file) => file.isFile())
  .map((file) => `/${relative(dist, join(file.parentPath ?? file.path, file.name)).split(sep).join("/")}`)
  /* By bytes, so that a reader may search by halves with memcmp. */
  .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  .map(entry);

const parts = [Buffer.from("TNPK0001", "latin1"), u32(entries.length)];
for (const { path, type, raw, gzip, br, etag } of entries) {
  const name = Buffer.from(path);
  const kind = Buffer.from(type);
  parts.push(u16(name.length), name, u16(kind.length), kind, u8(path.startsWith("/assets/") ? IMMUTABLE : 0), Buffer.from(etag, "latin1"));
  parts.push(u32(raw.length), u32(gzip.length), u32(br.length), raw, gzip, br);
}
const packed = Buffer.concat(parts);
writeFileSync(out, packed);

const sum = (pick) => entries.reduce((total, one) => total + pick(one), 0);
const sent = (form) => sum((one) => one[form].length || one.raw.length);
console.log(`${entries.length} files, ${sum((one) => one.raw.length)} bytes raw, ${sent("gzip")} as gzip, ${sent("br")} as brotli, ${packed.length} packed`);
