/** The relays that run on the data folder, as commands choose among them and show them. */
import { RelayError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { RunningRelay } from "../run-files.ts";
import { version } from "../version.ts";
import type { Args } from "./context.ts";
import { type Field, formatSeconds } from "./render.ts";

/** The port of `http://127.0.0.1:8080`. */
export function portOf(url: string): number {
  return Number(new URL(url).port || 80);
}

/**
 * The one that is meant: that at the port of `--port`, else the only one. Throws when it cannot be
 * told which; undefined when there is none.
 */
export function chooseRelay(
  relays: readonly RunningRelay[],
  { port }: Args,
): RunningRelay | undefined {
  if (port !== undefined) return relays.find(({ url }) => portOf(url) === Number(port));
  if (relays.length < 2) return relays[0];
  throw new RelayError(
    "usage",
    `${relays.length} relays run on this data folder: ${list(relays)}.`,
    { hint: "Choose one with --port." },
  );
}

/** `http://127.0.0.1:8080 (process 4711) and …`. */
export function list(relays: readonly RunningRelay[]): string {
  return new Intl.ListFormat("en").format(relays.map(nameOf));
}

export function nameOf({ url, pid }: Pick<RunningRelay, "url" | "pid">): string {
  return `${url} (process ${pid})`;
}

/** For `--json`. */
export function toRunningJson(relay: RunningRelay): JsonObject {
  return {
    url: relay.url,
    ollama_url: relay.ollamaUrl ?? null,
    pid: relay.pid,
    started_at: new Date(relay.startedAt).toISOString(),
    started_by: relay.start?.by ?? null,
    version: relay.version,
    same_version: relay.version === version,
  };
}

/** A line for each relay, and one for a version that is not this program's. */
export function runningFields(relays: readonly RunningRelay[], now: number): Field[] {
  if (relays.length === 0) return [{ label: "Running", value: "no" }];
  return relays.flatMap((relay): Field[] => {
    const { url, pid, startedAt, start } = relay;
    const since = `for ${formatSeconds((now - startedAt) / 1000)}`;
    const where = start?.by === "service" ? ", as a service" : "";
    const line: Field = {
      label: "Running",
      value: `${url}, process ${pid}, ${since}${where}`,
      tone: "good",
    };
    if (relay.version === version) return [line];
    const other = `${relay.version}; this is ${version}: airelays restart`;
    return [line, { label: "Its version", value: other, tone: "warn" }];
  });
}
