import { useLayoutEffect, useRef, type ReactNode } from "react";
import { ArrowUp, Square } from "lucide-react";
import { IconButton } from "@tenon/ui";
import { useMedia } from "../../app/media";
import styles from "./composer.module.css";

const TALLEST = 220;

export function Composer({ value, onChange, onSend, onStop, busy, writing, choices }: {
  value: string;
  onChange: (value: string) => void;
  onSend: (content: string) => void;
  onStop: () => void;
  busy: boolean;
  writing: boolean;
  choices: ReactNode;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  /* On a phone the keyboard would cover what one came to read. */
  const pointer = useMedia("(pointer: fine)");

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, TALLEST)}px`;
  }, [value]);

  const sendable = value.trim() !== "" && !busy && !writing;
  const send = () => {
    if (sendable) onSend(value.trim());
  };

  return (
    <div className={styles.dock}>
      <form
        className={styles.composer}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          ref={area}
          className={styles.area}
          rows={1}
          autoFocus={pointer}
          aria-label="Your question"
          placeholder="Ask about your documents"
          value={value}
          maxLength={32000}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <div className={styles.row}>
          <div className={styles.choices}>{choices}</div>
          {writing ? (
            <IconButton label="Stop the answer" tone="plain" icon={<Square fill="currentColor" />} onClick={onStop} className={styles.send} />
          ) : (
            <IconButton label="Send" tone="primary" type="submit" icon={<ArrowUp />} busy={busy} disabled={!sendable} className={styles.send} />
          )}
        </div>
      </form>
      <p className={styles.note}>Answers cite your documents. Check the passages behind the numbers.</p>
    </div>
  );
}
