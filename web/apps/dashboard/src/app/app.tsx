import { Component, Suspense, lazy, useEffect, type ReactNode } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Redirect, Route, Switch, useLocation, useSearchParams } from "wouter";
import { onSessionEnd } from "@tenon/api";
import { LogoMark, Page, Problem, Skeleton, SkeletonRows, toast } from "@tenon/ui";
import { MeContext, meKey, useForgetSession, useMe, useMeQuery } from "../features/auth/me";
import { ProofDialog } from "../features/factors/proof-dialog";
import { LoadProblem } from "./failure";
import { nextOf } from "./next";
import styles from "./app.module.css";

const Login = lazy(() => import("../features/auth/login"));
const Signup = lazy(() => import("../features/auth/signup"));
const Forgot = lazy(() => import("../features/auth/forgot"));
const Reset = lazy(() => import("../features/auth/reset"));
const Verify = lazy(() => import("../features/auth/verify"));
const Setup = lazy(() => import("../features/admin/setup"));
const DeleteAccount = lazy(() => import("../features/auth/delete-account"));
const Outbox = lazy(() => import("../features/letters/outbox"));
/* Most who come are signed in: the frame of their pages is fetched while the server says who they are. */
const frame = /^\/(login|signup|forgot|reset|verify|setup|invitation|outbox(\/.*)?)$/.test(window.location.pathname) ? null : import("../shell/shell");
const Shell = lazy(() => frame ?? import("../shell/shell"));
const Overview = lazy(() => import("../features/dashboard/overview"));
const Chat = lazy(() => import("../features/conversations/chat"));
const Documents = lazy(() => import("../features/knowledge/documents"));
const DocumentPage = lazy(() => import("../features/knowledge/document"));
const Keys = lazy(() => import("../features/keys/keys"));
const Providers = lazy(() => import("../features/providers/providers"));
const Usage = lazy(() => import("../features/usage/usage"));
const Settings = lazy(() => import("../features/settings/settings"));
const InvitationPage = lazy(() => import("../features/orgs/invitation"));
const People = lazy(() => import("../features/admin/people"));
const Organizations = lazy(() => import("../features/admin/organizations"));
const NotFound = lazy(() => import("./not-found"));

/** Pages for everybody, signed in or not, come at once; the others when it is known who is there. */
export function App() {
  useReturnToLogin();
  return (
    <Boundary>
      <Suspense fallback={<Splash />}>
        <Switch>
          <Route path="/forgot" component={Forgot} />
          <Route path="/reset" component={Reset} />
          <Route path="/verify" component={Verify} />
          <Route path="/setup" component={Setup} />
          <Route path="/outbox/:id?" component={Outbox} />
          <Route>
            <ByAccount />
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}

function ByAccount() {
  const me = useMeQuery();

  if (me.isPending) return <Splash />;
  if (me.isError && !me.data) {
    return (
      <main className={styles.centre}>
        <LoadProblem error={me.error} onRetry={() => void me.refetch()} title="Tenon could not be reached" />
      </main>
    );
  }
  return me.data ? (
    <MeContext value={me.data}>
      <SignedIn />
      <ProofDialog />
    </MeContext>
  ) : (
    <SignedOut />
  );
}

function SignedIn() {
  const me = useMe();
  return (
    <Suspense fallback={<Splash />}>
      <Switch>
        <Route path="/login">
          <Onward />
        </Route>
        <Route path="/signup">
          <Onward />
        </Route>
        <Route path="/invitation">
          <InvitationPage me={me} />
        </Route>
        <Route path="/delete" component={DeleteAccount} />
        <Route>
          <Shell>
            <Boundary>
              <Suspense fallback={<PageSkeleton />}>
                <Switch>
                  <Route path="/" component={Overview} />
                  <Route path="/chat/:id?" component={Chat} />
                  <Route path="/documents" component={Documents} />
                  <Route path="/documents/:id" component={DocumentPage} />
                  <Route path="/keys" component={Keys} />
                  <Route path="/providers" component={Providers} />
                  <Route path="/usage" component={Usage} />
                  <Route path="/settings/:section?" component={Settings} />
                  {/* To anybody else there is nothing at these addresses, as the server says of its routes. */}
                  {me.user.is_admin && <Route path="/admin/people" component={People} />}
                  {me.user.is_admin && <Route path="/admin/organizations" component={Organizations} />}
                  <Route component={NotFound} />
                </Switch>
              </Suspense>
            </Boundary>
          </Shell>
        </Route>
      </Switch>
    </Suspense>
  );
}

function SignedOut() {
  const [location] = useLocation();
  const next = location === "/" ? "" : `?next=${encodeURIComponent(location + window.location.search)}`;
  return (
    <Suspense fallback={<Splash />}>
      <Switch>
        <Route path="/login" component={Login} />
        <Route path="/signup" component={Signup} />
        <Route path="/invitation">
          <InvitationPage me={null} />
        </Route>
        <Route>
          <Redirect to={`/login${next}`} replace />
        </Route>
      </Switch>
    </Suspense>
  );
}

/** After signing in, back to where one was. */
function Onward() {
  const [search] = useSearchParams();
  return <Redirect to={nextOf(search) ?? "/"} replace />;
}

function useReturnToLogin() {
  const client = useQueryClient();
  const forget = useForgetSession();
  useEffect(
    () =>
      onSessionEnd(() => {
        if (!client.getQueryData(meKey)) return;
        forget();
        toast.fault("Your session has ended", "Sign in to go on where you were.");
      }),
    [client, forget],
  );
}

function Splash() {
  return (
    <div className={styles.centre} role="status" aria-label="Loading">
      <span className={styles.splash}>
        <LogoMark size={34} />
      </span>
    </div>
  );
}

function PageSkeleton() {
  return (
    <Page>
      <Skeleton width={180} height={26} />
      <SkeletonRows rows={5} />
    </Page>
  );
}

class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <main className={styles.centre}>
        {/* A deploy takes the old page's files away; loading anew brings the new ones. */}
        <Problem title="This page stopped working" message={this.state.error.message} onRetry={() => window.location.reload()} />
      </main>
    );
  }
}
