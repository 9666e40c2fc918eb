/** `/v1/messages`: the facade, and the whole answer made from a folded response. */
import type { ResponseSnapshot } from "../../protocol/events.ts";
import { type OutputItem, toOutputItem } from "../../protocol/items.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Dialect, Facade, Stamp } from "../facade.ts";
import {
  argumentsOf,
  isSearch,
  parseArguments,
  toCitations,
  toSearch,
  toStop,
  toSummary,
  toText,
  toToolUse,
  toUsage,
} from "./answer.ts";
import { anthropicErrors } from "./error.ts";
import { isForeignModel, modelShape } from "./models.ts";
import { decodeMessages, type MessagesOptions } from "./request.ts";
import { type Cutter, createCutter } from "./stop-sequences.ts";
import { createMessagesEncoder, ping } from "./stream.ts";
import { toSignature } from "./thinking.ts";

export const messages: Facade<MessagesOptions> = {
  name: "messages",
  path: "/v1/messages",
  contentType: "text/event-stream",
  keepalive: ping,
  idPrefix: "msg_",
  isForeignModel,
  decode: decodeMessages,
  encoder: createMessagesEncoder,
  whole: toMessage,
  ...anthropicErrors,
  local: [
    {
      method: "POST",
      path: "/v1/messages/count_tokens",
      // Read like the request that it counts, so that a wrong one is refused here already.
      answer: (body) => ({
        body: { input_tokens: decodeMessages(body).options.estimate() },
        headers: { "x-airelays-estimated": "input_tokens" },
      }),
    },
    // Claude Code asks whether anybody is there before it starts; it has no token then.
    { method: "GET", path: "/api/hello", isPublic: true, answer: () => ({ body: "" }) },
  ],
};

/** Its own paths, and the list of models when a client names the version of this API. */
export const anthropic: Dialect = {
  ...anthropicErrors,
  models: modelShape,
  owns: (path, headers) =>
    /^(\/no-tools)?\/v1\/messages(\/|$)/.test(path) ||
    (headers["anthropic-version"] !== undefined && /^(\/no-tools)?\/v1\/models(\/|$)/.test(path)),
};

function toMessage(response: ResponseSnapshot, options: MessagesOptions, stamp: Stamp): JsonObject {
  const cutter = createCutter(options.stopSequences);
  const items = response.output.map((raw) => ({ raw, item: toOutputItem(raw) }));
  const content: JsonObject[] = [];
  // What comes after a stop sequence is no part of the answer, as in a stream.
  const told = items.filter(({ raw, item }) => {
    if (cutter.hit !== undefined) return false;
    content.push(...toBlocks(raw, item, options, cutter));
    return true;
  });
  const searches = told.filter(({ raw }) => isSearch(raw)).length;
  const seen = {
    stop: cutter.hit,
    hasCalls: told.some(({ item }) => isCall(item)),
    hasRefused: told.some(
      ({ item }) =>
        item.type === "message" && item.content.some(({ refusal }) => refusal !== undefined),
    ),
    searches,
  };
  return {
    id: stamp.id,
    type: "message",
    role: "assistant",
    model: options.model,
    content,
    ...toStop(response, seen),
    usage: toUsage(response.usage, response, searches),
  };
}

function isCall({ type }: OutputItem): boolean {
  return type === "function_call" || type === "custom_tool_call";
}

function toBlocks(
  raw: JsonObject,
  item: OutputItem,
  { thinking }: MessagesOptions,
  cutter: Cutter,
): JsonObject[] {
  switch (item.type) {
    case "message": {
      const text = cutter.take(toText(item.content)) + cutter.rest();
      const citations = cutter.hit === undefined ? toCitations(item.content) : [];
      if (text === "") return [];
      return [{ type: "text", text, ...(citations.length === 0 ? {} : { citations }) }];
    }
    case "reasoning": {
      if (thinking === "none") return [];
      const summary = thinking === "shown" ? toSummary(item.summary) : "";
      const signature = toSignature(raw["encrypted_content"]);
      return summary === "" && signature === ""
        ? []
        : [{ type: "thinking", thinking: summary, signature }];
    }
    case "function_call":
    case "custom_tool_call":
      return [{ ...toToolUse(item), input: parseArguments(argumentsOf(item)) }];
    default: {
      if (!isSearch(raw)) return [];
      const { use, query, result } = toSearch(raw);
      return [{ ...use, input: query }, result];
    }
  }
}
