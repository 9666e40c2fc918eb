/**
 * What becomes of every parameter of `/api/chat` and `/api/generate`: one table, which the decoders obey
 * and from which `docs/reference/ollama.md` is made.
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { Change } from "../facade.ts";
import { optionalObject, unsupported } from "../fields.ts";

/**
 * - translated: read, and expressed in the upstream's words or done by the relay.
 * - disclosed: left out, and named in `x-airelays-ignored-parameters` and in the log.
 * - refused: 400, because leaving it out would change what the answer is.
 */
export type Fate = "translated" | "disclosed" | "refused";

export type OllamaRoute = "chat" | "generate";

export interface Parameter {
  readonly name: string;
  /** A route that is not named does not have the parameter: there it is disclosed. */
  readonly fates: Readonly<Partial<Record<OllamaRoute, Fate>>>;
  /** One sentence for the manual, and for the log when it is left out. */
  readonly note: string;
}

const row = (name: string, fates: Parameter["fates"], note: string): Parameter => ({
  name,
  fates,
  note,
});
const both = (fate: Fate): Parameter["fates"] => ({ chat: fate, generate: fate });
const chat: Parameter["fates"] = { chat: "translated" };
const generate: Parameter["fates"] = { generate: "translated" };

export const parameters: readonly Parameter[] = [
  row(
    "model",
    both("translated"),
    "One `:latest` at its end is left out; aliases and efforts are resolved. The answer repeats the name as it came.",
  ),
  row("messages", chat, "Input items in the same order; see below."),
  row("tools", chat, "Functions, never strict."),
  row("prompt", generate, "The user's message."),
  row("system", generate, "Sent as `instructions`."),
  row(
    "images",
    generate,
    "Sent with the type that their first bytes tell: PNG, JPEG, GIF or WebP; a `data:` URL as it is.",
  ),
  row("stream", both("translated"), "True unless it is `false`."),
  row(
    "format",
    both("translated"),
    'A schema is sent as it is; `"json"` asks for any JSON, and adds the words "Answer in JSON." where no message says JSON.',
  ),
  row(
    "think",
    both("translated"),
    "`false`, `true`, `low`, `medium`, `high` and `max` are the efforts `none`, `medium` and so on, the nearest one that the model has; any other value is 400.",
  ),
  row(
    "keep_alive",
    both("translated"),
    "Nothing is loaded here. Without messages or a prompt the answer is empty at once (`done_reason` `load`, or `unload` for `0`), and no upstream is asked.",
  ),
  row(
    "options",
    both("disclosed"),
    "The upstream decides how it samples and how long its answer is; each option is named, as `options.temperature`.",
  ),
  row("raw", { generate: "refused" }, "The upstream has a template of its own."),
  row("suffix", { generate: "refused" }, "The upstream does not fill in the middle."),
  row("template", both("disclosed"), "The upstream has a template of its own."),
  row(
    "context",
    { generate: "disclosed" },
    "Earlier answers are sent as messages, on `/api/chat`.",
  ),
  row("logprobs", both("disclosed"), "The upstream tells no probabilities."),
  row("top_logprobs", both("disclosed"), "The upstream tells no probabilities."),
];

const byName: ReadonlyMap<string, Parameter> = new Map(parameters.map((each) => [each.name, each]));
const unknown = "It is no parameter of this route that the relay knows.";

/** What is left out of the body. Throws `unsupported_parameter` for what is refused. */
export function ignoredParameters(body: JsonObject, route: OllamaRoute): Change[] {
  return Object.entries(body).flatMap(([name, value]): Change[] => {
    if (asksNothing(value)) return [];
    const known = byName.get(name);
    const fate = known?.fates[route];
    if (fate === "refused") {
      throw unsupported(name, `is not available. ${known?.note}`);
    }
    if (fate === "translated") return [];
    if (name === "options") return ignoredOptions(body, known?.note ?? unknown);
    return [ignored(name, fate === undefined ? unknown : (known?.note ?? unknown))];
  });
}

function ignoredOptions(body: JsonObject, reason: string): Change[] {
  return Object.entries(optionalObject(body, "options") ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [ignored(`options.${name}`, reason)],
  );
}

function ignored(parameter: string, reason: string): Change {
  return { kind: "ignored", parameter, reason };
}

/** What clients send for a parameter that was not set. */
function asksNothing(value: unknown): boolean {
  const isEmptyList = Array.isArray(value) && value.length === 0;
  return value === null || value === undefined || value === false || value === "" || isEmptyList;
}
