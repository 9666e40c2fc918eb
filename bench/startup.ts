/** How long the packed program takes to start, over a Node that does nothing. */
import { spawnSync } from "node:child_process";
import { median, type Samples } from "./figures.ts";
import { type Programs, relayEntry } from "./programs.ts";
import type { RelayHome } from "./relay-home.ts";

export async function measureStarts(
  programs: Programs,
  home: RelayHome,
  times: number,
  samples: Samples,
): Promise<void> {
  const bare: number[] = [];
  const version: number[] = [];
  const status: number[] = [];
  const serve: number[] = [];
  for (let index = 0; index < times; index += 1) {
    bare.push(timeOf(["-e", "0"], home, () => true));
    version.push(timeOf([relayEntry, "--version"], home, (text) => /^\d+\.\d+\.\d+/.test(text)));
    status.push(timeOf([relayEntry, "status", "--json"], home, isReady));
    const relay = await programs.startRelay(home, { isProbed: false });
    serve.push(relay.startMs);
    await relay.stop();
  }
  const base = median(bare);
  samples.add("versionStart", "direct", base);
  samples.add("versionStart", "relay", median(version) - base);
  samples.add("statusStart", "relay", median(status) - base);
  samples.add("serveStart", "relay", median(serve) - base);
}

function timeOf(
  args: readonly string[],
  { env }: RelayHome,
  isRight: (output: string) => boolean,
): number {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  const took = performance.now() - began;
  if (status === 0 && isRight(stdout)) return took;
  throw new Error(`\`node ${args.join(" ")}\` ended with ${status}.\n${stdout}${stderr}`);
}

function isReady(output: string): boolean {
  const { auth } = JSON.parse(output) as { auth?: { ready_for_requests?: unknown } };
  return auth?.ready_for_requests === true;
}
