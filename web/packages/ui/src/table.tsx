import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names";
import styles from "./table.module.css";

export function Table({ label, children, className }: { label: string; children: ReactNode; className?: string }) {
  return (
    <div className={classNames(styles.frame, className)}>
      <table className={styles.table} aria-label={label}>
        {children}
      </table>
    </div>
  );
}

type CellProps = {
  numeric?: boolean;
  /** Left out on narrow screens, where the row's main cell repeats what matters. */
  wideOnly?: boolean;
  /** As narrow as its content, for actions. */
  tight?: boolean;
};

function look({ numeric, wideOnly, tight }: CellProps, className?: string) {
  return classNames(numeric && styles.numeric, wideOnly && styles.wideOnly, tight && styles.tight, className);
}

export function Th({ numeric, wideOnly, tight, className, ...rest }: ComponentProps<"th"> & CellProps) {
  return <th scope="col" className={look({ numeric, wideOnly, tight }, className)} {...rest} />;
}

export function Td({ numeric, wideOnly, tight, className, ...rest }: ComponentProps<"td"> & CellProps) {
  return <td className={look({ numeric, wideOnly, tight }, className)} {...rest} />;
}
