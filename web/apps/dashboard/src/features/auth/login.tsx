import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { Link, useSearchParams } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { api, body } from "@tenon/api";
import { Button, Callout, Field, Input, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { usePageTitle } from "../../app/page-title";
import { AuthLayout } from "./auth-layout";
import { useBeginSession } from "./me";
import styles from "./auth.module.css";

export default function Login() {
  usePageTitle("Log in");
  const [search] = useSearchParams();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  /* In the history's entry and not in the address, which anybody could write. */
  const notice = useHistoryState<{ notice?: string } | null>()?.notice;
  const begin = useBeginSession();
  const login = useMutation({
    mutationFn: () => body(api.POST("/api/auth/login", { body: { email, password, session: "cookie" } })),
    onSuccess: begin,
  });
  const query = search.size ? `?${search}` : "";

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
      {notice === "password" && !login.error && (
        <div className={styles.notice} role="status">
          <Callout tone="accent" icon={<CircleCheck />}>
            Your password is changed. Log in with the new one.
          </Callout>
        </div>
      )}
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate();
        }}
      >
        <FormProblem error={login.error} shown={["email", "password"]} />
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
    </AuthLayout>
  );
}
