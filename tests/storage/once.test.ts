import { expect, it } from "vitest";
import { once } from "../../src/storage/once.ts";

it("runs once for everybody, and again only after a failure", async () => {
  const results = [Promise.reject(new Error("not yet")), Promise.resolve("done")];
  let runs = 0;
  const work = once(() => {
    runs += 1;
    return results.shift() ?? Promise.reject(new Error("once too often"));
  });
  const asked = await Promise.allSettled([work(), work()]);
  expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await Promise.all([work(), work()])).toEqual(["done", "done"]);
  expect([await work(), runs]).toEqual(["done", 2]);
});
