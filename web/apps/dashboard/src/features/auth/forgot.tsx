import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { api, done } from "@tenon/api";
import { Button, Field, Input } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { nextQuery } from "../../app/next";
import { usePageTitle } from "../../app/page-title";
import { OutboxLink } from "../letters/outbox-link";
import { AuthLayout } from "./auth-layout";
import styles from "./auth.module.css";

export default function Forgot() {
  usePageTitle("Forgot your password?");
  const [search] = useSearchParams();
  const typed = useHistoryState<{ email?: string } | null>()?.email;
  const [email, setEmail] = useState(typed ?? "");
  const ask = useMutation({ mutationFn: () => done(api.POST("/api/auth/password/forgot", { body: { email: email.trim() } })) });
  const back = (
    <>
      Remembered it? <Link href={`/login${nextQuery(search)}`}>Log in</Link>
    </>
  );

  if (ask.isSuccess)
    return (
      <AuthLayout
        settled
        title="Look in your mail"
        lead={
          <>
            If there is an account for <strong className={styles.address}>{email.trim()}</strong>, a link to choose a new password is on its way. It works once, for 30 minutes.
          </>
        }
        footer={back}
      >
        <p className={styles.note}>Nothing there after a few minutes? Look among the unwanted mail, or see whether the address is the one you signed up with.</p>
        <div className={styles.choices}>
          <Button onClick={() => ask.reset()}>Use another address</Button>
          <OutboxLink button />
        </div>
      </AuthLayout>
    );
  return (
    <AuthLayout title="Forgot your password?" lead="Give your e-mail, and a link to choose a new one is sent there." footer={back}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <FormProblem error={ask.error} shown={["email"]} />
        <Field label="E-mail" error={faultOf(ask.error, "email")}>
          <Input type="email" name="email" autoComplete="username" autoFocus required value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Button type="submit" tone="primary" size="lg" wide busy={ask.isPending} disabled={!email.trim()} className={styles.submit}>
          Send the link
        </Button>
      </form>
    </AuthLayout>
  );
}
