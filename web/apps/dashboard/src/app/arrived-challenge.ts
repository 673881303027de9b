/**
 * Whoever has come in by another service and has a second factor arrives at /login with a challenge behind the `#`. It is taken out of
 * the address before anything else runs, and kept here alone until it is answered or given up.
 */
import type { Challenge, ProofMethod } from "@tenon/api";

const address = new URL(window.location.href);
const behind = new URLSearchParams(address.hash.slice(1));
const challenge = address.pathname === "/login" ? behind.get("challenge") : null;

let arrived: Challenge | null = challenge === null ? null : { challenge, methods: (behind.get("methods") ?? "").split(",").filter(Boolean) as ProofMethod[] };

if (arrived) {
  address.hash = "";
  address.searchParams.delete("mfa");
  window.history.replaceState(window.history.state, "", address);
}

export const arrivedChallenge = () => arrived;

export function forgetArrivedChallenge() {
  arrived = null;
}
