import type { ReactNode } from "react";
import { DropdownMenu as Primitive } from "radix-ui";
import { Check } from "lucide-react";
import { classNames } from "./class-names";
import styles from "./menu.module.css";

export function Menu({ trigger, children, align = "end", side, wide }: {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom";
  wide?: boolean;
}) {
  return (
    <Primitive.Root modal={false}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content className={classNames(styles.menu, wide && styles.wide)} align={align} side={side} sideOffset={5} collisionPadding={10}>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

export function MenuItem({ icon, children, detail, onSelect, danger, disabled }: {
  icon?: ReactNode;
  children: ReactNode;
  detail?: ReactNode;
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
}) {
  return (
    <Primitive.Item className={classNames(styles.item, danger && styles.danger)} onSelect={onSelect} disabled={disabled}>
      {icon}
      <span className={styles.text}>
        {children}
        {detail && <span className={styles.detail}>{detail}</span>}
      </span>
    </Primitive.Item>
  );
}

export function MenuChoice({ checked, children, detail, onSelect, stay }: {
  checked: boolean;
  children: ReactNode;
  detail?: ReactNode;
  onSelect: () => void;
  /** Keeps the menu open, for choosing several. */
  stay?: boolean;
}) {
  return (
    <Primitive.CheckboxItem
      className={styles.item}
      checked={checked}
      onSelect={(event) => {
        if (stay) event.preventDefault();
        onSelect();
      }}
    >
      <span className={styles.tick}>{checked && <Check size={14} strokeWidth={2.4} />}</span>
      <span className={styles.text}>
        {children}
        {detail && <span className={styles.detail}>{detail}</span>}
      </span>
    </Primitive.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Primitive.Label className={styles.label}>{children}</Primitive.Label>;
}

export function MenuSeparator() {
  return <Primitive.Separator className={styles.separator} />;
}
