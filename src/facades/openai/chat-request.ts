/**
 * A chat completions body as a Responses request. Bodies that mix in the Responses API's own fields
 * (`input`, flat tools, `reasoning`, `text`), as some editors send them, are understood too.
 */
import { asString, type JsonObject } from "../../protocol/json.ts";
import type { InputItem, ResponsesRequest } from "../../protocol/request.ts";
import type { Change, Decoded } from "../facade.ts";
import {
  asBody,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredString,
} from "../fields.ts";
import { carryParameters } from "./carry.ts";
import type { ReasoningStyle } from "./chat-answer.ts";
import { decodeMessages } from "./chat-messages.ts";
import { decodeResponseFormat, decodeToolChoice, decodeTools } from "./chat-tools.ts";
import { decodeInput } from "./input.ts";
import { decodeConversationId } from "./state.ts";

export interface ChatOptions {
  readonly includeUsage: boolean;
  /** The client speaks of `functions`: it gets `function_call` back instead of `tool_calls`. */
  readonly isLegacy: boolean;
  readonly reasoning: ReasoningStyle;
}

export function decodeChat(value: unknown, style: ReasoningStyle): Decoded<ChatOptions> {
  const body = asBody(value);
  const model = requiredString(body, "model");
  const carried = carryParameters(body, "chat");
  const changes: Change[] = [...carried.changes];
  const { instructions, input, places } = decodeConversation(body, changes);
  const tools = decodeTools(body);
  const toolChoice = decodeToolChoice(body);
  const isLegacy = (body["functions"] ?? undefined) !== undefined;
  // A message of these clients has room for one call.
  const parallel = isLegacy ? false : optionalBoolean(body, "parallel_tool_calls");
  const reasoning = decodeReasoning(body, style);
  const text = decodeText(body, changes);
  const include = optionalArray(body, "include");
  const request: ResponsesRequest = {
    ...carried.fields,
    model,
    input,
    ...(instructions === undefined ? {} : { instructions }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(text === undefined ? {} : { text }),
    ...(include === undefined ? {} : { include }),
  };
  const streamOptions = optionalObject(body, "stream_options") ?? {};
  const conversationId = decodeConversationId(body);
  return {
    request,
    stream: optionalBoolean(body, "stream") ?? false,
    // `store` of chat is another store, which this relay does not have; it is disclosed.
    state: { store: false, ...(conversationId === undefined ? {} : { conversationId }) },
    options: {
      includeUsage:
        optionalBoolean(streamOptions, "include_usage", "stream_options.include_usage") ?? false,
      isLegacy,
      reasoning: style,
    },
    changes,
    spelled: carried.spelled,
    ...(places === undefined ? {} : { places }),
  };
}

interface DecodedConversation {
  readonly instructions: string | undefined;
  readonly input: readonly InputItem[];
  readonly places?: readonly string[];
}

function decodeConversation(body: JsonObject, changes: Change[]): DecodedConversation {
  const own = optionalString(body, "instructions") || undefined;
  const hasMessages = (body["messages"] ?? undefined) !== undefined;
  if (!hasMessages && (body["input"] ?? undefined) !== undefined) {
    return { instructions: own, input: decodeInput(body, changes) };
  }
  if ((body["input"] ?? undefined) !== undefined) {
    changes.push({ kind: "ignored", parameter: "input", reason: "`messages` say what is asked." });
  }
  const conversation = decodeMessages(body);
  changes.push(...conversation.changes);
  const texts = [own, conversation.instructions].filter((text) => text !== undefined);
  return {
    instructions: texts.length === 0 ? undefined : texts.join("\n\n"),
    input: conversation.input,
    places: conversation.places,
  };
}

/** A summary comes only when it is asked for; it is asked for where it is shown. */
function decodeReasoning(body: JsonObject, style: ReasoningStyle): JsonObject | undefined {
  const given = optionalObject(body, "reasoning") ?? {};
  const effort = optionalString(body, "reasoning_effort") ?? asString(given["effort"]);
  const reasoning = {
    ...(style === "none" ? {} : { summary: "auto" }),
    ...given,
    ...(effort === undefined ? {} : { effort }),
  };
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

function decodeText(body: JsonObject, changes: Change[]): JsonObject | undefined {
  const given = optionalObject(body, "text") ?? {};
  const format = decodeResponseFormat(body, changes);
  const verbosity = optionalString(body, "verbosity");
  const text = {
    ...given,
    ...(format === undefined ? {} : { format }),
    ...(verbosity === undefined ? {} : { verbosity }),
  };
  return Object.keys(text).length === 0 ? undefined : text;
}
