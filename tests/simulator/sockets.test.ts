/** The stand-in's WebSocket, spoken to as the real clients do. */
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { callerHeaders, type StandIn, startStandIn, turnBody, user } from "./stand-in.ts";

type Frame = Record<string, unknown>;

interface Client {
  send(frame: object): void;
  /** The next frames up to one of these types. */
  until(types: RegExp): Promise<Frame[]>;
  readonly closed: Promise<number>;
}

const create = (input: readonly object[], more: object = {}) => ({
  type: "response.create",
  ...turnBody({ input, ...more }),
});
const ending = /^(response\.(completed|incomplete|failed)|error)$/;

async function open(standIn: StandIn): Promise<Client> {
  const url = `${standIn.simulator.upstreamBaseUrl.replace("http", "ws")}/responses`;
  const socket = new WebSocket(url, { headers: callerHeaders(await standIn.signIn()) });
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  let wake: () => void = () => undefined;
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)) as Frame);
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await once(socket, "open");
  return {
    closed,
    send: (frame) => socket.send(JSON.stringify(frame)),
    async until(types) {
      for (;;) {
        const at = frames.findIndex(({ type }) => types.test(String(type)));
        if (at >= 0) return frames.splice(0, at + 1);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const idOf = (frames: readonly Frame[]): unknown =>
  (frames.at(-1)?.["response"] as Frame | undefined)?.["id"];

describe("a WebSocket of the stand-in", () => {
  it("tells the plan first, then a frame without a type, then the events of HTTP", async () => {
    const client = await open(await startStandIn());
    client.send(create([user("Hi")]));
    const frames = await client.until(ending);
    expect(frames[0]).toMatchObject({
      type: "codex.rate_limits",
      rate_limits: { primary: { used_percent: 12, window_minutes: 300 } },
    });
    expect(frames[1]).not.toHaveProperty("type");
    expect(frames.slice(2).map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      ...frames.filter(({ type }) => type === "response.output_text.delta").map(({ type }) => type),
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  it("remembers its newest answer and no other, and no other connection does", async () => {
    const standIn = await startStandIn();
    const [client, other] = [await open(standIn), await open(standIn)];
    client.send(create([user("One")]));
    const first = idOf(await client.until(ending));
    client.send(create([user("Two")], { previous_response_id: first }));
    const second = await client.until(ending);
    expect(second.at(-1)).toMatchObject({ response: { previous_response_id: first } });
    for (const [asked, id] of [
      [client, first],
      [other, idOf(second)],
    ] as const) {
      asked.send(create([user("Three")], { previous_response_id: id }));
      expect((await asked.until(ending)).at(-1)).toMatchObject({
        type: "error",
        status: 400,
        error: { code: "previous_response_not_found" },
      });
    }
  });

  it("warms up without an answer, and goes on from there", async () => {
    const client = await open(await startStandIn());
    client.send(create([user("Prepare")], { generate: false }));
    const warm = await client.until(ending);
    expect(warm.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.completed",
    ]);
    client.send(create([user("Now")], { previous_response_id: idOf(warm) }));
    expect((await client.until(ending)).at(-1)).toMatchObject({ type: "response.completed" });
  });

  it("refuses a turn with a status inside, and lives on", async () => {
    const client = await open(await startStandIn());
    client.send(create([user("Hi")], { temperature: 1 }));
    expect((await client.until(ending)).at(-1)).toMatchObject({
      type: "error",
      status: 400,
      error: { message: "Unsupported parameter: temperature" },
    });
    client.send(create([user("[sim:usage-limit]")]));
    expect((await client.until(ending)).at(-1)).toMatchObject({
      status: 429,
      headers: { "x-codex-primary-used-percent": "100" },
    });
    client.send({ type: "response.cancel" });
    expect((await client.until(ending)).at(-1)).toMatchObject({ type: "error", status: 400 });
    client.send(create([user("Hi")]));
    expect((await client.until(ending)).at(-1)).toMatchObject({ type: "response.completed" });
  });

  it.each([
    ["cut", 1006],
    ["end", 1000],
  ])("ends with the scenario %s", async (scenario, code) => {
    const client = await open(await startStandIn());
    client.send(create([user(`[sim:${scenario} after=6] one two three`)]));
    expect(await client.closed).toBe(code);
  });

  it("counts its connections, and records each turn as one call", async () => {
    const standIn = await startStandIn();
    const client = await open(standIn);
    client.send(create([user("Hi")]));
    await client.until(ending);
    expect(await (await standIn.get("/simulator/state")).json()).toMatchObject({
      sockets: 1,
      open_sockets: 1,
    });
    const calls = (await (await standIn.get("/simulator/requests")).json()) as Frame[];
    expect(calls.filter(({ method }) => method === "WEBSOCKET")).toMatchObject([
      { path: "/backend-api/codex/responses", body: { model: "gpt-5.5" }, finished: true },
    ]);
  });
});
