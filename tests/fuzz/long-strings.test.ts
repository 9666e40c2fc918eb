/** Text of a megabyte where a client may put some: no pattern may need more than one pass over it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const size = 1_000_000;
const fill = (text: string): string => text.repeat(Math.ceil(size / text.length)).slice(0, size);

/** What makes patterns with two ways to match the same text go back and forth. */
const nasty: Readonly<Record<string, string>> = {
  spaces: fill(" "),
  digits: fill("1"),
  "open brackets": fill("[1"),
  "quotes and backslashes": fill('\\"'),
  "a data URL without end": `data:${fill("a;")}`,
  "what is almost base64": `${fill("QUJD")}!`,
  "what is almost an effort": `${fill("a-high-")}!`,
  "line breaks": fill("\r\n"),
  "parent folders": fill("../"),
  "control characters": fill("\u0001\u001b"),
};

const content = (text: string) => [
  { type: "input_text", text },
  { type: "input_file", filename: text, file_data: text },
];
const tool = (text: string) => ({
  type: "function",
  name: text,
  description: text,
  parameters: { type: "object", properties: { [text]: { type: text, pattern: text } } },
});

const message = { model: "gpt-5.5", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] };

/** Bodies of which each has the text in other places. */
const bodies: readonly (readonly [path: string, body: (text: string) => object])[] = [
  ["/v1/responses", (text) => ({ model: text, input: "Hi" })],
  ["/v1/responses", (text) => ({ model: "gpt-5.5", input: text, instructions: text })],
  [
    "/v1/responses",
    (text) => ({ model: "gpt-5.5", input: [{ role: "user", content: content(text) }] }),
  ],
  ["/v1/responses", (text) => ({ model: "gpt-5.5", input: "Hi", tools: [tool(text)] })],
  ["/v1/responses", (text) => ({ model: "gpt-5.5", input: "Hi", previous_response_id: text })],
  ["/v1/responses", (text) => ({ model: "gpt-5.5", input: "Hi", [text]: text })],
  ["/v1/chat/completions", (text) => ({ model: text, messages: [{ role: text, content: text }] })],
  [
    "/v1/chat/completions",
    (text) => ({
      model: "gpt-5.5",
      messages: [
        { role: "user", content: [{ type: "image_url", image_url: { url: text } }] },
        {
          role: "assistant",
          tool_calls: [{ id: text, type: "function", function: { name: text, arguments: text } }],
        },
      ],
    }),
  ],
  [
    "/v1/chat/completions",
    (text) => ({
      model: "gpt-5.5",
      messages: [{ role: "user", content: "Hi" }],
      tools: [{ type: "function", function: tool(text) }],
      stop: text,
      user: text,
    }),
  ],
  ["/v1/completions", (text) => ({ model: "gpt-5.5", prompt: text, suffix: text })],
  ["/v1/messages", (text) => ({ ...message, model: text })],
  [
    "/v1/messages",
    (text) => ({
      ...message,
      system: text,
      stop_sequences: [text],
      messages: [
        { role: "user", content: text },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: text, signature: text },
            { type: "tool_use", id: text, name: text, input: { [text]: text } },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: text, content: text }] },
      ],
      tools: [{ name: text, description: text, input_schema: tool(text).parameters }],
    }),
  ],
  [
    "/v1/messages",
    (text) => ({
      ...message,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: text, data: text } },
            { type: "document", title: text, source: { type: "url", url: text } },
          ],
        },
      ],
    }),
  ],
  ["/v1/messages/count_tokens", (text) => ({ ...message, system: text })],
  ["/api/generate", (text) => ({ model: text, prompt: text, stream: false })],
  ["/api/generate", (text) => ({ model: "gpt-5.5", prompt: text, system: text, format: text })],
  [
    "/api/chat",
    (text) => ({
      model: "gpt-5.5",
      messages: [
        { role: "user", content: text, images: [text] },
        { role: "assistant", tool_calls: [{ function: { name: text, arguments: { a: text } } }] },
        { role: "tool", tool_name: text, content: text },
      ],
      options: { [text]: text },
    }),
  ],
  ["/api/show", (text) => ({ model: text })],
  [
    "/v1/conversations",
    (text) => ({ metadata: { [text]: text }, items: [{ role: "user", content: text }] }),
  ],
];

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({
    env: {
      AIRELAYS_RATE_LIMIT_PER_MINUTE: "100000",
      AIRELAYS_RATE_LIMIT_BURST: "100000",
      AIRELAYS_LOG_CONTENT: "metadata",
    },
  });
});
afterAll(() => relay.close());

it.each(Object.keys(nasty))(
  "T51 reads a megabyte of %s in every field in one pass",
  { timeout: 30_000 },
  async (name) => {
    const text = nasty[name] ?? "";
    for (const [index, [path, body]] of bodies.entries()) {
      const began = process.cpuUsage();
      const answer = await relay.post(path, body(text));
      await answer.arrayBuffer();
      // All of it, the stand-in and the log included, takes some hundredths of a second; a pattern that
      // goes back and forth over a megabyte takes minutes.
      const seconds = process.cpuUsage(began).user / 1e6;
      expect([path, index, answer.status === 500, seconds < 3]).toEqual([path, index, false, true]);
    }
  },
);
