import { describe, expect, it } from "vitest";
import {
  bodyOf,
  eventsOf,
  parseEvents,
  shapeOf,
  startStandIn,
  textOf,
  user,
  type WireEvent,
} from "./stand-in.ts";

const marker = "[airelays stand-in, no AI]";
const look = {
  type: "function",
  name: "look",
  parameters: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
};
const paint = { type: "custom", name: "paint", description: "", format: { type: "text" } };
const head = ["created", "in_progress"];
const message = [
  "output_item.added",
  "content_part.added",
  "output_text.delta*",
  "output_text.done",
  "content_part.done",
  "output_item.done",
];

async function play(text: string, changes: Record<string, unknown> = {}): Promise<WireEvent[]> {
  const standIn = await startStandIn();
  return eventsOf(await standIn.turn({ input: [user(text)], ...changes }));
}

function itemsOf(events: readonly WireEvent[]): unknown[] {
  return events.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
}

describe("a turn without a directive", () => {
  it("echoes the last user text, behind the marker, in the real event order", async () => {
    const events = await play("hello there");
    expect(shapeOf(events)).toEqual([...head, ...message, "completed"]);
    expect(textOf(events)).toBe(`${marker} hello there`);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(
      events.map((_, index) => index),
    );
    expect(events.find(({ type }) => type.endsWith("text.delta"))).toEqual({
      type: "response.output_text.delta",
      content_index: 0,
      delta: "[airelays ",
      item_id: expect.stringMatching(/^msg_[0-9a-f]{48}$/),
      logprobs: [],
      obfuscation: expect.stringMatching(/^\w{6,15}$/),
      output_index: 0,
      sequence_number: 4,
    });
    expect(itemsOf(events)).toEqual([
      {
        id: expect.stringMatching(/^msg_/),
        type: "message",
        status: "completed",
        content: [
          { type: "output_text", annotations: [], logprobs: [], text: `${marker} hello there` },
        ],
        phase: "final_answer",
        role: "assistant",
      },
    ]);
  });

  it("ends with a response object of the real key set, its output empty", async () => {
    const events = await play("hello", { model: "gpt-5.4-mini", instructions: "Be brief." });
    const now = Date.UTC(2026, 10, 20) / 1000;
    expect(events.at(-1)?.["response"]).toEqual({
      id: expect.stringMatching(/^resp_/),
      object: "response",
      created_at: now,
      status: "completed",
      background: false,
      completed_at: now,
      error: null,
      frequency_penalty: 0,
      incomplete_details: null,
      instructions: "Be brief.",
      max_output_tokens: null,
      max_tool_calls: null,
      model: "gpt-5.4-mini-2026-03-17",
      moderation: null,
      output: [],
      parallel_tool_calls: true,
      presence_penalty: 0,
      previous_response_id: null,
      prompt_cache_key: expect.stringMatching(/^[0-9a-f-]{36}$/),
      prompt_cache_retention: "24h",
      reasoning: { context: "current_turn", effort: "none", mode: "standard", summary: null },
      safety_identifier: "user-StandInNobody",
      service_tier: "default",
      store: false,
      temperature: 1,
      text: { format: { type: "text" }, verbosity: "medium" },
      tool_choice: "auto",
      tool_usage: {
        image_gen: {
          input_tokens: 0,
          input_tokens_details: { image_tokens: 0, text_tokens: 0 },
          output_tokens: 0,
          output_tokens_details: { image_tokens: 0, text_tokens: 0 },
          total_tokens: 0,
        },
        web_search: { num_requests: 0 },
      },
      tools: [],
      top_logprobs: 0,
      top_p: 0.98,
      truncation: "disabled",
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 8,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 17,
      },
      user: null,
      metadata: {},
    });
    expect(events[0]?.["response"]).toMatchObject({
      status: "in_progress",
      service_tier: "auto",
      usage: null,
    });
  });

  it("gives the same bytes for the same body, but for the times, and other ids for another body", async () => {
    const standIn = await startStandIn();
    const textAt = async (text: string, secondsLater: number) => {
      standIn.advance(secondsLater);
      const answer = await (await standIn.turn({ input: [user(text)] })).text();
      return answer.replaceAll(/(created|completed)_at":\d+/g, '$1_at":0');
    };
    const first = await textAt("one", 0);
    expect(await textAt("one", 60)).toBe(first);
    expect(parseEvents(await textAt("two", 0))[4]?.["item_id"]).not.toBe(
      parseEvents(first)[4]?.["item_id"],
    );
  });

  it("sends no obfuscation to a client that wants none", async () => {
    const events = await play("hello", { stream_options: { include_obfuscation: false } });
    expect(events.filter((event) => "obfuscation" in event)).toEqual([]);
  });

  it("echoes the output of a tool", async () => {
    const call = { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" };
    const output = { type: "function_call_output", call_id: "call_1", output: "a garden" };
    const events = await play("", {
      input: [user("[sim:tool-call]"), call, output],
      tools: [look],
    });
    expect(textOf(events)).toBe(`${marker} The tool said: a garden`);
  });

  it("answers a strict schema with an instance of it", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, size: { type: "integer", minimum: 3 } },
      required: ["city", "size"],
      additionalProperties: false,
    };
    const events = await play("hello", {
      text: { format: { type: "json_schema", name: "answer", strict: true, schema } },
    });
    expect(JSON.parse(textOf(events))).toEqual({ city: `${marker} city`, size: 3 });
  });

  it("calls the tool that the choice forces", async () => {
    const forced = await play("hello", {
      tools: [look, paint],
      tool_choice: { type: "custom", name: "paint" },
    });
    expect(itemsOf(forced)).toMatchObject([{ type: "custom_tool_call", name: "paint" }]);
  });

  it("answers a compaction trigger with a compaction item", async () => {
    const events = await play("", { input: [user("x"), { type: "compaction_trigger" }] });
    expect(shapeOf(events)).toEqual([
      ...head,
      "output_item.added",
      "output_item.done",
      "completed",
    ]);
    expect(itemsOf(events)).toMatchObject([{ type: "compaction" }]);
  });

  it("fails a turn that is longer than the context window", async () => {
    const events = await play("word ".repeat(220_000));
    expect(shapeOf(events)).toEqual([...head, "error", "failed"]);
    expect(events[2]).toMatchObject({ error: { code: "context_length_exceeded", param: "input" } });
  });

  it("counts what was sent before as cached when there is a cache key", async () => {
    const history = [
      user("long ".repeat(500)),
      { role: "assistant", content: [{ type: "output_text", text: "yes" }] },
      user("and?"),
    ];
    const usage = async (changes: object) =>
      (await play("", { input: history, ...changes })).at(-1)?.["response"];
    expect(await usage({})).toMatchObject({
      usage: { input_tokens_details: { cached_tokens: 0 } },
    });
    expect(await usage({ prompt_cache_key: "k" })).toMatchObject({
      usage: { input_tokens_details: { cached_tokens: 512 } },
    });
  });
});

describe("scenarios of output", () => {
  it("calls the first tool, its arguments in several deltas", async () => {
    const events = await play("please [sim:tool-call]", { tools: [look, paint] });
    expect(shapeOf(events)).toEqual([
      ...head,
      "output_item.added",
      "function_call_arguments.delta*",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
    const deltas = events.filter(({ type }) => type.endsWith("arguments.delta"));
    const whole = JSON.stringify({ place: `${marker} place` });
    expect(deltas.length).toBeGreaterThan(2);
    expect(deltas.map(({ delta }) => delta).join("")).toBe(whole);
    expect(itemsOf(events)).toEqual([
      {
        id: expect.stringMatching(/^fc_/),
        type: "function_call",
        status: "completed",
        arguments: whole,
        call_id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
        name: "look",
      },
    ]);
  });

  it("is called with the arguments that are asked for", async () => {
    const directive = `[sim:tool-call name=look arguments="{'place': 'sea'}"]`;
    const events = await play(directive, { tools: [look, paint] });
    expect(itemsOf(events)).toMatchObject([{ name: "look", arguments: '{"place": "sea"}' }]);
  });

  it("calls the tool that the key names, with free text for a custom one", async () => {
    const events = await play("[sim:tool-call name=paint]", { tools: [look, paint] });
    expect(shapeOf(events)).toContain("custom_tool_call_input.delta*");
    expect(itemsOf(events)).toMatchObject([
      { type: "custom_tool_call", name: "paint", input: `${marker} input` },
    ]);
  });

  it("calls a tool inside a namespace by both names", async () => {
    const tools = [{ type: "namespace", name: "eyes", description: "", tools: [look] }];
    expect(itemsOf(await play("[sim:tool-call]", { tools }))).toMatchObject([
      { namespace: "eyes", name: "look" },
    ]);
  });

  it("makes two calls, or one where calls may not be parallel", async () => {
    const call = (events: readonly WireEvent[]) =>
      events
        .filter(({ type }) => type.endsWith("item.done"))
        .map(({ output_index }) => output_index);
    expect(call(await play("[sim:parallel-tool-calls]", { tools: [look, paint] }))).toEqual([0, 1]);
    expect(
      call(
        await play("[sim:parallel-tool-calls]", {
          tools: [look, paint],
          parallel_tool_calls: false,
        }),
      ),
    ).toEqual([0]);
  });

  it("says so when there is no tool to call", async () => {
    expect(textOf(await play("[sim:tool-call] hm"))).toBe(`${marker} There is no tool to call. hm`);
  });

  it("reasons in two summary parts before the text, sealed where asked", async () => {
    const events = await play("[sim:reasoning] why");
    const part = [
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta*",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
    ];
    expect(shapeOf(events)).toEqual([
      ...head,
      "output_item.added",
      ...part,
      ...part,
      "output_item.done",
      ...message,
      "completed",
    ]);
    expect(itemsOf(events)[0]).toEqual({
      id: expect.stringMatching(/^rs_/),
      type: "reasoning",
      content: [],
      encrypted_content: expect.stringMatching(/^gAAAA/),
      summary: [
        { type: "summary_text", text: expect.stringContaining(marker) },
        { type: "summary_text", text: expect.stringContaining(marker) },
      ],
    });
    expect(itemsOf(await play("[sim:reasoning]", { include: [] }))[0]).not.toHaveProperty(
      "encrypted_content",
    );
  });

  it("refuses in a refusal part", async () => {
    const events = await play("[sim:refusal]");
    expect(shapeOf(events)).toEqual([
      ...head,
      "output_item.added",
      "content_part.added",
      "refusal.delta*",
      "refusal.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ]);
    expect(itemsOf(events)).toMatchObject([
      { content: [{ type: "refusal", refusal: `${marker} This refusal was asked for.` }] },
    ]);
  });

  it("draws one pixel", async () => {
    const events = await play("[sim:image]");
    expect(shapeOf(events)).toEqual([
      ...head,
      "output_item.added",
      "image_generation_call.in_progress",
      "image_generation_call.generating",
      "image_generation_call.partial_image",
      "image_generation_call.completed",
      "output_item.done",
      ...message,
      "completed",
    ]);
    const [image] = itemsOf(events) as { result: string }[];
    expect(
      Buffer.from(image?.result ?? "", "base64")
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  it("cites a page at the place where the text names it", async () => {
    const events = await play("[sim:web-search] where");
    const [search, text] = itemsOf(events) as Record<string, never>[];
    expect(search).toMatchObject({
      type: "web_search_call",
      action: { type: "search", query: "where" },
    });
    const { content } = text as unknown as {
      content: { text: string; annotations: Record<string, number>[] }[];
    };
    const note = content[0]?.annotations[0];
    expect(content[0]?.text.slice(note?.["start_index"], note?.["end_index"])).toBe("example.com");
    expect(shapeOf(events)).toContain("output_text.annotation.added");
  });

  it("keeps odd characters whole from delta to delta", async () => {
    const events = await play("[sim:unicode]");
    const halves = events.filter(({ delta }) => /[\ud800-\udfff]/u.test(String(delta ?? "")));
    expect(halves).toEqual([]);
    for (const odd of [
      "\u2028",
      "\u2029",
      "\u0085",
      '"quoted"',
      "\\back\\",
      "\u{1f600}",
      "\u{1f469}\u200d\u{1f680}",
      "\u0000",
    ]) {
      expect(textOf(events)).toContain(odd);
    }
  });

  it("streams as many deltas as asked, at once or paced", async () => {
    const deltas = (events: readonly WireEvent[]) =>
      events.filter(({ type }) => type.endsWith("text.delta")).length;
    expect(deltas(await play("[sim:long events=5000]"))).toBe(5000);
    expect(deltas(await play("[sim:slow events=3 delay_ms=1]"))).toBe(3);
  });

  it("sends keepalives that have a type and a number only", async () => {
    const events = await play("[sim:keepalive count=2]");
    expect(events.slice(2, 4)).toEqual([
      { type: "keepalive", sequence_number: 2 },
      { type: "keepalive", sequence_number: 3 },
    ]);
    expect(shapeOf(events)).toEqual([...head, "keepalive", ...message, "completed"]);
  });

  it("takes a scenario from the model's name", async () => {
    const events = await play("hello", { model: "sim-refusal" });
    expect(shapeOf(events)).toContain("refusal.delta*");
    expect(events[0]?.["response"]).toMatchObject({ model: "sim-refusal" });
  });
});

describe("scenarios of failure in the stream", () => {
  it.each([
    ["[sim:failed]", [...head, "error", "failed"]],
    ["[sim:failed only=failed]", [...head, "failed"]],
    ["[sim:failed only=error]", [...head, "error"]],
    [
      "[sim:failed after=6]",
      [...head, "output_item.added", "content_part.added", "output_text.delta*", "error", "failed"],
    ],
    ["[sim:early-failed]", ["created", "error", "failed"]],
    ["[sim:incomplete]", [...head, ...message, "incomplete"]],
    [
      "[sim:end after=5]",
      [...head, "output_item.added", "content_part.added", "output_text.delta*"],
    ],
    ["[sim:end after=0]", []],
  ])("plays %s", async (directive, shape) => {
    expect(shapeOf(await play(directive))).toEqual(shape);
  });

  it("names the code and the message, nested or flat", async () => {
    const nested = await play('[sim:failed code=slow_down message="try again in 3s"]');
    expect(nested[2]).toEqual({
      type: "error",
      error: { type: "server_error", code: "slow_down", message: "try again in 3s", param: null },
      sequence_number: 2,
    });
    expect(nested[3]?.["response"]).toMatchObject({
      status: "failed",
      error: { code: "slow_down", message: "try again in 3s" },
      usage: null,
    });
    const flat = await play("[sim:context-length shape=flat]");
    expect(flat[2]).toEqual({
      type: "error",
      code: "context_length_exceeded",
      message:
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
      param: "input",
      sequence_number: 2,
    });
  });

  it("names the reason of an incomplete answer", async () => {
    const events = await play("[sim:incomplete reason=content_filter]");
    expect(events.at(-1)?.["response"]).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
    });
    expect(itemsOf(events)).toMatchObject([{ status: "incomplete" }]);
  });
});

describe("scenarios of refusal", () => {
  it.each<[string, number, string | null, unknown]>([
    ["[sim:usage-limit]", 429, null, { error: { type: "usage_limit_reached" } }],
    ["[sim:status code=429]", 429, null, { error: { type: "usage_limit_reached" } }],
    [
      "[sim:rate-limit retry_after=7]",
      429,
      "7",
      {
        error: {
          code: "rate_limit_exceeded",
          message: "Rate limit reached for gpt-5.5. Please try again in 7s.",
        },
      },
    ],
    ["[sim:status code=429 variant=rate-limit]", 429, "1", { error: { type: "requests" } }],
    ["[sim:usage-not-included]", 429, null, { error: { type: "usage_not_included" } }],
    ["[sim:unauthorized]", 401, null, { detail: "Unauthorized" }],
    ["[sim:token-revoked]", 401, null, { error: { code: "token_revoked" }, status: 401 }],
    ["[sim:deactivated-workspace]", 403, null, { detail: { code: "deactivated_workspace" } }],
    [
      "[sim:model-not-supported]",
      400,
      null,
      { detail: "The 'gpt-5.5' model is not supported when using Codex with a ChatGPT account." },
    ],
    ["[sim:not-found]", 404, null, { detail: "Not Found" }],
    ["[sim:server-error]", 500, null, { error: { code: "server_error" } }],
    ["[sim:overloaded retry_after=2]", 503, "2", { error: { code: "server_is_overloaded" } }],
    ["[sim:slow-down]", 503, null, { error: { code: "slow_down" } }],
  ])("answers %s", async (directive, status, retryAfter, body) => {
    const standIn = await startStandIn();
    const answer = await standIn.turn({ input: [user(directive)] });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, retryAfter]);
    expect(await answer.json()).toMatchObject(body as object);
  });

  it("answers as the edge does: a challenge page, or nothing", async () => {
    const standIn = await startStandIn();
    const challenge = await standIn.turn({ input: [user("[sim:cloudflare]")] });
    expect([challenge.status, challenge.headers.get("cf-mitigated")]).toEqual([403, "challenge"]);
    expect(await challenge.text()).toContain("Just a moment");
    const empty = await standIn.turn({ input: [user("[sim:not-found-empty]")] });
    expect([empty.status, await empty.text()]).toEqual([404, ""]);
  });

  it("fails the first N of the same request, or of the same id, and then answers", async () => {
    const standIn = await startStandIn();
    const statuses = async (texts: readonly string[]) => {
      const seen: number[] = [];
      for (const text of texts) seen.push((await standIn.turn({ input: [user(text)] })).status);
      return seen;
    };
    const twice = "[sim:server-error times=2]";
    expect(await statuses([twice, twice, twice, `${twice} other`])).toEqual([500, 500, 200, 500]);
    const once = "[sim:server-error times=1 id=a]";
    expect(await statuses([once, `${once} other`])).toEqual([500, 200]);
  });

  it.each([
    ["[sim:nothing]", "The stand-in has no scenario `nothing`."],
    ["[sim:long event=5]", "Scenario `long`: `event` is not a key of it. Use: events, times, id."],
    ["[sim:long events=many]", "Scenario `long`: `events` must be a whole number up to 1000000."],
    ["[sim:status code=418]", "The stand-in has no such status or variant: 418"],
    ["[sim:constructor]", "The stand-in has no scenario `constructor`."],
    ["[sim:long events = 5]", "The stand-in has no scenario `long events = 5`."],
  ])("says what is wrong with %s", async (directive, text) => {
    const standIn = await startStandIn();
    const answer = await standIn.turn({ input: [user(directive)] });
    expect(answer.status).toBe(400);
    expect((await bodyOf(answer))["detail"]).toContain(text);
  });
});
