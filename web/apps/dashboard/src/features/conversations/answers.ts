/**
 * Answers that are being written, by conversation. They live outside of the pages, so an answer goes on while its reader is elsewhere
 * in the application, and the page finds it again.
 */
import { useSyncExternalStore } from "react";
import { ApiError, followAnswer, type AnswerEvent, type Citation } from "@tenon/api";
import { queryClient } from "../../app/query-client";
import { conversationsKey, messagesKey } from "./queries";

export type LiveAnswer = {
  /** Null when an answer begun earlier is taken up again: its question is among the stored messages. */
  question: string | null;
  questionId: string | null;
  messageId: string | null;
  text: string;
  citations: readonly Citation[];
  phase: "waiting" | "writing" | "reconnecting" | "stopping" | "ended" | "failed";
  failure: { message: string; requestId: string | null } | null;
};

type Entry = { answer: LiveAnswer; controller: AbortController };

const entries = new Map<string, Entry>();
const listeners = new Set<() => void>();
let announced: ReturnType<typeof setTimeout> | null = null;

/* Words come faster than a screen shows them; one rendering per frame or so is enough. */
function announce() {
  announced ??= setTimeout(() => {
    announced = null;
    listeners.forEach((listener) => listener());
  }, 30);
}

function change(conversationId: string, controller: AbortController, next: Partial<LiveAnswer>) {
  const entry = entries.get(conversationId);
  if (!entry || entry.controller !== controller) return;
  entries.set(conversationId, { ...entry, answer: { ...entry.answer, ...next } });
  announce();
}

function take(conversationId: string, controller: AbortController, event: AnswerEvent) {
  const answer = entries.get(conversationId)?.answer;
  if (!answer) return;
  const update = (next: Partial<LiveAnswer>) => change(conversationId, controller, next);
  switch (event.type) {
    case "message.created":
      return update({ messageId: event.message_id, questionId: event.user_message_id ?? answer.questionId });
    case "message.delta":
      return update({ text: answer.text + event.text, phase: answer.phase === "stopping" ? "stopping" : "writing" });
    case "citation":
      return update({ citations: [...answer.citations, event] });
    case "error":
      return update({ failure: { message: event.message, requestId: null } });
    case "usage":
    case "done":
      return undefined;
  }
}

async function follow(conversationId: string, begin: { content: string } | { messageId: string }) {
  const controller = new AbortController();
  entries.get(conversationId)?.controller.abort();
  const asked = "content" in begin ? begin.content : null;
  entries.set(conversationId, {
    controller,
    answer: {
      question: asked, questionId: null, messageId: "messageId" in begin ? begin.messageId : null,
      text: "", citations: [], phase: "waiting", failure: null,
    },
  });
  announce();
  try {
    await followAnswer({
      conversationId,
      signal: controller.signal,
      ...begin,
      onEvent: (event) => take(conversationId, controller, event),
      onReconnecting: (reconnecting) => {
        const phase = entries.get(conversationId)?.answer.phase;
        if (reconnecting) change(conversationId, controller, { phase: "reconnecting" });
        else if (phase === "reconnecting") change(conversationId, controller, { phase: "writing" });
      },
    });
  } catch (error) {
    if (controller.signal.aborted) return;
    const stored = entries.get(conversationId)?.answer.messageId !== null;
    const gone = stored && error instanceof ApiError && error.code === "NOT_FOUND";
    if (!gone) {
      change(conversationId, controller, {
        phase: "failed",
        failure: {
          message: error instanceof Error ? error.message : "The answer was cut off.",
          requestId: error instanceof ApiError ? error.requestId : null,
        },
      });
    }
    if (!stored) return;
  }
  await settle(conversationId, controller);
}

/** What is stored takes the place of what was heard. */
async function settle(conversationId: string, controller: AbortController) {
  void queryClient.invalidateQueries({ queryKey: ["dashboard"] });
  /* A first reading that is still under way may have begun before the answer was there, and asking again would only wait for it. */
  await queryClient.cancelQueries({ queryKey: messagesKey(conversationId) });
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: messagesKey(conversationId) }),
    queryClient.invalidateQueries({ queryKey: conversationsKey }),
  ]);
  if (entries.get(conversationId)?.controller === controller) {
    entries.delete(conversationId);
    announce();
  }
}

export const ask = (conversationId: string, content: string) => void follow(conversationId, { content });

export function resume(conversationId: string, messageId: string) {
  if (!entries.has(conversationId)) void follow(conversationId, { messageId });
}

export function markStopping(conversationId: string) {
  const entry = entries.get(conversationId);
  if (entry) change(conversationId, entry.controller, { phase: "stopping" });
}

export function dismissAnswer(conversationId: string) {
  entries.get(conversationId)?.controller.abort();
  entries.delete(conversationId);
  announce();
}

/** For the end of a session. */
export function forgetAnswers() {
  for (const { controller } of entries.values()) controller.abort();
  entries.clear();
  announce();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLiveAnswer(conversationId: string | undefined): LiveAnswer | null {
  return useSyncExternalStore(subscribe, () => (conversationId ? entries.get(conversationId)?.answer ?? null : null));
}
