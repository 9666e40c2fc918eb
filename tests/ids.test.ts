import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { createIds } from "../src/ids.ts";

it("gives 32 hex digits each time, none of them twice, from one block to the next", () => {
  const ids = createIds(randomBytes);
  const given = Array.from({ length: 600 }, () => ids.next());
  expect(new Set(given).size).toBe(600);
  for (const id of given) expect(id).toMatch(/^[0-9a-f]{32}$/);
});
