/**
 * The Vercel AI SDK on a relay: its providers for responses, for chat and for OpenAI-compatible
 * servers. Reads OPENAI_BASE_URL and OPENAI_API_KEY; prints a line for each check.
 */
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey } = process.env;
const marker = "[airelays stand-in, no AI]";
const modelName = "gpt-5.5";

const openai = createOpenAI({ baseURL, apiKey });
const compatible = createOpenAICompatible({
  name: "relay",
  baseURL,
  apiKey,
  includeUsage: true,
  supportsStructuredOutputs: true,
});

const providers = {
  responses: { model: openai.responses(modelName) },
  "responses, store: false": {
    model: openai.responses(modelName),
    providerOptions: { openai: { store: false, include: ["reasoning.encrypted_content"] } },
  },
  chat: { model: openai.chat(modelName) },
  compatible: { model: compatible(modelName) },
};

const person = z.object({ name: z.string(), age: z.number().int().min(1) });
const aPerson = { name: `${marker} name`, age: 1 };

function weather(asked) {
  return tool({
    description: "Weather of a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async (input) => {
      asked.push(input);
      return "17 degrees";
    },
  });
}

const checks = {
  async generateText(common) {
    const { text, finishReason, usage } = await generateText({ ...common, prompt: "Say tree." });
    assert.equal(text, `${marker} Say tree.`);
    assert.equal(finishReason, "stop");
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, "there is no usage");
  },

  async streamText(common) {
    const result = streamText({ ...common, prompt: "Count one two three.", onError: () => {} });
    const pieces = [];
    for await (const piece of result.textStream) pieces.push(piece);
    assert.ok(pieces.length > 1, "it came in one piece");
    assert.equal(pieces.join(""), `${marker} Count one two three.`);
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).outputTokens > 0, "there is no usage");
  },

  async "tool loop"(common) {
    const asked = [];
    const { text, steps } = await generateText({
      ...common,
      prompt: "[sim:tool-call] Weather?",
      tools: { weather: weather(asked) },
      stopWhen: stepCountIs(3),
    });
    assert.deepEqual(asked, [{ city: `${marker} city` }]);
    assert.equal(text, `${marker} The tool said: 17 degrees`);
    assert.deepEqual(
      steps.map(({ finishReason }) => finishReason),
      ["tool-calls", "stop"],
    );
  },

  async "tool loop, streamed"(common) {
    const asked = [];
    const result = streamText({
      ...common,
      prompt: "[sim:tool-call] Weather?",
      tools: { weather: weather(asked) },
      stopWhen: stepCountIs(3),
      onError: () => {},
    });
    await result.consumeStream();
    assert.deepEqual(asked, [{ city: `${marker} city` }]);
    assert.equal(await result.text, `${marker} The tool said: 17 degrees`);
  },

  async "structured output"(common) {
    const { output } = await generateText({
      ...common,
      prompt: "A person.",
      output: Output.object({ schema: person }),
    });
    assert.deepEqual(output, aPerson);
  },

  async "a failure in the stream is an error"(common) {
    const errors = [];
    const result = streamText({
      ...common,
      prompt: "[sim:cut after=600]",
      maxRetries: 0,
      onError: ({ error }) => errors.push(error),
    });
    await result.consumeStream();
    assert.equal(errors.length, 1, "it ended as if all were well");
  },
};

// Its warnings would stand between the lines.
globalThis.AI_SDK_LOG_WARNINGS = false;
for (const [provider, common] of Object.entries(providers)) {
  for (const [check, run] of Object.entries(checks)) {
    try {
      await run(common);
      process.stdout.write(`PASS ${provider}: ${check}\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stdout.write(`FAIL ${provider}: ${check}: ${String(error).split("\n", 1)}\n`);
    }
  }
}
