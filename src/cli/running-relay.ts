/** The relay that commands ask, and the token for it: never sent where something else answers. */
import type { LoadedConfig } from "../config/load.ts";
import { RelayError } from "../errors.ts";
import { relayTokens } from "../relay-token.ts";
import type { Runtime } from "../runtime.ts";
import { relayAddress } from "./relay-address.ts";
import { relayAt } from "./relay-at.ts";

export interface RelayAccess {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  /** What goes with each request; nothing in open mode. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws when no relay answers, or when there is no token for it. */
export async function runningRelay(loaded: LoadedConfig, runtime: Runtime): Promise<RelayAccess> {
  const { url, running } = await relayAddress(loaded);
  // Whoever listens there in its place would get the token.
  if (running === undefined && (await relayAt(url)) === undefined) {
    throw new RelayError(
      "relay_unreachable",
      `No relay answers at \`${url}\`. Run: airelays serve`,
    );
  }
  const { token } = await relayTokens(loaded, runtime).current();
  runtime.secrets.add(token);
  if (token !== undefined) return { url, headers: { authorization: `Bearer ${token}` } };
  if (!loaded.config.security.requireBearerAuth) return { url, headers: {} };
  throw new RelayError("relay_token_missing", "There is no relay token yet. Run: airelays init");
}
