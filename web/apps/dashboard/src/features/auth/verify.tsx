import type { ReactNode } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, done, type User } from "@tenon/api";
import { Button, Spinner } from "@tenon/ui";
import { explain, faultOf } from "../../app/failure";
import { linkToken } from "../../app/link-token";
import { usePageTitle } from "../../app/page-title";
import { OutboxLink } from "../letters/outbox-link";
import { AuthLayout } from "./auth-layout";
import { meKey, useMeQuery } from "./me";
import { useResendLink } from "./verification";
import styles from "./auth.module.css";

export default function Verify() {
  usePageTitle("Confirm your address");
  const client = useQueryClient();
  const me = useMeQuery();
  /* The link works once. A query, unlike an effect, is run once however often the page is mounted. */
  const verified = useQuery({
    queryKey: ["verify"],
    enabled: linkToken !== null,
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async () => {
      await done(api.POST("/api/auth/email/verify", { body: { token: linkToken ?? "" } }));
      /* What is under way for the first time may have been read before, and would not be asked again. */
      await client.cancelQueries({ queryKey: meKey });
      await client.invalidateQueries({ queryKey: meKey });
      return true;
    },
  });
  const user = me.data?.user;
  const onward = user ? <Link href="/">To the overview</Link> : <Link href="/login">To the login</Link>;

  if (verified.isSuccess)
    return (
      <AuthLayout settled title="Your address is confirmed" lead={user ? <>This account uses <Address of={user} /> from now on.</> : "Thank you. Log in to go on."} footer="You can close this page.">
        <Button asChild tone="primary" size="lg" wide className={styles.onward}>
          {onward}
        </Button>
      </AuthLayout>
    );
  if (verified.isError && !faultOf(verified.error, "token"))
    return (
      <AuthLayout settled title="That did not work yet" lead={explain(verified.error)} footer={onward}>
        <Button tone="primary" size="lg" wide busy={verified.isFetching} className={styles.onward} onClick={() => void verified.refetch()}>
          Try again
        </Button>
      </AuthLayout>
    );
  if (verified.isError || linkToken === null) return <NotGood user={user} known={!me.isPending} onward={onward} />;
  return (
    <AuthLayout title="Confirming your address" lead="This takes a moment." footer={<>&nbsp;</>}>
      <div className={styles.busy} role="status" aria-label="Confirming">
        <Spinner />
      </div>
    </AuthLayout>
  );
}

const Address = ({ of: { email } }: { of: User }) => <strong className={styles.address}>{email}</strong>;

/** Used, too old or replaced; or the page was loaded anew, without its token. Which of them, nobody is told. */
function NotGood({ user, known, onward }: { user: User | undefined; known: boolean; onward: ReactNode }) {
  const resend = useResendLink(user?.email ?? "");
  const title = "This link is not good any more";

  if (!known) return <AuthLayout title={title} lead={<>&nbsp;</>} footer={<>&nbsp;</>} />;
  if (!user)
    return (
      <AuthLayout settled title={title} lead="It works once, for one day. If your address is still to be confirmed, log in and ask for a new link." footer={<Link href="/signup">Create an account</Link>}>
        <Button asChild tone="primary" size="lg" wide className={styles.onward}>
          <Link href="/login?next=%2Fsettings%2Faccount">Log in</Link>
        </Button>
      </AuthLayout>
    );
  if (user.email_verified)
    return (
      <AuthLayout settled title={linkToken === null ? "Your address is confirmed" : title} lead={<>Nothing is left to do for <Address of={user} />: it is confirmed. For a new address, ask for a new link in the settings.</>} footer={<Link href="/settings/account">To the settings</Link>}>
        <Button asChild tone="primary" size="lg" wide className={styles.onward}>
          {onward}
        </Button>
      </AuthLayout>
    );
  return (
    <AuthLayout settled title={title} lead={<>It works once, for one day, and a newer one replaces it. A new one goes to <Address of={user} />.</>} footer={onward}>
      <Button tone="primary" size="lg" wide busy={resend.isPending} disabled={resend.isSuccess} className={styles.onward} onClick={() => resend.mutate()}>
        {resend.isSuccess ? "The link is on its way" : "Send a new link"}
      </Button>
      {resend.isSuccess && (
        <div className={styles.choices}>
          <OutboxLink button />
        </div>
      )}
    </AuthLayout>
  );
}
