import { useSyncExternalStore, type ReactNode } from "react";
import { Toast as Primitive } from "radix-ui";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { IconButton } from "./button";
import styles from "./toast.module.css";

type ToastEntry = { id: number; tone: "done" | "fault"; title: ReactNode; detail?: ReactNode };

let entries: readonly ToastEntry[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly ToastEntry[]) {
  entries = next;
  listeners.forEach((listener) => listener());
}

function add(entry: Omit<ToastEntry, "id">) {
  /* More than three hide the page they talk about. */
  change([...entries.slice(-2), { ...entry, id: nextId++ }]);
}

export const toast = {
  done: (title: ReactNode, detail?: ReactNode) => add({ tone: "done", title, detail }),
  fault: (title: ReactNode, detail?: ReactNode) => add({ tone: "fault", title, detail }),
};

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => entries);
  return (
    <Primitive.Provider swipeDirection="right">
      {shown.map((entry) => (
        <Primitive.Root
          key={entry.id}
          className={styles.toast}
          type={entry.tone === "fault" ? "foreground" : "background"}
          duration={entry.tone === "fault" ? 9000 : 4200}
          onOpenChange={(open) => !open && change(entries.filter((other) => other.id !== entry.id))}
        >
          {entry.tone === "done" ? <CircleCheck className={styles.done} size={17} /> : <CircleAlert className={styles.fault} size={17} />}
          <div className={styles.text}>
            <Primitive.Title className={styles.title}>{entry.title}</Primitive.Title>
            {entry.detail && <Primitive.Description className={styles.detail}>{entry.detail}</Primitive.Description>}
          </div>
          <Primitive.Close asChild>
            <IconButton label="Dismiss" size="sm" icon={<X />} />
          </Primitive.Close>
        </Primitive.Root>
      ))}
      <Primitive.Viewport className={styles.viewport} />
    </Primitive.Provider>
  );
}
