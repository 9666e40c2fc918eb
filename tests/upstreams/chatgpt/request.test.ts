import { describe, expect, it } from "vitest";
import type { ResponsesRequest } from "../../../src/protocol/request.ts";
import { toWireRequest } from "../../../src/upstreams/chatgpt/request.ts";

const include = ["reasoning.encrypted_content"];
const base = { model: "gpt-5.5", input: [{ role: "user", content: "Hi" }] };

function wire(fields: Readonly<Record<string, unknown>>) {
  const request: ResponsesRequest = { ...base, ...fields };
  const { body, headers, changes } = toWireRequest(request);
  return { body, headers, ignored: changes.map(({ parameter }) => parameter) };
}

describe("toWireRequest", () => {
  it("always asks for a stream, and for nothing to be stored", () => {
    expect(wire({})).toEqual({
      body: { ...base, include, store: false, stream: true },
      headers: {},
      ignored: [],
    });
  });

  it("leaves out what the backend refuses, and says so", () => {
    const { body, ignored } = wire({
      temperature: 1,
      top_p: 1,
      max_output_tokens: 5,
      metadata: {},
      user: "u",
      truncation: "auto",
      safety_identifier: "s",
      prompt_cache_retention: "24h",
      made_up: true,
    });
    expect(body).toEqual({ ...base, include, store: false, stream: true });
    expect(ignored).toEqual([
      "temperature",
      "top_p",
      "max_output_tokens",
      "metadata",
      "user",
      "truncation",
      "safety_identifier",
      "prompt_cache_retention",
      "made_up",
    ]);
  });

  it("passes tools of every kind untouched", () => {
    const tools = [{ type: "custom" }, { type: "namespace", tools: [] }, { type: "web_search" }];
    const { body } = wire({ tools, tool_choice: "auto", include: ["x"], client_metadata: {} });
    expect(body).toMatchObject({
      tools,
      tool_choice: "auto",
      include: ["x", ...include],
      client_metadata: {},
    });
  });

  it("sends no empty list of tools, and no choice among none", () => {
    expect(wire({ tools: [], tool_choice: "auto" }).body).toEqual(wire({}).body);
  });

  it.each([
    ["priority", "priority", []],
    ["auto", undefined, []],
    ["default", undefined, []],
    ["flex", undefined, ["service_tier"]],
  ])("sends the service tier %s as %s", (tier, sent, ignored) => {
    const result = wire({ service_tier: tier });
    expect([result.body["service_tier"], result.ignored]).toEqual([sent, ignored]);
  });

  it("keeps the stream options that the backend knows", () => {
    const { body, ignored } = wire({
      stream_options: { include_usage: true, include_obfuscation: false },
    });
    expect([body["stream_options"], ignored]).toEqual([
      { include_obfuscation: false },
      ["stream_options.include_usage"],
    ]);
    expect(wire({ stream_options: { include_usage: true } }).body).not.toHaveProperty(
      "stream_options",
    );
  });

  it("says that a choice among no tools was left out", () => {
    expect(wire({ tool_choice: "required" }).ignored).toEqual(["tool_choice"]);
    expect(wire({ tool_choice: "none" }).ignored).toEqual([]);
  });

  it("keeps the choice of a body in the lite form, whose tools are in its input", () => {
    const input = [{ type: "additional_tools", role: "developer", tools: [] }];
    expect(wire({ input, tool_choice: "required" }).body["tool_choice"]).toBe("required");
  });

  it("calls the effort `ultra` what it is called on the wire", () => {
    expect(wire({ reasoning: { effort: "ultra" } }).body["reasoning"]).toEqual({ effort: "max" });
  });

  it("sends reasoning back sealed and without its id, and leaves out what is not sealed", () => {
    const sealed = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" };
    const open = { type: "reasoning", id: "rs_2", summary: [] };
    const { body, ignored } = wire({ input: [sealed, open] });
    expect(body["input"]).toEqual([{ type: "reasoning", summary: [], encrypted_content: "x" }]);
    expect(ignored).toEqual(["input[1]"]);
  });

  it("sends a body in the lite form with the header that belongs to it", () => {
    const input = [{ type: "additional_tools", role: "developer", tools: [] }];
    expect(wire({ input }).headers).toEqual({ "x-openai-internal-codex-responses-lite": "true" });
  });
});
