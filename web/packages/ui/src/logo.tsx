import styles from "./logo.module.css";

/** A mortise above and the tenon that fits it below. */
export function LogoMark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden className={styles.mark}>
      <path className={styles.mortise} d="M4.5 2.5h15a2 2 0 0 1 2 2v6.75h-6.25V8a1 1 0 0 0-1-1h-4.5a1 1 0 0 0-1 1v3.25H2.5V4.5a2 2 0 0 1 2-2Z" />
      <path className={styles.tenon} d="M10.25 8.5h3.5v4.25h7.75v6.75a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2v-6.75h7.75Z" />
    </svg>
  );
}

export function Wordmark() {
  return (
    <span className={styles.wordmark}>
      <LogoMark />
      <span>Tenon</span>
    </span>
  );
}
