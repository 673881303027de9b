import { Check } from "lucide-react";
import { Link } from "wouter";
import type { Dashboard } from "@tenon/api";
import { Button, Card } from "@tenon/ui";
import styles from "./overview.module.css";

export function Onboarding({ counts }: { counts: Dashboard["counts"] }) {
  const steps = [
    { done: counts.documents > 0, title: "Upload a document", detail: "A handbook, a manual, a contract: anything worth asking about.", action: "Upload", href: "/documents?add=files" },
    { done: counts.conversations > 0, title: "Ask about it", detail: "The answer streams in and cites the passages it rests on.", action: "Ask", href: "/chat" },
    { done: counts.keys > 0, title: "Make an API key", detail: "Point any OpenAI SDK at this server and see each call and its cost.", action: "Create key", href: "/keys?new=key" },
  ];
  const at = steps.findIndex((step) => !step.done);
  const done = steps.filter((step) => step.done).length;
  return (
    <Card title="Get started" description={done === 0 ? "Three steps, a few minutes." : `${done} of ${steps.length} done.`} flush>
      <ol className={styles.steps}>
        {steps.map((step, index) => (
          <li key={step.title} className={styles.step} data-done={step.done || undefined}>
            <span className={styles.mark} aria-hidden>
              {step.done ? <Check size={14} strokeWidth={2.6} /> : index + 1}
            </span>
            <div className={styles.stepText}>
              <div className={styles.stepTitle}>
                {step.title}
                {step.done && <span className="visually-hidden"> (done)</span>}
              </div>
              {!step.done && <div className={styles.stepDetail}>{step.detail}</div>}
            </div>
            {!step.done && (
              <Button asChild tone={index === at ? "primary" : "plain"}>
                <Link href={step.href}>{step.action}</Link>
              </Button>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}
