import { useQuery } from "@tanstack/react-query";
import { ArrowUpRight, FileUp } from "lucide-react";
import { Link } from "wouter";
import { Button, LogoMark } from "@tenon/ui";
import { documentsQuery } from "../knowledge/queries";
import styles from "./suggestions.module.css";

/** The empty conversation: questions about what is there, or the way to put something there. */
export function Suggestions({ onPick, busy }: { onPick: (question: string) => void; busy: boolean }) {
  const documents = useQuery(documentsQuery({ page: 1, status: "ready" }));
  const titles = documents.data?.data.slice(0, 4).map((document) => document.title) ?? [];
  const questions = titles.map((title) => `What is in “${title}”?`);

  return (
    <div className={styles.empty}>
      <div className={styles.inner}>
        <LogoMark size={36} />
        <h2 className={styles.title}>What would you like to know?</h2>
        {documents.data && titles.length === 0 ? (
          <>
            <p className={styles.lead}>Answers come from your documents and cite them. Add the first one to begin.</p>
            <Button asChild tone="primary">
              <Link href="/documents?add=files">
                <FileUp />
                Upload documents
              </Link>
            </Button>
          </>
        ) : (
          <>
            <p className={styles.lead}>Every answer cites the passages it rests on.</p>
            <ul className={styles.questions}>
              {questions.map((question) => (
                <li key={question}>
                  <button type="button" className={styles.question} disabled={busy} onClick={() => onPick(question)}>
                    <span>{question}</span>
                    <ArrowUpRight size={15} aria-hidden />
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}
