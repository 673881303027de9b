import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { api, body } from "@tenon/api";
import { Button, Field, Input, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { usePageTitle } from "../../app/page-title";
import { AuthLayout } from "./auth-layout";
import { useBeginSession } from "./me";
import { PasswordRules } from "./password-rules";
import styles from "./auth.module.css";

export default function Signup() {
  usePageTitle("Create an account");
  const [search] = useSearchParams();
  const [name, setName] = useState("");
  const [organization, setOrganization] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const begin = useBeginSession();
  const signup = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/auth/signup", {
          body: { name: name.trim(), email: email.trim(), password, session: "cookie", ...(organization.trim() && { organization: organization.trim() }) },
        }),
      ),
    onSuccess: begin,
  });
  const query = search.size ? `?${search}` : "";

  return (
    <AuthLayout
      title="Create your account"
      lead="Your own organization is ready in a moment."
      footer={
        <>
          Already have an account? <Link href={`/login${query}`}>Log in</Link>
        </>
      }
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          signup.mutate();
        }}
      >
        <FormProblem error={signup.error} shown={["name", "email", "password", "organization"]} />
        <Field label="Name" error={faultOf(signup.error, "name")}>
          <Input name="name" autoComplete="name" autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="E-mail" error={faultOf(signup.error, "email")}>
          <Input type="email" name="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Organization" optional error={faultOf(signup.error, "organization")}>
          <Input name="organization" autoComplete="organization" value={organization} onChange={(event) => setOrganization(event.target.value)} />
        </Field>
        <Field label="Password" error={faultOf(signup.error, "password")} hint={<PasswordRules password={password} />}>
          <PasswordInput name="password" autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        </Field>
        {/* Not held back by the rules above: the server may run another policy, and it alone decides. */}
        <Button type="submit" tone="primary" size="lg" wide busy={signup.isPending} disabled={!name.trim() || !email.trim() || !password} className={styles.submit}>
          Create account
        </Button>
      </form>
    </AuthLayout>
  );
}
