import { useState, type ReactNode } from "react";
import { useMutation } from "@tanstack/react-query";
import { Fingerprint, KeyRound, LifeBuoy, Smartphone } from "lucide-react";
import { api, data, done, type Challenge, type ProofMethod } from "@tenon/api";
import { Button, Callout, Field, Input, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { askPasskey, passkeysWork } from "./webauthn";
import styles from "./factors.module.css";

type Typed = { offer: string; icon: ReactNode; label: string; hint?: string; field: "code" | "recovery_code" | "password" };

/* The quickest first; a recovery code is spent by using it. */
const ORDER: readonly ProofMethod[] = ["passkey", "totp", "password", "recovery_code"];
const PASSKEY = { offer: "Use a passkey", icon: <Fingerprint /> };
const TYPED: Readonly<Record<Exclude<ProofMethod, "passkey">, Typed>> = {
  totp: { offer: "Use a one-time code", icon: <Smartphone />, label: "One-time code", hint: "The six digits that your authenticator shows now.", field: "code" },
  password: { offer: "Use your password", icon: <KeyRound />, label: "Your password", field: "password" },
  recovery_code: { offer: "Use a recovery code", icon: <LifeBuoy />, label: "Recovery code", hint: "One of those you kept. Each works once.", field: "recovery_code" },
};

/** Answers a challenge of MFA_REQUIRED in one of the ways that it names: the second step of a sign-in, or a proof of who is there. */
export function Proof({ challenge, action, onProven, onEnd, ending }: {
  challenge: Challenge;
  /** What the button says that sends an answer. */
  action: string;
  onProven: () => Promise<void> | void;
  /** When the challenge is not good any more. */
  onEnd: () => void;
  ending: string;
}) {
  const ways = ORDER.filter((way) => challenge.methods.includes(way) && (way !== "passkey" || passkeysWork));
  const [way, setWay] = useState(ways[0]);
  const [typed, setTyped] = useState("");
  const send = useMutation({
    mutationFn: async () => {
      const answer = way === "passkey" ? { credential: await passkeyFor(challenge.challenge) } : { [TYPED[way ?? "totp"].field]: way === "totp" ? typed.replace(/\s/g, "") : typed };
      await done(api.POST("/api/auth/mfa/verify", { body: { challenge: challenge.challenge, session: "cookie", ...answer } }));
    },
    onSuccess: onProven,
  });

  if (!way) return <Callout tone="warning">None of the ways to confirm that it is you works in this browser. Use the device that has your passkey.</Callout>;
  if (faultOf(send.error, "challenge"))
    return (
      <div className="stack" role="alert">
        <Callout tone="warning">Too much time has gone by, or there were too many tries. Please begin again.</Callout>
        <Button size="lg" wide autoFocus onClick={onEnd}>
          {ending}
        </Button>
      </div>
    );

  const choose = (next: ProofMethod) => {
    setWay(next);
    setTyped("");
    send.reset();
  };
  return (
    <div className="stack">
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <FormProblem error={send.error} shown={["code", "recovery_code", "password"]} />
        {way !== "passkey" && <TypedAnswer key={way} way={way} typed={typed} onTyped={setTyped} error={send.error} />}
        <Button type="submit" tone="primary" size="lg" wide busy={send.isPending} disabled={way !== "passkey" && !typed.trim()} icon={way === "passkey" ? PASSKEY.icon : undefined} autoFocus={way === "passkey"}>
          {way === "passkey" ? PASSKEY.offer : action}
        </Button>
      </form>
      {ways.length > 1 && (
        <div className={styles.otherWays}>
          {ways
            .filter((other) => other !== way)
            .map((other) => {
              const { offer, icon } = other === "passkey" ? PASSKEY : TYPED[other];
              return (
                <Button key={other} tone="quiet" icon={icon} disabled={send.isPending} onClick={() => choose(other)}>
                  {offer}
                </Button>
              );
            })}
        </div>
      )}
    </div>
  );
}

function TypedAnswer({ way, typed, onTyped, error }: { way: Exclude<ProofMethod, "passkey">; typed: string; onTyped: (typed: string) => void; error: unknown }) {
  const { label, hint, field } = TYPED[way];
  const shared = { autoFocus: true, required: true, value: typed, onChange: (event: { target: { value: string } }) => onTyped(event.target.value) };
  return (
    <Field label={label} hint={hint} error={faultOf(error, field)}>
      {way === "password" ? (
        <PasswordInput name="password" autoComplete="current-password" {...shared} />
      ) : way === "totp" ? (
        <Input name="code" inputMode="numeric" autoComplete="one-time-code" maxLength={12} className={styles.code} {...shared} />
      ) : (
        <Input name="recovery_code" autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={40} className={styles.code} {...shared} />
      )}
    </Field>
  );
}

const passkeyFor = async (challenge: string) => askPasskey(await data(api.POST("/api/auth/mfa/options", { body: { challenge } })));
