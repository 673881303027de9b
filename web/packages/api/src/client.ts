import createClient from "openapi-fetch";
import { ApiError } from "./error";
import type { paths } from "./schema";
import { sessionFetch } from "./session";

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: sessionFetch });

type Answered<T> = { data?: T; response: Response };

/** The whole body of a successful answer. Failures never come here: sessionFetch throws them. */
export async function body<T>(answer: Promise<Answered<T>>): Promise<T> {
  const { data, response } = await answer;
  if (data === undefined) {
    throw new ApiError("UNREADABLE", "The server sent an empty answer.", response.status, response.headers.get("X-Request-Id"));
  }
  return data;
}

/** What the answer holds in `data`. */
export async function data<T>(answer: Promise<Answered<{ data: T }>>): Promise<T> {
  return (await body(answer)).data;
}

/** For answers that say no more than that it was done. */
export async function done(answer: Promise<Answered<unknown>>): Promise<void> {
  await answer;
}
