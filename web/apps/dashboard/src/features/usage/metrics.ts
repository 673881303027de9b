import type { UsageRow } from "@tenon/api";
import { compact, count, dollars, dollarsOnAxis } from "../../app/format";

export type Metric = "cost" | "calls" | "tokens";

/** What the chart can show; a second series stands behind the first where comparing says something. */
export const METRICS: readonly {
  value: Metric;
  label: string;
  series: readonly { label: string; of: (row: UsageRow) => number }[];
  format: (n: number) => string;
  axis: (n: number) => string;
  /** The highest value of the axis where there is nothing to show. */
  least: number;
}[] = [
  {
    value: "cost",
    label: "Cost",
    series: [
      { label: "Cost", of: (row) => row.cost_micros },
      { label: "Reference model", of: (row) => row.baseline_micros },
    ],
    format: dollars,
    axis: dollarsOnAxis,
    least: 10_000,
  },
  {
    value: "calls",
    label: "Calls",
    series: [
      { label: "Calls", of: (row) => row.requests },
      { label: "Failed", of: (row) => row.errors },
    ],
    format: count,
    axis: compact,
    least: 4,
  },
  {
    value: "tokens",
    label: "Tokens",
    series: [
      { label: "Output", of: (row) => row.output_tokens },
      { label: "Input", of: (row) => row.input_tokens },
    ],
    format: count,
    axis: compact,
    least: 4,
  },
];
