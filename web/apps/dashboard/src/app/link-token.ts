/**
 * The token of a letter's link, taken out of the address before anything else runs: it is not to be seen over a shoulder, kept in the
 * history, sent on as a Referer or read by what is loaded later. It lives here and nowhere else; whoever reloads opens the link again.
 */
const address = new URL(window.location.href);

/* An invitation's stays: it goes on through signing up, and opens nothing to anybody but the one it was sent to. */
export const linkToken = address.pathname === "/invitation" ? null : address.searchParams.get("token");

if (linkToken !== null) {
  address.searchParams.delete("token");
  window.history.replaceState(window.history.state, "", address);
}
