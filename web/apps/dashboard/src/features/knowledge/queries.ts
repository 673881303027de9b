import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ApiError, api, body, data, type Chunk, type DocumentStatus, type KnowledgeDocument } from "@tenon/api";

export const documentsKey = ["documents"] as const;
export const PAGE_SIZE = 20;

export type DocumentFilter = { page: number; collection_id?: string; status?: DocumentStatus };

export const documentsQuery = (filter: DocumentFilter) =>
  queryOptions({
    queryKey: [...documentsKey, "list", filter],
    placeholderData: keepPreviousData,
    queryFn: () => body(api.GET("/api/knowledge/documents", { params: { query: { ...filter, page_size: PAGE_SIZE } } })),
  });

export const documentQuery = (id: string) =>
  queryOptions({
    queryKey: [...documentsKey, "one", id],
    queryFn: () => data(api.GET("/api/knowledge/documents/{id}", { params: { path: { id } } })),
  });

export const collectionsKey = ["collections"] as const;

export const collectionsQuery = queryOptions({
  queryKey: collectionsKey,
  queryFn: () => data(api.GET("/api/knowledge/collections", { params: { query: { page_size: 100 } } })),
});

export const chunkPage = (id: string, cursor: string | undefined, limit: number) =>
  body(api.GET("/api/knowledge/documents/{id}/chunks", { params: { path: { id }, query: { limit, ...(cursor && { cursor }) } } }));

/** A passage between its neighbours; null when the document no longer has it. */
export const surroundingsQuery = (documentId: string, chunkId: string) =>
  queryOptions({
    queryKey: ["surroundings", documentId, chunkId],
    queryFn: async (): Promise<Chunk[] | null> => {
      try {
        return await data(api.GET("/api/knowledge/documents/{id}/chunks", { params: { path: { id: documentId }, query: { around: chunkId, limit: 2 } } }));
      } catch (error) {
        if (error instanceof ApiError && error.code === "NOT_FOUND") return null;
        throw error;
      }
    },
  });

export const isWorking = (document: KnowledgeDocument) => document.status === "queued" || document.status === "processing";

/** How often to ask after documents that the server is working on. */
export const WORKING_INTERVAL = 1000;
