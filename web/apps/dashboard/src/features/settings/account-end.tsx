import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Download, MailCheck } from "lucide-react";
import { api } from "@tenon/api";
import { Button, Callout, Card, Dialog, Field, PasswordInput, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { useForgetSession, useMe } from "../auth/me";
import { OutboxLink } from "../letters/outbox-link";
import styles from "./settings.module.css";

const LETTER_SENT = 202;

/** What is kept about one, to be taken along; and the end of the account. */
export function EndSection() {
  const [ending, setEnding] = useState(false);
  return (
    <>
      <Card
        title="Your data"
        description="Everything that is kept about you, as one file: your profile, sessions, memberships, conversations and what you did."
        footer={
          <>
            <Button tone="danger" onClick={() => setEnding(true)}>
              Delete account
            </Button>
            <Button asChild>
              <a href="/api/auth/me/export" download>
                <Download aria-hidden />
                Download
              </a>
            </Button>
          </>
        }
      >
        <p className={styles.text}>Deleting the account ends it for good, and the organizations that are yours alone with it.</p>
      </Card>
      {ending && <EndDialog onClose={() => setEnding(false)} />}
    </>
  );
}

function EndDialog({ onClose }: { onClose: () => void }) {
  const { user } = useMe();
  const [current, setCurrent] = useState("");
  const forget = useForgetSession();
  const end = useMutation({
    mutationFn: async () => (await api.DELETE("/api/auth/me", { body: current ? { current_password: current } : {} })).response.status,
    onSuccess: (status) => {
      if (status === LETTER_SENT) return;
      forget();
      toast.done("Your account is deleted");
    },
  });
  const sent = end.data === LETTER_SENT;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="sm"
      title="Delete your account?"
      description="This cannot be undone. What you made in organizations that go on stays there, without your name."
      footer={
        <>
          <Button onClick={onClose}>{sent ? "Close" : "Cancel"}</Button>
          {!sent && (
            <Button tone="danger" type="submit" form="end-account" busy={end.isPending}>
              Delete my account
            </Button>
          )}
        </>
      }
    >
      {sent ? (
        <div role="status">
          <Callout tone="accent" icon={<MailCheck />}>
            A link is on its way to <strong>{user.email}</strong>. Your account is deleted when you follow it and confirm. <OutboxLink />
          </Callout>
        </div>
      ) : (
        <form
          id="end-account"
          className="stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            end.mutate();
          }}
        >
          <FormProblem error={end.error} shown={["current_password"]} />
          {/* Password managers look for the account's name beside the password. */}
          <input type="text" hidden readOnly autoComplete="username" value={user.email} />
          <Field label="Your password" hint="Without one, leave it empty: a link is sent to your address." error={faultOf(end.error, "current_password")}>
            <PasswordInput autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />
          </Field>
        </form>
      )}
    </Dialog>
  );
}
