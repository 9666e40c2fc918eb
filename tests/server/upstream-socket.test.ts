/** The relay's own WebSocket to the upstream, at the stand-in: what is sent on it, and when it is not used. */
import { afterEach, describe, expect, it } from "vitest";
import { openSocket } from "../helpers/socket-client.ts";
import { type LogRecord, startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
afterEach(() => relay.close());

interface UpstreamCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown> & { input?: unknown[] };
  readonly aborted: boolean;
}

const start = async (transport: "websocket" | "auto", env: Record<string, string> = {}) => {
  relay = await startTestRelay({
    env: {
      AIRELAYS_UPSTREAM_TRANSPORT: transport,
      AIRELAYS_RATE_LIMIT_BURST: "1000",
      ...env,
    },
  });
};
const calls = async (): Promise<UpstreamCall[]> => {
  const answer = await fetch(`${relay.simulator.url}/simulator/requests`);
  const all = (await answer.json()) as UpstreamCall[];
  return all.filter(({ path }) => path.endsWith("/codex/responses"));
};
const state = async (): Promise<Record<string, number>> =>
  (await (await fetch(`${relay.simulator.url}/simulator/state`)).json()) as Record<string, number>;
const setFaults = async (faults: Record<string, string>): Promise<void> => {
  const answer = await fetch(`${relay.simulator.url}/simulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(faults),
  });
  expect(answer.status).toBe(200);
};
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
};

const user = (text: string) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

interface Told {
  readonly status: number;
  readonly transport: string | null;
  readonly code: unknown;
  readonly output: { content?: { text?: string }[] }[];
}

/** One turn of a conversation over `/v1/responses`; the session keeps its turns together. */
const ask = async (input: readonly unknown[], more: object = {}): Promise<Told> => {
  const answer = await relay.post(
    "/v1/responses",
    { model: "gpt-5.5", input, store: false, ...more },
    { headers: { "session-id": "s1" } },
  );
  const { status, headers } = answer;
  const body = (await answer.json()) as { output?: Told["output"]; error?: { code: unknown } };
  const transport = headers.get("x-airelays-upstream-transport");
  return { status, transport, code: body.error?.code ?? null, output: body.output ?? [] };
};
const textOf = ({ output }: Told): string | undefined => output.at(-1)?.content?.[0]?.text;
const records = (log: readonly LogRecord[], phase: string): LogRecord[] =>
  log.filter((each) => each.phase === phase);

describe("a relay with a WebSocket to the upstream", () => {
  it("opens it with what a client says of itself, and asks in one frame", async () => {
    await start("websocket");
    expect(await ask([user("Hello")])).toMatchObject({ status: 200, transport: "websocket" });
    const [call] = await calls();
    const {
      "sec-websocket-key": _key,
      host: _host,
      authorization,
      ...headers
    } = call?.headers ?? {};
    expect(authorization).toMatch(/^Bearer sha256:/);
    expect(headers).toEqual({
      "chatgpt-account-id": expect.any(String),
      originator: "airelays",
      "user-agent": "airelays/test",
      "openai-beta": "responses_websockets=2026-02-06",
      "session-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
    });
    expect(call).toMatchObject({
      method: "WEBSOCKET",
      body: { type: "response.create", model: "gpt-5.5", stream: true, store: false },
    });
    const log = await relay.closeAndReadLog();
    expect(records(log, "upstream_request")).toMatchObject([
      {
        method: "WEBSOCKET",
        url: expect.stringMatching(/^ws:.*\/codex\/responses$/),
        body: { type: "response.create", input: [user("Hello")] },
      },
    ]);
  });

  it("tells the plan's windows, which come in a frame", async () => {
    await start("websocket");
    const answer = await relay.post("/v1/responses", {
      model: "gpt-5.5",
      input: "Hi",
      stream: true,
    });
    expect(answer.headers.get("x-codex-primary-used-percent")).toBe("12");
    expect(answer.headers.get("x-ratelimit-limit-requests")).toBe("100");
    expect(await answer.text()).not.toContain("codex.rate_limits");
  });

  it("sends only what is new of a conversation, on the same connection", async () => {
    await start("websocket");
    const first = await ask([user("One")]);
    const second = await ask([user("One"), ...first.output, user("Two")]);
    const said = [user("One"), ...first.output, user("Two"), ...second.output, user("Three")];
    expect(textOf(await ask(said))).toContain("Three");
    const bodies = (await calls()).map(({ body }) => body);
    expect(bodies.map(({ input }) => input)).toEqual([
      [user("One")],
      [user("Two")],
      [user("Three")],
    ]);
    expect(bodies[0]).not.toHaveProperty("previous_response_id");
    expect(bodies[1]).toHaveProperty("previous_response_id", expect.stringMatching(/^resp_/));
    expect(await state()).toMatchObject({ sockets: 1, open_sockets: 1 });
  });

  it("does not tell its client of an answer that the client did not go on from", async () => {
    await start("websocket");
    const first = await ask([user("One")]);
    const input = [user("One"), ...first.output, user("Two")];
    const answer = await relay.post(
      "/v1/responses",
      { model: "gpt-5.5", input, store: false, stream: true },
      { headers: { "session-id": "s1" } },
    );
    const text = await answer.text();
    expect((await calls()).at(-1)?.body).toHaveProperty("previous_response_id");
    expect(text).not.toMatch(/"previous_response_id":"/);
    expect(text.match(/"previous_response_id":null/g)?.length).toBeGreaterThan(1);
  });

  it("goes on for a client with a WebSocket of its own", async () => {
    await start("websocket");
    const client = await openSocket(relay);
    client.create({ input: "One" });
    const [created] = await client.answer();
    const { id } = (created?.["response"] ?? {}) as { id?: string };
    client.create({ input: "Two", previous_response_id: id });
    const second = await client.answer();
    expect(second.at(-1)?.type).toBe("response.completed");
    client.webSocket.terminate();
    const [first, next] = (await calls()).map(({ body }) => body.input);
    expect([first?.length, next?.length]).toEqual([1, 1]);
    expect(await state()).toMatchObject({ sockets: 1 });
  });

  it.each([
    ["another instruction", { instructions: "Be brief." }],
    [
      "another tool",
      { tools: [{ type: "function", name: "f", parameters: { type: "object", properties: {} } }] },
    ],
    ["another effort", { reasoning: { effort: "high" } }],
  ])("sends everything after %s", async (_name, more) => {
    await start("websocket");
    const first = await ask([user("One")]);
    const input = [user("One"), ...first.output, user("Two")];
    await ask(input, more);
    const { body } = (await calls()).at(-1) ?? {};
    expect(body?.input).toHaveLength(3);
    expect(body).not.toHaveProperty("previous_response_id");
  });

  it("asks again with the whole history when the upstream has forgotten the last answer", async () => {
    await start("websocket");
    const first = await ask([user("One")]);
    const forgotten = user("[sim:previous-response-not-found times=1 id=a] Two");
    expect(await ask([user("One"), ...first.output, forgotten])).toMatchObject({ status: 200 });
    expect((await calls()).map(({ body }) => body.input?.length)).toEqual([1, 1, 3]);
    expect(await state()).toMatchObject({ sockets: 2, open_sockets: 1 });
  });

  it("takes a new connection when the old one has lived for too long", async () => {
    await start("websocket");
    const first = await ask([user("One")]);
    const last = user("[sim:connection-limit times=1 id=b] Two");
    expect(await ask([user("One"), ...first.output, last])).toMatchObject({ status: 200 });
    expect((await calls()).map(({ body }) => body.input?.length)).toEqual([1, 1, 3]);
    expect(await state()).toMatchObject({ sockets: 2, open_sockets: 1 });
  });

  it("takes a new connection when a kept one turns out to be dead, and no third", async () => {
    await start("websocket");
    const first = await ask([user("One")]);
    const dead = user("[sim:cut after=0 times=1 id=c] Two");
    expect(await ask([user("One"), ...first.output, dead])).toMatchObject({ status: 200 });
    expect(await state()).toMatchObject({ sockets: 2 });
    expect(await ask([user("[sim:cut after=0] Other")])).toMatchObject({
      status: 502,
      code: "upstream_unreachable",
    });
  });

  it("never asks again after the first words", async () => {
    await start("websocket", { AIRELAYS_RETRY_ATTEMPTS: "2" });
    const answer = await relay.post("/v1/responses", {
      model: "gpt-5.5",
      input: "[sim:cut after=8] one two three four five",
      stream: true,
    });
    expect(await answer.text()).toContain("upstream_stream_interrupted");
    expect(await calls()).toHaveLength(1);
  });

  it("opens another connection for a turn beside the one that runs", async () => {
    await start("websocket");
    const slow = ask([user("[sim:slow events=20 delay_ms=10] a")]);
    await until(async () => (await calls()).length === 1);
    expect(await ask([user("b")])).toMatchObject({ status: 200 });
    expect(await slow).toMatchObject({ status: 200 });
    expect(await state()).toMatchObject({ sockets: 2, open_sockets: 2 });
  });

  it("closes the connection when its client leaves", async () => {
    await start("websocket");
    for (const text of ["[sim:silence]", "[sim:stall after=8] one two three four"]) {
      const leaving = new AbortController();
      const pending = relay.post(
        "/v1/responses",
        { model: "gpt-5.5", input: text, stream: true },
        { signal: leaving.signal },
      );
      if (text.includes("stall")) await (await pending).body?.getReader().read();
      else await until(async () => (await calls()).length === 1);
      leaving.abort();
      await pending.catch(() => undefined);
      await until(async () => (await calls()).every(({ aborted }) => aborted));
    }
    await until(async () => (await state())["open_sockets"] === 0);
    expect(await state()).toMatchObject({ open_streams: 0 });
  });

  it("takes a new connection with a new login, and never the old one", async () => {
    await start("websocket");
    const first = await ask([user("One")]);
    await setFaults({ access_tokens: "revoke" });
    expect(await ask([user("One"), ...first.output, user("Two")])).toMatchObject({ status: 200 });
    const all = await calls();
    expect(all.map(({ body }) => body.input?.length)).toEqual([1, 1, 3]);
    const [before, refused, after] = all.map(({ headers }) => headers["authorization"]);
    expect([refused === before, after === before]).toEqual([true, false]);
    expect(await state()).toMatchObject({ sockets: 2, open_sockets: 1, refreshes: 1 });
  });

  it("signs the handshake again when that is refused", async () => {
    await start("websocket");
    await setFaults({ access_tokens: "revoke" });
    expect(await ask([user("One")])).toMatchObject({ status: 200 });
    expect(await state()).toMatchObject({ sockets: 1, refreshes: 1 });
  });

  it.each([
    ["upgrade_required", 502, "upstream_failed"],
    ["redirect", 502, "upstream_failed"],
    ["forbidden", 403, null],
    ["server_error", 502, "upstream_error"],
  ])("fails with a reason when the handshake is answered with %s", async (fault, status, code) => {
    await start("websocket");
    await setFaults({ websocket: fault });
    expect(await ask([user("One")])).toMatchObject({ status, code });
    expect(await calls()).toEqual([]);
  });

  it("names the setting when there is no WebSocket", async () => {
    await start("websocket");
    await setFaults({ websocket: "upgrade_required" });
    const answer = await relay.post("/v1/responses", { model: "gpt-5.5", input: "Hi" });
    expect(await answer.json()).toMatchObject({
      error: {
        message:
          "The upstream answered the WebSocket handshake with HTTP 426. Set `upstream.transport` to `auto` or `http`.",
      },
    });
  });

  it("gives up a handshake that nobody answers", async () => {
    await start("websocket", { AIRELAYS_CONNECT_TIMEOUT_SECONDS: "0.3" });
    await setFaults({ websocket: "silent" });
    expect(await ask([user("One")])).toMatchObject({ status: 502, code: "upstream_unreachable" });
  });

  it("carries a tool's result, and a lite request's header", async () => {
    await start("websocket");
    const tools = [
      {
        type: "function",
        name: "look_up",
        parameters: { type: "object", properties: {} },
        strict: false,
      },
    ];
    const first = await ask([user("[sim:tool-call] Look")], { tools });
    const [call] = first.output as unknown as { call_id: string }[];
    const result = { type: "function_call_output", call_id: call?.call_id, output: "42" };
    const asked = [user("[sim:tool-call] Look"), ...first.output, result];
    const second = await ask(asked, { tools });
    expect(textOf(second)).toContain("The tool said: 42");
    expect((await calls()).at(-1)?.body.input).toEqual([result]);
    const additional = { type: "additional_tools", role: "developer", tools };
    await ask([additional, user("Lite")], { model: "gpt-5.6-sol" });
    expect((await calls()).at(-1)?.body["client_metadata"]).toEqual({
      ws_request_header_x_openai_internal_codex_responses_lite: "true",
    });
  });
});

describe("a relay that may choose", () => {
  it("takes the WebSocket, and says so", async () => {
    await start("auto");
    expect(await ask([user("One")])).toMatchObject({ status: 200, transport: "websocket" });
  });

  it.each(["upgrade_required", "forbidden", "server_error", "redirect", "silent"])(
    "takes HTTP for some minutes where the handshake ends in %s",
    async (fault) => {
      await start("auto", { AIRELAYS_CONNECT_TIMEOUT_SECONDS: "0.5" });
      await setFaults({ websocket: fault });
      expect(await ask([user("One")])).toMatchObject({ status: 200, transport: "http" });
      await setFaults({ websocket: "none" });
      expect(await ask([user("One")])).toMatchObject({ status: 200, transport: "http" });
      expect((await calls()).map(({ method }) => method)).toEqual(["POST", "POST"]);
      expect(await state()).toMatchObject({ sockets: 0 });
      const log = await relay.closeAndReadLog();
      expect(records(log, "transport_fallback")).toEqual([
        expect.objectContaining({ from: "websocket", to: "http", message: expect.any(String) }),
      ]);
    },
  );

  it("takes HTTP for a turn whose connection ended before a word", async () => {
    await start("auto");
    const input = [user("[sim:cut after=0 times=1 id=d] One")];
    expect(await ask(input)).toMatchObject({ status: 200, transport: "http" });
  });

  it.each(["usage-limit", "bad-request", "context-length", "unauthorized"])(
    "takes an answer for an answer: %s",
    async (scenario) => {
      await start("auto");
      const { status } = await ask([user(`[sim:${scenario}]`)]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(new Set((await calls()).map(({ method }) => method))).toEqual(new Set(["WEBSOCKET"]));
    },
  );
});
