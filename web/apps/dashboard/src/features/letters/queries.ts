import { queryOptions } from "@tanstack/react-query";
import { api, data } from "@tenon/api";

/** The letters kept on a machine that sends none. Anywhere else the server says that there is nothing, and is believed. */
export const outboxQuery = queryOptions({
  queryKey: ["outbox"],
  retry: false,
  retryOnMount: false,
  queryFn: () => data(api.GET("/api/outbox")),
});

export const letterQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", id],
    staleTime: Infinity,
    queryFn: () => data(api.GET("/api/outbox/{id}", { params: { path: { id } } })),
  });
