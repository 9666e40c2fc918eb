import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createCors } from "../../src/server/cors.ts";

const origin = "https://app.example";

it("lets a listed page read every header that the reference names", () => {
  const page = readFileSync(new URL("../../docs/reference/http-api.md", import.meta.url), "utf8");
  const [, section = ""] = page.split(/^## (?:Headers of an answer|Errors)$/m);
  const cells = section.split("\n").map((line) => line.split("|")[1] ?? "");
  const named = [...cells.join("").matchAll(/`([a-z]+-[a-z-]+)`/g)].map(([, name]) => name);
  expect(named).toContain("x-should-retry");

  const { headersFor } = createCors([origin]);
  const told = headersFor({ method: "GET", headers: { origin } });
  const exposed = told["access-control-expose-headers"]?.split(", ") ?? [];
  expect(named.filter((name = "") => !exposed.includes(name))).toEqual([]);
});
