import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { UsageRow } from "@tenon/api";
import { useTheme } from "@tenon/ui";
import { onDay, plural } from "../../app/format";
import { METRICS, type Metric } from "./metrics";
import styles from "./usage-chart.module.css";

const HEIGHT = 250;

/* Whole ones: half a call or half a millionth of a dollar is nothing to draw a line at. */
const STEPS = Array.from({ length: 13 }, (_none, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();

export default function UsageChart({ rows, metric }: { rows: readonly UsageRow[]; metric: Metric }) {
  const frame = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const { theme } = useTheme();
  const shown = METRICS.find(({ value }) => value === metric) ?? METRICS[0];
  const series = shown?.series;
  const axis = shown?.axis;
  const least = shown?.least ?? 1;

  const data = useMemo<uPlot.AlignedData>(
    () => [rows.map((row) => Date.parse(`${row.group}T00:00:00Z`) / 1000), ...(series ?? []).map(({ of }) => rows.map(of))],
    [rows, series],
  );

  useEffect(() => {
    const element = frame.current;
    if (!element || !series || !axis) return;
    /* Canvas knows no custom properties; the theme's colours are read each time it changes. */
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const font = `11px ${style.getPropertyValue("--font")}`;
    const bars = uPlot.paths.bars?.({ size: [0.62, 34], radius: 0.18 });
    const grid = { stroke: colour("--line"), width: 1 };

    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [12, 4, 0, 0],
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: {
          x: { time: true, range: (_plot, min, max) => [min - 43_200, max + 43_200] },
          y: { range: (_plot, _min, max) => [0, max > 0 ? Math.max(max * 1.08, 4) : least] },
        },
        axes: [
          {
            stroke: colour("--text-faint"),
            font,
            grid: { show: false },
            ticks: { show: false },
            gap: 8,
            space: 64,
            size: 28,
            values: (_plot, splits) => splits.map((seconds) => onDay(new Date(seconds * 1000).toISOString().slice(0, 10))),
            incrs: [86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400],
          },
          { stroke: colour("--text-faint"), font, grid, ticks: { show: false }, size: 66, gap: 8, incrs: STEPS, values: (_plot, splits) => splits.map((n) => axis(n)) },
        ],
        series: [
          {},
          ...[...series].reverse().map((_one, index) => {
            const behind = series.length > 1 && index === 0;
            const fill = colour(behind ? "--chart-2" : "--chart-1");
            return { stroke: fill, fill, width: 0, paths: bars, points: { show: false } } satisfies uPlot.Series;
          }),
        ],
        hooks: { setCursor: [(self) => setAt(self.cursor.idx ?? null)] },
      },
      /* Drawn in order: what is compared with goes behind. */
      [data[0], ...data.slice(1).reverse()] as uPlot.AlignedData,
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, series, axis, least, theme]);

  const row = at === null ? undefined : rows[at];
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.legend}>
        {shown?.series.map(({ label, of }, index) => (
          <span key={label} className={styles.key}>
            <span className={index === 0 ? styles.first : styles.second} />
            {label}
            {row && <b>{shown.format(of(row))}</b>}
          </span>
        ))}
        <span className={styles.day}>{row?.group ? onDay(row.group) : `${plural(rows.length, "day")}, UTC`}</span>
      </figcaption>
      {/* The breakdown by day below holds the same numbers as a table. */}
      <div ref={frame} className={styles.frame} role="img" aria-label={`${shown?.label} by day. Group the breakdown by day to read the numbers.`} />
    </figure>
  );
}
