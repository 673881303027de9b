import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation, useSearchParams } from "wouter";
import { api, body, data, type Me } from "@tenon/api";
import { Button, Callout, SkeletonRows } from "@tenon/ui";
import { FormProblem, LoadProblem } from "../../app/failure";
import { onDateTime } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { AuthLayout } from "../auth/auth-layout";
import { useMoveSession, useSignOut } from "../auth/me";
import { invitationQuery } from "./invitation-query";
import styles from "./orgs.module.css";

/** Where the link in an invitation leads, whether or not somebody is signed in. */
export default function InvitationPage({ me }: { me: Me | null }) {
  usePageTitle("Invitation");
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const move = useMoveSession();
  const token = search.get("token") ?? "";
  const here = `?next=${encodeURIComponent(`/invitation?token=${token}`)}`;
  const preview = useQuery(invitationQuery(token));
  const accept = useMutation({
    mutationFn: async () => {
      const { id } = await data(api.POST("/api/invitations/accept", { body: { token } }));
      await body(api.POST("/api/orgs/{id}/switch", { params: { path: { id } } }));
    },
    onSuccess: async () => {
      navigate("/", { replace: true });
      await move(token);
    },
  });
  const signOut = useMutation({ mutationFn: useSignOut() });
  const invitation = preview.data;
  const matches = me && invitation && me.user.email.toLowerCase() === invitation.email.toLowerCase();

  return (
    <AuthLayout
      title={invitation ? `Join ${invitation.organization}` : "Invitation"}
      lead={invitation ? `${invitation.invited_by ?? "Somebody"} invites you, as ${invitation.role}.` : "One moment."}
      footer={me ? <Link href="/">Go to your organization</Link> : <Link href="/login">Log in</Link>}
    >
      {preview.isPending && <SkeletonRows bare rows={2} label="Loading the invitation" />}
      {preview.isError && <LoadProblem bare title="This invitation cannot be used" error={preview.error} />}
      {invitation && (
        <div className={styles.invitation}>
          <FormProblem error={accept.error} shown={[]} />
          <p>
            It was sent to <strong>{invitation.email}</strong> and can be accepted until {onDateTime(invitation.expires_at)}.
          </p>
          {matches && (
            <Button tone="primary" size="lg" wide busy={accept.isPending} onClick={() => accept.mutate()}>
              Accept the invitation
            </Button>
          )}
          {me && !matches && (
            <>
              <Callout tone="warning">You are logged in as {me.user.email}. Log in with the address it was sent to.</Callout>
              <Button size="lg" wide busy={signOut.isPending} onClick={() => signOut.mutate()}>
                Log out
              </Button>
            </>
          )}
          {!me && (
            <>
              <Button tone="primary" size="lg" wide onClick={() => navigate(`/signup${here}`)}>
                Create an account
              </Button>
              <Button size="lg" wide onClick={() => navigate(`/login${here}`)}>
                Log in
              </Button>
            </>
          )}
        </div>
      )}
    </AuthLayout>
  );
}
