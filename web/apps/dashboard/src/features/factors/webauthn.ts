/**
 * Passkeys (W3C Web Authentication, §5.1): what the server asks an authenticator for and what it answers, as JSON. The browsers' own
 * parseRequestOptionsFromJSON and toJSON are not used: older ones lack them, and the credentials of some password managers as well.
 */

/** Browsers have passkeys over https and on localhost alone. */
export const passkeysWork = "PublicKeyCredential" in window;

const WHY: Readonly<Record<string, string>> = {
  NotAllowedError: "No passkey was used: the browser's question was closed, or went unanswered.",
  AbortError: "No passkey was used: the browser's question was closed, or went unanswered.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys of this server do not work at this address. Open it by its own name.",
  NotSupportedError: "This device can make no passkey of the kind that is asked for.",
};

export async function askPasskey(options: unknown) {
  const asked = options as PublicKeyCredentialRequestOptionsJSON;
  const given = await attempt(() =>
    navigator.credentials.get({
      publicKey: { challenge: bytesOf(asked.challenge), timeout: asked.timeout, rpId: asked.rpId, userVerification: asked.userVerification as UserVerificationRequirement, allowCredentials: (asked.allowCredentials ?? []).map(descriptorOf) },
    }),
  );
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    ...identityOf(given),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      userHandle: response.userHandle && textOf(response.userHandle),
    },
  };
}

export async function makePasskey(options: unknown) {
  const asked = options as PublicKeyCredentialCreationOptionsJSON;
  const given = await attempt(() =>
    navigator.credentials.create({
      publicKey: {
        rp: asked.rp,
        user: { ...asked.user, id: bytesOf(asked.user.id) },
        challenge: bytesOf(asked.challenge),
        pubKeyCredParams: asked.pubKeyCredParams,
        timeout: asked.timeout,
        excludeCredentials: (asked.excludeCredentials ?? []).map(descriptorOf),
        authenticatorSelection: asked.authenticatorSelection,
        attestation: asked.attestation as AttestationConveyancePreference,
      },
    }),
  );
  const response = given.response as AuthenticatorAttestationResponse;
  return { ...identityOf(given), response: { clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject), transports: response.getTransports?.() ?? [] } };
}

async function attempt(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const given = await ask();
    if (given) return given as PublicKeyCredential;
  } catch (error) {
    throw new Error((error instanceof Error && WHY[error.name]) || "The passkey could not be used.");
  }
  throw new Error(WHY.NotAllowedError);
}

const identityOf = ({ id, type }: PublicKeyCredential) => ({ id, rawId: id, type });

function descriptorOf({ id, transports }: PublicKeyCredentialDescriptorJSON): PublicKeyCredentialDescriptor {
  return { type: "public-key", id: bytesOf(id), ...(transports && { transports: transports as AuthenticatorTransport[] }) };
}

/* base64url without padding (RFC 4648 §5). */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
