import { useMutation } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { Link } from "wouter";
import { api, done } from "@tenon/api";
import { Button, Callout, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { linkToken } from "../../app/link-token";
import { usePageTitle } from "../../app/page-title";
import { AuthLayout } from "./auth-layout";
import { useForgetSession, useMe } from "./me";
import styles from "./auth.module.css";

/** Where the letter leads that goes to who has no password to delete their account by. Nothing is deleted by opening it. */
export default function DeleteAccount() {
  usePageTitle("Delete your account");
  const { user } = useMe();
  const forget = useForgetSession();
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/auth/me", { body: { token: linkToken } })),
    onSuccess: () => {
      forget();
      toast.done("Your account is deleted");
    },
  });
  const isGood = linkToken !== null && !faultOf(remove.error, "token");
  return (
    <AuthLayout
      title={isGood ? "Delete your account?" : "This link is not good any more"}
      lead={isGood ? `The account of ${user.email} goes for good, and the organizations that are yours alone with it.` : "It works once, for a while, and in the account that it was sent to."}
      footer={<Link href="/settings/account">Back to the settings</Link>}
    >
      {isGood && (
        <div className={styles.form}>
          <FormProblem error={remove.error} shown={[]} />
          <Callout tone="warning" icon={<TriangleAlert />}>
            This cannot be undone.
          </Callout>
          <Button tone="danger" size="lg" wide busy={remove.isPending} onClick={() => remove.mutate()}>
            Delete my account
          </Button>
        </div>
      )}
    </AuthLayout>
  );
}
