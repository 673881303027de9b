import { queryOptions } from "@tanstack/react-query";
import { api, data } from "@tenon/api";

/** Everything about one's factors: one change may touch passkeys, one-time codes and recovery codes alike. */
export const factorsKey = ["factors"];

export const factorsQuery = queryOptions({ queryKey: [...factorsKey, "state"], queryFn: () => data(api.GET("/api/auth/mfa")) });
export const passkeysQuery = queryOptions({ queryKey: [...factorsKey, "passkeys"], queryFn: () => data(api.GET("/api/auth/passkeys")) });
