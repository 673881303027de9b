import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, body, data, type Joinable } from "@tenon/api";
import { toast } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { meKey, useBeginSession, useMe } from "../auth/me";

const joinableKey = ["joinable"] as const;

const joinableQuery = queryOptions({ queryKey: joinableKey, staleTime: 60_000, queryFn: () => data(api.GET("/api/orgs/joinable")) });

/** Organizations one may join by one's address. Nobody is asked who has not confirmed it, nor an administrator who acts for somebody. */
export function useJoinable() {
  const { user, impersonator } = useMe();
  return useQuery({ ...joinableQuery, enabled: user.email_verified && !impersonator });
}

/** Joins and goes there. */
export function useJoin(onJoined?: () => void) {
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const begin = useBeginSession();
  return useMutation({
    mutationFn: async (organization: Joinable) => {
      const path = { id: organization.id };
      const joined = await data(api.POST("/api/orgs/{id}/join", { params: { path } }));
      await body(api.POST("/api/orgs/{id}/switch", { params: { path } }));
      return joined;
    },
    onSuccess: async (joined) => {
      onJoined?.();
      navigate("/");
      await begin();
      toast.done(`You joined ${joined.name}`, `You are ${joined.role} there.`);
    },
    onError: (error) => {
      /* It may have been joined all the same, or be there no more. */
      void client.invalidateQueries({ queryKey: joinableKey });
      void client.invalidateQueries({ queryKey: meKey });
      tellFailure("You could not join")(error);
    },
  });
}
