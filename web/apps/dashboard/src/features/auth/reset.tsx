import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { api, done } from "@tenon/api";
import { Button, Field, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { linkToken } from "../../app/link-token";
import { usePageTitle } from "../../app/page-title";
import { AuthLayout } from "./auth-layout";
import { useForgetSession } from "./me";
import { PasswordRules } from "./password-rules";
import styles from "./auth.module.css";

export default function Reset() {
  usePageTitle("Choose a new password");
  const [password, setPassword] = useState("");
  const [, navigate] = useLocation();
  const forget = useForgetSession();
  const reset = useMutation({
    mutationFn: () => done(api.POST("/api/auth/password/reset", { body: { token: linkToken ?? "", password } })),
    onSuccess: () => {
      /* Every session has ended, this browser's as well. */
      forget();
      navigate("/login", { replace: true, state: { notice: "password" } });
    },
  });
  const back = <Link href="/login">Back to the login</Link>;

  if (linkToken === null || faultOf(reset.error, "token"))
    return (
      <AuthLayout
        settled
        title={linkToken === null ? "Open the link once more" : "This link is not good any more"}
        lead={linkToken === null ? "This page has come without it. Open the link in the letter again, or ask for a new one." : "It works once and for 30 minutes, and a newer one replaces it. Ask for another; that takes a moment."}
        footer={back}
      >
        <Button asChild tone="primary" size="lg" wide className={styles.onward}>
          <Link href="/forgot">Ask for a new link</Link>
        </Button>
      </AuthLayout>
    );
  return (
    <AuthLayout title="Choose a new password" lead="You will be logged out everywhere, and log in with the new one." footer={back}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          reset.mutate();
        }}
      >
        <FormProblem error={reset.error} shown={["password"]} />
        <Field label="New password" error={faultOf(reset.error, "password")} hint={<PasswordRules password={password} />}>
          <PasswordInput name="password" autoComplete="new-password" autoFocus required value={password} onChange={(event) => setPassword(event.target.value)} />
        </Field>
        <Button type="submit" tone="primary" size="lg" wide busy={reset.isPending} disabled={!password} className={styles.submit}>
          Set the password
        </Button>
      </form>
    </AuthLayout>
  );
}
