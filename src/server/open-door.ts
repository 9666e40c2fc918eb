/**
 * Terms of a door that programs of this machine pass without the token, for clients that have no
 * field for one: to ask models, and no more. What tells of the account or of what is stored needs the
 * token, and so does who comes from elsewhere, or through a proxy that may speak for elsewhere. Host
 * and Origin are looked at all the same.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../access/limits.ts";
import { isLoopbackName, plainAddress } from "./addresses.ts";
import type { Authenticate } from "./authenticate.ts";

/** `authenticate` is undefined in open mode. */
export function withoutToken(authenticate: Authenticate | undefined): Authenticate {
  return async (req, client) => {
    if (!(isLocal(req) && isOpenPath(req))) await authenticate?.(req, client);
  };
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const peer = plainAddress(socket.remoteAddress ?? "");
  return isLoopbackName(peer) && !Object.keys(headers).some((name) => ofProxies.test(name));
}

/** Compared as it was sent: a path that is written in another way is none of them, and needs the token. */
function isOpenPath({ url = "" }: IncomingMessage): boolean {
  return openPaths.test(url.replace(/\?.*/s, ""));
}

const openPaths =
  /^(\/no-tools)?\/(api\/[\w:/-]+|v1\/(models(\/[\w-][\w.:-]*)?|chat\/completions|completions|responses|messages(\/count_tokens)?|embeddings))$/;

/** What proxies and tunnels add, each its own; Tailscale and Cloudflare among them. */
const ofProxies =
  /^(x-forwarded(-.*)?|forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-.*|tailscale-.*)$/;

/** Everybody there counts as one client, apart from those with a token. */
export function asOneClient(limits: Pick<Limits, "admit">, name: string): Pick<Limits, "admit"> {
  return { admit: () => limits.admit(name) };
}
