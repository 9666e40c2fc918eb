/**
 * What clients make of the streams of each dialect: the oracles against which the whole answers are held.
 * They fail where a client would go wrong.
 */
import { expect } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/protocol/json.ts";

export type Block = Record<string, unknown>;

/** The events of a stream; each has its name twice, as clients want it. */
export function parseMessages(text: string): Block[] {
  return text
    .split("\n\n")
    .filter((part) => part !== "")
    .map((part) => {
      const [, name, data = ""] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(part) ?? [];
      const event = JSON.parse(data) as Block;
      expect(event["type"]).toBe(name);
      return event;
    });
}

/** What the vendor's SDK makes of a stream; throws where it would go wrong or look odd. */
export function foldMessages(events: readonly Block[]): JsonObject {
  const [start, second, ...rest] = events;
  expect(second).toEqual({ type: "ping" });
  const folded = structuredClone(start?.["message"]) as Record<string, unknown>;
  const content: Block[] = [];
  let partial = "";
  let open = -1;
  for (const event of rest) {
    const block = content.at(-1) ?? {};
    switch (event["type"]) {
      case "content_block_start":
        expect([open, event["index"]]).toEqual([-1, content.length]);
        open = content.length;
        partial = "";
        content.push(structuredClone(event["content_block"]) as Block);
        break;
      case "content_block_delta":
        expect(event["index"]).toBe(open);
        partial += apply(block, event["delta"] as Block);
        break;
      case "content_block_stop":
        expect(event["index"]).toBe(open);
        open = -1;
        if (isJsonObject(block["input"])) block["input"] = JSON.parse(partial || "{}");
        break;
      case "message_delta":
        expect(open).toBe(-1);
        Object.assign(folded, event["delta"], { usage: event["usage"] });
        break;
      default:
        expect([event["type"], event]).toEqual(["message_stop", rest.at(-1)]);
    }
  }
  return { ...folded, content };
}

/** Adds a delta to its block, and gives back what belongs to its JSON. */
function apply(block: Block, delta: Block): string {
  switch (delta["type"]) {
    case "text_delta":
      block["text"] = `${block["text"]}${delta["text"]}`;
      return "";
    case "thinking_delta":
      block["thinking"] = `${block["thinking"]}${delta["thinking"]}`;
      return "";
    case "signature_delta":
      block["signature"] = delta["signature"];
      return "";
    case "citations_delta":
      block["citations"] = [...((block["citations"] as unknown[]) ?? []), delta["citation"]];
      return "";
    default:
      expect(delta["type"]).toBe("input_json_delta");
      return String(delta["partial_json"]);
  }
}

export interface Chunk {
  readonly choices: readonly {
    readonly delta: Readonly<Record<string, unknown>>;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: unknown;
}

export function parseChunk(line: string): Chunk {
  return JSON.parse(line.replace(/^data: /, "")) as Chunk;
}

export interface FoldedCall {
  id: string;
  type: string;
  function: { name: string; arguments: string };
}

/** What a client makes of the chunks: the oracle for the whole answer. */
export function foldChunks(chunks: readonly Chunk[]) {
  const folded = { content: "", refusal: "", reasoning: "", finish: [] as (string | null)[] };
  const calls: FoldedCall[] = [];
  for (const { choices } of chunks) {
    for (const { delta, finish_reason } of choices) {
      folded.content += delta["content"] ?? "";
      folded.refusal += delta["refusal"] ?? "";
      folded.reasoning += delta["reasoning_content"] ?? "";
      if (finish_reason !== null) folded.finish.push(finish_reason);
      for (const part of (delta["tool_calls"] ?? []) as (Partial<FoldedCall> & {
        index: number;
      })[]) {
        const call = calls[part.index] ?? {
          id: "",
          type: "",
          function: { name: "", arguments: "" },
        };
        calls[part.index] = call;
        call.id += part.id ?? "";
        call.type += part.type ?? "";
        call.function.name += part.function?.name ?? "";
        call.function.arguments += part.function?.arguments ?? "";
      }
    }
  }
  return { ...folded, calls };
}

interface Message {
  readonly content: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly unknown[];
}

/** A client's way to put the lines together: texts joined, calls listed, the rest from the last. */
export function foldLines(lines: readonly JsonObject[]): unknown {
  const messages = lines.map((line) =>
    "message" in line
      ? (line["message"] as Message)
      : { content: String(line["response"]), ...(line as { thinking?: string }) },
  );
  const text = messages.map(({ content }) => content).join("");
  const thinking = messages.map((each) => each.thinking ?? "").join("");
  const calls = messages.flatMap((each) => each.tool_calls ?? []);
  const thoughts = thinking === "" ? {} : { thinking };
  const last = lines.at(-1) ?? {};
  if ("response" in last) return { ...last, response: text, ...thoughts };
  return {
    ...last,
    message: {
      role: "assistant",
      content: text,
      ...thoughts,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  };
}

/** What a client of response events puts together: items as they are done, texts from their deltas. */
export function foldEvents(events: readonly JsonObject[]): unknown {
  const items: JsonObject[] = [];
  const texts: string[] = [];
  let streamed = "";
  for (const event of events) {
    switch (event["type"]) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        streamed += String(event["delta"]);
        break;
      case "response.output_item.done": {
        const item = event["item"] as JsonObject;
        items.push(item);
        if (item["type"] === "message") texts.push(streamed || (foldTexts([item])[0] ?? ""));
        streamed = "";
        break;
      }
      default:
    }
  }
  const { id, status, usage } = (events.at(-1)?.["response"] ?? {}) as JsonObject;
  return { id, status, usage, output: items, texts };
}

/** The text of each message. */
export function foldTexts(output: readonly JsonObject[]): string[] {
  return output
    .filter(({ type }) => type === "message")
    .map(({ content }) =>
      (content as { text?: string; refusal?: string }[])
        .map(({ text, refusal }) => text ?? refusal ?? "")
        .join(""),
    );
}
