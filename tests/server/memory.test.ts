/** Files, conversations and kept answers through a whole relay, with the official SDK. */
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
let client: OpenAI;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "1000" } });
  client = new OpenAI({ baseURL: relay.baseURL, apiKey: relay.token, maxRetries: 0 });
});
afterAll(() => relay.close());

/** The texts of what the upstream was sent last. */
async function lastTexts(): Promise<string[]> {
  const body = (await relay.upstreamBodies()).at(-1);
  const items = body?.["input"] as { content?: string | { text?: string }[]; output?: string }[];
  return items.flatMap(({ content = [], output }) => [
    ...(typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? [])),
    ...(output === undefined ? [] : [output]),
  ]);
}

const model = "gpt-5.5";

describe("answers that are kept", () => {
  it("are gone on from, shown and forgotten", async () => {
    const first = await client.responses.create({ model, input: "Name a river." });
    expect(first).toMatchObject({ store: true });
    const second = await client.responses.create({
      model,
      input: "And its source?",
      previous_response_id: first.id,
    });
    expect(second.previous_response_id).toBe(first.id);
    expect(await lastTexts()).toEqual([
      "Name a river.",
      "[airelays stand-in, no AI] Name a river.",
      "And its source?",
    ]);
    const kept = await client.responses.retrieve(second.id);
    expect(kept.output_text).toBe(second.output_text);
    const items = await client.responses.inputItems.list(second.id);
    expect(items.data).toHaveLength(3);
    await client.responses.delete(second.id);
    await expect(client.responses.retrieve(second.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.responses.cancel(first.id)).rejects.toMatchObject({
      status: 409,
      code: "conflict",
    });
  });

  it("are there as soon as a stream has ended, tool calls and all", async () => {
    const tools = [
      { type: "function" as const, name: "look_up", strict: false, parameters: { type: "object" } },
    ];
    const stream = client.responses.stream({ model, input: "[sim:tool-call]", tools });
    const first = await stream.finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    if (call?.type !== "function_call") throw new Error("No tool was called.");
    const second = await client.responses.create({
      model,
      tools,
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "42" }],
    });
    expect(second.output_text).toContain("42");
  });

  it("are none with `store: false`", async () => {
    const answer = await client.responses.create({ model, input: "Forget me.", store: false });
    expect(answer).toMatchObject({ store: false });
    await expect(
      client.responses.create({ model, input: "?", previous_response_id: answer.id }),
    ).rejects.toMatchObject({ status: 400, code: "previous_response_not_found" });
  });
});

describe("an answer that is too large to keep", () => {
  it("says that it was not kept", async () => {
    const small = await startTestRelay({ env: { AIRELAYS_STATE_MAX_BYTES: "1024" } });
    try {
      for (const stream of [false, true]) {
        const answer = await small.post("/v1/responses", {
          model,
          input: "x".repeat(3_000),
          stream,
        });
        expect(await answer.text()).toMatch(/"store":\s*false/);
      }
      expect(small.notices.join()).toContain("could not be kept");
    } finally {
      await small.close();
    }
  });
});

describe("conversations", () => {
  it("remember what was said on responses and on chat", async () => {
    const conversation = await client.conversations.create({
      items: [{ type: "message", role: "user", content: "My name is Ann." }],
    });
    await client.responses.create({ model, input: "Hello.", conversation: conversation.id });
    const answer = await fetch(`${relay.baseURL}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${relay.token}`, "content-type": "application/json" },
      body: JSON.stringify({
        model,
        conversation: { id: conversation.id },
        messages: [{ role: "user", content: "Who am I?" }],
      }),
    });
    expect(answer.status).toBe(200);
    await answer.json();
    expect(await lastTexts()).toEqual([
      "My name is Ann.",
      "Hello.",
      "[airelays stand-in, no AI] Hello.",
      "Who am I?",
    ]);
    const items = await client.conversations.items.list(conversation.id, { order: "asc" });
    expect(items.data).toHaveLength(5);
  });
});

describe("files", () => {
  it("go up, into requests, down again, and away", async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from("The key is under the mat."), "note.txt", {
        type: "text/plain",
      }),
      purpose: "user_data",
    });
    await client.chat.completions.create({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "file", file: { file_id: file.id } },
            { type: "text", text: "Where is it?" },
          ],
        },
      ],
    });
    const texts = await lastTexts();
    expect(texts[0]).toContain("The key is under the mat.");
    const content = await client.files.content(file.id);
    expect(content.headers.get("content-disposition")).toContain('attachment; filename="note.txt"');
    expect(await content.text()).toBe("The key is under the mat.");
    await client.files.delete(file.id);
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  });
});
