import { useEffect, useRef, type ReactNode } from "react";
import { Wordmark } from "@tenon/ui";
import styles from "./auth.module.css";

export function AuthLayout({ title, lead, children, footer, settled }: {
  title: string;
  lead: ReactNode;
  children?: ReactNode;
  footer: ReactNode;
  /** The page has become an answer: its heading takes the focus, so that it is read out. */
  settled?: boolean;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (settled) heading.current?.focus();
  }, [settled, title]);
  return (
    <main className={styles.page}>
      <div className={styles.column}>
        <div className={styles.brand}>
          <Wordmark />
        </div>
        <div className={styles.card}>
          <h1 className={styles.title} ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <div className={styles.lead}>{lead}</div>
          {children}
        </div>
        <p className={styles.footer}>{footer}</p>
      </div>
    </main>
  );
}

/** Ways in besides the form above them. */
export function OtherWays({ children }: { children: ReactNode }) {
  return <div className={styles.otherWays}>{children}</div>;
}
