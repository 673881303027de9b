import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, data, type Message } from "@tenon/api";

export const conversationsKey = ["conversations"] as const;
export const messagesKey = (id: string) => ["messages", id] as const;

export const conversationsQuery = (pages: number) =>
  queryOptions({
    queryKey: [...conversationsKey, "list", pages],
    placeholderData: keepPreviousData,
    queryFn: async () => body(api.GET("/api/conversations", { params: { query: { page: 1, page_size: Math.min(100, pages * 30) } } })),
  });

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: [...conversationsKey, "one", id],
    queryFn: () => data(api.GET("/api/conversations/{id}", { params: { path: { id } } })),
  });

/* A person reads a conversation as a whole; past this many messages the oldest pages would only cost time. */
const MOST_PAGES = 20;

export const messagesQuery = (id: string) =>
  queryOptions({
    queryKey: messagesKey(id),
    queryFn: async () => {
      const messages: Message[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await body(api.GET("/api/conversations/{id}/messages", { params: { path: { id }, query: { limit: 100, ...(cursor && { cursor }) } } }));
        messages.push(...answer.data);
        if (!answer.meta.next_cursor) break;
        cursor = answer.meta.next_cursor;
      }
      return messages;
    },
  });

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  staleTime: 60_000,
  queryFn: () => data(api.GET("/api/models")),
});
