import { useEffect, useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import { FileText, X } from "lucide-react";
import { Link } from "wouter";
import type { Citation } from "@tenon/api";
import { Badge, Button, Dialog, IconButton, Skeleton } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { QuotedText } from "../knowledge/highlight";
import { headingOf } from "../knowledge/passage-heading";
import { surroundingsQuery } from "../knowledge/queries";
import styles from "./passage-panel.module.css";

/** The passage behind a citation among its neighbours: beside the conversation where there is room, over it where there is not. */
export function PassagePanel({ citation, beside, onClose }: { citation: Citation; beside: boolean; onClose: () => void }) {
  const close = useRef<HTMLButtonElement>(null);
  const opener = useRef<Element | null>(null);

  useEffect(() => {
    if (!beside) return;
    opener.current = document.activeElement;
    close.current?.focus({ preventScroll: true });
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) onClose();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
      if (opener.current instanceof HTMLElement) opener.current.focus({ preventScroll: true });
    };
  }, [beside, onClose]);

  const open = (
    <Button asChild size="sm">
      <Link href={`/documents/${citation.document_id}?chunk=${citation.chunk_id}`}>
        <FileText />
        Open document
      </Link>
    </Button>
  );

  if (!beside) {
    return (
      <Dialog open onOpenChange={(next) => !next && onClose()} shape="panel" title={citation.title} description={`Citation ${citation.index}`} footer={open}>
        <Passages citation={citation} />
      </Dialog>
    );
  }
  return (
    <aside className={styles.panel} aria-label={`Citation ${citation.index}: ${citation.title}`}>
      <header className={styles.head}>
        <Badge tone="accent">{citation.index}</Badge>
        <h2 className={styles.title}>{citation.title}</h2>
        <IconButton ref={close} label="Close" size="sm" icon={<X />} onClick={onClose} />
      </header>
      <div className={styles.body}>
        <Passages citation={citation} />
      </div>
      <footer className={styles.foot}>{open}</footer>
    </aside>
  );
}

function Passages({ citation }: { citation: Citation }) {
  const surroundings = useQuery(surroundingsQuery(citation.document_id, citation.chunk_id));
  const target = useRef<HTMLElement>(null);

  useEffect(() => {
    target.current?.scrollIntoView({ block: "center" });
  }, [surroundings.data, citation]);

  if (surroundings.isPending) {
    return (
      <div className={styles.loading} role="status" aria-label="Loading the passage">
        <Skeleton width="40%" />
        <Skeleton />
        <Skeleton />
        <Skeleton width="70%" />
      </div>
    );
  }
  if (surroundings.isError) return <LoadProblem bare error={surroundings.error} onRetry={() => void surroundings.refetch()} title="The passage could not be loaded" />;
  if (surroundings.data === null) {
    return (
      <>
        <p className={styles.gone}>The document has changed since this answer. This is what it said:</p>
        <blockquote className={styles.quote}>{citation.quote}</blockquote>
      </>
    );
  }
  return (
    <div className={styles.passages}>
      {surroundings.data.map((chunk, at, all) => {
        const heading = headingOf(chunk, all[at - 1]);
        const cited = chunk.id === citation.chunk_id;
        return (
          <section key={chunk.id} ref={cited ? target : undefined} data-cited={cited || undefined} className={styles.passage}>
            {heading && <h3 className={styles.heading}>{heading}</h3>}
            <p>{cited ? <QuotedText text={chunk.text} quote={citation.quote} /> : chunk.text}</p>
          </section>
        );
      })}
    </div>
  );
}
