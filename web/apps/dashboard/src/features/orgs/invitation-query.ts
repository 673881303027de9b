import { queryOptions } from "@tanstack/react-query";
import { api, data } from "@tenon/api";

export const invitationQuery = (token: string) =>
  queryOptions({ queryKey: ["invitation", token], retry: false, queryFn: () => data(api.POST("/api/invitations/preview", { body: { token } })) });

/** The token of the invitation that `next` leads back to: it can be taken up by signing up. */
export function invitationIn(next: string | null): string | null {
  if (!next?.startsWith("/invitation?")) return null;
  return new URL(next, window.location.origin).searchParams.get("token");
}
