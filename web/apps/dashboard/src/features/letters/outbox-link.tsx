import { useQuery } from "@tanstack/react-query";
import { Mails } from "lucide-react";
import { Link } from "wouter";
import { Button } from "@tenon/ui";
import { outboxQuery } from "./queries";

/** For whoever develops: where letters are kept and not sent, the way to them. Elsewhere it is nothing. */
export function OutboxLink({ button }: { button?: boolean }) {
  const letters = useQuery({ ...outboxQuery, refetchOnWindowFocus: false, staleTime: Infinity });
  if (!letters.data) return null;
  if (!button) return <Link href="/outbox">Open the outbox</Link>;
  return (
    <Button asChild>
      <Link href="/outbox">
        <Mails />
        Open the outbox
      </Link>
    </Button>
  );
}
