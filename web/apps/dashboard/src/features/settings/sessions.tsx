import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, MonitorSmartphone } from "lucide-react";
import { ApiError, api, data, done, type Session } from "@tenon/api";
import { Badge, Button, Card, ConfirmDialog, SkeletonRows, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { ago, onDateTime, plural } from "../../app/format";
import { deviceOf } from "./device";
import styles from "./settings.module.css";

function unlessGone(error: unknown) {
  if (!(error instanceof ApiError) || error.code !== "NOT_FOUND") throw error;
}

export function SessionsSection() {
  const client = useQueryClient();
  const sessions = useQuery({ queryKey: ["sessions"], queryFn: () => data(api.GET("/api/auth/sessions")) });
  const end = useMutation({
    mutationFn: (id: string) => done(api.DELETE("/api/auth/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["sessions"] });
      toast.done("Session ended");
    },
    onError: tellFailure("The session could not be ended"),
  });
  const others = (sessions.data ?? []).filter((session) => !session.current);
  const [asking, setAsking] = useState(false);
  const endOthers = useMutation({
    mutationFn: async () => {
      /* One after the other, and one that has ended meanwhile is as good: what is left over is what the list shows next. */
      for (const { id } of others) await done(api.DELETE("/api/auth/sessions/{id}", { params: { path: { id } } })).catch(unlessGone);
    },
    onSuccess: () => toast.done("Every other session has ended"),
    onError: tellFailure("Not every session could be ended"),
    onSettled: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  const rows = [...(sessions.data ?? [])].sort((a, b) => Number(b.current) - Number(a.current));
  return (
    <Card title="Sessions" description="Where your account is signed in. End what you do not know, then change the password." footer={others.length > 0 && <Button onClick={() => setAsking(true)}>End all others</Button>} flush>
      {sessions.isPending && <SkeletonRows bare rows={2} label="Loading sessions" />}
      {sessions.isError && !sessions.data && <LoadProblem bare error={sessions.error} onRetry={() => void sessions.refetch()} />}
      <ul className={styles.rows}>
        {rows.map((session) => (
          <Row key={session.id} session={session} busy={end.isPending && end.variables === session.id} onEnd={() => end.mutate(session.id)} />
        ))}
      </ul>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="End all other sessions?"
        description={`${plural(others.length, "other session")} of yours will have to log in again; API tokens among them stop working. This browser stays logged in.`}
        action="End all others"
        busy={endOthers.isPending}
        onConfirm={() => endOthers.mutate()}
      />
    </Card>
  );
}

function Row({ session, busy, onEnd }: { session: Session; busy: boolean; onEnd: () => void }) {
  return (
    <li className={styles.row}>
      {session.kind === "token" ? <KeyRound size={18} aria-hidden /> : <MonitorSmartphone size={18} aria-hidden />}
      <div className={styles.rowText}>
        <div className={styles.rowTitle} title={session.user_agent ?? undefined}>
          {session.kind === "token" ? "API token" : deviceOf(session.user_agent)}
          {session.current && <Badge tone="accent">This session</Badge>}
        </div>
        <div className={styles.rowSub}>
          {session.ip_address ?? "Unknown address"}, begun {onDateTime(session.created_at)}
          {session.last_used && `, used ${ago(session.last_used)}`}
        </div>
      </div>
      {!session.current && (
        <Button size="sm" busy={busy} onClick={onEnd}>
          End
        </Button>
      )}
    </li>
  );
}
