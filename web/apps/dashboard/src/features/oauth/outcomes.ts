/** What the codes say that a sign-in by another service ends with: a closed list of the server's. */
const OUTCOMES: Readonly<Record<string, string>> = {
  denied: "You did not go through with it at the other service, so nothing was done.",
  expired: "That took too long, or was begun in another browser. Please begin again.",
  failed: "What the other service answered cannot be accepted. Please try again, or take another way.",
  unavailable: "The other service does not answer just now. Please try again later, or take another way.",
  email_missing: "The other service does not tell your e-mail address. Let it do so, or take another way.",
  email_unverified: "The other service has not confirmed your e-mail address. Confirm it there first, or take another way.",
  identity_taken: "Your account at the other service is linked to another account here. Unlink it there first.",
  signed_out: "You were logged out meanwhile. Log in, then link the service once more.",
};

export const outcomeOf = (code: string | null) => (code === null ? null : OUTCOMES[code] ?? OUTCOMES.failed ?? null);
