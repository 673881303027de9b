import type { ReactNode } from "react";
import { CircleAlert, RotateCw } from "lucide-react";
import { Button } from "./button";
import { classNames } from "./class-names";
import styles from "./states.module.css";

export function EmptyState({ icon, title, children, action, bare }: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Without its frame, inside something that has one. */
  bare?: boolean;
}) {
  return (
    <div className={classNames(styles.empty, !bare && styles.framed)}>
      {icon && <div className={styles.icon}>{icon}</div>}
      <h2 className={styles.title}>{title}</h2>
      {children && <div className={styles.text}>{children}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

/** What went wrong, what to quote when asking for help, and the way to try again. */
export function Problem({ title = "This could not be loaded", message, requestId, onRetry, bare }: {
  title?: string;
  message: string;
  requestId?: string | null;
  onRetry?: () => void;
  bare?: boolean;
}) {
  return (
    <div className={classNames(styles.problem, !bare && styles.framed)} role="alert">
      <CircleAlert className={styles.fault} size={20} />
      <div className={styles.problemText}>
        <h2 className={styles.title}>{title}</h2>
        <p>{message}</p>
        {requestId && (
          <p className={styles.request}>
            Request <code>{requestId}</code>
          </p>
        )}
      </div>
      {onRetry && (
        <Button size="sm" icon={<RotateCw />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Skeleton({ width, height = 14, round }: { width?: number | string; height?: number; round?: boolean }) {
  return <span className={classNames(styles.skeleton, round && styles.round)} style={{ width: width ?? "100%", height }} aria-hidden />;
}

/** The place of a card that is on its way. */
export function SkeletonBlock({ height }: { height: number }) {
  return (
    <div className={classNames(styles.framed, styles.block)} style={{ height }} aria-hidden>
      <Skeleton width="32%" height={12} />
      <Skeleton width="54%" height={18} />
    </div>
  );
}

export function SkeletonRows({ rows = 4, label = "Loading", bare }: { rows?: number; label?: string; bare?: boolean }) {
  return (
    <div className={classNames(!bare && styles.framed, styles.rows)} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={styles.row}>
          <Skeleton width={`${38 - ((row * 7) % 18)}%`} />
          <Skeleton width={72} height={12} />
        </div>
      ))}
    </div>
  );
}

export function Callout({ tone = "info", icon, children }: { tone?: "info" | "warning" | "danger" | "accent"; icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={classNames(styles.callout, styles[tone])}>
      {icon}
      <div>{children}</div>
    </div>
  );
}
