/** Authorization codes: good once, for ten minutes, for one client, redirect and PKCE challenge. */
import { createHash } from "node:crypto";
import type { Clock } from "../scope.ts";
import { digest } from "./digest.ts";

interface Grant {
  readonly challenge: string;
  readonly scope: string;
  readonly acceptsRedirect: (uri: string) => boolean;
}

export interface Grants {
  /** A fresh code for the grant. */
  open(grant: Grant): string;
  /** The scope that the code stands for, or why it is refused. Any try spends the code. */
  redeem(code: string, proof: { redirectUri: string; verifier: string }): Redeemed;
}

type Redeemed = { readonly scope: string } | { readonly refused: string };

const codeLifetimeMs = 600_000;
const remembered = 1000;
/** RFC 7636, section 4.1. */
const verifierForm = /^[A-Za-z0-9\-._~]{43,128}$/;

export function createGrants({ clock }: { readonly clock: Clock }): Grants {
  const open = new Map<string, Grant & { readonly expiresAt: number }>();
  let serial = 0;
  return {
    open(grant) {
      serial += 1;
      const code = `ac_${digest("code", String(serial), String(clock.now())).slice(0, 43)}`;
      open.set(code, { ...grant, expiresAt: clock.now() + codeLifetimeMs });
      const oldest = open.keys().next();
      if (open.size > remembered && !oldest.done) open.delete(oldest.value);
      return code;
    },
    redeem(code, { redirectUri, verifier }) {
      const grant = open.get(code);
      open.delete(code);
      if (grant === undefined || clock.now() >= grant.expiresAt) {
        return { refused: "The authorization code is unknown, expired or already used." };
      }
      if (!grant.acceptsRedirect(redirectUri)) {
        return { refused: "The `redirect_uri` is not the one of the authorization request." };
      }
      if (!verifierForm.test(verifier) || challengeOf(verifier) !== grant.challenge) {
        return { refused: "The `code_verifier` does not match the `code_challenge`." };
      }
      return { scope: grant.scope };
    },
  };
}

/** The S256 challenge of a PKCE verifier. */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}
