import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { messages } from "../../../src/facades/anthropic/messages.ts";
import type { MessagesOptions } from "../../../src/facades/anthropic/request.ts";
import type { ThinkingStyle } from "../../../src/facades/anthropic/thinking.ts";
import { createAccumulator } from "../../../src/protocol/accumulate.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import {
  completed,
  created,
  createEncoder,
  functionCall,
  message,
  reasoning,
  refusal,
  toFrame,
  type WireEvent,
} from "../../helpers/frames.ts";
import { type Block, foldMessages, parseMessages } from "../folds.ts";

const plain: MessagesOptions = {
  model: "claude-x",
  thinking: "shown",
  stopSequences: [],
  estimate: () => 12,
};
const stamp = {
  id: "msg_1",
  created: 7,
  model: "gpt-5.5",
  echo: {},
  elapsed: () => ({ firstOutputMs: 0, totalMs: 0 }),
};
const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 1 },
};
const told = {
  input_tokens: 6,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 4,
  output_tokens: 5,
  output_tokens_details: { thinking_tokens: 1 },
  service_tier: "standard",
};

function encode(events: readonly WireEvent[], options: MessagesOptions): string {
  const encoder = createEncoder(messages, options, stamp);
  return events.map((event) => encoder.write(toFrame(event))).join("") + encoder.end();
}

function stream(events: readonly WireEvent[], options: Partial<MessagesOptions> = {}): Block[] {
  return parseMessages(
    encode([created, ...events, completed({ usage })], { ...plain, ...options }),
  );
}

function whole(events: readonly WireEvent[], options: Partial<MessagesOptions> = {}): JsonObject {
  const answer = createAccumulator({ keepsDeltas: true });
  for (const event of events) answer.add(toFrame(event));
  const snapshot = answer.snapshot();
  if (snapshot === undefined) throw new Error("There is no answer.");
  return messages.whole(snapshot, { ...plain, ...options }, stamp) as JsonObject;
}

function sealed(index: number, ...parts: readonly string[]): WireEvent[] {
  return reasoning(index, ...parts).map((event) =>
    event.type === "response.output_item.done"
      ? { ...event, item: { ...(event["item"] as object), encrypted_content: `gAAA${index}` } }
      : event,
  );
}

function search(index: number, query: string): WireEvent[] {
  const item = { id: `ws_${index}`, type: "web_search_call" };
  const action = { type: "search", query };
  return [
    { type: "response.output_item.added", output_index: index, item },
    { type: "response.web_search_call.searching", output_index: index },
    { type: "response.output_item.done", output_index: index, item: { ...item, action } },
  ];
}

/** The last event of the item, as some upstreams send it alone. */
const atOnce = (events: readonly WireEvent[]): WireEvent[] => events.slice(-1);

describe("the stream of a message", () => {
  it("has each event in the order that clients know", () => {
    const events = [
      ...sealed(0, "Need the ", "file."),
      ...message(1, "Reading", " it."),
      ...functionCall(2, "Read", '{"file_path":', '"/a"}'),
    ];
    const block = (index: number, content_block: object) => ({
      type: "content_block_start",
      index,
      content_block,
    });
    const delta = (index: number, content: object) => ({
      type: "content_block_delta",
      index,
      delta: content,
    });
    const stop = (index: number) => ({ type: "content_block_stop", index });
    expect(stream(events)).toEqual([
      {
        type: "message_start",
        message: {
          id: "msg_1",
          type: "message",
          role: "assistant",
          model: "claude-x",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: 12,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens: 0,
            output_tokens_details: { thinking_tokens: 0 },
            service_tier: "standard",
          },
        },
      },
      { type: "ping" },
      block(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "Need the " }),
      delta(0, { type: "thinking_delta", thinking: "\n\nfile." }),
      delta(0, { type: "signature_delta", signature: "ar1.gAAA0" }),
      stop(0),
      block(1, { type: "text", text: "" }),
      delta(1, { type: "text_delta", text: "Reading" }),
      delta(1, { type: "text_delta", text: " it." }),
      stop(1),
      block(2, { type: "tool_use", id: "call_2", name: "Read", input: {} }),
      delta(2, { type: "input_json_delta", partial_json: '{"file_path":' }),
      delta(2, { type: "input_json_delta", partial_json: '"/a"}' }),
      stop(2),
      {
        type: "message_delta",
        delta: { stop_reason: "tool_use", stop_sequence: null },
        usage: told,
      },
      { type: "message_stop" },
    ]);
  });

  it("finishes one call before it begins the next, whatever comes first", () => {
    const [first = [], second = []] = [
      functionCall(0, "a", '{"x":', "1}"),
      functionCall(1, "b", '{"y":', "2}"),
    ];
    const mixed = [first[0], second[0], second[1], first[1], ...second.slice(2), ...first.slice(2)];

    const { content } = foldMessages(stream(mixed.filter((event) => event !== undefined)));
    expect(content).toEqual([
      { type: "tool_use", id: "call_0", name: "a", input: { x: 1 } },
      { type: "tool_use", id: "call_1", name: "b", input: { y: 2 } },
    ]);
  });

  it("tells what only came whole, and the rest of arguments whose deltas stopped", () => {
    const call = functionCall(1, "a", '{"x":', "1}");
    const { content } = foldMessages(
      stream([...atOnce(message(0, "Hello.")), ...call.slice(0, 2), ...call.slice(3)]),
    );
    expect(content).toEqual([
      { type: "text", text: "Hello." },
      { type: "tool_use", id: "call_1", name: "a", input: { x: 1 } },
    ]);
  });

  it.each([
    ["shown", [{ type: "thinking", thinking: "Hm.", signature: "ar1.gAAA0" }]],
    ["omitted", [{ type: "thinking", thinking: "", signature: "ar1.gAAA0" }]],
    ["none", []],
  ] as const)("shows thinking as it is asked for (%s)", (thinking, blocks) => {
    expect(foldMessages(stream(sealed(0, "Hm."), { thinking }))["content"]).toEqual(blocks);
  });

  it("says why it ended", () => {
    const reasonOf = (events: readonly WireEvent[], options = {}) =>
      foldMessages(parseMessages(encode([created, ...events], { ...plain, ...options })))[
        "stop_reason"
      ];
    const incomplete = (reason: string) => ({
      ...completed({ status: "incomplete", incomplete_details: { reason } }),
      type: "response.incomplete",
    });
    const call = functionCall(0, "a", "{}");
    expect(reasonOf([...message(0, "a"), completed()])).toBe("end_turn");
    expect(reasonOf([...call, completed()])).toBe("tool_use");
    expect(reasonOf([...refusal(0, "No."), completed()])).toBe("refusal");
    expect(reasonOf([...message(0, "a"), incomplete("max_output_tokens")])).toBe("max_tokens");
    expect(reasonOf([...call, incomplete("max_output_tokens")])).toBe("max_tokens");
    expect(reasonOf([...message(0, "a"), incomplete("content_filter")])).toBe("refusal");
    expect(reasonOf([...message(0, "ab"), completed()], { stopSequences: ["b"] })).toBe(
      "stop_sequence",
    );
  });

  it("closes the text that an incomplete answer leaves open", () => {
    const events = [created, ...message(0, "Hel", "lo").slice(0, 4)];
    const end = { ...completed({ status: "incomplete" }), type: "response.incomplete" };
    const folded = foldMessages(parseMessages(encode([...events, end], plain)));
    expect(folded).toEqual(whole([...events, end]));
    expect(folded["content"]).toEqual([{ type: "text", text: "Hello" }]);
  });

  it("ends a failure in an error, and closes nothing", () => {
    const encoder = createEncoder(messages, plain, stamp);
    const text = [created, ...message(0, "Hel").slice(0, 3)]
      .map((event) => encoder.write(toFrame(event)))
      .join("");
    const failed = encoder.fail(new RelayError("upstream_stream_interrupted", "It broke off."));
    expect(parseMessages(text + failed).map(({ type }) => type)).toEqual([
      "message_start",
      "ping",
      "content_block_start",
      "content_block_delta",
      "error",
    ]);
    expect(parseMessages(failed)[0]).toEqual({
      type: "error",
      error: { type: "api_error", message: "It broke off." },
    });
  });
});

describe("a stop sequence", () => {
  it.each([
    [["one tw", "o th", "ree"], ["two", "three"], "one ", "two"],
    [["aab", "aaab", "x"], ["aaab"], "aab", "aaab"],
    [["<en", "d>", " more"], ["<end>"], undefined, "<end>"],
    [["<en", "ding"], ["<end>"], "<ending", null],
  ])("cuts %j at %j", (pieces, stopSequences, text, stop) => {
    const folded = foldMessages(
      stream([...message(0, ...pieces), ...functionCall(1, "a", "{}")], { stopSequences }),
    );
    const rest = stop === null ? [expect.objectContaining({ type: "tool_use" })] : [];
    expect(folded).toMatchObject({
      content: [...(text === undefined ? [] : [{ type: "text", text }]), ...rest],
      stop_sequence: stop,
    });
  });
});

describe("the streamed and the whole message", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "<", "é", "😀", "\n", '"') });
  const pieces = fc.array(text, { minLength: 1, maxLength: 4 });
  const input = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 3 });
  const items = fc.oneof(
    pieces.map((each) => (index: number) => message(index, ...each)),
    pieces.map((each) => (index: number) => atOnce(message(index, ...each))),
    pieces.map((each) => (index: number) => refusal(index, ...each)),
    pieces.map((each) => (index: number) => sealed(index, ...each)),
    pieces.map((each) => (index: number) => reasoning(index, ...each)),
    pieces.map((each) => (index: number) => atOnce(sealed(index, ...each))),
    text.map((query) => (index: number) => search(index, query)),
    fc.tuple(input, fc.nat(9)).map(([value, at]) => (index: number) => {
      const json = JSON.stringify(value);
      return functionCall(index, "tool", json.slice(0, at), json.slice(at));
    }),
    input.map(
      (value) => (index: number) => atOnce(functionCall(index, "tool", JSON.stringify(value))),
    ),
  );
  const script = fc.record({
    items: fc.array(items, { maxLength: 5 }),
    order: fc.array(fc.nat(), { maxLength: 40 }),
    thinking: fc.constantFrom<ThinkingStyle>("none", "shown", "omitted"),
    stopSequences: fc.array(fc.constantFrom("ab", "<a<", "aab", "é"), { maxLength: 2 }),
    ending: fc.constantFrom<Readonly<Record<string, unknown>>>(
      {},
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      { service_tier: "priority" },
    ),
  });

  it("are the same, however the upstream mixes its items", () => {
    fc.assert(
      fc.property(script, ({ items: makers, order, thinking, stopSequences, ending }) => {
        const options = { ...plain, thinking, stopSequences };
        const end = completed({ usage, ...ending });
        const type = ending["status"] === "incomplete" ? "response.incomplete" : end.type;
        const lists = makers.map((make, index) => make(index));
        const events = [created, ...mix(lists, order), { ...end, type }];
        expect(foldMessages(parseMessages(encode(events, options)))).toEqual(
          whole(events, options),
        );
      }),
      { numRuns: 500 },
    );
  });
});

/** One list of several: items begin in their order, and then take turns as the numbers say. */
function mix(lists: readonly (readonly WireEvent[])[], order: readonly number[]): WireEvent[] {
  const left = lists.map((list) => [...list]);
  const mixed: WireEvent[] = [];
  let begun = 0;
  for (let turn = 0; left.some((list) => list.length > 0); turn += 1) {
    const candidates = left.slice(0, begun + 1).filter((list) => list.length > 0);
    const list = candidates[(order[turn] ?? 0) % candidates.length] ?? [];
    begun = Math.max(begun, left.indexOf(list) + 1);
    const event = list.shift();
    if (event !== undefined) mixed.push(event);
  }
  return mixed;
}
