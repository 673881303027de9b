import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, done } from "@tenon/api";
import { Button, Card, Field, PasswordInput, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { useMe } from "../auth/me";
import { PasswordRules } from "../auth/password-rules";
import styles from "./settings.module.css";

export function PasswordSection() {
  const { user } = useMe();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => done(api.POST("/api/auth/password", { body: { current_password: current, new_password: next } })),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      void client.invalidateQueries({ queryKey: ["sessions"] });
      toast.done("Password changed", "Every other session has been logged out.");
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Card
        title="Password"
        description="Changing it logs out every other browser and device."
        footer={
          <>
            <Link href="/forgot" state={{ email: user.email }} className={styles.beside}>
              Forgot your password?
            </Link>
            <Button tone="primary" type="submit" busy={save.isPending} disabled={!current || !next}>
              Change password
            </Button>
          </>
        }
      >
        <div className={`stack ${styles.fields}`}>
          <FormProblem error={save.error} shown={["current_password", "new_password"]} />
          {/* Password managers look for the account's name beside the password. */}
          <input type="text" hidden readOnly autoComplete="username" value={user.email} />
          <Field label="Current password" error={faultOf(save.error, "current_password")}>
            <PasswordInput autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />
          </Field>
          <Field label="New password" error={faultOf(save.error, "new_password")} hint={<PasswordRules password={next} />}>
            <PasswordInput autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />
          </Field>
        </div>
      </Card>
    </form>
  );
}
