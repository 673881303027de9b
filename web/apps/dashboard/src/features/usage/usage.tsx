import { Suspense, lazy, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import type { UsageGrouping, UsageRow } from "@tenon/api";
import { Card, EmptyState, Field, Input, Page, PageHeader, Segmented, Select, Skeleton, SkeletonBlock, SkeletonRows, Stat, Stats } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { compact, count, dollars, dollarsInShort } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { Breakdown } from "./breakdown";
import { Calls } from "./calls";
import { METRICS, type Metric } from "./metrics";
import { dayBefore, periodOf, usageQuery, type Period } from "./queries";
import styles from "./usage.module.css";

const UsageChart = lazy(() => import("./usage-chart"));

const RANGES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "own", label: "Dates" },
] as const;

type Range = (typeof RANGES)[number]["value"];

const GROUPINGS: readonly { value: UsageGrouping; label: string }[] = [
  { value: "model", label: "Model" },
  { value: "provider", label: "Provider" },
  { value: "key", label: "API key" },
  { value: "user", label: "Person" },
  { value: "feature", label: "Feature" },
  { value: "day", label: "Day" },
];

export default function Usage() {
  usePageTitle("Usage");
  const [range, setRange] = useState<Range>("30");
  const [own, setOwn] = useState<Period>(periodOf(30));
  const [chosen, setChosen] = useState<Metric | null>(null);
  const [grouping, setGrouping] = useState<UsageGrouping>("model");
  const period = range === "own" ? own : periodOf(Number(range));
  const days = useQuery(usageQuery(period, "day"));
  const groups = useQuery(usageQuery(period, grouping));
  const total = days.data ? totalOf(days.data) : null;
  /* A chart of costs where nothing has cost anything would be empty. */
  const metric = chosen ?? (total && total.cost_micros === 0 && total.baseline_micros === 0 ? "calls" : "cost");

  return (
    <Page>
      <PageHeader title="Usage" actions={<Segmented label="Period" value={range} onChange={setRange} choices={RANGES} />}>
        Every call, what it cost, and what the reference model would have cost.
      </PageHeader>
      {range === "own" && (
        <div className={styles.dates}>
          <Field label="From">
            <Input type="date" value={own.from} max={own.to} onChange={(event) => event.target.value && setOwn({ ...own, from: event.target.value })} />
          </Field>
          <Field label="To">
            <Input type="date" value={own.to} min={own.from} max={dayBefore(0)} onChange={(event) => event.target.value && setOwn({ ...own, to: event.target.value })} />
          </Field>
        </div>
      )}
      {days.isError && !days.data && <LoadProblem error={days.error} onRetry={() => void days.refetch()} />}
      {days.isPending && (
        <div className="stack" role="status" aria-label="Loading usage">
          <SkeletonBlock height={98} />
          <SkeletonBlock height={320} />
        </div>
      )}
      {days.data && total && (
        <>
          <Stats>
            <Stat label="Cost" value={dollarsInShort(total.cost_micros)} detail={total.requests > 0 ? `${dollars(total.cost_micros / total.requests)} a call` : "Nothing spent"} />
            <Stat label="Saved" value={dollarsInShort(total.saved_micros)} detail={total.baseline_micros > 0 ? `${Math.round((total.saved_micros / total.baseline_micros) * 100)} % of ${dollarsInShort(total.baseline_micros)}` : "Against the reference model"} />
            <Stat label="Calls" value={compact(total.requests)} detail={total.errors > 0 ? `${count(total.errors)} failed` : "None failed"} />
            <Stat label="Tokens" value={compact(total.input_tokens + total.output_tokens)} detail={`${compact(total.input_tokens)} in, ${compact(total.output_tokens)} out`} />
          </Stats>
          {total.requests === 0 ? (
            <EmptyState icon={<ChartNoAxesColumn />} title="No calls in this period">
              Ask a question in the chat or call /v1 with an API key, and it will be counted here.
            </EmptyState>
          ) : (
            <>
              <Card
                title="By day"
                actions={<Segmented label="What the chart shows" value={metric} onChange={setChosen} choices={METRICS.map(({ value, label }) => ({ value, label }))} />}
              >
                <Suspense fallback={<Skeleton height={260} />}>
                  <UsageChart rows={days.data} metric={metric} />
                </Suspense>
              </Card>
              <Card
                title="Breakdown"
                flush
                actions={
                  <Select aria-label="Group by" className={styles.grouping} value={grouping} onChange={(event) => setGrouping(event.target.value as UsageGrouping)}>
                    {GROUPINGS.map(({ value, label }) => (
                      <option key={value} value={value}>
                        {label}
                      </option>
                    ))}
                  </Select>
                }
              >
                {groups.isPending && <SkeletonRows bare rows={3} label="Loading the breakdown" />}
                {groups.isError && !groups.data && <LoadProblem bare error={groups.error} onRetry={() => void groups.refetch()} />}
                {groups.data && <Breakdown rows={groups.data} grouping={grouping} head={GROUPINGS.find(({ value }) => value === grouping)?.label ?? ""} />}
              </Card>
            </>
          )}
        </>
      )}
      <Calls />
    </Page>
  );
}

function totalOf(rows: readonly UsageRow[]) {
  const total = { requests: 0, input_tokens: 0, output_tokens: 0, cost_micros: 0, baseline_micros: 0, saved_micros: 0, errors: 0 };
  for (const row of rows) for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += row[name];
  return total;
}
