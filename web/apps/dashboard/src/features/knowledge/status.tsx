import type { KnowledgeDocument } from "@tenon/api";
import { Badge, Progress } from "@tenon/ui";
import styles from "./documents.module.css";

export function DocumentStatusView({ document }: { document: KnowledgeDocument }) {
  switch (document.status) {
    case "ready":
      return (
        <Badge tone="success" dot>
          Ready
        </Badge>
      );
    case "failed":
      return (
        <Badge tone="danger" dot>
          Failed
        </Badge>
      );
    case "queued":
      return (
        <Badge tone="neutral" dot>
          Queued
        </Badge>
      );
    case "processing":
      return (
        <span className={styles.processing}>
          <span>Processing {Math.round(document.progress * 100)} %</span>
          <Progress label={`Processing ${document.title}`} value={document.progress} />
        </span>
      );
  }
}
