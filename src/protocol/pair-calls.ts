/**
 * Every tool call needs its result and every result its call: the upstream answers 400 to either
 * alone, and conversations that were cut or edited have them. What is alone gets a stand-in that
 * says so; nothing is dropped.
 */
import { asString, type JsonObject } from "./json.ts";
import type { InputItem } from "./request.ts";

/** A call's item type, and that of its result. */
const outputTypes: ReadonlyMap<string, string> = new Map([
  ["function_call", "function_call_output"],
  ["custom_tool_call", "custom_tool_call_output"],
  ["local_shell_call", "local_shell_call_output"],
]);
const callTypes: ReadonlyMap<string, string> = new Map(
  [...outputTypes].map(([call, output]) => [output, call]),
);

export interface PairedInput {
  readonly input: readonly InputItem[];
  /** Places of the items that were alone, as `input[3]`. */
  readonly repaired: readonly string[];
}

/** The same list when nothing was alone. */
export function pairCalls(input: readonly InputItem[]): PairedInput {
  if (!input.some(isPaired)) return { input, repaired: [] };
  const calls = idsOf(input, outputTypes);
  const outputs = idsOf(input, callTypes);
  const repaired: string[] = [];
  const paired = input.flatMap((item, index): InputItem[] => {
    const type = asString(item["type"]) ?? "";
    const id = asString(item["call_id"]) ?? "";
    const outputType = outputTypes.get(type);
    const callType = callTypes.get(type);
    if (outputType !== undefined && !outputs.has(`${outputType} ${id}`)) {
      repaired.push(`input[${index}]`);
      return [item, { type: outputType, call_id: id, output: "No result was recorded." }];
    }
    if (callType !== undefined && !calls.has(`${callType} ${id}`)) {
      repaired.push(`input[${index}]`);
      return [orphanedOutput(item, id)];
    }
    return [item];
  });
  return repaired.length === 0 ? { input, repaired } : { input: paired, repaired };
}

function isPaired({ type }: InputItem): boolean {
  return typeof type === "string" && (outputTypes.has(type) || callTypes.has(type));
}

function idsOf(input: readonly InputItem[], types: ReadonlyMap<string, string>): Set<string> {
  const ids = new Set<string>();
  for (const item of input) {
    const type = asString(item["type"]) ?? "";
    if (types.has(type)) ids.add(`${type} ${asString(item["call_id"]) ?? ""}`);
  }
  return ids;
}

/** The result as a message: its content stays in the conversation. */
function orphanedOutput({ output }: JsonObject, id: string): InputItem {
  const lead = { type: "input_text", text: `Result of the tool call ${id}, which is not shown:` };
  const parts: readonly unknown[] = Array.isArray(output)
    ? output
    : [{ type: "input_text", text: typeof output === "string" ? output : JSON.stringify(output) }];
  return { type: "message", role: "user", content: [lead, ...parts] };
}
