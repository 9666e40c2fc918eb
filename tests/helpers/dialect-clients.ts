/**
 * One client for each dialect that the relay speaks, as small as can be: asks a text, and reads from the
 * answer what all dialects have in common. The oracle for tests that hold for each of them.
 */
import { parseJson } from "../../src/protocol/json.ts";
import { openSocket } from "./socket-client.ts";
import type { TestRelay } from "./test-relay.ts";

export interface ToldError {
  readonly message: string;
  /** Where the dialect has one. */
  readonly code?: unknown;
}

export interface DialectAnswer {
  /** 200 for a stream that began, whatever came after. */
  readonly status: number;
  /** The error, in the dialect's own envelope and place; a wrong envelope throws. */
  readonly error: ToldError | undefined;
  /** It ended as a complete answer does. */
  readonly isComplete: boolean;
}

export interface DialectClient {
  readonly name: string;
  /** Over a WebSocket every answer is streamed. */
  readonly forms: readonly ("streamed" | "whole")[];
  ask(relay: TestRelay, text: string, form: "streamed" | "whole"): Promise<DialectAnswer>;
}

type Json = Readonly<Record<string, unknown>>;

interface HttpDialect {
  readonly name: string;
  readonly path: string;
  readonly body: (text: string) => Json;
  /** The error of a refused request; throws when it is not in the dialect's form. */
  readonly refusal: (body: unknown) => ToldError;
  /** The error inside a stream, and whether the stream says that it is complete. */
  readonly ending: (text: string) => Omit<DialectAnswer, "status">;
}

const model = "gpt-5.5";
const messages = (text: string): Json => ({ model, messages: [{ role: "user", content: text }] });

/** OpenAI's envelope has all four fields. */
function openAiRefusal(body: unknown): ToldError {
  const { error, ...rest } = body as { error: Json };
  const { message, type, code, param } = error;
  if (Object.keys(rest).length > 0 || typeof message !== "string" || typeof type !== "string") {
    throw new Error(`No error of OpenAI's: ${JSON.stringify(body)}`);
  }
  if (code === undefined || param === undefined) throw new Error("`code` and `param` are missing.");
  return { message, code };
}

/** The JSON of the `data:` lines. */
function eventsOf(text: string): Json[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => parseJson(line.slice(6)) as Json);
}

/** A stream of response events, with either transport. */
function responseEnding(events: readonly Json[]): Omit<DialectAnswer, "status"> {
  const errors = events.flatMap((event): ToldError[] => {
    const nested = (event["error"] ?? event) as Json;
    if (event["type"] === "error") {
      return [{ message: String(nested["message"]), code: nested["code"] }];
    }
    if (event["type"] !== "response.failed") return [];
    const { error } = event["response"] as { error: { message: string; code: string } };
    return [error];
  });
  return { error: errors[0], isComplete: events.at(-1)?.["type"] === "response.completed" };
}

function chunkEnding(text: string): Omit<DialectAnswer, "status"> {
  const failed = eventsOf(text).find((chunk) => "error" in chunk);
  return {
    error: failed === undefined ? undefined : openAiRefusal(failed),
    isComplete: text.endsWith("data: [DONE]\n\n") && /"finish_reason":"\w/.test(text),
  };
}

function anthropicRefusal(body: unknown): ToldError {
  const { type, error } = body as { type: string; error: { type: string; message: string } };
  if (type !== "error" || !/_error$|^request_too_large$/.test(error.type)) {
    throw new Error(`No error of Anthropic's: ${JSON.stringify(body)}`);
  }
  return { message: error.message };
}

function ollamaRefusal(body: unknown): ToldError {
  const { error, ...rest } = body as { error: unknown };
  if (typeof error !== "string" || Object.keys(rest).length > 0) {
    throw new Error(`No error of Ollama's: ${JSON.stringify(body)}`);
  }
  return { message: error };
}

function lineEnding(text: string): Omit<DialectAnswer, "status"> {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => parseJson(line) as Json);
  const failed = lines.find((line) => "error" in line);
  return {
    error: failed === undefined ? undefined : ollamaRefusal(failed),
    isComplete: lines.at(-1)?.["done"] === true,
  };
}

const overHttp: readonly HttpDialect[] = [
  {
    name: "responses",
    path: "/v1/responses",
    body: (text) => ({ model, input: text }),
    refusal: openAiRefusal,
    ending: (text) => responseEnding(eventsOf(text)),
  },
  {
    name: "chat",
    path: "/v1/chat/completions",
    body: messages,
    refusal: openAiRefusal,
    ending: chunkEnding,
  },
  {
    name: "completions",
    path: "/v1/completions",
    body: (text) => ({ model, prompt: text }),
    refusal: openAiRefusal,
    ending: chunkEnding,
  },
  {
    name: "messages",
    path: "/v1/messages",
    body: (text) => ({ ...messages(text), max_tokens: 100 }),
    refusal: anthropicRefusal,
    ending(text) {
      const events = eventsOf(text);
      const failed = events.find(({ type }) => type === "error");
      return {
        error: failed === undefined ? undefined : anthropicRefusal(failed),
        isComplete: events.at(-1)?.["type"] === "message_stop",
      };
    },
  },
  {
    name: "ollama-chat",
    path: "/api/chat",
    body: messages,
    refusal: ollamaRefusal,
    ending: lineEnding,
  },
  {
    name: "ollama-generate",
    path: "/api/generate",
    body: (text) => ({ model, prompt: text }),
    refusal: ollamaRefusal,
    ending: lineEnding,
  },
];

function toClient({ name, path, body, refusal, ending }: HttpDialect): DialectClient {
  return {
    name,
    forms: ["streamed", "whole"],
    async ask(relay, text, form) {
      const answer = await relay.post(path, { ...body(text), stream: form === "streamed" });
      const { status } = answer;
      if (status !== 200) {
        return { status, error: refusal(await answer.json()), isComplete: false };
      }
      if (form === "streamed") return { status, ...ending(await answer.text()) };
      await answer.json();
      return { status, error: undefined, isComplete: true };
    },
  };
}

/** The error of a refused request has its status inside, nested and flat. */
const overWebSocket: DialectClient = {
  name: "responses-websocket",
  forms: ["streamed"],
  async ask(relay, text) {
    const client = await openSocket(relay);
    try {
      client.create({ input: text });
      const events = await client.answer();
      const [first] = events;
      if (first?.type !== "error") return { status: 200, ...responseEnding(events) };
      const { status, error, code, message } = first as unknown as Json & { error: Json };
      if (error["code"] !== code || error["message"] !== message) {
        throw new Error(`The error differs, nested and flat: ${JSON.stringify(first)}`);
      }
      return {
        status: Number(status),
        error: { message: String(message), code },
        isComplete: false,
      };
    } finally {
      client.webSocket.terminate();
    }
  },
};

export const dialectClients: readonly DialectClient[] = [...overHttp.map(toClient), overWebSocket];
