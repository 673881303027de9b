import { Progress as Primitive } from "radix-ui";
import styles from "./progress.module.css";

export function Progress({ label, value }: { label: string; value: number }) {
  const share = Math.max(0, Math.min(1, value));
  return (
    <Primitive.Root className={styles.track} value={Math.round(share * 100)} aria-label={label}>
      <Primitive.Indicator className={styles.bar} style={{ transform: `scaleX(${share})` }} />
    </Primitive.Root>
  );
}
