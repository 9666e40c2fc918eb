/** The text of an event stream taken apart, without the code that put it together. */
import { isJsonObject, type JsonObject, parseJson } from "../../src/protocol/json.ts";

export interface StreamText {
  /** The data of every event that is a JSON object. */
  readonly events: readonly JsonObject[];
  /** The `event:` line of each of them, if it has one. */
  readonly names: readonly (string | undefined)[];
  readonly comments: readonly string[];
  /** Data that is no JSON object, such as `[DONE]`. */
  readonly others: readonly string[];
  /** The very last data was `[DONE]`. */
  readonly endsWithDone: boolean;
}

export function readStream(text: string): StreamText {
  if (!text.endsWith("\n\n")) throw new Error("The stream ends in the middle of an event.");
  const events: JsonObject[] = [];
  const names: (string | undefined)[] = [];
  const comments: string[] = [];
  const others: string[] = [];
  let last = "";
  for (const block of text.split("\n\n").slice(0, -1)) {
    const lines = block.split("\n");
    const data = lines.find((line) => line.startsWith("data: "))?.slice("data: ".length);
    comments.push(...lines.filter((line) => line.startsWith(":")));
    if (data === undefined) continue;
    last = data;
    const event = parseJson(data);
    if (isJsonObject(event)) {
      events.push(event);
      names.push(lines.find((line) => line.startsWith("event: "))?.slice("event: ".length));
    } else {
      others.push(data);
    }
  }
  return { events, names, comments, others, endsWithDone: last === "[DONE]" };
}
