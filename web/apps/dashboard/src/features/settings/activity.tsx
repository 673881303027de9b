import { useState } from "react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, body } from "@tenon/api";
import { Button, Card, Input, SkeletonRows } from "@tenon/ui";
import { Download, Search } from "lucide-react";
import { LoadProblem } from "../../app/failure";
import { ago, onDateTime } from "../../app/format";
import { useSettled } from "../knowledge/use-settled";
import styles from "./settings.module.css";

export function ActivitySection() {
  const [asked, setAsked] = useState("");
  const q = useSettled(asked.trim(), 200);
  const entries = useInfiniteQuery({
    queryKey: ["audit", q],
    placeholderData: keepPreviousData,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => body(api.GET("/api/audit", { params: { query: { limit: 30, ...(q && { q }), ...(pageParam && { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.meta.next_cursor ?? undefined,
  });
  const rows = entries.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card
      title="Activity"
      description="Sign-ins and changes in this organization, newest first."
      actions={
        <Button size="sm" icon={<Download />} onClick={() => window.location.assign(`/api/audit/export${q && `?q=${encodeURIComponent(q)}`}`)}>
          Export
        </Button>
      }
      flush
    >
      <div className={styles.search}>
        <Input icon={<Search size={15} />} type="search" aria-label="Find activity" placeholder="Action or target" value={asked} maxLength={200} onChange={(event) => setAsked(event.target.value)} />
      </div>
      {entries.isPending && <SkeletonRows bare rows={5} label="Loading activity" />}
      {entries.isError && !entries.data && <LoadProblem bare error={entries.error} onRetry={() => void entries.refetch()} />}
      {entries.data && rows.length === 0 && <p className={styles.none}>{q ? "Nothing like that has happened." : "Nothing has happened yet."}</p>}
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
