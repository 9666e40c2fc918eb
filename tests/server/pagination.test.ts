import { describe, expect, it } from "vitest";
import { pageOf } from "../../src/server/pagination.ts";

const all = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
const rules = { defaultLimit: 3, maxLimit: 4 };
const page = (query: string) => pageOf(all, new URLSearchParams(query), rules);

describe("a page", () => {
  it.each([
    ["", ["e", "d", "c"], true],
    ["order=asc", ["a", "b", "c"], true],
    ["limit=4", ["e", "d", "c", "b"], true],
    ["after=c", ["b", "a"], false],
    ["after=c&order=asc", ["d", "e"], false],
    ["limit=1&after=b", ["a"], false],
    ["limit=1&after=d&order=asc", ["e"], false],
    ["after=", ["e", "d", "c"], true],
  ])("for %j", (query, ids, hasMore) => {
    expect(page(query)).toEqual({
      object: "list",
      data: ids.map((id) => ({ id })),
      first_id: ids[0],
      last_id: ids.at(-1),
      has_more: hasMore,
    });
  });

  it("past the end is empty, with texts where the schema has texts", () => {
    expect(page("after=a")).toEqual({
      object: "list",
      data: [],
      first_id: "",
      last_id: "",
      has_more: false,
    });
  });

  it("after page gives everything once", () => {
    const seen: unknown[] = [];
    let after = "";
    for (let more = true; more; ) {
      const next = page(`limit=2&after=${after}`);
      seen.push(...(next["data"] as unknown[]));
      after = String(next["last_id"]);
      more = next["has_more"] === true;
    }
    expect(seen).toEqual([...all].reverse());
  });

  it.each([
    ["limit=0", "limit", "must be a whole number from 1 to 4."],
    ["limit=5", "limit", "must be a whole number from 1 to 4."],
    ["limit=1.5", "limit", "must be a whole number from 1 to 4."],
    ["limit=", "limit", "must be a whole number from 1 to 4."],
    ["order=up", "order", "must be `asc` or `desc`."],
    ["after=x", "after", "must be an id of this list; the one given is not in it."],
  ])("is refused for %j", (query, param, problem) => {
    expect(() => page(query)).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        message: `\`${param}\` ${problem}`,
        details: { param },
      }),
    );
  });
});
