/** The WebSocket of a whole relay on the stand-in, with the client that the SDKs use. */
import { writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../../src/protocol/json.ts";
import { raw } from "../../helpers/raw-http.ts";
import {
  handshake,
  openSocket,
  type SocketClient,
  type SocketEvent,
} from "../../helpers/socket-client.ts";
import { startTestRelay, type TestRelay, type TestRelayOptions } from "../../helpers/test-relay.ts";
import { createOpenApi, readSchemas } from "../../schema/openapi.ts";

const openApi = createOpenApi(readSchemas());
const marker = "[airelays stand-in, no AI]";

function idOf(events: readonly SocketEvent[]): unknown {
  const response = events.at(-1)?.["response"];
  return isJsonObject(response) ? response["id"] : undefined;
}

function textOf(events: readonly SocketEvent[]): string {
  return events
    .filter(({ type }) => type === "response.output_text.delta")
    .map(({ delta }) => delta)
    .join("");
}

const typesOf = (events: readonly SocketEvent[]): string[] => events.map(({ type }) => type);
const inputOf = (body: Record<string, unknown> | undefined): unknown[] =>
  (body?.["input"] as unknown[]) ?? [];
const user = (text: string) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

describe("a relay with a WebSocket", () => {
  let relay: TestRelay;
  const clients: SocketClient[] = [];
  const open = async (options?: Parameters<typeof openSocket>[1]): Promise<SocketClient> => {
    const client = await openSocket(relay, options);
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    relay = await startTestRelay({
      env: {
        AIRELAYS_RATE_LIMIT_BURST: "1000",
        AIRELAYS_ALLOWED_ORIGINS: "https://app.example",
      },
    });
  });
  afterEach(() => {
    for (const { webSocket } of clients.splice(0)) webSocket.terminate();
  });
  afterAll(() => relay.close());

  describe("refuses before 101", () => {
    it.each([
      ["a foreign Host", { host: "evil.example" }, 403, "forbidden_host"],
      ["a page of another site", { origin: "https://evil.example" }, 403, "forbidden_origin"],
      ["a page of this machine", { origin: "http://localhost:3000" }, 403, "forbidden_origin"],
      ["a page without an origin", { origin: "null" }, 403, "forbidden_origin"],
      ["no token", { authorization: undefined }, 401, "invalid_api_key"],
      ["a wrong token", { authorization: "Bearer no" }, 401, "invalid_api_key"],
      [
        "a wrong token of a browser",
        {
          authorization: undefined,
          "sec-websocket-protocol": "airelays, openai-insecure-api-key.no",
        },
        401,
        "invalid_api_key",
      ],
      ["a handshake without a key", { "sec-websocket-key": undefined }, 400, "invalid_request"],
      ["another version", { "sec-websocket-version": "7" }, 400, "invalid_request"],
      ["protocols that are none", { "sec-websocket-protocol": "a,,b" }, 400, "invalid_request"],
    ])("T19 %s, as over HTTP", async (_name, headers, status, code) => {
      const answer = await raw(relay.url, handshake(relay, "/v1/responses", headers));
      const [head = "", body = ""] = answer.split("\r\n\r\n");
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head.toLowerCase()).toContain("\r\nx-request-id: req_");
      expect(head.toLowerCase()).toContain("\r\nconnection: close");
      expect(JSON.parse(body)).toEqual({ error: expect.objectContaining({ code }) });
    });

    it("T20 a token in the address", async () => {
      const text = handshake(relay, `/v1/responses?api_key=${relay.token}&token=${relay.token}`, {
        authorization: undefined,
      });
      expect(await raw(relay.url, text)).toMatch(/^HTTP\/1\.1 401 /);
    });

    it.each([
      ["/v1/never/heard/of", 404, "not_found"],
      ["/v1/realtime", 501, "unsupported_error"],
      ["/v1/chat/completions", 405, "method_not_allowed"],
      ["/%ff", 400, "invalid_request"],
    ])("an upgrade at %s", async (path, status, code) => {
      const answer = await raw(relay.url, handshake(relay, path));
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*"code":"${code}"`, "s"));
    });

    it("a GET that asks for no upgrade, with 426", async () => {
      const answer = await relay.get("/v1/responses");
      expect([answer.status, answer.headers.get("upgrade")]).toEqual([426, "websocket"]);
      expect(await answer.json()).toMatchObject({ error: { code: "websocket_upgrade_required" } });
      expect((await relay.get("/v1/models")).status).toBe(200);
    });
  });

  it("passes over other upgrades, bodies included, as Java's client sends them", async () => {
    const body = JSON.stringify({ model: "gpt-5.5", input: "x".repeat(200_000) });
    const text = handshake(relay, "/v1/responses", {
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      "http2-settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
      "content-type": "application/json",
      "content-length": String(body.length),
    }).replace("GET", "POST");
    const isWhole = (answer: string) => answer.includes('"status":"completed"');
    const answer = await raw(relay.url, text + body, isWhole);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("takes a browser's token, and names only the protocol", async () => {
    const isAnswered = (answer: string) => answer.includes("\r\n\r\n");
    const answer = await raw(
      relay.url,
      handshake(relay, "/v1/responses", {
        authorization: undefined,
        origin: "https://app.example",
        "sec-websocket-protocol": `airelays, openai-insecure-api-key.${relay.token}`,
        "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
      }),
      isAnswered,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain("\r\nSec-WebSocket-Protocol: airelays\r\n");
    expect(answer).not.toContain("permessage-deflate");
    expect(answer).not.toContain(relay.token);
  });

  it("answers with the events of HTTP, each of OpenAI's form, and what headers would say", async () => {
    const client = await open();
    client.create({ store: false, temperature: 1 });
    const events = await client.answer();
    expect(textOf(events)).toBe(`${marker} Say tree.`);
    expect(typesOf(events).slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
    expect(events.flatMap((event) => openApi.eventProblems(event))).toEqual([]);
    const [first, ...others] = events;
    expect(first?.["airelays"]).toEqual({
      headers: expect.objectContaining({
        "x-request-id": expect.stringMatching(/^req_/),
        "x-codex-primary-used-percent": expect.any(String),
        "x-airelays-ignored-parameters": "temperature",
      }),
    });
    expect(others.filter((event) => "airelays" in event)).toEqual([]);
    expect(events.at(-1)?.["response"]).toMatchObject({ store: false, safety_identifier: null });
  });

  it("refuses tools at the path without tools, and answers the rest there", async () => {
    const client = await open({ path: "/no-tools/v1/responses" });
    client.create({ tools: [{ type: "function", name: "f" }] });
    expect((await client.answer()).at(-1)).toMatchObject({ status: 400, param: "tools" });
    client.create();
    expect(textOf(await client.answer())).toContain("Say tree.");
  });

  describe("remembers the newest answer", () => {
    const tools = [{ type: "function", name: "f", parameters: { type: "object", properties: {} } }];

    it("with `store: false`, so that only what is new has to be sent", async () => {
      const client = await open();
      const told = (await relay.upstreamBodies()).length;
      client.create({ input: [user("[sim:tool-call] Go.")], tools, store: false });
      const first = await client.answer();
      const id = idOf(first);
      const call = first.find(({ type }) => type === "response.output_item.done")?.["item"] as
        | Record<string, unknown>
        | undefined;
      const output = { type: "function_call_output", call_id: call?.["call_id"], output: "done" };
      client.create({ input: [output], tools, store: false, previous_response_id: id });
      const second = await client.answer();
      expect(textOf(second)).toContain("done");
      expect(second.at(-1)?.["response"]).toMatchObject({ previous_response_id: id, store: false });
      const [, sent] = (await relay.upstreamBodies()).slice(told);
      expect(inputOf(sent)).toMatchObject([user("[sim:tool-call] Go."), call ?? {}, output]);
      expect(sent).not.toHaveProperty("previous_response_id");
      expect((await relay.get(`/v1/responses/${id}`)).status).toBe(404);
    });

    it("of this connection alone, and no older one", async () => {
      const client = await open();
      client.create({ input: "One.", store: false });
      const older = idOf(await client.answer());
      client.create({ input: "Two.", store: false });
      const newest = idOf(await client.answer());
      const other = await open();
      for (const [asker, id] of [
        [client, older],
        [other, newest],
      ] as const) {
        asker.create({ previous_response_id: id, store: false });
        const [error] = await asker.answer();
        expect(error).toMatchObject({
          type: "error",
          status: 400,
          error: {
            type: "invalid_request_error",
            code: "previous_response_not_found",
            param: "previous_response_id",
          },
          code: "previous_response_not_found",
          param: "previous_response_id",
        });
        expect(openApi.problems("ResponseWsError", error)).toEqual([]);
      }
      client.create({ previous_response_id: newest, store: false });
      expect((await client.answer()).at(-1)?.type).toBe("response.completed");
    });

    it("and goes on from kept answers of HTTP too", async () => {
      const answer = await relay.post("/v1/responses", { model: "gpt-5.5", input: "Kept." });
      const kept = (await answer.json()) as { id: string };
      const client = await open();
      client.create({ previous_response_id: kept.id, input: "More." });
      expect((await client.answer()).at(-1)?.type).toBe("response.completed");
      expect(inputOf((await relay.upstreamBodies()).at(-1))).toHaveLength(3);
    });

    it("until a turn that went on from it fails", async () => {
      const client = await open();
      client.create({ store: false, input: "Base." });
      const id = idOf(await client.answer());
      client.create({ store: false, input: "[sim:bad-request]", previous_response_id: id });
      expect((await client.answer()).at(-1)).toMatchObject({ type: "error", status: 400 });
      client.create({ store: false, previous_response_id: id });
      expect((await client.answer()).at(-1)).toMatchObject({ code: "previous_response_not_found" });
    });

    it("also of a warm-up, which no upstream is asked for", async () => {
      const client = await open();
      const told = (await relay.upstreamBodies()).length;
      client.create({ generate: false, input: [user("Base.")], tools, store: false });
      const events = await client.answer();
      expect(typesOf(events)).toEqual(["response.created", "response.completed"]);
      expect(events.flatMap((event) => openApi.eventProblems(event))).toEqual([]);
      expect(events.at(-1)?.["response"]).toMatchObject({
        id: expect.stringMatching(/^resp_prewarm_/),
        status: "completed",
        output: [],
        usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
      });
      expect((await relay.upstreamBodies()).slice(told)).toEqual([]);
      client.create({ input: [user("Go.")], previous_response_id: idOf(events), store: false });
      expect(textOf(await client.answer())).toContain("Go.");
      expect(inputOf((await relay.upstreamBodies()).at(-1))).toEqual([user("Base."), user("Go.")]);
    });
  });

  describe("tells what goes wrong, and stays open", () => {
    it.each([
      ["[sim:status code=429 variant=usage-limit]", 429, "usage_limit_reached"],
      ["[sim:status code=500 variant=server-error]", 502, "upstream_error"],
      ["[sim:failed code=server_is_overloaded]", 503, "upstream_overloaded"],
      ["[sim:end after=1]", 502, "upstream_stream_interrupted"],
    ])("before an answer has begun: %s", async (input, status, code) => {
      const client = await open();
      client.create({ input });
      const events = await client.answer();
      expect(events).toEqual([
        expect.objectContaining({
          type: "error",
          status,
          code,
          message: expect.any(String),
          error: expect.objectContaining({ code, headers: expect.anything() }),
          headers: expect.objectContaining({ "x-request-id": expect.stringMatching(/^req_/) }),
        }),
      ]);
      client.create();
      expect(textOf(await client.answer())).toContain("Say tree.");
    });

    it.each([
      ["[sim:cut after=600]", "error", { status: 502, code: "upstream_stream_interrupted" }],
      ["[sim:end after=600]", "error", { status: 502, code: "upstream_stream_interrupted" }],
      [
        "[sim:failed code=server_error after=600 only=error]",
        "error",
        { status: 502, error: expect.objectContaining({ code: "upstream_error" }) },
      ],
      ["[sim:failed code=server_error after=600]", "response.failed", {}],
    ])("in the middle of one, in one last event: %s", async (input, type, fields) => {
      const client = await open();
      client.create({ input });
      const events = await client.answer();
      expect(events.at(-1)).toMatchObject({ type, ...fields });
      expect(typesOf(events)).not.toContain("response.completed");
      client.create();
      const next = await client.answer();
      expect(typesOf(next)[0]).toBe("response.created");
      expect(textOf(next)).toContain("Say tree.");
    });

    it.each([
      ["no JSON", "{", 400, "invalid_json"],
      ["no object", "[]", 400, "invalid_event"],
      ["another event", { type: "response.cancel" }, 400, "invalid_event"],
      ["no model", { type: "response.create", input: "x" }, 400, "invalid_request"],
      ["a lane that is none", { type: "response.create", stream_id: "a b" }, 400, "invalid_event"],
      [
        "work in the background",
        { type: "response.create", model: "gpt-5.5", input: "x", background: true },
        400,
        "unsupported_parameter",
      ],
    ])("of a frame with %s", async (_name, frame, status, code) => {
      const client = await open();
      client.send(frame);
      expect(await client.answer()).toEqual([expect.objectContaining({ status, code })]);
      client.create();
      expect(textOf(await client.answer())).toContain("Say tree.");
    });
  });

  it("answers requests one after the other, and refuses more than a few that wait", async () => {
    const client = await open();
    client.create({ input: "[sim:stall after=6]" });
    await client.until(/^response\.created$/);
    for (let count = 0; count < 9; count += 1) client.create({ input: `Number ${count}.` });
    expect((await client.answer()).at(-1)).toMatchObject({
      type: "error",
      status: 409,
      code: "response_already_in_flight",
    });
  });

  it("answers in the order of asking", async () => {
    const client = await open();
    for (const name of ["One.", "Two.", "Three."]) client.create({ input: name });
    const answers = [await client.answer(), await client.answer(), await client.answer()];
    expect(answers.map(textOf)).toEqual(
      ["One.", "Two.", "Three."].map((name) => `${marker} ${name}`),
    );
  });

  it("answers lanes side by side, each event with its lane", async () => {
    const client = await open();
    client.create({ input: "[sim:stall after=6]", stream_id: "held" });
    await client.until(/delta$/);
    client.create({ input: "Quick.", stream_id: "quick" });
    const events = await client.answer();
    const quick = events.filter(({ stream_id }) => stream_id === "quick");
    expect(textOf(quick)).toContain("Quick.");
    expect(events.filter(({ stream_id }) => stream_id === undefined)).toEqual([]);
    client.create({ model: "", stream_id: "quick" });
    expect((await client.answer()).at(-1)).toMatchObject({ type: "error", stream_id: "quick" });
  });

  it("ends the upstream call when the client leaves", async () => {
    const client = await open();
    client.create({ input: "[sim:stall after=6] and leave" });
    await client.until(/^response\.created$/);
    client.webSocket.terminate();
    await expect
      .poll(async () => await (await fetch(`${relay.simulator.url}/simulator/state`)).json())
      .toMatchObject({ open_streams: 0 });
  });

  it("closes on frames that are no text", async () => {
    const client = await open();
    client.webSocket.send(Buffer.from("{}"));
    expect(await client.closed).toEqual({ code: 1003, reason: "Events are text frames." });
  });

  it("closes on text that is none", async () => {
    const client = await open();
    client.webSocket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await client.closed).toMatchObject({ code: 1007 });
  });

  it("sends a long answer whole to a client that reads slowly", async () => {
    const client = await open();
    client.create({ input: "[sim:long events=4000]" });
    await client.until(/^response\.created$/);
    client.webSocket.pause();
    await relay.get("/v1/models");
    client.webSocket.resume();
    const events = await client.answer();
    expect(events.filter(({ type }) => type === "response.output_text.delta")).toHaveLength(4000);
    expect(events.at(-1)?.type).toBe("response.completed");
  });
});

describe("one relay for each case", () => {
  let relay: TestRelay;
  const start = async (options: TestRelayOptions = {}): Promise<TestRelay> => {
    relay = await startTestRelay(options);
    return relay;
  };
  afterEach(() => relay.close());

  it("closes on a frame above the limit of bodies", async () => {
    const client = await openSocket(await start({ env: { AIRELAYS_MAX_BODY_BYTES: "2000" } }));
    client.create({ input: "x".repeat(2_000) });
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  it("holds no place while it is idle, and takes one for each turn", async () => {
    const { url, token } = await start({
      env: { AIRELAYS_CONCURRENT_REQUESTS_PER_IP: "1" },
    });
    const [first, second] = [await openSocket({ url, token }), await openSocket({ url, token })];
    first.create({ input: "[sim:stall after=6]" });
    await first.until(/^response\.created$/);
    second.create();
    expect(await second.answer()).toMatchObject([
      { status: 429, code: "too_many_concurrent_requests", headers: { "retry-after": "1" } },
    ]);
    expect((await relay.get("/v1/models")).status).toBe(429);
    first.webSocket.terminate();
    await expect.poll(async () => (await relay.get("/v1/models")).status).toBe(200);
    second.create();
    expect((await second.answer()).at(-1)?.type).toBe("response.completed");
  });

  /** So few requests that none comes back while the test runs. */
  const atMost = (count: number): TestRelayOptions => ({
    env: { AIRELAYS_RATE_LIMIT_BURST: String(count), AIRELAYS_RATE_LIMIT_PER_MINUTE: "1" },
  });

  it("counts turns into the rate", async () => {
    const client = await openSocket(await start(atMost(3)));
    for (let count = 0; count < 3; count += 1) client.create({ generate: false });
    await client.answer();
    await client.answer();
    expect(await client.answer()).toMatchObject([{ status: 429, code: "rate_limit_exceeded" }]);
  });

  it("counts frames that are no requests, too", async () => {
    const client = await openSocket(await start(atMost(2)));
    client.send("{");
    expect(await client.answer()).toMatchObject([{ code: "invalid_json" }]);
    client.send("{");
    expect(await client.answer()).toMatchObject([{ code: "rate_limit_exceeded" }]);
  });

  it("asks for the token of today with each turn", async () => {
    const client = await openSocket(await start());
    await writeFile(relay.loaded.config.security.bearerTokenFile, "another-token\n");
    client.create();
    expect(await client.answer()).toMatchObject([{ status: 401, code: "invalid_api_key" }]);
  });

  it("has a bounded number of connections", async () => {
    await start({ socketBounds: { maxConnections: 1 } });
    const client = await openSocket(relay);
    const refused = await raw(relay.url, handshake(relay, "/v1/responses"));
    expect(refused).toMatch(/^HTTP\/1\.1 429 .*too_many_concurrent_requests/s);
    client.webSocket.close();
    await client.closed;
    await expect
      .poll(() => raw(relay.url, handshake(relay, "/v1/responses"), (text) => text.length > 0))
      .toMatch(/^HTTP\/1\.1 101 /);
  });

  it("tells a client whose hour is over, and closes", async () => {
    const client = await openSocket(await start({ socketBounds: { lifetimeMs: 1 } }));
    const [error] = await client.answer();
    expect(error).toMatchObject({
      type: "error",
      status: 400,
      error: {
        code: "websocket_connection_limit_reached",
        message:
          "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
      },
    });
    expect(await client.closed).toMatchObject({ code: 1001 });
  });

  it("lets a running answer end when it stops, and closes then", async () => {
    const client = await openSocket(await start());
    client.create({ input: "[sim:slow events=5 delay_ms=20]" });
    await client.until(/^response\.created$/);
    const stopped = relay.close(30_000);
    const events = await client.answer();
    expect(events.at(-1)?.type).toBe("response.completed");
    expect(await client.closed).toEqual({ code: 1001, reason: "The relay stops." });
    await stopped;
  });

  it("cuts an answer that does not end in time when it stops", async () => {
    const client = await openSocket(await start());
    client.create({ input: "[sim:stall after=6]" });
    await client.until(/^response\.created$/);
    const [log, events] = await Promise.all([relay.closeAndReadLog(1), client.answer()]);
    expect(events.at(-1)).toMatchObject({ type: "error", code: "relay_stopping", status: 503 });
    expect(await client.closed).toEqual({ code: 1001, reason: "The relay stops." });
    expect(log.filter(({ phase }) => phase === "outbound_response")).toMatchObject([
      { status_code: 101, outcome: "completed" },
      { status_code: 200, outcome: "failed", error: { code: "relay_stopping" } },
    ]);
  });

  it("writes each turn to the log as a request of its own, and no token", async () => {
    const client = await openSocket(await start());
    client.create({ input: "First.", temperature: 0 });
    await client.answer();
    client.create({ input: "[sim:bad-request]" });
    await client.answer();
    await raw(
      relay.url,
      handshake(relay, "/v1/responses", {
        authorization: undefined,
        "sec-websocket-protocol": "airelays, openai-insecure-api-key.wrong-token",
      }),
    );
    const { token } = relay;
    const log = await relay.closeAndReadLog();
    const opened = log.find(({ path }) => path === "/v1/responses")?.request_id;
    const turns = log.filter(
      ({ phase, method }) => phase === "inbound_request" && method !== "GET",
    );
    expect(turns).toMatchObject([
      { method: "WEBSOCKET", path: "/v1/responses", connection_id: opened },
      { method: "WEBSOCKET", path: "/v1/responses", connection_id: opened },
    ]);
    const phases = (id: string | null | undefined) =>
      log.filter(({ request_id }) => request_id === id).map(({ phase }) => phase);
    expect(phases(turns[0]?.request_id)).toEqual([
      "inbound_request",
      "inbound_body",
      "upstream_request",
      "compatibility_adaptation",
      "upstream_response",
      "upstream_usage",
      "outbound_response",
    ]);
    expect(log.filter(({ phase }) => phase === "outbound_response")).toMatchObject([
      { status_code: 101 },
      { status_code: 200, outcome: "completed" },
      { status_code: 400, outcome: "rejected", error: { code: "upstream_rejected" } },
      { status_code: 401, outcome: "rejected" },
    ]);
    const text = JSON.stringify(log);
    expect(text).not.toContain(token);
    expect(text).not.toContain("wrong-token");
  });
});
