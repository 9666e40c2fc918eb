/** What is asked in a soak, in which ways it goes wrong, and how each of them has to end. */
import { type Agent, request } from "undici";

interface Fate {
  readonly text: string;
  /** How it has to end, as `perform` tells it. */
  readonly stream: string;
  readonly whole: string;
}

/** All but the first are one in a hundred each. */
export const kinds = {
  fine: { text: "Say tree.", stream: "complete", whole: "200" },
  abort: { text: "[sim:slow events=50 delay_ms=20]", stream: "left", whole: "left" },
  cut: {
    text: "[sim:cut after=8] one two three",
    stream: "error upstream_stream_interrupted",
    whole: "502",
  },
  stall: {
    text: "[sim:stall after=8] one two three",
    stream: "error upstream_timeout",
    whole: "504",
  },
  "status 429": { text: "[sim:rate-limit]", stream: "429", whole: "429" },
  "status 500": { text: "[sim:server-error]", stream: "502", whole: "502" },
} as const satisfies Record<string, Fate>;

export type Kind = keyof typeof kinds;

export interface Planned {
  readonly kind: Kind;
  readonly path: "/v1/chat/completions" | "/v1/responses";
  readonly stream: boolean;
}

export interface Soaked {
  readonly stream: boolean;
  readonly outcome: string;
}

/** So many requests: each hundred has one of each fault, and both paths and forms in turn. */
export function createPlan(requests: number): Planned[] {
  const faults: readonly Kind[] = ["abort", "cut", "stall", "status 429", "status 500"];
  return Array.from({ length: requests }, (_, index) => {
    const round = Math.floor(index / 100);
    return {
      kind: index % 20 === 7 ? (faults[Math.floor((index % 100) / 20)] ?? "fine") : "fine",
      path: (index + round) % 2 === 0 ? "/v1/chat/completions" : "/v1/responses",
      stream: Math.floor((index + round) / 2) % 2 === 0,
    };
  });
}

interface At {
  readonly url: string;
  readonly token: string;
  readonly agent: Agent;
}

export async function perform(planned: Planned, { url, token, agent }: At): Promise<Soaked> {
  const { kind, path, stream } = planned;
  const leaving = new AbortController();
  const isAbort = kind === "abort";
  // A whole answer has no first byte to leave at.
  const timer = isAbort && !stream ? setTimeout(() => leaving.abort(), 30) : undefined;
  try {
    const answer = await request(`${url}${path}`, {
      method: "POST",
      dispatcher: agent,
      signal: leaving.signal,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(bodyOf(planned)),
    });
    let text = "";
    for await (const part of answer.body) {
      text += String(part);
      if (isAbort && stream) leaving.abort();
    }
    return { stream, outcome: outcomeOf(answer.statusCode, text, stream) };
  } catch (error) {
    if (leaving.signal.aborted) return { stream, outcome: "left" };
    return { stream, outcome: `broken: ${error instanceof Error ? error.message : error}` };
  } finally {
    clearTimeout(timer);
  }
}

function bodyOf({ kind, path, stream }: Planned): object {
  const { text } = kinds[kind];
  const common = { model: "gpt-5.5", stream };
  return path === "/v1/responses"
    ? { ...common, input: text }
    : { ...common, messages: [{ role: "user", content: text }] };
}

function outcomeOf(status: number, text: string, stream: boolean): string {
  if (status !== 200 || !stream) return String(status);
  const isComplete = text.includes("[DONE]") || text.includes('"type":"response.completed"');
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  if (code !== undefined) return isComplete ? `error ${code}, and complete` : `error ${code}`;
  return isComplete ? "complete" : "ended in silence";
}
