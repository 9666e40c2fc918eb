import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { createAutoTransport } from "../../../src/upstreams/chatgpt/auto-transport.ts";
import { SocketUnusable } from "../../../src/upstreams/chatgpt/socket/unusable.ts";
import type { Transport } from "../../../src/upstreams/chatgpt/transport.ts";
import { testScope } from "../../helpers/scripted-upstream.ts";

const unusable = new SocketUnusable(new RelayError("upstream_failed", "No WebSocket here."));
const turn = { body: {}, headers: {}, sessionId: "s" };

/** Two transports that note who was asked; the socket fails as long as there is a failure. */
function start(failure?: Error) {
  const asked: string[] = [];
  const state = { failure, now: 0 };
  const transport = (name: string, fails: () => Error | undefined): Transport => ({
    async open() {
      asked.push(name);
      const error = fails();
      if (error !== undefined) throw error;
      return {
        status: 200,
        requestId: name,
        headers: {},
        batches: (async function* () {})(),
        explain: () => new RelayError("upstream_error", name),
      };
    },
  });
  const auto = createAutoTransport({
    socket: transport("socket", () => state.failure),
    http: transport("http", () => undefined),
    clock: { now: () => state.now },
  });
  return { auto, asked, state };
}

describe("a transport that chooses", () => {
  it("stays with the socket while that works", async () => {
    const { auto, asked } = start();
    for (let i = 0; i < 2; i += 1) await auto.open(turn, testScope());
    expect(asked).toEqual(["socket", "socket"]);
  });

  it("takes HTTP for ten minutes where it does not, says so, and then tries again", async () => {
    const { auto, asked, state } = start(unusable);
    const scope = testScope();
    const { headers } = await auto.open(turn, scope);
    expect(headers).toEqual({ "x-airelays-upstream-transport": "http" });
    expect(scope.records).toEqual([
      {
        phase: "transport_fallback",
        from: "websocket",
        to: "http",
        code: "upstream_failed",
        message: "No WebSocket here.",
        for_seconds: 600,
      },
    ]);
    state.now = 599_999;
    await auto.open(turn, testScope());
    state.now = 600_000;
    state.failure = undefined;
    await auto.open(turn, testScope());
    expect(asked).toEqual(["socket", "http", "http", "socket"]);
  });

  it("asks nobody else when there was an answer, or the client left", async () => {
    for (const failure of [new RelayError("usage_limit_reached", "Spent."), new Error("left")]) {
      const { auto, asked } = start(failure);
      await expect(auto.open(turn, testScope())).rejects.toBe(failure);
      expect(asked).toEqual(["socket"]);
    }
  });
});
