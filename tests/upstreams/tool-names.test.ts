import { describe, expect, it } from "vitest";
import type { ResponsesRequest } from "../../src/protocol/request.ts";
import { withShortNames } from "../../src/upstreams/tool-names.ts";
import { created, functionCall } from "../helpers/frames.ts";
import { scriptedUpstream, testScope } from "../helpers/scripted-upstream.ts";

const long = `mcp__server__${"very_".repeat(15)}long_name`;
const twin = `${long}_two`;

const request: ResponsesRequest = {
  model: "m",
  tools: [
    { type: "function", name: long },
    { type: "function", name: twin },
    { type: "function", name: "short" },
  ],
  tool_choice: { type: "function", name: long },
  input: [{ type: "function_call", call_id: "a", name: long, arguments: "{}" }],
};

describe("withShortNames", () => {
  it("sends names that the upstream takes, each tool its own, and says so", async () => {
    const upstream = scriptedUpstream([[]]);
    const scope = testScope();
    await withShortNames(upstream).open(request, scope);
    const [sent] = upstream.requests;
    const names = (sent?.tools ?? []).map(({ name }) => String(name));
    expect(names.map((name) => name.length <= 64)).toEqual([true, true, true]);
    expect(new Set(names).size).toBe(3);
    expect(names[2]).toBe("short");
    expect(sent?.tool_choice).toEqual({ type: "function", name: names[0] });
    expect(sent?.input[0]?.["name"]).toBe(names[0]);
    expect(scope.disclosures.map(({ kind, parameter }) => [kind, parameter])).toEqual([
      ["adapted", `tools.${long}`],
      ["adapted", `tools.${twin}`],
    ]);
  });

  it("shortens those of the lite form, whose tools are in the input", async () => {
    const upstream = scriptedUpstream([[]]);
    const lite = { type: "additional_tools", tools: [{ type: "function", name: long }] };
    await withShortNames(upstream).open({ model: "m", input: [lite] }, testScope());
    const [item] = upstream.requests[0]?.input ?? [];
    const [tool] = (item?.["tools"] ?? []) as { name: string }[];
    expect(tool?.name.length).toBeLessThanOrEqual(64);
  });

  it("gives the answer the names that the client gave", async () => {
    const probe = scriptedUpstream([[]]);
    await withShortNames(probe).open(request, testScope());
    const short = String(probe.requests[0]?.tools?.[0]?.["name"]);
    const upstream = scriptedUpstream([[[created, ...functionCall(0, short, '{"a":1}')]]]);
    const stream = await withShortNames(upstream).open(request, testScope());
    const names: unknown[] = [];
    for await (const batch of stream.batches) {
      for (const { event } of batch) {
        if ("item" in event && event.item.type === "function_call") names.push(event.item.name);
      }
    }
    expect(names).toEqual([long, long]);
  });

  it("finds long names in the history and inside namespaces too", async () => {
    const upstream = scriptedUpstream([[]]);
    const nested = { type: "namespace", name: "n", tools: [{ type: "function", name: twin }] };
    const history = [{ type: "function_call", call_id: "a", name: long, arguments: "{}" }];
    const asked = { model: "m", tools: [nested], input: history };
    await withShortNames(upstream).open(asked, testScope());
    expect(JSON.stringify(upstream.requests[0])).not.toContain(long);
  });

  it("touches nothing when every name is short enough", async () => {
    const upstream = scriptedUpstream([[]]);
    const plain = { model: "m", input: [], tools: [{ type: "function", name: "short" }] };
    await withShortNames(upstream).open(plain, testScope());
    expect(upstream.requests[0]).toBe(plain);
  });
});
