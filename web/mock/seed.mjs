/** What an account has at its start: the catalogue, and, where the address holds "+seeded", documents and a month of calls. */
import { chunksOf } from "./knowledge.mjs";
import { newId, now } from "./http.mjs";

const DAY = 86400000;

export const CATALOGUE = [
  ["openai", "OpenAI", "openai", "https://api.openai.com/v1", ["chat", "embeddings", "image", "speech"], true],
  ["anthropic", "Anthropic", "anthropic", "https://api.anthropic.com", ["chat"], true],
  ["gemini", "Google Gemini", "gemini", "https://generativelanguage.googleapis.com", ["chat", "embeddings", "image"], true],
  ["mistral", "Mistral", "openai", "https://api.mistral.ai/v1", ["chat", "embeddings"], true],
  ["groq", "Groq", "openai", "https://api.groq.com/openai/v1", ["chat", "transcription"], true],
  ["cohere", "Cohere", "cohere", "https://api.cohere.com/v2", ["chat", "embeddings"], true],
  ["deepseek", "DeepSeek", "openai", "https://api.deepseek.com/v1", ["chat"], true],
  ["openrouter", "OpenRouter", "openai", "https://openrouter.ai/api/v1", ["chat"], true],
  ["together", "Together", "openai", "https://api.together.xyz/v1", ["chat", "embeddings", "image"], true],
  ["ollama", "Ollama", "ollama", "http://127.0.0.1:11434", ["chat", "embeddings"], false],
  ["elevenlabs", "ElevenLabs", "elevenlabs", "https://api.elevenlabs.io", ["speech"], true],
  ["deepgram", "Deepgram", "deepgram", "https://api.deepgram.com", ["transcription", "speech"], true],
  ["openai-compatible", "OpenAI-compatible", "openai", null, ["chat", "embeddings"], false],
].map(([provider, name, dialect, base_url, capabilities, needs_key]) => ({ provider, name, dialect, base_url, capabilities, needs_key, docs_url: null }));

export const BUILTIN_MODELS = [
  { id: "builtin/extract-1", provider: "builtin", kind: "chat", context_window: null, input_micros: 0, output_micros: 0 },
  { id: "builtin/embed-1", provider: "builtin", kind: "embeddings", context_window: null, input_micros: 0, output_micros: 0 },
];

export const PROVIDER_MODELS = {
  openai: [
    { id: "openai/gpt-4.1", provider: "openai", kind: "chat", context_window: 1047576, input_micros: 2000000, output_micros: 8000000 },
    { id: "openai/gpt-4.1-mini", provider: "openai", kind: "chat", context_window: 1047576, input_micros: 400000, output_micros: 1600000 },
  ],
  anthropic: [{ id: "anthropic/claude-sonnet-4", provider: "anthropic", kind: "chat", context_window: 200000, input_micros: 3000000, output_micros: 15000000 }],
};

const HANDBOOK = `# Employee handbook

## Working hours

Core hours are 10:00 to 15:00 in your own time zone. Outside of them you choose when you work, as long as your team knows when to reach you.

## Annual leave

Every employee has 28 days of paid leave a year in addition to public holidays. Unused days carry over until the end of March, at most five of them. Ask for leave at least two weeks ahead so that the team can plan around it.

## Parental leave

Parents may take 20 weeks of fully paid leave within the first year after birth or adoption. The weeks can be taken at once or in up to three parts. Tell your manager three months ahead where you can.

## Expenses

Expenses below 75 dollars need no approval. Submit the receipt within 30 days; you are paid back with the next payroll. Flights are booked in economy, trains in either class.

## Equipment

You receive a laptop and 600 dollars for your desk at home. Laptops are replaced every three years, or sooner when they no longer do the job.`;

const RUNBOOK = `# Support runbook

## Severity

A severity 1 incident stops every customer from working. It is answered within 15 minutes at any hour. Severity 2 degrades the service for many and is answered within one hour in business hours.

## Refunds

Customers may ask for a refund within 30 days of payment. Refunds below 200 dollars are granted by support at once; larger ones need the approval of finance. The money is back on the card after five to ten business days.

## Escalation

If the first responder has not found the cause after 30 minutes, the engineer on call is paged. The incident channel carries an update every 20 minutes until the end.`;

export function makeDocument(fields) {
  const chunks = chunksOf(fields.text);
  return {
    id: newId(), collection_id: null, mime_type: "text/markdown", file_name: null, status: "ready", progress: 1, error: null,
    bytes: Buffer.byteLength(fields.text), chunk_count: chunks.length, created_at: now(), updated_at: now(), ...fields, chunks,
  };
}

export function seed(org, user) {
  const people = { id: newId(), name: "People", description: "Handbook and policies", created_at: now(-9 * DAY) };
  org.collections.push(people);
  org.documents.push(
    makeDocument({ title: "Employee handbook", file_name: "handbook.md", text: HANDBOOK, collection_id: people.id, created_at: now(-6 * DAY) }),
    makeDocument({ title: "Support runbook", file_name: "support-runbook.md", text: RUNBOOK, created_at: now(-5 * DAY) }),
    { ...makeDocument({ title: "Scanned contract", file_name: "contract-scan.pdf", mime_type: "application/pdf", text: "", created_at: now(-2 * DAY) }), status: "failed", progress: 0.4, bytes: 2418000, error: "The file holds images of pages and no text." },
  );
  const key = { id: newId(), name: "Production", prefix: "tn_live_k7Qx", scopes: ["gateway.use", "knowledge.read"], expires_at: null, created_at: now(-21 * DAY), last_used: now(-240000) };
  org.keys.push(key, { id: newId(), name: "Staging", prefix: "tn_live_b2Lm", scopes: ["gateway.use"], expires_at: now(40 * DAY), created_at: now(-12 * DAY), last_used: null });
  org.providers.push({ id: newId(), provider: "openai", name: "openai", base_url: "https://api.openai.com/v1", key_hint: "…9f2c", is_active: true, created_at: now(-20 * DAY) });
  const models = [["openai", "openai/gpt-4.1-mini"], ["openai", "openai/gpt-4.1"], ["builtin", "builtin/extract-1"]];
  let dice = 7;
  const roll = () => (dice = (dice * 16807) % 2147483647) / 2147483647;
  for (let day = 29; day >= 0; day--) {
    const calls = Math.round((3 + roll() * 9) * (day % 7 < 2 ? 0.3 : 1) * (1.3 - day / 45));
    for (let n = 0; n < calls; n++) {
      const [provider, model] = models[Math.floor(roll() * 3)];
      const input = Math.round(300 + roll() * 5200);
      const output = Math.round(60 + roll() * 900);
      const failed = roll() < 0.03;
      const baseline = input * 3 + output * 12;
      const cost = failed || provider === "builtin" ? 0 : Math.round(model.endsWith("mini") ? input * 0.4 + output * 1.6 : input * 2 + output * 8);
      const chat = roll() < 0.35;
      org.calls.unshift({
        id: newId(), created_at: now(-day * DAY - Math.round(roll() * 0.4 * DAY)), endpoint: chat ? "/api/conversations/:id/messages" : "/v1/chat/completions",
        feature: chat ? "conversations" : "gateway", provider, model, key_id: chat ? null : key.id, key_name: chat ? null : key.name, user_id: user.id,
        status: failed ? 502 : 200, error: failed ? "The provider answered 503 three times." : null, input_tokens: input, output_tokens: failed ? 0 : output,
        cost_micros: cost, baseline_micros: failed ? 0 : baseline, latency_ms: Math.round(400 + roll() * 2400), first_token_ms: failed ? null : Math.round(120 + roll() * 500), streamed: roll() < 0.7,
      });
    }
  }
  org.calls.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}
