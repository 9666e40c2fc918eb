/** One round of every measurement: which load goes to whom, and which figure comes of it. */
import { setTimeout as delay } from "node:timers/promises";
import { largeTurns } from "./dialects.ts";
import { type Column, type FigureName, median, quantile, type Samples } from "./figures.ts";
import { type Door, loadFirstDeltas, loadPaced, loadStreams, loadWhole } from "./load.ts";
import type { Program } from "./programs.ts";

/** How much of each load. */
export interface Sizes {
  readonly requests: number;
  readonly largeRequests: number;
  readonly firstDeltas: number;
  readonly pacedDeltas: number;
  readonly crowd: number;
  readonly crowdDeltas: number;
  readonly longStreams: number;
  readonly growthRequests: number;
}

/** Somebody to ask. `program` is whose processor time counts; the upstream's does not. */
export interface Lane {
  readonly column: Column;
  readonly door: Door;
  readonly program?: Program;
  /** The relay's second dialect has rows of its own; the others' samples stand in both. */
  readonly facade?: "chat" | "responses";
}

const longDeltas = 2000;
const kilo = 1000;
const mega = 1_000_000;
const bytesPerMb = 1_048_576;

/** Longer than the batches of the transit log wait, which belong to the load that caused them. */
const settleMs = 150;

/** Every speed figure once. Both doors of the relay are asked for streams, chat for everything else. */
export async function measureSpeed(
  lanes: readonly Lane[],
  sizes: Sizes,
  samples: Samples,
): Promise<void> {
  const chatLanes = lanes.filter(({ facade }) => facade !== "responses");
  await measureWhole(chatLanes, sizes, samples);
  await measureLarge(chatLanes, sizes, samples);
  await measureFirstDeltas(chatLanes, sizes, samples);
  await measureLong(lanes, sizes, samples);
  await measurePaced(lanes, sizes, samples);
  await measureCrowd(chatLanes, sizes, samples);
}

/**
 * Every door, before anything counts: V8 needs some 3,000 requests, or 7,500 paced events, until their
 * cost stays the same.
 */
export async function warmUp(lanes: readonly Lane[], sizes: Sizes): Promise<void> {
  for (const { door } of lanes) {
    await loadWhole(door, { connections: 32, requests: sizes.requests * 1.5 });
    await loadStreams(door, { connections: 4, streams: 1, deltas: longDeltas });
  }
  // One after the other, as they are measured: how much comes in one read is part of it.
  for (const { door } of lanes) {
    await loadPaced(door, { connections: 50, deltas: sizes.pacedDeltas });
  }
}

async function measureWhole(lanes: readonly Lane[], { requests }: Sizes, samples: Samples) {
  for (const { column, door, program } of lanes) {
    const { result: seconds, cpuSeconds } = await withCpu(program, () =>
      loadWhole(door, { connections: 32, requests }),
    );
    samples.add("wholeRate", column, requests / seconds);
    if (program) samples.add("wholeCpu", column, (cpuSeconds / requests) * kilo);
  }
}

async function measureLarge(lanes: readonly Lane[], { largeRequests }: Sizes, samples: Samples) {
  for (const { column, door, program } of lanes) {
    if (program === undefined) continue;
    const { cpuSeconds } = await withCpu(program, () =>
      loadWhole(door, { connections: 4, requests: largeRequests, turns: largeTurns }),
    );
    samples.add("largeCpu", column, (cpuSeconds / largeRequests) * kilo);
  }
}

async function measureFirstDeltas(lanes: readonly Lane[], sizes: Sizes, samples: Samples) {
  const times = new Map<Column, number>();
  for (const { column, door } of lanes) {
    times.set(column, median(await loadFirstDeltas(door, sizes.firstDeltas)));
  }
  const direct = times.get("direct") ?? 0;
  for (const [column, time] of times) {
    samples.add("firstDelta", column, time);
    if (column !== "direct") samples.add("firstDeltaAdded", column, time - direct);
  }
}

async function measureLong(lanes: readonly Lane[], { longStreams }: Sizes, samples: Samples) {
  const load = { connections: 4, streams: longStreams, deltas: longDeltas };
  const events = load.connections * load.streams * load.deltas;
  for (const lane of lanes) {
    const { door, program } = lane;
    const { result: seconds, cpuSeconds } = await withCpu(program, () => loadStreams(door, load));
    addOfFacades(samples, lane, ["longChatRate", "longResponsesRate"], events / seconds);
    if (program === undefined) continue;
    const cpu = (cpuSeconds / events) * mega;
    addOfFacades(samples, lane, ["longChatCpu", "longResponsesCpu"], cpu);
  }
}

/**
 * The pipe and the relay at the same time. A machine's speed changes from one second to the next by
 * more than what the two differ, and one after the other they would have different seconds.
 */
async function measurePaced(lanes: readonly Lane[], { pacedDeltas }: Sizes, samples: Samples) {
  const load = { connections: 50, deltas: pacedDeltas };
  const pipe = lanes.find(({ column }) => column === "pipe");
  for (const lane of lanes) {
    if (lane.facade === undefined || pipe === undefined) continue;
    const figure = lane.facade === "chat" ? "pacedChatCpu" : "pacedResponsesCpu";
    await Promise.all(
      [pipe, lane].map(async ({ column, door, program }) => {
        const { cpuSeconds } = await withCpu(program, () => loadPaced(door, load));
        samples.add(figure, column, (cpuSeconds / (load.connections * load.deltas)) * mega);
      }),
    );
  }
}

async function measureCrowd(lanes: readonly Lane[], sizes: Sizes, samples: Samples) {
  for (const { column, door } of lanes) {
    const delays = await loadPaced(door, { connections: sizes.crowd, deltas: sizes.crowdDeltas });
    samples.add("delayMedian", column, median(delays));
    samples.add("delayTail", column, quantile(delays, 0.99));
  }
}

/** On a process that has done nothing yet. */
export async function measurePeak(lane: Lane, { crowd }: Sizes, samples: Samples): Promise<void> {
  const { column, door, program } = lane;
  if (program === undefined) return;
  await loadStreams(door, { connections: crowd, streams: 1, deltas: longDeltas });
  samples.add("peak", column, (await program.usage()).peakRss / bytesPerMb);
}

/** On a process that has done nothing yet; half as many requests, or 2,000, warm it up. */
export async function measureGrowth(lane: Lane, sizes: Sizes, samples: Samples): Promise<void> {
  const { column, door, program } = lane;
  if (program === undefined) return;
  const requests = sizes.growthRequests;
  await loadWhole(door, { connections: 32, requests: Math.min(2000, requests / 2) });
  await settled();
  // Both ends as they are: after a collection at one of them, V8's room for new objects, which it
  // takes again at once, would count as growth.
  const before = await program.usage();
  const used = await program.usage({ collectGarbage: true });
  await loadWhole(door, { connections: 32, requests });
  await settled();
  const after = await program.usage();
  const usedAfter = await program.usage({ collectGarbage: true });
  samples.add("growth", column, (after.rss - before.rss) / bytesPerMb);
  samples.add("heapGrowth", column, (usedAfter.heapUsed - used.heapUsed) / bytesPerMb);
}

function addOfFacades(
  samples: Samples,
  { column, facade }: Lane,
  [chat, responses]: readonly [FigureName, FigureName],
  value: number,
): void {
  if (facade !== "responses") samples.add(chat, column, value);
  if (facade !== "chat") samples.add(responses, column, value);
}

async function withCpu<Result>(
  program: Program | undefined,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cpuSeconds: number }> {
  const before = await program?.usage();
  const result = await work();
  await settled();
  const after = await program?.usage();
  return { result, cpuSeconds: (after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0) };
}

function settled(): Promise<void> {
  return delay(settleMs);
}
