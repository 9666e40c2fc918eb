/** What the stand-in answers when nothing special is asked: echo, tool call, JSON, compaction. */
import { textOf } from "./directive.ts";
import type { Step } from "./exchange.ts";
import { isObject, objectAt, objectsAt } from "./json.ts";
import { marked } from "./marker.ts";
import { callEvents, messageEvents, sealed } from "./outputs.ts";
import { createInstance } from "./schema-instance.ts";
import { type DeclaredTool, declaredTools } from "./tool-checks.ts";
import type { Turn } from "./turn.ts";

/** What a model would most likely do with the request. */
export function likelyAnswer(turn: Turn): Iterable<Step> {
  const output = toolOutput(turn);
  if (output !== undefined)
    return whole(turn, messageEvents(turn, marked(`The tool said: ${output}`)));
  const last = objectsAt(turn.body, "input").at(-1);
  if (last?.["type"] === "compaction_trigger") return whole(turn, compaction(turn));
  const choice = turn.body["tool_choice"];
  if (choice === "required" || isObject(choice)) {
    const name = isObject(choice) ? String(choice["name"] ?? "") : "";
    return whole(turn, toolCalls(turn, { count: 1, name }));
  }
  const format = objectAt(objectAt(turn.body, "text"), "format");
  if (format["type"] === "json_schema") {
    return whole(turn, messageEvents(turn, JSON.stringify(createInstance(format["schema"]))));
  }
  if (format["type"] === "json_object") {
    return whole(turn, messageEvents(turn, JSON.stringify({ answer: marked(turn.text) })));
  }
  return whole(turn, messageEvents(turn, marked(turn.text)));
}

/** A whole answer around the events of its items. */
export function* whole(turn: Turn, ...outputs: readonly Iterable<Step>[]): Generator<Step> {
  yield turn.event("response.created", { response: turn.snapshot("in_progress") });
  yield turn.event("response.in_progress", { response: turn.snapshot("in_progress") });
  for (const output of outputs) yield* output;
  yield turn.event("response.completed", { response: turn.snapshot("completed") });
}

interface ToolCalls {
  readonly count: number;
  readonly name: string;
  /** The arguments as JSON; made from the schema when not said. */
  readonly written?: string;
}

/** Calls of the named tool, or of the first ones declared; a message when there is none. */
export function* toolCalls(turn: Turn, wanted: ToolCalls): Generator<Step> {
  const declared = declaredTools(turn.body);
  const named = wanted.name === "" ? declared : declared.filter(({ name }) => name === wanted.name);
  const tools = Array.from({ length: wanted.count }, (_, index) => named[index] ?? named[0]);
  for (const tool of tools) {
    if (tool === undefined) {
      yield* messageEvents(turn, marked(`There is no tool to call. ${turn.text}`));
      return;
    }
    yield* callEvents(turn, tool, wanted.written || argumentFor(tool));
  }
}

function argumentFor(tool: DeclaredTool): string {
  if (tool.type === "custom") return marked("input");
  return JSON.stringify(createInstance(tool.parameters ?? { type: "object" }));
}

function* compaction(turn: Turn): Generator<Step> {
  const output_index = turn.nextOutputIndex();
  const id = turn.id("cmp_", output_index);
  const item = { id, type: "compaction", encrypted_content: sealed(id) };
  yield turn.event("response.output_item.added", { item, output_index });
  yield turn.event("response.output_item.done", { item, output_index });
}

/** The text of the tool output that the request ends with, if it ends with one. */
export function toolOutput(turn: Turn): string | undefined {
  const last = objectsAt(turn.body, "input").at(-1);
  if (last === undefined || !String(last["type"]).endsWith("_output")) return undefined;
  return textOf(last["output"]);
}
