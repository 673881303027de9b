import type { ReactNode } from "react";
import { Wordmark } from "@tenon/ui";
import styles from "./auth.module.css";

export function AuthLayout({ title, lead, children, footer }: { title: string; lead: string; children: ReactNode; footer: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.column}>
        <div className={styles.brand}>
          <Wordmark />
        </div>
        <div className={styles.card}>
          <h1 className={styles.title}>{title}</h1>
          <p className={styles.lead}>{lead}</p>
          {children}
        </div>
        <p className={styles.footer}>{footer}</p>
      </div>
    </main>
  );
}
