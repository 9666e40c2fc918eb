/**
 * A program: the upstream of every load. Plays bytes that were taken from the stand-in at the first
 * request of each kind, so that it is far cheaper than whatever stands in front of it.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { startSimulator } from "../src/simulator/server.ts";
import { type Captured, capture, signInAt } from "./capture.ts";
import { tinyText } from "./dialects.ts";
import { createPacer } from "./pacer.ts";
import type { UpstreamReady } from "./programs.ts";
import { stamp } from "./stamp.ts";

type Play = (response: ServerResponse) => void;

const standIn = await startSimulator({ clock: { now: () => Date.now() } });
const login = await signInAt(standIn.url);
const startTurns = createPacer();
const plays = new Map<string, Promise<Play>>();

/** `tiny`, `paced-100`, `long-2000`. */
async function createPlay(scenario: string): Promise<Play> {
  const [kind, count] = scenario.split("-");
  if (kind === "tiny") return playAtOnce(await capture(standIn.url, login, tinyText));
  const captured = await capture(standIn.url, login, `[sim:long events=${count}]`);
  return kind === "paced" ? playPaced(captured) : playAtOnce(captured);
}

/** As large as the stand-in's writes. */
const writeBytes = 32 * 1024;

function playAtOnce({ headers, events }: Captured): Play {
  const bytes = Buffer.from(events.join(""));
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += writeBytes) {
    parts.push(bytes.subarray(at, at + writeBytes));
  }
  return (response) => {
    response.writeHead(200, headers);
    // What the reader has no room for yet is queued: the parts are shared, so that costs no memory.
    for (const part of parts) response.write(part);
    response.end();
  };
}

const deltaField = /"delta":"[^"]*"/;

function playPaced({ headers, events }: Captured): Play {
  const isDelta = (event: string): boolean => deltaField.test(event);
  const first = events.findIndex(isDelta);
  const last = events.findLastIndex(isDelta);
  const opening = events.slice(0, first).join("");
  const closing = events.slice(last + 1).join("");
  const deltas = events.slice(first, last + 1).map((event) => event.split(deltaField));
  return (response) => {
    let next = 0;
    response.writeHead(200, headers);
    response.write(opening);
    startTurns(() => {
      if (response.destroyed) return false;
      const [head, tail] = deltas[next] ?? [];
      next += 1;
      if (head === undefined) {
        response.end(closing);
        return false;
      }
      response.write(`${head}"delta":"${stamp()} "${tail}`);
      return true;
    });
  };
}

const modelField = Buffer.from('"model":"bench-');

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    const at = body.indexOf(modelField) + modelField.length;
    const [scenario = ""] = body.toString("latin1", at, at + 40).split('"');
    const play = plays.get(scenario) ?? createPlay(scenario);
    plays.set(scenario, play);
    play.then(
      (start) => start(response),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
});
server.keepAliveTimeout = 65_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const ready: UpstreamReady = {
    url: `http://127.0.0.1:${port}`,
    standIn: standIn.url,
    standInLogin: login,
  };
  process.send?.({ ready });
});
// The run has ended, however it did.
process.on("disconnect", () => process.exit());
