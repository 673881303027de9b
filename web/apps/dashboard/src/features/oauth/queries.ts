import { queryOptions } from "@tanstack/react-query";
import { api, data } from "@tenon/api";

export const identitiesKey = ["identities"];

export const identitiesQuery = queryOptions({ queryKey: identitiesKey, queryFn: () => data(api.GET("/api/auth/identities")) });

/** Which services there are is the operator's to say, and changes with a restart. */
export const servicesQuery = queryOptions({ queryKey: ["services"], staleTime: Infinity, queryFn: () => data(api.GET("/api/auth/oauth")) });
