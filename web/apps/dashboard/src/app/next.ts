/** Where `next` leads: a path of this origin with what follows it, or null. An address from outside must not choose the target. */
export function nextOf(search: URLSearchParams): string | null {
  const next = search.get("next");
  if (next === null || !/^\/(?![/\\])/.test(next)) return null;
  const target = new URL(next, window.location.origin);
  return target.origin === window.location.origin ? target.pathname + target.search : null;
}

/** The same as a query for the other pages on the way in: what else stands in the address was for this page alone. */
export function nextQuery(search: URLSearchParams): string {
  const next = nextOf(search);
  return next === null ? "" : `?next=${encodeURIComponent(next)}`;
}
