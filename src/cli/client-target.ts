/** The relay that a client on this machine is pointed at, and the key that it has to send. */
import { parseAddress } from "../config/address.ts";
import type { LoadedConfig } from "../config/load.ts";
import { RelayError } from "../errors.ts";
import { relayTokens } from "../relay-token.ts";
import type { Runtime } from "../runtime.ts";
import { connectable, inUrl } from "../server/addresses.ts";
import { relayAddress } from "./relay-address.ts";
import { relayAt } from "./relay-at.ts";

export interface ClientTarget {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  /** Where clients of Ollama go: its own port where there is one. */
  readonly ollamaUrl: string;
  readonly isAnswering: boolean;
  /** What is sent as the key: the relay token, or in open mode a word that says so. */
  readonly key: string;
  readonly needsToken: boolean;
  readonly tokenFile: string | undefined;
}

/** SDKs insist on a key; in open mode the relay takes any. */
const openKey = "open-mode";

export async function clientTarget(loaded: LoadedConfig, runtime: Runtime): Promise<ClientTarget> {
  const { config } = loaded;
  const { url, ollamaUrl, running } = await relayAddress(loaded);
  if (url.endsWith(":0")) {
    throw new RelayError("usage", "The configured port is 0, any free one, and no relay runs.", {
      hint: "airelays serve, or name the port with `--port`",
    });
  }
  const isAnswering = running !== undefined || (await relayAt(url)) !== undefined;
  const { host, port } = parseAddress(config.ollama.listen) ?? {};
  const configuredOllama =
    running !== undefined || host === undefined || port === undefined || port === 0
      ? undefined
      : `http://${inUrl(connectable(host))}:${port}`;
  const base = { url, ollamaUrl: ollamaUrl ?? configuredOllama ?? url, isAnswering };
  if (!config.security.requireBearerAuth) {
    return { ...base, key: openKey, needsToken: false, tokenFile: undefined };
  }
  const { token, source } = await relayTokens(loaded, runtime).current();
  if (token === undefined) {
    throw new RelayError("relay_token_missing", "There is no relay token yet. Run: airelays init");
  }
  const tokenFile = source === "file" ? config.security.bearerTokenFile : undefined;
  return { ...base, key: token, needsToken: true, tokenFile };
}

/** What to do where nobody answers, as an error for the commands that cannot go on. */
export function notRunning(url: string): RelayError {
  return new RelayError("relay_not_running", `No relay answers at ${url}.`, {
    hint: "In another terminal: airelays serve",
  });
}
