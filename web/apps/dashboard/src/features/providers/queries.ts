import { queryOptions } from "@tanstack/react-query";
import { api, data } from "@tenon/api";

export const providersKey = ["providers"] as const;

export const providersQuery = queryOptions({ queryKey: [...providersKey, "list"], queryFn: () => data(api.GET("/api/providers")) });

export const catalogueQuery = queryOptions({
  queryKey: [...providersKey, "catalogue"],
  staleTime: 600_000,
  queryFn: () => data(api.GET("/api/providers/catalogue")),
});
