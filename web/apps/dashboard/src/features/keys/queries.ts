import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body } from "@tenon/api";

export const keysKey = ["keys"] as const;
export const KEYS_PAGE = 50;

export const keysQuery = (page: number) =>
  queryOptions({
    queryKey: [...keysKey, page],
    placeholderData: keepPreviousData,
    queryFn: () => body(api.GET("/api/keys", { params: { query: { page, page_size: KEYS_PAGE } } })),
  });
