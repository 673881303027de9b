import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Fingerprint } from "lucide-react";
import { Link, useSearchParams } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { api, body, challengeOf, data, type Challenge } from "@tenon/api";
import { Button, Callout, Field, Input, PasswordInput } from "@tenon/ui";
import { arrivedChallenge, forgetArrivedChallenge } from "../../app/arrived-challenge";
import { FormProblem, faultOf } from "../../app/failure";
import { nextOf, nextQuery } from "../../app/next";
import { usePageTitle } from "../../app/page-title";
import { Proof } from "../factors/proof";
import { askPasskey, passkeysWork } from "../factors/webauthn";
import { outcomeOf } from "../oauth/outcomes";
import { ServiceButtons } from "../oauth/service-buttons";
import { AuthLayout, OtherWays } from "./auth-layout";
import { useBeginSession } from "./me";
import styles from "./auth.module.css";

/** The password, or what stands in for it; then, where the account has one, the second factor. */
export default function Login() {
  usePageTitle("Log in");
  const [challenge, setChallenge] = useState<Challenge | null>(arrivedChallenge);
  if (!challenge) return <FirstStep onChallenge={setChallenge} />;
  return (
    <SecondStep
      challenge={challenge}
      onBack={() => {
        forgetArrivedChallenge();
        setChallenge(null);
      }}
    />
  );
}

function SecondStep({ challenge, onBack }: { challenge: Challenge; onBack: () => void }) {
  const begin = useBeginSession();
  return (
    <AuthLayout
      title="One more step"
      lead="Your account asks for a second factor."
      footer={
        <button type="button" className={styles.back} onClick={onBack}>
          Back to the login
        </button>
      }
    >
      <div className={styles.form}>
        <Proof
          challenge={challenge}
          action="Log in"
          ending="Log in again"
          onEnd={onBack}
          onProven={() => {
            forgetArrivedChallenge();
            return begin();
          }}
        />
      </div>
    </AuthLayout>
  );
}

function FirstStep({ onChallenge }: { onChallenge: (challenge: Challenge) => void }) {
  const [search] = useSearchParams();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  /* In the history's entry and not in the address, which anybody could write. */
  const notice = useHistoryState<{ notice?: string } | null>()?.notice;
  const begin = useBeginSession();
  const login = useMutation({
    mutationFn: () => body(api.POST("/api/auth/login", { body: { email, password, session: "cookie" } })),
    onSuccess: begin,
    onError: (error) => {
      const challenge = challengeOf(error);
      if (challenge) onChallenge(challenge);
    },
  });
  const passkey = useMutation({
    mutationFn: async () => {
      const { challenge, options } = await data(api.POST("/api/auth/passkeys/login/options"));
      await body(api.POST("/api/auth/passkeys/login", { body: { challenge, credential: await askPasskey(options), session: "cookie" } }));
    },
    onSuccess: begin,
  });
  const outcome = outcomeOf(search.get("error"));
  const tried = login.error ?? passkey.error;
  const query = nextQuery(search);

  return (
    <AuthLayout
      title="Log in"
      lead="Good to have you back."
      footer={
        <>
          New to Tenon? <Link href={`/signup${query}`}>Create an account</Link>
        </>
      }
    >
      {notice === "password" && !tried && (
        <div className={styles.notice} role="status">
          <Callout tone="accent" icon={<CircleCheck />}>
            Your password is changed. Log in with the new one.
          </Callout>
        </div>
      )}
      {outcome && !tried && (
        <div className={styles.notice} role="alert">
          <Callout tone="warning" icon={<CircleAlert />}>
            {outcome}
          </Callout>
        </div>
      )}
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          passkey.reset();
          login.mutate();
        }}
      >
        <FormProblem error={tried} shown={["email", "password"]} />
        <Field label="E-mail" error={faultOf(login.error, "email")}>
          <Input type="email" name="email" autoComplete="username" autoFocus required value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Password" error={faultOf(login.error, "password")}>
          <PasswordInput name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        </Field>
        <Link href={`/forgot${query}`} state={{ email: email.trim() }} className={styles.forgot}>
          Forgot your password?
        </Link>
        <Button type="submit" tone="primary" size="lg" wide busy={login.isPending} disabled={!email || !password} className={styles.submit}>
          Log in
        </Button>
      </form>
      <OtherWays>
        {passkeysWork && (
          <Button
            size="lg"
            wide
            icon={<Fingerprint />}
            busy={passkey.isPending}
            onClick={() => {
              login.reset();
              passkey.mutate();
            }}
          >
            Sign in with a passkey
          </Button>
        )}
        <ServiceButtons next={nextOf(search)} />
      </OtherWays>
    </AuthLayout>
  );
}
