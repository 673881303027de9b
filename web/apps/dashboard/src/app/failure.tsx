import { ApiError } from "@tenon/api";
import { Callout, Problem, toast } from "@tenon/ui";
import { CircleAlert } from "lucide-react";
import { duration } from "./format";

export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.code === "RATE_LIMITED" && error.retryAfter) return `Too many requests. Try again in ${duration(error.retryAfter)}.`;
    if (error.code === "ACCOUNT_LOCKED" && error.retryAfter) return `There were too many failed attempts. Try again in ${duration(error.retryAfter)}, or choose a new password.`;
    return error.message;
  }
  return error instanceof Error ? error.message : "Something went wrong.";
}

const requestOf = (error: unknown) => (error instanceof ApiError ? error.requestId : null);

export function LoadProblem({ error, onRetry, title, bare }: { error: unknown; onRetry?: () => void; title?: string; bare?: boolean }) {
  return <Problem title={title} message={explain(error)} requestId={requestOf(error)} onRetry={onRetry} bare={bare} />;
}

/** What the server found wrong with one field of a form. */
export function faultOf(error: unknown, field: string): readonly string[] | null {
  return error instanceof ApiError ? error.fields[field] ?? null : null;
}

/** The part of a refusal that belongs to no field the form shows. */
export function FormProblem({ error, shown }: { error: unknown; shown: readonly string[] }) {
  if (!error) return null;
  const covered = error instanceof ApiError && Object.keys(error.fields).length > 0 && Object.keys(error.fields).every((field) => shown.includes(field));
  if (covered) return null;
  /* What the message has said already is not said twice. */
  const said = explain(error);
  const rest = error instanceof ApiError ? Object.entries(error.fields).filter(([field, faults]) => !shown.includes(field) && !faults.every((fault) => said.includes(fault))) : [];
  const request = requestOf(error);
  return (
    <div role="alert">
      <Callout tone="danger" icon={<CircleAlert />}>
        {said} {rest.map(([field, faults]) => `${field}: ${faults.join(" ")}`).join(" ")}
        {error instanceof ApiError && error.status >= 500 && request && <> Request {request}.</>}
      </Callout>
    </div>
  );
}

export function tellFailure(title: string) {
  return (error: unknown) => {
    const request = error instanceof ApiError && error.status >= 500 && error.requestId ? ` Request ${error.requestId}` : "";
    toast.fault(title, explain(error) + request);
  };
}
