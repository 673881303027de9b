import { useRef, type ReactNode } from "react";
import { Dialog as Primitive } from "radix-ui";
import { X } from "lucide-react";
import { classNames } from "./class-names";
import { Button, IconButton } from "./button";
import styles from "./dialog.module.css";

export type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  size?: "sm" | "md" | "lg";
  /** "panel" slides in from the right and keeps the page behind it in view. */
  shape?: "center" | "panel";
};

export function Dialog({ open, onOpenChange, title, description, children, footer, size = "md", shape = "center" }: DialogProps) {
  const before = useRef<Element | null>(null);
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className={styles.scrim} />
        <Primitive.Content
          className={classNames(styles[shape], styles[size])}
          onOpenAutoFocus={(event) => {
            before.current = document.activeElement;
            focusFirstField(event);
          }}
          /* Dialogs are opened by state and have no trigger of their own that the library could give the focus back to. */
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus();
          }}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <header className={styles.head}>
            <div>
              <Primitive.Title className={styles.title}>{title}</Primitive.Title>
              {description && <Primitive.Description className={styles.description}>{description}</Primitive.Description>}
            </div>
            <Primitive.Close asChild>
              <IconButton label="Close" size="sm" icon={<X />} className={styles.close} />
            </Primitive.Close>
          </header>
          {children && <div className={styles.body}>{children}</div>}
          {footer && <footer className={styles.foot}>{footer}</footer>}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/* Who opens a form wants to fill it in; the button that closes it only happens to stand first. */
function focusFirstField(event: Event) {
  const field = event.target instanceof HTMLElement ? event.target.querySelector<HTMLElement>("input:not([hidden]), textarea, select") : null;
  if (!field) return;
  event.preventDefault();
  field.focus();
}

export function ConfirmDialog({ open, onOpenChange, title, description, action, busy, onConfirm }: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description: ReactNode;
  action: string;
  busy?: boolean;
  onConfirm: () => void;
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      size="sm"
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button tone="danger" busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    />
  );
}
