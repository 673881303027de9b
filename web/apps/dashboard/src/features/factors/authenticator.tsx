import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, done, type Factors, type TotpSecret } from "@tenon/api";
import { Badge, Button, Card, ConfirmDialog, CopyButton, Dialog, Field, Input, toast } from "@tenon/ui";
import { FormProblem, faultOf, tellFailure } from "../../app/failure";
import { onDate } from "../../app/format";
import settings from "../settings/settings.module.css";
import { NewCodes } from "./recovery-codes";
import { factorsKey } from "./queries";
import styles from "./factors.module.css";

/** One-time codes from an app, asked for after the password. */
export function Authenticator({ factors }: { factors: Factors }) {
  const [removing, setRemoving] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const client = useQueryClient();
  const changed = () => void client.invalidateQueries({ queryKey: factorsKey });
  const begin = useMutation({ mutationFn: () => data(api.POST("/api/auth/mfa/totp")), onError: tellFailure("The authenticator could not be set up") });
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/auth/mfa/totp")),
    onSuccess: () => {
      changed();
      toast.done("One-time codes are off");
    },
    onError: tellFailure("One-time codes are still on"),
    onSettled: () => setRemoving(false),
  });
  return (
    <>
      <Card
        title="Authenticator"
        description="A code from an app on your phone, asked for after the password."
        actions={factors.totp ? <Badge tone="success">On</Badge> : <Badge>Off</Badge>}
        footer={
          factors.totp ? (
            <Button onClick={() => setRemoving(true)}>Turn off</Button>
          ) : (
            /* Not busy, which would take the focus from it: it comes back here from the dialogs. */
            <Button onClick={() => begin.isPending || begin.mutate()}>Set up</Button>
          )
        }
      >
        <p className={settings.text}>{factors.totp_since ? `Asked for since ${onDate(factors.totp_since)}.` : "Any authenticator app will do."}</p>
      </Card>
      {begin.data && (
        <SetUp
          secret={begin.data}
          onClose={() => begin.reset()}
          onConfirmed={(fresh) => {
            setCodes(fresh);
            begin.reset();
            changed();
          }}
        />
      )}
      {codes && <NewCodes codes={codes} onClose={() => setCodes(null)} />}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title="Turn one-time codes off?"
        description={factors.passkeys > 0 ? "Your passkeys stay, and are asked for after the password." : "The password alone will be enough to log in, and your recovery codes are void."}
        action="Turn off"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}

function SetUp({ secret, onClose, onConfirmed }: { secret: TotpSecret; onClose: () => void; onConfirmed: (codes: readonly string[]) => void }) {
  const [code, setCode] = useState("");
  const confirm = useMutation({
    mutationFn: () => data(api.POST("/api/auth/mfa/totp/confirm", { body: { code: code.replace(/\s/g, "") } })),
    onSuccess: ({ recovery_codes }) => onConfirmed(recovery_codes),
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Set up an authenticator"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="confirm-totp" busy={confirm.isPending} disabled={!code.trim()}>
            Turn on
          </Button>
        </>
      }
    >
      <form
        id="confirm-totp"
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate();
        }}
      >
        <div className={styles.setup}>
          {/* As an image nothing in it runs, and nothing is fetched by it. */}
          <img className={styles.qr} src={`data:image/svg+xml,${encodeURIComponent(secret.qr_svg)}`} width={176} height={176} alt="The secret as a QR code, for the camera of your authenticator" />
          <div className={styles.steps}>
            <p>Take a picture of the code with your authenticator, or type this secret into it:</p>
            <div className={styles.secret}>
              <code aria-label="The secret">{secret.secret}</code>
              <CopyButton text={secret.secret} label="Copy secret" />
            </div>
            <p>Then give the six digits that it shows.</p>
          </div>
        </div>
        <FormProblem error={confirm.error} shown={["code"]} />
        <Field label="One-time code" error={faultOf(confirm.error, "code")}>
          <Input name="code" inputMode="numeric" autoComplete="one-time-code" maxLength={12} className={styles.code} value={code} onChange={(event) => setCode(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
