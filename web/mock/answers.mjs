/** Answers as they are written: a buffer of events by id, to which any number of readers can come back. */
import { compose } from "./knowledge.mjs";
import { newId, now } from "./http.mjs";

const live = new Map();

export function ask(org, conversation, content, user) {
  const question = { id: newId(), role: "user", content, status: "complete", citations: [], model: null, error: null, created_at: now() };
  const message = { id: newId(), role: "assistant", content: "", status: "streaming", citations: [], model: conversation.model, error: null, created_at: now(1) };
  conversation.messages.push(question, message);
  conversation.title ??= content.length > 60 ? `${content.slice(0, 57)}...` : content;
  conversation.updated_at = now();

  const stream = { events: [], readers: new Set(), ended: false, cutOnce: /\bcut\b/i.test(content), stop: false };
  live.set(message.id, stream);
  write(org, conversation, message, content, user, stream, question.id);
  return { message, stream };
}

function emit(stream, type, data) {
  const id = String(stream.events.length + 1);
  const text = `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  stream.events.push(text);
  for (const reader of stream.readers) reader.write(text);
}

async function write(org, conversation, message, content, user, stream, questionId) {
  const started = Date.now();
  const pace = /\bslow\b/i.test(content) ? 260 : 22;
  emit(stream, "message.created", { message_id: message.id, user_message_id: questionId });
  await wait(/\bslow\b/i.test(content) ? 2500 : 350);
  const { text, citations } = compose(org.documents.filter((d) => !conversation.collection_ids.length || conversation.collection_ids.includes(d.collection_id)), content);
  const pieces = text.match(/\s*\S+/g) ?? [];
  for (const [at, piece] of pieces.entries()) {
    if (stream.stop) break;
    message.content += piece;
    emit(stream, "message.delta", { text: piece });
    for (const citation of citations) {
      if (piece.includes(`[${citation.index}]`)) {
        message.citations.push(citation);
        emit(stream, "citation", citation);
      }
    }
    if (/\bfail\b/i.test(content) && at === Math.min(8, pieces.length - 1)) {
      Object.assign(message, { status: "failed", error: { code: "UPSTREAM_ERROR", message: "The provider stopped in the middle of the answer." } });
      emit(stream, "error", message.error);
      return end(stream);
    }
    if (stream.cutOnce && at === 6) {
      stream.cutOnce = false;
      for (const reader of stream.readers) reader.destroy();
      stream.readers.clear();
    }
    await wait(pace);
  }
  message.status = stream.stop ? "stopped" : "complete";
  const usage = { input_tokens: 180 + content.length, output_tokens: pieces.length, cost_micros: 0, model: conversation.model };
  emit(stream, "usage", usage);
  emit(stream, "done", { message_id: message.id, status: message.status });
  end(stream);
  org.calls.unshift({
    id: newId(), created_at: now(), endpoint: "/api/conversations/:id/messages", feature: "conversations", provider: conversation.model.split("/")[0], model: conversation.model,
    key_id: null, key_name: null, user_id: user.id, status: 200, error: null, input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, cost_micros: 0, baseline_micros: 900,
    latency_ms: Date.now() - started, first_token_ms: 350, streamed: true,
  });
}

function end(stream) {
  stream.ended = true;
  for (const reader of stream.readers) reader.end();
  stream.readers.clear();
}

export function follow(res, stream, after) {
  res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Request-Id": res.requestId });
  for (const event of stream.events.slice(after)) res.write(event);
  if (stream.ended) return res.end();
  stream.readers.add(res);
  res.on("close", () => stream.readers.delete(res));
}

export const streamOf = (messageId) => live.get(messageId);
export const stop = (messageId) => {
  const stream = live.get(messageId);
  if (stream) stream.stop = true;
};

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
