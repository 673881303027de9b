import type { ReactNode } from "react";
import { Dialog as Primitive } from "radix-ui";
import styles from "./drawer.module.css";

/** What stands beside the page on a wide screen and slides in from the left on a narrow one. */
export function Drawer({ open, onOpenChange, title, trigger, children }: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  trigger: ReactNode;
  children: ReactNode;
}) {
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Overlay className={styles.scrim} />
        <Primitive.Content className={styles.drawer} aria-describedby={undefined}>
          <Primitive.Title className="visually-hidden">{title}</Primitive.Title>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
