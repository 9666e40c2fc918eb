/**
 * LangChain on a relay, as a program that `airelays run` starts: through the responses API and through
 * chat completions. Reads OPENAI_BASE_URL and OPENAI_API_KEY; prints a line for each check.
 */
import assert from "node:assert/strict";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";

const marker = "[airelays stand-in, no AI]";
const configuration = { baseURL: process.env.OPENAI_BASE_URL };

const models = {
  responses: new ChatOpenAI({ model: "gpt-5.5", useResponsesApi: true, configuration }),
  chat: new ChatOpenAI({ model: "gpt-5.5", useResponsesApi: false, configuration }),
};

const weather = tool(async () => "17 degrees", {
  name: "weather",
  description: "Weather of a city",
  schema: z.object({ city: z.string() }),
});

const checks = {
  async invoke(model) {
    const answer = await model.invoke("Say tree.");
    assert.equal(answer.text, `${marker} Say tree.`);
    assert.ok(answer.usage_metadata.output_tokens > 0, "there is no usage");
  },

  async stream(model) {
    let text = "";
    let pieces = 0;
    for await (const chunk of await model.stream("Count one two three.")) {
      text += chunk.text;
      pieces += 1;
    }
    assert.ok(pieces > 1, "it came in one piece");
    assert.equal(text, `${marker} Count one two three.`);
  },

  async "a turn with a tool"(model) {
    const bound = model.bindTools([weather]);
    const question = { role: "user", content: "[sim:tool-call] Weather?" };
    const asked = await bound.invoke([question]);
    assert.deepEqual(
      asked.tool_calls.map(({ name }) => name),
      ["weather"],
    );
    const result = await weather.invoke(asked.tool_calls[0]);
    const answer = await bound.invoke([question, asked, result]);
    assert.equal(answer.text, `${marker} The tool said: 17 degrees`);
  },

  async "structured output"(model) {
    const person = z.object({ name: z.string(), age: z.number().int().min(1) });
    const found = await model
      .withStructuredOutput(person, { method: "jsonSchema" })
      .invoke("A person.");
    assert.deepEqual(found, { name: `${marker} name`, age: 1 });
  },
};

for (const [api, model] of Object.entries(models)) {
  for (const [check, run] of Object.entries(checks)) {
    try {
      await run(model);
      process.stdout.write(`PASS ${api}: ${check}\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stdout.write(`FAIL ${api}: ${check}: ${String(error).split("\n", 1)}\n`);
    }
  }
}
