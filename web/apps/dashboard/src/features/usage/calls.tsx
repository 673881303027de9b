import { useState } from "react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { UsageEvent } from "@tenon/api";
import { Badge, Button, Card, Dialog, SkeletonRows, Table, Td, Th, Tooltip } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { ago, count, dollars, milliseconds, onDateTime } from "../../app/format";
import { callPage, callQuery } from "./queries";
import styles from "./usage.module.css";

export function Calls() {
  const [search, setSearch] = useSearchParams();
  const [opened, setOpened] = useState<string | null>(search.get("call"));
  const calls = useInfiniteQuery({
    queryKey: ["calls"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => callPage(pageParam),
    getNextPageParam: (page) => page.meta.next_cursor ?? undefined,
  });
  const rows = calls.data?.pages.flatMap((page) => page.data) ?? [];
  const listed = rows.find(({ id }) => id === opened);
  /* The overview links to calls that may stand further down than what is shown here. */
  const single = useQuery({ ...callQuery(opened ?? ""), enabled: opened !== null && calls.data !== undefined && !listed });
  const call = listed ?? single.data;

  const close = () => {
    setOpened(null);
    if (search.has("call")) setSearch({}, { replace: true });
  };

  return (
    <Card title="Recent calls" flush>
      {calls.isPending && <SkeletonRows bare rows={5} label="Loading calls" />}
      {calls.isError && !calls.data && <LoadProblem bare error={calls.error} onRetry={() => void calls.refetch()} />}
      {calls.data && rows.length === 0 && <p className={styles.none}>No calls yet.</p>}
      {rows.length > 0 && (
        <Table label="Recent calls" className={styles.bare}>
          <thead>
            <tr>
              <Th>Model</Th>
              <Th wideOnly>From</Th>
              <Th>Status</Th>
              <Th numeric wideOnly>
                Tokens
              </Th>
              <Th numeric wideOnly>
                Latency
              </Th>
              <Th numeric>Cost</Th>
              <Th numeric wideOnly>
                Time
              </Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <Td>
                  <button type="button" className={styles.open} onClick={() => setOpened(row.id)}>
                    {row.model}
                  </button>
                </Td>
                <Td wideOnly>{row.key_name ?? row.feature}</Td>
                <Td>
                  <StatusBadge call={row} />
                </Td>
                <Td numeric wideOnly>
                  {count(row.input_tokens + row.output_tokens)}
                </Td>
                <Td numeric wideOnly>
                  {milliseconds(row.latency_ms)}
                </Td>
                <Td numeric>{dollars(row.cost_micros)}</Td>
                <Td numeric wideOnly title={onDateTime(row.created_at)} className={styles.faint}>
                  {ago(row.created_at)}
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {calls.hasNextPage && (
        <div className={styles.more}>
          <Button size="sm" busy={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {opened && !call && single.isError && (
        <Dialog open onOpenChange={(open) => !open && close()} shape="panel" title="Call">
          <LoadProblem bare error={single.error} onRetry={() => void single.refetch()} title="The call could not be loaded" />
        </Dialog>
      )}
      {call && <CallDialog call={call} onClose={close} />}
    </Card>
  );
}

function StatusBadge({ call }: { call: UsageEvent }) {
  const badge = <Badge tone={call.error || call.status >= 400 ? "danger" : "success"}>{call.status}</Badge>;
  if (!call.error) return badge;
  return (
    <Tooltip content={call.error}>
      <span tabIndex={0}>{badge}</span>
    </Tooltip>
  );
}

function CallDialog({ call, onClose }: { call: UsageEvent; onClose: () => void }) {
  const facts: [string, React.ReactNode][] = [
    ["Time", onDateTime(call.created_at)],
    ["Status", <StatusBadge key="status" call={call} />],
    ["Endpoint", <code key="endpoint">{call.endpoint}</code>],
    ["Feature", call.feature],
    ["Provider", call.provider],
    ["Model", call.model],
    ["API key", call.key_name ?? "None"],
    ["Input tokens", count(call.input_tokens)],
    ["Output tokens", count(call.output_tokens)],
    ["Cost", dollars(call.cost_micros)],
    ["Latency", milliseconds(call.latency_ms)],
    ["First token", call.first_token_ms === null ? "Not measured" : milliseconds(call.first_token_ms)],
    ["Streamed", call.streamed ? "Yes" : "No"],
    ["Call", <code key="id">{call.id}</code>],
  ];
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} shape="panel" title="Call" description={call.error ?? undefined}>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
