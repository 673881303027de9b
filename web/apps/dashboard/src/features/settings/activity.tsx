import { useInfiniteQuery } from "@tanstack/react-query";
import { api, body } from "@tenon/api";
import { Button, Card, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { ago, onDateTime } from "../../app/format";
import styles from "./settings.module.css";

export function ActivitySection() {
  const entries = useInfiniteQuery({
    queryKey: ["audit"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => body(api.GET("/api/audit", { params: { query: { limit: 30, ...(pageParam && { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.meta.next_cursor ?? undefined,
  });
  const rows = entries.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card title="Activity" description="Sign-ins and changes in this organization, newest first." flush>
      {entries.isPending && <SkeletonRows bare rows={5} label="Loading activity" />}
      {entries.isError && !entries.data && <LoadProblem bare error={entries.error} onRetry={() => void entries.refetch()} />}
      {entries.data && rows.length === 0 && <p className={styles.none}>Nothing has happened yet.</p>}
      <ul className={styles.rows}>
        {rows.map((entry) => (
          <li key={entry.id} className={styles.row}>
            <div className={styles.rowText}>
              <div className={styles.rowTitle}>
                <code>{entry.action}</code>
                {entry.target && <span>{entry.target}</span>}
              </div>
              <div className={styles.rowSub}>
                {entry.actor_name ?? "System"}
                {entry.ip_address && `, ${entry.ip_address}`}
              </div>
            </div>
            <time className={styles.rowSub} dateTime={entry.created_at} title={onDateTime(entry.created_at)}>
              {ago(entry.created_at)}
            </time>
          </li>
        ))}
      </ul>
      {entries.hasNextPage && (
        <div className={styles.more}>
          <Button size="sm" busy={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}
