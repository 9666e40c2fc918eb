import { describe, expect, it } from "vitest";
import { estimateTokens } from "../../../src/facades/anthropic/estimate.ts";
import { messages } from "../../../src/facades/anthropic/messages.ts";
import { modelShape } from "../../../src/facades/anthropic/models.ts";

const ofPart = (part: Readonly<Record<string, unknown>>): number =>
  estimateTokens({
    model: "m",
    input: [{ type: "message", role: "user", content: [part] }],
  });

/** The first bytes of a PNG of this size. */
function png(width: number, height: number): string {
  const bytes = Buffer.alloc(33);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return `data:image/png;base64,${bytes.toString("base64")}`;
}

/** In the alphabet of base64url, which is another one. */
const noImage = `data:image/png;base64,${"_".repeat(44)}`;

function pdf(text: string): string {
  return `data:application/pdf;base64,${Buffer.from(text).toString("base64")}`;
}

describe("the estimate", () => {
  it.each([
    ["prose", { type: "input_text", text: "word ".repeat(80) }, 104],
    ["Chinese", { type: "input_text", text: "字".repeat(100) }, 115],
    ["an image of one tile", { type: "input_image", image_url: png(512, 512) }, 259],
    ["an image of four tiles", { type: "input_image", image_url: png(513, 1024) }, 769],
    ["an image of no size", { type: "input_image", image_url: png(0, 0) }, 1_104],
    ["an image that is none", { type: "input_image", image_url: noImage }, 1_104],
    ["an image somewhere", { type: "input_image", image_url: "https://a.example" }, 1_104],
    ["two pages", { type: "input_file", file_data: pdf("/Type /Page /Type/Page/Pages") }, 4_004],
    ["a file of other bytes", { type: "input_file", file_data: "data:x;base64,A" }, 2_004],
  ])("of %s", (_name, part, tokens) => {
    expect(ofPart(part)).toBe(tokens);
  });

  it("counts calls, results and tools, and no earlier thinking", () => {
    const tools = [{ type: "function", name: "a", parameters: { type: "object" } }];
    const call = { type: "function_call", call_id: "c", name: "a", arguments: "{}" };
    const result = { type: "function_call_output", call_id: "c", output: "1234567" };
    const thought = { type: "reasoning", summary: [], encrypted_content: "x".repeat(999) };
    const of = (input: readonly object[], more = {}) =>
      estimateTokens({ model: "m", input: input as never, ...more });
    expect([of([thought]), of([call]), of([result]), of([], { tools })]).toEqual([1, 5, 7, 25]);
  });

  it("is what counting answers, and says that it is one", () => {
    const count = messages.local?.find(({ path }) => path === "/v1/messages/count_tokens");
    expect(count?.answer({ model: "m", messages: [{ role: "user", content: "Hi." }] })).toEqual({
      body: { input_tokens: 5 },
      headers: { "x-airelays-estimated": "input_tokens" },
    });
  });
});

describe("the list of models", () => {
  const names = ["a", "b", "c"].map((id) => ({ id, displayName: id, aliasOf: undefined }));
  const page = (query: string) => {
    const { data, ...rest } = modelShape.list(
      [...names, { id: "a-high", displayName: "a", aliasOf: "a" }],
      new URLSearchParams(query),
    ) as { data: { id: string }[] };
    return { ids: data.map(({ id }) => id.replace("claude-airelays-", "~")), ...rest };
  };

  it.each([
    ["", ["a", "b", "c", "a-high", "~a", "~b", "~c"], false],
    ["limit=2", ["a", "b"], true],
    ["limit=2&after_id=b", ["c", "a-high"], true],
    ["limit=3&after_id=a-high", ["~a", "~b", "~c"], false],
    ["limit=2&before_id=a-high", ["b", "c"], true],
    ["limit=9&before_id=b", ["a"], false],
    ["limit=0", ["a", "b", "c", "a-high", "~a", "~b", "~c"], false],
    ["after_id=claude-airelays-c", [], false],
  ])("by %j", (query, ids, has_more) => {
    expect(page(query)).toMatchObject({ ids, has_more });
  });
});
