/**
 * The order that clients rely on in a stream of `/v1/responses`: the answer is created first, an item
 * is added before anything is said of it and done after, and one terminal event comes last.
 */
import { isJsonObject, type JsonObject } from "../../src/protocol/json.ts";

/** What is wrong with the order; empty when nothing is. */
export function orderProblems(events: readonly JsonObject[]): string[] {
  return [
    ...openingProblems(events),
    ...sequenceProblems(events),
    ...endingProblems(events),
    ...itemProblems(events),
  ];
}

const success = ["response.completed", "response.incomplete"];
const terminal = [...success, "response.failed", "error"];

const typeOf = (event: JsonObject): string => String(event["type"]);

function openingProblems(events: readonly JsonObject[]): string[] {
  const places = events.flatMap((event, index) =>
    typeOf(event) === "response.created" ? [index] : [],
  );
  return places.length === 1 && places[0] === 0
    ? []
    : [`\`response.created\` comes at ${places.join(", ") || "no place"}, not first and once`];
}

function sequenceProblems(events: readonly JsonObject[]): string[] {
  return events.flatMap((event, index) => {
    const [before, here] = [events[index - 1]?.["sequence_number"] ?? -1, event["sequence_number"]];
    const rises = typeof before === "number" && typeof here === "number" && here > before;
    return rises ? [] : [`\`${typeOf(event)}\` has the number ${here} after ${before}`];
  });
}

/** `error` may come before `response.failed`: the backend tells a failure twice. */
function endingProblems(events: readonly JsonObject[]): string[] {
  const endings = events.map(typeOf).filter((type) => terminal.includes(type));
  const tail = events.slice(-endings.length).map(typeOf);
  const isOne = endings.length === 1 || endings.join() === "error,response.failed";
  return isOne && tail.join() === endings.join()
    ? []
    : [`it ends with ${events.slice(-2).map(typeOf).join(", ")}; terminal: ${endings.join(", ")}`];
}

/** One item, or one part of an item, and what was said of it so far. */
interface Open {
  text: string;
  isDone: boolean;
}

function itemProblems(events: readonly JsonObject[]): string[] {
  const problems: string[] = [];
  const items = new Map<unknown, Open & { readonly id: unknown; whole?: unknown }>();
  const parts = new Map<string, Open>();

  for (const event of events) {
    const type = typeOf(event);
    const problem = (text: string): unknown => problems.push(`\`${type}\` ${text}`);
    const index = event["output_index"];
    if (index === undefined) continue;
    const known = items.get(index);
    const item = isJsonObject(event["item"]) ? event["item"] : {};

    if (type === "response.output_item.added") {
      if (known !== undefined) problem(`comes twice for item ${index}`);
      items.set(index, { id: item["id"], text: "", isDone: false });
      continue;
    }
    if (known === undefined) problem(`comes before item ${index} was added`);
    if (known?.isDone === true) problem(`comes after item ${index} was done`);
    if (known === undefined) continue;
    if ((event["item_id"] ?? item["id"]) !== known.id) problem(`names another item than ${index}`);
    if (type === "response.output_item.done") {
      known.isDone = true;
      known.whole = item;
      const told = item["arguments"] ?? item["input"];
      if (told !== undefined && told !== known.text) problem("has other arguments than its deltas");
      const open = [...parts].filter(([key, part]) => key.startsWith(`${index}.`) && !part.isDone);
      if (open.length > 0) problem(`leaves the part ${open[0]?.[0]} open`);
      continue;
    }

    const partIndex = event["content_index"] ?? event["summary_index"];
    const key = `${index}.${partIndex}`;
    if (type.endsWith("_part.added")) {
      if (parts.has(key)) problem(`comes twice for part ${key}`);
      parts.set(key, { text: "", isDone: false });
      continue;
    }
    const part = partIndex === undefined ? known : parts.get(key);
    if (part === undefined) problem(`comes before part ${key} was added`);
    if (part === undefined) continue;
    if (part.isDone) problem(`comes after part ${key} was done`);
    if (type.endsWith("_part.done")) part.isDone = true;
    else if (type.endsWith(".delta")) part.text += String(event["delta"]);
    else {
      const whole = event["text"] ?? event["refusal"] ?? event["arguments"] ?? event["input"];
      if (type.endsWith(".done") && whole !== part.text)
        problem("has another text than its deltas");
    }
  }
  return [...problems, ...outputProblems(events, items)];
}

/** An answer that ended well has all its items, as they were when they were done. */
function outputProblems(
  events: readonly JsonObject[],
  items: ReadonlyMap<unknown, { readonly whole?: unknown }>,
): string[] {
  const last = events.at(-1);
  if (last === undefined || !success.includes(typeOf(last))) return [];
  const response = isJsonObject(last["response"]) ? last["response"] : {};
  const done = JSON.stringify([...items.values()].map(({ whole }) => whole ?? "not done"));
  return JSON.stringify(response["output"]) === done
    ? []
    : [`\`${typeOf(last)}\` has another output than the items that were done`];
}
