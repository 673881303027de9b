import type { ComponentProps, ReactNode } from "react";
import { Slot } from "radix-ui";
import { classNames } from "./class-names";
import { Spinner } from "./spinner";
import styles from "./button.module.css";

export type ButtonProps = ComponentProps<"button"> & {
  tone?: "primary" | "plain" | "quiet" | "danger";
  size?: "sm" | "md" | "lg";
  icon?: ReactNode;
  busy?: boolean;
  wide?: boolean;
  /** Lends the look to the child, for links that act as buttons. */
  asChild?: boolean;
};

export function Button({ tone = "plain", size = "md", icon, busy, wide, asChild, className, children, disabled, type, ...rest }: ButtonProps) {
  const look = classNames(styles.button, styles[tone], styles[size], wide && styles.wide, !children && styles.square, className);
  if (asChild) {
    return (
      <Slot.Root className={look} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button className={look} type={type ?? "button"} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

/** A button with an icon alone; the label is what a screen reader says and what the tooltip of the browser shows. */
export function IconButton({ label, ...rest }: Omit<ButtonProps, "children"> & { label: string }) {
  return <Button tone="quiet" title={label} aria-label={label} {...rest} />;
}
