/** Ollama's `messages` as `instructions` and input items. */
import type { JsonObject } from "../../protocol/json.ts";
import type { InputItem } from "../../protocol/request.ts";
import type { Change } from "../facade.ts";
import { invalid, optionalObjects, optionalString, requiredString } from "../fields.ts";
import { createCallHistory } from "./call-history.ts";
import { imageParts } from "./images.ts";

export interface Conversation {
  /** The system messages before the first other one, joined by a blank line. */
  readonly instructions: string | undefined;
  readonly input: readonly InputItem[];
  /** The message that each item was made of: `messages[2]`. */
  readonly places: readonly string[];
  readonly changes: readonly Change[];
}

export function decodeMessages(body: JsonObject): Conversation {
  const messages = optionalObjects(body, "messages") ?? [];
  const calls = createCallHistory();
  const instructions: string[] = [];
  const input: InputItem[] = [];
  const places: string[] = [];
  let hasThoughts = false;
  messages.forEach((message, index) => {
    const path = `messages[${index}]`;
    const role = requiredString(message, "role", `${path}.role`);
    const text = optionalString(message, "content", `${path}.content`) ?? "";
    const content = parts(message, text, path);
    switch (role) {
      case "system":
      case "developer":
        if (input.length === 0 && content.every((part) => "text" in part)) instructions.push(text);
        // Later ones keep their place; the upstream refuses the role `system` there.
        else input.push(...messageItem("developer", content));
        break;
      case "user":
        input.push(...messageItem("user", content));
        break;
      case "assistant":
        hasThoughts ||= typeof message["thinking"] === "string" && message["thinking"] !== "";
        input.push(
          ...messageItem("assistant", text === "" ? [] : [{ type: "output_text", text }]),
          ...calls.items(message, path),
        );
        break;
      case "tool":
        input.push({
          type: "function_call_output",
          call_id: calls.answered(message, path),
          output: content.every((part) => "text" in part) ? text : content,
        });
        break;
      default:
        throw invalid(
          `${path}.role`,
          `must be system, user, assistant or tool; it is \`${role.slice(0, 100)}\`.`,
        );
    }
    while (places.length < input.length) places.push(path);
  });
  const told = instructions.filter((text) => text !== "").join("\n\n");
  return {
    instructions: told === "" ? undefined : told,
    input,
    places,
    changes: hasThoughts ? [thoughtsLeftOut] : [],
  };
}

const thoughtsLeftOut: Change = {
  kind: "ignored",
  parameter: "messages.thinking",
  reason: "The upstream takes reasoning back only sealed, and Ollama has no place for the seal.",
};

/** The text and the images of a message, as what a person may send. */
function parts(message: JsonObject, text: string, path: string): JsonObject[] {
  return [
    ...(text === "" ? [] : [{ type: "input_text", text }]),
    ...imageParts(message, `${path}.images`),
  ];
}

function messageItem(role: string, content: readonly JsonObject[]): InputItem[] {
  return content.length === 0 ? [] : [{ type: "message", role, content }];
}
