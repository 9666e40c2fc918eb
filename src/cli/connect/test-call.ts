/** Asks the relay as a tool would: for its models with the key, and for one word in the tool's API. */
import { isRelayError } from "../../errors.ts";
import { asNumber, asString, isJsonObject, parseJson } from "../../protocol/json.ts";
import { createHttpClient } from "../../upstreams/http.ts";
import type { ClientTarget } from "../client-target.ts";
import { printableLine } from "../render.ts";
import type { Api, ModelFacts } from "./tool.ts";

export interface Trial {
  readonly call: string;
  readonly ok: boolean;
  /** Null when there was no answer at all. */
  readonly status: number | null;
  /** What came, in words; with the next step when it failed. */
  readonly detail: string;
}

const silenceMs = 60_000;
const answerLimit = 2_000_000;

/** `GET /v1/models`: the address, the key and the sign-in in one call. */
export async function tryModels(
  target: ClientTarget,
): Promise<Trial & { readonly models: readonly ModelFacts[] }> {
  const call = `GET ${target.url}/v1/models`;
  const { status, body, detail } = await ask(target, "GET", "/v1/models");
  const list = isJsonObject(body) && Array.isArray(body["data"]) ? body["data"] : [];
  const models = list.flatMap((entry) => toModelFacts(entry) ?? []);
  if (status !== 200) return { call, ok: false, status, detail, models };
  const count = models.length === 1 ? "1 model" : `${models.length} models`;
  return { call, ok: true, status, detail: `200, ${count}`, models };
}

/** One word of an answer; spends a little of the plan. */
export async function tryAnswer(target: ClientTarget, api: Api, model: string): Promise<Trial> {
  const [path, body, read] = requests[api](model);
  const call = `POST ${target.url}${path}`;
  const answer = await ask(target, "POST", path, body);
  if (answer.status !== 200)
    return { call, ok: false, status: answer.status, detail: answer.detail };
  const text = read(answer.body);
  return text === undefined || text === ""
    ? { call, ok: false, status: 200, detail: "200, and there is no text in the answer" }
    : {
        call,
        ok: true,
        status: 200,
        detail: `200, ${model} said: ${printableLine(text).slice(0, 60)}`,
      };
}

type Read = (body: unknown) => string | undefined;

const prompt = "Reply with the word ready.";
const messages = [{ role: "user", content: prompt }];

const requests: Readonly<
  Record<Api, (model: string) => readonly [path: string, body: object, read: Read]>
> = {
  responses: (model) => [
    "/v1/responses",
    { model, input: prompt, store: false },
    (body) => textIn(body, "output", "content", "text"),
  ],
  chat: (model) => [
    "/v1/chat/completions",
    { model, messages },
    (body) => textIn(body, "choices", "message", "content"),
  ],
  messages: (model) => [
    "/v1/messages",
    { model, max_tokens: 64, messages },
    (body) => textIn(body, "content", "text"),
  ],
  ollama: (model) => [
    "/api/chat",
    { model, messages, stream: false },
    (body) => textIn(body, "message", "content"),
  ],
};

/** The first text on this way, through every list. */
function textIn(value: unknown, ...way: readonly string[]): string | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const text = textIn(item, ...way);
      if (text !== undefined) return text;
    }
    return undefined;
  }
  const [name, ...rest] = way;
  if (name === undefined) return asString(value);
  return isJsonObject(value) ? textIn(value[name], ...rest) : undefined;
}

function toModelFacts(entry: unknown): ModelFacts | undefined {
  if (!isJsonObject(entry)) return undefined;
  const id = asString(entry["id"]);
  const more = isJsonObject(entry["airelays"]) ? entry["airelays"] : {};
  // `gpt-5.5-high` is in the list too, for clients that cannot say an effort; tools' lists need it not.
  const isVariant = id === `${more["alias_of"]}-${more["reasoning_effort"]}`;
  return id === undefined || isVariant
    ? undefined
    : { id, contextWindow: asNumber(more["context_window"]) };
}

interface Asked {
  readonly status: number | null;
  readonly body: unknown;
  readonly detail: string;
}

async function ask(
  { url, key }: ClientTarget,
  method: "GET" | "POST",
  path: string,
  body?: object,
): Promise<Asked> {
  const http = await createHttpClient({ connectTimeoutMs: 2_000, silenceTimeoutMs: silenceMs });
  try {
    const answer = await http.send({
      method,
      url: `${url}${path}`,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(2 * silenceMs),
    });
    const { status } = answer;
    const value = parseJson(await answer.wholeText(answerLimit));
    return { status, body: value, detail: `${status}, ${saidIn(value)}` };
  } catch (error) {
    if (!isRelayError(error)) throw error;
    return { status: null, body: undefined, detail: "no answer; start a relay: airelays serve" };
  } finally {
    await http.close();
  }
}

/** The message of an error, in any of the dialects; the relay's own say what to do. */
function saidIn(body: unknown): string {
  const error = isJsonObject(body) ? body["error"] : undefined;
  const message = isJsonObject(error) ? asString(error["message"]) : asString(error);
  return printableLine(message ?? "and the answer is not a relay's").slice(0, 300);
}
