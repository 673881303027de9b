import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Inbox, MailOpen, Mails } from "lucide-react";
import { Link, useParams } from "wouter";
import { ApiError, type Letter } from "@tenon/api";
import { Button, EmptyState, Segmented, SkeletonRows, Wordmark, classNames } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { ago, onDateTime } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { LetterFrame } from "./letter-frame";
import { parseLetter } from "./letter-parse";
import { letterQuery, outboxQuery } from "./queries";
import styles from "./outbox.module.css";

const absent = (error: unknown) => error instanceof ApiError && (error.code === "NOT_FOUND" || error.code === "FORBIDDEN");

/** For whoever develops: the letters that a machine without a mail server keeps, with links that can be followed. */
export default function Outbox() {
  usePageTitle("Outbox");
  const { id } = useParams<{ id?: string }>();
  const letters = useQuery({ ...outboxQuery, refetchInterval: (query) => (query.state.data ? 3000 : false) });
  const open = letters.data?.find((letter) => letter.id === id);

  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Link href="/" aria-label="Tenon, overview">
          <Wordmark />
        </Link>
        <span className={styles.where}>Development</span>
      </header>
      <main className={styles.main}>
        <div className={styles.intro}>
          <h1 className={styles.title}>Outbox</h1>
          <p className={styles.lead}>No mail server is configured, so letters stay on this machine. Newest first; this page looks for new ones by itself.</p>
        </div>
        {letters.isPending && <SkeletonRows rows={5} label="Loading letters" />}
        {letters.isError && !letters.data && (absent(letters.error) ? <Absent /> : <LoadProblem error={letters.error} onRetry={() => void letters.refetch()} />)}
        {letters.data?.length === 0 && (
          <EmptyState icon={<Inbox />} title="No letters yet">
            Sign up, or ask for a new password, and the letter appears here.
          </EmptyState>
        )}
        {letters.data && letters.data.length > 0 && (
          <div className={classNames(styles.panes, id && styles.reading)}>
            <nav className={styles.list} aria-label="Letters">
              <ul className={styles.letters}>
                {letters.data.map((letter) => (
                  <Row key={letter.id} letter={letter} here={letter.id === id} />
                ))}
              </ul>
            </nav>
            <section className={styles.pane} aria-label="Letter">
              {id ? <Reading key={id} id={id} letter={open} /> : <Nothing />}
            </section>
          </div>
        )}
      </main>
    </div>
  );
}

function Row({ letter, here }: { letter: Letter; here: boolean }) {
  return (
    <li>
      <Link href={`/outbox/${letter.id}`} className={styles.letter} aria-current={here ? "true" : undefined}>
        <span className={styles.subject}>{letter.subject}</span>
        <time className={styles.faint} dateTime={letter.created_at} title={onDateTime(letter.created_at)}>
          {ago(letter.created_at)}
        </time>
        <span className={styles.to}>{letter.to}</span>
      </Link>
    </li>
  );
}

function Reading({ id, letter }: { id: string; letter: Letter | undefined }) {
  const whole = useQuery(letterQuery(id));
  const [shown, setShown] = useState<"html" | "plain">("html");
  if (whole.isPending) return <SkeletonRows bare rows={5} label="Loading the letter" />;
  if (whole.isError) return <LoadProblem bare error={whole.error} onRetry={() => void whole.refetch()} />;
  const parsed = parseLetter(whole.data.message);
  return (
    <article className={styles.reader}>
      <Link href="/outbox" className={styles.back}>
        All letters
      </Link>
      <header className={styles.about}>
        <h2 className={styles.heading}>{letter?.subject ?? parsed.subject}</h2>
        <dl className={styles.fields}>
          <dt>From</dt>
          <dd>{parsed.from}</dd>
          <dt>To</dt>
          <dd>{letter?.to ?? parsed.to}</dd>
          {letter && (
            <>
              <dt>Sent</dt>
              <dd>{onDateTime(letter.created_at)}</dd>
            </>
          )}
        </dl>
        <Segmented
          label="Form of the letter"
          value={shown}
          onChange={setShown}
          choices={[
            { value: "html", label: "HTML" },
            { value: "plain", label: "Text" },
          ]}
        />
      </header>
      {shown === "html" && parsed.html !== null ? <LetterFrame html={parsed.html} title={parsed.subject} /> : <Plain text={parsed.plain ?? ""} />}
    </article>
  );
}

/** Addresses become links, as mail programs do it. */
function Plain({ text }: { text: string }) {
  return (
    <pre className={styles.plain} tabIndex={0} aria-label="The letter as text">
      {text.split(/(https?:\/\/\S+)/).map((piece, at) =>
        at % 2 ? (
          <a key={at} href={piece} target="_blank" rel="noopener noreferrer">
            {piece}
          </a>
        ) : (
          piece
        ),
      )}
    </pre>
  );
}

const Nothing = () => (
  <EmptyState bare icon={<MailOpen />} title="Choose a letter">
    It opens here, with links that work.
  </EmptyState>
);

const Absent = () => (
  <EmptyState
    icon={<Mails />}
    title="There is no outbox here"
    action={
      <Button asChild tone="primary">
        <Link href="/">To the application</Link>
      </Button>
    }
  >
    Letters of this server are sent, or this is not the machine it runs on.
  </EmptyState>
);
