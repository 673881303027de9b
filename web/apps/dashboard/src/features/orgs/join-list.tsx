import type { Joinable } from "@tenon/api";
import { Avatar, Button } from "@tenon/ui";
import { useJoin, useJoinable } from "./joinable";
import styles from "./join-list.module.css";

export function JoinList({ organizations, onJoined }: { organizations: readonly Joinable[]; onJoined?: () => void }) {
  const join = useJoin(onJoined);
  return (
    <ul className={styles.list} aria-label="Organizations you can join">
      {organizations.map((organization) => (
        <li key={organization.id} className={styles.row}>
          <Avatar name={organization.name} />
          <div className={styles.words}>
            <div className={styles.name}>{organization.name}</div>
            <div className={styles.detail}>
              As {organization.role}, by your address at {organization.domain}
            </div>
          </div>
          <Button size="sm" aria-label={`Join ${organization.name}`} busy={join.isPending && join.variables.id === organization.id} disabled={join.isPending} onClick={() => join.mutate(organization)}>
            Join
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** Beneath the form for a new organization: somebody about to make one may have meant the one that is there already. */
export function OrJoin({ onJoined }: { onJoined: () => void }) {
  const joinable = useJoinable().data ?? [];
  if (joinable.length === 0) return null;
  return (
    <section className={styles.instead} aria-labelledby="or-join">
      <h3 id="or-join">Or join one</h3>
      <JoinList organizations={joinable} onJoined={onJoined} />
    </section>
  );
}
