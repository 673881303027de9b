import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, data, type UsageGrouping } from "@tenon/api";

/** Days as they stand in the API: the first and the last one counted, in UTC. */
export type Period = { from: string; to: string };

export const dayBefore = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

export const periodOf = (days: number): Period => ({ from: dayBefore(days - 1), to: dayBefore(0) });

export const usageQuery = (period: Period, group_by: UsageGrouping) =>
  queryOptions({
    queryKey: ["usage", period, group_by],
    placeholderData: keepPreviousData,
    queryFn: () => data(api.GET("/api/usage", { params: { query: { from: `${period.from}T00:00:00.000Z`, to: `${period.to}T23:59:59.999Z`, group_by } } })),
  });

export const callQuery = (id: string) =>
  queryOptions({
    queryKey: ["call", id],
    staleTime: Infinity,
    queryFn: () => data(api.GET("/api/usage/events/{id}", { params: { path: { id } } })),
  });

export const callPage = (cursor: string | undefined) => body(api.GET("/api/usage/events", { params: { query: { limit: 25, ...(cursor && { cursor }) } } }));
