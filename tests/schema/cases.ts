/** What is asked of the stand-in so that every kind of answer comes, on each route that has it. */
import type { OpenAiRoute } from "../../src/facades/openai/parameters.ts";

export interface Case {
  readonly name: string;
  /** The last user text; names the scenario. */
  readonly says: string;
  /** How the stream ends: with an answer, or with an error after its first output. */
  readonly ends: "well" | "badly";
  /** The routes that have this answer, and the fields of their requests beside the text. */
  readonly fields: Readonly<Partial<Record<OpenAiRoute, Readonly<Record<string, unknown>>>>>;
}

const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const functionTool = { name: "get_weather", parameters, strict: true };
const customTool = { name: "write", description: "Takes any text." };
const everywhere: Case["fields"] = { responses: {}, chat: {}, completions: {} };
const withFunction: Case["fields"] = {
  responses: { tools: [{ type: "function", ...functionTool }] },
  chat: { tools: [{ type: "function", function: functionTool }] },
};
const withCustomTool: Case["fields"] = {
  responses: { tools: [{ type: "custom", ...customTool }] },
  chat: { tools: [{ type: "custom", custom: customTool }] },
};

const well = (name: string, says: string, fields = everywhere): Case => ({
  name,
  says,
  ends: "well",
  fields,
});
const badly = (name: string, says: string): Case => ({
  name,
  says,
  ends: "badly",
  fields: everywhere,
});

export const cases: readonly Case[] = [
  well("an echo", "[sim:echo] Say tree."),
  well("no text", ""),
  well("a text of odd characters", "[sim:unicode]"),
  well("many deltas", "[sim:long events=50]"),
  well("a slow answer", "[sim:slow events=3 delay_ms=1]"),
  well("keepalives before the text", "[sim:keepalive] Say tree."),
  well("a model of the lite form", "Say tree.", {
    responses: { model: "gpt-6-sol" },
    chat: { model: "gpt-6-sol" },
    completions: { model: "gpt-6-sol" },
  }),
  well("an effort in the model's name", "Say tree.", {
    responses: { model: "gpt-5.5-low" },
    chat: { model: "gpt-5.5-low" },
    completions: { model: "gpt-5.5-low" },
  }),
  well("a reasoning summary", "[sim:reasoning] Think.", {
    responses: {
      reasoning: { effort: "low", summary: "auto" },
      include: ["reasoning.encrypted_content"],
    },
    chat: { reasoning_effort: "low" },
    completions: { reasoning_effort: "low" },
  }),
  well("a refusal", "[sim:refusal]"),
  well("an image", "[sim:image] A pixel."),
  well("a web search", "[sim:web-search] Find it."),
  well("a function call", "[sim:tool-call] Weather?", withFunction),
  well("two function calls", "[sim:parallel-tool-calls] Weather?", withFunction),
  well("a call of a custom tool", "[sim:tool-call] Write.", withCustomTool),
  well("two calls of a custom tool", "[sim:parallel-tool-calls] Write.", withCustomTool),
  well("a forced call", "Weather?", {
    responses: { ...withFunction.responses, tool_choice: "required" },
    chat: { ...withFunction.chat, tool_choice: "required" },
  }),
  well("a call of a legacy function", "[sim:tool-call] Weather?", {
    chat: { functions: [{ name: "get_weather", parameters }] },
  }),
  well("an answer to a tool's result", "Weather?", {
    responses: {
      input: [
        { role: "user", content: "Weather?" },
        { type: "function_call", call_id: "call_1", name: "get_weather", arguments: "{}" },
        { type: "function_call_output", call_id: "call_1", output: "17 degrees" },
      ],
    },
    chat: {
      messages: [
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "get_weather", arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "17 degrees" },
      ],
    },
  }),
  well("a value of an asked shape", "A city.", {
    responses: {
      text: { format: { type: "json_schema", name: "city", strict: true, schema: parameters } },
    },
    chat: {
      response_format: {
        type: "json_schema",
        json_schema: { name: "city", strict: true, schema: parameters },
      },
    },
  }),
  well("an answer cut at its longest", "[sim:incomplete]"),
  well("an answer cut by a filter", "[sim:incomplete reason=content_filter]"),

  // More than one read of a socket, so that the failure cannot come before the answer is committed.
  badly("a connection that breaks", "[sim:cut after=600]"),
  badly("a stream without its end", "[sim:end after=600]"),
  badly("a failure told twice", "[sim:failed after=600]"),
  badly("a failure told by `error`, nested", "[sim:failed after=600 only=error]"),
  badly("a failure told by `error`, flat", "[sim:failed after=600 only=error shape=flat]"),
  badly("a failure told by `response.failed`", "[sim:failed after=600 only=failed]"),
  badly("too long a conversation, told late", "[sim:context-length after=600]"),
];

/** Scenarios that are refused before they say anything, by what asks for them. */
export const refusals: readonly string[] = [
  "[sim:failed]",
  "[sim:early-failed]",
  "[sim:early-failed only=error shape=flat]",
  "[sim:context-length]",
  "[sim:bad-request]",
  "[sim:model-not-supported]",
  "[sim:unauthorized]",
  "[sim:token-expired]",
  "[sim:token-invalidated]",
  "[sim:token-revoked]",
  "[sim:cloudflare]",
  "[sim:deactivated-workspace]",
  "[sim:not-found]",
  "[sim:not-found-empty]",
  "[sim:usage-limit]",
  "[sim:rate-limit]",
  "[sim:usage-not-included]",
  "[sim:insufficient-quota]",
  "[sim:server-error]",
  "[sim:bad-gateway]",
  "[sim:overloaded]",
  "[sim:slow-down]",
  "[sim:unavailable]",
  "[sim:connection-limit]",
  "[sim:previous-response-not-found]",
  "[sim:status code=429 variant=rate-limit retry_after=7]",
  "[sim:no-such-scenario]",
];

/** Scenarios without an end, which other tests look at. */
export const endless: readonly string[] = ["silence", "hold", "stall"];

/** The name of the scenario that a text asks for. */
export function scenarioIn(text: string): string | undefined {
  return /\[sim:([a-z-]+)/.exec(text)?.[1];
}
