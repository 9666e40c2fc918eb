import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type Connection,
  openConnection,
} from "../../../../src/upstreams/chatgpt/socket/connection.ts";
import type { SocketEvents } from "../../../../src/upstreams/chatgpt/socket/port.ts";

interface FakeWire {
  readonly connection: Connection;
  readonly events: SocketEvents;
  readonly log: string[];
}

/** A connection on a wire that only notes what is done to it. */
async function open(silenceMs = 60_000): Promise<FakeWire> {
  const log: string[] = [];
  let events: SocketEvents | undefined;
  const connection = await openConnection(
    {
      clock: { now: () => 1 },
      silenceMs,
      async connect(_options, attach) {
        let isOpen = true;
        events = attach({
          get isOpen() {
            return isOpen;
          },
          send: (text) => log.push(`send ${text}`),
          ping: () => log.push("ping"),
          pause: () => log.push("pause"),
          resume: () => log.push("resume"),
          terminate() {
            isOpen = false;
            log.push("terminate");
          },
        });
      },
    },
    {
      url: new URL("http://127.0.0.1:1"),
      headers: {},
      proxy: undefined,
      timeoutMs: 1,
      signal: new AbortController().signal,
    },
  );
  if (events === undefined) throw new Error("Nothing was attached.");
  return { connection, events, log };
}

const delta = (text: string): string =>
  JSON.stringify({ type: "response.output_text.delta", text });
const completed = '{"type":"response.completed","response":{}}';

describe("a connection", () => {
  it("gives what came together as one batch, and is free after the last frame", async () => {
    const { connection, events, log } = await open();
    expect(connection.isFree).toBe(true);
    const answer = connection.ask("{}");
    expect(connection.isFree).toBe(false);
    const first = answer.next();
    events.onText(delta("a"));
    events.onText(delta("b"));
    events.onText(completed);
    expect((await first).value?.map(({ type }: { type: string }) => type)).toEqual([
      "response.output_text.delta",
      "response.output_text.delta",
      "response.completed",
    ]);
    expect(await answer.next()).toEqual({ done: true, value: undefined });
    expect([connection.isFree, log]).toEqual([true, ["send {}"]]);
  });

  it("leaves the next turn alone when the last one is read or left once more", async () => {
    const { connection, events, log } = await open();
    const first = connection.ask("1");
    events.onText(delta("a"));
    events.onText(completed);
    await first.next();
    const second = connection.ask("2");
    events.onText(delta("b"));
    expect((await first.next()).done).toBe(true);
    await first.return?.();
    expect((await second.next()).value).toHaveLength(1);
    expect(log).toEqual(["send 1", "ping", "send 2"]);
  });

  it("takes no more from the network than a reader does", async () => {
    const { connection, events, log } = await open();
    const answer = connection.ask("{}");
    const large = delta("x".repeat(300 * 1024));
    events.onText(large);
    events.onText(large);
    expect(log).toEqual(["send {}", "pause"]);
    expect((await answer.next()).value).toHaveLength(2);
    expect(log).toEqual(["send {}", "pause", "resume"]);
  });

  it("is cut when its answer is left, and never free again", async () => {
    const { connection, events, log } = await open();
    const answer = connection.ask("{}");
    events.onText(delta("a"));
    await answer.next();
    await answer.return?.();
    expect([connection.isFree, log.at(-1)]).toEqual([false, "terminate"]);
  });

  it("gives what came before it broke, and then says so", async () => {
    const { connection, events } = await open();
    const answer = connection.ask("{}");
    events.onText(delta("a"));
    events.onClosed(false);
    expect((await answer.next()).value).toHaveLength(1);
    await expect(answer.next()).rejects.toMatchObject({ code: "upstream_stream_interrupted" });
  });

  it("ends without a word when the server said goodbye", async () => {
    const { connection, events } = await open();
    const answer = connection.ask("{}");
    events.onClosed(true);
    expect(await answer.next()).toEqual({ done: true, value: undefined });
    expect(connection.isFree).toBe(false);
  });

  it("is cut after too much silence", async () => {
    const { connection, log } = await open(1);
    await expect(connection.ask("{}").next()).rejects.toMatchObject({ code: "upstream_timeout" });
    expect(log).toEqual(["send {}", "terminate"]);
  });

  describe("with a further turn", () => {
    const askTwice = async () => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const wire = await open();
      const first = wire.connection.ask("1");
      wire.events.onText(delta("a"));
      wire.events.onText(completed);
      await first.next();
      return { ...wire, answer: wire.connection.ask("2").next() };
    };

    it("is cut when nothing is heard of it soon, as where the network changed", async () => {
      const { answer, log } = await askTwice();
      const settled = expect(answer).rejects.toMatchObject({ code: "upstream_stream_interrupted" });
      await vi.advanceTimersByTimeAsync(9_999);
      expect(log).toEqual(["send 1", "ping", "send 2"]);
      await vi.advanceTimersByTimeAsync(1);
      await settled;
      expect(log.at(-1)).toBe("terminate");
    });

    it("may take long to answer when it heard the ping", async () => {
      const { answer, events, log } = await askTwice();
      events.onPong();
      await vi.advanceTimersByTimeAsync(59_000);
      events.onText(delta("b"));
      expect((await answer).value).toHaveLength(1);
      expect(log).toEqual(["send 1", "ping", "send 2"]);
    });
  });

  it("counts padding as a sign of life", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { connection, events, log } = await open(1_000);
    const first = connection.ask("{}").next();
    await vi.advanceTimersByTimeAsync(900);
    events.onText('{"sequence_number":0,"obfuscation":"x"}');
    await vi.advanceTimersByTimeAsync(900);
    events.onText(delta("a"));
    expect((await first).value).toHaveLength(1);
    expect(log).toEqual(["send {}"]);
  });

  it("is cut by a frame that is broken, because a part of the answer was in it", async () => {
    const { connection, events, log } = await open();
    connection.ask("{}");
    events.onText('{"sequence_number":5,"type":"response.output_item.done","it');
    expect([connection.isFree, log]).toEqual([false, ["send {}", "terminate"]]);
  });

  it("takes the last answer's end, said twice, for no answer to the next turn", async () => {
    const { connection, events, log } = await open();
    const first = connection.ask("1");
    events.onText(delta("a"));
    events.onText(completed);
    await first.next();
    const second = connection.ask("2");
    events.onText(completed);
    events.onClosed(false);
    await expect(second.next()).rejects.toMatchObject({ code: "upstream_stream_interrupted" });
    expect(log).toEqual(["send 1", "ping", "send 2", "terminate"]);
  });

  it("passes over late news between two turns, and is cut by anything else", async () => {
    const { connection, events, log } = await open();
    events.onText('{"type":"responsesapi.websocket_timing"}');
    expect(connection.isFree).toBe(true);
    events.onText('{"type":"error","status":400}');
    expect([connection.isFree, log]).toEqual([false, ["terminate"]]);
  });
});
