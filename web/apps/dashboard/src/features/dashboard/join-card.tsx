import { useState } from "react";
import type { Joinable } from "@tenon/api";
import { Button, Card } from "@tenon/ui";
import { JoinList } from "../orgs/join-list";

/* Kept in this browser: who was asked here once and did not want to is not asked here again, and finds it beside the organizations. */
const STORED = "tenon.not-joining";
const declined = () => new Set((localStorage.getItem(STORED) ?? "").split(" "));

export function JoinCard({ organizations }: { organizations: readonly Joinable[] }) {
  const [without, setWithout] = useState(declined);
  const asked = organizations.filter(({ id }) => !without.has(id));
  if (asked.length === 0) return null;

  const decline = () => {
    const all = new Set([...without, ...asked.map(({ id }) => id)]);
    localStorage.setItem(STORED, [...all].slice(-20).join(" "));
    setWithout(all);
  };

  return (
    <Card
      title={asked.length === 1 ? "An organization you can join" : "Organizations you can join"}
      actions={
        <Button size="sm" tone="quiet" onClick={decline}>
          Not now
        </Button>
      }
    >
      <JoinList organizations={asked} />
    </Card>
  );
}
