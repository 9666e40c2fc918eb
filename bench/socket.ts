/**
 * The two transports to the upstream side by side: how long a client waits for the first delta of a
 * conversation's first turn and of its next ones, over HTTP and over a WebSocket, at the stand-in.
 * `bench/README.md` tells how to read it.
 */
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { startDistance } from "./distance.ts";
import { median } from "./figures.ts";
import { createPrograms, type Program } from "./programs.ts";
import { createRelayHome } from "./relay-home.ts";

const transports = ["http", "websocket"] as const;
type Transport = (typeof transports)[number];

interface Relay {
  readonly transport: Transport;
  readonly pool: Pool;
  readonly token: string;
}

/** One way, in milliseconds: the same machine, and a service 50 ms away and back. */
const distances = [0, 25];
/** What a coding agent has said after a while, and the beginning of a talk. */
const histories = [
  { label: "short", turns: 1 },
  { label: "300 KB", turns: 59 },
];
const nextTurns = 5;

type Item = Readonly<Record<string, unknown>>;

const user = (text: string): Item => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

function history(turns: number, name: string): Item[] {
  const text = `line:\n\tconst path = "a\\b";\n`.repeat(turns === 1 ? 1 : 150);
  return Array.from({ length: turns }, (_, index) => user(`${name} ${index} ${text}`));
}

/** One streamed turn: the milliseconds to its first delta, and what it answered. */
async function ask(
  { pool, token, transport }: Relay,
  session: string,
  input: readonly Item[],
): Promise<{ readonly firstMs: number; readonly output: readonly Item[] }> {
  const began = performance.now();
  const answer = await pool.request({
    method: "POST",
    path: "/v1/responses",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "session-id": session,
    },
    body: JSON.stringify({ model: "gpt-5.5", input, stream: true, store: false }),
  });
  let text = "";
  let firstMs: number | undefined;
  for await (const part of answer.body.setEncoding("utf8")) {
    text += String(part);
    if (text.includes("response.output_text.delta")) firstMs ??= performance.now() - began;
  }
  const carried = answer.headers["x-airelays-upstream-transport"] ?? "http";
  const [, data] = /^event: response\.completed\ndata: (.*)$/m.exec(text) ?? [];
  if (firstMs === undefined || data === undefined || carried !== transport) {
    throw new Error(`A wrong answer over ${String(carried)}: ${text.slice(-500)}`);
  }
  const { response } = JSON.parse(data) as { response: { output: readonly Item[] } };
  return { firstMs, output: response.output };
}

/** A conversation of a first turn and some more. */
async function talk(relay: Relay, name: string, turns: number): Promise<[number, number[]]> {
  let input = history(turns, name);
  const first = await ask(relay, name, input);
  let { output } = first;
  const next: number[] = [];
  for (let turn = 0; turn < nextTurns; turn += 1) {
    input = [...input, ...output, user(`And then ${turn}?`)];
    const answered = await ask(relay, name, input);
    next.push(answered.firstMs);
    output = answered.output;
  }
  return [first.firstMs, next];
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { talks: { type: "string", default: "20" } } });
  const talks = Number(values.talks);
  const programs = await createPrograms();
  process.once("exit", () => programs.stopAll());
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(130));
  const upstream = await programs.startUpstream();

  const rows: string[][] = [["ms to the first delta, p50", "http", "websocket", "ws/http"]];
  for (const oneWayMs of distances) {
    const wire = await startDistance(upstream.standIn, oneWayMs);
    const started: Program[] = [];
    const relays: Relay[] = [];
    for (const transport of transports) {
      const home = await createRelayHome(wire.url, {
        login: upstream.standInLogin,
        upstream: `transport = "${transport}"`,
      });
      process.once("exit", () => home.removeNow());
      const program = await programs.startRelay(home);
      started.push(program);
      relays.push({
        transport,
        token: home.token,
        pool: new Pool(program.url, { connections: 1 }),
      });
    }
    for (const { label, turns } of histories) {
      const first: Record<Transport, number[]> = { http: [], websocket: [] };
      const next: Record<Transport, number[]> = { http: [], websocket: [] };
      for (let round = -2; round < talks; round += 1) {
        for (const relay of round % 2 === 0 ? relays : relays.toReversed()) {
          const name = `talk ${label} ${round}`;
          const [firstMs, nextMs] = await talk(relay, name, turns);
          // The first two warm up.
          if (round < 0) continue;
          first[relay.transport].push(firstMs);
          next[relay.transport].push(...nextMs);
        }
      }
      const place = `${label}, ${oneWayMs * 2} ms there and back`;
      rows.push(row(`first turn, ${place}`, first), row(`next turns, ${place}`, next));
    }
    for (const { pool } of relays) await pool.destroy();
    for (const program of started) await program.stop();
    wire.close();
  }
  for (const cells of rows) {
    console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(44) : cell.padStart(11))).join(""));
  }
  console.log(`\nMedians of ${talks} conversations, ${nextTurns} next turns in each.`);
}

function row(label: string, samples: Readonly<Record<Transport, number[]>>): string[] {
  const [http, socket] = [median(samples.http), median(samples.websocket)];
  return [label, http.toFixed(1), socket.toFixed(1), (socket / http).toFixed(2)];
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
