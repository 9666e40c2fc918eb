/**
 * The loads: what is asked how often over how many connections, and what came back when. Checks every
 * answer; the first wrong one ends the run. Knows nothing of processes and of what is measured.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { type Ask, type Dialect, scenarios, tinyDeltas } from "./dialects.ts";
import { createMarkCounter } from "./marks.ts";
import { createStampReader } from "./stamp.ts";

/** A door to knock at. */
export interface Door {
  readonly name: string;
  readonly url: string;
  readonly dialect: Dialect;
}

/** An answer that does not come in this time is wrong. */
const patienceMs = 30_000;

export interface WholeLoad {
  readonly connections: number;
  readonly requests: number;
  readonly turns?: Parameters<Dialect["ask"]>[1]["turns"];
}

/** Tiny answers, each connection one after the other; resolves to the seconds that they took. */
export function loadWhole(door: Door, load: WholeLoad): Promise<number> {
  const { connections, requests, turns } = load;
  const ask = door.dialect.ask(scenarios.tiny, { stream: false, ...(turns && { turns }) });
  return onConnections(door, connections, async (pool) => {
    let left = requests;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const parts: Buffer[] = [];
        await exchange(pool, ask, (part) => parts.push(part));
        const answer = Buffer.concat(parts).toString("utf8");
        if (!door.dialect.isTiny(answer)) throw wrong(door, `it was ${answer.slice(0, 500)}`);
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: connections }, worker));
    return (performance.now() - began) / 1000;
  });
}

/** Streams one after the other on one connection; the milliseconds to the first delta of each. */
export function loadFirstDeltas(door: Door, requests: number): Promise<number[]> {
  const ask = door.dialect.ask(scenarios.tiny, { stream: true });
  const marks = door.dialect.marks(tinyDeltas);
  const [deltaMark] = marks;
  return onConnections(door, 1, async (pool) => {
    const delays: number[] = [];
    for (let index = 0; index < requests; index += 1) {
      const counter = createMarkCounter(marks);
      let first: number | undefined;
      const began = performance.now();
      await exchange(pool, ask, (part) => {
        if (first === undefined && part.includes(deltaMark?.text ?? "")) {
          first = performance.now() - began;
        }
        counter.add(part);
      });
      const complaint = counter.complaint();
      if (complaint !== undefined || first === undefined)
        throw wrong(door, complaint ?? "no delta");
      delays.push(first);
    }
    return delays;
  });
}

export interface StreamLoad {
  readonly connections: number;
  /** Streams of each connection, one after the other. */
  readonly streams: number;
  readonly deltas: number;
}

/** Streams as fast as they come; resolves to the seconds that they took. */
export function loadStreams(door: Door, load: StreamLoad): Promise<number> {
  const { connections, streams, deltas } = load;
  const ask = door.dialect.ask(scenarios.long(deltas), { stream: true });
  return onConnections(door, connections, async (pool) => {
    const began = performance.now();
    const worker = async (): Promise<void> => {
      for (let index = 0; index < streams; index += 1) {
        const counter = createMarkCounter(door.dialect.marks(deltas));
        await exchange(pool, ask, (part) => counter.add(part));
        const complaint = counter.complaint();
        if (complaint !== undefined) throw wrong(door, complaint);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    return (performance.now() - began) / 1000;
  });
}

const startGapMs = 5;

/** One paced stream on each connection; resolves to the delay of every delta in milliseconds. */
export function loadPaced(door: Door, load: Omit<StreamLoad, "streams">): Promise<number[]> {
  const { connections, deltas } = load;
  const ask = door.dialect.ask(scenarios.paced(deltas), { stream: true });
  return onConnections(door, connections, async (pool) => {
    const delays: number[] = [];
    const stream = async (_: unknown, index: number): Promise<void> => {
      // One after the other: all at once would measure how a burst of requests is opened.
      await delay(index * startGapMs);
      const counter = createMarkCounter(door.dialect.marks(deltas));
      const stamps = createStampReader();
      let count = 0;
      await exchange(pool, ask, (part) => {
        counter.add(part);
        const ages = stamps.read(part.toString("latin1"));
        count += ages.length;
        for (const age of ages) delays.push(age);
      });
      const complaint = counter.complaint();
      if (complaint !== undefined) throw wrong(door, complaint);
      if (count !== deltas) throw wrong(door, `${count} of ${deltas} stamps came whole`);
    };
    await Promise.all(Array.from({ length: connections }, stream));
    return delays;
  });
}

async function onConnections<Result>(
  { url }: Door,
  connections: number,
  work: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const pool = new Pool(url, { connections, headersTimeout: patienceMs, bodyTimeout: patienceMs });
  try {
    return await work(pool);
  } finally {
    await pool.destroy();
  }
}

/** One request over undici's `dispatch`, which leaves the processor to what is measured. */
function exchange(pool: Pool, ask: Ask, onPart: (part: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let refusal = "";
    pool.dispatch(
      { method: "POST", path: ask.path, headers: { ...ask.headers }, body: ask.body },
      {
        onRequestStart() {},
        onResponseStart(_, statusCode) {
          status = statusCode;
        },
        onResponseData(_, part) {
          if (status === 200) onPart(part);
          else refusal += part.toString("utf8");
        },
        onResponseEnd() {
          if (status === 200) resolve();
          else reject(new Error(`${ask.path} answered ${status}: ${refusal}`));
        },
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

function wrong({ name }: Door, complaint: string): Error {
  return new Error(`A wrong answer of the ${name}: ${complaint}.`);
}
