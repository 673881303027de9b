import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, data } from "@tenon/api";

export const ADMIN_PAGE = 50;

/** The first word of all that only an administrator may see, so that it can be forgotten at once. */
export const ADMIN = "admin";
export const adminKey = [ADMIN] as const;
export const peopleKey = [ADMIN, "people"] as const;
export const organizationsKey = [ADMIN, "organizations"] as const;

type Wanted = { page: number; q: string };
const asked = ({ page, q }: Wanted) => ({ page, page_size: ADMIN_PAGE, ...(q && { q }) });

export const peopleQuery = (wanted: Wanted) =>
  queryOptions({ queryKey: [...peopleKey, "list", wanted], placeholderData: keepPreviousData, queryFn: () => body(api.GET("/api/admin/users", { params: { query: asked(wanted) } })) });

export const personQuery = (id: string) =>
  queryOptions({ queryKey: [...peopleKey, "one", id], queryFn: () => data(api.GET("/api/admin/users/{id}", { params: { path: { id } } })) });

export const organizationsQuery = (wanted: Wanted) =>
  queryOptions({ queryKey: [...organizationsKey, "list", wanted], placeholderData: keepPreviousData, queryFn: () => body(api.GET("/api/admin/orgs", { params: { query: asked(wanted) } })) });
