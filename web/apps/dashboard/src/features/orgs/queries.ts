import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, data } from "@tenon/api";

export const MEMBERS_PAGE = 50;
export const membersKey = ["members"] as const;
export const rolesKey = ["roles"] as const;
export const invitationsKey = ["invitations"] as const;
export const domainsKey = ["domains"] as const;

export const membersQuery = (id: string, page: number, q: string) =>
  queryOptions({
    queryKey: [...membersKey, id, page, q],
    placeholderData: keepPreviousData,
    queryFn: () => body(api.GET("/api/orgs/{id}/members", { params: { path: { id }, query: { page, page_size: MEMBERS_PAGE, ...(q && { q }) } } })),
  });

export const rolesQuery = (id: string) => queryOptions({ queryKey: [...rolesKey, id], queryFn: () => data(api.GET("/api/orgs/{id}/roles", { params: { path: { id } } })) });

export const invitationsQuery = (id: string) =>
  queryOptions({ queryKey: [...invitationsKey, id], queryFn: () => body(api.GET("/api/orgs/{id}/invitations", { params: { path: { id }, query: { page_size: 100 } } })) });

export const domainsQuery = (id: string) => queryOptions({ queryKey: [...domainsKey, id], queryFn: () => data(api.GET("/api/orgs/{id}/domains", { params: { path: { id } } })) });
