import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { api, done } from "@tenon/api";
import { Badge, Button, Callout, Card, Dialog, Field, Input, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { useMe } from "../auth/me";
import { useResendLink } from "../auth/verification";
import { OutboxLink } from "../letters/outbox-link";
import styles from "./settings.module.css";

export function EmailSection() {
  const { user } = useMe();
  const [changing, setChanging] = useState(false);
  const [asked, setAsked] = useState<string | null>(null);
  const resend = useResendLink(user.email);
  return (
    <Card
      title="E-mail"
      description="You log in with it, and letters about your account go there."
      footer={
        <>
          {!user.email_verified && (
            <Button busy={resend.isPending} disabled={resend.isSuccess} onClick={() => resend.mutate()}>
              {resend.isSuccess ? "The link is on its way" : "Send the link again"}
            </Button>
          )}
          <Button onClick={() => setChanging(true)}>Change e-mail</Button>
        </>
      }
    >
      <div className={styles.address}>
        <span className={styles.email}>{user.email}</span>
        <Badge tone={user.email_verified ? "success" : "warning"}>{user.email_verified ? "Confirmed" : "Not confirmed yet"}</Badge>
      </div>
      {/* Until the link was followed, and the address above is the new one. */}
      {asked && asked !== user.email && (
        <div className={styles.asked} role="status">
          <Callout tone="accent" icon={<MailCheck />}>
            A link is on its way to <strong>{asked}</strong>. Your address changes when it is opened, within a day; until then nothing changes. <OutboxLink />
          </Callout>
        </div>
      )}
      {changing && (
        <ChangeDialog
          onClose={() => setChanging(false)}
          onAsked={(email) => {
            setAsked(email);
            setChanging(false);
          }}
        />
      )}
    </Card>
  );
}

function ChangeDialog({ onClose, onAsked }: { onClose: () => void; onAsked: (email: string) => void }) {
  const { user } = useMe();
  const [email, setEmail] = useState("");
  const [current, setCurrent] = useState("");
  const change = useMutation({
    mutationFn: () => done(api.POST("/api/auth/email", { body: { email: email.trim(), current_password: current } })),
    onSuccess: () => onAsked(email.trim().toLowerCase()),
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="sm"
      title="Change e-mail"
      description="A link goes to the new address. When you open it, the address is changed and the old one is told."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="change-email" busy={change.isPending} disabled={!email.trim() || !current}>
            Send the link
          </Button>
        </>
      }
    >
      <form
        id="change-email"
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <FormProblem error={change.error} shown={["email", "current_password"]} />
        <Field label="New e-mail" error={faultOf(change.error, "email")}>
          <Input type="email" autoComplete="email" required value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        {/* Password managers look for the account's name beside the password. */}
        <input type="text" hidden readOnly autoComplete="username" value={user.email} />
        <Field label="Your password" error={faultOf(change.error, "current_password")}>
          <PasswordInput autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
