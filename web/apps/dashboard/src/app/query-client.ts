import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@tenon/api";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      /* An answer from the server is an answer; only what may pass by itself is asked again. */
      retry: (failures, error) => failures < 2 && error instanceof ApiError && (error.code === "NETWORK" || error.code === "UNAVAILABLE"),
    },
  },
});
