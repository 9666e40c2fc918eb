import { StringDecoder } from "node:string_decoder";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { createChatFacade } from "../../../src/facades/openai/chat.ts";
import type { ChatOptions } from "../../../src/facades/openai/chat-request.ts";
import { createAccumulator } from "../../../src/protocol/accumulate.ts";
import { createFrameReader, formatFrame } from "../../../src/protocol/sse.ts";
import {
  completed,
  created,
  createEncoder,
  functionCall,
  message,
  reasoning,
  toFrame,
  type WireEvent,
} from "../../helpers/frames.ts";
import { type FoldedCall, foldChunks, parseChunk } from "../folds.ts";

const chat = createChatFacade("reasoning_content");
const plainOptions: ChatOptions = {
  includeUsage: false,
  isLegacy: false,
  reasoning: "reasoning_content",
};
const stamp = {
  id: "chatcmpl-1",
  created: 7,
  model: "gpt-5.5",
  echo: {},
  elapsed: () => ({ firstOutputMs: 0, totalMs: 0 }),
};
const usage = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 2 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 1 },
  total_tokens: 8,
};

/** The text of a stream, and its chunks parsed. */
function stream(events: readonly WireEvent[], options: Partial<ChatOptions> = {}) {
  const encoder = createEncoder(chat, { ...plainOptions, ...options }, stamp);
  const text = events.map((event) => encoder.write(toFrame(event))).join("") + encoder.end();
  const messages = text.split("\n\n").filter((part) => part !== "");
  return { messages, chunks: messages.slice(0, -1).map(parseChunk) };
}

function whole(events: readonly WireEvent[], options: Partial<ChatOptions> = {}) {
  const answer = createAccumulator();
  for (const event of events) answer.add(toFrame(event));
  const snapshot = answer.snapshot();
  if (snapshot === undefined) throw new Error("The script has no response.");
  return chat.whole(snapshot, { ...plainOptions, ...options }, stamp) as {
    choices: [
      {
        message: {
          content: string | null;
          refusal: string | null;
          reasoning_content?: string;
          tool_calls?: FoldedCall[];
        };
        finish_reason: string;
      },
    ];
    usage?: unknown;
  };
}

describe("the chat stream", () => {
  it("begins with the role, carries each delta, and ends with one finish reason and [DONE]", () => {
    const { messages } = stream([created, ...message(0, "Hel", "lo"), completed()]);
    const head =
      'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"gpt-5.5","choices":[{"index":0,"delta":';
    expect(messages).toEqual([
      `${head}{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}`,
      `${head}{"content":"Hel"},"logprobs":null,"finish_reason":null}]}`,
      `${head}{"content":"lo"},"logprobs":null,"finish_reason":null}]}`,
      `${head}{},"logprobs":null,"finish_reason":"stop"}]}`,
      "data: [DONE]",
    ]);
  });

  it("sends the usage in a last chunk without choices, when asked, and null before", () => {
    const { chunks } = stream([created, ...message(0, "a"), completed({ usage })], {
      includeUsage: true,
    });
    expect(chunks.slice(0, -1).map((chunk) => chunk.usage)).toEqual([null, null, null]);
    expect(chunks.at(-1)).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 7,
      model: "gpt-5.5",
      choices: [],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 5,
        total_tokens: 8,
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
  });

  it("streams the arguments of parallel calls as they come", () => {
    const { chunks } = stream([
      created,
      ...functionCall(0, "first", '{"a"', ":1}"),
      ...functionCall(1, "second", "{}"),
      completed(),
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta["tool_calls"]).filter(Boolean)).toEqual([
      [{ index: 0, id: "call_0", type: "function", function: { name: "first", arguments: "" } }],
      [{ index: 0, function: { arguments: '{"a"' } }],
      [{ index: 0, function: { arguments: ":1}" } }],
      [{ index: 1, id: "call_1", type: "function", function: { name: "second", arguments: "" } }],
      [{ index: 1, function: { arguments: "{}" } }],
    ]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");
  });

  it("sends the text of a message that was not streamed, and no text twice", () => {
    const whole = [message(0, "Hello").at(-1), ...message(1, " there"), message(2, "!").at(-1)];
    const events = [created, ...whole.flatMap((event) => event ?? []), completed()];
    expect(foldChunks(stream(events).chunks).content).toBe("Hello there!");
  });

  it("sends the arguments of a call that was not streamed", () => {
    const [added, ...rest] = functionCall(0, "f", '{"a":1}');
    const done = rest.at(-1);
    if (added === undefined || done === undefined) throw new Error("The script is empty.");
    expect(foldChunks(stream([created, added, done, completed()]).chunks).calls).toEqual([
      { id: "call_0", type: "function", function: { name: "f", arguments: '{"a":1}' } },
    ]);
  });

  it("streams custom calls, annotations and images", () => {
    const custom = { type: "custom_tool_call", call_id: "c", name: "patch" };
    const image = { type: "image_generation_call", result: "aGk=", output_format: "png" };
    const annotation = { type: "url_citation", url: "u", title: "t", start_index: 0, end_index: 1 };
    const events = [
      created,
      { type: "response.output_item.added", output_index: 0, item: { ...custom, input: "" } },
      { type: "response.custom_tool_call_input.delta", output_index: 0, delta: "x" },
      { type: "response.output_item.done", output_index: 0, item: { ...custom, input: "x" } },
      { type: "response.output_item.added", output_index: 1, item: { ...image, result: "" } },
      { type: "response.output_item.done", output_index: 1, item: image },
      { type: "response.output_text.annotation.added", output_index: 2, annotation },
      completed(),
    ];
    const deltas = stream(events).chunks.flatMap(({ choices }) =>
      choices.map((each) => each.delta),
    );
    expect(deltas.slice(1, -1)).toEqual([
      { tool_calls: [{ index: 0, id: "c", type: "custom", custom: { name: "patch", input: "" } }] },
      { tool_calls: [{ index: 0, custom: { input: "x" } }] },
      { images: [{ type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } }] },
      {
        annotations: [
          {
            type: "url_citation",
            url_citation: { url: "u", title: "t", start_index: 0, end_index: 1 },
          },
        ],
      },
    ]);
  });

  it("answers clients of `functions` in their words, streamed and whole", () => {
    const events = [created, ...functionCall(0, "f", "{}"), completed()];
    const { chunks } = stream(events, { isLegacy: true });
    expect(chunks.flatMap(({ choices }) => choices.map((each) => each.delta)).slice(1)).toEqual([
      { function_call: { name: "f", arguments: "" } },
      { function_call: { arguments: "{}" } },
      {},
    ]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("function_call");
    expect(whole(events, { isLegacy: true }).choices[0]).toMatchObject({
      message: { content: null, function_call: { name: "f", arguments: "{}" } },
      finish_reason: "function_call",
    });
  });

  it("gives clients of `functions` one call, the first", () => {
    const events = [
      created,
      ...functionCall(0, "f", '{"a":1}'),
      ...functionCall(1, "g", "{}"),
      completed(),
    ];
    const text = JSON.stringify(stream(events, { isLegacy: true }).chunks);
    expect(text).toContain('"name":"f"');
    expect(text).not.toContain('"name":"g"');
    expect(whole(events, { isLegacy: true }).choices[0].message).toMatchObject({
      function_call: { name: "f", arguments: '{"a":1}' },
    });
  });

  it.each([
    ["think_tags", "<think>One.\n\nTwo.</think>\n\nHi<think>Three.</think>\n\n!", undefined],
    ["none", "Hi!", undefined],
    ["reasoning_content", "Hi!", "One.\n\nTwo.\n\nThree."],
  ] as const)("shows reasoning in the style %s, streamed and whole", (style, content, field) => {
    const events = [
      created,
      ...reasoning(0, "One.", "Two."),
      ...message(1, "Hi"),
      ...reasoning(2, "Three."),
      ...message(3, "!"),
      completed(),
    ];
    const options = { reasoning: style };
    const { message: answer } = whole(events, options).choices[0];
    expect([answer.content, answer.reasoning_content]).toEqual([content, field]);
    const folded = foldChunks(stream(events, options).chunks);
    expect([folded.content, folded.reasoning]).toEqual([content, field ?? ""]);
  });

  it("tells a summary once, whether it came by deltas or whole only", () => {
    const events = [
      created,
      ...reasoning(0, "One."),
      ...reasoning(1, "Two.", "Three.").slice(-1),
      ...message(2, "Hi"),
      completed(),
    ];
    expect(whole(events).choices[0].message.reasoning_content).toBe("One.\n\nTwo.\n\nThree.");
    expect(foldChunks(stream(events).chunks)).toMatchObject({
      content: "Hi",
      reasoning: "One.\n\nTwo.\n\nThree.",
    });
  });

  it.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
  ])(
    "finishes an answer that is incomplete for %s with %s, streamed and whole",
    (reason, finish) => {
      const response = { id: "resp_1", status: "incomplete", incomplete_details: { reason } };
      const events = [created, ...message(0, "a"), { type: "response.incomplete", response }];
      expect(foldChunks(stream(events).chunks).finish).toEqual([finish]);
      expect(whole(events).choices[0].finish_reason).toBe(finish);
    },
  );

  it("ends a failure with the error and without [DONE]", () => {
    const encoder = createEncoder(chat, plainOptions, stamp);
    encoder.write(toFrame(created));
    expect(encoder.fail(new RelayError("upstream_stream_interrupted", "It was cut."))).toBe(
      'data: {"error":{"message":"It was cut.","type":"upstream_error","code":"upstream_stream_interrupted","param":null}}\n\n',
    );
  });
});

describe("the chat stream from bytes", () => {
  it("is the same however the network cuts it, with calls that interleave", () => {
    const text = fc.string({ unit: fc.constantFrom('"', "\\", "\u2028", "é", "😀", "a", "\n") });
    const script = fc.record({
      first: fc.array(text, { minLength: 1, maxLength: 3 }),
      second: fc.array(text, { minLength: 1, maxLength: 3 }),
      order: fc.array(fc.boolean(), { maxLength: 12 }),
      cuts: fc.array(fc.nat(), { maxLength: 10 }),
      newline: fc.constantFrom("\n", "\r\n"),
    });
    fc.assert(
      fc.property(script, ({ first, second, order, cuts, newline }) => {
        const queues = [
          functionCall(0, "one", ...first),
          functionCall(1, "two", ...second),
        ] as const;
        const mixed: WireEvent[] = [];
        for (const takesFirst of [...order, ...Array(20).fill(true), ...Array(20).fill(false)]) {
          const next = queues[takesFirst ? 0 : 1].shift();
          if (next !== undefined) mixed.push(next);
        }
        const events = [created, ...mixed, completed({ usage })];
        const bytes = Buffer.from(
          events
            .map((event) => formatFrame(event.type, JSON.stringify(event)))
            .join("")
            .replaceAll("\n", newline),
        );
        const decoder = new StringDecoder("utf8");
        const reader = createFrameReader();
        const encoder = createEncoder(chat, plainOptions, stamp);
        const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b)];
        const out = places
          .map((start, index) => decoder.write(bytes.subarray(start, places[index + 1])))
          .flatMap((part) => reader.read(part))
          .map((frame) => encoder.write(frame))
          .join("");
        const chunks = out.split("\n\n").filter(Boolean).map(parseChunk);
        const { message: answer, finish_reason } = whole(events).choices[0];
        expect(foldChunks(chunks).calls).toEqual(
          [...(answer.tool_calls ?? [])].sort(
            (a, b) => beginningOf(mixed, a) - beginningOf(mixed, b),
          ),
        );
        expect(foldChunks(chunks).finish).toEqual([finish_reason]);
      }),
    );
  });
});

/** Chat numbers calls as they begin; the whole answer has them in the order of the output. */
function beginningOf(events: readonly WireEvent[], call: FoldedCall): number {
  return events.findIndex(({ item }) => (item as { call_id?: string })?.call_id === call.id);
}

describe("the whole chat completion", () => {
  it("has OpenAI's shape and names", () => {
    const events = [created, ...message(0, "Hi"), completed({ usage })];
    expect(whole(events)).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 7,
      model: "gpt-5.5",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hi", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 5,
        total_tokens: 8,
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
  });

  it("has null for the content of an answer that is only tool calls", () => {
    const { message: answer, finish_reason } = whole([
      created,
      ...functionCall(0, "f", "{}"),
      completed(),
    ]).choices[0];
    expect(answer).toEqual({
      role: "assistant",
      content: null,
      refusal: null,
      tool_calls: [{ id: "call_0", type: "function", function: { name: "f", arguments: "{}" } }],
    });
    expect(finish_reason).toBe("tool_calls");
  });
});
