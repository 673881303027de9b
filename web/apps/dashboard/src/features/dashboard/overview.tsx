import { useQuery } from "@tanstack/react-query";
import { ArrowRight, FileText, MessageSquare, Zap } from "lucide-react";
import { Link } from "wouter";
import { api, data, type Activity } from "@tenon/api";
import { Badge, Button, Card, Page, PageHeader, Skeleton, SkeletonBlock, SkeletonRows, Stat, Stats } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { ago, compact, count, dollars, dollarsInShort, onDateTime, plural } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { useMe } from "../auth/me";
import { useJoinable } from "../orgs/joinable";
import { JoinCard } from "./join-card";
import { Onboarding } from "./onboarding";
import styles from "./overview.module.css";

export default function Overview() {
  usePageTitle("Overview");
  const { organization } = useMe();
  const dashboard = useQuery({ queryKey: ["dashboard"], queryFn: () => data(api.GET("/api/dashboard")) });
  const joinable = useJoinable();
  /* The page is built once: what may be joined stands above the rest, and must not push it down later. */
  const all = joinable.isLoading ? undefined : dashboard.data;
  const pending = dashboard.isPending || joinable.isLoading;
  const begun = all && all.counts.documents > 0 && all.counts.conversations > 0 && all.counts.keys > 0;

  return (
    <Page>
      <PageHeader
        title={organization.name}
        actions={
          <Button asChild tone="primary">
            <Link href="/chat">
              <MessageSquare />
              Ask a question
            </Link>
          </Button>
        }
      >
        {all ? `${plural(all.counts.documents, "document")}, ${plural(all.counts.conversations, "conversation")}, ${plural(all.counts.keys, "API key")}` : pending && <Skeleton width={240} height={16} />}
      </PageHeader>
      {dashboard.isError && !dashboard.data && <LoadProblem error={dashboard.error} onRetry={() => void dashboard.refetch()} />}
      {pending && (
        <>
          <SkeletonBlock height={98} />
          <SkeletonRows rows={4} label="Loading the overview" />
        </>
      )}
      {all && (
        <>
          <JoinCard organizations={joinable.data ?? []} />
          {!begun && <Onboarding counts={all.counts} />}
          <section aria-labelledby="period">
            <h2 id="period" className={styles.section}>
              Last 30 days
            </h2>
            <Stats>
              <Stat label="Calls" value={compact(all.usage.requests)} detail={all.usage.errors > 0 ? `${count(all.usage.errors)} failed` : all.usage.requests > 0 ? "None failed" : "None yet"} />
              <Stat label="Tokens" value={compact(all.usage.input_tokens + all.usage.output_tokens)} detail={`${compact(all.usage.input_tokens)} in, ${compact(all.usage.output_tokens)} out`} />
              <Stat label="Cost" value={dollarsInShort(all.usage.cost_micros)} detail={all.usage.requests > 0 ? `${dollars(all.usage.cost_micros / all.usage.requests)} a call` : "Nothing spent"} />
              <Stat label="Saved" value={dollarsInShort(all.usage.saved_micros)} detail="Against the reference model" />
            </Stats>
          </section>
          <div className={styles.columns}>
            <Card title="Recent activity" flush>
              {all.recent.length === 0 ? (
                <p className={styles.none}>Uploads, conversations and calls will appear here.</p>
              ) : (
                <ul className={styles.recent}>
                  {all.recent.map((activity) => (
                    <Recent key={`${activity.kind}-${activity.id}`} activity={activity} />
                  ))}
                </ul>
              )}
            </Card>
            <Card title="System">
              <dl className={styles.health}>
                <Health name="Server" state={all.health.status} />
                <Health name="Database" state={all.health.database} />
                <Health name="Cache" state={all.health.cache} />
                <Health name="Disk" state={all.health.disk} />
              </dl>
              <a className={styles.docs} href="/docs" target="_blank" rel="noreferrer">
                API reference <ArrowRight size={14} aria-hidden />
              </a>
            </Card>
          </div>
        </>
      )}
    </Page>
  );
}

const KINDS = {
  document: { icon: <FileText />, path: (id: string) => `/documents/${id}`, says: "Document" },
  conversation: { icon: <MessageSquare />, path: (id: string) => `/chat/${id}`, says: "Conversation" },
  call: { icon: <Zap />, path: (id: string) => `/usage?call=${id}`, says: "Call" },
};

function Recent({ activity }: { activity: Activity }) {
  const kind = KINDS[activity.kind];
  return (
    <li>
      <Link href={kind.path(activity.id)} className={styles.row}>
        <span className={styles.kind} title={kind.says}>
          {kind.icon}
        </span>
        <span className={styles.title}>{activity.title}</span>
        <span className={styles.detail}>{activity.detail}</span>
        <time className={styles.time} dateTime={activity.created_at} title={onDateTime(activity.created_at)}>
          {ago(activity.created_at)}
        </time>
      </Link>
    </li>
  );
}

const WELL = new Set(["ok", "healthy", "connected", "memory", "redis", "up", "ready"]);

function Health({ name, state }: { name: string; state: string }) {
  return (
    <div className={styles.healthRow}>
      <dt>{name}</dt>
      <dd>
        <Badge tone={WELL.has(state) ? "success" : "warning"} dot>
          {state}
        </Badge>
      </dd>
    </div>
  );
}
