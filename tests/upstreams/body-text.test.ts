import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type BodySource,
  type BodyText,
  createBodyText,
  type TextReader,
} from "../../src/upstreams/body-text.ts";

const part = Buffer.from("x");
const network = { pause: () => undefined, resume: () => undefined, abort: () => undefined };

function bodyOver(source: BodySource, silenceMs = 1_000): BodyText {
  return createBodyText({
    toError: (error) => error,
    silenceMs,
    toSilence: () => new Error("silent"),
    source,
  });
}

/** A part every ten seconds, none of which ends the line, to a reader that waits for its end. */
async function drip(parts: number, silenceMs: number): Promise<unknown> {
  vi.useFakeTimers({ toFake: ["performance"] });
  const body = bodyOver(network, silenceMs);
  let taken: () => void = () => undefined;
  const reader: TextReader<string> = {
    read() {
      taken();
      return undefined;
    },
    end: () => "whole",
  };
  const first = body
    .pieces(reader)
    .next()
    .catch((error: unknown) => error);
  for (let count = 0; count < parts; count += 1) {
    const isTaken = new Promise<void>((resolve) => {
      taken = resolve;
    });
    vi.advanceTimersByTime(10_000);
    body.push(part);
    await Promise.race([isTaken, first]);
  }
  body.end();
  return first;
}

describe("createBodyText", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("counts the wait for each further part of a line once, whatever the reader makes of it", async () => {
    expect(await drip(11, 100_000)).toEqual({ done: false, value: "whole" });
  });

  it("gives up on a line whose parts took longer than the limit together", async () => {
    expect(await drip(12, 100_000)).toEqual(new Error("silent"));
  });

  it("joins a character that the network has cut, wherever it did", async () => {
    const text = "a\u00fcb\u20acc\u{1f600}d";
    const bytes = Buffer.from(text);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const body = bodyOver(network);
        let whole = "";
        const reader: TextReader<never> = {
          read(part) {
            whole += part;
            return undefined;
          },
          end: () => undefined,
        };
        const end = body.pieces(reader).next();
        for (const part of [
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        ]) {
          body.push(part);
          await Promise.resolve();
        }
        body.end();
        await end;
        expect(whole).toBe(text);
      }
    }
  });

  /** More than may be held, and a network that gives the rest in the moment in which it goes on. */
  function fullBody(rest: string): BodyText {
    const body = bodyOver({
      ...network,
      resume() {
        body.push(Buffer.from(rest));
        body.end();
      },
    });
    body.push(Buffer.from(full));
    return body;
  }
  const full = "x".repeat(100_000);

  it.each(["", "and the rest"])("keeps what comes while the network goes on: %j", async (rest) => {
    const taken: string[] = [];
    const reader = { read: (text: string) => text, end: () => undefined };
    for await (const text of fullBody(rest).pieces(reader)) taken.push(text);
    expect(taken.join("")).toBe(full + rest);
  });

  it("lets the network wait while more lies unread than a socket holds, once", async () => {
    const told: string[] = [];
    const body = bodyOver({
      ...network,
      pause: () => told.push("pause"),
      resume: () => told.push("resume"),
    });
    const pieces = body.pieces({ read: (text: string) => text.length, end: () => undefined });
    body.push(Buffer.from("x".repeat(65_536)));
    expect(told).toEqual([]);
    body.push(Buffer.from("y"));
    expect(told).toEqual(["pause"]);
    expect(await pieces.next()).toEqual({ done: false, value: 65_537 });
    expect(told).toEqual(["pause", "resume"]);
  });

  it("keeps it too where the reader makes nothing of what came before", async () => {
    let whole = "";
    const reader = {
      read(text: string): undefined {
        whole += text;
      },
      end: () => whole.length,
    };
    expect(await fullBody("b").pieces(reader).next()).toEqual({ done: false, value: 100_001 });
  });
});
