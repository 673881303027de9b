import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { Link, useLocation, useSearchParams } from "wouter";
import { api, body } from "@tenon/api";
import { Button, Callout, Field, Input, PasswordInput } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { nextOf, nextQuery } from "../../app/next";
import { usePageTitle } from "../../app/page-title";
import { OutboxLink } from "../letters/outbox-link";
import { ServiceButtons } from "../oauth/service-buttons";
import { invitationIn, invitationQuery } from "../orgs/invitation-query";
import { AuthLayout, OtherWays } from "./auth-layout";
import { useBeginSession, useMoveSession } from "./me";
import { PasswordRules } from "./password-rules";
import styles from "./auth.module.css";

export default function Signup() {
  usePageTitle("Create an account");
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [organization, setOrganization] = useState("");
  const [typedEmail, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const begin = useBeginSession();
  const move = useMoveSession();
  const next = nextOf(search);
  const token = invitationIn(next);
  const preview = useQuery({ ...invitationQuery(token ?? ""), enabled: token !== null });
  const invitation = preview.data;
  const email = invitation?.email ?? typedEmail;
  const signup = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/auth/signup", {
          body: {
            name: name.trim(),
            email: email.trim(),
            password,
            session: "cookie",
            ...(invitation && token !== null ? { invitation: token } : organization.trim() && { organization: organization.trim() }),
          },
        }),
      ),
    onSuccess: async (answer) => {
      if (!("user" in answer)) return;
      if (token === null) return begin();
      /* The invitation is used up, and its page has nothing more to say. */
      navigate("/signup", { replace: true });
      await move(token);
    },
  });
  const query = nextQuery(search);

  /* Where whoever signs up is not told whether there is such an account (SIGNUP_PRIVATE). */
  if (signup.isSuccess && !("user" in signup.data))
    return (
      <AuthLayout
        settled
        title="Look in your mail"
        lead={
          <>
            A letter to <strong className={styles.address}>{email.trim()}</strong> says how to go on.
          </>
        }
        footer={
          <>
            Confirmed it? <Link href={`/login${query}`}>Log in</Link>
          </>
        }
      >
        <p className={styles.note}>Nothing there after a few minutes? Look among the unwanted mail, or see whether the address is right.</p>
        <div className={styles.choices}>
          <Button onClick={() => signup.reset()}>Use another address</Button>
          <OutboxLink button />
        </div>
      </AuthLayout>
    );

  return (
    <AuthLayout
      title={invitation ? `Join ${invitation.organization}` : "Create your account"}
      lead={invitation ? `Create your account, and you are in as ${invitation.role}.` : "Your own organization is ready in a moment."}
      footer={
        <>
          Already have an account? <Link href={`/login${query}`}>Log in</Link>
        </>
      }
    >
      {preview.isError && (
        <div className={styles.notice} role="alert">
          <Callout tone="warning" icon={<CircleAlert />}>
            The invitation is not good any more. You can create an account with an organization of your own.
          </Callout>
        </div>
      )}
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
        <Field label="E-mail" error={faultOf(signup.error, "email")} hint={invitation && "The invitation was sent to it."}>
          <Input type="email" name="email" autoComplete="username" required readOnly={invitation !== undefined} value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        {!invitation && (
          <Field label="Organization" optional error={faultOf(signup.error, "organization")}>
            <Input name="organization" autoComplete="organization" value={organization} onChange={(event) => setOrganization(event.target.value)} />
          </Field>
        )}
        <Field label="Password" error={faultOf(signup.error, "password")} hint={<PasswordRules password={password} />}>
          <PasswordInput name="password" autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        </Field>
        {/* Not held back by the rules above: the server may run another policy, and it alone decides. */}
        <Button type="submit" tone="primary" size="lg" wide busy={signup.isPending} disabled={!name.trim() || !email.trim() || !password} className={styles.submit}>
          Create account
        </Button>
      </form>
      <OtherWays>
        <ServiceButtons next={next} />
      </OtherWays>
    </AuthLayout>
  );
}
