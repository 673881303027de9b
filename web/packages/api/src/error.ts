export type ErrorCode =
  | "VALIDATION_ERROR"
  | "MALFORMED_JSON"
  | "UNAUTHENTICATED"
  | "INVALID_CREDENTIALS"
  | "MFA_REQUIRED"
  | "CSRF_FAILED"
  | "FORBIDDEN"
  | "PLAN_LIMIT"
  | "BUDGET_EXCEEDED"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "CONFLICT"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "RATE_LIMITED"
  | "ACCOUNT_LOCKED"
  | "UPSTREAM_ERROR"
  | "UNAVAILABLE"
  | "UPSTREAM_TIMEOUT"
  | "INTERNAL"
  /* These two are made here: no answer came, or not one of the API's. */
  | "NETWORK"
  | "UNREADABLE";

/** A way to show who one is, as MFA_REQUIRED names them. */
export type ProofMethod = "totp" | "passkey" | "recovery_code" | "password";

/** What MFA_REQUIRED asks for: answered by POST /api/auth/mfa/verify. */
export type Challenge = { readonly challenge: string; readonly methods: readonly ProofMethod[] };

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly status: number,
    readonly requestId: string | null,
    readonly fields: Readonly<Record<string, string[]>> = {},
    /** Seconds to wait, where the server said so. */
    readonly retryAfter: number | null = null,
    /** With MFA_REQUIRED alone. */
    readonly challenge: string | null = null,
    readonly methods: readonly ProofMethod[] = [],
  ) {
    super(message);
  }
}

type Failure = { error: { code: ErrorCode; message: string; fields?: Record<string, string[]>; request_id?: string; challenge?: string; methods?: ProofMethod[] } };

function isFailure(body: unknown): body is Failure {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}

export function errorFrom(status: number, text: string, header: (name: string) => string | null): ApiError {
  const requestId = header("X-Request-Id");
  const wait = Number(header("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  try {
    const body: unknown = JSON.parse(text);
    if (isFailure(body)) {
      const { code, message, fields, request_id, challenge, methods } = body.error;
      return new ApiError(code, message, status, request_id ?? requestId, fields, retryAfter, challenge, methods);
    }
  } catch {
    /* A proxy's page and the like: told below as what it is. */
  }
  return new ApiError("UNREADABLE", `The server answered ${status} with something this page cannot read.`, status, requestId, {}, retryAfter);
}

/** What a refused request has to answer, if that is why it was refused. */
export function challengeOf(error: unknown): Challenge | null {
  if (!(error instanceof ApiError) || error.code !== "MFA_REQUIRED" || error.challenge === null) return null;
  return { challenge: error.challenge, methods: error.methods };
}

export function networkError(): ApiError {
  return new ApiError("NETWORK", "The server could not be reached. Check the connection and try again.", 0, null);
}
