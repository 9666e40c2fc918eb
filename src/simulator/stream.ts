/** Plays the steps of a stream into a response: many events a write, no faster than they are read. */
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { StreamAnswer } from "./exchange.ts";

/** Text is gathered up to this length, so that thousands of events cost a handful of writes. */
const writeLength = 32 * 1024;

/** How a stream ended: written to its end, to be broken now, or left by the client. */
export type StreamEnd = "ended" | "cut" | "left";

/** Plays the stream until it is over; breaking the connection is left to the caller. */
export async function playStream(
  { headers, steps }: StreamAnswer,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<StreamEnd> {
  let text = "";
  const flush = async (): Promise<void> => {
    const ready = text;
    text = "";
    // The head goes out with the first text: a stream that is silent from the start has none. There
    // is no content-type, as upstream sends none.
    if (!response.headersSent) response.writeHead(200, headers);
    if (ready !== "" && !response.write(ready)) await drained(response, signal);
  };
  try {
    for (const step of steps) {
      if (signal.aborted) return "left";
      if (typeof step === "string") {
        text += step;
        if (text.length >= writeLength) await flush();
        continue;
      }
      if (text !== "") await flush();
      if (step.act === "cut") {
        await written(response);
        return "cut";
      }
      if (step.act === "hold") {
        await left(signal);
        return "left";
      }
      await wait(step.ms, undefined, { signal });
    }
    await flush();
    response.end();
    return "ended";
  } catch (error) {
    // A wait that the client ended by leaving; anything else is a fault of ours.
    if (!signal.aborted) throw error;
    return "left";
  }
}

function left(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

function written(response: ServerResponse): Promise<void> {
  // Everything so far reaches the client first: the cut is after an event, not before it.
  if (!response.headersSent) return Promise.resolve();
  return new Promise((resolve) => {
    response.write("", () => resolve());
  });
}
