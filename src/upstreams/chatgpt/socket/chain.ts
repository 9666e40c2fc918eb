/**
 * What a connection's other end remembers: the last answer and what led to it. Where a request goes on
 * from there, only its new items are sent (upstream.md 8.3). Holds hashes, and nothing of what was said.
 */
import { createHash } from "node:crypto";
import { asString, isJsonObject, type JsonObject } from "../../../protocol/json.ts";

export interface Planned {
  /** The frame, without its type. */
  readonly body: JsonObject;
  /** Goes on from the answer that the other end remembers. */
  readonly isIncremental: boolean;
}

export interface Chain {
  plan(body: JsonObject): Planned;
  /** `body`: the whole request, whatever was sent of it. */
  remember(body: JsonObject, responseId: string, output: readonly JsonObject[]): void;
}

interface Remembered {
  readonly responseId: string;
  readonly settings: string;
  /** One for each item of the input and of the answer. */
  readonly items: readonly string[];
}

export function createChain(): Chain {
  let last: Remembered | undefined;
  return {
    plan(body) {
      const input = itemsOf(body);
      const whole: Planned = { body, isIncremental: false };
      if (last === undefined || input.length <= last.items.length) return whole;
      if (last.settings !== settingsOf(body)) return whole;
      if (!last.items.every((item, index) => item === hashOf(essence(input[index])))) return whole;
      return {
        body: {
          ...body,
          previous_response_id: last.responseId,
          input: input.slice(last.items.length),
        },
        isIncremental: true,
      };
    },
    remember(body, responseId, output) {
      const items = [...itemsOf(body), ...output].map((item) => hashOf(essence(item)));
      last = { responseId, settings: settingsOf(body), items };
    },
  };
}

function itemsOf({ input }: JsonObject): readonly unknown[] {
  return Array.isArray(input) ? input : [];
}

/** Everything that the answer depends on besides the input. `client_metadata` differs in every turn. */
function settingsOf(body: JsonObject): string {
  const { input: _input, client_metadata: _metadata, ...settings } = body;
  return hashOf(settings);
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64");
}

/**
 * An item without what its way through a client changes: the ids and states that the service put on,
 * and the two forms of a text. What differs otherwise was not said like that, and is sent.
 */
function essence(item: unknown): unknown {
  if (!isJsonObject(item)) return item;
  const { id: _id, status: _status, ...rest } = item;
  switch (asString(item["type"]) ?? "message") {
    case "message":
      return { role: item["role"], content: contentOf(item["content"]) };
    case "function_call":
    case "custom_tool_call": {
      const { type, call_id, name, namespace = null, arguments: args, input } = item;
      return { type, call_id, name, namespace, said: args ?? input };
    }
    case "reasoning":
      return { type: "reasoning", sealed: item["encrypted_content"] };
    default:
      return rest;
  }
}

function contentOf(content: unknown): unknown {
  if (!Array.isArray(content)) return [content];
  return content.map((part) =>
    isJsonObject(part) && /^(input_text|output_text|text)$/.test(String(part["type"]))
      ? part["text"]
      : part,
  );
}
