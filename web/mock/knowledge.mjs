/** Text in chunks, a word search over them, and answers put together from what it finds. */
import { newId } from "./http.mjs";

export function chunksOf(text) {
  const chunks = [];
  let heading = null;
  let offset = 0;
  for (const block of text.split(/(\n\s*\n)/)) {
    const start = [...text.slice(0, offset)].length;
    offset += block.length;
    const body = block.trim();
    if (!body) continue;
    const title = /^#{1,4} (.+)$/.exec(body);
    if (title) {
      heading = title[1];
      continue;
    }
    chunks.push({ id: newId(), ordinal: chunks.length, heading, text: body, start, end: start + [...body].length });
  }
  return chunks;
}

const STOP = new Set("a an and are as at be by do does for from how i in is it long many much of on or our that the their there they this to was we what when where which who why will with you your".split(" "));

export function terms(query) {
  return query.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu)?.filter((word) => !STOP.has(word)) ?? [];
}

export function search(documents, query, limit) {
  const wanted = terms(query);
  const found = [];
  for (const document of documents) {
    if (document.status !== "ready") continue;
    for (const chunk of document.chunks) {
      const words = `${chunk.heading ?? ""} ${chunk.text}`.toLowerCase();
      const score = wanted.reduce((sum, term) => sum + (words.includes(term) ? 1 : words.includes(term.slice(0, 5)) && term.length > 5 ? 0.6 : 0), 0);
      if (score > 0) found.push({ document, chunk, score: score / wanted.length });
    }
  }
  return found.sort((a, b) => b.score - a.score).slice(0, limit);
}

export const SHOWCASE = `Here is a **summary** with every form an answer can take.

## Rollout plan

1. Upload the handbook and the *support runbook*.
2. Ask a question and check the citations.
   - Each chip opens its passage.
   - \`Esc\` closes the panel.
3. Create a key and call \`/v1/chat/completions\`.

| Plan | Seats | Price |
|:-----|------:|------:|
| Team | 10 | $49 |
| Business | 50 | $199 |

> Answers are only as good as the documents behind them.

\`\`\`python
from openai import OpenAI

client = OpenAI(base_url="https://example.com/v1", api_key="tn_live_...")
print(client.models.list())
\`\`\`

See [the API description](/docs) for the rest.`;

export function compose(documents, question) {
  if (/markdown/i.test(question)) return { text: SHOWCASE, citations: [] };
  const hits = search(documents, question, 3);
  if (!hits.length) {
    return { text: "I found nothing about this in your documents. Add a document that covers it, or ask in other words.", citations: [] };
  }
  const citations = hits.map(({ document, chunk }, at) => {
    const sentences = chunk.text.split(/(?<=[.!?])\s+/);
    const best = sentences.map((s) => ({ s, n: terms(question).filter((t) => s.toLowerCase().includes(t)).length })).sort((a, b) => b.n - a.n)[0].s;
    return { index: at + 1, document_id: document.id, chunk_id: chunk.id, title: document.title, quote: best };
  });
  return { text: citations.map((c) => `${c.quote} [${c.index}]`).join("\n\n"), citations };
}
