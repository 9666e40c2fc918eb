/**
 * Terms of a door that programs of this machine pass without the token, for clients that have no
 * field for one. Host and Origin are looked at all the same, and who comes from elsewhere, or
 * through a proxy that may speak for elsewhere, needs the token.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../access/limits.ts";
import { isLoopbackName, plainAddress } from "./addresses.ts";
import type { Authenticate } from "./authenticate.ts";

/** `authenticate` is undefined in open mode. */
export function withoutToken(authenticate: Authenticate | undefined): Authenticate {
  return async (req, client) => {
    if (!isLocal(req)) await authenticate?.(req, client);
  };
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const peer = plainAddress(socket.remoteAddress ?? "");
  return isLoopbackName(peer) && !Object.keys(headers).some((name) => ofProxies.test(name));
}

/** What proxies and tunnels add, each its own; Tailscale and Cloudflare among them. */
const ofProxies =
  /^(x-forwarded(-.*)?|forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-.*|tailscale-.*)$/;

/** Everybody there counts as one client, apart from those with a token. */
export function asOneClient(limits: Pick<Limits, "admit">, name: string): Pick<Limits, "admit"> {
  return { admit: () => limits.admit(name) };
}
