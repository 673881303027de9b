import type { UsageGrouping, UsageRow } from "@tenon/api";
import { Table, Td, Th } from "@tenon/ui";
import { count, dollars, onDay } from "../../app/format";
import styles from "./usage.module.css";

export function Breakdown({ rows, grouping, head }: { rows: readonly UsageRow[]; grouping: UsageGrouping; head: string }) {
  const shown = grouping === "day" ? [...rows].reverse().filter((row) => row.requests > 0) : [...rows].sort((a, b) => b.cost_micros - a.cost_micros || b.requests - a.requests);
  const most = Math.max(1, ...shown.map((row) => row.cost_micros));
  return (
    <Table label={`Usage by ${head.toLowerCase()}`} className={styles.bare}>
      <thead>
        <tr>
          <Th>{head}</Th>
          <Th numeric>Calls</Th>
          <Th numeric wideOnly>
            Failed
          </Th>
          <Th numeric wideOnly>
            Input tokens
          </Th>
          <Th numeric wideOnly>
            Output tokens
          </Th>
          <Th numeric wideOnly>
            Saved
          </Th>
          <Th numeric>Cost</Th>
        </tr>
      </thead>
      <tbody>
        {shown.map((row) => (
          <tr key={row.group ?? row.label}>
            <Td>
              <span className={styles.label}>{grouping === "day" ? onDay(row.group ?? "") : row.label}</span>
              <span className={styles.share} aria-hidden>
                <span style={{ width: `${(row.cost_micros / most) * 100}%` }} />
              </span>
            </Td>
            <Td numeric>{count(row.requests)}</Td>
            <Td numeric wideOnly>
              {count(row.errors)}
            </Td>
            <Td numeric wideOnly>
              {count(row.input_tokens)}
            </Td>
            <Td numeric wideOnly>
              {count(row.output_tokens)}
            </Td>
            <Td numeric wideOnly>
              {dollars(row.saved_micros)}
            </Td>
            <Td numeric className={styles.cost}>
              {dollars(row.cost_micros)}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
