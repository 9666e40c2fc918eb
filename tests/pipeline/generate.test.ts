import { describe, expect, it, vi } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { createChatFacade } from "../../src/facades/openai/chat.ts";
import { responses } from "../../src/facades/openai/responses.ts";
import { createGenerate, type Outcome } from "../../src/pipeline/generate.ts";
import type { LocalState } from "../../src/pipeline/hydrate.ts";
import type { Sink } from "../../src/pipeline/pump.ts";
import type { Disclosure } from "../../src/scope.ts";
import { completed, created, message, type WireEvent } from "../helpers/frames.ts";
import {
  type Attempt,
  noState,
  scriptedUpstream,
  type TestScope,
  testScope,
} from "../helpers/scripted-upstream.ts";

const chat = createChatFacade("none");
const overloaded = new RelayError("upstream_overloaded", "The upstream is overloaded.");
const refused = new RelayError("upstream_rejected", "No.", { upstream: { status: 400 } });
const answer: readonly (readonly WireEvent[])[] = [
  [created, { type: "response.in_progress", response: { id: "resp_1" } }],
  message(0, "Hel", "lo"),
  [completed({ model: "gpt-5.5-2026" })],
];

interface RunOptions {
  readonly stream?: boolean;
  readonly allowTools?: boolean;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly changes?: readonly Disclosure[];
  readonly logStreamLines?: boolean;
  readonly retryAttempts?: number;
  readonly graceMs?: number;
  readonly keepaliveMs?: number;
  /** What the dialect says while nothing comes. */
  readonly keepalive?: string;
  readonly state?: LocalState;
  /** The effort that the model's name asks for. */
  readonly effort?: string;
}

/** One chat request against a script of attempts. */
function run(attempts: readonly Attempt[], options: RunOptions = {}) {
  const upstream = scriptedUpstream(attempts, options.changes);
  const scope = testScope();
  const generate = createGenerate({
    state: options.state ?? noState,
    resolve: async (model) => ({ upstream, model, effort: options.effort }),
    openPolicy: {
      retryAttempts: options.retryAttempts ?? 2,
      graceMs: options.graceMs ?? 60_000,
      backoffMs: 0,
    },
    keepaliveMs: options.keepaliveMs ?? 0,
    logStreamLines: options.logStreamLines ?? false,
    onUsage: () => undefined,
  });
  const body = {
    model: "gpt-5.5",
    messages: [{ role: "user", content: "Hi" }],
    stream: options.stream ?? false,
    ...options.body,
  };
  const { keepalive = chat.keepalive } = options;
  const facade = { ...chat, keepalive };
  const outcome = generate(facade, body, scope, { allowTools: options.allowTools ?? true });
  return { upstream, scope, outcome, generate };
}

interface CollectingSink extends Sink {
  readonly writes: readonly string[];
  readonly isEnded: boolean;
}

/** Collects writes; reports a full buffer after each when `slow`. */
function collectingSink(drained: () => Promise<void> = async () => undefined): CollectingSink {
  const writes: string[] = [];
  let isEnded = false;
  return {
    writes,
    get isEnded() {
      return isEnded;
    },
    write(text) {
      writes.push(text);
      return false;
    },
    flush: () => undefined,
    drained,
    end() {
      isEnded = true;
    },
  };
}

async function sendOf(outcome: Promise<Outcome>) {
  const resolved = await outcome;
  if (resolved.kind !== "stream") throw new Error("The outcome is not a stream.");
  return resolved;
}

const phases = ({ records }: TestScope): string[] => records.map(({ phase }) => phase);

describe("a whole answer", () => {
  it("is folded from the events of the stream", async () => {
    const { outcome, scope } = run([answer]);
    expect(await outcome).toMatchObject({
      kind: "whole",
      headers: {},
      body: {
        id: "chatcmpl-1",
        created: 7,
        model: "gpt-5.5",
        choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
      },
    });
    expect(phases(scope)).toEqual(["upstream_response"]);
    expect(scope.records[0]).toMatchObject({
      status_code: 200,
      upstream_request_id: "up_1",
      events: 10,
      ended_by: "response.completed",
      body: { id: "resp_1", model: "gpt-5.5-2026", output: [{ type: "message" }] },
    });
  });

  it("has the text of a message that stopped half-way", async () => {
    const response = { id: "resp_1", status: "incomplete", incomplete_details: { reason: "x" } };
    const events = [created, ...message(0, "Ha", "lf").slice(0, -3)];
    const { outcome } = run([[events, [{ type: "response.incomplete", response }]]]);
    expect(await outcome).toMatchObject({
      body: { choices: [{ message: { content: "Half" }, finish_reason: "length" }] },
    });
  });

  it("is an error when the stream ends without a terminal event, and what came is in the log", async () => {
    const { outcome, scope } = run([answer.slice(0, 2)]);
    await expect(outcome).rejects.toMatchObject({ code: "upstream_stream_interrupted" });
    expect(scope.records).toMatchObject([
      { phase: "upstream_response", ended_by: null, body: { output: [{ type: "message" }] } },
    ]);
  });

  it("is an error when the upstream fails after a part of the answer, and is not asked again", async () => {
    const failed = { type: "response.failed", response: { id: "resp_1" } };
    const { outcome, upstream } = run([[...answer.slice(0, 2), [failed]], answer]);
    await expect(outcome).rejects.toThrow("The script failed.");
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("what a request refers to", () => {
  it("is named in errors as the client wrote it", async () => {
    const param = "input[1].content[0].file_id";
    const missing = new RelayError("invalid_request", `\`${param}\` names no file.`, { param });
    const { outcome } = run([], {
      state: { hydrate: () => Promise.reject(missing) },
      body: {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "One." },
          { role: "user", content: "Two." },
        ],
      },
    });
    await expect(outcome).rejects.toMatchObject({
      message: "`messages[2].content[0].file_id` names no file.",
      details: { param: "messages[2].content[0].file_id" },
    });
  });
});

describe("opening", () => {
  it("asks again after a passing failure, and tells the log", async () => {
    const { outcome, upstream, scope } = run([overloaded, overloaded, answer]);
    expect(await outcome).toMatchObject({ kind: "whole" });
    expect(upstream.requests).toHaveLength(3);
    expect(scope.records.filter(({ phase }) => phase === "retry_backoff")).toMatchObject([
      { attempt: 1, code: "upstream_overloaded" },
      { attempt: 2, code: "upstream_overloaded" },
    ]);
  });

  it("asks again when a 200 stream turns out to be a failure before any output", async () => {
    const failed = { type: "response.failed", response: { id: "resp_1" } };
    const { outcome, upstream } = run([[[created], [failed]], answer]);
    expect(await outcome).toMatchObject({ kind: "whole" });
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.openStreams()).toBe(0);
  });

  it("T57 gives up after the configured attempts, with the last failure", async () => {
    const { outcome, upstream } = run([overloaded, overloaded], { retryAttempts: 1 });
    await expect(outcome).rejects.toBe(overloaded);
    expect(upstream.requests).toHaveLength(2);
  });

  it("T57 asks once when the request is at fault", async () => {
    const { outcome, upstream } = run([refused, answer]);
    await expect(outcome).rejects.toBe(refused);
    expect(upstream.requests).toHaveLength(1);
  });

  it("leaves a wait of minutes to the client", async () => {
    const limited = new RelayError("upstream_rate_limited", "Later.", { retryAfterSeconds: 300 });
    const { outcome, upstream } = run([limited, answer]);
    await expect(outcome).rejects.toBe(limited);
    expect(upstream.requests).toHaveLength(1);
  });

  it("stops asking when the client has gone", async () => {
    const { outcome, upstream, scope } = run([[[created], "wait"], answer]);
    scope.abort(new Error("The client has gone."));
    await expect(outcome).rejects.toThrow("The client has gone.");
    expect(upstream.requests).toHaveLength(1);
  });

  it("sends nothing before the first output, so that a failure has a real status", async () => {
    const failed = { type: "error", error: { code: "server_error" } };
    const { outcome } = run([[[created], [failed]]], { stream: true, retryAttempts: 0 });
    await expect(outcome).rejects.toThrow("The script failed.");
  });

  it("commits after the grace when the upstream is alive and silent", async () => {
    const { outcome, scope } = run([[[created], "wait"]], { stream: true, graceMs: 1 });
    expect((await outcome).kind).toBe("stream");
    scope.abort(new Error("over"));
  });
});

describe("a streamed answer", () => {
  it("has one write for each read of the upstream", async () => {
    const { outcome } = run([answer], { stream: true });
    const sink = collectingSink();
    const result = await (await sendOf(outcome)).send(sink);
    expect(result).toEqual({ outcome: "completed" });
    // The first two reads were held until the output came, and leave together.
    expect(sink.writes).toHaveLength(2);
    expect(sink.writes.at(-1)).toMatch(/"finish_reason":"stop".*data: \[DONE\]\n\n$/s);
    expect(sink.isEnded).toBe(true);
  });

  it("waits for a slow client before it reads on", async () => {
    let release: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { outcome } = run([answer], { stream: true });
    const sink = collectingSink(() => drained);
    const sent = (await sendOf(outcome)).send(sink);
    await new Promise(setImmediate);
    expect(sink.writes).toHaveLength(1);
    release();
    expect(await sent).toEqual({ outcome: "completed" });
  });

  it.each([
    ["ends without a terminal event", [] as Attempt, "upstream_stream_interrupted"],
    [
      "breaks",
      [new RelayError("upstream_stream_interrupted", "It broke.")] as Attempt,
      "upstream_stream_interrupted",
    ],
    [
      "falls silent",
      [new RelayError("upstream_timeout", "It was silent.")] as Attempt,
      "upstream_timeout",
    ],
  ])("that %s ends with an in-band error and no [DONE]", async (_what, rest, code) => {
    const script = [...answer.slice(0, 2), ...(rest as readonly Error[])];
    const { outcome } = run([script], { stream: true });
    const sink = collectingSink();
    const result = await (await sendOf(outcome)).send(sink);
    expect(result).toMatchObject({ outcome: "upstream_cut", error: { code } });
    expect(sink.writes.at(-1)).toContain(`"code":"${code}"`);
    expect(sink.writes.join("")).not.toContain("[DONE]");
    expect(sink.isEnded).toBe(true);
  });

  it("that the upstream declares failed ends with its error", async () => {
    const failed = { type: "response.failed", response: { id: "resp_1" } };
    const { outcome } = run([[...answer.slice(0, 2), [failed]]], { stream: true });
    const sink = collectingSink();
    const result = await (await sendOf(outcome)).send(sink);
    expect(result).toMatchObject({ outcome: "failed", error: { message: "The script failed." } });
    expect(sink.writes.at(-1)).toContain("The script failed.");
  });

  it("ends with the failure as soon as the upstream has told it, not when it hangs up", async () => {
    const failed = { type: "response.failed", response: { id: "resp_1" } };
    const { outcome, scope } = run([[...answer.slice(0, 2), [failed], "wait"]], { stream: true });
    const sink = collectingSink();
    const result = await (await sendOf(outcome)).send(sink);
    expect(result).toMatchObject({ outcome: "failed" });
    expect(sink.isEnded).toBe(true);
    scope.close();
  });

  it("sends both frames of a failure on, in whichever read they come", async () => {
    const error = { type: "error", error: { code: "x" } };
    const failed = { type: "response.failed", response: { id: "resp_1" } };
    const script = [...answer.slice(0, 2), [error], [failed], "wait"] as Attempt;
    const { generate, scope, outcome: other } = run([answer, script]);
    await other;
    const body = { model: "m", input: "Hi", stream: true };
    const outcome = generate(responses, body, scope, { allowTools: true });
    const sink = collectingSink();
    expect(await (await sendOf(outcome)).send(sink)).toMatchObject({ outcome: "failed" });
    const text = sink.writes.join("");
    expect(text.match(/^event: .*$/gm)?.slice(-2)).toEqual([
      "event: error",
      "event: response.failed",
    ]);
  });

  it.each([
    ["text of a message that never ended", message(0, "Hel", "lo").slice(0, -1)],
    ["an item that was cut", [...message(0, "Hello"), { type: "response.output_item.done" }]],
  ])("is not complete with %s, whatever the last event says", async (_what, events) => {
    const script = [[created, ...events, completed()]];
    const whole = run([script], { retryAttempts: 0 });
    await expect(whole.outcome).rejects.toMatchObject({ code: "upstream_stream_interrupted" });
    const { outcome } = run([script], { stream: true });
    const sink = collectingSink();
    const result = await (await sendOf(outcome)).send(sink);
    expect(result).toMatchObject({ error: { code: "upstream_stream_interrupted" } });
    expect(sink.writes.join("")).not.toMatch(/\[DONE\]|"finish_reason":"/);
  });

  it("is not complete when its last event holds no answer", async () => {
    const { outcome } = run([[...answer.slice(0, 2), [{ type: "response.completed" }]]], {
      stream: true,
    });
    const sink = collectingSink();
    const result = await (await sendOf(outcome)).send(sink);
    expect(result).toMatchObject({ error: { code: "upstream_stream_interrupted" } });
    expect(sink.writes.join("")).not.toContain("[DONE]");
  });

  it("writes nothing more when the client has gone", async () => {
    const { outcome, scope } = run([[...answer.slice(0, 2), "wait"]], { stream: true });
    const sink = collectingSink();
    const sent = (await sendOf(outcome)).send(sink);
    await new Promise(setImmediate);
    scope.abort(new Error("The client has gone."));
    expect(await sent).toEqual({ outcome: "client_gone" });
    expect(sink.writes).toHaveLength(1);
    expect(sink.isEnded).toBe(false);
  });

  it.each([
    ["a comment", undefined, [": keepalive\n\n", ": keepalive\n\n"]],
    ["its dialect's word", "alive\n", ["alive\n", "alive\n"]],
    ["nothing where its dialect has no word", "", []],
  ])("gets %s when it is silent for long, and none before", async (_name, keepalive, told) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    try {
      const script = [...answer.slice(0, 2), "wait"] as Attempt;
      const { outcome, scope } = run([script], {
        stream: true,
        keepaliveMs: 15_000,
        ...(keepalive === undefined ? {} : { keepalive }),
      });
      const sink = collectingSink();
      const sent = (await sendOf(outcome)).send(sink);
      await vi.advanceTimersByTimeAsync(14_999);
      expect(sink.writes).toHaveLength(1);
      // A quarter later at the latest, and again as long after that.
      await vi.advanceTimersByTimeAsync(1 + 15_000 / 4);
      expect(sink.writes.slice(1)).toEqual(told.slice(0, 1));
      await vi.advanceTimersByTimeAsync(15_000);
      expect(sink.writes.slice(1)).toEqual(told);
      scope.abort(new Error("over"));
      await sent;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is in the log line by line only when that is asked for", async () => {
    const { outcome, scope } = run([answer], { stream: true, logStreamLines: true });
    await (await sendOf(outcome)).send(collectingSink());
    expect(phases(scope).filter((phase) => phase === "upstream_stream_line")).toHaveLength(10);
  });
});

describe("disclosure", () => {
  it("names in a header what was left out and what was changed, as the client spelled it", async () => {
    const reason = "The upstream does not take this parameter.";
    const changes: Disclosure[] = [
      { kind: "ignored", parameter: "max_output_tokens", reason },
      { kind: "ignored", parameter: "temperature", reason },
      { kind: "adapted", parameter: "input[1].role", reason },
    ];
    const { outcome, scope } = run([answer], {
      changes,
      body: { max_tokens: 5, temperature: 1, "odd,\r\nname": 1 },
    });
    expect((await outcome).headers).toMatchObject({
      "x-airelays-ignored-parameters": "odd???name,max_tokens,temperature",
      "x-airelays-adapted-parameters": "input[1].role",
    });
    expect(scope.records[0]).toMatchObject({
      phase: "compatibility_adaptation",
      ignored_parameters: ["odd,\r\nname", "max_tokens", "temperature"],
    });
  });
});

describe("many changes", () => {
  it("make a header that clients take, and are all in the log", async () => {
    const input = Array.from({ length: 5_000 }, () => ({ role: "system", content: "x" }));
    const odd = Object.fromEntries(Array.from({ length: 500 }, (_each, i) => [`odd_${i}`, 1]));
    const { generate, scope, outcome } = run([answer, answer]);
    await outcome;
    const body = { model: "m", input, ...odd };
    const { headers } = await generate(responses, body, scope, { allowTools: true });
    expect(headers["x-airelays-adapted-parameters"]).toBe("input[].role");
    expect(headers["x-airelays-ignored-parameters"]).toMatch(/^odd_0,odd_1,.*,\.\.\.$/);
    expect(headers["x-airelays-ignored-parameters"]?.length).toBeLessThan(2_100);
    const logged = scope.records.find(({ phase }) => phase === "compatibility_adaptation");
    expect(logged?.["changes"]).toHaveLength(5_500);
  });

  it("are told of a request that failed, too", async () => {
    const { outcome, scope } = run([refused], { body: { seed: 1 } });
    await expect(outcome).rejects.toMatchObject({
      details: { headers: { "x-airelays-ignored-parameters": "seed" } },
    });
    expect(phases(scope)).toContain("compatibility_adaptation");
  });
});

describe("a parameter named like a member of every object", () => {
  it.each(["toString", "constructor", "hasOwnProperty"])(
    "`%s` is disclosed as any",
    async (name) => {
      const { outcome } = run([answer], { body: { [name]: 1 } });
      expect((await outcome).headers).toMatchObject({ "x-airelays-ignored-parameters": name });
    },
  );
});

describe("the model's name", () => {
  it("brings its effort along, unless the client asks for another", async () => {
    const named = run([answer], { effort: "high" });
    expect((await named.outcome).headers).toMatchObject({
      "x-airelays-model": "gpt-5.5-2026; effort=high",
    });
    expect(named.upstream.requests[0]?.reasoning).toEqual({ effort: "high" });
    const asked = run([answer], { effort: "high", body: { reasoning_effort: "low" } });
    expect((await asked.outcome).headers).toMatchObject({
      "x-airelays-model": "gpt-5.5-2026; effort=low",
    });
    expect(asked.upstream.requests[0]?.reasoning).toEqual({ effort: "low" });
  });
});

describe("calls and results", () => {
  it("are completed before they are sent, and that is disclosed", async () => {
    const messages = [
      { role: "user", content: "Hi" },
      { role: "tool", tool_call_id: "lost", content: "done" },
    ];
    const { outcome, upstream } = run([answer], { body: { messages } });
    expect((await outcome).headers).toMatchObject({
      "x-airelays-adapted-parameters": "messages[1]",
    });
    expect(upstream.requests[0]?.input[1]).toMatchObject({ type: "message", role: "user" });
  });
});

describe("the routes without tools", () => {
  const tools = [{ type: "function", function: { name: "f" } }];

  it.each([
    [{ tools }, "tools"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tool_choice: { type: "function", function: { name: "f" } } }, "tool_choice"],
  ])("refuse %j before the upstream is asked", async (body, param) => {
    const { outcome, upstream } = run([answer], { allowTools: false, body });
    await expect(outcome).rejects.toMatchObject({
      code: "unsupported_parameter",
      details: { param },
    });
    expect(upstream.requests).toEqual([]);
  });

  it("see the tools of a body in the lite form", async () => {
    const { generate, scope } = run([answer]);
    const input = [{ type: "additional_tools", role: "developer", tools: [] }];
    const body = { model: "m", input };
    await expect(generate(responses, body, scope, { allowTools: false })).rejects.toMatchObject({
      details: { param: "tools" },
    });
  });

  it.each([{}, { tools: [] }, { tool_choice: "none" }, { tool_choice: "auto" }])(
    "answer %j",
    async (body) => {
      const { outcome } = run([answer], { allowTools: false, body });
      expect((await outcome).kind).toBe("whole");
    },
  );

  it("are refused through the responses facade too", async () => {
    const { generate, scope } = run([answer]);
    const body = { model: "m", input: "Hi", tools: [{ type: "web_search" }] };
    await expect(generate(responses, body, scope, { allowTools: false })).rejects.toMatchObject({
      details: { param: "tools" },
    });
  });
});
