/**
 * The same turns as each door is asked for them: the upstream's own body, chat completions, and
 * Responses; and what a right answer of each holds. Knows no socket and no process.
 */

/** One turn of a conversation. */
interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface Ask {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A text that a right answer holds so many times. */
export interface Mark {
  readonly text: string;
  readonly times: number;
}

export interface Dialect {
  ask(
    scenario: string,
    options: { readonly stream: boolean; readonly turns?: readonly Turn[] },
  ): Ask;
  /** Is this the whole answer of the `tiny` scenario? */
  isTiny(answer: string): boolean;
  /** What a whole stream of so many deltas holds. */
  marks(deltas: number): readonly Mark[];
}

/** Chosen by the model's name, which every door passes on: `bench-tiny`, `bench-long-2000`. */
export const scenarios = {
  tiny: "bench-tiny",
  /** Deltas 20 ms apart. */
  paced: (deltas: number) => `bench-paced-${deltas}`,
  /** Deltas as fast as they are read. */
  long: (deltas: number) => `bench-long-${deltas}`,
} as const;

export const tinyText = "Say hello.";
/** The stand-in's echo of it: its four marker words and these two. */
export const tinyDeltas = 6;
const tinyTurns: readonly Turn[] = [{ role: "user", text: tinyText }];
/** Begins with the stand-in's marker, ends with what was asked. */
const isEcho = (text: string): boolean => text.startsWith("[airelays") && text.endsWith(tinyText);

/** About 300 KB in 59 turns, with the quotes, breaks and backslashes of source code. */
export const largeTurns: readonly Turn[] = Array.from({ length: 59 }, (_, index) => ({
  role: index % 2 === 0 ? "user" : "assistant",
  text: index === 58 ? tinyText : `line ${index}:\n\tconst path = "a\\b";\n`.repeat(150),
}));

const wireMarks = (deltas: number): Mark[] => [
  { text: "event: response.output_text.delta\n", times: deltas },
  { text: "event: response.completed\n", times: 1 },
];

/** The upstream's own form, for the upstream itself and for the pipe. */
export function wireDialect(accessToken: string, accountId: string): Dialect {
  return {
    ask(scenario, { turns = tinyTurns }) {
      return {
        path: "/backend-api/codex/responses",
        headers: {
          ...jsonFrom(accessToken),
          accept: "text/event-stream",
          "chatgpt-account-id": accountId,
        },
        body: JSON.stringify({ model: scenario, ...wireInput(turns), store: false, stream: true }),
      };
    },
    isTiny(answer) {
      return answer.includes(tinyText) && isMarked(answer, wireMarks(tinyDeltas));
    },
    marks: wireMarks,
  };
}

/** `/v1/chat/completions` of the relay. */
export function chatDialect(token: string): Dialect {
  return {
    ask(scenario, { stream, turns = tinyTurns }) {
      const messages = turns.map(({ role, text }) => ({ role, content: text }));
      return {
        path: "/v1/chat/completions",
        headers: jsonFrom(token),
        body: JSON.stringify({ model: scenario, messages, stream }),
      };
    },
    isTiny(answer) {
      const { choices } = JSON.parse(answer) as {
        choices?: { message?: { content?: unknown }; finish_reason?: unknown }[];
      };
      const [choice] = choices ?? [];
      return choice?.finish_reason === "stop" && isEcho(String(choice.message?.content));
    },
    marks: (deltas) => [
      // The opening chunk has an empty content behind the role.
      { text: '"delta":{"content":"', times: deltas },
      { text: '"finish_reason":"stop"', times: 1 },
      { text: "data: [DONE]\n\n", times: 1 },
    ],
  };
}

/** `/v1/responses` of the relay. */
export function responsesDialect(token: string): Dialect {
  return {
    ask(scenario, { stream, turns = tinyTurns }) {
      return {
        path: "/v1/responses",
        headers: jsonFrom(token),
        body: JSON.stringify({ model: scenario, ...wireInput(turns), stream }),
      };
    },
    isTiny(answer) {
      const { output } = JSON.parse(answer) as { output?: { content?: { text?: unknown }[] }[] };
      return isEcho(String(output?.[0]?.content?.[0]?.text));
    },
    marks: wireMarks,
  };
}

function jsonFrom(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

function wireInput(turns: readonly Turn[]): object {
  const input = turns.map(({ role, text }) => ({
    type: "message",
    role,
    content: [{ type: role === "user" ? "input_text" : "output_text", text }],
  }));
  return { instructions: "", input };
}

function isMarked(answer: string, marks: readonly Mark[]): boolean {
  return marks.every(({ text, times }) => answer.split(text).length - 1 === times);
}
