const LONGEST = 500;

/** Where a sign-in by a service begins; with `link` the identity is linked to the account that is signed in. */
export function beginAt(service: string, { next, link }: { next: string | null; link?: boolean }): string {
  const query = new URLSearchParams();
  /* What the server would refuse is left out: it would answer a page of JSON. */
  if (next !== null && next.length <= LONGEST && /^\/[!-[\]-~]*$/.test(next) && !next.split("?", 1)[0]?.includes("//")) query.set("next", next);
  if (link) query.set("link", "1");
  return `/api/auth/oauth/${encodeURIComponent(service)}${query.size ? `?${query}` : ""}`;
}
