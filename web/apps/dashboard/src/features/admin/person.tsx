import { useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { Account, AccountInFull } from "@tenon/api";
import { Badge, Button, Dialog, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { ago, count, onDateTime } from "../../app/format";
import styles from "./admin.module.css";
import { ActingDialog } from "./acting";
import { ActivityDialog, AdministratorDialog, RemovalDialog, SignOutDialog } from "./person-dialogs";
import { personQuery } from "./queries";

/** One person, beside the table: what is known of the account, where they belong, and what an administrator may do about it. */
export function PersonPanel({ id, known, onClose }: { id: string; known: Account | undefined; onClose: () => void }) {
  const person = useQuery(personQuery(id));
  /* What the table knows already stands at once, and nothing moves when the rest has come. */
  const { name, email } = person.data ?? known ?? { name: "Account", email: "\u00a0" };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} shape="panel" title={name} description={email}>
      {person.isPending && <SkeletonRows bare rows={6} label="Loading the account" />}
      {person.isError && !person.data && <LoadProblem bare error={person.error} onRetry={() => void person.refetch()} title="The account could not be loaded" />}
      {person.data && (
        <div className={styles.sections}>
          <Facts person={person.data} />
          <Places person={person.data} />
          <Actions person={person.data} onGone={onClose} />
        </div>
      )}
    </Dialog>
  );
}

function Facts({ person }: { person: AccountInFull }) {
  const facts: [string, ReactNode][] = [
    ["Account", <Badge key="account" tone={person.is_active ? "success" : "danger"} dot>{person.is_active ? "Active" : "Shut"}</Badge>],
    ["E-mail", <Badge key="email" tone={person.email_verified ? "success" : "warning"}>{person.email_verified ? "Confirmed" : "Not confirmed"}</Badge>],
    ["Administrator", person.is_admin ? <Badge key="admin" tone="accent">Yes</Badge> : "No"],
    ["Sessions", count(person.session_count)],
    ["Last login", person.last_login ? <span key="login" title={onDateTime(person.last_login)}>{ago(person.last_login)}</span> : "Never"],
    ["Created", onDateTime(person.created_at)],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Places({ person }: { person: AccountInFull }) {
  return (
    <section aria-labelledby="places">
      <h3 id="places" className={styles.heading}>
        Organizations
      </h3>
      {person.organizations.length === 0 && <p className={styles.soft}>In none.</p>}
      <ul className={styles.list} aria-labelledby="places">
        {person.organizations.map((organization) => (
          <li key={organization.id} className={styles.item}>
            <Link href={`/admin/organizations?q=${encodeURIComponent(organization.name)}`} className={styles.name}>
              {organization.name}
            </Link>
            <Badge tone={organization.role === "owner" ? "accent" : "neutral"}>{organization.role}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}

type Asked = "activity" | "administrator" | "sign-out" | "acting" | "removal";

function Actions({ person, onGone }: { person: AccountInFull; onGone: () => void }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  return (
    <section aria-labelledby="actions">
      <h3 id="actions" className={styles.heading}>
        What you may do
      </h3>
      <ul className={styles.list} aria-labelledby="actions">
        <Action
          title="Act as this person"
          detail={person.is_admin ? "Nobody acts as an administrator." : person.is_active ? "See what they see, for an hour at most. They are told." : "Nobody acts as somebody whose account is shut."}
        >
          <Button size="sm" disabled={person.is_admin || !person.is_active} onClick={() => setAsked("acting")}>
            Act as them
          </Button>
        </Action>
        <Action title="Sign out" detail="Ends every session, on every device.">
          <Button size="sm" disabled={person.session_count === 0} onClick={() => setAsked("sign-out")}>
            Sign out everywhere
          </Button>
        </Action>
        <Action title="Administrator" detail={person.is_admin ? "They look after the whole installation." : "Lets them look after the whole installation."}>
          <Button size="sm" onClick={() => setAsked("administrator")}>
            {person.is_admin ? "Take it away" : "Make administrator"}
          </Button>
        </Action>
        <Action title={person.is_active ? "Shut the account" : "Open the account"} detail={person.is_active ? "Nobody gets in with it, nor with API keys they made." : "The password and the keys work again."}>
          <Button size="sm" onClick={() => setAsked("activity")}>
            {person.is_active ? "Shut" : "Open"}
          </Button>
        </Action>
        <Action title="Delete the account" detail="For good, as the person could themselves.">
          <Button size="sm" tone="danger" onClick={() => setAsked("removal")}>
            Delete
          </Button>
        </Action>
      </ul>
      {asked === "activity" && <ActivityDialog person={person} onClose={close} />}
      {asked === "administrator" && <AdministratorDialog person={person} onClose={close} />}
      {asked === "sign-out" && <SignOutDialog person={person} onClose={close} />}
      {asked === "acting" && <ActingDialog person={person} onClose={close} />}
      {asked === "removal" && <RemovalDialog person={person} onClose={close} onGone={onGone} />}
    </section>
  );
}

function Action({ title, detail, children }: { title: string; detail: string; children: ReactNode }) {
  return (
    <li className={styles.item}>
      <div>
        <div className={styles.itemTitle}>{title}</div>
        <div className={styles.soft}>{detail}</div>
      </div>
      {children}
    </li>
  );
}
