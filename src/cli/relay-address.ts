/**
 * Where clients of this machine reach the relay: the address that the command line names, else that
 * of the relay that runs on this data folder, else the one that is configured.
 */
import type { LoadedConfig } from "../config/load.ts";
import { type RunningRelay, readRunFiles } from "../run-files.ts";
import { connectable, inUrl } from "../server/addresses.ts";
import { relayAt } from "./relay-at.ts";

export interface RelayAddress {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  /** Where it answers as Ollama besides, when that is known. */
  readonly ollamaUrl: string | undefined;
  readonly running: RunningRelay | undefined;
}

export async function relayAddress(loaded: LoadedConfig): Promise<RelayAddress> {
  const { config, origins } = loaded;
  const { host, port } = config.server;
  const configured = `http://${inUrl(connectable(host))}:${port}`;
  const isNamed = [origins["server.host"], origins["server.port"]].some((origin) =>
    origin?.startsWith("flag"),
  );
  const relays = await findRunning(config.paths.dataDir);
  const running = isNamed ? relays.find(({ url }) => url === configured) : relays[0];
  return { url: running?.url ?? configured, ollamaUrl: running?.ollamaUrl, running };
}

/** The relays that run on this data folder, the newest first: each was asked, and it is that one. */
export async function findRunning(dataDir: string): Promise<readonly RunningRelay[]> {
  const said = await readRunFiles(dataDir);
  const there = await Promise.all(
    said.map(async ({ url, instance }) => (await relayAt(url))?.instance === instance),
  );
  return said.filter((_, index) => there[index]);
}
