/** Everything behind the session: keys, providers, knowledge, conversations, usage. */
import { randomBytes } from "node:crypto";
import { Refusal, checked, cursored, documentBody, json, newId, now, paged } from "./http.mjs";
import { adminRoutes } from "./admin.mjs";
import { accountRoutes, PERMISSIONS, record } from "./accounts.mjs";
import { chunksOf, search } from "./knowledge.mjs";
import { ask, follow, stop, streamOf, wait } from "./answers.mjs";
import { BUILTIN_MODELS, CATALOGUE, PROVIDER_MODELS } from "./seed.mjs";
import { usageRows } from "./usage.mjs";

const text = (max, required = true) => ({ type: "string", required, max });

function find(rows, id) {
  const row = rows.find((r) => r.id === id);
  if (!row) throw new Refusal("NOT_FOUND", "There is no such object.");
  return row;
}

function remove(rows, id) {
  rows.splice(rows.indexOf(find(rows, id)), 1);
  return { body: { success: true } };
}

const documentView = ({ chunks, text: _text, ...rest }) => ({ vectors: "none", vectors_error: null, ...rest });
const conversationView = ({ messages, ...rest }) => rest;
const keyView = ({ key, ...rest }) => rest;

async function process(document) {
  const step = /^slow/i.test(document.title) ? 900 : 160;
  await wait(step);
  document.status = "processing";
  for (document.progress of [0.1, 0.35, 0.6, 0.85]) {
    await wait(step);
    if (/^fail/i.test(document.title) && document.progress > 0.3) {
      Object.assign(document, { status: "failed", error: "The file could not be read: it holds no text.", updated_at: now() });
      return;
    }
  }
  document.chunks = chunksOf(document.text);
  Object.assign(document, { status: "ready", progress: 1, chunk_count: document.chunks.length, updated_at: now() });
}

const collectionView = (org) => (c) => ({ ...c, document_count: org.documents.filter((d) => d.collection_id === c.id).length });
/** A document gets its vectors in a third of a second. */
function searchSettings(org) {
  const model = org.embedding_model ?? null;
  const documents = model ? org.documents.length : 0;
  const embedded = Math.min(documents, Math.floor((Date.now() - (org.embedding_since ?? 0)) / 333));
  const status = !model ? "none" : embedded < documents ? "building" : "ready";
  return { embedding_model: model, searched_model: status === "ready" ? model : null, status, progress: documents ? embedded / documents : 1, documents, embedded, error: null };
}
const models = (org) => [...BUILTIN_MODELS, ...org.providers.filter((p) => p.is_active).flatMap((p) => PROVIDER_MODELS[p.provider] ?? [])];

export const routes = [
  ...accountRoutes,
  ...adminRoutes,
  ["GET /api/health", () => ({ body: { success: true, status: "ok", version: "mock", uptime: 1, database: "connected", cache: "memory", disk: "ok" } })],

  ["GET /api/keys", ({ org, query }) => ({ body: paged(org.keys.map(keyView), query) })],
  ["POST /api/keys", async ({ req, org, session }) => {
    const body = checked(await json(req), { name: text(255), scopes: { type: "array" }, expires_at: text(40, false) });
    if (body.name === "fail") throw new Error("asked to fail");
    const key = `tn_live_${randomBytes(24).toString("base64url")}`;
    const row = { id: newId(), name: body.name, prefix: key.slice(0, 12), scopes: body.scopes ?? PERMISSIONS.slice(0, 6), expires_at: body.expires_at ?? null, created_at: now(), last_used: null };
    org.keys.unshift(row);
    record(session, "key.created", row.name);
    const { last_used: _unused, ...shown } = row;
    return { status: 201, data: { ...shown, key } };
  }],
  ["GET /api/keys/:id", ({ org, params }) => ({ data: find(org.keys, params.id) })],
  ["PATCH /api/keys/:id", async ({ req, org, params }) => ({ data: Object.assign(find(org.keys, params.id), checked(await json(req), { name: text(255, false), scopes: { type: "array" } })) })],
  ["DELETE /api/keys/:id", ({ org, params, session }) => {
    record(session, "key.revoked", find(org.keys, params.id).name);
    return remove(org.keys, params.id);
  }],

  ["GET /api/providers/catalogue", () => ({ data: CATALOGUE })],
  ["GET /api/providers", ({ org }) => ({ data: org.providers })],
  ["POST /api/providers", async ({ req, org, session }) => {
    const body = checked(await json(req), { provider: text(60), name: text(100, false), api_key: text(400, false), base_url: text(400, false) });
    const entry = CATALOGUE.find((c) => c.provider === body.provider);
    const fields = {};
    if (!entry) fields.provider = ["This provider is not in the catalogue."];
    if (entry?.needs_key && !body.api_key) fields.api_key = ["This field is required."];
    if (entry && !entry.base_url && !/^https?:\/\/\S+/.test(body.base_url ?? "")) fields.base_url = ["Give the full address, with https://."];
    if (Object.keys(fields).length) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", fields);
    const row = { id: newId(), provider: body.provider, name: body.name || body.provider, base_url: body.base_url ?? entry.base_url, key_hint: body.api_key ? `…${body.api_key.slice(-4)}` : null, is_active: true, created_at: now(), bad: /bad/.test(body.api_key ?? "") };
    org.providers.unshift(row);
    record(session, "provider.created", row.name);
    return { status: 201, data: row };
  }],
  ["PATCH /api/providers/:id", async ({ req, org, params }) => {
    const { api_key, ...rest } = checked(await json(req), { name: text(100, false), api_key: text(400, false), base_url: text(400, false), is_active: { type: "boolean" } });
    const row = Object.assign(find(org.providers, params.id), rest);
    if (api_key) Object.assign(row, { key_hint: `…${api_key.slice(-4)}`, bad: /bad/.test(api_key) });
    return { data: row };
  }],
  ["DELETE /api/providers/:id", ({ org, params }) => remove(org.providers, params.id)],
  ["POST /api/providers/:id/test", async ({ org, params }) => {
    const row = find(org.providers, params.id);
    await wait(700);
    if (row.bad) return { data: { ok: false, status: 401, latency_ms: 214, message: "The provider refused the key.", models: [] } };
    return { data: { ok: true, status: 200, latency_ms: 214, message: "The key works.", models: (PROVIDER_MODELS[row.provider] ?? []).map((m) => m.id) } };
  }],
  ["GET /api/models", ({ org }) => ({ data: models(org) })],

  ["GET /api/knowledge/documents", ({ org, query }) => {
    const rows = org.documents.filter((d) => (!query.get("collection_id") || d.collection_id === query.get("collection_id")) && (!query.get("status") || d.status === query.get("status")));
    return { body: paged(rows.sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).map(documentView), query) };
  }],
  ["POST /api/knowledge/documents", async ({ req, org, session }) => {
    const body = await documentBody(req);
    const document = { id: newId(), collection_id: null, status: "queued", progress: 0, error: null, chunk_count: 0, chunks: [], created_at: now(), updated_at: now(), ...body };
    org.documents.unshift(document);
    record(session, "document.created", document.title);
    void process(document);
    return { status: 202, data: documentView(document) };
  }],
  ["GET /api/knowledge/documents/:id", ({ org, params }) => ({ data: documentView(find(org.documents, params.id)) })],
  ["PATCH /api/knowledge/documents/:id", async ({ req, org, params }) => {
    const body = checked(await json(req), { title: text(255, false), collection_id: { type: "string" } });
    return { data: documentView(Object.assign(find(org.documents, params.id), body)) };
  }],
  ["PUT /api/knowledge/documents/:id", async ({ req, org, params }) => {
    const document = find(org.documents, params.id);
    const { title: _title, collection_id: _collection, ...body } = await documentBody(req);
    Object.assign(document, body, { status: "queued", progress: 0, error: null, updated_at: now() });
    void process(document);
    return { status: 202, data: documentView(document) };
  }],
  ["DELETE /api/knowledge/documents/:id", ({ org, params, session }) => {
    record(session, "document.deleted", find(org.documents, params.id).title);
    return remove(org.documents, params.id);
  }],
  ["GET /api/knowledge/documents/:id/chunks", ({ org, params, query }) => {
    const { chunks } = find(org.documents, params.id);
    if (!query.get("around")) return { body: cursored(chunks, query) };
    const half = Math.floor((Number(query.get("limit")) || 50) / 2);
    const at = chunks.indexOf(find(chunks, query.get("around")));
    return { body: { success: true, data: chunks.slice(Math.max(0, at - half), at + half + 1), meta: { next_cursor: null } } };
  }],
  ["GET /api/knowledge/documents/:id/file", ({ org, params, res }) => {
    const document = find(org.documents, params.id);
    res.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Content-Disposition": `attachment; filename="${encodeURIComponent(document.file_name ?? document.title)}"` }).end(document.text);
  }],
  ["GET /api/knowledge/search", async ({ org, query }) => {
    const q = query.get("q") ?? "";
    if (!q.trim()) throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { q: ["This field is required."] });
    if (q === "fail") throw new Error("asked to fail");
    const documents = org.documents.filter((d) => !query.get("collection_id") || d.collection_id === query.get("collection_id"));
    return { data: search(documents, q, Number(query.get("limit")) || 10).map(({ document, chunk, score }) => ({ document_id: document.id, chunk_id: chunk.id, title: document.title, text: chunk.text, score, start: chunk.start, end: chunk.end })) };
  }],
  ["GET /api/knowledge/settings", ({ org }) => ({ data: searchSettings(org) })],
  ["PATCH /api/knowledge/settings", async ({ req, org, session }) => {
    const { embedding_model } = checked(await json(req), { embedding_model: text(200, false) });
    if (embedding_model && !models(org).some((m) => m.id === embedding_model && m.kind === "embeddings"))
      throw new Refusal("VALIDATION_ERROR", "Some fields are not valid.", { embedding_model: ["is no model of a connected provider"] });
    Object.assign(org, { embedding_model, embedding_since: Date.now() });
    record(session, "knowledge.embedding_model_changed", embedding_model ?? "none");
    return { data: searchSettings(org) };
  }],
  ["GET /api/knowledge/collections", ({ org, query }) => ({ body: paged(org.collections.map(collectionView(org)), query) })],
  ["POST /api/knowledge/collections", async ({ req, org }) => {
    const body = checked(await json(req), { name: text(255), description: text(1000, false) });
    const row = { id: newId(), name: body.name, description: body.description ?? null, created_at: now() };
    org.collections.push(row);
    return { status: 201, data: collectionView(org)(row) };
  }],
  ["PATCH /api/knowledge/collections/:id", async ({ req, org, params }) => ({ data: collectionView(org)(Object.assign(find(org.collections, params.id), checked(await json(req), { name: text(255, false), description: text(1000, false) }))) })],
  ["DELETE /api/knowledge/collections/:id", ({ org, params }) => {
    for (const document of org.documents) if (document.collection_id === params.id) document.collection_id = null;
    return remove(org.collections, params.id);
  }],

  ["GET /api/conversations", ({ org, query }) => ({ body: paged([...org.conversations].sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)).map(conversationView), query) })],
  ["POST /api/conversations", async ({ req, org }) => {
    const body = checked(await json(req), { title: text(255, false), collection_ids: { type: "array" }, model: text(200, false) });
    const row = { id: newId(), title: body.title ?? null, model: body.model ?? "builtin/extract-1", collection_ids: body.collection_ids ?? [], created_at: now(), updated_at: now(), messages: [] };
    org.conversations.push(row);
    return { status: 201, data: conversationView(row) };
  }],
  ["GET /api/conversations/:id", ({ org, params }) => ({ data: conversationView(find(org.conversations, params.id)) })],
  ["PATCH /api/conversations/:id", async ({ req, org, params }) => ({ data: conversationView(Object.assign(find(org.conversations, params.id), checked(await json(req), { title: text(255, false), model: text(200, false) }))) })],
  ["DELETE /api/conversations/:id", ({ org, params }) => remove(org.conversations, params.id)],
  ["GET /api/conversations/:id/messages", ({ org, params, query }) => ({ body: cursored(find(org.conversations, params.id).messages, query) })],
  ["POST /api/conversations/:id/messages", async ({ req, res, org, params, user }) => {
    const conversation = find(org.conversations, params.id);
    const body = checked(await json(req), { content: text(32000), stream: { type: "boolean" } });
    if (/\brefuse\b/i.test(body.content)) throw new Refusal("UPSTREAM_ERROR", "The provider cannot be reached.");
    follow(res, ask(org, conversation, body.content, user).stream, 0);
  }],
  ["GET /api/conversations/:id/messages/:message_id/stream", ({ req, res, org, params, query }) => {
    find(find(org.conversations, params.id).messages, params.message_id);
    const stream = streamOf(params.message_id);
    if (!stream) throw new Refusal("NOT_FOUND", "This answer is no longer being written.");
    follow(res, stream, Number(req.headers["last-event-id"] ?? query.get("last_event_id")) || 0);
  }],
  ["POST /api/conversations/:id/messages/:message_id/stop", ({ params }) => {
    stop(params.message_id);
    return { body: { success: true } };
  }],

  ["GET /api/usage", ({ org, query }) => ({ data: usageRows(org.calls, query) })],
  ["GET /api/usage/events", ({ org, query }) => ({ body: cursored(org.calls.map(({ baseline_micros: _b, ...rest }) => rest), query) })],
  ["GET /api/usage/events/:id", ({ org, params }) => {
    const { baseline_micros: _b, ...call } = find(org.calls, params.id);
    return { data: call };
  }],
  ["GET /api/dashboard", ({ org }) => {
    const sum = (name) => org.calls.reduce((total, call) => total + call[name], 0);
    const recent = [
      ...org.documents.map((d) => ({ kind: "document", id: d.id, title: d.title, detail: d.status, created_at: d.created_at })),
      ...org.conversations.map((c) => ({ kind: "conversation", id: c.id, title: c.title ?? "New conversation", detail: c.model, created_at: c.updated_at })),
      ...org.calls.slice(0, 4).map((c) => ({ kind: "call", id: c.id, title: c.model, detail: c.endpoint, created_at: c.created_at })),
    ].sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, 8);
    return {
      data: {
        counts: { documents: org.documents.length, conversations: org.conversations.length, keys: org.keys.length, providers: org.providers.length },
        usage: { from: now(-30 * 86400000), to: now(), requests: org.calls.length, input_tokens: sum("input_tokens"), output_tokens: sum("output_tokens"), cost_micros: sum("cost_micros"), saved_micros: sum("baseline_micros") - sum("cost_micros"), errors: org.calls.filter((c) => c.error).length },
        recent, agents: [], health: { status: "ok", database: "connected", cache: "memory", disk: "ok" },
      },
    };
  }],
];
