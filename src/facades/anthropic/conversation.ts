/**
 * The `messages` and `system` of a request as instructions and input items. Calls, results and
 * reasoning are items of their own upstream, so what was said before one of them is closed first.
 */
import { asString, type JsonObject } from "../../protocol/json.ts";
import type { InputItem } from "../../protocol/request.ts";
import type { Change } from "../facade.ts";
import {
  asObject,
  invalid,
  optionalArray,
  optionalObject,
  requiredString,
  shown,
} from "../fields.ts";
import { blocksOf, plainText, requiredText, toolOutput, userParts } from "./blocks.ts";
import { fromThinking } from "./thinking.ts";

export interface Conversation {
  readonly instructions: string | undefined;
  readonly input: readonly InputItem[];
  /** The message that each item was made of: `messages[2]`. */
  readonly places: readonly string[];
  readonly changes: readonly Change[];
}

/** An item, and the message that it is from. */
interface PlacedItem {
  readonly item: InputItem;
  readonly place: string;
}

export function decodeConversation(body: JsonObject): Conversation {
  const messages = optionalArray(body, "messages");
  if (messages === undefined || messages.length === 0) {
    throw invalid("messages", "is required: an array with at least one message.");
  }
  const changes: Change[] = [];
  const items = messages.flatMap((value, index) => {
    const place = `messages[${index}]`;
    const made = messageItems(asObject(value, place), place, changes);
    return made.map((item): PlacedItem => ({ item, place }));
  });
  const kept = withoutLooseThoughts(items, changes);
  const input = kept.map(({ item }) => item);
  if (input.at(-1)?.["role"] === "assistant") {
    changes.push({
      kind: "adapted",
      parameter: `messages[${messages.length - 1}]`,
      reason:
        "The upstream answers after the last message of the assistant; it does not continue it.",
    });
  }
  const places = kept.map(({ place }) => place);
  return { instructions: decodeSystem(body), input, places, changes };
}

/** Claude Code's first block names its build: no instruction, and another with every version. */
const attribution = "x-anthropic-billing-header:";

function decodeSystem(body: JsonObject): string | undefined {
  const texts = plainText(body["system"], "system").filter(
    (text) => text !== "" && !text.startsWith(attribution),
  );
  return texts.length === 0 ? undefined : texts.join("\n\n");
}

function messageItems(message: JsonObject, path: string, changes: Change[]): InputItem[] {
  const role = requiredString(message, "role", `${path}.role`);
  const content = `${path}.content`;
  switch (role) {
    case "system":
      return collect("developer", (say) => {
        for (const text of plainText(message["content"], content)) {
          if (text !== "") say({ type: "input_text", text });
        }
      });
    case "user":
      return collect("user", (say, put) => {
        for (const [index, block] of blocksOf(message["content"], content).entries()) {
          const place = `${content}[${index}]`;
          if (block["type"] === "tool_result") put(toolResult(block, place, changes));
          else for (const part of userParts(block, place, changes)) say(part);
        }
      });
    case "assistant":
      return collect("assistant", (say, put) => {
        for (const [index, block] of blocksOf(message["content"], content).entries()) {
          assistantBlock(block, `${content}[${index}]`, changes, say, put);
        }
      });
    default:
      throw invalid(`${path}.role`, `must be user, assistant or system; it is ${shown(role)}.`);
  }
}

type Say = (part: JsonObject) => void;
type Put = (item: InputItem) => void;

/** The items of one message: parts that follow each other share an item. */
function collect(role: string, fill: (say: Say, put: Put) => void): InputItem[] {
  const items: InputItem[] = [];
  let open: JsonObject[] | undefined;
  fill(
    (part) => {
      if (open === undefined) {
        open = [];
        items.push({ type: "message", role, content: open });
      }
      open.push(part);
    },
    (item) => {
      open = undefined;
      items.push(item);
    },
  );
  return items;
}

/** An answer that was stopped while it thought: the upstream takes no thought that leads nowhere. */
function withoutLooseThoughts(input: readonly PlacedItem[], changes: Change[]): PlacedItem[] {
  const kept: PlacedItem[] = [];
  for (const placed of input.toReversed()) {
    const next = kept.at(-1)?.item;
    const isLed =
      next !== undefined &&
      (next["role"] === "assistant" ||
        next["type"] === "function_call" ||
        next["type"] === "reasoning");
    if (placed.item["type"] !== "reasoning" || isLed) kept.push(placed);
    else changes.push(dropped(placed.place, "Thinking that nothing followed cannot go on."));
  }
  return kept.reverse();
}

function assistantBlock(
  block: JsonObject,
  path: string,
  changes: Change[],
  say: Say,
  put: Put,
): void {
  const type = asString(block["type"]) ?? "";
  switch (type) {
    case "text": {
      const text = requiredText(block, path);
      if (text !== "") say({ type: "output_text", text });
      return;
    }
    case "thinking":
    case "redacted_thinking": {
      const reasoning = fromThinking(block);
      if (reasoning !== undefined) put(reasoning);
      else changes.push(dropped(path, "Only thinking that came through this relay can go on."));
      return;
    }
    case "tool_use":
      put({
        type: "function_call",
        call_id: toCallId(requiredString(block, "id", `${path}.id`)),
        name: requiredString(block, "name", `${path}.name`),
        arguments: JSON.stringify(optionalObject(block, "input", `${path}.input`) ?? {}),
      });
      return;
    default:
      if (type !== "server_tool_use" && !type.endsWith("_tool_result")) {
        throw invalid(`${path}.type`, `${shown(block["type"])} is no block that is known here.`);
      }
      changes.push(dropped(path, "What a server's tool did is told by the text after it."));
  }
}

function toolResult(block: JsonObject, path: string, changes: Change[]): InputItem {
  return {
    type: "function_call_output",
    call_id: toCallId(requiredString(block, "tool_use_id", `${path}.tool_use_id`)),
    output: toolOutput(block, path, changes),
  };
}

/** The upstream takes ids of 64 characters; call and result are shortened alike. */
function toCallId(id: string): string {
  return id.length <= 64 ? id : id.slice(0, 24) + id.slice(-40);
}

function dropped(parameter: string, reason: string): Change {
  return { kind: "ignored", parameter, reason };
}
