/**
 * The speed and memory of the packed relay beside a bare pipe and the upstream itself, as one table.
 * `bench/README.md` tells how to read it.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { chatDialect, responsesDialect, wireDialect } from "./dialects.ts";
import { createSamples, type Samples } from "./figures.ts";
import { type Door, loadWhole } from "./load.ts";
import {
  type Lane,
  measureGrowth,
  measurePeak,
  measureSpeed,
  type Sizes,
  warmUp,
} from "./measure.ts";
import { profileRelay } from "./profile.ts";
import { createPrograms, type Program, type Programs, type UpstreamReady } from "./programs.ts";
import { createRelayHome, type RelayHome } from "./relay-home.ts";
import { measureStarts } from "./startup.ts";

interface Plan extends Sizes {
  readonly rounds: number;
  /** Of these, the ones that measure the growth of memory, which takes longest. */
  readonly growthRounds: number;
  readonly starts: number;
}

const normal: Plan = {
  rounds: 3,
  growthRounds: 1,
  starts: 7,
  requests: 3000,
  largeRequests: 60,
  firstDeltas: 200,
  pacedDeltas: 150,
  crowd: 200,
  crowdDeltas: 120,
  longStreams: 32,
  growthRequests: 4000,
};
const full: Plan = {
  ...normal,
  rounds: 5,
  growthRounds: 3,
  starts: 15,
  requests: 5000,
  growthRequests: 20_000,
};
/** Enough to see that every answer is right; its times mean nothing. */
const quick: Plan = {
  rounds: 1,
  growthRounds: 1,
  starts: 1,
  requests: 300,
  largeRequests: 10,
  firstDeltas: 20,
  pacedDeltas: 20,
  crowd: 200,
  crowdDeltas: 20,
  longStreams: 1,
  growthRequests: 500,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
    },
  });
  const programs = await createPrograms();
  process.once("exit", () => programs.stopAll());
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(130));

  const upstream = await programs.startUpstream();
  const home = await createRelayHome(upstream.url);
  process.once("exit", () => home.removeNow());
  const bench: Bench = { programs, upstream, home };
  if (values.profile) {
    await profileRelay({ programs, home, relayDoors: (url) => relayDoors(bench, url) });
    return;
  }
  await compare(bench, values.quick ? quick : values.full ? full : normal);
}

interface Bench {
  readonly programs: Programs;
  readonly upstream: UpstreamReady;
  readonly home: RelayHome;
}

async function compare(bench: Bench, plan: Plan): Promise<void> {
  const began = performance.now();
  const samples = createSamples();
  const { programs, upstream, home } = bench;
  const pipe = await programs.startPipe(upstream.url);
  const relay = await programs.startRelay(home);
  const direct: Lane = { column: "direct", door: wireDoor(bench, "upstream", upstream.url) };
  const lanes = [direct, pipeLane(bench, pipe), ...relayLanes(bench, relay)];
  await warmUp(lanes, plan);
  for (let round = 0; round < plan.rounds; round += 1) {
    // In turn, and the other way round in every second round: whoever is first finds cooler caches.
    const inTurn = round % 2 === 0 ? lanes : lanes.toReversed();
    await measureSpeed(inTurn, plan, samples);
    await measureMemory(bench, plan, samples, measurePeak);
    if (round < plan.growthRounds) await measureMemory(bench, plan, samples, measureGrowth);
  }
  await relay.stop();
  await pipe.stop();
  await measureStarts(programs, home, plan.starts, samples);
  await measureStandIn(bench, plan, samples);

  const seconds = Math.round((performance.now() - began) / 1000);
  const [cpu] = cpus();
  console.log(samples.table());
  console.log(
    `\nMedians of ${plan.rounds} alternating rounds in ${seconds} s. Every answer was checked. ` +
      `Growth over ${plan.growthRequests.toLocaleString("en")} requests.\n` +
      `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} x ${cpu?.model.trim()}`,
  );
}

/** On processes of their own, which have done nothing before. */
async function measureMemory(
  bench: Bench,
  plan: Plan,
  samples: Samples,
  measure: typeof measurePeak,
): Promise<void> {
  const { programs, upstream, home } = bench;
  const pipe = await programs.startPipe(upstream.url);
  await measure(pipeLane(bench, pipe), plan, samples);
  await pipe.stop();
  const relay = await programs.startRelay(home);
  const [chat] = relayLanes(bench, relay);
  await measure(chat, plan, samples);
  await relay.stop();
}

/** What the stand-in of `airelays demo` can do alone, for orientation. */
async function measureStandIn(
  { upstream }: Bench,
  { requests }: Plan,
  samples: Samples,
): Promise<void> {
  const { standIn, standInLogin } = upstream;
  const dialect = wireDialect(standInLogin.token, standInLogin.accountId);
  const door: Door = {
    name: "stand-in",
    url: standIn,
    dialect: { ...dialect, ask: (_, options) => dialect.ask("gpt-5.5", options) },
  };
  const seconds = await loadWhole(door, { connections: 32, requests });
  samples.add("standInRate", "direct", requests / seconds);
}

function wireDoor({ upstream }: Bench, name: string, url: string): Door {
  const { token, accountId } = upstream.standInLogin;
  return { name, url, dialect: wireDialect(token, accountId) };
}

function pipeLane(bench: Bench, program: Program): Lane {
  return { column: "pipe", program, door: wireDoor(bench, "pipe", program.url) };
}

function relayDoors({ home }: Bench, url: string): { chat: Door; responses: Door } {
  return {
    chat: { name: "relay, chat", url, dialect: chatDialect(home.token) },
    responses: { name: "relay, responses", url, dialect: responsesDialect(home.token) },
  };
}

function relayLanes(bench: Bench, program: Program): [Lane, Lane] {
  const { chat, responses } = relayDoors(bench, program.url);
  return [
    { column: "relay", program, door: chat, facade: "chat" },
    { column: "relay", program, door: responses, facade: "responses" },
  ];
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
