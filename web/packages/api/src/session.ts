/** Requests of the browser session: the cookie goes by itself, the CSRF token is added here, failures become ApiError. */
import { ApiError, errorFrom, networkError } from "./error";

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/* No session need exist when these are called, so no token does either: a letter's link is followed on any device. */
const WITHOUT_TOKEN = new Set(["/api/auth/login", "/api/auth/signup", "/api/auth/password/forgot", "/api/auth/password/reset", "/api/auth/email/verify", "/api/invitations/preview"]);

let token: Promise<string> | null = null;
const endListeners = new Set<() => void>();

export function csrfToken(): Promise<string> {
  token ??= fetchToken().catch((error: unknown) => {
    token = null;
    throw error;
  });
  return token;
}

/** The token belongs to one session; call this whenever the session begins, ends or changes its organization. */
export function forgetCsrfToken() {
  token = null;
}

/** Called when the server says that the session is over. */
export function onSessionEnd(listener: () => void): () => void {
  endListeners.add(listener);
  return () => endListeners.delete(listener);
}

export function noteError(error: ApiError) {
  if (error.code !== "UNAUTHENTICATED") return;
  forgetCsrfToken();
  endListeners.forEach((listener) => listener());
}

async function send(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw networkError();
  }
  if (response.ok) return response;
  throw errorFrom(response.status, await response.text(), (name) => response.headers.get(name));
}

async function fetchToken(): Promise<string> {
  const response = await send(new Request("/api/csrf-token", { headers: { Accept: "application/json" } }));
  const body = (await response.json()) as { data: { csrf_token: string } };
  return body.data.csrf_token;
}

export async function sessionFetch(request: Request): Promise<Response> {
  const guarded = UNSAFE.has(request.method) && !WITHOUT_TOKEN.has(new URL(request.url).pathname);
  try {
    if (!guarded) return await send(request);
    const again = request.clone();
    try {
      return await send(withToken(request, await csrfToken()));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "CSRF_FAILED") throw error;
      forgetCsrfToken();
      return await send(withToken(again, await csrfToken()));
    }
  } catch (error) {
    if (error instanceof ApiError) noteError(error);
    throw error;
  }
}

function withToken(request: Request, value: string): Request {
  request.headers.set("X-CSRF-Token", value);
  return request;
}
