import { Suspense, lazy, useEffect, useState } from "react";
import { onProofWanted, type Challenge } from "@tenon/api";
import { Button, Dialog } from "@tenon/ui";
import { useSignOut } from "../auth/me";

const Proof = lazy(() => import("./proof").then((module) => ({ default: module.Proof })));

type Asked = { challenge: Challenge; answer: (proven: boolean) => void };

/**
 * Stands once beside all pages behind the login: a request that the server refuses until it knows anew who is there waits for this
 * dialog, and is sent again after it. No page has to know.
 */
export function ProofDialog() {
  const [asked, setAsked] = useState<Asked | null>(null);

  useEffect(
    () =>
      onProofWanted(
        (challenge) =>
          new Promise((resolve) =>
            setAsked({
              challenge,
              answer: (proven) => {
                setAsked(null);
                resolve(proven);
              },
            }),
          ),
      ),
    [],
  );

  if (!asked) return null;
  const { challenge, answer } = asked;
  return (
    <Dialog open onOpenChange={(open) => !open && answer(false)} size="sm" title="Is it still you?" description="Some time has gone by since you logged in. Confirm that it is you, and what you asked for is done." footer={<Button onClick={() => answer(false)}>Cancel</Button>}>
      {challenge.methods.length > 0 ? (
        <Suspense>
          <Proof challenge={challenge} action="Confirm" ending="Close" onProven={() => answer(true)} onEnd={() => answer(false)} />
        </Suspense>
      ) : (
        <SignInAgain onCancel={() => answer(false)} />
      )}
    </Dialog>
  );
}

/** Who has neither a password nor a second factor came in by another service, and shows who they are by coming in anew. */
function SignInAgain({ onCancel }: { onCancel: () => void }) {
  const signOut = useSignOut();
  return (
    <div className="stack">
      <p>You log in by another service and have neither a password nor a second factor here. Log in there once more, then try again.</p>
      <Button
        tone="primary"
        size="lg"
        wide
        onClick={() => {
          onCancel();
          void signOut();
        }}
      >
        Log out, to log in again
      </Button>
    </div>
  );
}
