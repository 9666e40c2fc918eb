/** Composes the relay token of a configuration; shared by the relay and the commands, which load no server for it. */
import { createTokenSource, type TokenSource } from "./access/tokens.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { Runtime } from "./runtime.ts";

/** The relay token of this configuration. */
export function relayTokens({ config }: LoadedConfig, { randomBytes }: Runtime): TokenSource {
  return createTokenSource({
    file: config.security.bearerTokenFile,
    envToken: config.security.bearerToken,
    randomBytes,
  });
}
