/**
 * 20,000 requests through the packed relay to the stand-in, some of which go wrong in each way that
 * there is, and then the books: every request ended as it had to, and nothing of it is left.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Agent } from "undici";
import { startSimulator } from "../src/simulator/server.ts";
import { signInAt } from "./capture.ts";
import { createPrograms, type Program } from "./programs.ts";
import { createRelayHome, type RelayHome } from "./relay-home.ts";
import { readSoakLog } from "./soak-log.ts";
import { createPlan, type Kind, kinds, perform, type Soaked } from "./soak-requests.ts";

const mega = 1024 * 1024;
/** One that grows with each request grows by far more. */
const heapLimitMb = 8;
const connections = 32;

interface Check {
  readonly name: string;
  readonly found: string;
  readonly isRight: boolean;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { requests: { type: "string", default: "20000" } } });
  const requests = Number(values.requests);
  const programs = await createPrograms();
  process.once("exit", () => programs.stopAll());
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(130));
  const standIn = await startSimulator({ clock: { now: () => Date.now() } });
  const home = await createRelayHome(standIn.url, {
    login: await signInAt(standIn.url),
    // A stall is over after a second; what can be tried again is tried once.
    upstream: "request_timeout_seconds = 1\nretry_attempts = 1",
  });
  process.once("exit", () => home.removeNow());
  const relay = await programs.startRelay(home);

  const began = performance.now();
  const warmUp = Math.ceil(requests / 10);
  const counts = new Map<string, number>();
  await soak(relay, home, warmUp, counts);
  const before = await relay.usage({ collectGarbage: true });
  await soak(relay, home, requests - warmUp, counts);
  // What the log holds back, and connections that close.
  await delay(500);
  const after = await relay.usage({ collectGarbage: true });
  const checks = [
    ...(await checkQuiet(relay, home, standIn.url)),
    ...checkMemory(before.heapUsed, after.heapUsed, after.peakRss),
  ];
  await relay.stop();
  await standIn.close();
  checks.push(...(await checkLog(home, requests, counts)));

  const seconds = (performance.now() - began) / 1000;
  const outcomes = printOutcomes(counts);
  for (const { name, found, isRight } of checks)
    console.log(`${isRight ? "ok   " : "WRONG"}  ${name}: ${found}`);
  console.log(`\n${requests} requests in ${seconds.toFixed(0)} s, ${connections} at a time.`);
  return outcomes && checks.every(({ isRight }) => isRight);
}

async function soak(
  { url }: Program,
  { token }: RelayHome,
  requests: number,
  counts: Map<string, number>,
): Promise<void> {
  const agent = new Agent({ connections });
  const plan = createPlan(requests);
  const worker = async (): Promise<void> => {
    for (let next = plan.pop(); next !== undefined; next = plan.pop()) {
      const key = keyOf(next.kind, await perform(next, { url, token, agent }));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await agent.destroy();
}

const keyOf = (kind: Kind, { outcome, stream }: Soaked): string =>
  [kind, stream ? "stream" : "whole", outcome].join("\t");

/** Prints what became of each kind; false when one became something else. */
function printOutcomes(counts: ReadonlyMap<string, number>): boolean {
  let isRight = true;
  console.log(["asked", "form", "ended", "expected", "count"].map(pad).join(""));
  for (const [key, count] of [...counts].sort()) {
    const [kind = "", form = "", outcome = ""] = key.split("\t");
    const expected = kinds[kind as Kind][form === "stream" ? "stream" : "whole"];
    isRight &&= outcome === expected;
    const mark = outcome === expected ? "" : "WRONG";
    console.log([kind, form, outcome, expected, String(count), mark].map(pad).join(""));
  }
  console.log("");
  return isRight;
}

const widths = [14, 10, 36, 36, 8, 5] as const;
const pad = (text: string, column: number): string => text.padEnd(widths[column] ?? 0);

async function checkQuiet(
  { url }: Program,
  { token }: RelayHome,
  standIn: string,
): Promise<Check[]> {
  const headers = { authorization: `Bearer ${token}` };
  const status = await (await fetch(`${url}/v1/relay/status`, { headers })).json();
  const upstream = await (await fetch(`${standIn}/simulator/state`)).json();
  const running = (status as { running_requests?: number }).running_requests;
  const open = (upstream as { open_streams?: number }).open_streams;
  return [
    { name: "requests in flight", found: String(running), isRight: running === 0 },
    { name: "open upstream calls", found: String(open), isRight: open === 0 },
  ];
}

function checkMemory(before: number, after: number, peak: number): Check[] {
  const grown = (after - before) / mega;
  return [
    {
      name: "MB of heap grown since the first tenth",
      found: `${grown.toFixed(1)} (limit ${heapLimitMb}); peak ${Math.round(peak / mega)} resident`,
      isRight: grown < heapLimitMb,
    },
  ];
}

async function checkLog(
  { logs }: RelayHome,
  requests: number,
  counts: ReadonlyMap<string, number>,
): Promise<Check[]> {
  const log = await readSoakLog(logs);
  const asked = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const told = [...log.outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  const closed = [...log.outcomes.values()].reduce((sum, count) => sum + count, 0);
  return [
    { name: "answers counted", found: String(asked), isRight: asked === requests },
    {
      name: "requests in the log",
      found: String(log.requests),
      isRight: log.requests === requests,
    },
    { name: "closing records", found: `${closed}: ${told}`, isRight: closed === requests },
    {
      name: "requests without exactly one",
      found: String(log.unclosed),
      isRight: log.unclosed === 0,
    },
    { name: "records dropped", found: String(log.dropped), isRight: log.dropped === 0 },
  ];
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
}
