import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { Link } from "wouter";
import { api, data } from "@tenon/api";
import { EmptyState, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { plural } from "../../app/format";
import { MatchedText } from "./highlight";
import { useSettled } from "./use-settled";
import styles from "./documents.module.css";

/** `version` changes whenever the documents do. */
export function SearchResults({ query, collectionId, version }: { query: string; collectionId: string; version: string }) {
  const wanted = useSettled(query, 180);
  const passages = useQuery({
    queryKey: ["search", wanted, collectionId, version],
    placeholderData: keepPreviousData,
    queryFn: () => data(api.GET("/api/knowledge/search", { params: { query: { q: wanted, limit: 20, ...(collectionId && { collection_id: collectionId }) } } })),
  });
  if (passages.isPending) return <SkeletonRows rows={4} label="Searching" />;
  if (passages.isError) return <LoadProblem error={passages.error} onRetry={() => void passages.refetch()} title="The search failed" />;
  if (passages.data.length === 0) {
    return (
      <EmptyState icon={<SearchX />} title="No passage found">
        Nothing in your documents holds these words. Try fewer or other ones.
      </EmptyState>
    );
  }
  return (
    <div className={styles.results}>
      <p className={styles.resultCount} role="status">
        {plural(passages.data.length, "passage")}, best first
      </p>
      {passages.data.map((passage) => (
        <Link key={passage.chunk_id} href={`/documents/${passage.document_id}?chunk=${passage.chunk_id}`} className={styles.result}>
          <div className={styles.resultHead}>
            <span>{passage.title}</span>
            <span className={styles.score}>{passage.score.toFixed(2)}</span>
          </div>
          <p className={styles.resultText}>
            <MatchedText text={passage.text} query={wanted} />
          </p>
        </Link>
      ))}
    </div>
  );
}
