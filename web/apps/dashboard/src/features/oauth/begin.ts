const LONGEST = 500;

/** Where a sign-in by a service begins. */
export function beginAt(service: string, next: string | null): string {
  const query = new URLSearchParams();
  /* What the server would refuse is left out: it would answer a page of JSON. */
  if (next !== null && next.length <= LONGEST && /^\/[!-[\]-~]*$/.test(next) && !next.split("?", 1)[0]?.includes("//")) query.set("next", next);
  return `/api/auth/oauth/${encodeURIComponent(service)}${query.size ? `?${query}` : ""}`;
}
