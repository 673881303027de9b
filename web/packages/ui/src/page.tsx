import type { ReactNode } from "react";
import { classNames } from "./class-names";
import styles from "./page.module.css";

export function Page({ children, narrow }: { children: ReactNode; narrow?: boolean }) {
  return <div className={classNames(styles.page, narrow && styles.narrow)}>{children}</div>;
}

export function PageHeader({ title, children, actions, back }: { title: ReactNode; children?: ReactNode; actions?: ReactNode; back?: ReactNode }) {
  return (
    <header className={styles.header}>
      <div className={styles.heading}>
        {back}
        <h1 className={styles.title}>{title}</h1>
        {children && <div className={styles.lead}>{children}</div>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

export function Card({ title, description, actions, children, footer, flush }: {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  /** The content reaches the card's edges. */
  flush?: boolean;
}) {
  return (
    <section className={styles.card}>
      {title && (
        <header className={styles.cardHead}>
          <div>
            <h2 className={styles.cardTitle}>{title}</h2>
            {description && <p className={styles.cardDescription}>{description}</p>}
          </div>
          {actions}
        </header>
      )}
      {children && <div className={flush ? styles.flush : styles.cardBody}>{children}</div>}
      {footer && <footer className={styles.cardFoot}>{footer}</footer>}
    </section>
  );
}

export function Stat({ label, value, detail }: { label: string; value: ReactNode; detail?: ReactNode }) {
  return (
    <div className={styles.stat}>
      <dt className={styles.statLabel}>{label}</dt>
      <dd className={styles.statValue}>
        {value}
        {detail && <span className={styles.statDetail}>{detail}</span>}
      </dd>
    </div>
  );
}

export function Stats({ children }: { children: ReactNode }) {
  return <dl className={styles.stats}>{children}</dl>;
}
