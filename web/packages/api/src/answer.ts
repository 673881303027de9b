/** One answer of a conversation as it is written: asks, listens, and goes on where it was when the stream is cut. */
import { ApiError, networkError } from "./error";
import { serverEvents } from "./events";
import { sessionFetch } from "./session";
import type { AnswerEvent } from "./types";

export type AnswerRequest = {
  conversationId: string;
  signal: AbortSignal;
  onEvent: (event: AnswerEvent) => void;
  /** True while the stream is cut and being taken up again. */
  onReconnecting: (reconnecting: boolean) => void;
} & ({ content: string } | { messageId: string });

const KNOWN = new Set(["message.created", "message.delta", "citation", "usage", "done", "error"]);
const FIRST_WAIT = 400;
const LONGEST_WAIT = 8000;
const ATTEMPTS = 8;

export async function followAnswer(request: AnswerRequest): Promise<void> {
  const { conversationId, signal, onEvent, onReconnecting } = request;
  const messages = `/api/conversations/${encodeURIComponent(conversationId)}/messages`;
  let messageId = "messageId" in request ? request.messageId : null;
  let lastEventId: string | null = null;
  let wait = FIRST_WAIT;
  let failures = 0;

  const listen = async (response: Response): Promise<boolean> => {
    if (!response.body) return false;
    for await (const event of serverEvents(response.body)) {
      if (event.id !== null) lastEventId = event.id;
      if (event.retry !== null) wait = Math.min(event.retry, LONGEST_WAIT);
      if (!KNOWN.has(event.type)) continue;
      failures = 0;
      onReconnecting(false);
      const answer = { type: event.type, ...(JSON.parse(event.data) as object) } as AnswerEvent;
      if (answer.type === "message.created") messageId = answer.message_id;
      onEvent(answer);
      if (answer.type === "done" || answer.type === "error") return true;
    }
    return false;
  };

  const open = (): Promise<Response> => {
    if (messageId === null && "content" in request) {
      return sessionFetch(
        new Request(messages, {
          method: "POST",
          headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
          body: JSON.stringify({ content: request.content }),
          signal,
        }),
      );
    }
    const headers = new Headers({ Accept: "text/event-stream" });
    if (lastEventId !== null) headers.set("Last-Event-ID", lastEventId);
    return sessionFetch(new Request(`${messages}/${encodeURIComponent(messageId ?? "")}/stream`, { headers, signal }));
  };

  for (;;) {
    try {
      if (await listen(await open())) return;
    } catch (error) {
      signal.throwIfAborted();
      /* Before the question is known to be stored, asking again could ask twice. */
      if (messageId === null) throw error;
      if (error instanceof ApiError && error.status > 0 && error.status < 500) throw error;
    }
    if (messageId === null) throw networkError();
    failures += 1;
    if (failures > ATTEMPTS) throw networkError();
    onReconnecting(true);
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("Aborted", "AbortError"));
    });
  });
}
