import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { api, body } from "@tenon/api";
import { Button, Field, Input, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { linkToken } from "../../app/link-token";
import { usePageTitle } from "../../app/page-title";
import { AuthLayout } from "../auth/auth-layout";
import { useBeginSession } from "../auth/me";
import { PasswordRules } from "../auth/password-rules";
import styles from "../auth/auth.module.css";

/** Where the link leads that the program shows when it is started and nobody administers it yet. */
export default function Setup() {
  usePageTitle("Set up");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [, navigate] = useLocation();
  const begin = useBeginSession();
  const setUp = useMutation({
    mutationFn: () => body(api.POST("/api/admin/setup", { body: { token: linkToken ?? "", name: name.trim(), email: email.trim(), password, session: "cookie" } })),
    onSuccess: async () => {
      navigate("/", { replace: true });
      await begin();
    },
  });
  const footer = <Link href="/login">To the login</Link>;
  if (linkToken === null || faultOf(setUp.error, "token"))
    return <AuthLayout settled title="This link is not good any more" lead="It works once, as long as nobody administers this server. Start the program again: it shows a new one if there is need of it." footer={footer} />;
  return (
    <AuthLayout title="Set up this server" lead="Make the first account. It administers the whole installation." footer={footer}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setUp.mutate();
        }}
      >
        <FormProblem error={setUp.error} shown={["name", "email", "password"]} />
        <Field label="Name" error={faultOf(setUp.error, "name")}>
          <Input name="name" autoComplete="name" autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="E-mail" error={faultOf(setUp.error, "email")}>
          <Input type="email" name="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Password" error={faultOf(setUp.error, "password")} hint={<PasswordRules password={password} />}>
          <PasswordInput name="password" autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        </Field>
        <Button type="submit" tone="primary" size="lg" wide busy={setUp.isPending} disabled={!name.trim() || !email.trim() || !password} className={styles.submit}>
          Create the administrator
        </Button>
      </form>
    </AuthLayout>
  );
}
