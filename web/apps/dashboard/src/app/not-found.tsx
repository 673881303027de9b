import { Compass } from "lucide-react";
import { Link } from "wouter";
import { Button, EmptyState, Page } from "@tenon/ui";
import { usePageTitle } from "./page-title";

export default function NotFound() {
  usePageTitle("Not found");
  return (
    <Page>
      <EmptyState
        icon={<Compass />}
        title="There is no page here"
        action={
          <Button asChild tone="primary">
            <Link href="/">Back to the overview</Link>
          </Button>
        }
      >
        The address may be mistyped, or what was here has been deleted.
      </EmptyState>
    </Page>
  );
}
