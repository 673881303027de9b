import { useCallback } from "react";
import { CircleAlert, RotateCw } from "lucide-react";
import type { Citation } from "@tenon/api";
import { Button, Callout, CopyButton, Spinner, Tooltip } from "@tenon/ui";
import type { LiveAnswer } from "./answers";
import { Markdown } from "./markdown";
import styles from "./message.module.css";

export function QuestionView({ text }: { text: string }) {
  return (
    <article className={styles.question} aria-label="Your question">
      {text}
    </article>
  );
}

export function AnswerView({ text, citations, model, phase, stopped, failure, cited, onCite, onRetry }: {
  text: string;
  citations: readonly Citation[];
  model: string | null;
  phase: LiveAnswer["phase"];
  stopped?: boolean;
  failure: LiveAnswer["failure"];
  cited: Citation | null;
  onCite: (citation: Citation) => void;
  onRetry?: () => void;
}) {
  const cite = useCallback(
    (index: number) => {
      const citation = citations.find((one) => one.index === index);
      if (!citation) return null;
      return <CitationChip citation={citation} open={cited?.chunk_id === citation.chunk_id && cited.index === citation.index && cited.quote === citation.quote} onCite={onCite} />;
    },
    [citations, cited, onCite],
  );
  const sources = citations.filter((citation, at) => citations.findIndex((other) => other.document_id === citation.document_id) === at);
  const ended = phase === "ended" || phase === "failed";

  return (
    <article className={styles.answer} aria-label="Answer" aria-busy={!ended}>
      {text === "" && phase === "waiting" && (
        <p className={styles.waiting}>
          <Spinner /> Looking through your documents
        </p>
      )}
      {text !== "" && <Markdown text={text} cite={cite} />}
      {text === "" && ended && !failure && <p className={styles.waiting}>{stopped ? "Stopped before the first word." : "The answer is empty."}</p>}
      {phase === "reconnecting" && (
        <p className={styles.waiting}>
          <Spinner /> Connection lost. Going on in a moment
        </p>
      )}
      {failure && (
        <Callout tone="danger" icon={<CircleAlert />}>
          {failure.message}
          {failure.requestId && <span className={styles.request}>Request {failure.requestId}</span>}
          {onRetry && (
            <div className={styles.retry}>
              <Button size="sm" icon={<RotateCw />} onClick={onRetry}>
                Ask again
              </Button>
            </div>
          )}
        </Callout>
      )}
      {ended && text !== "" && (
        <footer className={styles.foot}>
          {sources.map((source) => (
            <button key={source.document_id} type="button" className={styles.source} onClick={() => onCite(source)}>
              {source.title}
            </button>
          ))}
          <span className={styles.meta}>
            {stopped && <span>Stopped</span>}
            {model && <span>{model}</span>}
            <CopyButton text={text} label="Copy answer" />
          </span>
        </footer>
      )}
    </article>
  );
}

function CitationChip({ citation, open, onCite }: { citation: Citation; open: boolean; onCite: (citation: Citation) => void }) {
  return (
    <Tooltip content={citation.title}>
      <button type="button" className={styles.chip} aria-label={`Citation ${citation.index}: ${citation.title}`} aria-expanded={open} onClick={() => onCite(citation)}>
        {citation.index}
      </button>
    </Tooltip>
  );
}
