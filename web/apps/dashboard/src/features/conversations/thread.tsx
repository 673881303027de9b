import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ArrowDown } from "lucide-react";
import type { Citation, Message } from "@tenon/api";
import { Button, Skeleton } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { resume, type LiveAnswer } from "./answers";
import { AnswerView, QuestionView } from "./message";
import { messagesQuery } from "./queries";
import styles from "./thread.module.css";

/* Answers that were taken up once and are not to be had: asking for them again would go on for ever. */
const takenUp = new Set<string>();

export function Thread({ conversationId, live, cited, onCite, onRetry }: {
  conversationId: string;
  live: LiveAnswer | null;
  cited: Citation | null;
  onCite: (citation: Citation) => void;
  /** Asks the question of an answer that failed once more. */
  onRetry: (question: string) => void;
}) {
  const messages = useQuery({
    ...messagesQuery(conversationId),
    refetchInterval: (query) => (!live && query.state.data?.at(-1)?.status === "streaming" ? 3000 : false),
  });
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);

  const last = messages.data?.at(-1);
  useEffect(() => {
    if (!last || last.status !== "streaming" || live || takenUp.has(last.id)) return;
    takenUp.add(last.id);
    resume(conversationId, last.id);
  }, [last, live, conversationId]);

  const stored = (messages.data ?? []).filter((message) => !live || (message.id !== live.messageId && message.id !== live.questionId));

  const toEnd = () => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  };

  /* A new question always comes into view, wherever one was reading. */
  useLayoutEffect(() => {
    if (live?.question) following.current = true;
  }, [live?.question]);

  useLayoutEffect(() => {
    if (following.current) toEnd();
  }, [messages.data, live]);

  return (
    <div className={styles.frame}>
      <div
        ref={scroller}
        className={styles.scroll}
        tabIndex={0}
        role="region"
        aria-label="Messages"
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          following.current = scrollHeight - scrollTop - clientHeight < 60;
          setAway(!following.current);
        }}
      >
        <div className={styles.thread}>
          {messages.isPending && !live && <ThreadSkeleton />}
          {messages.isError && !messages.data && <LoadProblem error={messages.error} onRetry={() => void messages.refetch()} />}
          {stored.map((message, at) => {
            const asked = stored[at - 1];
            const again = !live && message.status === "failed" && at === stored.length - 1 && asked?.role === "user" ? () => onRetry(asked.content) : undefined;
            return <StoredMessage key={message.id} message={message} cited={cited} onCite={onCite} onRetry={again} />;
          })}
          {live?.question && <QuestionView text={live.question} />}
          {live && <AnswerView text={live.text} citations={live.citations} model={null} phase={live.phase} failure={live.failure} cited={cited} onCite={onCite} onRetry={live.question === null || live.messageId ? undefined : () => onRetry(live.question ?? "")} />}
          {!live && messages.data?.length === 0 && <p className={styles.none}>Nothing has been asked here yet.</p>}
        </div>
      </div>
      {away && (
        <Button
          size="sm"
          icon={<ArrowDown />}
          className={styles.down}
          onClick={() => {
            following.current = true;
            toEnd();
          }}
        >
          Latest
        </Button>
      )}
      <Announcer live={live} last={last} />
    </div>
  );
}

function StoredMessage({ message, cited, onCite, onRetry }: { message: Message; cited: Citation | null; onCite: (citation: Citation) => void; onRetry?: () => void }) {
  if (message.role === "user") return <QuestionView text={message.content} />;
  const failure = message.error ? { message: message.error.message, requestId: null } : null;
  const phase = message.status === "streaming" ? "writing" : message.status === "failed" ? "failed" : "ended";
  return (
    <AnswerView
      text={message.content}
      citations={message.citations}
      model={message.model}
      phase={phase}
      stopped={message.status === "stopped"}
      failure={failure}
      cited={cited}
      onCite={onCite}
      onRetry={onRetry}
    />
  );
}

/** Tells a screen reader that an answer is on its way and then reads it as a whole: word by word it could not be followed. */
function Announcer({ live, last }: { live: LiveAnswer | null; last: Message | undefined }) {
  const wasLive = useRef(false);
  const [said, setSaid] = useState("");
  const phase = live?.phase;
  useEffect(() => {
    if (phase) {
      wasLive.current = true;
      setSaid({ waiting: "Looking through your documents.", writing: "The answer is being written.", reconnecting: "Connection lost. Going on in a moment.", stopping: "Stopping.", ended: "", failed: "The answer failed." }[phase]);
    } else if (wasLive.current && last?.role === "assistant") {
      wasLive.current = false;
      setSaid(`Answer: ${last.content}`);
    }
  }, [phase, last]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}

export function ThreadSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading messages">
      <Skeleton width="46%" height={38} />
      <Skeleton width="92%" />
      <Skeleton width="97%" />
      <Skeleton width="64%" />
    </div>
  );
}
