/** The pulse, the life and the end of a connection, with a clock that is turned by hand. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { responsesWebSocket } from "../../../src/facades/openai/responses-websocket.ts";
import { createGenerate } from "../../../src/pipeline/generate.ts";
import { createRunning } from "../../../src/server/running.ts";
import { socketBounds } from "../../../src/server/websocket/bounds.ts";
import { createConnection } from "../../../src/server/websocket/connection.ts";
import type { Caller, TurnDeps } from "../../../src/server/websocket/turn.ts";
import type { TransitEntry } from "../../../src/transit/entry.ts";
import type { Answering } from "../../../src/upstreams/upstream.ts";
import { createFakePort } from "../../helpers/fake-port.ts";
import { completed, created, message, toFrame } from "../../helpers/frames.ts";
import { countingIds, settableClock } from "../../helpers/local-state.ts";
import { type Attempt, noState, scriptedUpstream } from "../../helpers/scripted-upstream.ts";

const bounds = socketBounds(1_000_000);
const whole: Attempt = [[created, ...message(0, "Hi"), completed()]];
const endless: Attempt = [[created, ...message(0, "Hi")], "wait"];

function gateOf(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

function setUp(attempts: readonly Attempt[] = [], answering?: Answering) {
  const upstream = scriptedUpstream(attempts);
  const ended: unknown[] = [];
  const generate = createGenerate({
    state: noState,
    resolve: async (model) => ({ upstream: answering ?? upstream, model, effort: undefined }),
    openPolicy: { retryAttempts: 0, graceMs: 60_000, backoffMs: 0 },
    keepaliveMs: 1_000,
    logStreamLines: false,
    onUsage: () => undefined,
  });
  const deps: TurnDeps = {
    facade: responsesWebSocket,
    generate,
    bounds,
    admit: async () => undefined,
    running: createRunning(),
    clock: settableClock(),
    ids: countingIds(),
    withoutSecrets: (text: string) => text,
    transit: {
      open: (requestId): TransitEntry => ({
        requestId,
        discard: () => undefined,
        record(phase, { outcome }) {
          if (phase === "outbound_response") ended.push(outcome);
        },
        close: () => "",
      }),
      finish: () => undefined,
      close: async () => undefined,
    },
  };
  const caller = {
    req: { headers: {} } as Caller["req"],
    path: "/v1/responses",
    client: "127.0.0.1",
    connectionId: "req_0",
    allowTools: true,
  };
  const port = createFakePort();
  const connection = createConnection(deps, caller, port);
  const create = (fields = {}): void =>
    connection.onText(
      JSON.stringify({ type: "response.create", model: "m", input: "Hi", ...fields }),
    );
  const leave = async (): Promise<void> => {
    port.drop();
    connection.onClosed();
    await vi.advanceTimersByTimeAsync(0);
  };
  const told = () => port.sent.map((text) => JSON.parse(text));
  return { port, connection, create, leave, told, ended, upstream };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("a connection", () => {
  it("is asked for a sign of life, and lives as long as it gives one", async () => {
    const { port, connection } = setUp();
    for (let count = 1; count <= 10; count += 1) {
      await vi.advanceTimersByTimeAsync(bounds.pingMs);
      expect(port.pings).toBe(count);
      connection.onPong();
    }
    expect(port.ended).toEqual([]);
    expect(port.sent).toEqual([]);
    connection.onClosed();
  });

  it("is dead after two signs that did not come", async () => {
    const { port, connection } = setUp();
    await vi.advanceTimersByTimeAsync(bounds.pingMs * 2);
    expect([port.pings, port.ended]).toEqual([2, []]);
    await vi.advanceTimersByTimeAsync(bounds.pingMs);
    expect([port.pings, port.ended]).toEqual([2, ["terminated"]]);
    connection.onClosed();
  });

  it("hears a ping late when it is behind, and has as long as for the answer itself", async () => {
    const { port, connection } = setUp();
    port.hold(1);
    await vi.advanceTimersByTimeAsync(bounds.stalledMs);
    expect(port.ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(bounds.pingMs);
    expect(port.ended).toEqual(["terminated"]);
    connection.onClosed();
  });

  it("is told nothing but answers while it waits for one", async () => {
    const { port, create, leave } = setUp([endless]);
    create();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(port.sent).toHaveLength(7);
    await leave();
  });

  it("ends after an hour, but what runs ends first; what waits or comes late is refused", async () => {
    const gate = gateOf();
    const upstream = scriptedUpstream([whole]);
    const late: Answering = {
      async open(request, scope) {
        const stream = await upstream.open(request, scope);
        async function* play() {
          yield [created].map(toFrame);
          await gate.promise;
          yield* stream.batches;
        }
        return { ...stream, batches: play() };
      },
    };
    const { port, connection, create, told, ended } = setUp([], late);
    create();
    create({ input: "waits" });
    for (let at = 0; at < bounds.lifetimeMs; at += bounds.pingMs) {
      await vi.advanceTimersByTimeAsync(bounds.pingMs);
      connection.onPong();
    }
    expect([port.ended, told().map(({ type }) => type)]).toEqual([[], ["response.created"]]);
    create({ stream_id: "late" });
    await vi.advanceTimersByTimeAsync(0);
    const refusal = { type: "error", code: "websocket_connection_limit_reached" };
    expect(told().at(-1)).toMatchObject({ ...refusal, stream_id: "late" });
    gate.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(told().slice(-3)).toMatchObject([{ type: "response.completed" }, refusal, refusal]);
    expect(port.ended).toEqual([[1001, "websocket_connection_limit_reached"]]);
    connection.onClosed();
    expect(ended).toEqual(["rejected", "completed", "rejected", "rejected"]);
  });

  it("that is idle ends after an hour at once, and is cut when the client does not answer", async () => {
    const { port, connection, told } = setUp();
    for (let at = 0; at < bounds.lifetimeMs; at += bounds.pingMs) {
      await vi.advanceTimersByTimeAsync(bounds.pingMs);
      connection.onPong();
    }
    expect(told()).toMatchObject([{ status: 400, code: "websocket_connection_limit_reached" }]);
    await vi.advanceTimersByTimeAsync(bounds.closingMs);
    expect(port.ended).toEqual([[1001, "websocket_connection_limit_reached"], "terminated"]);
    connection.onClosed();
  });

  it("that breaks the protocol is cut when it does not close", async () => {
    const { port, connection } = setUp();
    connection.onFault();
    await vi.advanceTimersByTimeAsync(bounds.closingMs);
    expect(port.ended).toEqual(["terminated"]);
    connection.onClosed();
  });

  it("stops at once when nothing runs, and takes nothing then", async () => {
    const { port, connection, create, upstream } = setUp();
    const stopped = connection.stop(10_000);
    expect(port.ended).toEqual([[1001, "The relay stops."]]);
    create();
    connection.onClosed();
    await stopped;
    expect(upstream.requests).toEqual([]);
  });

  it("stops by force when an answer does not end in time", async () => {
    const { port, connection, create, told, ended, upstream } = setUp([endless]);
    create();
    create({ input: "waits" });
    await vi.advanceTimersByTimeAsync(0);
    const stopped = connection.stop(10_000);
    await vi.advanceTimersByTimeAsync(9_999);
    expect([port.ended, told().at(-1)?.type]).toEqual([[], "response.output_item.done"]);
    await vi.advanceTimersByTimeAsync(1);
    const stopping = { type: "error", code: "relay_stopping" };
    expect(told().slice(-2)).toMatchObject([stopping, stopping]);
    expect(port.ended).toEqual([[1001, "The relay stops."]]);
    connection.onClosed();
    await stopped;
    expect([ended, upstream.requests.length, upstream.openStreams()]).toEqual([
      ["failed", "rejected"],
      1,
      0,
    ]);
  });

  it("is cut when it stops and the client takes nothing", async () => {
    const { port, connection, create } = setUp([endless]);
    port.hold(bounds.highWaterBytes + 1);
    create();
    await vi.advanceTimersByTimeAsync(0);
    const stopped = connection.stop(10);
    await vi.advanceTimersByTimeAsync(10 + bounds.closingMs);
    expect(port.ended.at(-1)).toBe("terminated");
    port.drop();
    connection.onClosed();
    await stopped;
    await vi.advanceTimersByTimeAsync(0);
  });

  it("is dropped when it asks on and reads nothing", async () => {
    const { port, connection } = setUp();
    port.hold(bounds.highWaterBytes * 4 + 1);
    connection.onText("{");
    await vi.advanceTimersByTimeAsync(0);
    expect([port.sent, port.ended]).toEqual([[], ["terminated"]]);
    connection.onClosed();
  });
});
