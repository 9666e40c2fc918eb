import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { startSimulator } from "../../src/simulator/server.ts";
import {
  bodyOf,
  callerHeaders,
  clientId,
  readEvents,
  type StandIn,
  shapeOf,
  startStandIn,
  turnBody,
  user,
} from "./stand-in.ts";

const stateOf = async (standIn: StandIn) => bodyOf(await standIn.get("/simulator/state"));
const requestsOf = async (standIn: StandIn) =>
  (await (await standIn.get("/simulator/requests")).json()) as Record<string, unknown>[];
const lastOf = async (standIn: StandIn) => (await requestsOf(standIn)).at(-1);

describe("the stream on the wire", () => {
  it("has the real headers, and no content type", async () => {
    const { status, headers } = await (await startStandIn()).turn();
    expect([status, headers.get("content-type"), headers.get("x-codex-plan-type")]).toEqual([
      200,
      null,
      "pro",
    ]);
    expect(headers.get("x-oai-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ["[sim:hold]", 1],
    ["[sim:stall after=3]", 3],
    ["[sim:stall after=400]", 400],
  ])(
    "sends the first events of %s and then waits until the client leaves",
    async (directive, count) => {
      const standIn = await startStandIn();
      const answer = await standIn.turn({ input: [user(directive)] });
      const { events, reader } = await readEvents(answer, count);
      expect(events).toHaveLength(count);
      expect(await stateOf(standIn)).toMatchObject({ open_streams: 1 });
      await reader.cancel();
      await vi.waitFor(async () =>
        expect(await stateOf(standIn)).toMatchObject({ open_streams: 0 }),
      );
      expect(await lastOf(standIn)).toMatchObject({ aborted: true, finished: false });
    },
  );

  it("breaks the connection after the asked number of events", async () => {
    const standIn = await startStandIn();
    const answer = await standIn.turn({ input: [user("[sim:cut after=3]")] });
    const { events, reader } = await readEvents(answer, 3);
    expect(shapeOf(events)).toEqual(["created", "in_progress", "output_item.added"]);
    await expect(reader.read()).rejects.toThrow("terminated");
    expect(await lastOf(standIn)).toMatchObject({ aborted: false, finished: false });
  });

  it("breaks the connection without an answer when it is cut after nothing", async () => {
    const standIn = await startStandIn();
    await expect(standIn.turn({ input: [user("[sim:cut after=0]")] })).rejects.toThrow(
      "fetch failed",
    );
  });

  it("stops when a client leaves that did not read", async () => {
    const standIn = await startStandIn();
    const headers = {
      ...callerHeaders(await standIn.signIn()),
      "content-type": "application/json",
    };
    const sent = request(`${standIn.simulator.url}/backend-api/codex/responses`, {
      method: "POST",
      headers,
    });
    sent.end(JSON.stringify(turnBody({ input: [user("[sim:long events=1000000]")] })));
    const [response] = await once(sent, "response");
    response.destroy();
    await vi.waitFor(async () => expect(await stateOf(standIn)).toMatchObject({ open_streams: 0 }));
    expect(await lastOf(standIn)).toMatchObject({ aborted: true });
  });

  it("answers nothing at all, not even a head, in silence", async () => {
    const standIn = await startStandIn();
    const leaving = new AbortController();
    const headers = {
      ...callerHeaders(await standIn.signIn()),
      "content-type": "application/json",
    };
    const pending = fetch(`${standIn.simulator.url}/backend-api/codex/responses`, {
      method: "POST",
      headers,
      body: JSON.stringify(turnBody({ input: [user("[sim:silence]")] })),
      signal: leaving.signal,
    });
    await vi.waitFor(async () => expect(await stateOf(standIn)).toMatchObject({ open_streams: 1 }));
    leaving.abort();
    await expect(pending).rejects.toThrow("aborted");
  });

  it("ends open streams when it closes", async () => {
    const standIn = await startStandIn();
    const { reader } = await readEvents(await standIn.turn({ input: [user("[sim:hold]")] }), 1);
    await standIn.simulator.close();
    await expect(reader.read()).rejects.toThrow("terminated");
  });
});

describe("the controls", () => {
  it("tell what came in, without its secrets", async () => {
    const standIn = await startStandIn();
    const tokens = await standIn.signIn();
    await standIn.turn();
    await standIn.postJson("/oauth/token", {
      client_id: clientId,
      grant_type: "refresh_token",
      refresh_token: tokens.refresh_token,
    });
    const calls = await requestsOf(standIn);
    const text = JSON.stringify(calls);
    for (const secret of [tokens.access_token, tokens.refresh_token, tokens.id_token]) {
      expect(text).not.toContain(secret);
    }
    expect(calls.slice(-2)).toMatchObject([
      {
        method: "POST",
        path: "/backend-api/codex/responses",
        headers: { authorization: expect.stringMatching(/^Bearer sha256:[0-9a-f]{12}$/) },
        body: turnBody(),
        aborted: false,
        finished: true,
      },
      { path: "/oauth/token", body: ["client_id", "grant_type", "refresh_token"], finished: true },
    ]);
    await fetch(`${standIn.simulator.url}/simulator/requests`, { method: "DELETE" });
    expect(await requestsOf(standIn)).toEqual([]);
  });

  it("keep the last 200 calls", async () => {
    const standIn = await startStandIn();
    for (let index = 0; index < 205; index += 1) await standIn.get(`/unknown/${index}`);
    const calls = await requestsOf(standIn);
    expect([calls.length, calls.at(0)?.["path"]]).toEqual([200, "/unknown/5"]);
  });

  it.each([
    [
      { weather: "bad" },
      "`weather` is not a fault. Use one of: refresh, login, device, usage, websocket, access_tokens.",
    ],
    [
      { refresh: "often" },
      "`refresh` must be one of: none, expired, reused, invalidated, server_error.",
    ],
    [[], "The body must be a JSON object."],
  ])("refuse the fault %j", async (body, detail) => {
    const standIn = await startStandIn();
    const answer = await standIn.postJson("/simulator/faults", body);
    expect([answer.status, await answer.json()]).toEqual([400, { detail }]);
  });

  it("change nothing when one fault of several is wrong, and tell the state when all are right", async () => {
    const standIn = await startStandIn();
    await standIn.postJson("/simulator/faults", { usage: "exhausted", device: "rain" });
    const answer = await standIn.postJson("/simulator/faults", { device: "deny" });
    expect(await answer.json()).toEqual({
      refresh: "none",
      login: "none",
      device: "deny",
      usage: "none",
      websocket: "none",
    });
  });

  it("take faults as JSON only, which a page of another site cannot send unasked", async () => {
    const standIn = await startStandIn();
    expect((await standIn.postForm("/simulator/faults", { refresh: "expired" })).status).toBe(415);
  });
});

describe("the server", () => {
  /** A request as text, so that nothing between corrects it; the answer's first line and body. */
  async function raw(standIn: StandIn, text: string): Promise<string> {
    const socket = connect(Number(new URL(standIn.simulator.url).port), "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.end(text.replaceAll("\n", "\r\n"));
    await once(socket, "close");
    return Buffer.concat(chunks).toString();
  }

  it.each([
    ["a host that is not loopback", "GET /simulator/state HTTP/1.1\nhost: example.com\n\n", 403],
    [
      "a page of another site",
      "GET /simulator/state HTTP/1.1\nhost: localhost\norigin: https://example.com\n\n",
      403,
    ],
    ["a target that is no path", "GET http://[bad HTTP/1.1\nhost: localhost\n\n", 400],
    ["a path that looks like a host", "GET //example.com/x HTTP/1.1\nhost: localhost\n\n", 404],
    ["text that is not HTTP", "hello\n\n", 400],
    [
      "a WebSocket that nobody signed",
      "GET /backend-api/codex/responses HTTP/1.1\nhost: localhost\nconnection: upgrade\nupgrade: websocket\n\n",
      401,
    ],
  ])("answers %s with a status and goes on", async (_, text, status) => {
    const standIn = await startStandIn();
    const answer = await raw(standIn, text.replace("\n\n", "\nconnection: close\n\n"));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toMatch(/\bat .+:\d+:\d+/);
    expect((await standIn.get("/simulator/state")).status).toBe(200);
  });

  it("goes on after a client that leaves in the middle of its body", async () => {
    const standIn = await startStandIn();
    const socket = connect(Number(new URL(standIn.simulator.url).port), "127.0.0.1");
    await once(socket, "connect");
    const half = "POST /oauth/token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf";
    // Destroyed before it has left, nothing of it might arrive.
    await new Promise((resolve) => socket.write(half, resolve));
    socket.destroy();
    await once(socket, "close");
    expect((await standIn.get("/simulator/state")).status).toBe(200);
  });

  it("rejects as Node does when the port is taken", async () => {
    const standIn = await startStandIn();
    const port = Number(new URL(standIn.simulator.url).port);
    await expect(startSimulator({ clock: { now: () => 0 }, port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  it("does not listen beyond this machine", async () => {
    await expect(startSimulator({ clock: { now: () => 0 }, host: "0.0.0.0" })).rejects.toThrow(
      "loopback only",
    );
  });

  it("keeps two servers of one process apart", async () => {
    const [first, second] = await Promise.all([startStandIn(), startStandIn()]);
    const headers = callerHeaders(await first.signIn());
    const path = "/backend-api/wham/usage";
    expect([
      (await first.get(path, headers)).status,
      (await second.get(path, headers)).status,
    ]).toEqual([200, 401]);
  });
});
