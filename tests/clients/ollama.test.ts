/** The `ollama` client on a whole relay: what it lists, asks and is refused, whole and streamed. */
import { Ollama } from "ollama";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const model = "gpt-5.5";
const marker = "[airelays stand-in, no AI]";
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
};
const say = (content: string) => [{ role: "user", content }];

let relay: TestRelay;
let client: Ollama;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "1000" } });
  client = clientOf(relay.url, relay.token);
});
beforeEach(async () => {
  await fetch(`${relay.simulator.url}/simulator/requests`, { method: "DELETE" });
});
afterAll(() => relay.close());

function clientOf(host: string, token: string): Ollama {
  return new Ollama({ host, headers: { authorization: `Bearer ${token}` } });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function upstreamBody(): Promise<Record<string, unknown>> {
  const bodies = await relay.upstreamBodies();
  expect(bodies).toHaveLength(1);
  return bodies[0] ?? {};
}

/** The lines of a raw answer. */
async function linesOf(answer: Response): Promise<Record<string, unknown>[]> {
  return (await answer.text())
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe("the catalogue", () => {
  it("has a version that clients take, and the relay's own in a header", async () => {
    expect((await client.version()).version).toMatch(/^0\.(?!6\.[0-3]$)([6-9]|\d\d+)\.\d+$/);
    expect((await relay.get("/api/version")).headers.get("x-airelays-version")).toMatch(/^\d/);
  });

  it("lists the models of the plan", async () => {
    const { models } = await client.list();
    expect(models.find(({ name }) => name === "gpt-5.5:latest")).toEqual({
      name: "gpt-5.5:latest",
      model: "gpt-5.5:latest",
      modified_at: "1970-01-01T00:00:00Z",
      size: 1,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: {
        parent_model: "",
        format: "",
        family: "gpt",
        families: ["gpt"],
        parameter_size: "",
        quantization_level: "",
      },
    });
    expect(models.map(({ name }) => name)).toContain("gpt-5.5-high:latest");
  });

  it.each(["gpt-5.5", "gpt-5.5:latest"])("shows %s and what it can do", async (name) => {
    expect(await client.show({ model: name })).toMatchObject({
      details: { family: "gpt" },
      model_info: {
        "general.architecture": "gpt",
        "general.basename": "gpt-5.5",
        "gpt.context_length": 272_000,
      },
      capabilities: ["completion", "tools", "vision", "thinking"],
    });
  });

  it("takes the model's older name, and JSON without its type as curl sends it", async () => {
    const answer = await relay.post("/api/show", '{"name": "gpt-5.5"}', {
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(answer.status).toBe(200);
  });

  it("tells what was used of late", async () => {
    await client.chat({ model: "gpt-6-sol:latest", messages: say("Hi") });
    const { models } = await client.ps();
    expect(models.find(({ name }) => name === "gpt-6-sol:latest")).toMatchObject({
      model: "gpt-6-sol:latest",
      size_vram: 0,
      context_length: 272_000,
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(models.map(({ name }) => name)).not.toContain("gpt-6-luna:latest");
  });
});

describe("a chat", () => {
  it("is answered whole, with the times and the counts of the upstream", async () => {
    const before = Date.now();
    const answer = await client.chat({ model: "gpt-5.5:latest", messages: say("Say tree.") });
    const longest = (Date.now() - before + 1) * 1e6;

    expect(answer).toMatchObject({
      model: "gpt-5.5:latest",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      message: { role: "assistant", content: `${marker} Say tree.` },
      done: true,
      done_reason: "stop",
      load_duration: 0,
    });
    expect(answer.total_duration).toBeGreaterThanOrEqual(0);
    expect(answer.total_duration).toBeLessThanOrEqual(longest);
    expect(answer.prompt_eval_duration + answer.eval_duration).toBe(answer.total_duration);
    expect(answer.prompt_eval_count).toBeGreaterThan(0);
    expect(answer.eval_count).toBeGreaterThan(0);
  });

  it("is streamed to the same text and counts", async () => {
    const whole = await client.chat({ model, messages: say("Say tree.") });
    const parts = await collect(
      await client.chat({ model, messages: say("Say tree."), stream: true }),
    );

    expect(parts.map(({ message }) => message.content).join("")).toBe(whole.message.content);
    expect(parts.map(({ done }) => done)).toEqual([...parts.slice(1).map(() => false), true]);
    expect(parts.at(-1)).toMatchObject({ done_reason: "stop", eval_count: whole.eval_count });
  });

  it("streams lines without being asked, to curl too", async () => {
    const answer = await fetch(`${relay.url}/api/chat`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${relay.token}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: JSON.stringify({ model, messages: say("hi") }),
    });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = await linesOf(answer);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter(({ done }) => done)).toEqual([lines.at(-1)]);
  });

  it.each([true, false])("calls a tool and takes its result (streamed: %s)", async (stream) => {
    const asked = say("[sim:tool-call]");
    const parts = stream
      ? await collect(await client.chat({ model, messages: asked, tools: [weather], stream }))
      : [await client.chat({ model, messages: asked, tools: [weather], stream })];
    const calls = parts.flatMap(({ message }) => message.tool_calls ?? []);
    expect(calls).toMatchObject([
      { function: { name: "get_weather", arguments: { city: `${marker} city` } } },
    ]);
    expect((await upstreamBody())["tools"]).toEqual([
      { type: "function", ...weather.function, strict: false },
    ]);

    await fetch(`${relay.simulator.url}/simulator/requests`, { method: "DELETE" });
    const answer = await client.chat({
      model,
      tools: [weather],
      messages: [
        ...asked,
        // As older clients send it back: without ids.
        {
          role: "assistant",
          content: "",
          tool_calls: calls.map((call) => ({ function: call.function })),
        },
        { role: "tool", content: "It rains.", tool_name: "get_weather" },
      ],
    });
    expect(answer.message.content).toBe(`${marker} The tool said: It rains.`);
    const { input } = (await upstreamBody()) as { input: Record<string, unknown>[] };
    expect(input.slice(1)).toEqual([
      {
        type: "function_call",
        call_id: "call_1",
        name: "get_weather",
        arguments: JSON.stringify({ city: `${marker} city` }),
      },
      { type: "function_call_output", call_id: "call_1", output: "It rains." },
    ]);
  });

  it("gives two calls that run side by side each their number", async () => {
    const { message } = await client.chat({
      model,
      messages: say("[sim:parallel-tool-calls]"),
      tools: [weather],
    });
    expect(message.tool_calls).toMatchObject([
      { function: { index: 0 } },
      { function: { index: 1 } },
    ]);
  });

  it("shows images to the upstream with their type", async () => {
    await client.chat({ model, messages: [{ role: "user", content: "What?", images: [pixel] }] });
    expect((await upstreamBody())["input"]).toMatchObject([
      {
        content: [
          { type: "input_text" },
          { type: "input_image", image_url: `data:image/png;base64,${pixel}` },
        ],
      },
    ]);
  });

  it.each([true, false])("answers in a schema, and in JSON (streamed: %s)", async (stream) => {
    const textOf = async (format: string | object): Promise<string> => {
      const request = { model, messages: say("A city."), format };
      if (!stream) return (await client.chat({ ...request, stream: false })).message.content;
      const parts = await collect(await client.chat({ ...request, stream: true }));
      return parts.map(({ message }) => message.content).join("");
    };
    const schema = weather.function.parameters;
    expect(JSON.parse(await textOf(schema))).toEqual({ city: `${marker} city` });
    expect(JSON.parse(await textOf("json"))).toEqual({ answer: expect.any(String) });
    const formats = (await relay.upstreamBodies()).map(({ text }) => text);
    expect(formats).toMatchObject([
      { format: { type: "json_schema", name: "response", schema, strict: false } },
      { format: { type: "json_object" } },
    ]);
  });

  it.each([true, false])(
    "tells its thoughts apart from its text (streamed: %s)",
    async (stream) => {
      const request = { model, messages: say("[sim:reasoning]"), think: "high" as const };
      const parts = stream
        ? await collect(await client.chat({ ...request, stream }))
        : [await client.chat({ ...request, stream })];
      const text = parts.map(({ message }) => message.content).join("");
      const thinking = parts.map(({ message }) => message.thinking ?? "").join("");
      expect(text).toMatch(/^\[airelays stand-in, no AI\]/);
      expect(thinking).toBe(
        `**Looking** ${marker} There is nothing to look at.\n\n**Answering** ${marker} There is nothing to think.`,
      );
      expect((await upstreamBody())["reasoning"]).toEqual({ effort: "high", summary: "auto" });
    },
  );

  it.each([
    ["gpt-5.5", false, "low", "think"],
    ["gpt-5.5", "max", "xhigh", "think"],
    ["gpt-6-sol", false, "none", null],
    ["gpt-6-sol", "max", "max", null],
  ])("asks %s with think %j for the effort %s", async (name, think, effort, adapted) => {
    const answer = await relay.post("/api/chat", { model: name, messages: say("Hi"), think });
    expect([answer.status, answer.headers.get("x-airelays-adapted-parameters")]).toEqual([
      200,
      adapted,
    ]);
    expect((await relay.upstreamBodies()).at(-1)).toMatchObject({ reasoning: { effort } });
  });

  it("discloses what it leaves out", async () => {
    const answer = await relay.post("/api/chat", {
      model,
      messages: say("Hi"),
      options: { temperature: 0.1, num_predict: 5 },
      keep_alive: "5m",
    });
    expect(answer.headers.get("x-airelays-ignored-parameters")).toBe(
      "options.temperature,options.num_predict",
    );
  });
});

describe("a generated text", () => {
  it("is answered whole and streamed, with the same text and counts", async () => {
    const request = { model, prompt: "Say tree.", system: "Be brief." };
    const whole = await client.generate(request);
    const parts = await collect(await client.generate({ ...request, stream: true }));

    expect(whole).toMatchObject({
      response: `${marker} Say tree.`,
      done: true,
      done_reason: "stop",
      eval_count: expect.any(Number),
    });
    expect(parts.map(({ response }) => response).join("")).toBe(whole.response);
    expect(parts.at(-1)).toMatchObject({
      done: true,
      done_reason: "stop",
      eval_count: whole.eval_count,
    });
    expect((await relay.upstreamBodies())[0]).toMatchObject({ instructions: "Be brief." });
  });

  it("keeps to a schema", async () => {
    const { response } = await client.generate({
      model,
      prompt: "A city.",
      format: weather.function.parameters,
    });
    expect(JSON.parse(response ?? "")).toEqual({ city: `${marker} city` });
  });
});

describe("loading a model", () => {
  it.each([
    ["chat", { messages: [] }, { message: { role: "assistant", content: "" } }],
    ["generate", { prompt: "" }, { response: "" }],
  ])("by an empty %s asks nobody", async (name, empty, said) => {
    const ask = async (fields: object) => {
      const answer = await relay.post(`/api/${name}`, { model, ...empty, ...fields });
      return linesOf(answer);
    };
    const identity = { model, created_at: expect.any(String) };
    expect(await ask({})).toEqual([{ ...identity, ...said, done: true, done_reason: "load" }]);
    expect(await ask({ keep_alive: 0, stream: false })).toEqual([
      { ...identity, ...said, done: true, done_reason: "unload" },
    ]);
    expect(await relay.upstreamBodies()).toEqual([]);
  });
});

describe("a failure", () => {
  it("is an error of the client's with its text and status", async () => {
    const messages = say("Hi");
    await expect(client.chat({ model: "nope", messages })).rejects.toMatchObject({
      name: "ResponseError",
      status_code: 404,
      message: "model 'nope' not found",
    });
    await expect(client.show({ model: "nope:latest" })).rejects.toMatchObject({
      status_code: 404,
      message: "model 'nope' not found",
    });
    await expect(
      client.chat({ model, messages, think: "banana" as never, stream: true }),
    ).rejects.toMatchObject({
      status_code: 400,
      message: expect.stringMatching(/^invalid think value: "banana"/),
    });
    await expect(client.embed({ model, input: "Hi" })).rejects.toMatchObject({ status_code: 501 });
    await expect(clientOf(relay.url, "wrong").list()).rejects.toMatchObject({
      status_code: 401,
      message: expect.stringContaining("relay token"),
    });
  });

  it("before the answer has its status and when to come back", async () => {
    const answer = await relay.post("/api/chat", {
      model,
      messages: say("[sim:rate-limit retry_after=7]"),
    });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(await answer.json()).toEqual({ error: expect.any(String) });
  });

  it.each([
    ["400 variant=bad-request", 400],
    ["401 variant=token-revoked", 503],
    ["403 variant=cloudflare", 502],
    ["429 variant=usage-limit", 429],
    ["500 variant=server-error", 502],
    ["503 variant=overloaded", 503],
  ])("of the upstream's arrives as a text: %s", async (code, status) => {
    const own = await startTestRelay();
    try {
      const messages = say(`[sim:status code=${code}]`);
      await expect(
        clientOf(own.url, own.token).chat({ model, messages, stream: true }),
      ).rejects.toMatchObject({ status_code: status, message: expect.stringMatching(/\w/) });
    } finally {
      await own.close();
    }
  });

  it.each(["[sim:cut]", "[sim:end]", "[sim:failed after=6]"])(
    "in the answer is its last line: %s",
    async (directive) => {
      const lines = await linesOf(await relay.post("/api/generate", { model, prompt: directive }));
      expect(lines.at(-1)).toEqual({ error: expect.any(String) });
      expect(lines.filter(({ done }) => done)).toEqual([]);
      const parts = client.generate({ model, prompt: directive, stream: true }).then(collect);
      await expect(parts).rejects.toThrow(String(lines.at(-1)?.["error"]));
    },
  );

  it.each([
    ["POST", "/api/pull", 501],
    ["DELETE", "/api/delete", 501],
    ["HEAD", "/api/blobs/sha256:1", 501],
    ["POST", "/api/embeddings", 501],
    ["GET", "/api/chat", 405],
    ["POST", "/api/tags", 405],
    ["GET", "/api/unheard/of", 404],
    ["POST", "/no-tools/api/pull", 501],
  ])("is a text: %s %s is %i", async (method, path, status) => {
    const answer = await relay.get(path, { method });
    expect(answer.status).toBe(status);
    if (method !== "HEAD") expect(await answer.json()).toEqual({ error: expect.any(String) });
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/^(GET|POST)$/);
  });

  it("is a text where the body is no JSON, too long or without its type in a browser", async () => {
    const statusOf = async (body: string, headers = {}) => {
      const answer = await relay.post("/api/chat", body, { headers });
      expect(await answer.json()).toEqual({ error: expect.any(String) });
      return answer.status;
    };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(await statusOf("{")).toBe(400);
    expect(await statusOf("{}")).toBe(400);
    expect(await statusOf("{}", { ...form, origin: relay.url })).toBe(415);
    expect(await statusOf("{}", { ...form, "sec-fetch-site": "same-origin" })).toBe(415);
    expect(await statusOf("{}", { "content-type": "text/plain" })).toBe(415);
    expect(await statusOf("{}", { origin: "https://evil.example" })).toBe(403);
  });
});

describe("below /no-tools", () => {
  it("the same client is refused its tools, and answered without", async () => {
    const without = clientOf(`${relay.url}/no-tools`, relay.token);
    const messages = say("Hi");
    await expect(without.chat({ model, messages, tools: [weather] })).rejects.toMatchObject({
      status_code: 400,
    });
    expect((await without.chat({ model, messages })).done).toBe(true);
    expect((await without.list()).models.length).toBeGreaterThan(0);
  });
});
