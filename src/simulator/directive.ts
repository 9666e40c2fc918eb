/**
 * How a client asks for a scenario: `[sim:NAME key=value …]` in the last user text, or the model
 * `sim-NAME`. Only reads; what the names mean is the table's business.
 */
import { isObject, type JsonObject, objectsAt, stringAt } from "./json.ts";
import { scenarioModelPrefix } from "./models.ts";

export interface Directive {
  readonly name: string;
  readonly keys: ReadonlyMap<string, string>;
}

/** The values of a scenario's keys: what was asked, over what the scenario says by itself. */
export interface Keys {
  number(name: string): number;
  word(name: string): string;
}

export type KeyDefaults = Readonly<Record<string, string | number>>;

const form = /\[sim:([a-z][a-z0-9-]*)((?:\s+[a-z_]+=(?:"[^"]*"|[^\s"\]]+))*)\s*\]/;
const pair = /([a-z_]+)=(?:"([^"]*)"|([^\s"\]]+))/g;
const largest = 1_000_000;

/** The directive of the request, if it has one, and the last user text without it. */
export function readDirective(body: JsonObject): {
  directive: Directive | undefined;
  text: string;
} {
  const text = lastUserText(body);
  const match = form.exec(text);
  if (match !== null) {
    const [whole, name = "", rest = ""] = match;
    const keys = new Map(
      Array.from(rest.matchAll(pair), ([, key = "", quoted, bare]) => [key, quoted ?? bare ?? ""]),
    );
    return { directive: { name, keys }, text: text.replace(whole, "").trim() };
  }
  // Told to the client as an unknown name, which is kinder than an echo of the mistake.
  const [, broken] = /\[sim:([^\]]*)/.exec(text) ?? [];
  if (broken !== undefined) return { directive: { name: broken, keys: new Map() }, text };
  const model = stringAt(body, "model") ?? "";
  if (!model.startsWith(scenarioModelPrefix)) return { directive: undefined, text };
  const name = model.slice(scenarioModelPrefix.length);
  return { directive: { name, keys: new Map() }, text };
}

/** The text of the last user message; its parts are joined by line breaks. */
function lastUserText(body: JsonObject): string {
  const message = objectsAt(body, "input").findLast((item) => item["role"] === "user");
  if (message === undefined) return "";
  return textOf(message["content"]);
}

/** The text in a message's content or in a tool's output. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .flatMap((part) => stringAt(part, "text") ?? [])
    .join("\n");
}

/** Checks the asked keys against the scenario's own; or says what is wrong with them. */
export function readKeys(
  asked: ReadonlyMap<string, string>,
  defaults: KeyDefaults,
): Keys | { readonly problem: string } {
  const known = { ...defaults, times: 0, id: "" };
  const values = new Map<string, string | number>(Object.entries(known));
  for (const [key, text] of asked) {
    const fallback = values.get(key);
    if (fallback === undefined) {
      return { problem: `\`${key}\` is not a key of it. Use: ${Object.keys(known).join(", ")}.` };
    }
    const isNumber = typeof fallback === "number";
    if (isNumber && !(/^\d+$/.test(text) && Number(text) <= largest)) {
      return { problem: `\`${key}\` must be a whole number up to ${largest}.` };
    }
    values.set(key, isNumber ? Number(text) : text);
  }
  return {
    number: (name) => Number(values.get(name) ?? 0),
    word: (name) => String(values.get(name) ?? ""),
  };
}
