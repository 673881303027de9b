/** Requests of the browser session: the cookie goes by itself, the CSRF token is added here, failures become ApiError. */
import { ApiError, challengeOf, errorFrom, networkError, type Challenge } from "./error";

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/*
 * No session need exist when these are called, so no token does either: a letter's link is followed on any device. Nor are they asked
 * for a proof of who calls: they are the ways to give one.
 */
const OPEN = new Set([
  "/api/auth/login",
  "/api/auth/signup",
  "/api/auth/password/forgot",
  "/api/auth/password/reset",
  "/api/auth/email/verify",
  "/api/auth/mfa/options",
  "/api/auth/mfa/verify",
  "/api/auth/passkeys/login/options",
  "/api/auth/passkeys/login",
  "/api/invitations/preview",
  "/api/admin/setup",
]);

let token: Promise<string> | null = null;
const endListeners = new Set<() => void>();

/** Shows who is there; false where they would not or could not. */
type Prover = (challenge: Challenge) => Promise<boolean>;
let prover: Prover | null = null;
/* Requests that are refused at the same time are let through by one proof: it is the session's. */
let proving: Promise<boolean> | null = null;

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

/** Called when the server wants a signed-in person to show anew who they are; the request that it refused is sent again afterwards. */
export function onProofWanted(ask: Prover): () => void {
  prover = ask;
  return () => {
    if (prover === ask) prover = null;
  };
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
  try {
    if (OPEN.has(new URL(request.url).pathname)) return await send(request);
    const again = request.clone();
    try {
      return await sendGuarded(request);
    } catch (error) {
      await prove(error);
      return await sendGuarded(again);
    }
  } catch (error) {
    if (error instanceof ApiError) noteError(error);
    throw error;
  }
}

/** Throws the error unless it was a refusal for want of a proof, and the proof has been given. */
async function prove(error: unknown) {
  const challenge = challengeOf(error);
  if (!challenge || !prover) throw error;
  proving ??= prover(challenge).finally(() => {
    proving = null;
  });
  if (!(await proving)) throw new ApiError("MFA_REQUIRED", "Nothing was done, because you did not confirm that it is you.", 401, null);
}

async function sendGuarded(request: Request): Promise<Response> {
  if (!UNSAFE.has(request.method)) return send(request);
  const again = request.clone();
  try {
    return await send(withToken(request, await csrfToken()));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "CSRF_FAILED") throw error;
    forgetCsrfToken();
    return send(withToken(again, await csrfToken()));
  }
}

function withToken(request: Request, value: string): Request {
  request.headers.set("X-CSRF-Token", value);
  return request;
}
