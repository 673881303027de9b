import { useEffect, useState } from "react";
import { Check, Copy } from "lucide-react";
import { Button, type ButtonProps } from "./button";
import styles from "./copy.module.css";

async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  /* Browsers give the clipboard to secure origins only; a server on a private address without TLS needs the older way. */
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("The browser refused to copy.");
}

export function CopyButton({ text, label = "Copy", showLabel, ...rest }: { text: string; label?: string; showLabel?: boolean } & Omit<ButtonProps, "children" | "onClick">) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 1800);
    return () => clearTimeout(timer);
  }, [state]);
  const said = state === "copied" ? "Copied" : state === "refused" ? "Select and copy by hand" : label;
  return (
    <Button
      tone="quiet"
      size="sm"
      icon={state === "copied" ? <Check /> : <Copy />}
      aria-label={said}
      title={said}
      onClick={() => {
        copyText(text).then(
          () => setState("copied"),
          () => setState("refused"),
        );
      }}
      {...rest}
    >
      {showLabel ? said : undefined}
    </Button>
  );
}

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={styles.block}>
      <pre className={styles.code} tabIndex={0} aria-label={label}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} label={`Copy ${label}`} className={styles.corner} />
    </div>
  );
}
