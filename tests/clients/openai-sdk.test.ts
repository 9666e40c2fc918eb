/**
 * The official SDK on what `tests/e2e/packed-cli.test.ts` leaves out: text completions, legacy
 * functions, images, efforts in a model's name, and what the relay keeps.
 */
import OpenAI, { toFile } from "openai";
import { ResponsesWS } from "openai/resources/responses/ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const model = "gpt-5.5";
const marker = "[airelays stand-in, no AI]";
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const functions = [
  {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
];
const weatherArguments = JSON.stringify({ city: `${marker} city` });

let relay: TestRelay;
let client: OpenAI;
beforeAll(async () => {
  relay = await startTestRelay();
  client = new OpenAI({ baseURL: relay.baseURL, apiKey: relay.token, maxRetries: 0 });
});
afterAll(() => relay.close());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("text completions", () => {
  it("answer create with one choice and usage", async () => {
    const completion = await client.completions.create({ model, prompt: "Say tree." });

    expect(completion).toEqual({
      id: expect.stringMatching(/^cmpl-/),
      object: "text_completion",
      created: expect.any(Number),
      model,
      choices: [{ index: 0, text: `${marker} Say tree.`, logprobs: null, finish_reason: "stop" }],
      usage: expect.objectContaining({ total_tokens: expect.any(Number) }),
    });
  });

  it("stream the same text, one reason and the usage that was asked for", async () => {
    const chunks = await collect(
      await client.completions.create({
        model,
        prompt: "Say tree.",
        stream: true,
        stream_options: { include_usage: true },
      }),
    );

    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.map(({ text }) => text).join("")).toBe(`${marker} Say tree.`);
    expect(choices.flatMap(({ finish_reason: reason }) => reason ?? [])).toEqual(["stop"]);
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });
});

describe("legacy functions", () => {
  const question = { role: "user", content: "[sim:tool-call] Weather?" } as const;

  it("come back as function_call, and take a result by the function's name", async () => {
    const first = await client.chat.completions.create({ model, functions, messages: [question] });

    const [choice] = first.choices;
    const call = { name: "get_weather", arguments: weatherArguments };
    expect(choice).toMatchObject({
      finish_reason: "function_call",
      message: { function_call: call },
    });

    const second = await client.chat.completions.create({
      model,
      functions,
      messages: [
        question,
        { role: "assistant", content: null, function_call: call },
        { role: "function", name: "get_weather", content: "17 degrees" },
      ],
    });
    expect(second.choices[0]?.message.content).toBe(`${marker} The tool said: 17 degrees`);
  });

  it("stream their arguments", async () => {
    const stream = client.chat.completions.stream({ model, functions, messages: [question] });

    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe("function_call");
    expect(choices[0]?.message.function_call).toEqual({
      name: "get_weather",
      arguments: weatherArguments,
    });
  });
});

describe("images", () => {
  it("reach the upstream from chat", async () => {
    const { choices } = await client.chat.completions.create({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: pixel, detail: "low" } },
          ],
        },
      ],
    });

    expect(choices[0]?.message.content).toBe(`${marker} What is this?`);
    expect((await relay.upstreamBodies()).at(-1)?.["input"]).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          { type: "input_image", image_url: pixel, detail: "low" },
        ],
      },
    ]);
  });

  it("reach the upstream from responses", async () => {
    const content = [
      { type: "input_text", text: "What is this?" },
      { type: "input_image", image_url: pixel, detail: "low" },
    ] as const;
    const { output_text } = await client.responses.create({
      model,
      input: [{ role: "user", content: [...content] }],
    });

    expect(output_text).toBe(`${marker} What is this?`);
    expect((await relay.upstreamBodies()).at(-1)?.["input"]).toEqual([{ role: "user", content }]);
  });
});

describe("an effort in the model's name", () => {
  it("is sent as the effort, and told in a header", async () => {
    const { data, response } = await client.chat.completions
      .create({ model: `${model}-high`, messages: [{ role: "user", content: "Say tree." }] })
      .withResponse();

    expect(data.model).toBe(`${model}-high`);
    expect(response.headers.get("x-airelays-model")).toBe(`${model}; effort=high`);
    expect((await relay.upstreamBodies()).at(-1)).toMatchObject({
      model,
      reasoning: { effort: "high" },
    });
  });

  it("yields to an effort of the request", async () => {
    await client.responses.create({
      model: `${model}-high`,
      input: "Say tree.",
      reasoning: { effort: "low" },
    });

    expect((await relay.upstreamBodies()).at(-1)).toMatchObject({
      model,
      reasoning: { effort: "low" },
    });
  });
});

describe("events without the SDK's helper", () => {
  it("begin with created and end with completed", async () => {
    const stream = await client.responses.create({ model, input: "Say tree.", stream: true });

    const types = (await collect(stream)).map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
  });
});

describe("what the relay keeps", () => {
  it("is an answer, which another request continues", async () => {
    const { id } = await client.responses.create({ model, input: "One." });
    const second = await client.responses.create({
      model,
      input: "Two.",
      previous_response_id: id,
    });

    expect(second.previous_response_id).toBe(id);
    expect(JSON.stringify((await relay.upstreamBodies()).at(-1)?.["input"])).toMatch(
      /One\..*Two\./,
    );
    expect((await client.responses.retrieve(id)).output_text).toBe(`${marker} One.`);
    expect(await collect(client.responses.inputItems.list(id))).toEqual([
      expect.objectContaining({ role: "user", content: [{ type: "input_text", text: "One." }] }),
    ]);
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it("is a conversation, which takes up each turn", async () => {
    const { id } = await client.conversations.create({ metadata: { topic: "trees" } });
    await client.responses.create({ model, input: "One.", conversation: id });

    const items = await collect(client.conversations.items.list(id, { order: "asc" }));
    expect(items).toMatchObject([{ role: "user" }, { role: "assistant" }]);
    const changed = await client.conversations.update(id, { metadata: { topic: "leaves" } });
    expect(changed.metadata).toEqual({ topic: "leaves" });
    expect(await client.conversations.delete(id)).toMatchObject({ id, deleted: true });
  });

  it("is a file, from upload to deletion", async () => {
    const file = await toFile(Buffer.from("hello"), "hello.txt", { type: "text/plain" });
    const { id } = await client.files.create({ file, purpose: "user_data" });

    expect(await client.files.waitForProcessing(id)).toMatchObject({ id, filename: "hello.txt" });
    expect((await collect(client.files.list())).map((each) => each.id)).toEqual([id]);
    expect(await (await client.files.content(id)).text()).toBe("hello");
    expect(await client.files.delete(id)).toMatchObject({ id, deleted: true });
  });
});

describe("responses over a WebSocket", () => {
  /** The messages of one answer, and what the SDK calls errors. */
  async function answerOf(
    socket: ResponsesWS,
    request: object,
  ): Promise<Record<string, unknown>[]> {
    const messages: Record<string, unknown>[] = [];
    socket.send({ type: "response.create", model, ...request } as never);
    for await (const event of socket) {
      if (event.type === "close") throw new Error(`It closed: ${event.code}`);
      if (event.type === "error") return [...messages, { type: "error", error: event.error }];
      if (event.type !== "message") continue;
      messages.push(event.message as unknown as Record<string, unknown>);
      if (event.message.type === "response.completed") return messages;
    }
    throw new Error("It ended.");
  }

  it("answer, remember and run a tool with `store: false`", async () => {
    const socket = new ResponsesWS(client);
    const tools = [{ type: "function", strict: false, ...functions[0] }];
    const input = "[sim:tool-call] Weather?";
    const first = await answerOf(socket, { input, tools, store: false });
    const response = first.at(-1)?.["response"] as OpenAI.Responses.Response;
    const [call] = response.output;
    if (call?.type !== "function_call") throw new Error("A call was asked for.");
    const second = await answerOf(socket, {
      input: [{ type: "function_call_output", call_id: call.call_id, output: "sunny" }],
      previous_response_id: response.id,
      tools,
      store: false,
    });
    expect(second.at(-1)).toMatchObject({
      response: { output: [{ content: [{ text: `${marker} The tool said: sunny` }] }] },
    });
    socket.close();
  });

  it("tell an error with its words, and go on", async () => {
    const socket = new ResponsesWS(client);
    const [told] = await answerOf(socket, { input: "Hi", previous_response_id: "resp_never" });
    expect(told).toMatchObject({
      type: "error",
      error: {
        error: {
          status: 400,
          code: "previous_response_not_found",
          message: expect.stringContaining("not kept here"),
        },
      },
    });
    expect((await answerOf(socket, { input: "Hi" })).at(-1)?.["type"]).toBe("response.completed");
    socket.close();
  });
});
