import { createContext, useCallback, useContext } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, data, done, forgetCsrfToken, type Me } from "@tenon/api";
import { forgetAnswers } from "../conversations/answers";

export const meKey = ["me"] as const;

/** Who is signed in; null when nobody is. */
export function useMeQuery() {
  return useQuery({
    queryKey: meKey,
    /* Who still has an address to confirm does so in another tab or program, and finds it said here on coming back. */
    staleTime: (query) => (query.state.data?.user.email_verified === false ? 0 : 60_000),
    queryFn: async (): Promise<Me | null> => {
      try {
        return await data(api.GET("/api/auth/me"));
      } catch (error) {
        if (error instanceof ApiError && error.code === "UNAUTHENTICATED") return null;
        throw error;
      }
    },
  });
}

/* Given down from where the pages are chosen: a page that asked the query itself could see the session end before it is taken away. */
export const MeContext = createContext<Me | null>(null);

/** For pages behind the login, which are shown to nobody else. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("Nobody is signed in.");
  return me;
}

export function usePermission(permission: string): boolean {
  return useMe().permissions.includes(permission);
}

/** Nothing of the account stays in memory for whoever signs in next. */
export function useForgetSession() {
  const client = useQueryClient();
  return useCallback(() => {
    forgetCsrfToken();
    forgetAnswers();
    client.setQueryData(meKey, null);
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== meKey[0] });
  }, [client]);
}

export function useSignOut() {
  const forget = useForgetSession();
  return async () => {
    try {
      await done(api.POST("/api/auth/logout"));
    } catch (error) {
      /* An ended session is as good as one that was ended now. */
      if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") throw error;
    }
    forget();
  };
}

/** After login, sign-up or a change of organization: nothing that was loaded before holds any more. */
export function useBeginSession() {
  const client = useQueryClient();
  return async () => {
    forgetCsrfToken();
    forgetAnswers();
    await client.resetQueries();
  };
}

/** The same where the page that is still shown asks by a key that holds no more: an organization that was left, a used invitation. */
export function useMoveSession() {
  const client = useQueryClient();
  return async (past: string) => {
    forgetCsrfToken();
    forgetAnswers();
    await client.refetchQueries({ queryKey: meKey });
    await client.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== meKey[0] && !queryKey.includes(past) });
  };
}
