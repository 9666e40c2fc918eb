/** Processor profiles of the relay, one for each kind of load, and what stands at their top. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { largeTurns } from "./dialects.ts";
import { type Door, loadPaced, loadStreams, loadWhole } from "./load.ts";
import type { Programs } from "./programs.ts";
import type { RelayHome } from "./relay-home.ts";

const folder = fileURLToPath(new URL("./profiles/", import.meta.url));

export interface ProfileDeps {
  readonly programs: Programs;
  readonly home: RelayHome;
  /** The relay's doors at this address. */
  relayDoors(url: string): { readonly chat: Door; readonly responses: Door };
}

export async function profileRelay({ programs, home, relayDoors }: ProfileDeps): Promise<void> {
  await mkdir(folder, { recursive: true });
  const profile = async (
    name: string,
    load: (doors: ReturnType<typeof relayDoors>) => Promise<unknown>,
  ): Promise<void> => {
    const file = `${name}.cpuprofile`;
    const relay = await programs.startRelay(home, {
      isProbed: false,
      nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${file}`],
    });
    await load(relayDoors(relay.url));
    await relay.stop();
    const text = await readFile(join(folder, file), "utf8");
    console.log(`\n${join(folder, file)}\n${topOf(text, relay.startMs)}`);
  };
  const whole = { connections: 32, requests: 4000 };
  const large = { connections: 4, requests: 150, turns: largeTurns };
  const long = { connections: 4, streams: 20, deltas: 2000 };
  const paced = { connections: 50, deltas: 150 };
  await profile("whole-chat", ({ chat }) => loadWhole(chat, whole));
  await profile("large-chat", ({ chat }) => loadWhole(chat, large));
  await profile("long-chat", ({ chat }) => loadStreams(chat, long));
  await profile("long-responses", ({ responses }) => loadStreams(responses, long));
  await profile("paced-chat", ({ chat }) => loadPaced(chat, paced));
  await profile("paced-responses", ({ responses }) => loadPaced(responses, paced));
}

/** The part of V8's format that is read here. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions with the most time of their own after the start, in per cent of the time at work. */
function topOf(text: string, startMs: number): string {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as Profile;
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url.split("/").slice(-2).join("/");
      return [id, `${functionName || "(anonymous)"} ${place && `${place}:${lineNumber + 1}`}`];
    }),
  );
  const times = new Map<string, number>();
  let microseconds = 0;
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "";
    const took = timeDeltas[index] ?? 0;
    microseconds += took;
    if (microseconds < startMs * 1000 || /^\((idle|program|root)\)/.test(name)) return;
    times.set(name, (times.get(name) ?? 0) + took);
  });
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 15)
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(6)} %  ${name}`)
    .join("\n");
}
